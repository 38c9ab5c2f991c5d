//! What `--help` says. The command line's definition has the options; which of the global ones mean something to a
//! subcommand, what to type and what it exits with is in [`pages`]. Help, manual page and completions are all made of
//! this, so none of them offers what does nothing.

mod pages;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command, CommandFactory, FromArgMatches, ValueEnum};

use self::pages::Page;
use super::args::{Cli, Output};

/// The heading of options about what is printed, outside the console.
const PRINTED: &str = "What is printed";

/// Reads the command line.
///
/// # Errors
/// What is wrong with it; or the page that was asked for.
pub fn parse() -> Result<Cli, clap::Error> {
    read(std::env::args_os())
}

fn read<W>(words: impl IntoIterator<Item = W>) -> Result<Cli, clap::Error>
where
    W: Into<std::ffi::OsString> + Clone,
{
    let matches = command().try_get_matches_from(words)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command()))
}

/// The command line with its pages. Global options are taken everywhere, as scripts put them anywhere, and shown where
/// they mean something.
pub fn command() -> Command {
    dressed(Cli::command(), "", &[], Offers::Hidden)
}

/// The same with only those options that mean something: what a shell should complete.
pub fn for_shells() -> Command {
    dressed(Cli::command(), "", &[], Offers::Gone)
}

/// What becomes of a global option where it means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offers {
    Hidden,
    Gone,
}

fn dressed(command: Command, path: &str, inherited: &[Arg], offers: Offers) -> Command {
    let page = pages::of(path);
    let own: Vec<Arg> = command.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    let handed_on: Vec<Arg> = own.into_iter().chain(inherited.iter().cloned()).collect();
    let mut command = match offers {
        Offers::Hidden => command,
        Offers::Gone => command.mut_args(|arg| arg.global(false)),
    };
    for arg in inherited {
        let means_something = page.is_some_and(|page| page.offers(arg.get_id().as_str()));
        let arg = page.map_or_else(|| arg.clone(), |page| worded(arg.clone(), page));
        match offers {
            Offers::Hidden => command = command.arg(arg.hide(!means_something)),
            Offers::Gone if means_something => command = command.arg(completed(arg.global(false), page)),
            Offers::Gone => {}
        }
    }
    if let Some(page) = page {
        command = command.after_help(page.end());
    }
    let below = |sub: Command| {
        let path = format!("{path} {}", sub.get_name());
        dressed(sub, path.trim_start(), &handed_on, offers)
    };
    command.mut_subcommands(below)
}

/// An option in the words of the page it is on.
fn worded(arg: Arg, page: &Page) -> Arg {
    match arg.get_id().as_str() {
        "services" => match page.service {
            Some(meant) => arg.help(meant.help).value_name(meant.value),
            None => arg,
        },
        "output" => {
            let forms = page.forms.join(", ");
            arg.help(format!("The form of what is printed: {forms}")).hide_possible_values(true).help_heading(PRINTED)
        }
        "width" | "ascii" => arg.help_heading(PRINTED),
        "timeout" => arg.help_heading("What to look at"),
        _ => arg,
    }
}

/// An option whose values are those that the page has.
fn completed(arg: Arg, page: Option<&'static Page>) -> Arg {
    match page {
        Some(page) if arg.get_id() == "output" => {
            let forms = PossibleValuesParser::new(page.forms.iter().copied());
            arg.value_parser(forms.try_map(|form| Output::from_str(&form, false)))
        }
        _ => arg,
    }
}

#[cfg(test)]
mod tests;
