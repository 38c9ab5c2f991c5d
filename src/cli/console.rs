//! `rounds`: the console.

use super::args::Cli;
use super::environment::Environment;
use super::failure::Failure;
use super::setup::Opened;
use super::{FAREWELL, cost, runbook, runtime};
use crate::app::{Model, Notice, Setup};
use crate::cost::Table;
use crate::runbook::Library;
use crate::shell::{self, Session};
use crate::view::Glyphs;
use crate::{keymap, theme};

/// Opens the console and stays until the person leaves.
pub fn run(cli: &Cli, environment: &Environment, opened: Opened) -> Result<u8, Failure> {
    shell::check(environment.get("TERM").as_deref())
        .map_err(|refusal| Failure::new(refusal.to_string()).with_hint("rounds --once prints one look instead"))?;
    let mut notices: Vec<Notice> = opened.warnings.into_iter().map(Notice::warning).collect();
    let look = opened.look;
    let keymap = keymap::load(&look.keymap, look.keymaps_dir.as_deref()).unwrap_or_else(|error| {
        notices.push(Notice::error(format!("keymap {} refused, using default: {}", look.keymap, error.brief())));
        keymap::Keymap::default()
    });
    let (theme, theme_name) = match theme::load(&look.theme, look.themes_dir.as_deref()) {
        Ok(theme) => (theme, look.theme.clone()),
        Err(error) => {
            notices.push(Notice::error(format!("theme {} refused, using dark: {}", look.theme, error.brief())));
            (theme::Theme::default(), "dark".to_owned())
        }
    };
    let library = Library::load(runbook::folder(cli, environment).as_deref());
    for refused in &library.refused {
        notices.push(Notice::error(format!("a runbook is refused: {}", refused.brief())));
    }
    let (prices, refused) = match cost::table(cli, environment, None) {
        Ok(prices) => (prices, None),
        Err(refused) => (Table::shipped(), Some(refused.brief())),
    };
    if let Some(why) = &refused {
        notices.push(Notice::error(format!("prices refused, using the shipped ones: {why}")));
    }
    let is_ascii = cli.look.ascii || opened.ascii.unwrap_or_else(|| environment.is_ascii_only());
    let model = Model::new(Setup {
        surroundings: shell::surroundings(&opened.station),
        keymap,
        theme_name,
        theme_names: theme::names(look.themes_dir.as_deref()),
        context_names: opened.contexts,
        zone: opened.zone,
        size: (80, 24),
        notices,
    })
    .with_runbooks(&library)
    .with_prices(prices, refused);
    let session = Session {
        model,
        station: opened.station,
        theme: theme.at_depth(look.depth),
        glyphs: if is_ascii { Glyphs::ascii() } else { Glyphs::utf8() },
        mouse: look.mouse,
        open_context: opened.open_context,
        load_theme: Box::new(move |name| {
            let theme = theme::load(name, look.themes_dir.as_deref()).map_err(|error| error.brief())?;
            Ok(theme.at_depth(look.depth))
        }),
        browser: environment.browser(),
        home: environment.get("HOME").map(Into::into),
        path: environment.get("PATH").map(Into::into),
    };
    let runtime = runtime()?;
    let answer = runtime.block_on(shell::run(session));
    // A backend that hangs must not keep the person waiting for the prompt.
    runtime.shutdown_timeout(FAREWELL);
    answer.map(|()| 0).map_err(|error| Failure::new(format!("the terminal failed: {error}")))
}
