//! Names and texts, one below the other: what is known of the row under the cursor.

use crate::app::geometry::Area;
use crate::format;
use crate::theme::Role;

use super::Glyphs;
use super::canvas::{Canvas, wrapped};

/// Lines of a name and a text, one below the other.
pub(super) struct Facts<'c, 'a> {
    canvas: &'c mut Canvas<'a>,
    area: Area,
    y: u16,
}

impl<'c, 'a> Facts<'c, 'a> {
    pub(super) fn new(canvas: &'c mut Canvas<'a>, area: Area) -> Self {
        Self { canvas, area, y: area.y }
    }

    pub(super) const fn glyphs(&self) -> &'a Glyphs {
        self.canvas.glyphs
    }

    /// One text under its name, in at most so many lines.
    pub(super) fn fact(&mut self, name: &str, text: &str, role: Role, most: usize) {
        const NAME: u16 = 14;
        let room = self.area.width.saturating_sub(NAME + 2);
        for (index, line) in wrapped(text, room, most).into_iter().enumerate() {
            if self.y >= self.area.y + self.area.height {
                return;
            }
            if index == 0 {
                self.canvas.text(1, self.y, NAME - 1, &format::clip(name, usize::from(NAME) - 2), Role::Dim);
            }
            self.canvas.text(NAME, self.y, room, &line, role);
            self.y += 1;
        }
    }
}
