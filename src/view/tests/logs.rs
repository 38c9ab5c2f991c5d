//! The log screen as a person sees it.

use super::*;
use crate::domain::{LogKind, LogLine, LogNews, LogOrigin, LogPage, LogState};
use crate::format;

fn line(second: i64, task: &str, text: &str) -> LogLine {
    let clean = format::log_text(text);
    let origin = LogOrigin {
        task: Some(format!("{task:0<32}")),
        container: Some("api-2".into()),
        stream: format!("ecs/api-2/{task}"),
    };
    LogLine {
        at: now().checked_add(SignedDuration::from_secs(second)).unwrap(),
        origin: Arc::new(origin),
        level: format::level_of(text),
        text: clean.text.into_boxed_str(),
        hidden: clean.hidden,
        id: 0,
        kind: LogKind::Said,
    }
}

fn lines() -> Vec<LogLine> {
    vec![
        line(-9, "3f2a9c1b", r#"{"time":"x","level":"info","msg":"GET /v1/orders","status":200,"ms":41}"#),
        line(
            -8,
            "81c07e55",
            r#"{"level":"error","msg":"POST /v1/checkout failed: connection pool exhausted: 32 of 32 in use","status":502,"ms":5120,"trace":"9f86d081884c7d65"}"#,
        ),
        line(
            -7,
            "3f2a9c1b",
            "fatal error: runtime: out of memory\n\ngoroutine 1 [running]:\nruntime.throw({0x9c2b1e, 0x16})\n\t/usr/local/go/src/runtime/panic.go:1101 +0x48",
        ),
        line(
            -6,
            "81c07e55",
            "hostile \u{1b}[2J\u{1b}]0;title\u{7}\u{1b}]52;c;eA==\u{7}\r forged\u{202e} \u{200b}한국어",
        ),
        LogLine::gap(
            now().checked_sub(SignedDuration::from_secs(5)).unwrap(),
            "no answer: logs:FilterLogEvents in ap-northeast-2: ThrottlingException: Rate exceeded",
        ),
        line(-4, "81c07e55", "level=warn msg=\"memory is short\" heap_percent=91"),
        line(-3, "3f2a9c1b", &format!("overlong {}", "x".repeat(9_000))),
        line(-2, "81c07e55", "plain text without a level"),
    ]
}

fn reading(model: &mut Model, lines: Vec<LogLine>) {
    press(model, "l");
    let asking = model.logs.as_ref().unwrap().asking;
    update(model, Msg::Logs(asking, LogNews::Began(LogPage { lines, ..LogPage::default() })), now());
    update(model, Msg::Logs(asking, LogNews::State(LogState::Polling { every: 2 })), now());
}

#[test]
fn a_log() {
    snap("log", |model| reading(model, lines()));
    snap("log_wrapped_and_whole", |model| {
        reading(model, lines());
        press(model, "w k k k k k k enter");
    });
    snap("log_filtered", |model| {
        reading(model, lines());
        press(model, "/ m e m o r y enter tab");
    });
}

#[test]
fn why_there_is_no_line() {
    for (name, state) in [
        ("loading", LogState::Loading),
        ("silent", LogState::Polling { every: 2 }),
        (
            "ended",
            LogState::Ended {
                what: "logs of prod/api-2: container api-2 logs with FireLens to es".into(),
                hint: Some("name the group in the configuration".into()),
            },
        ),
    ] {
        let mut model = morning((80, 24));
        press(&mut model, "l");
        let asking = model.logs.as_ref().unwrap().asking;
        update(&mut model, Msg::Logs(asking, LogNews::State(state)), now());
        insta::assert_snapshot!(format!("log_empty_{name}"), shown(&model));
    }
}

#[test]
fn a_paused_log_says_what_waits_below_and_live_what_it_costs() {
    let mut model = morning((120, 40));
    reading(&mut model, lines());
    press(&mut model, "k");
    let asking = model.logs.as_ref().unwrap().asking;
    update(&mut model, Msg::Logs(asking, LogNews::Lines(vec![line(1, "a", "new"), line(2, "a", "newer")])), now());
    let state = LogState::Live { cost: "$0.01 a minute, after 1,800 free", since: now(), sampled: false };
    update(&mut model, Msg::Logs(asking, LogNews::State(state)), now());
    let text = shown(&model);
    let title = text.lines().nth(1).unwrap();
    assert!(title.contains("paused, 2 new lines below") && title.contains("LIVE ($0.01 a minute)"), "{title}");
}

#[test]
fn no_cell_of_a_hostile_log_holds_anything_that_acts() {
    for size in SIZES {
        for keys in ["j", "w", "w k k k k enter"] {
            let mut model = morning(size);
            reading(&mut model, lines());
            press(&mut model, keys);
            let buffer = picture(&model, &Theme::default(), &Glyphs::utf8()).0;
            for cell in &buffer.content {
                assert!(
                    !cell.symbol().chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)),
                    "{:?}",
                    cell.symbol()
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn any_text_at_any_size_is_drawn(text in ".{0,300}", width in 40_u16..160, height in 10_u16..50, keys in "[wtkjLG]{0,6}") {
        let mut model = morning((width, height));
        reading(&mut model, vec![line(0, "a", &text), line(1, "b", &text.repeat(3))]);
        for key in keys.chars() {
            press(&mut model, &key.to_string());
        }
        press(&mut model, "enter");
        shown(&model);
    }
}

#[test]
fn where_no_line_fits_it_is_said_which_were_looked_through() {
    for (most, cut, hint) in [
        (5, Some(now()), "no more fit in memory. F lets the backend look"),
        (500, Some(now() - SignedDuration::from_secs(9)), "Going up reads them."),
    ] {
        let mut model = morning((80, 24));
        model.surroundings.log_lines = most;
        press(&mut model, "l");
        let asking = model.logs.as_ref().unwrap().asking;
        // Where lines may be missing is told whatever is looked for.
        let said: Vec<LogLine> = lines().into_iter().filter(|line| line.kind == LogKind::Said).collect();
        let count = most.min(said.len());
        let page = LogPage { lines: said, cut_before: cut, ..LogPage::default() };
        update(&mut model, Msg::Logs(asking, LogNews::Began(page)), now());
        update(&mut model, Msg::Logs(asking, LogNews::State(LogState::Polling { every: 2 })), now());
        press(&mut model, "/ n o s u c h enter");
        let screen = shown(&model);
        let since = if most == 5 { "09:02:07" } else { "09:02:05" };
        assert!(screen.contains(&format!("None of {count} lines since {since} fits.")), "{screen}");
        assert!(screen.lines().nth(1).unwrap().contains(&format!("0 of {count} since {since}")), "{screen}");
        assert!(screen.split_whitespace().collect::<Vec<_>>().join(" ").contains(hint), "{screen}");
        insta::assert_snapshot!(format!("log_none_of_{count}_fits"), screen);
    }
}
