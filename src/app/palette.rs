//! The command palette: commands and names, narrowed by typing.

use std::sync::Arc;

use crate::command::{Command, available};
use crate::domain::{ServiceId, Snapshot};

use super::fuzzy::Fuzzy;
use super::links::links;
use super::{Line, Model};

/// The most candidates listed.
const MOST: usize = 50;

/// The most services offered where no argument was asked for.
const FEW_SERVICES: usize = 5;

/// What a candidate does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    Run(Command),
    Theme(String),
    Context(String),
    Service(ServiceId),
    /// A page in a browser.
    Page(String),
    /// Goes on typing after this word.
    More(&'static str),
}

/// One line that the palette offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What tab completes to.
    pub text: String,
    /// What it does.
    pub doc: String,
    /// The key that does it without the palette; empty where there is none.
    pub key: String,
    /// Positions of the matched characters in the text.
    pub matched: Vec<u32>,
    pub(super) choice: Choice,
}

/// The palette's state.
#[derive(Debug, Clone)]
pub struct Palette {
    /// What is typed.
    pub line: Line,
    /// What is offered, the best first.
    pub candidates: Vec<Candidate>,
    /// The candidate that enter takes.
    pub chosen: usize,
    /// The theme to go back to when themes were tried and none was taken.
    pub(super) theme_before: Option<String>,
}

/// Words that take an argument, and what they do.
const WITH_ARGUMENT: [(&str, &str); 4] = [
    ("service", "go to a service"),
    ("page", "open a page about what the cursor is on"),
    ("context", "look at another context"),
    ("theme", "show another theme"),
];

impl Palette {
    pub(super) fn new(typed: &str, model: &Model) -> Self {
        let mut palette = Self { line: Line::new(typed), candidates: Vec::new(), chosen: 0, theme_before: None };
        palette.refill(model);
        let current = match typed {
            "theme " => Some(&model.theme_name),
            "context " => Some(&model.surroundings.context.name),
            _ => None,
        };
        if let Some(current) = current {
            let is_current =
                |candidate: &Candidate| candidate.text.split_once(' ').is_some_and(|(_, name)| name == current);
            palette.chosen = palette.candidates.iter().position(is_current).unwrap_or_default();
        }
        palette
    }

    /// Computes anew what is offered; the first is chosen.
    pub(super) fn refill(&mut self, model: &Model) {
        self.candidates = candidates(self.line.text(), model);
        self.chosen = 0;
    }

    pub(super) fn step(&mut self, down: bool) {
        let count = self.candidates.len();
        if count > 0 {
            self.chosen = (self.chosen + if down { 1 } else { count - 1 }) % count;
        }
    }

    pub(super) fn choice(&self) -> Option<&Candidate> {
        self.candidates.get(self.chosen)
    }
}

fn candidates(typed: &str, model: &Model) -> Vec<Candidate> {
    let typed = typed.trim_start();
    if let Some((word, argument)) = typed.split_once(' ') {
        let argument = argument.trim();
        match word {
            "theme" => return named(word, argument, &model.theme_names, "", &model.theme_name, Choice::Theme),
            "context" => {
                let current = &model.surroundings.context.name;
                return named(word, argument, &model.context_names, "", current, Choice::Context);
            }
            "page" => return pages(argument, model),
            "service" => return services(argument, model.snapshot.as_ref(), MOST),
            _ => {}
        }
    }
    let typed = typed.trim_end();
    let here = model.trail.here();
    let mut fuzzy = Fuzzy::new(typed);
    let rows = available(here.scopes()).into_iter().filter(|row| model.offers(here, row.command)).map(|row| {
        let key = model.keys(row.command).into_iter().next().unwrap_or_default();
        (row.name, row.doc, key, Choice::Run(row.command))
    });
    let words = WITH_ARGUMENT.iter().map(|(word, doc)| (*word, *doc, String::new(), Choice::More(word)));
    let mut found: Vec<(u32, Candidate)> = rows
        .chain(words)
        .filter_map(|(name, doc, key, choice)| {
            let (score, matched) = fuzzy.matches(name)?;
            let score = if name == typed { u32::MAX } else { score };
            Some((score, Candidate { text: name.to_owned(), doc: doc.to_owned(), key, matched, choice }))
        })
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let mut found: Vec<Candidate> = found.into_iter().map(|(_, candidate)| candidate).collect();
    if typed.len() > 1 {
        found.extend(services(typed, model.snapshot.as_ref(), FEW_SERVICES));
    }
    found
}

fn named(
    word: &str,
    argument: &str,
    names: &[String],
    doc: &str,
    current: &str,
    choice: impl Fn(String) -> Choice,
) -> Vec<Candidate> {
    let found = ranked(argument, names.iter().map(|name| (name.clone(), name.clone())), MOST);
    found
        .into_iter()
        .map(|(name, matched)| Candidate {
            text: format!("{word} {name}"),
            doc: if name == current { "now".to_owned() } else { doc.to_owned() },
            key: String::new(),
            matched: shifted(matched, word),
            choice: choice(name),
        })
        .collect()
}

fn services(argument: &str, snapshot: Option<&Arc<Snapshot>>, most: usize) -> Vec<Candidate> {
    const WORD: &str = "service";
    let Some(snapshot) = snapshot else { return Vec::new() };
    let names = snapshot.services.iter().enumerate().map(|(index, service)| (service.id.to_string(), index));
    ranked(argument, names, most)
        .into_iter()
        .map(|(index, matched)| {
            let service = &snapshot.services[index];
            Candidate {
                text: format!("{WORD} {}", service.id),
                doc: service.verdict.word().to_owned(),
                key: String::new(),
                matched: shifted(matched, WORD),
                choice: Choice::Service(service.id.clone()),
            }
        })
        .collect()
}

fn pages(argument: &str, model: &Model) -> Vec<Candidate> {
    const WORD: &str = "page";
    let links = links(model).into_iter().map(|(name, url)| (name.clone(), (name, url)));
    ranked(argument, links, MOST)
        .into_iter()
        .map(|((name, url), matched)| Candidate {
            text: format!("{WORD} {name}"),
            doc: url.clone(),
            key: String::new(),
            matched: shifted(matched, WORD),
            choice: Choice::Page(url),
        })
        .collect()
}

/// The things whose names match, the best first; in the order given where nothing is typed.
fn ranked<T>(typed: &str, names: impl Iterator<Item = (String, T)>, most: usize) -> Vec<(T, Vec<u32>)> {
    let mut fuzzy = Fuzzy::new(typed);
    let mut found: Vec<(u32, T, Vec<u32>)> = names
        .filter_map(|(name, thing)| fuzzy.matches(&name).map(|(score, matched)| (score, thing, matched)))
        .collect();
    found.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
    found.truncate(most);
    found.into_iter().map(|(_, thing, matched)| (thing, matched)).collect()
}

/// Positions in a name, as positions after `WORD `.
fn shifted(matched: Vec<u32>, word: &str) -> Vec<u32> {
    let by = u32::try_from(word.len() + 1).unwrap_or_default();
    matched.into_iter().map(|position| position + by).collect()
}
