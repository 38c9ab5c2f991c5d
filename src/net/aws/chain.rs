//! Region and credentials by the standard chain, resolved once and kept until they prove bad.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::identity::IdentityCache;
use aws_config::imds;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::profile::Facts;
use super::transport::Transport;
use super::{Caller, Pace};
use crate::config;
use crate::domain::{ErrorClass, SourceError};

/// Instance metadata answers in a few milliseconds or is not there at all.
const IMDS_PATIENCE: Duration = Duration::from_millis(200);

/// How long finding new credentials may take inside a request, when the old ones ran out.
const RENEWAL_PATIENCE: Duration = Duration::from_secs(8);

/// Credentials that run out sooner than this are renewed before a request is signed with them.
const RENEW_BEFORE: Duration = Duration::from_mins(1);

/// Region and credentials that were found, and the SDK's configuration made of them.
#[derive(Debug)]
pub(super) struct Loaded {
    /// For every client.
    pub(super) config: SdkConfig,
    /// The region's name.
    pub(super) region: String,
    /// Where the credentials came from (`SSO`, `environment variables`).
    pub(super) origin: &'static str,
    /// When they run out, where that is known.
    pub(super) expiry: Option<Timestamp>,
    /// Who they make us, once asked.
    pub(super) caller: OnceCell<Caller>,
    /// The ones requests are signed with that the SDK does not sign.
    signing: tokio::sync::Mutex<Credentials>,
}

impl Loaded {
    /// Credentials that are good for a minute at least, renewed where they are not.
    pub(super) async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut known = self.signing.lock().await;
        let soon = SystemTime::now() + RENEW_BEFORE;
        if known.expiry().is_some_and(|expiry| expiry < soon)
            && let Some(provider) = self.config.credentials_provider()
        {
            *known = provider.provide_credentials().await?;
        }
        Ok(known.clone())
    }
}

/// Finds region and credentials. May read files, run the profile's `credential_process` and ask SSO, STS and
/// metadata services.
///
/// # Errors
/// [`ErrorClass::Credentials`] where none were found, [`ErrorClass::Local`] where no region was.
pub(super) async fn load(
    settings: &config::Aws,
    transport: &Transport,
    pace: &Pace,
    given: Option<SharedCredentialsProvider>,
) -> Result<Loaded, SourceError> {
    let providers = ProviderConfig::without_region()
        .with_http_client(transport.clone())
        .with_retry_config(retries(pace))
        .with_timeout_config(timeouts(pace.connect, pace.attempt, pace.attempt * 2));
    let metadata = imds::Client::builder()
        .configure(&providers)
        .connect_timeout(IMDS_PATIENCE)
        .read_timeout(IMDS_PATIENCE)
        .operation_attempt_timeout(IMDS_PATIENCE * 4)
        .operation_timeout(IMDS_PATIENCE * 5)
        .max_attempts(1)
        .build();
    let region = region(settings, &providers, &metadata).await?;
    let provider = match given {
        Some(provider) => provider,
        None => provider(settings, providers, metadata, region.clone()).await,
    };
    let config = sdk_config(settings, transport, pace, region.clone(), provider).await;
    let provider = role(settings, &config).await.or_else(|| config.credentials_provider()).ok_or_else(no_provider)?;
    let first = match provider.provide_credentials().await {
        Ok(credentials) => credentials,
        Err(error) => return Err(Facts::gather(settings.profile.as_deref()).await.explain(&error)),
    };
    let (origin, expiry) = (origin(&first), first.expiry().and_then(|at| Timestamp::try_from(at).ok()));
    let signing = tokio::sync::Mutex::new(first.clone());
    let provider = SharedCredentialsProvider::new(Primed { first: Mutex::new(Some(first)), provider });
    let config = config.into_builder().credentials_provider(provider).build();
    Ok(Loaded { config, region: region.to_string(), origin, expiry, caller: OnceCell::new(), signing })
}

fn no_provider() -> SourceError {
    SourceError::new(ErrorClass::Credentials, "aws: the SDK has no credentials provider")
}

/// Settings, then `AWS_REGION`, then the profile, then the instance.
async fn region(
    settings: &config::Aws,
    providers: &ProviderConfig,
    metadata: &imds::Client,
) -> Result<Region, SourceError> {
    let mut profile = ProfileFileRegionProvider::builder().configure(providers);
    if let Some(name) = &settings.profile {
        profile = profile.profile_name(name.clone());
    }
    let instance = ImdsRegionProvider::builder().configure(providers).imds_client(metadata.clone()).build();
    let chain = RegionProviderChain::first_try(settings.region.clone().map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .or_else(instance);
    match chain.region().await {
        Some(region) => Ok(region),
        None => Err(Facts::gather(settings.profile.as_deref()).await.explain_no_region()),
    }
}

/// A context that names a profile means that profile: keys in the environment must not lead it to another account.
async fn provider(
    settings: &config::Aws,
    providers: ProviderConfig,
    metadata: imds::Client,
    region: Region,
) -> SharedCredentialsProvider {
    let providers = providers.with_region(Some(region.clone()));
    match &settings.profile {
        Some(name) => SharedCredentialsProvider::new(
            ProfileFileCredentialsProvider::builder().configure(&providers).profile_name(name.clone()).build(),
        ),
        None => SharedCredentialsProvider::new(
            DefaultCredentialsChain::builder().configure(providers).imds_client(metadata).region(region).build().await,
        ),
    }
}

async fn sdk_config(
    settings: &config::Aws,
    transport: &Transport,
    pace: &Pace,
    region: Region,
    provider: SharedCredentialsProvider,
) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(provider)
        .http_client(transport.clone())
        .retry_config(retries(pace))
        .timeout_config(timeouts(pace.connect, pace.attempt, pace.attempt * 2))
        // A slow answer is waited for as long as the limits above say.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .identity_cache(IdentityCache::lazy().load_timeout(RENEWAL_PATIENCE).build());
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile.clone());
    }
    if let Some(endpoint) = &settings.endpoint_url {
        loader = loader.endpoint_url(endpoint.as_str());
    }
    if let Ok(name) = AppName::new("rounds") {
        loader = loader.app_name(name);
    }
    loader.load().await
}

/// The context's own role, assumed with the credentials found.
async fn role(settings: &config::Aws, config: &SdkConfig) -> Option<SharedCredentialsProvider> {
    let role = settings.assume_role.as_ref()?;
    let mut provider = AssumeRoleProvider::builder(&role.arn).session_name(&role.session_name).configure(config);
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id);
    }
    Some(SharedCredentialsProvider::new(provider.build().await))
}

/// A few attempts with the SDK's jittered, exponential back-off.
fn retries(pace: &Pace) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(pace.attempts)
        .with_initial_backoff(pace.first_backoff)
        .with_max_backoff(pace.longest_backoff)
}

/// Limits of one connection, one attempt, and one call with all its attempts.
pub(super) fn timeouts(connect: Duration, attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(connect)
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}

/// Hands out the credentials found while loading once, so that no `credential_process` is run and no code asked for
/// twice; from then on the provider itself.
#[derive(Debug)]
struct Primed {
    first: Mutex<Option<Credentials>>,
    provider: SharedCredentialsProvider,
}

impl ProvideCredentials for Primed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match self.first.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => self.provider.provide_credentials(),
        }
    }
}

/// Where credentials came from, as the SDK marks them.
fn origin(credentials: &Credentials) -> &'static str {
    use AwsCredentialFeature as Feature;
    const KNOWN: [(Feature, &str); 9] = [
        (Feature::CredentialsStsAssumeRole, "assumed role"),
        (Feature::CredentialsStsAssumeRoleWebId, "web identity"),
        (Feature::CredentialsSso, "SSO"),
        (Feature::CredentialsProfileSso, "SSO"),
        (Feature::CredentialsProcess, "credential process"),
        (Feature::CredentialsHttp, "container"),
        (Feature::CredentialsImds, "instance metadata"),
        (Feature::CredentialsEnvVars, "environment variables"),
        (Feature::CredentialsProfile, "profile"),
    ];
    let marks = credentials.get_property::<Vec<Feature>>().map(Vec::as_slice).unwrap_or_default();
    KNOWN.iter().find(|(mark, _)| marks.contains(mark)).map_or("the SDK", |(_, name)| name)
}
