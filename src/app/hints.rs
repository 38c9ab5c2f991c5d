//! The few commands the footer names, most useful first; their keys come from the live keymap.

use crate::command::Command;

use super::{Model, Offer, Place};

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
    let here = model.trail.here();
    let (filtered, problems_only) = model.narrowed();
    let filter = (Command::Filter, if filtered { "filter is on" } else { "filter" });
    let problems = (Command::Problems, if problems_only { "everything" } else { "problems" });
    let back = match (model.enlarged, filtered || problems_only) {
        (true, _) => "list",
        (false, true) => "clear",
        (false, false) => "back",
    };
    let back = (Command::Back, back);
    let in_full = |command| (command, if model.enlarged { "list" } else { "in full" });
    let mut hints = match here {
        Place::Overview => {
            let mut hints = vec![
                (Command::Open, "open"),
                (Command::Actions, "act"),
                (Command::Logs, "logs"),
                (Command::Alerts, "alerts"),
                (Command::Runbooks, "runbooks"),
                filter,
                problems,
                (Command::SortNext, "sort"),
                (Command::Restart, "restart"),
                (Command::Targets, "targets"),
                (Command::Sources, "sources"),
                (Command::Changes, "changes"),
                (Command::Cost, "cost"),
            ];
            if filtered || problems_only {
                hints.insert(0, back);
            }
            hints
        }
        Place::Service(_) => vec![
            back,
            (Command::NextPane, "next part"),
            (Command::Logs, "logs"),
            (Command::Actions, "act"),
            (Command::Runbooks, "runbooks"),
            (Command::Restart, "restart"),
            (Command::SpanLonger, "longer"),
            (Command::SpanShorter, "shorter"),
            (Command::Copy, "copy"),
        ],
        Place::Logs(_) => logs(model),
        Place::Alerts => vec![
            back,
            (Command::Open, "runbook"),
            in_full(Command::Enlarge),
            (Command::Actions, "act"),
            problems,
            filter,
            (Command::Logs, "logs"),
            (Command::SortNext, "sort"),
            (Command::Copy, "copy"),
        ],
        Place::Targets => vec![
            back,
            (Command::Open, "service"),
            in_full(Command::Enlarge),
            (Command::Actions, "act"),
            problems,
            filter,
            (Command::Logs, "logs"),
            (Command::SortNext, "sort"),
            (Command::Copy, "copy"),
        ],
        Place::Sources => {
            vec![back, in_full(Command::Open), (Command::Refresh, "refresh"), problems, (Command::Copy, "copy")]
        }
        Place::Changes => vec![back, in_full(Command::Open), filter, problems, (Command::Copy, "copy")],
        Place::Runbooks => {
            let open = match model.runbooks.list.selected().map(|row| &row.item) {
                Some(Offer::Run(_)) => "look at it",
                Some(Offer::Service(_)) => "go",
                Some(Offer::Runbook(..)) | None => "run",
            };
            vec![back, (Command::Open, open), in_full(Command::Enlarge), filter, (Command::Copy, "copy")]
        }
        Place::Run(id) => run(model, *id),
        Place::Cost => cost(model, filter),
        Place::Messages if model.notices.said().len() == 0 => vec![back],
        Place::Messages => vec![back, (Command::Down, "older"), (Command::Copy, "copy the first")],
        Place::Help => vec![back, (Command::PageDown, "more")],
    };
    if model.gate.word.as_deref() == Some("disarmed") {
        hints.insert(1, (Command::Arm, "arm"));
    }
    hints.push((Command::Palette, "command"));
    if *here != Place::Help {
        hints.push((Command::Help, "help"));
    }
    hints.push((Command::Quit, "quit"));
    hints
}

fn run(model: &Model, id: u64) -> Vec<(Command, &'static str)> {
    let mut hints = vec![(Command::Back, "back")];
    let Some(entry) = model.runbooks.run(id) else { return hints };
    if entry.course.queued(entry.chosen()).is_some() {
        hints.insert(0, (Command::Open, "show the plan"));
    }
    if entry.course.run().ended.is_some() {
        hints.push((Command::Refresh, "look again"));
    }
    hints.extend([
        (Command::Down, "next step"),
        (Command::Copy, "copy its command"),
        (Command::Runbooks, "runbooks"),
        (Command::Alerts, "alerts"),
    ]);
    hints
}

/// What can be different has its keys above the bill: they are named again where there is room.
fn cost(model: &Model, filter: (Command, &'static str)) -> Vec<(Command, &'static str)> {
    let is_narrowed = model.cost.what_if.is_any() || model.cost.list.is_narrowed();
    let back = match (model.enlarged, is_narrowed) {
        (true, _) => "list",
        (false, true) => "as it is",
        (false, false) => "back",
    };
    vec![
        (Command::Back, back),
        (Command::Open, if model.enlarged { "list" } else { "in full" }),
        (Command::CostServices, "services"),
        filter,
        (Command::Copy, "copy"),
        (Command::CostRetention, "days kept"),
        (Command::CostSize, "size"),
        (Command::CostArchitecture, "arm/x86"),
        (Command::CostRegion, "region"),
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
