//! What makes a text right: names, labels, globs, ARNs, time zones.

use jiff::tz::TimeZone;

use super::queries;
use crate::located::{did_you_mean, nearest};

/// What a text must be.
#[derive(Debug)]
pub struct Rule {
    /// What was expected, after "expected".
    pub expected: &'static str,
    /// The same as a regular expression, where it can be one; for editors.
    pub pattern: Option<&'static str>,
    /// Whether a text that is not empty obeys.
    pub obeys: fn(&str) -> bool,
    /// What helps with a text that does not.
    pub hint: fn(&str) -> Option<String>,
    /// Whether a wrong value may be a secret in the wrong place, and is not shown.
    pub hides: bool,
}

const fn rule(expected: &'static str, pattern: Option<&'static str>, obeys: fn(&str) -> bool) -> Rule {
    Rule { expected, pattern, obeys, hint: |_| None, hides: false }
}

/// What is wrong with a text that does not show as what it is.
const VISIBLE: fn(&str) -> Option<String> = |_| Some("no spaces around it, and no invisible characters".to_owned());

/// Any text.
pub static TEXT: Rule = Rule { hint: VISIBLE, ..rule("a text", None, is_visible) };

/// A program or an argument of one.
pub static ARGUMENT: Rule = Rule {
    hides: true,
    ..rule("a program or an argument without line ends", None, |text| !text.contains(|c: char| c.is_control()))
};

/// The name of a context.
pub static CONTEXT: Rule = Rule { hint: VISIBLE, ..rule("a name", None, is_visible) };

/// A service's name, or a glob of names.
pub static GLOB: Rule = rule("a service name or a glob like `api-*`", None, is_glob);

/// A `PromQL` query.
pub static QUERY: Rule = Rule {
    hint: |text| {
        let name = queries::unknown_placeholders(text).next()?;
        Some(match nearest(name, queries::PLACEHOLDERS) {
            Some(meant) => format!("`${name}` is no placeholder; did you mean `${meant}`?"),
            None => format!("`${name}` is no placeholder; there are ${}", queries::PLACEHOLDERS.join(", $")),
        })
    },
    ..rule("a PromQL query", None, |text| {
        !text.trim().is_empty() && queries::unknown_placeholders(text).next().is_none()
    })
};

/// The name of a Prometheus label.
pub static LABEL: Rule = rule("a label name like `service`", Some("^[a-zA-Z_][a-zA-Z0-9_]*$"), is_identifier);

/// The name of an environment variable.
pub static ENVIRONMENT: Rule = Rule {
    hides: true,
    ..rule("the name of an environment variable like `GRAFANA_TOKEN`", Some("^[a-zA-Z_][a-zA-Z0-9_]*$"), is_identifier)
};

/// The name of a CloudWatch log group.
pub static LOG_GROUP: Rule =
    rule("the name of a log group like `/ecs/api`", Some("^[a-zA-Z0-9_./#-]{1,512}$"), |text| {
        text.len() <= 512 && only(text, "_./#-")
    });

/// A stream selector of Loki.
pub static SELECTOR: Rule = rule(r#"a stream selector like `{service="$service"}`"#, None, |text| {
    let text = text.trim();
    text.starts_with('{') && text.contains('}') && text.contains("$service") && is_visible(text)
});

/// The uid of a Grafana data source.
pub static UID: Rule = Rule {
    hides: true,
    ..rule("the uid of a data source: up to 40 letters, digits, `-` and `_`", Some("^[a-zA-Z0-9_-]{1,40}$"), |text| {
        text.len() <= 40 && only(text, "-_")
    })
};

/// An AWS region.
pub static REGION: Rule = rule("an AWS region like `ap-northeast-2`", Some("^[a-z]{2,}(-[a-z0-9]+)+$"), |text| {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let lower = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    first.len() >= 2 && first.chars().all(|c| c.is_ascii_lowercase()) && !rest.is_empty() && rest.into_iter().all(lower)
});

/// A cluster's short name or ARN.
pub static CLUSTER: Rule = rule("the name or ARN of a cluster", None, |text| {
    let name = match text.strip_prefix("arn:") {
        Some(arn) => arn.rsplit_once(":cluster/").map_or("", |(_, name)| name),
        None => text,
    };
    name.len() <= 255 && only(name, "-_")
});

/// The ARN of a role.
pub static ROLE: Rule = rule(
    "the ARN of a role like `arn:aws:iam::123456789012:role/rounds`",
    Some("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[a-zA-Z0-9_+=,.@/-]{1,512}$"),
    |text| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [arn, partition, service, region, account, resource] = parts[..] else {
            return false;
        };
        arn == "arn"
            && partition.starts_with("aws")
            && service == "iam"
            && region.is_empty()
            && account.len() == 12
            && account.chars().all(|c| c.is_ascii_digit())
            && resource.strip_prefix("role/").is_some_and(|name| name.len() <= 512 && only(name, "_+=,.@/-"))
    },
);

/// The session name of an assumed role.
pub static SESSION: Rule =
    rule("2 to 64 letters, digits and any of `_+=,.@-`", Some("^[a-zA-Z0-9_+=,.@-]{2,64}$"), |text| {
        (2..=64).contains(&text.len()) && only(text, "_+=,.@-")
    });

/// The external id of an assumed role.
pub static EXTERNAL_ID: Rule =
    rule("2 to 1224 letters, digits and any of `_+=,.@:/-`", Some("^[a-zA-Z0-9_+=,.@:/-]{2,1224}$"), |text| {
        (2..=1_224).contains(&text.len()) && only(text, "_+=,.@:/-")
    });

/// A time zone.
pub static TIME_ZONE: Rule = Rule {
    hint: |text| {
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
        did_you_mean(text, names.iter().map(String::as_str))
    },
    ..rule("a time zone like `Asia/Seoul` or `UTC`", None, |text| TimeZone::get(text).is_ok())
};

/// Whether a text shows as what it is: no controls, nothing invisible, no space around it.
fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && crate::format::sanitise(text) == text
}

/// Whether a text is a glob that can match a name.
pub fn is_glob(text: &str) -> bool {
    is_visible(text) && glob::Pattern::new(text).is_ok()
}

fn is_identifier(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit()) && only(text, "_")
}

/// Whether a text is not empty and has only ASCII letters, digits and the characters given.
fn only(text: &str, further: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || further.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_knows_right_from_wrong() {
        let long = "x".repeat(65);
        let cases: [(&Rule, &[&str], &[&str]); 10] = [
            (&TEXT, &["x", "with space", "한국어"], &[" x", "x\u{202e}y", "\x1b[31m"]),
            (&GLOB, &["api-*", "*", "[ab]pi", "web"], &["[ab", "***", "a/**b"]),
            (&LABEL, &["service", "_a1"], &["1a", "a-b", "a.b"]),
            (&UID, &["P1809F7CD0C75ACF3", "prom-1_x"], &["../x", "a b", &long]),
            (&REGION, &["ap-northeast-2", "us-gov-west-1"], &["seoul", "AP-northeast-2", "ap-", "eu_west_1"]),
            (&CLUSTER, &["prod", "arn:aws:ecs:eu-west-1:123456789012:cluster/prod"], &["a/b", "arn:aws:ecs", "a b"]),
            (
                &ROLE,
                &["arn:aws:iam::123456789012:role/rounds", "arn:aws-cn:iam::123456789012:role/team/rounds.ro"],
                &[
                    "rounds",
                    "arn:aws:iam::12345:role/x",
                    "arn:aws:iam::123456789012:user/x",
                    "arn:aws:iam::123456789012:role/",
                ],
            ),
            (&SESSION, &["rounds", "kim@example.com"], &["x", "a b", &long]),
            (&ENVIRONMENT, &["GRAFANA_TOKEN"], &["glsa-abc", "$TOKEN", "1X"]),
            (&TIME_ZONE, &["UTC", "Asia/Seoul"], &["Seoul", "Asia/Soul"]),
        ];
        for (rule, right, wrong) in cases {
            for text in right {
                assert!((rule.obeys)(text), "{}: {text}", rule.expected);
            }
            for text in wrong {
                assert!(!(rule.obeys)(text), "{}: {text}", rule.expected);
            }
        }
    }

    #[test]
    fn a_near_miss_is_recognised() {
        for (rule, text, meant) in
            [(&TIME_ZONE, "Asia/Soul", "`Asia/Seoul`?"), (&QUERY, "up{$labl=\"x\"}", "`$label`?")]
        {
            assert!((rule.hint)(text).is_some_and(|hint| hint.ends_with(meant)), "{text}");
        }
    }
}
