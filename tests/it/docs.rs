//! The hand-written pages: what they tell people to type can be typed, and what they show is what is printed.

use std::path::{Path, PathBuf};

use clap::Parser as _;

use crate::support::rounds::Rounds;
use crate::support::world::CALM;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The pages that people wrote. The others are written by the program, and checked beside what writes them.
const PAGES: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "docs/changes.md",
    "docs/manual.md",
    "docs/alert-response.md",
    "docs/checks.md",
    "docs/cost.md",
    "docs/dashboards.md",
    "docs/performance.md",
    "docs/permissions.md",
    "docs/logs.md",
    "docs/promql.md",
    "docs/provision.md",
    "docs/scripting.md",
    "docs/runbooks.md",
];

fn read(page: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(page)).unwrap()
}

/// A page's fenced blocks: their language and their text without indentation.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        let Some(language) = line.trim_start().strip_prefix("```") else { continue };
        let inside = lines.by_ref().take_while(|line| line.trim() != "```");
        let body: Vec<&str> = inside.map(|line| line.get(indent..).unwrap_or_default()).collect();
        blocks.push((language.to_owned(), body.join("\n") + "\n"));
    }
    blocks
}

/// What stands between two marks of a page.
fn marked<'t>(page: &'t str, name: &str) -> &'t str {
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let from = page.find(&begin).unwrap_or_else(|| panic!("no {begin}")) + begin.len();
    &page[from..from + page[from..].find(&end).unwrap_or_else(|| panic!("no {end}"))]
}

/// Every call of the program on a page: from its name to where the shell would end it.
fn calls(text: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    for (at, found) in text.match_indices("rounds ") {
        let before = text[..at].chars().next_back();
        let line = text[at + found.len()..].lines().next().unwrap_or_default();
        // In a sentence only what is set as code is a command.
        let is_code = text[..at].matches('`').count() % 2 == 1 && before == Some('`');
        let is_typed = before.is_none_or(|c| c == '\n' || c == '(')
            || text[..at].ends_with("    ")
            || text[..at].ends_with("target/release/");
        if !(is_code || is_typed) {
            continue;
        }
        let line = if is_code { line.split('`').next().unwrap_or_default() } else { line };
        let line = line.split("     ").next().unwrap_or_default();
        let end = line.find(['|', '>', ')', ';', '<', '#']).unwrap_or(line.len());
        calls.push(line[..end].split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect());
    }
    calls
}

#[test]
fn every_command_on_a_page_is_one() {
    let mut seen = 0;
    for &page in PAGES {
        for words in calls(&read(page)) {
            // `rounds completions SHELL`: a word in capitals stands for what the reader puts there.
            let words = words.into_iter().map(|word| if word == "SHELL" { "bash".to_owned() } else { word });
            let words: Vec<String> = std::iter::once("rounds".to_owned()).chain(words).collect();
            let parsed = rounds::cli::Cli::try_parse_from(&words);
            assert!(parsed.is_ok(), "{page}: {}\n{}", words.join(" "), parsed.unwrap_err());
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} commands were found on the pages");
}

#[test]
fn every_call_to_aws_is_on_the_page_about_permissions() {
    let page = read("docs/permissions.md");
    // The calls as they are written in the code: `action: "StopTask"`, `PAGES.all(session, "DescribeRules"`,
    // `call("GetTaskProtection"`, `"ecs:ListTasks"`. `sts:GetCallerIdentity` needs no permission, and is there as that.
    let call = regex::Regex::new(
        r#"(?:action: |call\(|(?:all|one)\(\s*session,\s*)"((?:[A-Z][a-z]+){2,})"|"(?:ec2|ecs|iam|logs|route53|elastic[a-z]+):([A-Z][A-Za-z]+)""#,
    )
    .unwrap();
    // What a simulated task role is short of, and nobody here calls.
    let only_named = ["CreateLogStream", "PutLogEvents"];
    let mut seen = std::collections::BTreeSet::new();
    let mut files = Vec::new();
    crate::floors::rust_files(&Path::new(ROOT).join("src"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for found in call.captures_iter(&text) {
            let action = found.get(1).or(found.get(2)).unwrap().as_str().to_owned();
            if only_named.contains(&action.as_str()) || !seen.insert(action.clone()) {
                continue;
            }
            assert!(page.contains(&format!(":{action}")), "{}: {action} is not on the page", file.display());
        }
    }
    assert!(seen.len() > 35, "only {} calls were found: {seen:?}", seen.len());
}

#[test]
fn every_scenario_that_is_named_exists() {
    let known = rounds::sim::Scenario::ALL.map(rounds::sim::Scenario::name);
    let mut seen = 0;
    let pages = read("README.md") + "\n\n" + &read("docs/alert-response.md");
    for paragraph in pages.split("\n\n").filter(|text| text.contains("--scenario") || text.contains("*Practise:")) {
        let named =
            paragraph.split_once("*Practise:").map_or(paragraph, |(_, names)| names.split(".*").next().unwrap());
        for word in named.split('`').skip(1).step_by(2) {
            let name = word.strip_prefix("demo --scenario ").unwrap_or(word);
            if name.contains('-') && !name.contains(' ') {
                assert!(known.contains(&name), "there is no scenario {name}:\n{paragraph}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 15, "only {seen} scenarios were found");
}

#[test]
fn every_configuration_on_a_page_is_accepted() {
    let mut seen = 0;
    for &page in PAGES {
        for (_, text) in blocks(&read(page)).into_iter().filter(|(language, _)| language == "toml") {
            let outcome = Rounds::new(["config", "check"]).config(&text).run();
            assert_eq!(outcome.code, Some(0), "{page}:\n{text}\n{outcome:#?}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "only {seen} configurations were found on the pages");
}

#[test]
fn every_query_of_the_cheat_sheet_is_answered() {
    let queries: Vec<_> =
        blocks(&read("docs/promql.md")).into_iter().filter(|(language, _)| language == "promql").collect();
    assert!(queries.len() > 20, "{}", queries.len());
    for (_, query) in queries {
        let answer = CALM.prometheus.query(&query);
        let may_be_empty = query.lines().any(|line| line.starts_with("# nothing "));
        assert!(may_be_empty || !answer.is_empty(), "nothing answers\n{query}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    for page in PAGES.iter().copied().chain(["CHANGELOG.md"]) {
        let text = read(page);
        let folder = Path::new(page).parent().unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { PathBuf::from(page) } else { folder.join(file) };
            let there = Path::new(ROOT).join(&path);
            assert!(there.exists(), "{page}: {target} leads nowhere");
            if !anchor.is_empty() {
                let headings = std::fs::read_to_string(&there).unwrap();
                let found = headings.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor);
                assert!(found, "{page}: {target}: {} has no such heading", path.display());
            }
        }
    }
}

/// The anchor that a heading gets.
fn slug(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
}

#[test]
fn the_readme_shows_what_is_printed() {
    // With a clock that stands still the demo always says the same.
    let printed = Rounds::new(["demo", "--once", "--problems", "--service", "worker", "--speed", "0.001"])
        .run()
        .expect_code(1)
        .stdout;
    let fresh = format!("```text\n$ rounds demo --once --problems --service worker\n{printed}```\n");
    let page = read("README.md");
    if std::env::var_os("ROUNDS_BLESS").is_some() {
        let shown = marked(&page, "once");
        let begin = page.find(shown).unwrap();
        let blessed = format!("{}{fresh}{}", &page[..begin], &page[begin + shown.len()..]);
        std::fs::write(Path::new(ROOT).join("README.md"), blessed).unwrap();
    } else {
        assert_eq!(
            marked(&page, "once"),
            fresh,
            "README.md is out of date; run: ROUNDS_BLESS=1 cargo test --test it docs"
        );
    }
}
