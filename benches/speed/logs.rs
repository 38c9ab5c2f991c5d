//! A log of 200,000 lines: taking in, narrowing, walking, drawing.

use std::sync::Arc;

use divan::Bencher;
use jiff::SignedDuration;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rounds::app::{self, Effect, Model, Msg};
use rounds::domain::{LogKind, LogLine, LogNews, LogOrigin, LogPage};
use rounds::format;
use rounds::sim::EPOCH;
use rounds::theme::Theme;
use rounds::view::{self, Glyphs};

use crate::fleet::{fleet, key};

const LINES: i64 = 200_000;

const SIZE: (u16, u16) = (200, 60);

fn line(number: i64) -> LogLine {
    let text = format!(
        r#"{{"level":"{}","msg":"GET /v1/orders/{number}","status":200,"ms":{},"trace":"{:016x}"}}"#,
        if number % 100 == 0 { "error" } else { "info" },
        number % 977,
        number * 7_919,
    );
    let at = EPOCH.checked_add(SignedDuration::from_millis(number)).expect("within the calendar");
    LogLine {
        at,
        origin: Arc::new(LogOrigin { task: Some(format!("{:032x}", number % 7)), ..LogOrigin::default() }),
        level: format::level_of(&text),
        text: text.into_boxed_str(),
        hidden: 0,
        id: number.unsigned_abs(),
        kind: LogKind::Said,
    }
}

fn lines() -> Vec<LogLine> {
    (0..LINES).map(line).collect()
}

fn opened() -> Model {
    let mut model = fleet(5).console(SIZE);
    fleet(5).press(&mut model, key("l"));
    model
}

fn read() -> Model {
    let mut model = opened();
    let page = LogPage { lines: lines(), ..LogPage::default() };
    app::update(&mut model, Msg::Logs(1, LogNews::Began(page)), EPOCH);
    model
}

/// Making a foreign text harmless and finding its level.
#[divan::bench]
fn make_harmless(bencher: Bencher<'_, '_>) {
    let foreign = format!("\u{1b}[32mINFO\u{1b}[0m {}", line(1).text);
    bencher.bench_local(|| (format::log_text(&foreign), format::level_of(&foreign)));
}

/// All of them at once.
#[divan::bench(sample_count = 10)]
fn take_in_200_000_lines(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(|| (opened(), lines())).bench_local_values(|(mut model, lines)| {
        let page = LogPage { lines, ..LogPage::default() };
        app::update(&mut model, Msg::Logs(1, LogNews::Began(page)), EPOCH);
        model
    });
}

/// A hundred new lines to a full log.
#[divan::bench(sample_count = 20)]
fn take_in_100_more(bencher: Bencher<'_, '_>) {
    let model = read();
    let more: Vec<LogLine> = (LINES..LINES + 100).map(line).collect();
    bencher.with_inputs(|| (model.clone(), more.clone())).bench_local_refs(|(model, more)| {
        app::update(model, Msg::Logs(1, LogNews::Lines(std::mem::take(more))), EPOCH)
    });
}

/// A letter of a filter: what the key itself waits for.
#[divan::bench(sample_count = 20, args = ["e", "~status.*12"])]
fn type_a_filter(bencher: Bencher<'_, '_>, typed: &str) {
    let mut model = read();
    fleet(5).press(&mut model, key("/"));
    bencher
        .with_inputs(|| model.clone())
        .bench_local_refs(|model| app::update(model, Msg::Paste(typed.to_owned()), EPOCH));
}

/// The whole log looked through after that, in all its steps.
#[divan::bench(sample_count = 10, args = ["orders 81", "~status.*12"])]
fn filter_all(bencher: Bencher<'_, '_>, typed: &str) {
    let mut model = read();
    fleet(5).press(&mut model, key("/"));
    bencher.with_inputs(|| model.clone()).bench_local_refs(|model| {
        let mut effects = app::update(model, Msg::Paste(typed.to_owned()), EPOCH);
        while let Some(effect) = effects.pop() {
            if let Effect::Sift(asking) = effect {
                effects = app::update(model, Msg::Sift(asking), EPOCH);
            }
        }
    });
}

#[divan::bench(args = ["k", "g", "w"])]
fn press_a_key(bencher: Bencher<'_, '_>, name: &str) {
    let mut model = read();
    bencher.bench_local(|| app::update(&mut model, Msg::Key(key(name)), EPOCH));
}

#[divan::bench(args = ["", "w", "w k k k"])]
fn draw(bencher: Bencher<'_, '_>, keys: &str) {
    let mut model = read();
    for name in keys.split(' ').filter(|name| !name.is_empty()) {
        fleet(5).press(&mut model, key(name));
    }
    let (theme, glyphs) = (Theme::default(), Glyphs::utf8());
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a terminal in memory");
    bencher.bench_local(|| {
        terminal.draw(|frame| drop(view::draw(frame, &model, &theme, &glyphs))).map(|frame| frame.count)
    });
}
