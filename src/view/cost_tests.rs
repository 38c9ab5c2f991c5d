//! The cost screen as a person sees it, and what its keys do.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::app::run_sample::Scene;
use crate::app::{Effect, Model, Msg, Place};
use crate::domain::{ErrorClass, Ingest, SourceError};
use crate::sim::Scenario;
use crate::theme::{self, Theme};

use super::{Glyphs, draw};

const SIZES: [(u16, u16); 4] = [(60, 20), (80, 24), (120, 40), (200, 60)];

fn picture(model: &Model, theme: &Theme, glyphs: &Glyphs) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0, model.size.1)).unwrap();
    terminal.draw(|frame| drop(draw(frame, model, theme, glyphs))).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let row =
        |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned() + "\n";
    (0..buffer.area.height).map(row).collect()
}

fn shown(scene: &Scene) -> String {
    text(&picture(&scene.model, &Theme::default(), &Glyphs::utf8()))
}

fn measured() -> Msg {
    Msg::Ingest(Ok(Some(Ingest {
        samples_per_second: 33.3,
        over: std::time::Duration::from_mins(8),
        servers: 1,
        bytes_per_sample: Some(1.42),
    })))
}

fn scene(size: (u16, u16)) -> Scene {
    let mut scene = Scene::new(Scenario::Healthy, size);
    let effects = scene.press("$");
    assert_eq!(effects, [Effect::LoadIngest]);
    scene
}

#[test]
fn what_it_costs_as_it_runs_and_what_if() {
    for size in SIZES {
        let name = |what: &str| format!("{what}_{}x{}", size.0, size.1);
        let mut scene = scene(size);
        scene.tell(measured());
        insta::assert_snapshot!(name("cost"), shown(&scene));
        scene.press("down down");
        insta::assert_snapshot!(name("cost_line"), shown(&scene));
        scene.press("n n v w");
        insta::assert_snapshot!(name("cost_what_if"), shown(&scene));
    }
}

#[test]
fn what_is_not_known_is_said() {
    let mut scene = scene((80, 24));
    assert!(shown(&scene).contains("asking prometheus how much it takes in"));
    let error = SourceError::new(ErrorClass::Connect, "GET http://p:9090/api/v1/query: connection refused");
    scene.tell(Msg::Ingest(Err(error)));
    insta::assert_snapshot!("cost_unknown_ingest", shown(&scene));
    scene.tell(Msg::Ingest(Ok(None)));
    assert!(shown(&scene).contains("this Prometheus does not scrape itself"));

    let mut snapshot = scene.model.snapshot.as_deref().unwrap().clone();
    snapshot.context.region = Some("eu-west-9".to_owned());
    for service in &mut snapshot.services {
        service.definition = None;
    }
    scene.tell(Msg::Snapshot(std::sync::Arc::new(snapshot)));
    insta::assert_snapshot!("cost_region_without_prices", shown(&scene));
    scene.tell(Msg::Resize(200, 60));
    scene.press("w");
    let text = shown(&scene);
    assert!(text.contains("ap-northeast-2") && text.contains("its task definition was not read"), "{text}");
}

#[test]
fn keys_change_one_thing_each_and_back_makes_it_as_it_is() {
    let mut scene = scene((120, 40));
    scene.tell(measured());
    let as_it_is = shown(&scene);
    for keys in ["n", "d", "m", "v", "w", "n d m v w", "/ g r a enter"] {
        scene.press(keys);
        assert_ne!(shown(&scene), as_it_is, "{keys}");
        assert!(scene.press("esc").is_empty());
        assert_eq!(shown(&scene), as_it_is, "{keys}");
    }
    scene.press("esc");
    assert_eq!(*scene.model.place(), Place::Overview);
}

#[test]
fn a_line_is_copied_with_its_arithmetic() {
    let mut scene = scene((80, 24));
    let effects = scene.press("down y");
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.contains(" = ") && text.contains(" h x 0.04656 + "), "{text}");
}

#[test]
fn prices_that_are_refused_are_said_where_the_cost_is() {
    let why = "prices.toml:3:1: nothing with a price is called `lcu_hours`; did you mean `lcu_hour`?";
    let mut scene = Scene::new(Scenario::Healthy, (120, 40));
    scene.model = scene.model.with_prices(crate::cost::Table::shipped(), Some(why.to_owned()));
    scene.press("$");
    let text = shown(&scene);
    for said in ["your prices are refused; shipped ones of 2026-10-05", "prices.toml:3:1: nothing with a price"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn a_range_differs_by_a_range() {
    let mut scene = scene((120, 40));
    scene.tell(measured());
    scene.press("n");
    let text = shown(&scene);
    assert!(
        text.lines().any(|line| line.contains(" USD a month, ") && line.contains(" more than as it runs")),
        "{text}"
    );
    let headline = text.lines().find(|line| line.contains(" more than as it runs")).unwrap();
    assert_eq!(headline.split(" more than").next().unwrap().matches('-').count(), 2, "{headline}");
}

#[test]
fn a_refresh_asks_again_how_much_is_taken_in() {
    let mut scene = scene((80, 24));
    assert_eq!(scene.press("r"), [Effect::Refresh, Effect::LoadIngest]);
}

#[test]
fn no_size_and_no_theme_breaks_it_and_ascii_is_ascii() {
    for size in [(40, 10), (41, 13), (60, 16), (80, 24), (300, 90)] {
        let mut scene = scene(size);
        scene.tell(measured());
        for keys in ["", "down", "n", "G", "/ e"] {
            scene.press(keys);
            let text = text(&picture(&scene.model, &Theme::default(), &Glyphs::ascii()));
            assert!(text.is_ascii(), "{size:?} {keys}: {text}");
        }
    }
    let mut scene = scene((120, 40));
    scene.press("n");
    let plain = shown(&scene);
    for name in theme::names(None) {
        let theme = theme::load(&name, None).unwrap();
        let buffer = picture(&scene.model, &theme, &Glyphs::utf8());
        assert_eq!(text(&buffer), plain, "{name}");
        // What is different stands out from what is not.
        let style = |wanted: &str| {
            let row: String = (0..120).map(|x| buffer[(x, 3)].symbol()).collect();
            let x = row.find(wanted).unwrap_or_else(|| panic!("no {wanted} in {row}"));
            buffer[(u16::try_from(x).unwrap(), 3)].style()
        };
        assert_ne!(style("10 services"), style("kept 15 d"), "{name}");
    }
}
