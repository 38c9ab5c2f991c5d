//! What the help screen says: what works on the screen before, by the live keymap.

use crate::command::{Row, Scope, available};
use crate::format;

use super::{Model, Place, geometry};

/// Cells for the keys of a command.
pub const HELP_KEYS: usize = 18;

/// A symbol whose meaning help explains; the view knows how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Legend {
    /// The four verdicts.
    Verdicts,
    /// Silenced, inhibited, muted.
    Suppressed,
    /// A stale value.
    Stale,
    /// An unknown value.
    Unknown,
    /// Not applicable.
    NotApplicable,
    /// A sparkline.
    Sparkline,
}

/// One line of help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpLine {
    /// Space between parts.
    Blank,
    /// The title of a part.
    Heading(String),
    /// A command: its keys, its name, what it does.
    Command {
        /// Its keys as typed, `,` between alternatives; empty where it has none.
        keys: String,
        /// Its name in the palette.
        name: &'static str,
        /// What it does, as far as the line goes.
        doc: String,
    },
    /// The rest of what a command does.
    Further(String),
    /// A sentence.
    Text(String),
    /// A symbol and its meaning.
    Legend(Legend),
}

/// All of help, for the screen it was asked on: what is its own first, moving about last.
pub fn help_lines(model: &Model) -> Vec<HelpLine> {
    let asked_on = match model.trail.here() {
        Place::Help => model.trail.before().unwrap_or(&Place::Overview),
        place => place,
    };
    let (own, general) = asked_on.scopes().split_at(asked_on.scopes().len() - 1);
    let offered = |scopes: &[Scope], moves: bool| {
        let here = available(scopes).into_iter();
        here.filter(move |row| row.command.moves() == moves && model.offers(asked_on, row.command)).collect::<Vec<_>>()
    };
    let mut here = offered(own, false);
    here.sort_by_key(|row| own.iter().position(|scope| *scope == row.scope));
    let mut lines = Vec::new();
    for (heading, rows) in [
        (format!("on the {} screen", asked_on.word()), here),
        ("everywhere".to_owned(), offered(general, false)),
        ("moving about".to_owned(), offered(own, true)),
    ] {
        lines.push(HelpLine::Heading(heading));
        for row in rows {
            command_lines(&mut lines, model, row);
        }
        lines.push(HelpLine::Blank);
    }
    lines.push(HelpLine::Heading("while typing".to_owned()));
    for text in [
        "enter keeps, esc drops, tab completes; ctrl-w and ctrl-u delete",
        "in the palette: theme NAME, context NAME, service NAME",
    ] {
        let (width, _) = room(model);
        lines.extend(format::wrap(text, width).into_iter().map(HelpLine::Text));
    }
    lines.extend([HelpLine::Blank, HelpLine::Heading("what the symbols mean".to_owned())]);
    lines.extend(
        [
            Legend::Verdicts,
            Legend::Suppressed,
            Legend::Stale,
            Legend::Unknown,
            Legend::NotApplicable,
            Legend::Sparkline,
        ]
        .map(HelpLine::Legend),
    );
    lines
}

/// The cells of a line, and of those what a command does has.
fn room(model: &Model) -> (usize, usize) {
    let (columns, _) = geometry::help(model.size);
    let width = usize::from(model.size.0) / columns;
    (width.saturating_sub(2), width.saturating_sub(2 + HELP_KEYS))
}

fn command_lines(lines: &mut Vec<HelpLine>, model: &Model, row: &Row) {
    let keys = model.keys(row.command).join(", ");
    let mut does = format::wrap(row.doc, room(model).1).into_iter();
    let doc = does.next().unwrap_or_default();
    lines.push(HelpLine::Command { keys, name: row.name, doc });
    lines.extend(does.map(HelpLine::Further));
}
