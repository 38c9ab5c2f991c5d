//! Drawing: the whole screen built anew and compared with the one before, as at every redraw.

use divan::Bencher;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rounds::theme::Theme;
use rounds::view::{self, Glyphs};

use crate::fleet::{fleet, key};

/// Every screen, by the keys that lead there from the overview.
const SCREENS: [(&str, &[&str]); 8] = [
    ("overview", &[]),
    ("service", &["enter"]),
    ("alerts", &["a"]),
    ("targets", &["t"]),
    ("sources", &["4"]),
    ("messages", &["!"]),
    ("help", &["?"]),
    ("palette", &[":"]),
];

#[divan::bench(args = SCREENS.map(|(name, _)| name), consts = [5, 5_000])]
fn at_80x24<const SERVICES: usize>(bencher: Bencher<'_, '_>, screen: &str) {
    draw(bencher, SERVICES, (80, 24), screen);
}

#[divan::bench(args = SCREENS.map(|(name, _)| name), consts = [5, 5_000])]
fn at_120x40<const SERVICES: usize>(bencher: Bencher<'_, '_>, screen: &str) {
    draw(bencher, SERVICES, (120, 40), screen);
}

#[divan::bench(args = SCREENS.map(|(name, _)| name), consts = [5, 5_000])]
fn at_200x60<const SERVICES: usize>(bencher: Bencher<'_, '_>, screen: &str) {
    draw(bencher, SERVICES, (200, 60), screen);
}

fn draw(bencher: Bencher<'_, '_>, services: usize, size: (u16, u16), screen: &str) {
    let fleet = fleet(services);
    let mut model = fleet.console(size);
    let (_, way) = SCREENS.iter().find(|(name, _)| *name == screen).expect("a screen of SCREENS");
    for name in *way {
        fleet.press(&mut model, key(name));
    }
    let (theme, glyphs) = (Theme::default(), Glyphs::utf8());
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("a terminal in memory");
    bencher.bench_local(|| {
        terminal.draw(|frame| drop(view::draw(frame, &model, &theme, &glyphs))).map(|frame| frame.count)
    });
}
