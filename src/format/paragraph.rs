//! Text in lines of a given width, broken between words.

use super::{sanitise, width as cells};

/// The lines of a text, each at most `width` cells; a word that is longer alone has a line of its own, whole, so that it
/// can be copied.
pub fn paragraph(text: &str, width: usize) -> Vec<String> {
    // On its way out of the program: harmless whoever wrote it.
    let text = sanitise(text);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let needed = cells(&line) + usize::from(!line.is_empty()) + cells(word);
        if needed > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_never_inside_one() {
        for (text, width, broken) in [
            ("", 10, vec![]),
            ("one two three", 20, vec!["one two three"]),
            ("one two three", 7, vec!["one two", "three"]),
            ("a https://example.com/long b", 8, vec!["a", "https://example.com/long", "b"]),
            ("결제 오류", 5, vec!["결제", "오류"]),
        ] {
            assert_eq!(paragraph(text, width), broken, "{text}");
        }
    }
}
