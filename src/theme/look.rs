//! How one role looks, before the terminal's depth is known.

use ratatui::style::{Modifier, Style};

use super::{Depth, colour::Colour};

/// A colour with what to show instead where there are only sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paint {
    pub(super) colour: Colour,
    pub(super) ansi: Option<Fallback>,
}

/// What stands for a colour where there are only sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fallback {
    /// Another colour.
    Colour(Colour),
    /// The terminal's own colour, dimmed: the sixteen have no grey that can be read on both black and white.
    Dim,
}

/// A role's colours and attributes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) fg: Option<Paint>,
    pub(super) bg: Option<Paint>,
    pub(super) add: Modifier,
}

/// How a role looks, and how it looks with sixteen colours where that was written by hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Looks {
    pub(super) usual: Look,
    pub(super) ansi: Option<Look>,
}

impl From<Colour> for Paint {
    fn from(colour: Colour) -> Self {
        Self { colour, ansi: None }
    }
}

impl Looks {
    /// Whether any colour is named at all.
    pub(super) fn has_colour(&self) -> bool {
        let looks = [Some(self.usual), self.ansi];
        looks
            .iter()
            .flatten()
            .flat_map(|look| [look.fg, look.bg])
            .flatten()
            .any(|paint| paint.colour != Colour::Default)
    }

    /// The style on a terminal of that depth.
    pub(super) fn style(&self, depth: Depth) -> Style {
        let look = if depth == Depth::Ansi16 { self.ansi.unwrap_or(self.usual) } else { self.usual };
        let mut style = Style::new().add_modifier(look.add);
        if let Some(fg) = look.fg {
            match fg.ansi.filter(|_| depth == Depth::Ansi16) {
                Some(Fallback::Dim) => style = style.add_modifier(Modifier::DIM),
                Some(Fallback::Colour(colour)) => style.fg = colour.at(depth),
                None => style.fg = fg.colour.at(depth),
            }
        }
        if let Some(bg) = look.bg {
            style.bg = match bg.ansi.filter(|_| depth == Depth::Ansi16) {
                Some(Fallback::Colour(colour)) => colour.at(depth),
                Some(Fallback::Dim) => None,
                None => bg.colour.at(depth),
            };
        }
        style
    }
}
