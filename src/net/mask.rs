//! What was sent to prove who asks does not come back in what is shown: there are servers, and proxies before them, that
//! echo a request in their refusals.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, PROXY_AUTHORIZATION};
use url::form_urlencoded::byte_serialize;

use crate::domain::SourceError;

/// What stands where a secret stood.
const MASKED: &str = "[redacted]";

/// Anything shorter is masked only where it is a word of its own: text would be holes otherwise.
const SHORT: usize = 4;

/// Words in the names of headers whose values are secret, whoever made them.
const SECRET_NAMES: [&str; 7] = ["auth", "cookie", "credential", "key", "password", "secret", "token"];

/// The secrets of one request, in every spelling they may come back in. Cheap to clone.
#[derive(Clone, Default)]
pub struct Mask(Arc<[String]>);

/// Says how many there are, and which never.
impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({})", self.0.len())
    }
}

impl Mask {
    /// The secrets among a request's headers: the values marked as such, and those of headers that are named like one.
    pub fn of(headers: &HeaderMap) -> Self {
        let secret = headers.iter().filter(|(name, value)| value.is_sensitive() || names_secret(name));
        let mut spellings: Vec<String> = secret
            .filter_map(|(name, value)| Some((name, value.to_str().ok()?)))
            .flat_map(|(name, value)| secrets_in(name, value))
            .flat_map(spellings)
            .collect();
        // The longest first: a part of it would leave the rest standing.
        spellings.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        spellings.dedup();
        Self(spellings.into())
    }

    /// The text without them.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        for secret in self.0.iter().filter(|secret| text.contains(secret.as_str())) {
            masked = Cow::Owned(without(&masked, secret));
        }
        masked
    }

    /// An answer's body without them.
    pub fn body(&self, body: Vec<u8>) -> Vec<u8> {
        match self.text(&String::from_utf8_lossy(&body)) {
            Cow::Owned(masked) => masked.into_bytes(),
            Cow::Borrowed(_) => body,
        }
    }

    /// An error without them.
    pub fn error(&self, error: SourceError) -> SourceError {
        SourceError {
            what: self.text(&error.what).into_owned(),
            hint: error.hint.map(|hint| self.text(&hint).into_owned()),
            ..error
        }
    }
}

/// Whether a header of this name carries a secret.
pub fn names_secret(name: &HeaderName) -> bool {
    SECRET_NAMES.iter().any(|word| name.as_str().contains(word))
}

/// What is secret in a header's value: the value, what follows its scheme, the password of basic authentication, AWS's
/// signature, each cookie.
fn secrets_in(name: &HeaderName, value: &str) -> Vec<String> {
    let mut secrets = vec![value.to_owned()];
    if [AUTHORIZATION, PROXY_AUTHORIZATION].contains(name)
        && let Some((scheme, rest)) = value.split_once(' ')
    {
        secrets.push(rest.to_owned());
        if scheme.eq_ignore_ascii_case("basic") {
            let pair = STANDARD.decode(rest).ok().and_then(|pair| String::from_utf8(pair).ok());
            secrets.extend(pair.as_deref().and_then(|pair| pair.split_once(':')).map(|(_, word)| word.to_owned()));
        }
        secrets.extend(rest.split_once("Signature=").map(|(_, signature)| signature.to_owned()));
    }
    if *name == COOKIE {
        let cookies = value.split(';').filter_map(|cookie| cookie.split_once('='));
        secrets.extend(cookies.map(|(_, text)| text.trim().to_owned()));
    }
    secrets.retain(|secret| !secret.trim().is_empty());
    secrets
}

/// As it is, as JSON has it and as a query has it.
fn spellings(secret: String) -> Vec<String> {
    let quoted = serde_json::Value::from(secret.as_str()).to_string();
    let in_json = quoted[1..quoted.len() - 1].to_owned();
    let in_query: String = byte_serialize(secret.as_bytes()).collect();
    vec![in_query, in_json, secret]
}

fn without(text: &str, secret: &str) -> String {
    if secret.len() >= SHORT {
        return text.replace(secret, MASKED);
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(secret) {
        let (before, after) = (&rest[..at], &rest[at + secret.len()..]);
        masked.push_str(before);
        let is_word = !masked.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        masked.push_str(if is_word { MASKED } else { secret });
        rest = after;
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn mask(headers: &[(&'static str, &str, bool)]) -> Mask {
        let mut map = HeaderMap::new();
        for (name, value, is_sensitive) in headers {
            let mut value = HeaderValue::from_str(value).unwrap();
            value.set_sensitive(*is_sensitive);
            map.append(*name, value);
        }
        Mask::of(&map)
    }

    #[test]
    fn no_spelling_of_a_secret_comes_back() {
        let basic = format!("Basic {}", STANDARD.encode("kim:pass w\"rd/1"));
        let basic = mask(&[("authorization", &basic, true)]);
        let bearer = mask(&[("authorization", "Bearer glsa_abc.def", true)]);
        let aws = "AWS4-HMAC-SHA256 Credential=AKID/x, SignedHeaders=host, Signature=0a1b2c3d";
        let aws = mask(&[("authorization", aws, false), ("x-amz-security-token", "IQoJb3Jp==", false)]);
        let others = mask(&[("cookie", "a=1234; session=s3ss10n", false), ("x-api-key", "k3y!", false)]);
        let short = mask(&[("x-token", "ab", true)]);
        for (mask, text, expected) in [
            (&bearer, "no: Bearer glsa_abc.def!", "no: [redacted]!"),
            (&bearer, "token=glsa_abc.def", "token=[redacted]"),
            (&basic, "kim:pass w\"rd/1 is wrong", "kim:[redacted] is wrong"),
            (&basic, r#"{"pw":"pass w\"rd/1"}"#, r#"{"pw":"[redacted]"}"#),
            (&basic, "?p=pass+w%22rd%2F1", "?p=[redacted]"),
            (&basic, "Authorization: Basic a2ltOnBhc3Mgd1wicmQvMQ==", "Authorization: Basic a2ltOnBhc3Mgd1wicmQvMQ=="),
            (&aws, "Signature=0a1b2c3d of IQoJb3Jp==", "Signature=[redacted] of [redacted]"),
            (&others, "s3ss10n with k3y! and 1234", "[redacted] with [redacted] and [redacted]"),
            (&short, "ab is no cab, ab: absent", "[redacted] is no cab, [redacted]: absent"),
            (&Mask::default(), "nothing", "nothing"),
        ] {
            assert_eq!(mask.text(text), expected);
            assert_eq!(mask.body(text.as_bytes().to_vec()), expected.as_bytes());
        }
        let tenant = mask(&[("x-scope-orgid", "team-a", false), ("accept", "application/json", false)]);
        assert_eq!(tenant.text("no rules of team-a"), "no rules of team-a", "a plain header is no secret");
        assert_eq!(mask(&[("x", "hunter2", true)]).body(b"\xff hunter2".to_vec()), "\u{fffd} [redacted]".as_bytes());
        assert_eq!(format!("{bearer:?}"), "Mask(3)");
    }

    proptest! {
        #[test]
        fn a_secret_of_some_length_never_stands_in_what_was_masked(secret in "[!-Z^-~]{4,40}", before in any::<String>()) {
            let mask = mask(&[("authorization", &format!("Bearer {secret}"), true)]);
            let masked = mask.text(&format!("{before}{secret}{before}")).into_owned();
            prop_assert!(!masked.replace(MASKED, "\n").contains(&secret), "{masked}");
        }
    }
}
