//! The few commands the footer names, most useful first; their keys come from the live keymap.

use crate::command::Command;

use super::{Model, Place};

/// What the footer offers here: each command's first key and one word.
pub fn footer_hints(model: &Model) -> Vec<(String, &'static str)> {
    let here = model.trail.here();
    commands(model)
        .into_iter()
        .filter(|(command, _)| model.offers(here, *command))
        .filter_map(|(command, word)| best(&model.keys(command)).map(|key| (key, word)))
        .collect()
}

/// Of several keys the one to name: a single letter is remembered best.
fn best(keys: &[String]) -> Option<String> {
    let is_letter = |key: &String| key.len() == 1 && key.starts_with(|c: char| c.is_ascii_alphabetic());
    keys.iter().find(|key| is_letter(key)).or(keys.first()).cloned()
}

fn commands(model: &Model) -> Vec<(Command, &'static str)> {
    let filtered = |is: bool| if is { "filter is on" } else { "filter" };
    let problems = |only: bool| if only { "everything" } else { "problems" };
    let mut hints = match model.trail.here() {
        Place::Overview => {
            let list = &model.overview.list;
            let mut hints = vec![
                (Command::Open, "open"),
                (Command::Filter, filtered(!list.filter().is_empty())),
                (Command::Problems, problems(list.problems_only())),
                (Command::Alerts, "alerts"),
                (Command::Actions, "act"),
                (Command::SortNext, "sort"),
                (Command::Restart, "restart"),
                (Command::Targets, "targets"),
                (Command::Sources, "sources"),
            ];
            if !list.filter().is_empty() || list.problems_only() {
                hints.insert(0, (Command::Back, "clear"));
            }
            hints
        }
        Place::Service(_) => vec![
            (Command::Back, "back"),
            (Command::NextPane, "next part"),
            (Command::Logs, "logs"),
            (Command::Actions, "act"),
            (Command::Restart, "restart"),
            (Command::SpanLonger, "longer"),
            (Command::SpanShorter, "shorter"),
            (Command::Copy, "copy"),
        ],
        Place::Logs(_) => logs(model),
        Place::Alerts => vec![
            (Command::Back, "back"),
            (Command::Open, "runbook"),
            (Command::Actions, "act"),
            (Command::Filter, filtered(!model.alerts.list.filter().is_empty())),
            (Command::Problems, if model.alerts.list.problems_only() { "everything" } else { "active" }),
            (Command::SortNext, "sort"),
            (Command::Copy, "copy"),
        ],
        Place::Targets => vec![
            (Command::Back, "back"),
            (Command::Open, "open service"),
            (Command::Actions, "act"),
            (Command::Filter, filtered(!model.targets.list.filter().is_empty())),
            (Command::Problems, problems(model.targets.list.problems_only())),
            (Command::SortNext, "sort"),
            (Command::Copy, "copy"),
        ],
        Place::Sources => vec![
            (Command::Back, "back"),
            (Command::Refresh, "refresh"),
            (Command::Problems, problems(model.sources.list.problems_only())),
            (Command::Copy, "copy"),
        ],
        Place::Changes => vec![
            (Command::Back, "back"),
            (Command::Filter, filtered(!model.changes.list.filter().is_empty())),
            (Command::Problems, problems(model.changes.list.problems_only())),
            (Command::Copy, "copy"),
        ],
        Place::Runbooks => vec![
            (Command::Back, "back"),
            (Command::Open, "run"),
            (Command::Filter, filtered(!model.runbooks.list.filter().is_empty())),
            (Command::Copy, "copy"),
        ],
        Place::Run(run) => {
            let entry = model.runbooks.run(*run);
            let is_queued = entry.is_some_and(|entry| entry.course.queued(entry.chosen()).is_some());
            let mut hints = vec![
                (Command::Back, "back"),
                (Command::Down, "next step"),
                (Command::Copy, "copy its command"),
                (Command::Runbooks, "runbooks"),
                (Command::Alerts, "alerts"),
            ];
            if is_queued {
                hints.insert(0, (Command::Open, "show the plan"));
            }
            hints
        }
        Place::Cost => cost(model, filtered(!model.cost.list.filter().is_empty())),
        Place::Messages => vec![(Command::Back, "back"), (Command::Down, "older"), (Command::Copy, "copy the first")],
        Place::Help => vec![(Command::Back, "back"), (Command::PageDown, "more")],
    };
    if model.gate.word.as_deref() == Some("disarmed") {
        hints.insert(1, (Command::Arm, "arm"));
    }
    hints.push((Command::Palette, "command"));
    if *model.trail.here() != Place::Help {
        hints.push((Command::Help, "help"));
    }
    hints.push((Command::Quit, "quit"));
    hints
}

fn cost(model: &Model, filter: &'static str) -> Vec<(Command, &'static str)> {
    let is_narrowed = model.cost.what_if.is_any() || !model.cost.list.filter().is_empty();
    vec![
        (Command::Back, if is_narrowed { "as it is" } else { "back" }),
        (Command::CostServices, "services"),
        (Command::CostRetention, "days kept"),
        (Command::CostSize, "size"),
        (Command::CostArchitecture, "arm/x86"),
        (Command::CostRegion, "region"),
        (Command::Filter, filter),
        (Command::Copy, "copy"),
    ]
}

fn logs(model: &Model) -> Vec<(Command, &'static str)> {
    let Some(screen) = &model.logs else { return vec![(Command::Back, "back")] };
    let back = match (screen.detail, screen.is_narrowed()) {
        (true, _) => "close",
        (false, true) => "clear",
        (false, false) => "back",
    };
    let mut hints = vec![
        (Command::Back, back),
        (Command::LogFollow, if screen.follows { "pause" } else { "follow" }),
        (Command::Filter, if screen.typed.is_empty() { "filter" } else { "filter is on" }),
        (Command::Open, if screen.detail { "close" } else { "whole line" }),
    ];
    if !screen.typed.is_empty() {
        let around = if screen.sieve.choice().around { "matches only" } else { "lines around" };
        hints.extend([(Command::LogAround, around), (Command::NextMatch, "next")]);
    }
    hints.extend([
        (Command::LogLevel, "level"),
        (Command::LogWrap, if screen.wrap { "cut lines" } else { "wrap" }),
        (Command::LogTask, "one task"),
        (Command::LogMoment, "time"),
        (Command::LogPattern, "pattern"),
        (Command::LogSave, "save"),
        (Command::LogLive, "live"),
    ]);
    hints
}
