//! What may be a secret in a line of a file, by what stands around it.

use std::ops::Range;

/// Words that name a secret when a `=` follows, however the line around it is broken.
const SECRET_WORDS: [&str; 10] =
    ["token", "password", "passwd", "passphrase", "secret", "api_key", "api-key", "apikey", "authorization", "cookie"];

/// How names end that only refer to a secret.
const REFERENCES: [&str; 3] = ["_file", "_env", "_command"];

/// The parts of a line that may be secrets by what stands around them, in bytes. Where the file is `broken`, nobody
/// knows where a value ends: then everything to the end of the line is.
pub(super) fn secrets_in(line: &str, broken: bool) -> Vec<Range<usize>> {
    let lower = line.to_ascii_lowercase();
    let name_end = |at: usize| {
        let part_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        lower[at..].find(|c| !part_of_name(c)).map_or(lower.len(), |length| at + length)
    };
    let named = SECRET_WORDS
        .iter()
        .flat_map(|word| lower.match_indices(word).map(|(at, _)| name_end(at)))
        .filter(|end| !REFERENCES.iter().any(|suffix| lower[..*end].ends_with(suffix)));
    let values = named.filter_map(|end| {
        let rest = &lower[end..];
        let trimmed = rest.trim_start_matches([' ', '\t', '"', '\'']);
        let spaced = broken && trimmed.len() < rest.len();
        let value = trimmed.strip_prefix(['=', ':']).or(spaced.then_some(trimmed))?.trim_start();
        let start = line.len() - value.len();
        let end = if broken { line.len() } else { start + value_len(value) };
        (start < end).then_some(start..end)
    });
    let users = lower.match_indices("://").filter_map(|(at, separator)| {
        let start = at + separator.len();
        let end = line[start..].find(char::is_whitespace).map_or(line.len(), |length| start + length);
        line[start..end].rfind('@').map(|length| start..start + length)
    });
    values.chain(users).collect()
}

/// How long a value at the start of a line's rest is; a table is none, as what it holds has names of its own.
fn value_len(value: &str) -> usize {
    let quoted = |quote: char| value[1..].find(quote).map_or(value.len(), |end| end + 2);
    match value.chars().next() {
        None | Some('{') => 0,
        Some('[') => value.len(),
        Some('"' | '\'') if value.starts_with("\"\"\"") || value.starts_with("'''") || value.contains('\\') => {
            value.len()
        }
        Some(quote @ ('"' | '\'')) => quoted(quote),
        Some(_) => value.find([',', '}', ' ', '\t']).unwrap_or(value.len()),
    }
}
