//! "Did you mean": the nearest of the names that would have been right.

/// The candidate nearest to what was typed, if one is near enough to be meant: by a typing error, shortened
/// (`crit`), or with a word too many before or behind it (`aws_region`, `timeout_seconds`).
pub fn nearest<'c>(typed: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' ', '.'], "_");
    let typed = plain(typed);
    let length = |text: &str| text.chars().count();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let name = plain(candidate);
            let longest = length(&typed).max(length(&name));
            let distance = strsim::damerau_levenshtein(&typed, &name);
            let near = distance <= (longest / 3).max(1) && 2 * distance < longest;
            let within = |whole: &str, part: &str| {
                length(part) >= 3 && (whole.starts_with(&format!("{part}_")) || whole.ends_with(&format!("_{part}")))
            };
            let shortened = length(&typed) >= 3 && name.starts_with(&typed);
            (near || shortened || within(&typed, &name)).then_some(((!near, distance), candidate))
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, candidate)| candidate)
}

/// The hint for a misspelt word: the nearest of the words that are known, if one is near.
pub fn did_you_mean<'c>(typed: &str, known: impl IntoIterator<Item = &'c str>) -> Option<String> {
    nearest(typed, known).map(|meant| format!("did you mean `{meant}`?"))
}

/// The hint for a word that is not known: the nearest one, or all there are.
pub fn one_of(typed: &str, known: &[&str]) -> String {
    did_you_mean(typed, known.iter().copied())
        .unwrap_or_else(|| format!("known here: {}", listed(known.iter().copied())))
}

/// The candidates as a person lists them: `a, b and c`.
pub fn listed<'c>(candidates: impl IntoIterator<Item = &'c str>) -> String {
    let all: Vec<&str> = candidates.into_iter().collect();
    match all.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_is_understood_and_another_word_is_not() {
        let names = ["production", "services", "token_file", "url", "prod", "stage"];
        for (typed, meant) in [
            ("prodution", Some("production")),
            ("Services", Some("services")),
            ("token-file", Some("token_file")),
            ("ulr", Some("url")),
            ("stge", Some("stage")),
            ("toekn", None),
            ("serv", Some("services")),
            ("prometheus_url", Some("url")),
            ("url_prefix", Some("url")),
            ("nonsense", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, names), meant, "{typed}");
        }
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(listed([]), "none");
        assert_eq!(listed(["a"]), "a");
        assert_eq!(listed(["a", "b", "c"]), "a, b and c");
    }
}
