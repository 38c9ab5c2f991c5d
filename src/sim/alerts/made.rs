//! Silences that people made by hand.

use crate::domain::{Labels, Matcher, Silence, SilenceAsk};

use super::super::clock::{Second, stamp};
use super::super::noise;
use super::quiet::uuid;

/// A silence, from when to when it holds.
#[derive(Debug, Clone)]
pub struct Made {
    /// The silence as it was made.
    pub silence: Silence,
    /// From when on it is known.
    pub began: Second,
    /// When somebody ended it before its time.
    pub expired: Option<Second>,
    ends: Second,
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone)]
struct Condition {
    matcher: Matcher,
    regex: Option<regex::Regex>,
}

impl Condition {
    fn new(matcher: &Matcher) -> Result<Self, String> {
        let compile = || regex::Regex::new(&format!("^(?s:{})$", matcher.value));
        let regex = matcher.is_regex.then(compile).transpose();
        let regex = regex.map_err(|error| format!("silence invalid: invalid regular expression: {error}"))?;
        Ok(Self { matcher: matcher.clone(), regex })
    }

    fn fits(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.matcher.name).map_or("", String::as_str);
        let is = self.regex.as_ref().map_or_else(|| value == self.matcher.value, |regex| regex.is_match(value));
        is != self.matcher.is_negated
    }
}

impl Made {
    /// The silence asked for at `now`, or what Alertmanager has against it.
    pub fn new(seed: u64, ask: &SilenceAsk, by: &str, now: Second) -> Result<Self, String> {
        let conditions: Vec<Condition> = ask.matchers.iter().map(Condition::new).collect::<Result<_, _>>()?;
        if conditions.iter().all(|condition| condition.fits(&Labels::default())) {
            return Err("silence invalid: at least one matcher must not match the empty string".to_owned());
        }
        let lasts = Second::try_from(ask.lasts.as_secs()).unwrap_or(Second::MAX);
        if lasts == 0 {
            return Err("failed to create silence: start time must be before end time".to_owned());
        }
        let ends = now.saturating_add(lasts);
        let silence = Silence {
            id: uuid(noise::at(seed, now)),
            matchers: ask.matchers.iter().map(Matcher::to_string).collect(),
            starts_at: Some(stamp(now)),
            ends_at: Some(stamp(ends)),
            created_by: by.to_owned(),
            comment: ask.comment.clone(),
            source: ask.source,
        };
        Ok(Self { silence, began: now, expired: None, ends, conditions })
    }

    /// A silence of the scenario, ended by hand.
    pub const fn ended(silence: Silence, now: Second) -> Self {
        Self { silence, began: now, expired: Some(now), ends: now, conditions: Vec::new() }
    }

    /// Whether it is the silence of that id, ended by hand.
    pub fn has_ended(&self, id: &str, now: Second) -> bool {
        self.silence.id == id && self.expired.is_some_and(|at| at <= now)
    }

    /// Whether it holds at a moment.
    pub fn is_on(&self, now: Second) -> bool {
        (self.began..self.expired.unwrap_or(self.ends).min(self.ends)).contains(&now)
    }

    /// Whether it keeps an alert with these labels quiet.
    pub fn fits(&self, labels: &Labels) -> bool {
        self.conditions.iter().all(|condition| condition.fits(labels))
    }
}
