//! Keys as they are written: `ctrl-r`, `G`, `shift-tab`, `g g`. What is printed is what a keymap file accepts.

use std::{borrow::Borrow, fmt, str::FromStr};

use crate::format::width;

use super::{Code, Key};

/// Keys with a name, and the name that is printed for them first among those accepted.
const NAMED: &[(Code, &[&str])] = &[
    (Code::Char(' '), &["space"]),
    (Code::Enter, &["enter", "return"]),
    (Code::Esc, &["esc", "escape"]),
    (Code::Tab, &["tab"]),
    (Code::BackTab, &["shift-tab", "backtab"]),
    (Code::Backspace, &["backspace"]),
    (Code::Delete, &["delete", "del"]),
    (Code::Insert, &["insert", "ins"]),
    (Code::Up, &["up"]),
    (Code::Down, &["down"]),
    (Code::Left, &["left"]),
    (Code::Right, &["right"]),
    (Code::PageUp, &["pgup", "pageup"]),
    (Code::PageDown, &["pgdn", "pagedown"]),
    (Code::Home, &["home"]),
    (Code::End, &["end"]),
];

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadKey {
    /// What is wrong.
    pub message: String,
    /// How to write it, where that can be guessed.
    pub hint: Option<String>,
}

impl BadKey {
    fn new(message: impl Into<String>, hint: impl Into<Option<String>>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        if let Some((_, names)) = NAMED.iter().find(|(code, _)| *code == self.code) {
            return f.write_str(names[0]);
        }
        match self.code {
            Code::Char(c) => write!(f, "{c}"),
            Code::F(number) => write!(f, "f{number}"),
            named => write!(f, "{named:?}"),
        }
    }
}

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let (mut ctrl, mut alt, mut rest) = (false, false, text);
        loop {
            let modifier = if let Some(after) = rest.strip_prefix("ctrl-") {
                Some((&mut ctrl, after))
            } else {
                rest.strip_prefix("alt-").map(|after| (&mut alt, after))
            };
            let Some((held, after)) = modifier else { break };
            if std::mem::replace(held, true) {
                return Err(BadKey::new(format!("`{text}` names a modifier twice"), None));
            }
            rest = after;
        }
        let code = code(rest).ok_or_else(|| unknown(text))?;
        let key = Self { code, ctrl, alt };
        sendable(key)?;
        Ok(key)
    }
}

fn code(text: &str) -> Option<Code> {
    if let Some((code, _)) = NAMED.iter().find(|(_, names)| names.contains(&text)) {
        return Some(*code);
    }
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        // What has no width of its own (controls, marks, bidirectional overrides) could not be shown as a key.
        return (!c.is_whitespace() && !c.is_control() && width(text) > 0).then_some(Code::Char(c));
    }
    let number: u8 = text.strip_prefix('f')?.parse().ok()?;
    ((1..=24).contains(&number) && !text.contains(['+', ' ']) && !text.starts_with("f0")).then_some(Code::F(number))
}

/// Refuses what a terminal cannot send: such a key would be bound and never arrive.
fn sendable(key: Key) -> Result<(), BadKey> {
    if !key.ctrl {
        return Ok(());
    }
    let same_as = |other: Code| {
        let other = Key { code: other, ctrl: false, alt: key.alt };
        Err(BadKey::new(format!("a terminal sends {key} as {other}"), format!("write \"{other}\"")))
    };
    match key.code {
        Code::Char('i') => same_as(Code::Tab),
        Code::Char('m') => same_as(Code::Enter),
        Code::Char('[') => same_as(Code::Esc),
        Code::Char(' ' | 'a'..='z' | '4'..='7') => Ok(()),
        Code::Char(c) if c.is_ascii_uppercase() => {
            let small = Key { code: Code::Char(c.to_ascii_lowercase()), ..key };
            Err(BadKey::new(format!("a terminal does not tell {key} from {small}"), format!("write \"{small}\"")))
        }
        Code::Char(_) | Code::Enter | Code::Esc | Code::Tab | Code::BackTab | Code::Backspace => {
            Err(BadKey::new(format!("a terminal does not send {key}"), None))
        }
        _ => Ok(()),
    }
}

/// The error for what is no key, with the likely meaning of other programs' notations.
fn unknown(text: &str) -> BadKey {
    let hint = rewritten(text).map(|key| format!("write \"{key}\"")).or_else(|| {
        let names = NAMED.iter().flat_map(|(_, names)| names.iter().copied());
        crate::located::did_you_mean(text, names)
    });
    let message = if text.is_empty() { "no key is named".to_owned() } else { format!("no key is called `{text}`") };
    BadKey::new(message, hint)
}

/// `C-x`, `^X`, `<C-x>`, `Ctrl+X`, `M-x`, `shift-g` in this program's notation.
fn rewritten(text: &str) -> Option<Key> {
    let inner = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text);
    let lower = inner.to_lowercase();
    for (prefixes, modifier) in [(["c-", "^", "ctrl+", "control-"], "ctrl-"), (["m-", "a-", "alt+", "meta-"], "alt-")] {
        if let Some(rest) = prefixes.iter().find_map(|prefix| lower.strip_prefix(prefix)) {
            return format!("{modifier}{rest}").parse().ok();
        }
    }
    if let Some(rest) = lower.strip_prefix("shift-").or_else(|| lower.strip_prefix("s-")) {
        return rest.to_uppercase().parse().ok().filter(|key: &Key| matches!(key.code, Code::Char(_)));
    }
    (lower != text).then(|| lower.parse().ok())?
}

/// Keys pressed one after the other; never none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(Vec<Key>);

impl Sequence {
    /// The keys in the order they are pressed.
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// Whether this is the beginning of another, longer one.
    pub fn starts(&self, other: &Self) -> bool {
        self.0.len() < other.0.len() && other.0.starts_with(&self.0)
    }
}

impl From<Key> for Sequence {
    fn from(key: Key) -> Self {
        Self(vec![key])
    }
}

impl Borrow<[Key]> for Sequence {
    fn borrow(&self) -> &[Key] {
        &self.0
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, key) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{key}")?;
        }
        Ok(())
    }
}

impl FromStr for Sequence {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let keys: Vec<Key> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            let hint = (!text.is_empty()).then(|| "write \"space\" for the space bar".to_owned());
            return Err(BadKey::new("no key is named", hint));
        }
        Ok(Self(keys))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bound(code: Code, ctrl: bool, alt: bool) -> Key {
        Key { code, ctrl, alt }
    }

    #[test]
    fn keys_are_written_as_people_say_them() {
        for (text, key) in [
            ("ctrl-r", bound(Code::Char('r'), true, false)),
            ("G", Key::char('G')),
            ("?", Key::char('?')),
            ("-", Key::char('-')),
            ("alt--", bound(Code::Char('-'), false, true)),
            ("alt-<", bound(Code::Char('<'), false, true)),
            ("ctrl-alt-x", bound(Code::Char('x'), true, true)),
            ("shift-tab", Key::plain(Code::BackTab)),
            ("space", Key::char(' ')),
            ("esc", Key::plain(Code::Esc)),
            ("f5", Key::plain(Code::F(5))),
            ("f", Key::char('f')),
            ("pgdn", Key::plain(Code::PageDown)),
            ("ㅂ", Key::char('ㅂ')),
        ] {
            assert_eq!(text.parse(), Ok(key), "{text}");
            assert_eq!(key.to_string(), text);
        }
        for (alias, printed) in
            [("escape", "esc"), ("return", "enter"), ("pagedown", "pgdn"), ("alt-ctrl-x", "ctrl-alt-x")]
        {
            assert_eq!(alias.parse::<Key>().unwrap().to_string(), printed);
        }
        assert_eq!("g  g".parse::<Sequence>().unwrap().to_string(), "g g");
    }

    #[test]
    fn what_is_no_key_is_refused_with_a_way_out() {
        for (text, message, hint) in [
            ("", "no key is named", None),
            ("  ", "no key is named", Some("write \"space\" for the space bar")),
            ("foo", "no key is called `foo`", None),
            ("entre", "no key is called `entre`", Some("did you mean `enter`?")),
            ("C-x", "no key is called `C-x`", Some("write \"ctrl-x\"")),
            ("<C-x>", "no key is called `<C-x>`", Some("write \"ctrl-x\"")),
            ("^R", "no key is called `^R`", Some("write \"ctrl-r\"")),
            ("Ctrl-R", "no key is called `Ctrl-R`", Some("write \"ctrl-r\"")),
            ("M-x", "no key is called `M-x`", Some("write \"alt-x\"")),
            ("shift-g", "no key is called `shift-g`", Some("write \"G\"")),
            ("ctrl-i", "a terminal sends ctrl-i as tab", Some("write \"tab\"")),
            ("ctrl-alt-m", "a terminal sends ctrl-alt-m as alt-enter", Some("write \"alt-enter\"")),
            ("ctrl-G", "a terminal does not tell ctrl-G from ctrl-g", Some("write \"ctrl-g\"")),
            ("ctrl-enter", "a terminal does not send ctrl-enter", None),
            ("ctrl-ctrl-x", "`ctrl-ctrl-x` names a modifier twice", None),
            ("f25", "no key is called `f25`", None),
            ("\u{202e}", "no key is called `\u{202e}`", None),
        ] {
            let error = text.parse::<Sequence>().unwrap_err();
            assert_eq!((error.message.as_str(), error.hint.as_deref()), (message, hint), "{text:?}");
        }
    }

    fn any_key() -> impl Strategy<Value = Key> {
        let named = proptest::sample::select(NAMED).prop_map(|(code, _)| code);
        let code = prop_oneof![any::<char>().prop_map(Code::Char), (1u8..=24).prop_map(Code::F), named];
        (code, any::<bool>(), any::<bool>()).prop_map(|(code, ctrl, alt)| bound(code, ctrl, alt))
    }

    fn writable(key: &Key) -> bool {
        key.to_string().parse::<Key>().is_ok()
    }

    proptest! {
        #[test]
        fn a_key_is_read_back_as_it_was_or_refused(key in any_key()) {
            if let Ok(back) = key.to_string().parse::<Key>() {
                prop_assert_eq!(back, key);
            }
        }

        #[test]
        fn sequences_are_read_back(keys in proptest::collection::vec(any_key().prop_filter("writable", writable), 1..4)) {
            let sequence = Sequence(keys);
            prop_assert_eq!(sequence.to_string().parse(), Ok(sequence));
        }

        #[test]
        fn plain_and_alt_characters_are_always_read_back(c in "[!-~가-힣あ-んА-я]", alt: bool) {
            let key = bound(Code::Char(c.chars().next().unwrap()), false, alt);
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }

        #[test]
        fn no_text_breaks_the_parser(text in "\\PC*") {
            if let Ok(sequence) = text.parse::<Sequence>() {
                prop_assert_eq!(sequence.to_string().parse(), Ok(sequence));
            }
        }
    }
}
