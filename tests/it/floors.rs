//! The floors of the house: no room imports from its own floor or above, and what touches the world (terminal, network,
//! clock, files, processes) stays in the rooms made for it. Reads `src/` as text; a breach is reported as `file:line`.

mod scan;

use std::path::{Path, PathBuf};

use scan::{Line, Source};

/// Every room and the rooms it may import from.
const ROOMS: &[(&str, &[&str])] = &[
    // floor 0
    ("domain", &[]),
    ("format", &["domain"]),
    // floor 1
    ("assess", &["domain", "format"]),
    ("located", &["format"]),
    ("command", &["domain", "format"]),
    ("theme", &["located", "format"]),
    ("keymap", &["command", "located", "domain", "format"]),
    ("config", &["located", "domain", "format"]),
    ("runbook", &["located", "domain", "format"]),
    ("net", &["config", "domain", "format"]),
    ("cost", &["located", "domain", "format"]),
    ("sim", &["domain", "format"]),
    ("provision", &["located", "domain", "format"]),
    // floor 2: none of them sees another
    ("app", &["command", "cost", "keymap", "config", "runbook", "domain", "format", "theme"]),
    ("source", &["sim", "net", "config", "domain", "format"]),
    ("exec", &["sim", "net", "config", "domain", "format"]),
    ("stack", &["provision", "sim", "net", "domain", "format"]),
    // floor 3: none of them sees another
    ("terraform", &["exec", "provision", "cost", "net", "config", "domain", "format"]),
    ("engine", &["assess", "app", "source", "exec", "sim", "net", "config", "runbook", "domain", "format"]),
    ("view", &["app", "command", "cost", "keymap", "theme", "config", "runbook", "domain", "format"]),
    ("report", &["app", "cost", "theme", "config", "runbook", "domain", "format"]),
    // floor 4
    (
        "shell",
        &[
            "engine", "view", "app", "source", "sim", "command", "keymap", "theme", "net", "config", "runbook",
            "domain", "format",
        ],
    ),
    // floor 5
    (
        "cli",
        &[
            "shell",
            "engine",
            "view",
            "report",
            "app",
            "source",
            "exec",
            "command",
            "cost",
            "keymap",
            "located",
            "theme",
            "config",
            "net",
            "sim",
            "runbook",
            "provision",
            "stack",
            "terraform",
            "domain",
            "format",
        ],
    ),
];

/// A word of the world outside, and the only rooms that may say it.
struct Door {
    what: &'static str,
    /// Paths as they are written: `a::b` stands for `a::b` itself, `use a::{b, ..}` and anything below it.
    paths: &'static [&'static str],
    rooms: &'static [&'static str],
}

const DOORS: &[Door] = &[
    Door { what: "draws", paths: &["ratatui"], rooms: &["theme", "view", "shell"] },
    Door { what: "speaks to the terminal", paths: &["crossterm"], rooms: &["shell"] },
    Door {
        what: "speaks to the network",
        paths: &[
            "reqwest",
            "hyper",
            "rustls",
            "tokio::net",
            "std::net::TcpStream",
            "aws_config",
            "aws_credential_types",
            "aws_sdk_applicationautoscaling",
            "aws_sdk_cloudwatch",
            "aws_sdk_ecs",
            "aws_sdk_sts",
            "aws_sigv4",
            "aws_smithy_async",
            "aws_smithy_runtime_api",
            "aws_smithy_types",
            "aws_types",
            "rustls_platform_verifier",
            "tokio_rustls",
        ],
        rooms: &["net", "source", "exec", "stack"],
    },
    Door {
        what: "reads the clock",
        paths: &["Timestamp::now", "Zoned::now", "Instant::now", "SystemTime::now"],
        rooms: &["shell", "engine", "cli", "net"],
    },
    Door {
        what: "touches files or processes",
        paths: &["std::fs", "tokio::fs", "std::process", "tokio::process"],
        rooms: &[
            "located",
            "config",
            "net",
            "theme",
            "keymap",
            "exec",
            "runbook",
            "stack",
            "terraform",
            "shell",
            "cli",
        ],
    },
];

/// The question comes at 400 lines; this is the answer.
const LONGEST_FILE: usize = 800;

/// Every breach in one file, as `file:line: what`.
fn breaches(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        found.push(format!("{file}:{lines}: the file is longer than {LONGEST_FILE} lines"));
    }
    let source = Source::new(file, text);
    let Some(name) = source.room() else {
        return found;
    };
    let Some((room, below)) = ROOMS.iter().find(|(known, _)| *known == name) else {
        found.push(format!("{file}:1: `{name}` is a room without a floor: give it one in tests/it/floors.rs"));
        return found;
    };
    for (Line(line), other) in source.imported_rooms() {
        let known = ROOMS.iter().any(|(name, _)| *name == other);
        if known && other != name && !below.contains(&other.as_str()) {
            found.push(format!("{file}:{line}: `{room}` imports from `{other}`, which is not below it"));
        }
    }
    for door in DOORS.iter().filter(|door| !door.rooms.contains(room)) {
        for path in door.paths {
            for Line(line) in source.mentions(path) {
                found.push(format!(
                    "{file}:{line}: `{room}` {} (`{path}`); only {} may",
                    door.what,
                    door.rooms.join(", ")
                ));
            }
        }
    }
    found
}

#[test]
fn the_house_keeps_its_floors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    rust_files(&root.join("src"), &mut paths);
    assert!(paths.len() > 20, "src was not read: {paths:?}");
    let read = |path: &PathBuf| {
        (path.strip_prefix(root).unwrap().display().to_string(), std::fs::read_to_string(path).unwrap())
    };
    let files: Vec<(String, String)> = paths.iter().map(read).collect();
    let for_tests: Vec<String> = files.iter().flat_map(|(file, text)| scan::test_modules(file, text)).collect();
    let is_for_tests = |file: &str| {
        for_tests.iter().any(|module| file == format!("{module}.rs") || file.starts_with(&format!("{module}/")))
    };
    let found: Vec<String> =
        files.iter().filter(|(file, _)| !is_for_tests(file)).flat_map(|(file, text)| breaches(file, text)).collect();
    assert!(found.is_empty(), "{} breaches of the floors:\n{}", found.len(), found.join("\n"));
}

pub(crate) fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn every_room_sees_only_rooms_listed_before_it() {
    for (position, (room, below)) in ROOMS.iter().enumerate() {
        for other in *below {
            assert!(
                ROOMS[..position].iter().any(|(name, _)| name == other),
                "{room} sees {other}, which is not below it"
            );
        }
    }
    let sees = |room: &str, other: &str| ROOMS.iter().any(|(name, below)| *name == room && below.contains(&other));
    for apart in [["app", "source", "exec"], ["engine", "view", "report"]] {
        for room in apart {
            assert!(!apart.iter().any(|other| sees(room, other)), "{room} sees a room of its own floor");
        }
    }
}

#[test]
fn planted_breaches_are_found() {
    for (file, text, wanted) in [
        ("src/domain/a.rs", "use crate::app::Model;", "src/domain/a.rs:1: `domain` imports from `app`"),
        ("src/app/a.rs", "\n\nuse crate::{domain::Verdict, source};\n", "src/app/a.rs:3: `app` imports from `source`"),
        (
            "src/app/a.rs",
            "use crate::{\n    domain::{self, a::b},\n    net::Meter,\n};",
            "src/app/a.rs:3: `app` imports from `net`",
        ),
        ("src/view/mod.rs", "fn f() { crate::engine::go(); }", "src/view/mod.rs:1: `view` imports from `engine`"),
        ("src/view/mod.rs", "use super::report::Text;", "src/view/mod.rs:1: `view` imports from `report`"),
        ("src/source/ecs/mod.rs", "use super::super::app;", "src/source/ecs/mod.rs:1: `source` imports from `app`"),
        ("src/source/ecs/a.rs", "pub(in crate::exec) fn f() {}", "src/source/ecs/a.rs:1: `source` imports from `exec`"),
        ("src/app.rs", "use crate :: view :: draw;", "src/app.rs:1: `app` imports from `view`"),
        ("src/attic/a.rs", "", "src/attic/a.rs:1: `attic` is a room without a floor"),
        ("src/assess/a.rs", "use crate::config::x;", "src/assess/a.rs:1: `assess` imports from `config`"),
        ("src/domain/a.rs", "use crate::format;", "src/domain/a.rs:1: `domain` imports from `format`"),
        ("src/domain/a.rs", "use crate::assess::x;", "src/domain/a.rs:1: `domain` imports from `assess`"),
        ("src/view/a.rs", "use crate::assess::Facts;", "src/view/a.rs:1: `view` imports from `assess`"),
        ("src/report/a.rs", "use ratatui::text::Line;", "src/report/a.rs:1: `report` draws"),
        ("src/view/a.rs", "let x = crossterm::terminal::size();", "src/view/a.rs:1: `view` speaks to the terminal"),
        ("src/app/a.rs", "let now = jiff::Timestamp::now();", "src/app/a.rs:1: `app` reads the clock"),
        ("src/view/a.rs", "let began = Instant::now();", "src/view/a.rs:1: `view` reads the clock"),
        ("src/sim/a.rs", "use std::{collections::BTreeMap, fs};", "src/sim/a.rs:1: `sim` touches files"),
        ("src/sim/a.rs", "use std::fs;", "src/sim/a.rs:1: `sim` touches files"),
        ("src/source/a.rs", "std::process::Command::new(\"x\");", "src/source/a.rs:1: `source` touches files"),
        ("src/app/a.rs", "use aws_sdk_ecs::Client;", "src/app/a.rs:1: `app` speaks to the network"),
        ("src/config/a.rs", "fn f(c: &reqwest::Client) {}", "src/config/a.rs:1: `config` speaks to the network"),
        // The tests of a file are free; what follows them is not.
        (
            "src/app/a.rs",
            "#[cfg(test)]\nmod tests { use crate::sim::x; fn f() { \"}\"; } }\nuse crate::sim::y;",
            "src/app/a.rs:3: `app` imports from `sim`",
        ),
    ] {
        let found = breaches(file, text);
        assert!(found.len() == 1 && found[0].starts_with(wanted), "{file}: {text}\nfound {found:?}\nwanted {wanted}");
    }
    let long = "\n".repeat(LONGEST_FILE + 1);
    assert_eq!(breaches("src/app/a.rs", &long), ["src/app/a.rs:801: the file is longer than 800 lines"]);
}

#[test]
fn files_that_are_modules_of_tests_only_are_known() {
    for (file, text, modules) in [
        ("src/report/once/mod.rs", "mod text;\n#[cfg(test)]\nmod docs;\n", vec!["src/report/once/docs"]),
        ("src/view.rs", "#[cfg(test)] pub(crate) mod sample;", vec!["src/view/sample"]),
        ("src/lib.rs", "#[cfg(test)]\nmod shared;", vec!["src/shared"]),
        ("src/app/mod.rs", "#[cfg(test)]\nmod tests { use super::*; }\nmod model;", vec![]),
    ] {
        assert_eq!(scan::test_modules(file, text), modules, "{file}: {text}");
    }
}

#[test]
fn what_is_allowed_is_let_be() {
    for (file, text) in [
        ("src/lib.rs", "pub mod app; pub use crate::shell::x;"),
        ("src/main.rs", "fn main() -> std::process::ExitCode { rounds::cli::main() }"),
        (
            "src/app/a.rs",
            "use crate::domain::Verdict; use crate::app::model; use super::update; use super::super::domain;",
        ),
        ("src/app/a.rs", "// use crate::view::x;\n/* crossterm /* nested */ ratatui */ /// `crate::net`\nfn f() {}"),
        (
            "src/app/a.rs",
            r##"const A: &str = "crate::net::x"; const B: &str = r#"std::fs " crossterm"#; const C: char = '"'; fn d<'a>(x: &'a str) {}"##,
        ),
        ("src/app/a.rs", "#[cfg(test)]\nmod tests { use crate::sim::x; use std::fs; let a = Instant::now(); }"),
        ("src/app/a.rs", "#[cfg(test)]\nuse crate::sim::x;\n#[cfg(all(test, unix))] fn f() { crate::sim::x() }"),
        ("src/app/a.rs", "use crate::{command::{self, Command}, keymap::Key};"),
        ("src/assess/a.rs", "use crate::format; use super::super::domain::Verdict; use crate::domain::Finding;"),
        ("src/engine/a.rs", "use crate::assess::{self, Facts};"),
        ("src/app/a.rs", "let hyperbola = 1; struct Reqwest; mod fs {} use jiff::Timestamp; process::x();"),
        ("src/shell/a.rs", "use crossterm::event; use ratatui::Frame; let now = Timestamp::now();"),
        ("src/net/a.rs", "use reqwest::Client; use std::fs; let now = Instant::now();"),
        ("src/theme/a.rs", "use ratatui::style::Color; use std::fs;"),
        ("src/cli/a.rs", "use crate::{shell, report, exec}; std::process::ExitCode::SUCCESS;"),
    ] {
        assert_eq!(breaches(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}
