//! The few AWS APIs of which a handful of calls are wanted: signed by hand over the same HTTP client, credentials and
//! endpoint, instead of one large SDK crate each.

pub mod acm;
pub mod backup;
pub mod ec2;
pub mod efs;
pub mod elb;
pub mod iam;
mod paging;
pub mod route53;
pub mod s3;
mod sign;
#[cfg(test)]
mod tests;
mod xml;

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use http::Method;
use http::header::CONTENT_TYPE;
use tokio::time::Instant;
use url::Url;

use super::explain::{Call, NO_ANSWER, answered, clean, xml_text};
use super::profile::find;
use super::session::Session;
use super::transport::TransportFailure;
use crate::domain::{ErrorClass, SourceError};
use crate::format;
use xml::Document;

/// The content type of the query protocol.
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// The content type of the JSON protocol.
const JSON: &str = "application/x-amz-json-1.1";

/// One API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// Certificate Manager.
    Acm,
    /// AWS Backup.
    Backup,
    /// EC2: security groups, network interfaces.
    Ec2,
    /// Elastic Load Balancing v2.
    Elb,
    /// Elastic File System.
    Efs,
    /// Identity and Access Management; one for all regions of a partition.
    Iam,
    /// Route 53; one for all regions of a partition.
    Route53,
    /// Simple Storage Service, buckets by path.
    S3,
}

impl Api {
    /// The name in IAM, in signatures and in the endpoint's host.
    const fn name(self) -> &'static str {
        match self {
            Self::Acm => "acm",
            Self::Backup => "backup",
            Self::Ec2 => "ec2",
            Self::Elb => "elasticloadbalancing",
            Self::Efs => "elasticfilesystem",
            Self::Iam => "iam",
            Self::Route53 => "route53",
            Self::S3 => "s3",
        }
    }

    /// The version of the API, as the query protocol names it.
    const fn version(self) -> &'static str {
        match self {
            Self::Acm => "2015-12-08",
            Self::Backup => "2018-11-15",
            Self::Ec2 => "2016-11-15",
            Self::Elb => "2015-12-01",
            Self::Efs => "2015-02-01",
            Self::Iam => "2010-05-08",
            Self::Route53 => "2013-04-01",
            Self::S3 => "2006-03-01",
        }
    }

    /// The element of the root one that an answer of the query protocol stands in; EC2's stands in the root itself.
    fn envelope(self, action: &str) -> Option<String> {
        (self != Self::Ec2).then(|| format!("{action}Result"))
    }

    /// The host and the region to sign for, for the region looked at.
    fn place(self, region: &str, fips: bool) -> (String, String) {
        let name = if fips { format!("{}-fips", self.name()) } else { self.name().to_owned() };
        let (china, government) = (region.starts_with("cn-"), region.starts_with("us-gov-"));
        let (host, home) = match self {
            Self::Iam if china => ("iam.cn-north-1.amazonaws.com.cn".to_owned(), "cn-north-1"),
            Self::Route53 if china => ("route53.amazonaws.com.cn".to_owned(), "cn-northwest-1"),
            Self::Iam | Self::Route53 if government => {
                (format!("{}.us-gov.amazonaws.com", self.name()), "us-gov-west-1")
            }
            Self::Iam | Self::Route53 => (format!("{name}.amazonaws.com"), "us-east-1"),
            _ if china => (format!("{name}.{region}.amazonaws.com.cn"), region),
            _ => (format!("{name}.{region}.amazonaws.com"), region),
        };
        (host, home.to_owned())
    }
}

/// One request, as far as the protocols differ.
struct Request<'a> {
    api: Api,
    call: Call<'a>,
    method: Method,
    path: String,
    query: Vec<(&'a str, String)>,
    /// Its content type and text.
    body: Option<(&'static str, String)>,
    /// The operation, in the JSON protocol.
    target: Option<String>,
}

impl<'a> Request<'a> {
    fn post(api: Api, call: Call<'a>, kind: &'static str, body: String) -> Self {
        let (path, body) = ("/".to_owned(), Some((kind, body)));
        Self { api, call, method: Method::POST, path, query: Vec::new(), body, target: None }
    }
}

/// Parameters of a query-protocol call.
type Parameters = Vec<(String, String)>;

/// `NAME.1`, `NAME.2` ... (or `NAME.member.1` ...) for a list.
fn listed(name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Parameters {
    (1..).zip(values).map(|(number, value)| (format!("{name}.{number}"), value.into())).collect()
}

impl Session {
    /// A call of the query protocol: the XML it answers.
    async fn query(
        &self,
        api: Api,
        action: &'static str,
        about: &str,
        parameters: &[(String, String)],
    ) -> Result<Document, SourceError> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", api.version())
            .extend_pairs(parameters)
            .finish();
        let call = Call { service: api.name(), action, about };
        let request = Request::post(api, call, FORM, form);
        let body = self.request(&request).await?;
        let document = Document::new(body, &[&format!("{action}Response")], api.envelope(action).as_deref());
        document.map_err(|why| self.garbage(&call, &why))
    }

    /// A `GET` of a REST API: what it answers.
    async fn get(
        &self,
        api: Api,
        call: Call<'_>,
        path: String,
        query: Vec<(&str, String)>,
    ) -> Result<Vec<u8>, SourceError> {
        self.request(&Request { api, call, method: Method::GET, path, query, body: None, target: None }).await
    }

    /// A call of the JSON protocol, which only Certificate Manager is asked in: what it answers.
    async fn certificate_manager(&self, call: Call<'_>, asked: &serde_json::Value) -> Result<Vec<u8>, SourceError> {
        let target = format!("CertificateManager.{}", call.action);
        self.request(&Request { target: Some(target), ..Request::post(Api::Acm, call, JSON, asked.to_string()) }).await
    }

    fn garbage(&self, call: &Call<'_>, why: &str) -> SourceError {
        let what = format!("{}: the answer cannot be read: {}", call.in_region(self.region()), clean(why));
        SourceError::new(ErrorClass::Garbage, what).with_hint("check endpoint_url, and proxies on the way")
    }

    /// Sends a request, again where that may help, until the round's time is up.
    async fn request(&self, request: &Request<'_>) -> Result<Vec<u8>, SourceError> {
        let mut wait = self.pace().first_backoff;
        let mut attempt = 1;
        loop {
            let error = match self.attempt(request).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            let may_mend = matches!(error.class, ErrorClass::Throttled | ErrorClass::Server | ErrorClass::Connect);
            if !may_mend || attempt >= self.pace().attempts || Instant::now() + wait >= self.deadline() {
                return Err(self.settle(error).await);
            }
            tokio::time::sleep(wait.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            wait = (wait * 2).min(self.pace().longest_backoff);
            attempt += 1;
        }
    }

    async fn attempt(&self, request: &Request<'_>) -> Result<Vec<u8>, SourceError> {
        let place = request.call.in_region(self.region());
        let late = || {
            let what = format!("{place}: no answer within {}", format::duration_fine(self.within()));
            SourceError::new(ErrorClass::Timeout, what).with_hint(NO_ANSWER)
        };
        let asking = async {
            let _turn = self.turn().await;
            let signed = self.signed(request).await?;
            let patience = self.pace().attempt.min(self.deadline().saturating_duration_since(Instant::now()));
            Ok(self.transport().clone().send(signed, patience.max(Duration::from_millis(1))).await)
        };
        let sent = tokio::time::timeout_at(self.deadline(), Box::pin(asking)).await.map_err(|_| late())??;
        let response = sent.map_err(|error| match find::<TransportFailure>(&error) {
            Some(failure) => SourceError { what: format!("{place}: {}", failure.error.what), ..failure.error.clone() },
            None => SourceError::new(ErrorClass::Connect, format!("{place}: {}", clean(&error.to_string()))),
        })?;
        let body = response.body().bytes().unwrap_or_default().to_vec();
        if response.status().is_success() {
            return Ok(body);
        }
        let text = String::from_utf8_lossy(&body);
        let (code, message) = refusal(&response, &text);
        Err(answered(&request.call, &place, response.status().as_u16(), code.as_deref(), message.as_deref()))
    }

    async fn signed(&self, request: &Request<'_>) -> Result<HttpRequest, SourceError> {
        let (host, region) = request.api.place(self.region(), self.fips());
        let base = self.endpoint().map_or_else(|| format!("https://{host}"), str::to_owned);
        let local = |why: String| {
            SourceError::new(ErrorClass::Local, format!("{}: {why}", request.call.in_region(self.region())))
        };
        let address = format!("{}{}", base.trim_end_matches('/'), request.path);
        let mut url = Url::parse(&address).map_err(|error| local(format!("endpoint_url: {error}")))?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let (kind, body) = request.body.clone().unzip();
        let body = body.unwrap_or_default();
        let mut http = http::Request::builder().method(request.method.clone()).uri(url.as_str());
        if let Some(kind) = kind {
            http = http.header(CONTENT_TYPE, kind);
        }
        if let Some(target) = &request.target {
            http = http.header("x-amz-target", target);
        }
        let mut http = http.body(SdkBody::from(body.as_str())).map_err(|error| local(error.to_string()))?;
        let credentials = self.signing_credentials().await?;
        sign::sign(&mut http, body.as_bytes(), credentials, &region, request.api.name()).map_err(local)?;
        HttpRequest::try_from(http).map_err(|error| local(clean(&error.to_string())))
    }
}

/// Code and message of a refusal, as XML or as JSON.
fn refusal(response: &HttpResponse, body: &str) -> (Option<String>, Option<String>) {
    if let Some(code) = xml_text(body, "Code") {
        return (Some(code.to_owned()), xml_text(body, "Message").map(str::to_owned));
    }
    let json: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let text = |names: &[&str]| names.iter().find_map(|name| json[*name].as_str()).map(str::to_owned);
    let header = response.headers().get("x-amzn-errortype").map(str::to_owned);
    let code = text(&["ErrorCode", "__type", "code"]).or(header);
    let code = code.map(|code| code.split([':', '#']).next_back().unwrap_or(&code).to_owned());
    (code, text(&["Message", "message"]))
}
