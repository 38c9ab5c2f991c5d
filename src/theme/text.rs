//! Themes in words: for `rounds themes` and for the manual.

use std::{fmt::Write as _, path::Path};

use ratatui::style::{Color, Style};

use crate::format::{pad_right, width};

use super::{Depth, ROLES, Role, THEMES, Theme, catalogue::Entry, load, names};

/// One role of a theme, to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The role.
    pub role: Role,
    /// Its name in theme files.
    pub name: &'static str,
    /// What wears it.
    pub doc: &'static str,
    /// A piece of screen to show it by.
    pub text: &'static str,
    /// How it looks at the theme's depth.
    pub style: Style,
}

impl Theme {
    /// Every role with a piece of screen to show it by.
    pub fn preview(&self) -> Vec<Sample> {
        let sample = |entry: &Entry| Sample {
            role: entry.role,
            name: entry.name,
            doc: entry.doc,
            text: entry.sample,
            style: self.style(entry.role),
        };
        ROLES.iter().map(sample).collect()
    }
}

/// The themes there are and what each is for; of a file that is refused, the first reason.
pub fn list(user_dir: Option<&Path>) -> String {
    let names = names(user_dir);
    let widest = names.iter().map(|name| width(name)).max().unwrap_or_default();
    let mut text = String::new();
    for name in &names {
        let about = match load(name, user_dir) {
            Ok(theme) => theme.about().to_owned(),
            Err(error) => format!("refused: {}", error.brief()),
        };
        let _ = writeln!(text, "{}", format!("{}  {about}", pad_right(name, widest)).trim_end());
    }
    text
}

/// The theme as a table: role, how it looks in words, what wears it.
pub fn describe(theme: &Theme) -> String {
    let samples = theme.preview();
    let rows: Vec<_> = samples.iter().map(|sample| (sample.name, in_words(sample.style), sample.doc)).collect();
    let names = rows.iter().map(|row| width(row.0)).max().unwrap_or_default();
    let looks = rows.iter().map(|row| width(&row.1)).max().unwrap_or_default();
    let mut text = format!("theme {}, {}", theme.name(), theme.depth().text());
    if !theme.about().is_empty() {
        let _ = write!(text, ": {}", theme.about());
    }
    text.push_str("\n\n");
    for (name, look, doc) in rows {
        let _ = writeln!(text, "{}  {}  {doc}", pad_right(name, names), pad_right(&look, looks));
    }
    text
}

/// A style in words, as a theme file would say it: `#e5c07b bold`, `on #b3001b`, `as the terminal has it`.
fn in_words(style: Style) -> String {
    let mut words = Vec::new();
    words.extend(style.fg.map(colour_name));
    words.extend(style.bg.map(|bg| format!("on {}", colour_name(bg))));
    for (name, modifier) in super::resolve::ATTRIBUTES {
        if style.add_modifier.contains(modifier) {
            words.push(name.to_owned());
        }
    }
    if words.is_empty() { "as the terminal has it".to_owned() } else { words.join(" ") }
}

fn colour_name(colour: Color) -> String {
    match colour {
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Indexed(number) => number.to_string(),
        named => {
            let ansi = super::colour::ANSI.iter().find(|(.., ansi)| *ansi == named);
            ansi.map_or("default", |(name, ..)| *name).to_owned()
        }
    }
}

/// The page of the manual on themes: the shipped ones, how to write one, all roles and how the shipped themes show them.
pub fn reference_markdown() -> String {
    let themes: Vec<Theme> = THEMES.shipped.iter().map(|shipped| super::resolve::shipped(shipped.name)).collect();
    let mut page = String::from(INTRODUCTION);
    for theme in &themes {
        let _ = writeln!(page, "- `{}`: {}", theme.name(), theme.about());
    }
    page.push_str(WRITING);
    for entry in ROLES {
        let _ = writeln!(page, "| `{}` | {} |", entry.name, entry.doc);
    }
    page.push_str("\n## How the shipped themes show trouble\n\n| role |");
    for theme in &themes {
        let _ = write!(page, " {} |", theme.name());
    }
    let _ = writeln!(page, "\n| --- |{}", " --- |".repeat(themes.len()));
    for role in [Role::Ok, Role::Warning, Role::Critical, Role::Unknown, Role::Stale, Role::HeaderProduction] {
        let looks: Vec<String> = themes.iter().map(|theme| in_words(theme.style(role))).collect();
        let _ = writeln!(page, "| `{}` | {} |", role.entry().name, looks.join(" | "));
    }
    page.push_str("\nThe same with sixteen colours:\n\n| role |");
    for theme in &themes {
        let _ = write!(page, " {} |", theme.name());
    }
    let _ = writeln!(page, "\n| --- |{}", " --- |".repeat(themes.len()));
    for role in [Role::Ok, Role::Warning, Role::Critical, Role::Unknown, Role::Stale, Role::HeaderProduction] {
        let looks: Vec<String> =
            themes.iter().map(|theme| in_words(theme.at_depth(Depth::Ansi16).style(role))).collect();
        let _ = writeln!(page, "| `{}` | {} |", role.entry().name, looks.join(" | "));
    }
    page
}

const INTRODUCTION: &str = "";
const WRITING: &str = "";
