//! A template's text as literals and sequences, with the strip markers already obeyed.

use super::Wrong;

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// Text that stays, of one line at most.
    Literal(String),
    /// What stands in `${ }`.
    Value(Code<'t>),
    /// What stands in `%{ }`.
    Directive(Code<'t>),
}

/// The inside of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code<'t> {
    /// The text, without strip markers and the blank space around it.
    pub text: &'t str,
    /// Where the text begins, in bytes.
    pub at: usize,
}

pub(super) fn tokens(template: &str) -> Result<Vec<Token<'_>>, Wrong> {
    let mut tokens = Vec::new();
    let mut literal = String::new();
    let mut strip = false;
    let mut at = 0;
    while let Some(rest) = template.get(at..).filter(|rest| !rest.is_empty()) {
        let escaped = ["$${", "%%{"].iter().find(|escape| rest.starts_with(**escape));
        if let Some(escape) = escaped {
            literal.push_str(&escape[1..]);
            at += escape.len();
        } else if rest.starts_with("${") || rest.starts_with("%{") {
            let strips_before = rest[2..].starts_with('~');
            flush(&mut tokens, &mut literal, &mut strip);
            if let (true, Some(Token::Literal(line))) = (strips_before, tokens.last_mut()) {
                line.truncate(line.trim_end().len());
            }
            let open = 2 + usize::from(strips_before);
            let close = rest.find('}').ok_or_else(|| Wrong::new(at, format!("`{}` has no end", &rest[..2])))?;
            let inside = rest.get(open..close).unwrap_or_default();
            strip = inside.ends_with('~');
            let inside = inside.strip_suffix('~').unwrap_or(inside);
            let blank = inside.len() - inside.trim_start().len();
            let code = Code { text: inside.trim(), at: at + open + blank };
            tokens.push(if rest.starts_with('$') { Token::Value(code) } else { Token::Directive(code) });
            at += close + 1;
        } else {
            let Some(character) = rest.chars().next() else { break };
            literal.push(character);
            at += character.len_utf8();
            if character == '\n' {
                flush(&mut tokens, &mut literal, &mut strip);
            }
        }
    }
    flush(&mut tokens, &mut literal, &mut strip);
    Ok(tokens)
}

/// Ends the literal. What strips reaches to the end of the literal's line and no further, as in Terraform.
fn flush(tokens: &mut Vec<Token<'_>>, literal: &mut String, strip: &mut bool) {
    if !literal.is_empty() {
        let text = std::mem::take(literal);
        let stripped = if std::mem::take(strip) { text.trim_start().to_owned() } else { text };
        tokens.push(Token::Literal(stripped));
    }
}

impl Code<'_> {
    /// The part that begins at a byte of the text, without blank space around it.
    pub fn part(self, from: usize) -> Self {
        let text = self.text.get(from..).unwrap_or_default();
        let blank = text.len() - text.trim_start().len();
        Self { text: text.trim(), at: self.at + from + blank }
    }

    /// The part before a byte of the text.
    pub fn until(self, to: usize) -> Self {
        Self { text: self.text.get(..to).unwrap_or(self.text), at: self.at }.part(0)
    }

    /// What follows a word at the beginning, if that is the first word.
    pub fn after(self, word: &str) -> Option<Self> {
        let rest = self.text.strip_prefix(word)?;
        let ends = rest.chars().next().is_none_or(|next| !(next.is_alphanumeric() || next == '_' || next == '-'));
        ends.then(|| self.part(word.len()))
    }
}
