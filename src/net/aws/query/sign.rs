//! Signature version 4 on one request.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign as signature,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;

/// Adds the headers that say who asks.
///
/// # Errors
/// What of the request cannot be signed, in words without secrets.
pub(super) fn sign<B>(
    request: &mut http::Request<B>,
    body: &[u8],
    credentials: Credentials,
    region: &str,
    service: &str,
) -> Result<(), String> {
    let identity: Identity = credentials.into();
    let mut settings = SigningSettings::default();
    if service == "s3" {
        // Its rules are its own.
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .map_err(|error| format!("cannot be signed: {error}"))?
        .into();
    let headers = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let uri = request.uri().to_string();
    let signable = SignableRequest::new(request.method().as_str(), &uri, headers, SignableBody::Bytes(body))
        .map_err(|error| format!("cannot be signed: {error}"))?;
    let (instructions, _) =
        signature(signable, &parameters).map_err(|error| format!("cannot be signed: {error}"))?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}
