//! The runbooks' screens as a person sees them.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::app::Model;
use crate::app::run_sample::Scene;
use crate::sim::Scenario;
use crate::theme::Theme;

use super::{Glyphs, draw};

fn shown(model: &Model, glyphs: &Glyphs) -> String {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0, model.size.1)).unwrap();
    terminal.draw(|frame| drop(draw(frame, model, &Theme::default(), glyphs))).unwrap();
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let row: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

fn snap(name: &str, scenario: Scenario, keys: &str) {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut scene = Scene::new(scenario, size);
        let effects = scene.press(keys);
        scene.answer(effects);
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), shown(&scene.model, &Glyphs::utf8()));
    }
}

#[test]
fn the_way_from_an_alert_to_a_proposed_change() {
    snap("runbooks_of_an_alert", Scenario::WedgedTask, "a enter");
    snap("run_with_a_change", Scenario::WedgedTask, "a enter enter");
    snap("run_of_a_storm", Scenario::AlertStorm, "a enter enter");
}

#[test]
fn after_its_change_what_was_found_before_recedes() {
    for size in [(60, 20), (80, 24), (120, 40)] {
        let mut scene = Scene::new(Scenario::WedgedTask, size);
        let effects = scene.press("a enter enter");
        scene.answer(effects);
        let plan = scene.confirm();
        let effects = scene.verified(&plan);
        scene.answer(effects);
        scene.press("esc");
        let text = shown(&scene.model, &Glyphs::utf8());
        assert!(text.lines().nth(1).unwrap().contains("verified"), "{text}");
        insta::assert_snapshot!(format!("run_verified_{}x{}", size.0, size.1), text);
        scene.press("esc");
        insta::assert_snapshot!(
            format!("runbooks_verified_{}x{}", size.0, size.1),
            shown(&scene.model, &Glyphs::utf8())
        );
    }
}

#[test]
fn where_only_problems_are_shown_it_is_said_what_is_none() {
    let mut scene = Scene::new(Scenario::MixedBadDay, (80, 24));
    scene.press("a p");
    let text = shown(&scene.model, &Glyphs::utf8());
    assert!(text.lines().nth(1).unwrap().ends_with("problems only  5 shown  Watchdog is no problem"), "{text}");
    assert_eq!(text.matches("Watchdog").count(), 1, "{text}");
}

#[test]
fn nothing_found_is_calm() {
    let mut scene = Scene::new(Scenario::Healthy, (80, 24));
    let effects = scene.press("4 b enter");
    scene.answer(effects);
    insta::assert_snapshot!("run_all_well", shown(&scene.model, &Glyphs::utf8()));
}

#[test]
fn while_it_looks() {
    let mut scene = Scene::new(Scenario::PrometheusDown, (80, 24));
    scene.press("4 b enter");
    insta::assert_snapshot!("run_looking", shown(&scene.model, &Glyphs::utf8()));
}

#[test]
fn no_size_breaks_them_and_ascii_is_ascii() {
    for scenario in [Scenario::WedgedTask, Scenario::MetricsStopped] {
        for size in [(40, 10), (41, 11), (60, 14), (80, 24), (300, 90)] {
            let mut scene = Scene::new(scenario, size);
            let effects = scene.press("a enter enter");
            scene.answer(effects);
            for keys in ["", "up", "up up up", "down down down down down down", "b"] {
                scene.press(keys);
                assert!(shown(&scene.model, &Glyphs::ascii()).is_ascii(), "{scenario} {size:?}");
            }
        }
    }
}
