//! The layers of a theme laid over each other, and everything that is wrong with them.

use std::{collections::BTreeMap, ops::Range};

use ratatui::style::Modifier;

use crate::located::{Chain, Document, Draft, Entry, Problem, Value, did_you_mean, one_of};

use super::{
    Role, THEMES, Theme,
    catalogue::ROLES,
    colour::{ANSI, Colour},
    look::{Fallback, Look, Looks, Paint},
};

/// The attributes a theme may add.
pub(super) const ATTRIBUTES: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

/// The colours with a name. `None` is a name whose colour was refused: using it is no second mistake.
type Palette = BTreeMap<String, Option<Paint>>;

/// A theme of the program, which is known to be whole.
pub(super) fn shipped(name: &str) -> Theme {
    resolve(name, &THEMES.chain(name, None).unwrap_or_default()).0
}

/// The theme of these layers, and what is wrong with them. Lines that are wrong are left out.
///
/// Palettes are laid over each other before any role is read, so that a theme can change the colours of the one it
/// inherits from by their names.
pub(super) fn resolve(name: &str, chain: &Chain) -> (Theme, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut palette = Palette::new();
    for layer in &chain.layers {
        let mut reader = Reader { document: layer, palette: &Palette::new(), problems: &mut problems };
        reader.check_top();
        let fresh = reader.palette();
        palette.extend(fresh);
    }
    let mut looks: [Option<Looks>; ROLES.len()] = [None; ROLES.len()];
    for layer in &chain.layers {
        Reader { document: layer, palette: &palette, problems: &mut problems }.roles(&mut looks);
    }
    let own = chain.layers.last();
    if let Some(layer) = own.filter(|_| chain.complete && chain.layers.iter().all(Document::is_sound)) {
        let missing: Vec<&str> =
            ROLES.iter().filter(|entry| looks[entry.role as usize].is_none()).map(|entry| entry.name).collect();
        if !missing.is_empty() {
            let message = format!("no look for {}", missing.join(", "));
            let hint = "begin with inherits = \"dark\", or name them under [roles]".to_owned();
            problems.push(layer.problem(&Draft::new(&(0..0), message).hint(hint)));
        }
    }
    let about = own.and_then(|layer| layer.text_of("about")).unwrap_or_default();
    (Theme::new(name, about, &looks.map(Option::unwrap_or_default)), chain.settle(problems))
}

/// One file, read with the palette of all.
struct Reader<'a> {
    document: &'a Document,
    palette: &'a Palette,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn refuse(&mut self, at: &Range<usize>, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.problems.push(self.document.problem(&Draft::new(at, message).hint_if(hint.into())));
    }

    fn table(&self, name: &str) -> &'a [Entry] {
        let entry = self.document.entries.iter().find(|entry| entry.key == name);
        match entry.map(|entry| &entry.value) {
            Some(Value::Table(entries)) => entries,
            _ => &[],
        }
    }

    fn check_top(&mut self) {
        for entry in &self.document.entries {
            match (entry.key.as_str(), &entry.value) {
                // A parent that is not a string was refused where it was looked for.
                ("inherits", _) | ("about", Value::Text(_)) | ("palette" | "roles", Value::Table(_)) => {}
                ("about", other) => {
                    let message = format!("expected a text in quotes, found {}", other.kind());
                    self.refuse(&entry.value_at, message, None);
                }
                (name @ ("palette" | "roles"), other) => {
                    let message = format!("expected a table, found {}", other.kind());
                    self.refuse(&entry.value_at, message, format!("write [{name}] on its own line"));
                }
                _ if !self.document.is_sound() => {}
                (name, _) if Role::named(name).is_some() => {
                    let message = format!("the role `{name}` stands outside of [roles]");
                    self.refuse(&entry.key_at, message, "put it under [roles]".to_owned());
                }
                (name, _) => {
                    let hint = one_of(name, &["inherits", "about", "palette", "roles"]);
                    self.refuse(&entry.key_at, format!("unknown setting `{name}`"), hint);
                }
            }
        }
    }

    fn palette(&mut self) -> Palette {
        self.table("palette").iter().map(|entry| (entry.key.clone(), self.palette_entry(entry))).collect()
    }

    /// `"#rrggbb"` or `{ fg = "#rrggbb", ansi = "red" }`.
    fn palette_entry(&mut self, entry: &Entry) -> Option<Paint> {
        let Value::Table(parts) = &entry.value else { return self.literal(entry).map(Paint::from) };
        let (mut colour, mut ansi, mut sound) = (None, None, true);
        for part in parts {
            match (part.key.as_str(), &part.value) {
                ("fg", _) => colour = self.literal(part),
                ("ansi", Value::Text(text)) if text == "dim" => ansi = Some(Fallback::Dim),
                ("ansi", _) => {
                    ansi = self.ansi(part).map(Fallback::Colour);
                    sound &= ansi.is_some();
                }
                (name, _) => {
                    sound = false;
                    self.refuse(
                        &part.key_at,
                        format!("unknown part `{name}` of a colour"),
                        one_of(name, &["fg", "ansi"]),
                    );
                }
            }
        }
        if !parts.iter().any(|part| part.key == "fg") {
            self.refuse(&entry.value_at, format!("the colour `{}` has no fg", entry.key), None);
        }
        colour.filter(|_| sound).map(|colour| Paint { colour, ansi })
    }

    /// A colour that is written out.
    fn literal(&mut self, entry: &Entry) -> Option<Colour> {
        let text = self.text(entry, "a colour")?;
        text.parse().map_err(|expected: String| self.bad_colour(entry, text, expected)).ok()
    }

    /// One of the sixteen, or the terminal's own.
    fn ansi(&mut self, entry: &Entry) -> Option<Colour> {
        let text = self.text(entry, "a colour")?;
        if let Ok(colour @ (Colour::Ansi(_) | Colour::Default)) = text.parse() {
            return Some(colour);
        }
        let names: Vec<&str> = ANSI.iter().map(|(name, ..)| *name).chain(["default", "dim"]).collect();
        self.refuse(&entry.value_at, format!("`{text}` is none of the sixteen colours"), one_of(text, &names));
        None
    }

    fn bad_colour(&mut self, entry: &Entry, text: &str, expected: String) {
        let hint = did_you_mean(text, ANSI.iter().map(|(name, ..)| *name)).unwrap_or(expected);
        self.refuse(&entry.value_at, format!("`{text}` is no colour"), hint);
    }

    fn text<'e>(&mut self, entry: &'e Entry, what: &str) -> Option<&'e str> {
        if let Value::Text(text) = &entry.value {
            return Some(text);
        }
        self.refuse(&entry.value_at, format!("expected {what} in quotes, found {}", entry.value.kind()), None);
        None
    }

    fn roles(&mut self, looks: &mut [Option<Looks>; ROLES.len()]) {
        for entry in self.table("roles") {
            let role = Role::named(&entry.key);
            if role.is_none() {
                let names = ROLES.iter().map(|entry| entry.name);
                let hint =
                    did_you_mean(&entry.key, names).unwrap_or_else(|| "`rounds themes dark` lists them all".to_owned());
                self.refuse(&entry.key_at, format!("unknown role `{}`", entry.key), hint);
            }
            let read = self.looks(entry);
            if let Some(role) = role {
                looks[role as usize] = Some(read);
            }
        }
    }

    /// `"red"` or `{ fg = "red", bg = "black", add = ["bold"], ansi = { ... } }`. What is refused is left out.
    fn looks(&mut self, entry: &Entry) -> Looks {
        match &entry.value {
            Value::Text(_) => Looks { usual: Look { fg: self.paint(entry), ..Look::default() }, ansi: None },
            Value::Table(parts) => {
                let mut ansi = None;
                for part in parts.iter().filter(|part| part.key == "ansi") {
                    match &part.value {
                        Value::Table(parts) => ansi = Some(self.look(parts, &["fg", "bg", "add"])),
                        other => {
                            let message = format!("expected a table, found {}", other.kind());
                            self.refuse(&part.value_at, message, "write ansi = { fg = \"red\" }".to_owned());
                        }
                    }
                }
                Looks { usual: self.look(parts, &["fg", "bg", "add", "ansi"]), ansi }
            }
            other => {
                let message = format!("expected a colour or a table, found {}", other.kind());
                self.refuse(&entry.value_at, message, None);
                Looks::default()
            }
        }
    }

    fn look(&mut self, parts: &[Entry], known: &[&str]) -> Look {
        let mut look = Look::default();
        for part in parts {
            match part.key.as_str() {
                "fg" => look.fg = self.paint(part),
                "bg" => look.bg = self.paint(part),
                "add" => look.add = self.attributes(part),
                name if known.contains(&name) => {}
                name => self.refuse(&part.key_at, format!("unknown part `{name}` of a look"), one_of(name, known)),
            }
        }
        look
    }

    /// A colour of the palette, or one that is written out.
    fn paint(&mut self, entry: &Entry) -> Option<Paint> {
        let text = self.text(entry, "a colour")?;
        if let Some(known) = self.palette.get(text) {
            return *known;
        }
        match text.parse::<Colour>() {
            Ok(colour) => Some(colour.into()),
            Err(expected) if text.starts_with('#') || text.starts_with(|c: char| c.is_ascii_digit()) => {
                self.bad_colour(entry, text, expected);
                None
            }
            Err(_) => {
                let names = self.palette.keys().map(String::as_str).chain(ANSI.iter().map(|(name, ..)| *name));
                let hint = did_you_mean(text, names)
                    .unwrap_or_else(|| format!("name it under [palette]: {text} = \"#rrggbb\""));
                self.refuse(&entry.value_at, format!("no colour is called `{text}`"), hint);
                None
            }
        }
    }

    fn attributes(&mut self, entry: &Entry) -> Modifier {
        let Value::List(items) = &entry.value else {
            let message = format!("expected a list of attributes, found {}", entry.value.kind());
            self.refuse(&entry.value_at, message, "write add = [\"bold\"]".to_owned());
            return Modifier::empty();
        };
        let mut modifier = Modifier::empty();
        for item in items {
            let Some(text) = self.text(item, "an attribute") else { continue };
            if let Some((_, attribute)) = ATTRIBUTES.iter().find(|(name, _)| *name == text) {
                modifier |= *attribute;
            } else {
                let hint = one_of(text, &ATTRIBUTES.map(|(name, _)| name));
                self.refuse(&item.value_at, format!("unknown attribute `{text}`"), hint);
            }
        }
        modifier
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::theme::Depth;

    fn read(text: &str) -> (Theme, Vec<Problem>) {
        let mut chain = THEMES.chain("dark", None).unwrap();
        chain.layers.push(Document::parse("test.toml", text).0);
        resolve("test", &chain)
    }

    #[test]
    fn a_theme_without_any_colour_keeps_its_attributes_under_no_color() {
        let mut chain = THEMES.chain("mono", None).unwrap();
        chain.layers.push(Document::parse("test.toml", "[roles]\nwarning = { add = [\"italic\"] }").0);
        let (theme, problems) = resolve("test", &chain);
        assert_eq!(problems, []);
        assert_eq!(theme.at_depth(Depth::Mono).style(Role::Warning).add_modifier, Modifier::ITALIC);
        assert_eq!(read("").0.at_depth(Depth::Mono).style(Role::Warning).add_modifier, Modifier::BOLD);
    }

    #[test]
    fn a_refused_look_leaves_the_rest_of_the_theme_whole() {
        let (theme, problems) = read("[roles]\nwarning = \"ambr\"\ncritical = \"blue\"");
        assert_eq!(
            problems.iter().map(Problem::brief).collect::<Vec<_>>(),
            ["test.toml:2:11: no colour is called `ambr`; did you mean `amber`?"]
        );
        assert_eq!(theme.style(Role::Critical).fg, Theme::default().style(Role::Notice).fg);
    }

    proptest! {
        #[test]
        fn no_file_breaks_the_reader(text in "(\\[palette\\]\n|\\[roles\\]\n|ok = |[a-z]{2} = |\"#?[0-9a-f]{6}\"\n|[a-z \"=.{}\n-]{0,9}|\\{ fg = \"red\", add = \\[\"bold\"\\] \\}\n){0,12}") {
            let (theme, problems) = read(&text);
            for problem in problems {
                prop_assert!(!problem.what.is_empty() && problem.place().0 >= 1);
            }
            prop_assert_eq!(theme.at_depth(Depth::Mono).style(Role::Critical).fg, None);
        }
    }
}
