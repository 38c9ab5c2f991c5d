//! Whole screens on a test backend: as a person sees them, and never a panic at any size.

use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::app::{Effect, Model, MouseInput, MouseKind, Msg, Notice, Pane, Place, Setup, Spot, update};
use crate::domain::{ContextInfo, ErrorClass, Observed, Sampled, ServiceId, SourceError, SourceState, Span};
use crate::keymap::{self, Code, Key};
use crate::theme::{self, Role, Theme};

use super::sample::{ago, bad_morning, chart, many, model, now, setup, surroundings};
use super::{Glyphs, HitMap, draw};

mod logs;
mod unknown;

pub(super) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

pub(super) fn picture(model: &Model, theme: &Theme, glyphs: &Glyphs) -> (Buffer, HitMap) {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0, model.size.1)).unwrap();
    let mut hits = HitMap::default();
    terminal.draw(|frame| hits = draw(frame, model, theme, glyphs)).unwrap();
    (terminal.backend().buffer().clone(), hits)
}

pub(super) fn text_of(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let row: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

pub(super) fn shown(model: &Model) -> String {
    text_of(&picture(model, &Theme::default(), &Glyphs::utf8()).0)
}

fn morning(size: (u16, u16)) -> Model {
    let mut model = model(size);
    update(&mut model, Msg::Snapshot(Arc::new(bad_morning())), now());
    model
}

pub(super) fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    keys.split(' ')
        .flat_map(|key| {
            let code = match key {
                "enter" => Code::Enter,
                "esc" => Code::Esc,
                "tab" => Code::Tab,
                "down" => Code::Down,
                "space" => Code::Char(' '),
                key => Code::Char(key.chars().next().unwrap()),
            };
            update(model, Msg::Key(Key::plain(code)), now())
        })
        .collect()
}

fn with_charts(model: &mut Model) {
    update(model, Msg::Chart(Ok(Arc::new(chart(Span::Hour)))), now());
}

fn snap(name: &str, prepare: impl Fn(&mut Model)) {
    for size in SIZES {
        let mut model = morning(size);
        prepare(&mut model);
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), shown(&model));
    }
}

#[test]
fn a_bad_morning() {
    snap("overview", |_| {});
    snap("service", |model| {
        press(model, "enter");
        with_charts(model);
    });
    snap("alerts", |model| {
        press(model, "a");
    });
    snap("targets", |model| {
        press(model, "t");
    });
    snap("sources", |model| {
        press(model, "4");
    });
    snap("help", |model| {
        press(model, "?");
    });
}

#[test]
fn before_anything_is_known() {
    insta::assert_snapshot!(shown(&model((80, 24))));
}

#[test]
fn while_sources_answer_one_by_one() {
    let mut snapshot = bad_morning();
    snapshot.services.clear();
    snapshot.sources[0].state = SourceState::Waiting;
    snapshot.sources[1].state = SourceState::Failing {
        last_good: None,
        since: ago(70),
        error: SourceError::new(ErrorClass::Connect, "POST http://p:9090/api/v1/query: connection refused")
            .with_hint("start prometheus, or correct its url"),
    };
    let mut model = model((80, 24));
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)), now());
    insta::assert_snapshot!(shown(&model));
}

#[test]
fn what_is_stale_says_so_and_how_old_it_is() {
    let mut snapshot = bad_morning();
    for service in &mut snapshot.services {
        for signal in &mut service.signals {
            if let Observed::Fresh(sampled) = &signal.now {
                let sampled = Sampled { at: ago(4 * 60), ..sampled.clone() };
                signal.now = Observed::Stale(sampled, "prometheus does not answer".into());
            }
        }
    }
    let service = &mut snapshot.services[0];
    service.signals[0].now = Observed::Unknown("no data".into());
    let mut model = model((80, 24));
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)), now());
    insta::assert_snapshot!(shown(&model));
}

#[test]
fn an_alert_nobody_reports_any_more_says_when_it_was_seen() {
    let mut snapshot = bad_morning();
    for source in &mut snapshot.sources {
        let error = SourceError::new(ErrorClass::Connect, "connection refused");
        source.state = SourceState::Failing { error, since: ago(180), last_good: Some(ago(240)) };
    }
    for (size, keys) in [((80, 24), ""), ((120, 40), ""), ((80, 24), "a"), ((200, 60), "a"), ((200, 60), "enter")] {
        let mut model = model(size);
        update(&mut model, Msg::Snapshot(Arc::new(snapshot.clone())), now());
        if !keys.is_empty() {
            press(&mut model, keys);
        }
        let (buffer, _) = picture(&model, &Theme::default(), &Glyphs::utf8());
        let text = text_of(&buffer);
        assert!(text.contains("last seen 4m ago"), "{text}");
        assert_eq!(style_of(&buffer, "last seen").fg, Theme::default().style(Role::Stale).fg);
    }
}

#[test]
fn the_foot_of_the_screen() {
    let mut model = morning((80, 24));
    press(&mut model, "/ a p");
    insta::assert_snapshot!("filter_typed", shown(&model));
    press(&mut model, "z z");
    insta::assert_snapshot!("filter_without_hits", shown(&model));
    press(&mut model, "esc : t h");
    insta::assert_snapshot!("palette", shown(&model));
    press(&mut model, "esc");
    let long = "theme \"dusk\" was refused: /home/kim/.config/rounds/themes/dusk.toml:4:9: no colour is called \"blu\"; did you mean \"blue\"?";
    update(&mut model, Msg::Notice(Notice::error(long)), now());
    update(&mut model, Msg::Notice(Notice::info("copied api-2")), now());
    insta::assert_snapshot!("notices", shown(&model));
    press(&mut model, "!");
    insta::assert_snapshot!("messages", shown(&model));
}

#[test]
fn keys_that_go_on_are_shown() {
    let mut model = Model::new(Setup { keymap: keymap::load("vim", None).unwrap(), ..setup((80, 24)) });
    update(&mut model, Msg::Snapshot(Arc::new(bad_morning())), now());
    press(&mut model, "g");
    insta::assert_snapshot!(shown(&model));
}

#[test]
fn narrow_terminals_keep_name_verdict_tasks_and_reason() {
    insta::assert_snapshot!("overview_40x12", shown(&morning((40, 12))));
    insta::assert_snapshot!("overview_60x20", shown(&morning((60, 20))));
    assert!(shown(&morning((39, 24))).contains("too small: 39x24"));
}

#[test]
fn without_utf8_every_cell_is_ascii() {
    for keys in ["esc", "enter", "a", "t", "4", "?", ": t"] {
        let mut snapshot = bad_morning();
        snapshot.services[0].id.name = "결제-api".to_owned();
        let mut model = model((120, 40));
        update(&mut model, Msg::Snapshot(Arc::new(snapshot)), now());
        press(&mut model, keys);
        with_charts(&mut model);
        let text = text_of(&picture(&model, &Theme::default(), &Glyphs::ascii()).0);
        assert!(text.is_ascii(), "{keys}: {text}");
    }
    let mut model = morning((80, 24));
    insta::assert_snapshot!("overview_ascii", text_of(&picture(&model, &Theme::default(), &Glyphs::ascii()).0));
    press(&mut model, "enter");
    with_charts(&mut model);
    insta::assert_snapshot!("service_ascii", text_of(&picture(&model, &Theme::default(), &Glyphs::ascii()).0));
}

/// The style of the first cell that a text is drawn in.
fn style_of(buffer: &Buffer, text: &str) -> Style {
    for y in 0..buffer.area.height {
        let row: Vec<&str> = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        if let Some(byte) = row.concat().find(text) {
            let x = row
                .iter()
                .scan(0, |sum, cell| {
                    *sum += cell.len();
                    Some(*sum)
                })
                .take_while(|sum| *sum <= byte)
                .count();
            return buffer[(u16::try_from(x).unwrap(), y)].style();
        }
    }
    panic!("{text} is not on the screen");
}

#[test]
fn in_every_theme_a_thing_looks_as_its_role_says() {
    for name in theme::names(None) {
        let theme = theme::load(&name, None).unwrap();
        let mut model = morning((80, 24));
        // The cursor goes elsewhere: its own style lies over the row it is on.
        press(&mut model, "G");
        let (buffer, _) = picture(&model, &theme, &Glyphs::utf8());
        let expected = |role| {
            Buffer::filled(Rect::new(0, 0, 1, 1), Cell::new("x").set_style(theme.style(role)).clone())[(0, 0)].style()
        };
        for (text, role) in [
            ("✖ api-2", Role::Critical),
            ("▲ worker", Role::Warning),
            ("✔ web", Role::Ok),
            ("api-1", Role::Dim),
            ("4.1%", Role::Warning),
            ("▲ cloudwatch", Role::Warning),
            ("ALERTS", Role::Title),
            ("rounds", Role::HeaderProduction),
            ("~ HighCPU", Role::Suppressed),
        ] {
            assert_eq!(style_of(&buffer, text), expected(role), "{text} in {name}");
        }
    }
}

#[test]
fn demo_and_production_are_said_in_words() {
    let mut snapshot = bad_morning();
    snapshot.context = ContextInfo { name: "live".to_owned(), production: true, demo: true, ..snapshot.context };
    let mut model = Model::new(Setup {
        surroundings: crate::app::Surroundings { context: snapshot.context.clone(), ..surroundings() },
        ..setup((80, 24))
    });
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)), now());
    for keys in ["esc", "a", "t", "4", "?"] {
        press(&mut model, keys);
        let header = shown(&model).lines().next().unwrap().to_owned();
        assert!(header.contains("DEMO") && header.contains("live PRODUCTION"), "{header}");
    }
}

#[test]
fn what_is_drawn_can_be_pointed_at() {
    let mut model = morning((200, 60));
    let (_, hits) = picture(&model, &Theme::default(), &Glyphs::utf8());
    let row = Spot::Row(model.overview.list.rows()[1].id);
    assert_eq!(hits.at(5, 5), Some(&row));
    assert_eq!(hits.at(30, 3), Some(&Spot::Column(2)));
    assert_eq!(hits.at(5, 59), None);
    let tab = (0..200).find_map(|x| hits.at(x, 0).filter(|spot| **spot == Spot::Place(Place::Targets)));
    assert!(tab.is_some());
    let click = |model: &mut Model, spot| {
        update(model, Msg::Mouse(MouseInput { kind: MouseKind::Click, spot: Some(spot) }), now())
    };
    assert_eq!(click(&mut model, row.clone()), []);
    assert_eq!(*model.place(), Place::Overview);
    let effects = click(&mut model, row.clone());
    assert_eq!(*model.place(), Place::Service(ServiceId::new("prod", "worker")));
    assert!(matches!(effects[..], [Effect::LoadChart(_)]));
    let (_, hits) = picture(&model, &Theme::default(), &Glyphs::utf8());
    assert!((0..60).any(|y| matches!(hits.at(150, y), Some(Spot::PaneRow(Pane::Findings, _)))));
}

#[test]
fn ticks_draw_only_what_reads_differently() {
    let mut model = morning((80, 24));
    let (mut revision, mut before, mut draws) = (model.revision(), shown(&model), 0);
    for second in 1..=600 {
        update(&mut model, Msg::Tick, now() + SignedDuration::from_secs(second));
        let after = shown(&model);
        if model.revision() == revision {
            assert_eq!(after, before, "after {second} s the text changed without a new revision");
        } else {
            assert_ne!(after, before, "after {second} s a revision changed nothing");
            (revision, draws) = (model.revision(), draws + 1);
        }
        before = after;
    }
    assert!(draws <= 12 + 9, "{draws} draws in ten minutes");
}

#[test]
fn of_thousands_of_services_the_visible_ones_are_drawn() {
    let mut model = model((200, 60));
    update(&mut model, Msg::Snapshot(Arc::new(many(5_000))), now());
    press(&mut model, "G");
    let text = shown(&model);
    assert!(text.contains("service-4998"), "{text}");
    press(&mut model, "/ 4 9 9 8 enter");
    assert_eq!(model.overview.list.rows().len(), 1);
}

fn random_model(size: (u16, u16), count: usize, seed: u64) -> Model {
    let mut snapshot = if count.is_multiple_of(4) { bad_morning() } else { many(count) };
    let odd = [
        "",
        "한국어-서비스-이름-아주-긴-이름",
        "e\u{301}\u{301}",
        "a-very-long-service-name-that-never-ends-and-goes-on-and-on",
    ];
    let mut chance = fastrand::Rng::with_seed(seed);
    for service in &mut snapshot.services {
        match chance.u8(0..7) {
            0 => service.ecs = None,
            1 => odd[chance.usize(0..odd.len())].clone_into(&mut service.id.name),
            2 => service.signals[0].now = Observed::Unknown("no data".into()),
            3 => service.tasks = Observed::Unknown("no data".into()),
            4 => service.findings.clear(),
            _ => {}
        }
    }
    if chance.u8(0..5) == 0 {
        snapshot.sources.clear();
        snapshot.alerts.clear();
    }
    let mut model = model(size);
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)), now());
    model
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_size_no_snapshot_and_no_key_makes_drawing_panic(
        size in (1u16..250, 1u16..80),
        later in (1u16..250, 1u16..80),
        count in 0usize..40,
        seed in any::<u64>(),
        keys in prop::collection::vec(0usize..26, 0..25),
        ascii in any::<bool>(),
    ) {
        const KEYS: [&str; 26] = [
            "enter", "esc", "tab", "down", "a", "t", "4", "1", "?", "!", "/", ":", "x", "p", "s", "S", "G", "g", "]", "y",
            "c", "T", "space", "e", "k", "j",
        ];
        let glyphs = if ascii { Glyphs::ascii() } else { Glyphs::utf8() };
        let theme = Theme::default();
        let mut model = random_model(size, count, seed);
        picture(&model, &theme, &glyphs);
        for (index, key) in keys.into_iter().enumerate() {
            press(&mut model, KEYS[key]);
            with_charts(&mut model);
            if index == 5 {
                update(&mut model, Msg::Resize(later.0, later.1), now());
            }
            picture(&model, &theme, &glyphs);
        }
    }
}

#[test]
fn a_full_block_is_never_shown_reversed() {
    let mut model = morning((80, 24));
    let mut blocks = 0;
    for key in ["down", "G", "g"] {
        press(&mut model, key);
        let (buffer, _) = picture(&model, &theme::load("mono", None).unwrap(), &Glyphs::utf8());
        for (x, y) in (0..80).flat_map(|x| (4..9).map(move |y| (x, y))) {
            let cell = &buffer[(x, y)];
            let is_reversed = cell.modifier.contains(Modifier::REVERSED);
            assert!(cell.symbol() != "█" || !is_reversed, "at {x}, {y}: it would look like a gap");
            blocks += usize::from(cell.symbol() == "█");
        }
    }
    assert!(blocks > 0);
}
