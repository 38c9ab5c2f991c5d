//! What a change would do, reckoned from what was surveyed and nothing else: the same survey gives the same plan.

mod others;
mod rules;
mod service;
#[cfg(test)]
mod tests;
mod words;

use std::time::Duration;

pub use self::words::aws_words;

use jiff::Timestamp;

use super::{Deed, Subject, Survey};
use crate::domain::journal::{Ending, Story, Who};
use crate::domain::{
    Blast, Change, ChangePlace, Matcher, Objection, ObjectionKind, Plan, PlanLine, PlanOptions, Refusal, ServiceId,
    SilenceAsk, SourceKind, Stage,
};
use crate::format;

/// How long ago another change of the same service is still worth telling.
const RECENT: Duration = Duration::from_mins(30);

/// What a plan depends on beside the survey.
#[derive(Debug, Clone)]
pub struct Setting<'a> {
    /// Where.
    pub place: &'a ChangePlace,
    /// Who.
    pub who: &'a Who,
    /// When, by the context's clock.
    pub now: Timestamp,
    /// When, by the machine's: the stories are told by that.
    pub stamp: Timestamp,
    /// What was asked for beside the change.
    pub options: &'a PlanOptions,
    /// What the context can do and see.
    pub means: &'a Means,
    /// What the journal tells of changes under way or made lately.
    pub stories: &'a [Story],
}

/// What a context can do and see beside ECS.
#[derive(Debug, Clone, Default)]
pub struct Means {
    /// How long a change is watched, where nothing else is asked for.
    pub patience: Duration,
    /// The label that names an alert's service.
    pub service_label: String,
    /// The label that names its cluster, where alerts have one.
    pub cluster_label: Option<String>,
    /// Where silences can be made, the best place first.
    pub silencers: Vec<SourceKind>,
    /// Whether notes can be left on dashboards.
    pub annotates: bool,
    /// Whether scrape targets can be seen.
    pub sees_targets: bool,
    /// Whether alerts can be seen.
    pub sees_alerts: bool,
}

impl Means {
    /// The conditions that fit exactly a service's alerts.
    pub fn matchers_of(&self, service: &ServiceId) -> Vec<Matcher> {
        let equals = |name: &str, value: &str| Matcher {
            name: name.to_owned(),
            value: value.to_owned(),
            is_regex: false,
            is_negated: false,
        };
        let mut matchers = vec![equals(&self.service_label, &service.name)];
        matchers.extend(self.cluster_label.as_ref().map(|label| equals(label, &service.cluster)));
        matchers
    }
}

/// A plan, and the call it comes down to.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What will happen.
    pub plan: Plan,
    /// The call.
    pub deed: Deed,
}

/// What a change of one kind gives to its plan.
struct Sketch {
    /// What was asked for, its task named whole.
    change: Change,
    deed: Deed,
    title: String,
    lines: Vec<PlanLine>,
    blast: Option<Blast>,
    objections: Vec<Objection>,
    stages: Vec<Stage>,
    basis: String,
}

/// The plan of a change.
///
/// # Errors
/// Where there is no such thing to change, or the name fits several.
pub fn draw(change: &Change, survey: &Survey, setting: &Setting<'_>) -> Result<Draft, Refusal> {
    let sketch = match (change, &survey.subject) {
        (
            Change::RestartTask { .. } | Change::Redeploy { .. } | Change::Scale { .. } | Change::RollBack { .. },
            Subject::Service(facts),
        ) => service::sketch(change, facts, setting)?,
        (Change::Silence(ask), Subject::Silencer { place }) => others::silence(ask, place, setting),
        (Change::ExpireSilence { id, source }, Subject::Silences(silences)) => {
            others::expire(id, *source, silences, setting)?
        }
        (Change::Annotate { text, tags }, Subject::Dashboards { place }) => {
            others::annotate(text, tags, place, setting)
        }
        (Change::ReloadPrometheus, Subject::Prometheus(facts)) => others::reload(facts, setting),
        _ => return Err(Refusal::new("this context has nothing that could do that")),
    };
    let silence = tied_silence(change, setting)?;
    Ok(finish(sketch, silence, survey, setting))
}

fn finish(mut sketch: Sketch, silence: Option<SilenceAsk>, survey: &Survey, setting: &Setting<'_>) -> Draft {
    let place = &setting.place;
    let patience = setting.options.patience.unwrap_or(setting.means.patience);
    let mut lines = vec![line("where", whereabouts(place, sketch.change.service()))];
    lines.append(&mut sketch.lines);
    lines.extend(survey.unseen.iter().map(|why| line("unseen", why.clone())));
    if let Some(service) = sketch.change.service() {
        let (told, objection) = others_at_it(service, setting);
        lines.extend(told);
        sketch.objections.extend(objection);
    }
    if let Some(ask) = &silence {
        let matchers: Vec<String> = ask.matchers.iter().map(ToString::to_string).collect();
        let cap = format::duration(ask.lasts);
        lines.push(line("silence", format!("{} in {}, until verified, at most {cap}", matchers.join(" "), ask.source)));
    }
    let is_note = matches!(sketch.change, Change::Annotate { .. });
    if setting.means.annotates && !is_note {
        lines.push(line("note", "an annotation in Grafana, so that dashboards show it".to_owned()));
    }
    let watched: Vec<&str> =
        sketch.stages.iter().filter(|stage| **stage != Stage::Call).map(|stage| stage.word()).collect();
    lines.push(line("then", format!("watches {}, up to {}", watched.join(" -> "), format::duration(patience))));
    let typed = place
        .production
        .then(|| sketch.change.service().map_or_else(|| place.context.clone(), |service| service.name.clone()));
    Draft {
        plan: Plan {
            id: String::new(),
            change: sketch.change,
            place: (*place).clone(),
            made_at: setting.now,
            title: sketch.title,
            lines,
            blast: sketch.blast,
            objections: sketch.objections,
            same_as: None,
            stages: sketch.stages,
            typed,
            basis: sketch.basis,
            silence,
            patience,
        },
        deed: sketch.deed,
    }
}

/// The silence for exactly the service of a change, where one is asked for.
fn tied_silence(change: &Change, setting: &Setting<'_>) -> Result<Option<SilenceAsk>, Refusal> {
    let Some(cap) = setting.options.silence else { return Ok(None) };
    let Some(service) = change.service() else {
        return Err(Refusal::new("a silence tied to a change needs a change of a service"));
    };
    let Some(source) = setting.means.silencers.first() else {
        return Err(Refusal::new("no silence can be made: the context has neither alertmanager nor grafana")
            .with_hint("leave --silence out, or give the context an alertmanager"));
    };
    let matchers = setting.means.matchers_of(service);
    let comment = format!("rounds: {} of {service} under way", change.word());
    Ok(Some(SilenceAsk { matchers, lasts: cap, comment, source: *source }))
}

/// What other people do to the same service, or did lately; somebody who is at it right now is a reason to wait.
fn others_at_it(service: &ServiceId, setting: &Setting<'_>) -> (Vec<PlanLine>, Option<Objection>) {
    let is_recent = |story: &&Story| setting.stamp.duration_since(story.began).unsigned_abs() <= RECENT;
    let same = setting
        .stories
        .iter()
        .filter(|story| story.asked.service() == Some(service) && !matches!(story.ending, Ending::Refused(_)));
    let mut lines = Vec::new();
    let mut objection = None;
    for story in same.filter(|story| story.ending == Ending::UnderWay || is_recent(story)) {
        let (who, title) = (story.who.name(), story.title());
        let since = format::age(story.began, setting.stamp);
        if story.ending == Ending::UnderWay {
            lines.push(line("in flight", format!("{title}, by {who} since {since}")));
            objection = Some(Objection {
                kind: ObjectionKind::Rolling,
                text: format!("{who} is changing it right now: {title}, since {since}"),
            });
        } else {
            lines.push(line("before", format!("{title}, by {who} {since} ago: {}", story.ending.text())));
        }
    }
    (lines, objection)
}

fn whereabouts(place: &ChangePlace, service: Option<&ServiceId>) -> String {
    let mut parts = vec![format!("context {}", place.context)];
    if place.demo {
        parts.push("simulated".to_owned());
    }
    parts.extend(place.account.as_ref().map(|account| format!("account {account}")));
    parts.extend(place.region.as_ref().map(|region| format!("region {region}")));
    parts.extend(service.map(|service| format!("cluster {}", service.cluster)));
    parts.join(", ")
}

fn line(label: &str, text: String) -> PlanLine {
    PlanLine { label: label.to_owned(), text }
}

/// Whether a plan made of fresh facts is no worse than the one a person agreed to.
///
/// # Errors
/// What has changed since.
pub fn still_holds(agreed: &Plan, fresh: &Plan) -> Result<(), Refusal> {
    let again = "look at it again: plan it anew";
    if agreed.place.context != fresh.place.context {
        return Err(Refusal::new(format!(
            "it was planned for {}, not for {}",
            agreed.place.context, fresh.place.context
        )));
    }
    // An identity that could not be read then and can be now is no other identity.
    if let (Some(then), Some(now)) = (&agreed.place.account, &fresh.place.account)
        && then != now
    {
        return Err(Refusal::new(format!("it was planned for account {then}, and the credentials are now of {now}"))
            .with_hint(again));
    }
    if agreed.basis != fresh.basis {
        let changed = difference(&agreed.basis, &fresh.basis);
        return Err(Refusal::new(format!(
            "the facts have changed since it was planned ({changed}): nothing was changed"
        ))
        .with_hint(again));
    }
    if let (Some(then), Some(now)) = (&agreed.blast, &fresh.blast)
        && (now.healthy_during < then.healthy_during || (now.downtime && !then.downtime))
    {
        let (then, now) = (then.healthy_during, now.healthy_during);
        return Err(Refusal::new(format!(
            "{now} healthy tasks would be left, not {then} as when it was planned: nothing was changed"
        ))
        .with_hint(again));
    }
    Ok(())
}

/// The first fact that differs.
fn difference(then: &str, now: &str) -> String {
    let (mut before, mut after) = (then.lines(), now.lines());
    loop {
        match (before.next(), after.next()) {
            (None, None) => return "they read the same".to_owned(),
            (then, now) if then == now => {}
            (then, now) => return format!("{} then, {} now", then.unwrap_or("nothing"), now.unwrap_or("nothing")),
        }
    }
}
