//! Names and texts, one below the other: what is known of the row under the cursor.

use crate::app::geometry::Area;
use crate::command::Command;
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, cells, piece, pieces_width, wrapped};

/// The cells before a text, its name among them.
const NAME: u16 = 14;

/// What stands before a text, the text, and how much of it must be seen.
#[derive(Debug)]
struct Fact<'a> {
    /// Drawn before the first line.
    lead: Vec<Piece<'a>>,
    /// The column that every line of the text begins in.
    indent: u16,
    text: String,
    role: Role,
    /// The most lines where there is no room for all of every text.
    most: usize,
}

/// What is known, gathered first, so that room that one text does not need goes to another.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    facts: Vec<Fact<'a>>,
}

impl<'a> Facts<'a> {
    /// One text under its name, in at most so many lines where there is no room for all; an empty text is no fact.
    pub(super) fn fact(&mut self, name: &str, text: &str, role: Role, most: usize) {
        let name = format::clip(name, usize::from(NAME) - 2);
        self.led(vec![piece(name, Role::Dim)], NAME - 1, text, role, most);
    }

    /// A line by itself.
    pub(super) fn line(&mut self, lead: Vec<Piece<'a>>, text: &str, role: Role) {
        let indent = pieces_width(&lead);
        self.led(lead, indent, text, role, usize::MAX);
    }

    /// A text behind something else, in its own column.
    fn led(&mut self, lead: Vec<Piece<'a>>, indent: u16, text: &str, role: Role, most: usize) {
        if !(text.is_empty() && pieces_width(&lead) < indent) {
            self.facts.push(Fact { lead, indent, text: text.to_owned(), role, most });
        }
    }

    /// Draws what there is room for. What is left out is counted in the rule above, with the key that shows it.
    pub(super) fn draw(self, canvas: &mut Canvas<'_>, area: Area) {
        let height = usize::from(area.height);
        let room = |fact: &Fact<'_>| area.width.saturating_sub(fact.indent + 2);
        let full: Vec<usize> =
            self.facts.iter().map(|fact| wrapped(&fact.text, room(fact), usize::MAX).len().max(1)).collect();
        let shares = shares(&full, &self.facts.iter().map(|fact| fact.most).collect::<Vec<_>>(), height);
        let mut y = area.y;
        for (fact, share) in self.facts.iter().zip(&shares).filter(|(_, share)| **share > 0) {
            canvas.pieces(area.x + 1, y, area.width.saturating_sub(2), &fact.lead);
            let x = area.x + 1 + fact.indent;
            for (y, line) in (y..).zip(wrapped(&fact.text, room(fact), *share)) {
                canvas.text(x, y, room(fact), &line, fact.role);
            }
            y += cells(*share);
        }
        let hidden = full.iter().sum::<usize>() - shares.iter().sum::<usize>();
        if hidden > 0 && area.y > 0 {
            more(canvas, hidden, area);
        }
    }
}

/// The lines that each text gets of `height`: as many as it needs where all fit; else at most its share, and what is then
/// left over to those that need more, the first first.
pub(super) fn shares(full: &[usize], most: &[usize], height: usize) -> Vec<usize> {
    let mut left = height;
    let mut shares: Vec<usize> = full
        .iter()
        .zip(most)
        .map(|(full, most)| {
            let share = (*full).min(*most).min(left);
            left -= share;
            share
        })
        .collect();
    for (share, full) in shares.iter_mut().zip(full) {
        let further = left.min(full - *share);
        *share += further;
        left -= further;
    }
    shares
}

/// How many lines there was no room for, and how to see them.
fn more(canvas: &mut Canvas<'_>, hidden: usize, area: Area) {
    let model = canvas.model;
    let key = (!model.enlarged).then(|| model.keys(Command::Enlarge).into_iter().next()).flatten();
    let mut pieces = vec![piece(format!(" {hidden} more {} ", if hidden == 1 { "line" } else { "lines" }), Role::Dim)];
    if let Some(key) = key {
        pieces.extend([piece(" ", Role::Dim), piece(key, Role::Key), piece(" ", Role::Dim)]);
    }
    let width = pieces_width(&pieces);
    canvas.pieces(area.x + area.width.saturating_sub(width + 1), area.y - 1, width, &pieces);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_goes_first_to_every_text_and_then_to_the_long_ones() {
        for (full, most, height, given) in [
            (&[1, 5, 2][..], &[1, 3, 1][..], 8, &[1, 5, 2][..]),
            (&[1, 5, 2], &[1, 3, 1], 6, &[1, 4, 1]),
            (&[1, 5, 2], &[1, 3, 1], 5, &[1, 3, 1]),
            (&[1, 5, 2], &[1, 3, 1], 3, &[1, 2, 0]),
            (&[3], &[1], 9, &[3]),
            (&[], &[], 4, &[]),
            (&[2], &[2], 0, &[0]),
        ] {
            assert_eq!(shares(full, most, height), given, "{full:?} in {height}");
        }
    }
}
