//! What must be said before a change can be planned: how many tasks, how long a silence and why, which note.

use std::time::Duration;

use crate::domain::{Change, Matcher, ServiceId, SilenceAsk, SourceKind};

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
}

/// A question and the answer so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// What is asked for.
    pub question: Question,
    /// What is typed.
    pub line: Line,
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
        Some(Self { question, line: Line::new(&text), complaint: None })
    }

    /// Another length of the silence.
    pub(super) fn step(&mut self, forward: bool) {
        if let Question::Silence { length, .. } = &mut self.question {
            let step = if forward { 1 } else { LENGTHS.len() - 1 };
            *length = (*length + step) % LENGTHS.len();
        }
    }

    /// The change that the answer makes, or what is wrong with it.
    pub(super) fn change(&self) -> Result<Change, String> {
        let text = self.line.text().trim();
        match &self.question {
            Question::Scale { service, now } => {
                let desired: u32 = text.parse().map_err(|_| "a whole number is wanted".to_owned())?;
                if desired == *now {
                    return Err(format!("{desired} is what it is"));
                }
                Ok(Change::Scale { service: service.clone(), desired })
            }
            Question::Silence { .. } if text.is_empty() => Err("say why: whoever finds it will ask".to_owned()),
            Question::Silence { matchers, source, length } => Ok(Change::Silence(SilenceAsk {
                matchers: matchers.clone(),
                lasts: LENGTHS[*length].1,
                comment: text.to_owned(),
                source: *source,
            })),
            Question::Note if text.is_empty() => Err("write the note".to_owned()),
            Question::Note => Ok(Change::Annotate { text: text.to_owned(), tags: Vec::new() }),
        }
    }
}
