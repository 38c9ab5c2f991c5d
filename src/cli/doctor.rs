//! `rounds doctor`: does everything that is configured work, and if not, what to do.

use std::io::IsTerminal;

use super::args::{Cli, Output};
use super::environment::Environment;
use super::failure::Failure;
use super::{FAREWELL, once, runtime, setup, stdout};
use crate::domain::{Checkup, CheckupState};
use crate::theme::Depth;
use crate::{engine, report};

/// Asks every source, looks at the terminal, and says so.
pub fn run(cli: &Cli, environment: &Environment) -> Result<u8, Failure> {
    let opened = setup::station(cli, environment)?;
    let runtime = runtime()?;
    let mut checkups = opened.checkups.clone();
    checkups.extend(runtime.block_on(engine::checkups(&opened.station, cli.once.timeout)));
    runtime.shutdown_timeout(FAREWELL);
    checkups.extend(terminal(environment));
    let options = once::options(cli, environment, &opened);
    let text = match cli.once.output {
        Output::Json => report::doctor::json(&checkups),
        _ => report::doctor::text(&checkups, &options),
    };
    stdout::print(&text)?;
    Ok(report::doctor::exit_code(&checkups))
}

/// What the terminal can do, as far as it says so itself.
fn terminal(environment: &Environment) -> Vec<Checkup> {
    let check = |name: &str, state, detail: String, next_step: Option<&str>| Checkup {
        group: "terminal".to_owned(),
        name: name.to_owned(),
        state,
        detail,
        took: None,
        next_step: next_step.map(str::to_owned),
    };
    let term = environment.get("TERM");
    let mut found = Vec::new();
    found.push(match (&term, std::io::stdout().is_terminal()) {
        (_, false) => check("screen", CheckupState::Skip, "standard output is no terminal".to_owned(), None),
        (None, true) => {
            check("screen", CheckupState::Warn, "TERM is not set".to_owned(), Some("export TERM=xterm-256color"))
        }
        (Some(term), true) if term == "dumb" => {
            check("screen", CheckupState::Warn, "TERM=dumb cannot place a cursor".to_owned(), Some("use rounds --once"))
        }
        (Some(term), true) => check("screen", CheckupState::Pass, format!("TERM={term}"), None),
    });
    let depth = Depth::detect(environment.reader());
    found.push(check("colour", CheckupState::Pass, depth.text().to_owned(), None));
    found.push(if environment.is_ascii_only() {
        let next = "set LANG or LC_CTYPE to a UTF-8 locale, such as C.UTF-8";
        check("glyphs", CheckupState::Warn, "the locale is not UTF-8: drawing with ASCII".to_owned(), Some(next))
    } else {
        check("glyphs", CheckupState::Pass, "UTF-8".to_owned(), None)
    });
    if environment.is_remote() {
        let text = "over SSH: the mouse is off unless asked for (--mouse)".to_owned();
        found.push(check("mouse", CheckupState::Pass, text, None));
    }
    found
}
