//! What a change would do, reckoned from what was surveyed and nothing else: the same survey gives the same plan.

mod others;
mod rules;
mod service;
#[cfg(test)]
pub(super) mod tests;
mod words;

use std::time::Duration;

pub use self::words::aws_words;

use jiff::Timestamp;

use super::survey::UNREAD_TASKS;
use super::{Deed, ServiceFacts, Subject, Survey};
use crate::domain::journal::{Ending, Story, Who};
use crate::domain::{
    Blast, Change, ChangePlace, Matcher, Objection, ObjectionKind, Plan, PlanLine, PlanOptions, Refusal, ServiceId,
    SilenceAsk, SourceKind, Stage,
};
use crate::format;

/// How long ago another change of the same service is still worth telling.
const RECENT: Duration = Duration::from_mins(30);

/// How many of those are told one by one.
const TOLD: usize = 3;

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
    /// The services of the name that a silence is asked for, where nothing but the name tells their alerts apart.
    pub namesakes: &'a Namesakes,
}

/// The services of one name, or why they could not be read.
pub type Namesakes = Result<Vec<ServiceId>, String>;

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
    /// The name of the service that a silence is asked for by its name alone: one in another cluster may have the same.
    pub fn ambiguous<'c>(&self, change: &'c Change, options: &PlanOptions) -> Option<&'c str> {
        if self.cluster_label.is_some() {
            return None;
        }
        match change {
            Change::Silence(ask) => match ask.matchers.as_slice() {
                [only] if only.name == self.service_label && !only.is_regex && !only.is_negated => Some(&only.value),
                _ => None,
            },
            _ => options.silence.and(change.service()).map(|service| service.name.as_str()),
        }
    }

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
    /// The call; none where there is nothing to do, which is one of the plan's objections then.
    pub deed: Option<Deed>,
}

/// What a change of one kind gives to its plan.
struct Sketch {
    /// What was asked for, its task named whole.
    change: Change,
    deed: Option<Deed>,
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
        ) => {
            if matches!(change, Change::RestartTask { .. }) && !facts.service.tasks_known {
                return Err(unread_tasks(facts, &survey.unseen));
            }
            service::sketch(change, facts, setting)?
        }
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

/// Why no task can be chosen where none could be read: that is not the same as there being none.
fn unread_tasks(facts: &ServiceFacts, unseen: &[String]) -> Refusal {
    let why: Vec<&str> = unseen.iter().filter_map(|text| text.strip_prefix(UNREAD_TASKS)).collect();
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
    Refusal::new(format!("the tasks of {} could not be read, so none can be chosen{why}", facts.service.id.name))
        .with_hint("the caller needs ecs:ListTasks and ecs:DescribeTasks there")
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
    let (told, objection) = namesakes(&sketch.change, setting);
    lines.extend(told);
    sketch.objections.extend(objection);
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

/// Other services whose alerts a silence covers as well. One tied to a change is for exactly its service, or is not made.
fn namesakes(change: &Change, setting: &Setting<'_>) -> (Option<PlanLine>, Option<Objection>) {
    let covered = match setting.namesakes {
        Ok(found) => found,
        Err(why) => {
            let text =
                format!("whether another cluster has a service of that name, which the silence would cover: {why}");
            return (Some(line("unseen", text)), None);
        }
    };
    let others: Vec<String> =
        covered.iter().filter(|one| change.service() != Some(one)).map(ToString::to_string).collect();
    let label = &setting.means.service_label;
    match (change.service(), others.as_slice()) {
        (_, []) | (None, [_]) => (None, None),
        (None, several) => {
            let text = format!("it covers every one of {}: alerts name only their `{label}`", several.join(", "));
            (Some(line("covers", text)), None)
        }
        (Some(service), several) => {
            let text = format!(
                "the silence would cover {} as well as {service}: alerts name only their `{label}` (leave --silence out, \
                 or set the context's `cluster_label`)",
                several.join(", ")
            );
            (None, Some(Objection { kind: ObjectionKind::Unsupported, text }))
        }
    }
}

/// What other people do to the same service, or did lately; somebody who is at it right now is a reason to wait.
fn others_at_it(service: &ServiceId, setting: &Setting<'_>) -> (Vec<PlanLine>, Option<Objection>) {
    let is_recent = |story: &&Story| setting.stamp.duration_since(story.began).unsigned_abs() <= RECENT;
    let told = |story: &Story| {
        let since = format::age(story.began, setting.stamp);
        line("before", format!("{}, by {} {since} ago: {}", story.title(), story.who.name(), story.ending.text()))
    };
    let is_past = |story: &&Story| {
        story.asked.service() == Some(service) && !matches!(story.ending, Ending::Refused(_) | Ending::UnderWay)
    };
    let mut past: Vec<&Story> = setting.stories.iter().filter(is_past).filter(is_recent).collect();
    past.sort_by_key(|story| std::cmp::Reverse(story.began));
    let mut lines: Vec<PlanLine> = under_way(service, setting.stories)
        .map(|story| {
            let since = format::age(story.began, setting.stamp);
            line("in flight", format!("{}, by {} since {since}", story.title(), story.who.name()))
        })
        .collect();
    lines.extend(past.iter().take(TOLD).map(|story| told(story)));
    if past.len() > TOLD {
        let (more, within) = (past.len() - TOLD, format::duration(RECENT));
        lines.push(line(
            "before",
            format!("and {} within {within}: rounds journal", format::count(more, "more change")),
        ));
    }
    (lines, at_it(service, setting.stories, setting.stamp))
}

/// Changes of a service that somebody is making right now, the oldest first.
fn under_way<'s>(service: &'s ServiceId, stories: &'s [Story]) -> impl Iterator<Item = &'s Story> {
    stories.iter().filter(move |story| story.asked.service() == Some(service) && story.ending == Ending::UnderWay)
}

/// The reason to wait where somebody changes a service right now.
pub(super) fn at_it(service: &ServiceId, stories: &[Story], stamp: Timestamp) -> Option<Objection> {
    let story = under_way(service, stories).last()?;
    let (who, title, since) = (story.who.name(), story.title(), format::age(story.began, stamp));
    Some(Objection {
        kind: ObjectionKind::Rolling,
        text: format!("{who} is changing it right now: {title}, since {since}"),
    })
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
        let now = format::count(now as usize, "healthy task");
        return Err(Refusal::new(format!(
            "{now} would be left, not {then} as when it was planned: nothing was changed"
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
