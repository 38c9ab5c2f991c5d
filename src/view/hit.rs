//! What is drawn where, for the mouse.

use ratatui::layout::{Position, Rect};

use crate::app::Spot;

/// What is drawn where. What was drawn later lies on top.
#[derive(Debug, Clone, Default)]
pub struct HitMap {
    spots: Vec<(Rect, Spot)>,
}

impl HitMap {
    /// What is drawn at a column and row.
    pub fn at(&self, column: u16, row: u16) -> Option<&Spot> {
        let position = Position::new(column, row);
        self.spots.iter().rev().find(|(area, _)| area.contains(position)).map(|(_, spot)| spot)
    }

    pub(super) fn add(&mut self, area: Rect, spot: Spot) {
        self.spots.push((area, spot));
    }
}
