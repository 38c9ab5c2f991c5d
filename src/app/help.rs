//! What the help screen says: what works on the screen before, by the live keymap.

use crate::command::{Command, Scope, available};

use super::{Model, Place};

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
        /// What it does.
        doc: &'static str,
    },
    /// A sentence.
    Text(&'static str),
    /// A symbol and its meaning.
    Legend(Legend),
}

/// All of help, for the screen it was asked on.
pub fn help_lines(model: &Model) -> Vec<HelpLine> {
    let asked_on = match model.trail.here() {
        Place::Help => model.trail.before().unwrap_or(&Place::Overview),
        place => place,
    };
    let part = |scopes: &[Scope]| {
        let here = available(scopes).into_iter().filter(|row| model.offers(asked_on, row.command));
        here.map(|row| command_line(model, row.command))
    };
    let mut lines = vec![HelpLine::Heading(format!("on the {} screen", asked_on.word()))];
    let (own, general) = asked_on.scopes().split_at(asked_on.scopes().len() - 1);
    lines.extend(part(own));
    lines.extend([HelpLine::Blank, HelpLine::Heading("everywhere".to_owned())]);
    lines.extend(part(general));
    lines.extend([
        HelpLine::Blank,
        HelpLine::Heading("while typing".to_owned()),
        HelpLine::Text("enter keeps, esc drops, tab completes; ctrl-w and ctrl-u delete"),
        HelpLine::Text("in the palette: theme NAME, context NAME, service NAME"),
        HelpLine::Blank,
        HelpLine::Heading("what the symbols mean".to_owned()),
    ]);
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

fn command_line(model: &Model, command: Command) -> HelpLine {
    let row = command.row();
    HelpLine::Command { keys: model.keys(command).join(", "), name: row.name, doc: row.doc }
}
