//! AWS on the loopback interface for tests: static credentials, no waiting, the JSON 1.1 protocol.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::Value;
use url::Url;

use super::{Aws, Pace};
use crate::config;
use crate::net::http::Clients;
use crate::net::http::loopback::{Asked, Said};

/// Settings that look at every cluster of `eu-west-1` at an address.
pub(crate) fn settings(endpoint: &Url) -> config::Aws {
    config::Aws {
        profile: None,
        region: Some("eu-west-1".to_owned()),
        clusters: Vec::new(),
        assume_role: None,
        endpoint_url: Some(endpoint.clone()),
        cloudwatch: true,
    }
}

/// AWS with static credentials and back-off that does not last.
pub(crate) fn aws(settings: config::Aws) -> Aws {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret-key", None, None, "test");
    aws_with(settings, SharedCredentialsProvider::new(credentials))
}

/// AWS with a provider of credentials.
pub(crate) fn aws_with(settings: config::Aws, provider: SharedCredentialsProvider) -> Aws {
    let pace =
        Pace { first_backoff: Duration::from_millis(1), longest_backoff: Duration::from_millis(2), ..Pace::default() };
    Aws::with(settings, &Clients::default(), pace, Some(provider))
}

/// The action a request is for (`ListTasks`), or the one of the query protocol.
pub(crate) fn action(asked: &Asked) -> String {
    let target = asked.header("x-amz-target");
    match target.rsplit_once('.') {
        Some((_, action)) => action.to_owned(),
        None => asked.parameter("Action").to_owned(),
    }
}

/// A request's JSON. The server takes it for a form's only name.
pub(crate) fn body(asked: &Asked) -> Value {
    asked.parameters.first().map_or(Value::Null, |(json, _)| serde_json::from_str(json).unwrap())
}

/// A JSON answer.
pub(crate) fn answer(value: &Value) -> Said {
    Said::Reply(200, vec![("content-type", "application/x-amz-json-1.1".into())], value.to_string().into_bytes())
}

/// A refusal as AWS words it.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Said {
    let body = serde_json::json!({"__type": code, "message": message});
    Said::Reply(status, vec![("content-type", "application/x-amz-json-1.1".into())], body.to_string().into_bytes())
}

/// What STS answers to `GetCallerIdentity`.
pub(crate) fn identity() -> Said {
    let xml = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
               <Arn>arn:aws:sts::123456789012:assumed-role/ro/me</Arn><UserId>A:me</UserId>\
               <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    Said::text(200, "text/xml", xml)
}
