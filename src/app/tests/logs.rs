//! The log screen: what keys and news do to it.

use proptest::prelude::*;

use super::*;
use crate::app::{LogQuestion, LogScreen, Older};
use crate::domain::{LogKind, LogLevel, LogLine, LogNews, LogOrigin, LogPage, LogState};

const SIZE: (u16, u16) = (100, 30);

fn line(second: i64, text: &str) -> LogLine {
    let task = if text.contains("two") { "b" } else { "a" };
    let origin = LogOrigin { task: Some(task.repeat(32)), ..LogOrigin::default() };
    LogLine {
        level: crate::format::level_of(text),
        origin: Arc::new(origin),
        kind: LogKind::Said,
        ..LogLine::gap(at(second), text)
    }
}

fn lines(count: i64) -> Vec<LogLine> {
    (0..count)
        .map(|n| line(n, &format!("line {n} {}", if n % 10 == 0 { "ERROR boom" } else { "two INFO fine" })))
        .collect()
}

/// On the log of the first service, with these lines.
fn reading(lines: Vec<LogLine>) -> Model {
    let mut model = model_with(&["web"]);
    let effects = press(&mut model, "l");
    assert!(matches!(effects.as_slice(), [Effect::FollowLogs { asking: 1, live: false, .. }]), "{effects:?}");
    update(&mut model, Msg::Resize(SIZE.0, SIZE.1), at(0));
    news(&mut model, LogNews::Began(LogPage { lines, ..LogPage::default() }));
    model
}

fn model_with(names: &[&str]) -> Model {
    let services = names.iter().map(|name| service(name, Verdict::Ok, None)).collect();
    let mut model = model();
    model.surroundings.log_lines = 100_000;
    update(&mut model, Msg::Snapshot(Arc::new(snapshot(services))), at(0));
    model
}

fn news(model: &mut Model, news: LogNews) -> Vec<Effect> {
    let asking = model.logs.as_ref().map_or(0, |screen| screen.asking);
    update(model, Msg::Logs(asking, news), at(100))
}

fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for name in keys.split(' ') {
        let key = match name {
            "enter" => Key::plain(Code::Enter),
            "esc" => Key::plain(Code::Esc),
            "tab" => Key::plain(Code::Tab),
            "up" => Key::plain(Code::Up),
            name => Key::char(name.chars().next().unwrap()),
        };
        effects.extend(update(model, Msg::Key(key), at(100)));
    }
    // What is still to be looked through is looked through, as the shell would have it.
    let mut left: Vec<Effect> = Vec::new();
    while let Some(effect) = effects.pop() {
        match effect {
            Effect::Sift(asking) => effects.extend(update(model, Msg::Sift(asking), at(100))),
            other => left.insert(0, other),
        }
    }
    left
}

fn type_in(model: &mut Model, text: &str) {
    for c in text.chars() {
        let effects = update(model, Msg::Key(Key::char(c)), at(100));
        for effect in effects {
            let Effect::Sift(asking) = effect else { panic!("typing asks for {effect:?}") };
            update(model, Msg::Sift(asking), at(100));
        }
    }
    press(model, "enter");
}

fn screen(model: &Model) -> &LogScreen {
    model.logs.as_deref().unwrap()
}

fn selected(model: &Model) -> &str {
    screen(model).selected().map_or("", |line| &line.text)
}

#[test]
fn it_follows_until_one_goes_up_and_counts_what_comes_meanwhile() {
    let mut model = reading(lines(100));
    assert!(selected(&model).starts_with("line 99"));
    press(&mut model, "k k");
    assert!(!screen(&model).follows && selected(&model).starts_with("line 97"));
    news(&mut model, LogNews::Lines(vec![line(200, "new"), line(50, "late")]));
    assert_eq!((screen(&model).unseen, selected(&model)), (2, "line 97 two INFO fine"));
    press(&mut model, "G");
    assert!(screen(&model).follows && selected(&model) == "new" && screen(&model).unseen == 0);
    press(&mut model, "f");
    news(&mut model, LogNews::Lines(vec![line(300, "newer")]));
    assert_eq!(selected(&model), "new", "paused where it was");
}

#[test]
fn a_query_hides_or_marks_and_matches_are_walked() {
    let mut model = reading(lines(100));
    press(&mut model, "/");
    type_in(&mut model, "boom");
    assert_eq!(screen(&model).shown(), 10);
    press(&mut model, "tab");
    assert_eq!(screen(&model).shown(), 100, "the lines around matches are shown");
    press(&mut model, "N");
    assert!(selected(&model).starts_with("line 80"), "{}", selected(&model));
    press(&mut model, "n");
    assert!(selected(&model).starts_with("line 90"));
    press(&mut model, "n");
    assert!(selected(&model).starts_with("line 90"), "there is none below");
    assert!(model.notices.shown().unwrap().0.text.contains("no further match below"));
    press(&mut model, "esc");
    assert_eq!((screen(&model).typed.as_str(), screen(&model).shown()), ("", 100), "escape clears before it leaves");
    assert!(matches!(model.place(), Place::Logs(_)));
    let effects = press(&mut model, "esc");
    assert_eq!((effects, model.place()), (vec![Effect::StopLogs], &Place::Overview));
    assert!(model.logs.is_none());
}

#[test]
fn levels_and_tasks_narrow_and_what_has_no_level_stays() {
    let mut model = reading([lines(20), vec![line(30, "    at a.b.C")]].concat());
    press(&mut model, "L L");
    assert_eq!(screen(&model).sieve.choice().level, Some(LogLevel::Warn));
    assert_eq!(screen(&model).shown(), 3, "two errors and a line of unknown level");
    press(&mut model, "L L i");
    assert_eq!(screen(&model).shown(), 3, "only task a");
    press(&mut model, "i");
    assert_eq!(screen(&model).shown(), 21);
}

#[test]
fn going_up_at_the_top_reads_older_lines_and_stays_on_the_line() {
    let mut model = reading(lines(50));
    let effects = press(&mut model, "g");
    let [Effect::OlderLogs { asking: 1, before, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(*before <= at(0), "{before}");
    assert_eq!(screen(&model).older, Older::Loading);
    assert_eq!(press(&mut model, "k"), [], "asked once");
    let older = LogPage { lines: vec![line(-5, "older")], cut_before: Some(at(-9)), notes: Vec::new() };
    news(&mut model, LogNews::Older(Ok(older)));
    assert!(selected(&model).starts_with("line 0"), "{}", selected(&model));
    press(&mut model, "k");
    assert_eq!(selected(&model), "older");
    let failed = LogNews::Older(Err(SourceError::new(ErrorClass::Timeout, "slow")));
    news(&mut model, failed);
    assert_eq!(screen(&model).older, Older::Failed("slow".to_owned()));
    assert!(matches!(press(&mut model, "k").as_slice(), [Effect::OlderLogs { before, .. }] if *before == at(-9)));
}

#[test]
fn live_costs_money_and_is_asked_for_twice() {
    let mut model = reading(lines(5));
    model.surroundings.live_cost = Some("a cent a minute");
    assert_eq!(press(&mut model, "v"), []);
    assert!(model.notices.shown().unwrap().0.text.contains("a cent a minute"));
    assert_eq!(press(&mut model, "w v"), [], "another key in between takes it back");
    let effects = press(&mut model, "v");
    assert!(matches!(effects.as_slice(), [Effect::FollowLogs { asking: 2, live: true, .. }]), "{effects:?}");
    let effects = press(&mut model, "v");
    assert!(matches!(effects.as_slice(), [Effect::FollowLogs { asking: 3, live: false, .. }]), "{effects:?}");
    model.surroundings.live_cost = None;
    assert_eq!(press(&mut model, "v v"), []);
}

#[test]
fn a_pattern_asks_anew_and_news_of_the_old_question_are_dropped() {
    let mut model = reading(lines(5));
    press(&mut model, "F");
    assert!(matches!(&model.overlay, Some(Overlay::LogAsk(LogQuestion::Pattern, _))));
    for c in "ERROR".chars() {
        update(&mut model, Msg::Key(Key::char(c)), at(100));
    }
    let effects = press(&mut model, "enter");
    let [Effect::FollowLogs { asking: 2, scope, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(scope.pattern.as_deref(), Some("ERROR"));
    update(&mut model, Msg::Logs(1, LogNews::Lines(lines(3))), at(100));
    assert_eq!(screen(&model).store.len(), 0);
}

#[test]
fn nothing_typed_into_a_question_is_a_command() {
    let mut model = reading(lines(5));
    for question in ["/", "F", "@", "s"] {
        press(&mut model, question);
        for c in "qQeRxlvG".chars() {
            let effects = update(&mut model, Msg::Key(Key::char(c)), at(100));
            assert!(effects.iter().all(|effect| matches!(effect, Effect::Sift(_))), "{question} {c}: {effects:?}");
        }
        assert!(matches!(model.place(), Place::Logs(_)));
        press(&mut model, "esc");
    }
}

#[test]
fn a_moment_and_a_file_are_asked_for() {
    let mut model = reading(lines(100));
    press(&mut model, "@");
    type_in(&mut model, "1970-01-01 00:00:42");
    assert!(selected(&model).starts_with("line 42"));
    press(&mut model, "/");
    type_in(&mut model, "boom");
    press(&mut model, "s");
    let effects = press(&mut model, "enter");
    let [Effect::SaveLogs { path, lines, service }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((path.as_str(), lines.len(), service.as_str()), ("web-19700101-000140.log", 10, "web"));
}

#[test]
fn help_over_a_log_keeps_it() {
    let mut model = reading(lines(100));
    assert_eq!(press(&mut model, "?"), []);
    assert_eq!(press(&mut model, "esc"), []);
    assert_eq!(screen(&model).store.len(), 100);
    news(&mut model, LogNews::State(LogState::Polling { every: 2 }));
    assert_eq!(screen(&model).state, LogState::Polling { every: 2 });
}

#[test]
fn copying_takes_the_whole_line_and_a_shell_needs_a_task_that_runs() {
    let mut model = reading(vec![line(1, "one\ntwo")]);
    assert_eq!(press(&mut model, "y"), [Effect::Copy("one\ntwo".to_owned())]);
    assert_eq!(press(&mut model, "e"), []);
    assert!(model.notices.shown().unwrap().0.text.contains("does not run"));
}

proptest! {
    /// Whatever is pressed, comes in or changes size: the cursor is on a line that is shown and in sight.
    #[test]
    fn the_cursor_is_always_in_sight(steps in proptest::collection::vec((0_u8..14, 1_i64..60), 1..80)) {
        let mut model = reading(lines(40));
        for (what, number) in steps {
            match what {
                0 => drop(news(&mut model, LogNews::Lines(vec![line(number * 7, &"long ".repeat(60)), line(number, "two")]))),
                1 => drop(news(&mut model, LogNews::Older(Ok(LogPage { lines: vec![line(-number, "older\nlines")], ..LogPage::default() })))),
                2 => drop(update(&mut model, Msg::Resize(u16::try_from(40 + number * 3).unwrap(), u16::try_from(10 + number / 2).unwrap()), at(0))),
                3 => { press(&mut model, "/"); type_in(&mut model, "boom"); }
                4 => drop(press(&mut model, "tab")),
                5 => drop(press(&mut model, "w")),
                6 => drop(press(&mut model, "L")),
                7 => drop(press(&mut model, "enter")),
                8 => drop(press(&mut model, "f")),
                9 => drop(press(&mut model, "g")),
                10 => drop(press(&mut model, "G")),
                11 => drop(press(&mut model, "k k k k k k")),
                12 => drop(press(&mut model, "j j j")),
                _ => drop(press(&mut model, "n")),
            }
            let screen = screen(&model);
            let rows = screen.rows(model.size);
            let (area, _) = screen.areas(model.size);
            prop_assert!(rows.iter().all(|row| row.y >= area.y && row.y + u16::try_from(row.rows.len()).unwrap() <= area.y + area.height));
            if screen.shown() > 0 {
                prop_assert!(rows.iter().any(|row| row.spot == screen.cursor()), "{} of {} rows, step {what}", rows.len(), screen.shown());
            }
        }
    }
}
