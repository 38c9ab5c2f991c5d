//! `rounds man`: one manual page for everything, generated from the command line's own definition.

use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::failure::Failure;
use super::help;
use super::stdout;

const EXIT_STATUS: [(&str, &str); 4] = [
    ("0", "everything looked at is ok"),
    ("1", "a warning"),
    ("2", "something is critical"),
    ("3", "unknown: something could not be looked at, the configuration is wrong, or the usage was"),
];

const FILES: [(&str, &str); 3] = [
    ("~/.config/rounds/config.toml", "the configuration; `rounds config sample` prints one"),
    ("~/.config/rounds/themes/NAME.toml", "themes of your own"),
    ("~/.config/rounds/keymaps/NAME.toml", "keymaps of your own"),
];

/// Variables that are not another name of an option.
const VARIABLES: [(&str, &str); 3] = [
    ("AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, ...", "as everywhere, where the context does not say otherwise"),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "how the network is reached"),
    ("NO_COLOR", "no colours"),
];

/// Prints the manual page.
pub fn run() -> Result<u8, Failure> {
    let page = page().map_err(|error| Failure::new(format!("cannot write the manual page: {error}")))?;
    stdout::print(&String::from_utf8_lossy(&page))?;
    Ok(0)
}

fn page() -> std::io::Result<Vec<u8>> {
    let command = help::command();
    let mut page = Vec::new();
    let main = Man::new(command.clone().disable_help_subcommand(true)).manual("User Commands");
    main.render_title(&mut page)?;
    main.render_name_section(&mut page)?;
    main.render_synopsis_section(&mut page)?;
    main.render_description_section(&mut page)?;
    main.render_options_section(&mut page)?;
    let mut rest = Roff::default();
    rest.control("SH", ["COMMANDS"]);
    for subcommand in command.get_subcommands() {
        commands(&mut rest, "rounds", subcommand);
    }
    list(&mut rest, "EXIT STATUS", &EXIT_STATUS);
    environment(&mut rest, &command);
    list(&mut rest, "FILES", &FILES);
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// A subcommand, or each of its own.
fn commands(roff: &mut Roff, parent: &str, command: &Command) {
    let name = format!("{parent} {}", command.get_name());
    if command.has_subcommands() {
        for subcommand in command.get_subcommands() {
            commands(roff, &name, subcommand);
        }
        return;
    }
    let value = |arg: &Arg| arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let positionals = command
        .get_positionals()
        .filter(|arg| !arg.is_hide_set())
        .map(|arg| format!(" {}", value(arg).unwrap_or_else(|| arg.get_id().as_str().to_uppercase())));
    roff.control("SS", [(name + &positionals.collect::<String>()).as_str()]);
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    for paragraph in about.split("\n\n") {
        roff.control("PP", []).text([roman(paragraph)]);
    }
    for arg in command.get_arguments().filter(|arg| !arg.is_global_set() && !arg.is_hide_set()) {
        argument(roff, arg);
    }
    let taken = command.get_arguments().filter(|arg| arg.is_global_set() && !arg.is_hide_set());
    let taken: Vec<String> = taken.filter_map(|arg| Some(format!("--{}", arg.get_long()?))).collect();
    if !taken.is_empty() {
        roff.control("PP", []).text([roman(format!("Also: {}.", taken.join(", ")))]);
    }
    if let Some(end) = command.get_after_help() {
        // Line by line, as it is.
        roff.control("PP", []).control("nf", []);
        for line in end.to_string().lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
}

fn argument(roff: &mut Roff, arg: &Arg) {
    let value = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    let mut term: Vec<Inline> = Vec::new();
    if let Some(long) = arg.get_long() {
        term.extend([bold(format!("--{long}")), roman(" ")]);
    }
    term.push(italic(value));
    roff.control("TP", []).text(term);
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() {
        help = format!("{help} [default: {}]", defaults.join(" "));
    }
    roff.text([roman(help)]);
    let values: Vec<_> = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set()).collect();
    if values.is_empty() {
        return;
    }
    roff.control("RS", []);
    for value in values {
        roff.control("TP", []).text([bold(value.get_name())]);
        roff.text([roman(value.get_help().map(ToString::to_string).unwrap_or_default())]);
    }
    roff.control("RE", []);
}

fn environment(roff: &mut Roff, command: &Command) {
    let named = |arg: &Arg| Some((arg.get_env()?.to_str()?.to_owned(), format!("as --{}", arg.get_long()?)));
    let options: Vec<(String, String)> = command.get_arguments().filter_map(named).collect();
    let options = options.iter().map(|(name, meaning)| (name.as_str(), meaning.as_str()));
    list(roff, "ENVIRONMENT", &options.chain(VARIABLES).collect::<Vec<_>>());
}

fn list(roff: &mut Roff, heading: &str, entries: &[(&str, &str)]) {
    roff.control("SH", [heading]);
    for (term, meaning) in entries {
        roff.control("TP", []).text([bold(*term)]);
        roff.text([roman(*meaning)]);
    }
}
