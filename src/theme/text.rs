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

/// The roles whose looks the manual compares across themes.
const COMPARED: [Role; 6] =
    [Role::Ok, Role::Warning, Role::Critical, Role::Unknown, Role::Stale, Role::HeaderProduction];

/// The page of the manual on themes: the shipped ones, how they show trouble, how to write one, and all roles.
pub fn reference_markdown() -> String {
    let themes: Vec<Theme> = THEMES.shipped.iter().map(|shipped| super::resolve::shipped(shipped.name)).collect();
    let mut page = String::from(INTRODUCTION);
    for theme in &themes {
        let _ = writeln!(page, "- `{}`: {}", theme.name(), theme.about());
    }
    for depth in [Depth::TrueColor, Depth::Ansi16] {
        let _ = writeln!(page, "\n## Trouble in {}\n", depth.text());
        let names: Vec<&str> = themes.iter().map(Theme::name).collect();
        let _ = writeln!(page, "| role | {} |\n| --- |{}", names.join(" | "), " --- |".repeat(names.len()));
        for role in COMPARED {
            let looks: Vec<String> = themes.iter().map(|theme| in_words(theme.at_depth(depth).style(role))).collect();
            let _ = writeln!(page, "| `{}` | {} |", role.entry().name, looks.join(" | "));
        }
    }
    page.push_str(WRITING);
    for entry in ROLES {
        let _ = writeln!(page, "| `{}` | {} |", entry.name, entry.doc);
    }
    page
}

const INTRODUCTION: &str = "\
# Themes

This page is written by the program's own tables (`ROUNDS_BLESS=1 cargo test` writes it anew). `rounds themes` lists the
themes there are, with your own.

State is always symbol, word and colour, never colour alone. What is healthy recedes; colour is spent only on trouble.
No theme paints the background: only the row under the cursor, the header of a production context and the word DEMO
have one.

How many colours the terminal has is read from `NO_COLOR` (set and not empty: none), `COLORTERM` and `TERM`. With fewer
than a theme asks for, each colour becomes the nearest there is, or what the theme says for sixteen colours; without
any, every theme looks like `mono`.

";

const WRITING: &str = r##"
## A theme of your own

Choose a theme with `theme = "NAME"` under `[ui]` of the configuration; `NAME.toml` is looked for in the `themes` directory
beside the configuration file, then among the shipped ones. A path works as well.

```toml
inherits = "dark"                                 # every look of another theme, to begin with
about = "mine"                                    # what `rounds themes` says of it

[palette]
amber = "#ffb000"                                 # changes whatever `dark` paints in its amber
lilac = { fg = "#b48ead", ansi = "magenta" }      # with what sixteen colours show instead

[roles]
unknown = "lilac"
critical = { fg = "bright-white", bg = "#b62324", add = ["bold"] }
cursor = { bg = "#333333", ansi = { add = ["reverse"] } }
```

- Colours: `"#rrggbb"`; one of the sixteen (`"black"`, `"red"`, `"green"`, `"yellow"`, `"blue"`, `"magenta"`, `"cyan"`,
  `"white"`, or each with `bright-`), in the shade your terminal gives it; a number of the 256 (`"208"`); `"default"`, the
  terminal's own. A name of the palette comes before a name of the sixteen.
- `ansi` of a palette's colour is one of the sixteen, `"default"`, or `"dim"`: the terminal's own colour, dimmed.
- `add`: `"bold"`, `"dim"`, `"italic"`, `"underline"`, `"reverse"`.
- `ansi` of a role is its whole look with sixteen colours.
- A file is refused as a whole, with the line and the reason of everything that is wrong in it, and the program goes on
  with `dark`. A theme that inherits nothing has to say how every role looks.

## Roles

| role | what wears it |
| --- | --- |
"##;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::located::corpus;

    #[test]
    fn the_manual_is_up_to_date() {
        corpus::page("docs/themes.md", &reference_markdown());
    }

    #[test]
    fn the_list_says_what_each_theme_is_for() {
        let list = list(None);
        assert_eq!(list.lines().count(), THEMES.shipped.len());
        assert!(list.starts_with("dark           for dark backgrounds; "), "{list}");
    }

    #[test]
    fn a_refused_file_is_listed_with_its_reason() {
        let list = list(Some(Path::new("tests/fixtures/themes/bad")));
        let line = list.lines().find(|line| line.starts_with("colours ")).unwrap();
        assert!(line.contains("refused: tests/fixtures/themes/bad/colours.toml:"), "{line}");
    }

    #[test]
    fn a_theme_is_described_role_by_role_at_its_depth() {
        let theme = Theme::default();
        assert!(describe(&theme).starts_with("theme dark, true colour: for dark backgrounds"));
        let line = |depth: Depth| {
            let text = describe(&theme.at_depth(depth));
            text.lines()
                .find(|line| line.starts_with("critical "))
                .unwrap()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert!(line(Depth::TrueColor).starts_with("critical #ff7b72 bold a critical"));
        assert!(line(Depth::Ansi16).starts_with("critical bright-red bold a critical"));
        assert!(line(Depth::Mono).starts_with("critical bold reverse a critical"));
    }
}
