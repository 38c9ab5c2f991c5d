//! Roles to styles: what a thing means decides how it looks, never the other way round.

mod catalogue;
mod colour;
mod depth;
mod look;
mod resolve;
mod role;
mod text;

#[cfg(test)]
mod legibility;

use std::path::Path;

use ratatui::style::Style;

use crate::located::{Kind, Refused, Shipped};

use catalogue::ROLES;
use look::Looks;

pub use depth::Depth;
pub use role::Role;
pub use text::{Sample, describe, list, reference_markdown};

/// The themes in the program.
const THEMES: Kind = Kind {
    noun: "theme",
    shipped: &[
        Shipped { name: "dark", text: include_str!("../../themes/dark.toml") },
        Shipped { name: "light", text: include_str!("../../themes/light.toml") },
        Shipped { name: "high-contrast", text: include_str!("../../themes/high-contrast.toml") },
        Shipped { name: "color-blind", text: include_str!("../../themes/color-blind.toml") },
        Shipped { name: MONO, text: include_str!("../../themes/mono.toml") },
    ],
};

/// The theme that tells every other what to do without colours.
const MONO: &str = "mono";

/// A style for each role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    name: String,
    about: String,
    depth: Depth,
    looks: [Looks; ROLES.len()],
    /// The looks at the depth: a style is asked for many times a frame.
    styles: [Style; ROLES.len()],
}

impl Theme {
    fn new(name: &str, about: &str, looks: &[Looks; ROLES.len()]) -> Self {
        let styles = looks.map(|look| look.style(Depth::TrueColor));
        Self { name: name.to_owned(), about: about.to_owned(), depth: Depth::TrueColor, looks: *looks, styles }
    }

    /// The name or path it was loaded by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for, in its own words; empty where the file says nothing.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// The depth it is shown at. A theme is loaded at [`Depth::TrueColor`].
    pub const fn depth(&self) -> Depth {
        self.depth
    }

    /// How a role looks. What a style leaves open is the terminal's own.
    pub const fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The same theme for a terminal of another depth: each colour becomes the nearest there is, or what the theme says
    /// for sixteen colours. Without colours every theme looks as `mono` does, for attributes that only supported a
    /// colour do not carry its meaning alone; a theme that names no colour at all keeps its own attributes.
    #[must_use]
    pub fn at_depth(&self, depth: Depth) -> Self {
        let coloured = self.looks.iter().any(Looks::has_colour);
        let styles = if depth == Depth::Mono && coloured {
            resolve::shipped(MONO).looks.map(|look| look.style(depth))
        } else {
            self.looks.map(|look| look.style(depth))
        };
        Self { depth, styles, ..self.clone() }
    }
}

impl Default for Theme {
    /// The shipped theme `dark`.
    fn default() -> Self {
        resolve::shipped("dark")
    }
}

/// The names of the shipped themes and of those in the user's directory.
pub fn names(user_dir: Option<&Path>) -> Vec<String> {
    THEMES.names(user_dir)
}

/// A theme by name (`user_dir/NAME.toml`, then the shipped ones) or by path, at full colour depth.
///
/// # Errors
/// When there is none, or when its file or one it inherits from is refused: every problem with its place. The caller
/// keeps the theme it has and shows the error.
pub fn load(name_or_path: &str, user_dir: Option<&Path>) -> Result<Theme, Refused> {
    let chain = THEMES.chain(name_or_path, user_dir)?;
    let (theme, problems) = resolve::resolve(name_or_path, &chain);
    if problems.is_empty() { Ok(theme) } else { Err(Refused { problems }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::located::corpus;

    #[test]
    fn the_shipped_themes_are_accepted_and_say_what_they_are_for() {
        for shipped in THEMES.shipped {
            let theme = load(shipped.name, None).unwrap_or_else(|error| panic!("{error}"));
            assert!(!theme.about().is_empty(), "{}", shipped.name);
        }
        assert_eq!(Theme::default(), load("dark", None).unwrap());
    }

    #[test]
    fn good_files_are_accepted() {
        corpus::good("tests/fixtures/themes/good", load);
    }

    #[test]
    fn bad_files_are_refused_for_all_their_reasons() {
        corpus::bad("tests/fixtures/themes/bad", load);
    }

    #[test]
    fn a_theme_changes_what_it_inherits_by_the_names_of_the_palette() {
        use ratatui::style::{Color, Modifier};
        let theme = load("tests/fixtures/themes/good/again.toml", None).unwrap();
        assert_eq!(theme.style(Role::Warning), Style::new().fg(Color::Indexed(208)).add_modifier(Modifier::BOLD));
        assert_eq!(theme.style(Role::Unknown), Style::new().fg(Color::Rgb(0xb4, 0x8e, 0xad)));
        assert_eq!(theme.at_depth(Depth::Ansi256).style(Role::Unknown), Style::new().fg(Color::Indexed(139)));
        assert_eq!(theme.at_depth(Depth::Ansi16).style(Role::Unknown), Style::new().fg(Color::Magenta));
        assert_eq!(theme.at_depth(Depth::Ansi16).style(Role::Cursor), Style::new().add_modifier(Modifier::REVERSED));
        assert_eq!(theme.at_depth(Depth::Mono).style(Role::Unknown), Style::new().add_modifier(Modifier::UNDERLINED));
        assert_eq!(theme.at_depth(Depth::Mono).at_depth(Depth::TrueColor), theme, "no depth is lost on the way");
    }
}
