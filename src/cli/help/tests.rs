use std::collections::BTreeSet;

use super::*;

/// The longest first line of a subcommand: it stands beside the names of all of them.
const FIRST_LINE: usize = 64;

/// Every subcommand, by its words.
fn all(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
    found.push((path.to_owned(), command.clone()));
    for sub in command.get_subcommands() {
        all(sub, format!("{path} {}", sub.get_name()).trim_start(), found);
    }
}

fn subcommands() -> Vec<(String, Command)> {
    let mut found = Vec::new();
    all(&command(), "", &mut found);
    found
}

fn help(words: &[&str]) -> String {
    // As wide as a pipe, whatever terminal the tests run in.
    let shown = command().term_width(100).try_get_matches_from([&["rounds"], words, &["--help"]].concat()).unwrap_err();
    assert!(!shown.use_stderr(), "{words:?}: {shown}");
    shown.to_string()
}

#[test]
fn the_command_line_is_sound() {
    command().debug_assert();
    for_shells().debug_assert();
}

#[test]
fn every_subcommand_has_a_page_and_every_page_a_subcommand() {
    let there: BTreeSet<String> = subcommands().into_iter().map(|(path, _)| path).collect();
    let pages: BTreeSet<String> = pages::PAGES.iter().map(|page| page.path.to_owned()).collect();
    assert_eq!(there, pages);
}

#[test]
fn every_page_begins_with_one_short_line_and_ends_with_what_to_type() {
    for (path, command) in subcommands().into_iter().filter(|(path, _)| !path.is_empty()) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let is_provision = path.starts_with("provision ");
        assert!(is_provision || about.chars().count() <= FIRST_LINE, "{path}: {about}");
        assert!(!about.ends_with('.') && about.starts_with(char::is_uppercase), "{path}: {about}");
        let page = pages::of(&path).unwrap();
        assert!(!page.examples.is_empty(), "{path}");
        let says_it = command.get_long_about().is_some_and(|about| about.to_string().contains("Exit 0"));
        assert!(!page.exits.is_empty() || says_it || path == "provision", "{path} says no exit codes");
    }
}

#[test]
fn every_example_can_be_typed() {
    for page in pages::PAGES {
        for (example, _) in page.examples {
            let typed = example.split([';', '|', '>']).next().unwrap();
            // Quotes as a shell takes them: none of the examples has a quote in a quote.
            let mut words: Vec<String> = Vec::new();
            for (number, part) in typed.split('\'').enumerate() {
                match number % 2 {
                    0 => words.extend(part.split_whitespace().map(str::to_owned)),
                    _ => words.push(part.to_owned()),
                }
            }
            let typed = words[1..].iter().take_while(|word| page.path.split(' ').any(|part| part == *word)).count();
            let path = page.path.split(' ').filter(|word| !word.is_empty()).count();
            assert!(typed >= path || page.path.is_empty(), "{}: {example} is about something else", page.path);
            // A pattern with a bar is cut off above: what is left of it is an option without a value.
            if example.contains("'timeout|") {
                continue;
            }
            let parsed = read(&words);
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
    }
}

#[test]
fn no_option_stands_twice_on_a_page_and_none_that_does_nothing() {
    let global: Vec<Arg> = Cli::command().get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    for (path, _) in subcommands() {
        let words: Vec<&str> = path.split(' ').filter(|word| !word.is_empty()).collect();
        let text = help(&words);
        let mut seen = BTreeSet::new();
        let is_option = |line: &&str| line.starts_with("--") || line.get(2..6) == Some(", --");
        for line in text.lines().map(str::trim_start).filter(is_option) {
            let long = line.split([' ', ',']).find(|word| word.starts_with("--")).unwrap();
            assert!(seen.insert(long.to_owned()), "{path}: {long} stands there twice:\n{text}");
        }
        let page = pages::of(&path).unwrap();
        for arg in global.iter().filter(|_| !path.is_empty()) {
            let long = format!("--{}", arg.get_long().unwrap());
            let own =
                matches!((path.as_str(), arg.get_id().as_str()), ("provision apply" | "provision destroy", "yes"));
            assert_eq!(seen.contains(&long), page.offers(arg.get_id().as_str()) || own, "{path} {long}:\n{text}");
        }
        let scenarios = text.matches("wedged-task").count();
        assert!(scenarios <= 1, "{path}: {text}");
    }
}

#[test]
fn a_shell_completes_only_what_does_something() {
    let mut shells = for_shells();
    shells.build();
    let run = shells.find_subcommand("do").and_then(|command| command.find_subcommand("restart")).unwrap();
    let offered: Vec<&str> = run.get_arguments().filter_map(Arg::get_long).collect();
    assert!(offered.contains(&"dry-run") && offered.contains(&"service"), "{offered:?}");
    assert!(!offered.contains(&"problems") && !offered.contains(&"theme"), "{offered:?}");
    let output = run.get_arguments().find(|arg| arg.get_id() == "output").unwrap();
    let forms: Vec<String> = output.get_possible_values().iter().map(|form| form.get_name().to_owned()).collect();
    assert_eq!(forms, ["text", "json"]);
}

#[test]
fn options_may_stand_before_and_after_the_subcommand() {
    for words in [
        ["rounds", "--once", "-o", "json", "demo", "--scenario", "healthy"],
        ["rounds", "demo", "--once", "-o", "json", "--scenario", "healthy"],
    ] {
        let cli = read(words).unwrap();
        assert!(cli.once.once && cli.once.output == Output::Json, "{cli:?}");
    }
    let cli = read(["rounds", "do", "--yes", "restart", "api", "--dry-run", "-c", "prod"]).unwrap();
    let Some(super::super::args::Command::Do(args)) = &cli.command else { panic!("{cli:?}") };
    assert!(args.how.yes && args.how.dry_run && cli.context.context.as_deref() == Some("prod"), "{cli:?}");
}

#[test]
fn pages_read_well() {
    insta::assert_snapshot!("restart", help(&["do", "restart"]));
    insta::assert_snapshot!("logs", help(&["logs"]));
    insta::assert_snapshot!("check", help(&["check"]));
}
