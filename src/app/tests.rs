//! Keys and messages in, state and effects out.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::domain::{
    Alert, AlertState, Chart, ChartAsk, ContextInfo, ErrorClass, Evidence, Finding, FindingKind, Labels, Observed,
    Sampled, ServiceHealth, ServiceId, Severity, SignalHealth, Snapshot, SourceError, SourceKind, Span, TaskCounts,
    Verdict,
};
use crate::keymap::{self, Code, Key, Keymap};

mod logs;

use super::{
    ChartState, Effect, HelpLine, Model, MouseInput, MouseKind, Msg, Notice, Overlay, OverviewItem, Pane, Place,
    ServiceColumn, Setup, Spot, Surroundings, help_lines, update,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn service(name: &str, verdict: Verdict, cpu: Option<f64>) -> ServiceHealth {
    let signal = |value: Option<f64>| SignalHealth {
        now: value.map_or_else(
            || Observed::Unknown("no data".into()),
            |value| Observed::Fresh(Sampled { value, at: at(0), source: SourceKind::Prometheus }),
        ),
        series: None,
        level: Verdict::Ok,
        query: None,
    };
    ServiceHealth {
        id: ServiceId::new("prod", name),
        verdict,
        findings: Vec::new(),
        tasks: Observed::Fresh(Sampled {
            value: TaskCounts { running: 1, desired: 1, pending: 0 },
            at: at(0),
            source: SourceKind::Ecs,
        }),
        signals: [cpu, None, None, None, None, None, None].map(signal),
        is_stack: false,
        changed_at: None,
        ecs: None,
        definition: None,
        alerts: Vec::new(),
        targets: Vec::new(),
    }
}

fn finding(text: &str) -> Finding {
    Finding {
        verdict: Verdict::Warning,
        kind: FindingKind::OutOfMemory,
        text: text.to_owned(),
        since: None,
        evidence: Evidence {
            source: SourceKind::Ecs,
            query: "ecs:DescribeTasks".to_owned(),
            value: None,
            threshold: None,
            at: at(0),
        },
    }
}

fn alert(name: &str) -> Alert {
    Alert {
        name: name.to_owned(),
        severity: Severity::Warning,
        state: AlertState::Firing,
        suppression: None,
        since: None,
        labels: Labels::from([("alertname".to_owned(), name.to_owned())]),
        annotations: Labels::new(),
        value: None,
        query: None,
        url: None,
        seen_in: Vec::new(),
        owner: None,
        service: Some(ServiceId::new("prod", "api")),
    }
}

fn snapshot(services: Vec<ServiceHealth>) -> Snapshot {
    Snapshot {
        context: context("prod"),
        at: at(0),
        verdict: Verdict::Ok,
        services,
        findings: Vec::new(),
        alerts: vec![alert("Down"), alert("Slow")],
        silences: Vec::new(),
        targets: Vec::new(),
        targets_known: true,
        sources: Vec::new(),
        dashboards: Vec::new(),
        changes: Vec::new(),
        strangers: Vec::new(),
        notes: Vec::new(),
    }
}

fn context(name: &str) -> ContextInfo {
    ContextInfo { name: name.to_owned(), ..ContextInfo::default() }
}

fn fleet() -> Vec<ServiceHealth> {
    vec![
        service("api", Verdict::Critical, Some(20.0)),
        service("worker", Verdict::Warning, Some(90.0)),
        service("atlantis", Verdict::Ok, None),
        service("web", Verdict::Ok, Some(50.0)),
        ServiceHealth { is_stack: true, ..service("grafana", Verdict::Ok, Some(1.0)) },
        ServiceHealth { is_stack: true, ..service("prometheus", Verdict::Ok, Some(2.0)) },
    ]
}

fn empty_model() -> Model {
    Model::new(Setup {
        surroundings: Surroundings { context: context("prod"), ..Surroundings::default() },
        keymap: Keymap::default(),
        theme_name: "dark".to_owned(),
        theme_names: vec!["dark".to_owned(), "light".to_owned()],
        context_names: vec!["prod".to_owned(), "stage".to_owned()],
        zone: TimeZone::UTC,
        size: (80, 24),
        notices: Vec::new(),
    })
}

fn model() -> Model {
    let mut model = empty_model();
    update(&mut model, Msg::Snapshot(Arc::new(snapshot(fleet()))), at(0));
    model
}

fn key(name: &str) -> Key {
    let ctrl = |c| Key { code: Code::Char(c), ctrl: true, alt: false };
    match name {
        "enter" => Key::plain(Code::Enter),
        "esc" => Key::plain(Code::Esc),
        "tab" => Key::plain(Code::Tab),
        "down" => Key::plain(Code::Down),
        "up" => Key::plain(Code::Up),
        "backspace" => Key::plain(Code::Backspace),
        "space" => Key::char(' '),
        "ctrl-c" => ctrl('c'),
        name => Key::char(name.chars().next().unwrap()),
    }
}

fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    keys.split_whitespace().flat_map(|name| update(model, Msg::Key(key(name)), at(0))).collect()
}

/// The names of the overview's rows in order.
fn rows(model: &Model) -> Vec<String> {
    let services = &model.snapshot.as_ref().unwrap().services;
    let name = |item| match item {
        OverviewItem::Service(index) => services[index].id.name.clone(),
        OverviewItem::Stack => "(stack)".to_owned(),
    };
    model.overview.list.rows().iter().map(|row| name(row.item)).collect()
}

fn selected(model: &Model) -> String {
    rows(model)[model.overview.list.cursor().at()].clone()
}

fn ask(name: &str, span: Span) -> ChartAsk {
    ChartAsk { service: ServiceId::new("prod", name), span }
}

#[test]
fn keys_lead_from_screen_to_screen_and_back() {
    let api = || Place::Service(ServiceId::new("prod", "api"));
    for (keys, place) in [
        ("", Place::Overview),
        ("enter", api()),
        ("enter esc", Place::Overview),
        ("enter a", Place::Alerts),
        ("enter a esc", api()),
        ("a enter", api()),
        ("a enter esc", Place::Alerts),
        ("a t 4 1", Place::Overview),
        ("t esc", Place::Overview),
        ("a ?", Place::Help),
        ("a ? ?", Place::Alerts),
        ("a ? esc", Place::Alerts),
        ("! esc", Place::Overview),
        ("esc", Place::Overview),
        (": a l e r t s enter", Place::Alerts),
        (": s e r v i c e space w e b enter", Place::Service(ServiceId::new("prod", "web"))),
        ("4 enter", Place::Sources),
    ] {
        let mut model = model();
        press(&mut model, keys);
        assert_eq!(*model.place(), place, "{keys}");
    }
}

#[test]
fn commands_ask_the_shell_for_what_only_it_can_do() {
    for (keys, effects) in [
        ("q", vec![Effect::Quit]),
        ("ctrl-c", vec![Effect::Quit]),
        ("r", vec![Effect::Refresh]),
        ("y", vec![Effect::Copy("api".to_owned())]),
        ("enter", vec![Effect::LoadChart(ask("api", Span::Hour))]),
        ("enter ]", vec![Effect::LoadChart(ask("api", Span::Hour)), Effect::LoadChart(ask("api", Span::Hours6))]),
        ("enter [ [", vec![Effect::LoadChart(ask("api", Span::Hour)), Effect::LoadChart(ask("api", Span::Minutes15))]),
        (": q u i t enter", vec![Effect::Quit]),
        (": t h e m e space l enter", vec![Effect::SetTheme("light".to_owned())]),
        (": c o n t e x t space s enter", vec![Effect::SwitchContext("stage".to_owned())]),
        ("c enter", vec![]),
        ("c down enter", vec![Effect::SwitchContext("stage".to_owned())]),
        ("T down esc", vec![Effect::SetTheme("light".to_owned()), Effect::SetTheme("dark".to_owned())]),
        ("T down enter", vec![Effect::SetTheme("light".to_owned()), Effect::SetTheme("light".to_owned())]),
        (": z z z enter", vec![]),
        ("j k p s z", vec![]),
    ] {
        assert_eq!(press(&mut model(), keys), effects, "{keys}");
    }
}

#[test]
fn a_refresh_keeps_cursor_filter_order_and_screen() {
    let mut model = model();
    press(&mut model, "j");
    assert_eq!(selected(&model), "worker");
    let mut services = fleet();
    services.swap(1, 3);
    services.insert(0, service("new", Verdict::Critical, None));
    update(&mut model, Msg::Snapshot(Arc::new(snapshot(services.clone()))), at(15));
    assert_eq!(selected(&model), "worker");
    services.retain(|service| service.id.name != "worker");
    press(&mut model, "/ a enter p");
    update(&mut model, Msg::Snapshot(Arc::new(snapshot(services))), at(30));
    assert_eq!((model.overview.list.filter(), model.overview.list.problems_only()), ("a", true));
    assert_eq!(rows(&model), ["api"]);
}

#[test]
fn until_it_is_moved_the_cursor_follows_the_worst() {
    let mut model = model();
    let mut services = fleet();
    services.insert(0, service("new", Verdict::Critical, None));
    update(&mut model, Msg::Snapshot(Arc::new(snapshot(services))), at(15));
    assert_eq!(selected(&model), "new");
}

#[test]
fn orders_filters_and_the_stack() {
    for (keys, expected) in [
        ("", vec!["api", "worker", "atlantis", "web", "(stack)"]),
        ("S", vec!["atlantis", "web", "worker", "api", "(stack)"]),
        ("s", vec!["api", "atlantis", "web", "worker", "(stack)"]),
        ("s S", vec!["worker", "web", "atlantis", "api", "(stack)"]),
        ("s s s", vec!["worker", "web", "api", "atlantis", "(stack)"]),
        ("s s s S", vec!["api", "web", "worker", "atlantis", "(stack)"]),
        ("p", vec!["api", "worker"]),
        ("/ a", vec!["api", "atlantis", "grafana"]),
        ("/ a esc", vec!["api", "worker", "atlantis", "web", "(stack)"]),
        ("/ w b", vec!["web"]),
        ("/ z z", vec![]),
        ("G enter", vec!["api", "worker", "atlantis", "web", "grafana", "prometheus"]),
        ("G enter esc", vec!["api", "worker", "atlantis", "web", "(stack)"]),
        ("p esc", vec!["api", "worker", "atlantis", "web", "(stack)"]),
    ] {
        let mut model = model();
        press(&mut model, keys);
        assert_eq!(rows(&model), expected, "{keys}");
    }
}

#[test]
fn one_of_the_stack_that_is_not_well_has_its_own_row() {
    let mut services = fleet();
    services[5].verdict = Verdict::Unknown;
    services.push(ServiceHealth { is_stack: true, ..service("exporter", Verdict::Ok, None) });
    let mut model = empty_model();
    update(&mut model, Msg::Snapshot(Arc::new(snapshot(services))), at(0));
    assert_eq!(rows(&model), ["api", "worker", "prometheus", "atlantis", "web", "(stack)"]);
}

#[test]
fn what_is_typed_is_text_and_nothing_else() {
    let mut model = model();
    for keys in ["/ q r a ? : !", ": q r a ? / !"] {
        assert_eq!(press(&mut model, keys), [], "{keys}");
        assert_eq!(*model.place(), Place::Overview);
        assert!(model.overlay.is_some());
        assert_eq!(update(&mut model, Msg::Paste("q\r\nq\x1b[A".to_owned()), at(0)), []);
        assert_eq!(press(&mut model, "ctrl-c"), [], "ctrl-c leaves what is typed, not the program");
        assert!(model.overlay.is_none());
    }
    let before = model.revision();
    assert_eq!(update(&mut model, Msg::Paste("qqq".to_owned()), at(0)), [], "pasted outside, it goes nowhere");
    assert_eq!(model.revision(), before);
}

#[test]
fn pasted_text_narrows_as_if_typed() {
    let mut model = model();
    press(&mut model, "/");
    update(&mut model, Msg::Paste(" wor\x07ker\n".to_owned()), at(0));
    assert_eq!(rows(&model), ["worker"]);
}

#[test]
fn tab_completes() {
    let mut model = model();
    press(&mut model, ": s e r v tab w o tab");
    let Some(Overlay::Palette(palette)) = &model.overlay else { panic!("the palette is gone") };
    assert_eq!(palette.line.text(), "service prod/worker");
    let effects = press(&mut model, "enter");
    assert_eq!(effects, [Effect::LoadChart(ask("worker", Span::Hour))]);
}

#[test]
fn sequences_wait_and_are_forgotten() {
    let vim = keymap::load("vim", None).unwrap();
    let mut model = model();
    model.keymap = vim;
    press(&mut model, "G g");
    assert_eq!(model.pending, [key("g")]);
    press(&mut model, "g");
    assert!(model.pending.is_empty());
    assert_eq!(selected(&model), "api");
    press(&mut model, "g esc");
    assert!(model.pending.is_empty());
    press(&mut model, "g ~");
    assert!(model.pending.is_empty(), "a key that leads nowhere forgets the sequence");
}

#[test]
fn charts_are_taken_only_where_they_are_waited_for() {
    let mut model = model();
    press(&mut model, "enter ]");
    let chart = |span| Arc::new(Chart { ask: ask("api", span), lines: Vec::new(), problems: Vec::new() });
    let state = |model: &Model| model.service.as_ref().unwrap().chart.clone();
    update(&mut model, Msg::Chart(Ok(chart(Span::Hour))), at(0));
    assert!(matches!(state(&model), ChartState::Loading), "the span before");
    update(&mut model, Msg::Chart(Ok(chart(Span::Hours6))), at(0));
    assert!(matches!(state(&model), ChartState::Ready(_)));
    let error = SourceError::new(ErrorClass::Timeout, "no answer in 10s");
    update(&mut model, Msg::Chart(Err((ask("api", Span::Hours6), error))), at(0));
    assert!(matches!(state(&model), ChartState::Failed(_)));
    let fresh = Snapshot { at: at(200), ..snapshot(fleet()) };
    assert_eq!(
        update(&mut model, Msg::Snapshot(Arc::new(fresh)), at(200)),
        [Effect::LoadChart(ask("api", Span::Hours6))],
        "old charts are asked for again"
    );
}

#[test]
fn parts_of_the_service_screen_take_turns() {
    let mut model = model();
    press(&mut model, "enter");
    for pane in Pane::ALL.into_iter().skip(1).chain([Pane::Findings]) {
        press(&mut model, "tab");
        assert_eq!(model.service.as_ref().unwrap().pane, pane);
    }
}

#[test]
fn another_context_begins_anew_and_leftovers_are_not_shown() {
    let mut model = model();
    press(&mut model, "enter / : x esc");
    let surroundings = Surroundings { context: context("stage"), ..Surroundings::default() };
    update(&mut model, Msg::Context(Box::new(surroundings)), at(0));
    assert_eq!((model.place(), model.snapshot.is_none()), (&Place::Overview, true));
    update(&mut model, Msg::Snapshot(Arc::new(snapshot(fleet()))), at(0));
    assert!(model.snapshot.is_none(), "prod's snapshot must not show under stage's name");
}

#[test]
fn nothing_is_drawn_for_nothing() {
    let mut model = model();
    let before = model.revision();
    for (name, msg) in [
        ("a tick", Msg::Tick),
        ("an unbound key", Msg::Key(key("~"))),
        ("the same size", Msg::Resize(80, 24)),
        ("the same theme", Msg::Theme("dark".to_owned())),
        ("a round that was not asked for", Msg::Refreshing(true)),
        ("its end", Msg::Refreshing(false)),
        ("the wheel over nothing more", Msg::Mouse(MouseInput { kind: MouseKind::WheelUp, spot: None })),
        ("a click beside everything", Msg::Mouse(MouseInput { kind: MouseKind::Click, spot: None })),
    ] {
        update(&mut model, msg, at(1));
        assert_eq!(model.revision(), before, "{name}");
    }
    let mut fresh = empty_model();
    for second in 0..1_000 {
        update(&mut fresh, Msg::Tick, at(second));
    }
    assert_eq!(fresh.revision(), 0, "a model that knows nothing has no age to show");
}

#[test]
fn a_key_dismisses_the_notice_shown_and_still_works() {
    let mut model = model();
    update(&mut model, Msg::Notice(Notice::error("one")), at(0));
    update(&mut model, Msg::Notice(Notice::error("two")), at(0));
    press(&mut model, "a");
    assert_eq!(model.notices.shown().map(|(notice, more)| (notice.text.as_str(), more)), Some(("two", 0)));
    assert_eq!(*model.place(), Place::Alerts);
}

#[test]
fn a_second_click_opens() {
    let mut model = model();
    let click = |model: &mut Model, row: usize| {
        let id = model.overview.list.rows()[row].id;
        update(model, Msg::Mouse(MouseInput { kind: MouseKind::Click, spot: Some(Spot::Row(id)) }), at(0))
    };
    click(&mut model, 1);
    assert_eq!((selected(&model).as_str(), model.place()), ("worker", &Place::Overview));
    click(&mut model, 2);
    assert_eq!(*model.place(), Place::Overview);
    click(&mut model, 2);
    assert_eq!(*model.place(), Place::Service(ServiceId::new("prod", "atlantis")));
    press(&mut model, "esc");
    update(&mut model, Msg::Mouse(MouseInput { kind: MouseKind::Click, spot: Some(Spot::Column(3)) }), at(0));
    assert_eq!(model.overview.list.sort(), (ServiceColumn::Cpu, false));
}

#[test]
fn help_and_palette_offer_what_works_here() {
    let has = |model: &Model, name: &str| {
        help_lines(model).iter().any(|line| matches!(line, HelpLine::Command { name: known, .. } if *known == name))
    };
    for (keys, works, does_not) in [
        ("4 ?", &["open", "filter", "problems", "copy"][..], &["sort-next", "sort-reverse"][..]),
        ("2 ?", &["open", "filter", "sort-next"], &["span-longer"]),
        ("enter ?", &["open", "span-longer", "down"], &["filter", "problems", "sort-next"]),
        ("! ?", &["down", "copy"], &["open", "filter", "sort-next"]),
    ] {
        let mut model = model();
        press(&mut model, keys);
        assert!(works.iter().all(|name| has(&model, name)), "{keys}: {:?}", help_lines(&model));
        assert!(!does_not.iter().any(|name| has(&model, name)), "{keys}: {:?}", help_lines(&model));
    }
    let mut model = model();
    press(&mut model, "4 :");
    let Some(Overlay::Palette(palette)) = &model.overlay else { panic!("no palette") };
    assert!(!palette.candidates.iter().any(|candidate| candidate.text == "sort-next"));
}

#[test]
fn help_begins_with_what_is_the_screens_own_and_ends_with_moving_about() {
    let mut model = model();
    press(&mut model, "$ ?");
    let lines = help_lines(&model);
    let at = |name: &str| {
        lines.iter().position(|line| matches!(line, HelpLine::Command { name: known, .. } if *known == name)).unwrap()
    };
    assert_eq!(at("cost-services"), 1, "{lines:?}");
    let order = ["cost-services", "filter", "back", "down"].map(at);
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn what_is_told_of_a_row_takes_the_room_of_the_list_and_gives_it_back() {
    for (keys, and_back) in [
        ("4 enter", "enter"),
        ("4 enter", "esc"),
        ("4 space", "space"),
        ("2 space", "esc"),
        ("3 space", "esc"),
        ("J enter", "esc"),
        ("$ enter", "esc"),
    ] {
        let mut model = model();
        press(&mut model, keys);
        assert!(model.enlarged, "{keys}");
        let place = model.place().clone();
        press(&mut model, "down");
        assert!(model.enlarged && model.list_page() == 1, "{keys}: one goes from row to row");
        press(&mut model, and_back);
        assert!(!model.enlarged && *model.place() == place, "{keys} {and_back}");
    }
    let mut model = model();
    press(&mut model, "4 enter 2");
    assert!(!model.enlarged, "another screen begins with its list");
    press(&mut model, "1 space");
    assert!(!model.enlarged, "the overview has no such details");
}

#[test]
fn a_narrowed_list_is_widened_before_it_is_left() {
    for (narrow, here) in [("2 p", Place::Alerts), ("4 / z enter", Place::Sources), ("3 p", Place::Targets)] {
        let mut model = model();
        press(&mut model, narrow);
        assert_ne!(model.narrowed(), (false, false), "{narrow}");
        press(&mut model, "esc");
        assert_eq!((model.narrowed(), model.place()), ((false, false), &here), "{narrow}");
        press(&mut model, "esc");
        assert_eq!(*model.place(), Place::Overview, "{narrow}");
    }
}

#[test]
fn what_always_fires_is_no_problem() {
    let mut model = empty_model();
    let watchdog = Alert { severity: Severity::Info, ..alert("Watchdog") };
    let alerts = vec![alert("HighCPU"), watchdog];
    update(&mut model, Msg::Snapshot(Arc::new(Snapshot { alerts, ..snapshot(fleet()) })), at(0));
    press(&mut model, "2");
    assert_eq!(model.alerts.list.rows().len(), 2);
    press(&mut model, "p");
    assert_eq!(model.alerts.list.rows().len(), 1);
}

#[test]
fn a_click_is_for_the_thing_that_was_drawn_there() {
    let mut model = model();
    let rows_of = |model: &Model| model.overview.list.rows().iter().map(|row| row.id).collect::<Vec<_>>();
    let (drawn, name) = (rows_of(&model)[1], rows(&model)[1].clone());
    let click = |model: &mut Model, spot| {
        update(model, Msg::Mouse(MouseInput { kind: MouseKind::Click, spot: Some(spot) }), at(0))
    };
    // The order was turned round after the person saw the screen.
    press(&mut model, "s S");
    assert_ne!(rows(&model)[1], name);
    click(&mut model, Spot::Row(drawn));
    assert_eq!(selected(&model), name);
    let before = selected(&model);
    click(&mut model, Spot::Row(u64::MAX));
    assert_eq!(selected(&model), before, "what is gone cannot be clicked");
    press(&mut model, ": t h e m e");
    assert_eq!(click(&mut model, Spot::Candidate("no such thing".to_owned())), []);
}

#[test]
fn of_two_findings_alike_the_cursor_stays_on_the_second() {
    let mut killed = service("api", Verdict::Warning, None);
    killed.findings = ["task 1 was killed", "task 2 was killed"].map(finding).to_vec();
    let mut model = empty_model();
    update(&mut model, Msg::Snapshot(Arc::new(snapshot(vec![killed.clone()]))), at(0));
    press(&mut model, "enter down");
    update(&mut model, Msg::Snapshot(Arc::new(snapshot(vec![killed]))), at(1));
    assert_eq!(model.service.as_ref().map(|screen| screen.cursor(Pane::Findings).at()), Some(1));
}

#[test]
fn thousands_of_services_are_sorted_and_filtered() {
    let services =
        (0..5_000).map(|n| service(&format!("service-{n:04}"), Verdict::Ok, Some(f64::from(n % 100)))).collect();
    let mut model = empty_model();
    update(&mut model, Msg::Snapshot(Arc::new(snapshot(services))), at(0));
    press(&mut model, "s s s / 4 9 9 9");
    assert_eq!(rows(&model), ["service-4999"]);
}

fn any_msg() -> impl Strategy<Value = Msg> {
    const KEYS: &[&str] = &[
        "enter",
        "esc",
        "tab",
        "down",
        "up",
        "backspace",
        "space",
        "a",
        "t",
        "4",
        "/",
        ":",
        "p",
        "s",
        "S",
        "G",
        "g",
        "?",
    ];
    prop_oneof![
        8 => proptest::sample::select(KEYS).prop_map(|name| Msg::Key(key(name))),
        1 => any::<char>().prop_map(|c| Msg::Key(Key::char(c))),
        1 => "\\PC{0,20}".prop_map(Msg::Paste),
        1 => (0u16..300, 0u16..100).prop_map(|(columns, rows)| Msg::Resize(columns, rows)),
        1 => Just(Msg::Tick),
        2 => (0usize..40, any::<bool>()).prop_map(|(count, turned)| {
            let mut services: Vec<_> = (0..count).map(|n| service(&format!("s{n}"), Verdict::WORST_FIRST[n % 4], None)).collect();
            if turned {
                services.reverse();
            }
            Msg::Snapshot(Arc::new(snapshot(services)))
        }),
        1 => (0usize..40).prop_map(|row| {
            let id = super::cursor::identity(ServiceId::new("prod", format!("s{row}")));
            Msg::Mouse(MouseInput { kind: MouseKind::Click, spot: Some(Spot::Row(id)) })
        }),
        1 => Just(Msg::Mouse(MouseInput { kind: MouseKind::WheelDown, spot: None })),
    ]
}

proptest! {
    #[test]
    fn the_cursor_is_always_on_a_row_and_time_alone_never_acts(messages in prop::collection::vec(any_msg(), 0..60)) {
        let mut model = empty_model();
        for (second, msg) in (0..).zip(messages) {
            let now = at(0) + SignedDuration::from_secs(second);
            let quiet = matches!(msg, Msg::Tick | Msg::Resize(..) | Msg::Paste(_));
            let effects = update(&mut model, msg, now);
            prop_assert!(!quiet || effects.is_empty());
            let list = &model.overview.list;
            prop_assert!(list.rows().is_empty() || list.cursor().at() < list.rows().len());
            prop_assert!(list.cursor().at() >= list.cursor().top());
        }
    }
}
