//! What must be said before a change can be planned: how many tasks, how long a silence and why, which note.

use std::time::Duration;

use crate::domain::{Change, Consent, Matcher, ServiceId, SilenceAsk, SourceKind};

use crate::keymap::{Code, Key};

use super::Line;
use super::action::Intent;

/// The lengths of a silence to choose from.
pub const LENGTHS: [(&str, Duration); 6] = [
    ("15m", Duration::from_mins(15)),
    ("30m", Duration::from_mins(30)),
    ("1h", Duration::from_hours(1)),
    ("2h", Duration::from_hours(2)),
    ("8h", Duration::from_hours(8)),
    ("24h", Duration::from_hours(24)),
];

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// How many tasks.
    Scale {
        /// Of which service.
        service: ServiceId,
        /// Wanted now.
        now: u32,
    },
    /// For how long and why.
    Silence {
        /// Which alerts.
        matchers: Vec<Matcher>,
        /// Where it is made.
        source: SourceKind,
        /// Which of [`LENGTHS`].
        length: usize,
    },
    /// Which note.
    Note,
    /// Whether a shell is to be opened in production: the service's name.
    Shell {
        /// Of which service.
        service: ServiceId,
        /// In which task.
        task: String,
    },
}

/// What an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answered {
    /// The plan of a change.
    Change(Change),
    /// A shell in a task of a service, the name typed.
    Shell(ServiceId, String, Consent),
}

/// A question and the answer so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// What is asked for.
    pub question: Question,
    /// What is typed.
    pub line: Line,
    /// Whether that is an offer still: the first character typed takes its place.
    pub is_offer: bool,
    /// What is wrong with it.
    pub complaint: Option<String>,
}

impl Asking {
    /// The question that comes before an intent's plan; nothing where it needs none.
    pub(super) fn of(intent: &Intent) -> Option<Self> {
        let (question, text) = match intent {
            Intent::AskScale(service, now) => {
                (Question::Scale { service: service.clone(), now: *now }, now.to_string())
            }
            Intent::AskSilence(matchers, source) => {
                (Question::Silence { matchers: matchers.clone(), source: *source, length: 1 }, String::new())
            }
            Intent::AskNote => (Question::Note, String::new()),
            Intent::Plan(_) | Intent::ChooseTask(_) => return None,
        };
        let is_offer = !text.is_empty();
        Some(Self { question, line: Line::new(&text), is_offer, complaint: None })
    }

    /// The question before a shell in production.
    pub(super) fn shell(service: ServiceId, task: String) -> Self {
        Self { question: Question::Shell { service, task }, line: Line::default(), is_offer: false, complaint: None }
    }

    /// A key for the line. Says whether it was one.
    pub(super) fn key(&mut self, key: Key) -> bool {
        if matches!(key, Key { code: Code::Char(_), ctrl: false, alt: false }) {
            self.take_offer_away();
        }
        self.is_offer = false;
        self.line.key(key)
    }

    /// A text for the line, all at once. Of one that asks for a number its digits.
    pub(super) fn insert(&mut self, text: &str) {
        self.take_offer_away();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_number = matches!(self.question, Question::Scale { .. });
        self.line.insert(if is_number { &digits } else { text });
    }

    fn take_offer_away(&mut self) {
        if std::mem::take(&mut self.is_offer) {
            self.line.set("");
        }
    }

    /// Another length of the silence.
    pub(super) fn step(&mut self, forward: bool) {
        if let Question::Silence { length, .. } = &mut self.question {
            let step = if forward { 1 } else { LENGTHS.len() - 1 };
            *length = (*length + step) % LENGTHS.len();
        }
    }

    /// What the answer leads to, or what is wrong with it.
    pub(super) fn answer(&self) -> Result<Answered, String> {
        let text = self.line.text().trim();
        Ok(Answered::Change(match &self.question {
            Question::Scale { service, now } => {
                let desired: u32 = text.parse().map_err(|_| "a whole number is wanted".to_owned())?;
                if desired == *now {
                    return Err(format!("{desired} is what it is"));
                }
                Change::Scale { service: service.clone(), desired }
            }
            Question::Silence { .. } if text.is_empty() => {
                return Err("say why: whoever finds it will ask".to_owned());
            }
            Question::Silence { matchers, source, length } => Change::Silence(SilenceAsk {
                matchers: matchers.clone(),
                lasts: LENGTHS[*length].1,
                comment: text.to_owned(),
                source: *source,
            }),
            Question::Note if text.is_empty() => return Err("write the note".to_owned()),
            Question::Note => Change::Annotate { text: text.to_owned(), tags: Vec::new() },
            Question::Shell { service, task } if text == service.name => {
                let consent = Consent { typed: Some(text.to_owned()), by: "typed".to_owned(), ..Consent::default() };
                return Ok(Answered::Shell(service.clone(), task.clone(), consent));
            }
            Question::Shell { service, .. } => {
                return Err(match text {
                    "" => format!("type {}", service.name),
                    _ => format!("\"{text}\" is not {}", service.name),
                });
            }
        }))
    }
}
