//! The SDK's layered errors as one line: which call, in which region, what failed and what to do.

use std::error::Error;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::profile::find;
use super::transport::TransportFailure;
use crate::domain::{ErrorClass, SourceError};
use crate::format::{clip, sanitise};

/// The longest foreign text kept in a reason, in cells.
const MAX_TEXT: usize = 320;

/// A run this long of characters without the separators of ARNs and sentences can only be a token.
const TOKEN: usize = 100;

/// What to do where nothing answers. An endpoint that is not allowed through a firewall looks just like that.
pub(super) const NO_ANSWER: &str = "check network, proxy and VPC endpoint on the way to this AWS API";

/// An API call, as people say it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The service's name in IAM (`ecs`, `cloudwatch`, `sts`).
    pub service: &'static str,
    /// The action's name.
    pub action: &'static str,
    /// What it is about (`cluster prod`); may be empty.
    pub about: &'a str,
}

impl Call<'_> {
    /// The IAM action to allow (`ecs:ListTasks`).
    pub fn iam_action(&self) -> String {
        format!("{}:{}", self.service, self.action)
    }

    /// The call with its region (`ecs:ListTasks in ap-northeast-2 (cluster prod)`).
    pub fn in_region(&self, region: &str) -> String {
        let place = if region.is_empty() { String::new() } else { format!(" in {region}") };
        let about = if self.about.is_empty() { String::new() } else { format!(" ({})", self.about) };
        format!("{self}{place}{about}")
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.action)
    }
}

/// Why a call failed. Failing credentials are told apart before: see `Session::call`.
pub(super) fn explain<E>(call: &Call<'_>, region: &str, error: &SdkError<E, HttpResponse>) -> SourceError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let place = call.in_region(region);
    if let Some(failure) = find::<TransportFailure>(error) {
        return SourceError { what: format!("{place}: {}", failure.error.what), ..failure.error.clone() };
    }
    match error {
        SdkError::TimeoutError(_) => {
            SourceError::new(ErrorClass::Timeout, format!("{place}: no answer in time")).with_hint(NO_ANSWER)
        }
        SdkError::ServiceError(context) if context.err().code().is_some() => {
            let status = context.raw().status().as_u16();
            answered(call, &place, status, context.err().code(), context.err().message())
        }
        SdkError::ServiceError(context) => unread(call, &place, context.raw()),
        SdkError::ResponseError(context) => unread(call, &place, context.raw()),
        SdkError::ConstructionFailure(_) => {
            SourceError::new(ErrorClass::Local, format!("{place}: {}", clean(&cause(error))))
        }
        _ => SourceError::new(ErrorClass::Connect, format!("{place}: {}", clean(&cause(error)))),
    }
}

/// Whether a call that failed so may have altered something all the same. An answer with a status below 500 refuses;
/// a request that was never sent alters nothing; everything else may have arrived.
pub(super) fn may_have_altered<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::ServiceError(context) => !(400..500).contains(&context.raw().status().as_u16()),
        SdkError::ResponseError(context) => !(400..500).contains(&context.raw().status().as_u16()),
        other => {
            let never_sent = find::<TransportFailure>(other).is_some_and(|failure| failure.never_sent)
                || find::<CredentialsError>(other).is_some();
            !never_sent
        }
    }
}

/// What an answer says that the SDK could not read: perhaps a refusal as XML to a call that expects JSON, as gateways
/// send it.
fn unread(call: &Call<'_>, place: &str, raw: &HttpResponse) -> SourceError {
    let body = raw.body().bytes().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
    answered(call, place, raw.status().as_u16(), xml_text(body, "Code"), xml_text(body, "Message"))
}

/// The text of the first element of that name, where it holds nothing but text.
pub(super) fn xml_text<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    (!text.is_empty() && !text.contains('<')).then_some(text)
}

/// What an answer that is a refusal says, by its code and, where there is none, by its status.
pub(super) fn answered(
    call: &Call<'_>,
    place: &str,
    status: u16,
    code: Option<&str>,
    message: Option<&str>,
) -> SourceError {
    let class = classify(status, code);
    let Some(code) = code.map(clean) else {
        let what = match status {
            200..300 => format!("{place}: the answer cannot be read"),
            _ => format!("{place}: HTTP {status}, and the answer is not AWS's"),
        };
        let error = SourceError::new(class, what);
        return match class {
            ErrorClass::Throttled => error,
            ErrorClass::Server => {
                error.with_hint("a proxy or endpoint on the way fails: check endpoint_url and proxies")
            }
            _ => error.with_hint("check endpoint_url, and proxies on the way"),
        };
    };
    let message = message.map(clean).filter(|message| !message.is_empty());
    let what = match &message {
        Some(message) => format!("{place}: {code}: {message}"),
        None => format!("{place}: {code}"),
    };
    let error = SourceError::new(class, what);
    let message = message.unwrap_or_default();
    match class {
        ErrorClass::Forbidden => {
            let (action, resource) = denied(&message).unwrap_or_else(|| (call.iam_action(), "*".to_owned()));
            error.with_hint(format!("allow {action} on {resource} in the policy of these credentials"))
        }
        ErrorClass::Credentials if message.contains("Signature expired") || message.contains("not yet current") => {
            error.with_hint("check this machine's clock")
        }
        ErrorClass::Throttled if !matches!(call.service, "ecs" | "cloudwatch") => {
            error.with_hint("the account's request rate is shared by all its tools: ask again in a minute")
        }
        ErrorClass::Throttled => error.with_hint(format!(
            "the account's request rate is shared by all its tools: raise `refresh.{}` of the context",
            call.service
        )),
        ErrorClass::Rejected if code == "ClusterNotFoundException" => {
            error.with_hint("check `clusters` and `region` of the context's [aws]")
        }
        _ => error,
    }
}

/// The class of a refusal. AWS answers throttling and expired tokens with status 400, so the code decides.
fn classify(status: u16, code: Option<&str>) -> ErrorClass {
    let Some(code) = code else {
        return match status {
            401 => ErrorClass::Credentials,
            403 => ErrorClass::Forbidden,
            404 | 405 | 501 => ErrorClass::Unsupported,
            429 => ErrorClass::Throttled,
            500.. => ErrorClass::Server,
            400..500 => ErrorClass::Rejected,
            _ => ErrorClass::Garbage,
        };
    };
    match code {
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "LimitExceededException"
        | "LimitExceeded"
        | "BandwidthLimitExceeded"
        | "SlowDown" => ErrorClass::Throttled,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "TokenRefreshRequired"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "AuthFailure"
        | "NotSignedUp"
        | "RequestTimeTooSkewed" => ErrorClass::Credentials,
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "UnauthorizedException"
        | "ForbiddenException"
        | "OptInRequired" => ErrorClass::Forbidden,
        "UnknownOperationException" | "UnknownOperation" | "InvalidAction" => ErrorClass::Unsupported,
        "RequestTimeout" | "RequestTimeoutException" => ErrorClass::Timeout,
        _ => match status {
            403 => ErrorClass::Forbidden,
            429 => ErrorClass::Throttled,
            500.. => ErrorClass::Server,
            _ => ErrorClass::Rejected,
        },
    }
}

/// Action and resource of `... is not authorized to perform: ecs:ListTasks on resource: arn:... because ...`.
fn denied(message: &str) -> Option<(String, String)> {
    let (_, rest) = message.split_once("perform: ")?;
    let action = rest.split_whitespace().next()?.to_owned();
    let resource = rest.split_once("on resource: ").and_then(|(_, rest)| rest.split_whitespace().next()).unwrap_or("*");
    Some((action, resource.trim_end_matches(['.', ',']).to_owned()))
}

/// The words of every cause that adds something, outermost first, without the SDK's own framing.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    const FRAMING: [&str; 9] = [
        "dispatch failure",
        "service error",
        "other",
        "unhandled error",
        "failed to construct request",
        "an error occurred while loading credentials",
        "the credentials provider was not properly configured",
        "unexpected credentials error",
        "the credential provider was not enabled",
    ];
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        next = error.source();
        let text = error.to_string();
        let framing = FRAMING.contains(&text.as_str()) || text.starts_with("unhandled error (");
        if !framing && !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    if parts.is_empty() { error.to_string() } else { parts.join(": ") }
}

/// One harmless, short line without anything that could be a secret. AWS answers a bad signature with the request it
/// expected, session token included: only the sentence before that is kept.
pub(super) fn clean(text: &str) -> String {
    let text = ["The Canonical String", "The String-to-Sign"]
        .iter()
        .fold(text, |text, marker| text.split_once(marker).map_or(text, |(before, _)| before));
    let could_be_token = |word: &str| {
        word.split([':', '/', '.', ',', ';', '"', '\'', '(', ')']).any(|run| run.len() >= TOKEN && run.is_ascii())
    };
    let line = sanitise(text.trim());
    let words: Vec<&str> =
        line.split_whitespace().map(|word| if could_be_token(word) { "[redacted]" } else { word }).collect();
    clip(&words.join(" "), MAX_TEXT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIST: Call<'static> = Call { service: "ecs", action: "ListTasks", about: "cluster prod" };

    #[test]
    fn refusals_are_classed_by_their_code_and_then_by_status() {
        for (status, code, class) in [
            (400, Some("ThrottlingException"), ErrorClass::Throttled),
            (400, Some("ExpiredTokenException"), ErrorClass::Credentials),
            (403, Some("InvalidClientTokenId"), ErrorClass::Credentials),
            (400, Some("AccessDeniedException"), ErrorClass::Forbidden),
            (400, Some("ClusterNotFoundException"), ErrorClass::Rejected),
            (400, Some("UnknownOperationException"), ErrorClass::Unsupported),
            (500, Some("ServerException"), ErrorClass::Server),
            (500, None, ErrorClass::Server),
            (503, None, ErrorClass::Server),
            (404, None, ErrorClass::Unsupported),
            (403, None, ErrorClass::Forbidden),
            (200, None, ErrorClass::Garbage),
        ] {
            assert_eq!(classify(status, code), class, "{status} {code:?}");
        }
    }

    #[test]
    fn a_denial_names_action_and_resource() {
        let message = "User: arn:aws:sts::1:assumed-role/ro/me is not authorized to perform: ecs:ListTasks on resource: \
                       arn:aws:ecs:eu-west-1:1:container-instance/prod/* because no identity-based policy allows the \
                       ecs:ListTasks action";
        let told = answered(&LIST, &LIST.in_region("eu-west-1"), 400, Some("AccessDeniedException"), Some(message));
        assert_eq!(told.class, ErrorClass::Forbidden);
        assert!(told.what.starts_with("ecs:ListTasks in eu-west-1 (cluster prod): AccessDeniedException: User: arn:"));
        assert_eq!(
            told.hint.as_deref(),
            Some(
                "allow ecs:ListTasks on arn:aws:ecs:eu-west-1:1:container-instance/prod/* in the policy of these \
                 credentials"
            )
        );
        let told = answered(&LIST, "x", 403, Some("AccessDenied"), None);
        assert_eq!(told.hint.as_deref(), Some("allow ecs:ListTasks on * in the policy of these credentials"));
    }

    #[test]
    fn what_is_not_from_aws_is_said_and_not_shown() {
        let told = answered(&LIST, &LIST.in_region("r"), 500, None, None);
        assert_eq!(told.what, "ecs:ListTasks in r (cluster prod): HTTP 500, and the answer is not AWS's");
    }

    #[test]
    fn a_refusal_as_xml_is_still_a_refusal() {
        let body =
            "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error></ErrorResponse>";
        let mut raw = HttpResponse::new(403.try_into().unwrap(), body.into());
        let told = unread(&LIST, "place", &raw);
        assert_eq!((told.class, told.what.as_str()), (ErrorClass::Credentials, "place: SignatureDoesNotMatch: no"));
        *raw.body_mut() = "<html><Code><b>500</b></Code></html>".into();
        assert_eq!(unread(&LIST, "place", &raw).class, ErrorClass::Forbidden);
    }

    #[test]
    fn secrets_and_escapes_do_not_get_through() {
        let token = "A".repeat(400);
        let message = format!(
            "The signature does not match. The Canonical String for this request should have been\n'x-amz-security-token:{token}'"
        );
        assert_eq!(clean(&message), "The signature does not match.");
        assert_eq!(clean(&format!("got token={token} there")), "got [redacted] there");
        assert_eq!(clean("red\x1b[31m\r\nnext"), "red\\u{1b}[31m next");
    }

    proptest! {
        #[test]
        fn any_message_becomes_one_short_line(message in any::<String>(), code in any::<Option<String>>(), status in 100u16..600) {
            let told = answered(&LIST, "place", status, code.as_deref(), Some(&message));
            prop_assert!(told.what.chars().count() < 1_000);
            prop_assert!(!told.what.chars().any(char::is_control));
            prop_assert!(told.hint.is_none_or(|hint| !hint.chars().any(char::is_control)));
        }
    }
}
