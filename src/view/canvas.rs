//! Writing text into cells: clipped, styled by role, reduced to ASCII where the terminal knows no more.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;

use crate::app::geometry::Area;
use crate::app::{Model, Spot};
use crate::format;
use crate::theme::{Role, Theme};

use super::{Glyphs, HitMap};

/// A stretch of text that looks alike.
#[derive(Debug, Clone)]
pub(super) struct Piece<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) role: Role,
    /// Whether it is a drawing and not text: its filled part is its meaning, so it is never shown reversed.
    drawing: bool,
}

/// A piece of text in a role.
pub(super) fn piece<'a>(text: impl Into<Cow<'a, str>>, role: Role) -> Piece<'a> {
    Piece { text: text.into(), role, drawing: false }
}

/// A piece of a drawing in a role.
pub(super) fn drawing<'a>(text: impl Into<Cow<'a, str>>, role: Role) -> Piece<'a> {
    Piece { text: text.into(), role, drawing: true }
}

/// How many cells pieces take side by side.
pub(super) fn pieces_width(pieces: &[Piece<'_>]) -> u16 {
    cells(pieces.iter().map(|piece| format::width(&piece.text)).sum())
}

/// A number of cells; what does not fit a terminal is cut.
pub(super) fn cells(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

/// The cells drawn on, and everything that decides how.
pub(super) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    pub(super) model: &'a Model,
    pub(super) theme: &'a Theme,
    pub(super) glyphs: &'a Glyphs,
    pub(super) hits: HitMap,
    /// Where drawings are, so that nothing laid over them reverses them.
    drawings: Vec<Rect>,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, model: &'a Model, theme: &'a Theme, glyphs: &'a Glyphs) -> Self {
        Self { buffer, model, theme, glyphs, hits: HitMap::default(), drawings: Vec::new() }
    }

    /// The whole screen.
    pub(super) fn area(&self) -> Area {
        let Rect { x, y, width, height } = self.buffer.area;
        Area { x, y, width, height }
    }

    /// Writes a text into at most `room` cells, clipped at its end. Returns the column after it.
    pub(super) fn text(&mut self, x: u16, y: u16, room: u16, text: &str, role: Role) -> u16 {
        self.styled(x, y, room, text, self.theme.style(role))
    }

    fn styled(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if y >= area.bottom() || x >= area.right() || room == 0 {
            return x;
        }
        let room = room.min(area.right() - x);
        let text = self.drawable(text);
        let clipped = if format::width(&text) > usize::from(room) {
            self.drawable(&format::clip(&text, room.into())).into_owned().into()
        } else {
            text
        };
        self.buffer.set_stringn(x, y, clipped, room.into(), style).0
    }

    /// Writes pieces side by side into at most `room` cells; the one that reaches the end is clipped, and none
    /// follows it.
    pub(super) fn pieces(&mut self, x: u16, y: u16, room: u16, pieces: &[Piece<'_>]) -> u16 {
        let end = x.saturating_add(room);
        let mut at = x;
        for (index, piece) in pieces.iter().enumerate() {
            let left = usize::from(end.saturating_sub(at));
            let width = format::width(&piece.text);
            let goes_on = || pieces[index + 1..].iter().any(|piece| !piece.text.trim().is_empty());
            // What follows has no room: that something is left out is said here, once.
            let is_last = width > left || width == left && !piece.drawing && goes_on();
            let style = self.theme.style(piece.role);
            let style = if piece.drawing { style.remove_modifier(Modifier::REVERSED) } else { style };
            let from = at;
            let cut = (is_last && width == left).then(|| format::cut(&piece.text, left));
            at = self.styled(at, y, end.saturating_sub(at), cut.as_deref().unwrap_or(&piece.text), style);
            if piece.drawing {
                self.drawings.push(Rect::new(from, y, at - from, 1));
            }
            if is_last {
                break;
            }
        }
        at
    }

    /// Writes pieces so that they end at the right edge of `room` cells.
    pub(super) fn pieces_right(&mut self, x: u16, y: u16, room: u16, pieces: &[Piece<'_>]) {
        let width = pieces_width(pieces).min(room);
        self.pieces(x + (room - width), y, width, pieces);
    }

    /// A rule across, from `x` on.
    pub(super) fn rule(&mut self, x: u16, y: u16, width: u16) {
        let line = self.glyphs.rule.repeat(width.into());
        self.text(x, y, width, &line, Role::Rule);
    }

    /// A rule down.
    pub(super) fn bar(&mut self, x: u16, y: u16, height: u16) {
        for row in y..y.saturating_add(height) {
            self.text(x, row, 1, self.glyphs.bar, Role::Rule);
        }
    }

    /// Lays a role's style over what is drawn; drawings are not reversed.
    pub(super) fn tint(&mut self, area: Area, role: Role) {
        let style = self.theme.style(role);
        self.buffer.set_style(rect(area), style);
        if style.add_modifier.contains(Modifier::REVERSED) {
            let upright = Style::new().remove_modifier(Modifier::REVERSED);
            for drawing in self.drawings.iter().map(|drawing| drawing.intersection(rect(area))) {
                self.buffer.set_style(drawing, upright);
            }
        }
    }

    /// Empties cells.
    pub(super) fn clear(&mut self, area: Area) {
        let area = rect(area).intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }

    /// Remembers what is drawn where.
    pub(super) fn spot(&mut self, area: Area, spot: Spot) {
        self.hits.add(rect(area), spot);
    }

    /// A text as this terminal can show it.
    fn drawable<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.glyphs.ascii || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(text.graphemes(true).map(format::ascii).collect())
    }
}

fn rect(area: Area) -> Rect {
    Rect::new(area.x, area.y, area.width, area.height)
}

/// A text in at most `most` lines of at most `room` cells, the last one cut where there would be more.
pub(super) fn wrapped(text: &str, room: u16, most: usize) -> Vec<String> {
    let room = usize::from(room.max(1));
    let mut lines = format::wrap(text, room);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = format::cut(last, room);
        }
    }
    lines
}

/// A text with the characters at some positions set apart.
pub(super) fn highlighted<'a>(text: &'a str, matched: &[u32], offset: usize, role: Role) -> Vec<Piece<'a>> {
    if matched.is_empty() {
        return vec![piece(text, role)];
    }
    text.graphemes(true)
        .enumerate()
        .map(|(index, grapheme)| {
            let is_match = u32::try_from(index + offset).is_ok_and(|position| matched.binary_search(&position).is_ok());
            piece(grapheme, if is_match { Role::Match } else { role })
        })
        .collect()
}

/// A name in its cells: what the filter matched set apart, or the middle left out where it is too long.
pub(super) fn clipped<'s>(text: &'s str, matched: &[u32], offset: usize, width: u16, role: Role) -> Vec<Piece<'s>> {
    if format::width(text) > usize::from(width) {
        return vec![piece(format::clip_middle(text, width.into()), role)];
    }
    highlighted(text, matched, offset, role)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_wraps_at_words_and_says_when_it_is_cut() {
        let wrap = |text, room, most| wrapped(text, room, most);
        assert_eq!(wrap("one two three", 8, 9), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4, 9), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("one two three", 4, 2), ["one", "two…"]);
        assert_eq!(wrap("a=b severity=critical", 12, 9), ["a=b", "severity=cri", "tical"]);
        assert_eq!(wrap("", 4, 2), Vec::<String>::new());
    }

    #[test]
    fn what_is_left_out_of_a_line_is_marked_once() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        let (model, theme) = (super::super::sample::model((12, 1)), Theme::default());
        for (parts, room, shown) in [
            (&["one", " two"][..], 12, "one two"),
            (&["one", " two"], 7, "one two"),
            (&["one", " two"], 6, "one t…"),
            (&["one", " two"], 4, "one…"),
            (&["one", " two"], 3, "on…"),
            (&["one", "  ", ""], 3, "one"),
            (&["one, ", "two", "three"], 4, "one…"),
        ] {
            let pieces: Vec<Piece<'_>> = parts.iter().map(|text| piece(*text, Role::Text)).collect();
            for glyphs in [Glyphs::utf8(), Glyphs::ascii()] {
                buffer.reset();
                Canvas::new(&mut buffer, &model, &theme, &glyphs).pieces(0, 0, room, &pieces);
                let text: String = (0..12).map(|x| buffer[(x, 0)].symbol()).collect();
                let shown = if glyphs.ascii { shown.replace(format::CUT, "~") } else { shown.to_owned() };
                assert_eq!(text.trim_end(), shown, "{parts:?} in {room}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_its_room(text in "\\PC*", room in 2u16..40, most in 1usize..5) {
            for line in wrapped(&text, room, most) {
                prop_assert!(format::width(&line) <= usize::from(room), "{line:?}");
            }
        }
    }
}
