//! Words as a shell takes them.

use std::borrow::Cow;

/// A word quoted for a POSIX shell, where it needs to be.
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// A command line of these words.
pub fn shell_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(shell_word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_it_is_quoted() {
        for (words, line) in [
            (&["aws", "ecs", "stop-task", "--task", "3f9c"][..], "aws ecs stop-task --task 3f9c"),
            (&["--reason", "rounds: kim"], "--reason 'rounds: kim'"),
            (&["it's", ""], r"'it'\''s' ''"),
            (&["$(rm -rf /)", "a;b", "`x`"], "'$(rm -rf /)' 'a;b' '`x`'"),
            (&["service=\"api\""], "'service=\"api\"'"),
        ] {
            assert_eq!(shell_line(words.iter().copied()), line);
        }
    }
}
