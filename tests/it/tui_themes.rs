//! Every shipped theme in a real pseudo-terminal: the first screen is there, in the colours the terminal has.

use std::collections::BTreeSet;

use vt100::Color;

use crate::support::pty::Terminal;
use crate::support::rounds::Rounds;

const THEMES: [&str; 5] = ["dark", "light", "high-contrast", "color-blind", "mono"];

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];

fn demo(theme: &str) -> Rounds {
    Rounds::new(["demo", "--scenario", "mixed-bad-day", "--theme", theme])
}

/// The overview has been painted.
#[track_caller]
fn painted(terminal: &Terminal) {
    for text in ["DEMO", "api-2", "web", "ErrorBudgetBurn"] {
        terminal.wait_for(text);
    }
}

/// Every colour on the screen but the terminal's own.
fn colours(terminal: &Terminal) -> BTreeSet<String> {
    terminal.screen(|screen| {
        let (rows, columns) = screen.size();
        let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        cells
            .filter_map(|(row, column)| screen.cell(row, column))
            .flat_map(|cell| [cell.fgcolor(), cell.bgcolor()])
            .filter(|colour| *colour != Color::Default)
            .map(|colour| format!("{colour:?}"))
            .collect()
    })
}

#[test]
fn every_theme_paints_the_first_screen_at_every_size() {
    for theme in THEMES {
        for (columns, rows) in SIZES {
            let terminal = demo(theme).env("COLORTERM", "truecolor").terminal(columns, rows);
            painted(&terminal);
            let colours = colours(&terminal);
            assert_eq!(colours.is_empty(), theme == "mono", "{theme} at {columns}x{rows}: {colours:?}");
        }
    }
}

#[test]
fn no_color_leaves_no_colour_in_any_theme() {
    for theme in THEMES {
        let terminal = demo(theme).env("COLORTERM", "truecolor").env("NO_COLOR", "1").terminal(80, 24);
        painted(&terminal);
        assert_eq!(colours(&terminal), BTreeSet::new(), "{theme}");
        let marked = terminal.screen(|screen| {
            let (rows, columns) = screen.size();
            let mut cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
            cells.any(|(row, column)| screen.cell(row, column).is_some_and(|cell| cell.bold() || cell.inverse()))
        });
        assert!(marked, "{theme}: without colour, bold and reverse carry the meaning");
    }
}

#[test]
fn a_terminal_of_sixteen_colours_gets_those() {
    for theme in THEMES {
        let terminal = demo(theme).env("TERM", "xterm").terminal(80, 24);
        painted(&terminal);
        let more = colours(&terminal);
        let sixteen = |colour: &String| (0..16).any(|index| *colour == format!("{:?}", Color::Idx(index)));
        assert!(more.iter().all(sixteen), "{theme}: {more:?}");
    }
}
