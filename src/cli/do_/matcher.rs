//! Matchers as people type them: `severity=warning`, `alertname=~"High.*"`.

use crate::domain::Matcher;

/// Reads one matcher.
///
/// # Errors
/// A sentence that says what was expected.
pub(super) fn parse(text: &str) -> Result<Matcher, String> {
    let expected =
        || format!("`{text}` is no matcher: expected label=value, label!=value, label=~regex or label!~regex");
    let at = text.find(['=', '!']).ok_or_else(expected)?;
    let (name, rest) = text.split_at(at);
    let name = name.trim();
    let signs = [("=~", true, false), ("!~", true, true), ("!=", false, true), ("=", false, false)];
    let (sign, is_regex, is_negated) =
        signs.into_iter().find(|(sign, ..)| rest.starts_with(sign)).ok_or_else(expected)?;
    let is_label = !name.is_empty()
        && name
            .chars()
            .enumerate()
            .all(|(at, c)| c == '_' || c == ':' || c.is_ascii_alphabetic() || at > 0 && c.is_ascii_digit());
    if !is_label {
        return Err(expected());
    }
    let value = rest[sign.len()..].trim();
    let value = match value.strip_prefix('"').map(|rest| rest.strip_suffix('"')) {
        Some(Some(inside)) => inside.replace("\\\"", "\"").replace("\\\\", "\\"),
        Some(None) => return Err(expected()),
        None => value.to_owned(),
    };
    Ok(Matcher { name: name.to_owned(), value, is_regex, is_negated })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_read_as_they_are_shown() {
        for (text, shown) in [
            ("service=api-2", r#"service="api-2""#),
            (r#"alertname=~"High.*""#, r#"alertname=~"High.*""#),
            ("env!=prod", r#"env!="prod""#),
            ("env !~ a|b", r#"env!~"a|b""#),
            ("a==b", r#"a="=b""#),
            ("team=", r#"team="""#),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "service", "=x", "a b=c", "1a=b", r#"a="b"#, "!x"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
