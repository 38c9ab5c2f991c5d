//! What a run's inputs are, and what references in its steps stand for.

use std::collections::BTreeMap;

use glob::Pattern;
use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    Alert, FindingKind, FleetPick, InputKind, Observed, Reference, RunDeed, RunInput, RunStep, Runbook, ServiceHealth,
    ServiceId, Signal, Snapshot, StepField, Template, TemplatePart, ToldInput,
};
use crate::format;

/// How far back a signal is looked at for the service it was highest of.
const OF_LATE: SignedDuration = SignedDuration::from_mins(15);

/// Every input of a runbook, as given or by its defaults.
///
/// # Errors
/// What was given and cannot be: an input the runbook does not have, a service there is not.
pub(super) fn inputs(
    runbook: &Runbook,
    snapshot: &Snapshot,
    alert: Option<&Alert>,
    given: &BTreeMap<String, String>,
) -> Result<Vec<ToldInput>, String> {
    if let Some(stranger) = given.keys().find(|name| runbook.input(name).is_none()) {
        let known: Vec<&str> = runbook.inputs.iter().map(|input| input.name.as_str()).collect();
        let takes = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(format!("the runbook {} has no input `{stranger}` (it takes: {takes})", runbook.name));
    }
    runbook.inputs.iter().map(|input| told(input, snapshot, alert, given.get(&input.name))).collect()
}

fn told(
    input: &RunInput,
    snapshot: &Snapshot,
    alert: Option<&Alert>,
    given: Option<&String>,
) -> Result<ToldInput, String> {
    let name = input.name.clone();
    let is = |value: String, from: &str| ToldInput { name: name.clone(), value: Some(value), from: from.to_owned() };
    if let Some(given) = given {
        let value = match input.kind {
            InputKind::Service => called(snapshot, &service(snapshot, given)?),
            InputKind::Duration => {
                format::parse_duration(given).map_err(|why| format!("{name} cannot be `{given}`: {why}"))?;
                given.clone()
            }
            InputKind::Text => given.clone(),
        };
        return Ok(is(value, "asked for"));
    }
    let mut why = format!("nobody said: --set {name}=... does");
    if input.kind == InputKind::Service {
        "no service was named: --service NAME does".clone_into(&mut why);
    }
    for default in &input.defaults {
        let pick = default.references().find_map(|reference| match reference {
            Reference::Fleet(pick) => Some(*pick),
            _ => None,
        });
        if let Some(pick) = pick {
            if let Some(service) = picked(snapshot, pick) {
                return Ok(is(called(snapshot, &service.id), &pick.why()));
            }
            "no service of the fleet could be picked".clone_into(&mut why);
            continue;
        }
        let sense = Sense { snapshot, alert, inputs: &[], steps: &[], quoted: false };
        let Ok(value) = sense.text(default) else { continue };
        let from = if default.literal().is_some() { "as ever" } else { "the alert" };
        match input.kind {
            InputKind::Service => match service(snapshot, &value) {
                Ok(id) => return Ok(is(called(snapshot, &id), from)),
                Err(missing) => why = missing,
            },
            InputKind::Duration | InputKind::Text => return Ok(is(value, from)),
        }
    }
    Ok(ToldInput { name, value: None, from: why })
}

/// The one service that a name or glob means, as NAME or CLUSTER/NAME.
///
/// # Errors
/// When there is none, or more than one.
pub fn service(snapshot: &Snapshot, wanted: &str) -> Result<ServiceId, String> {
    let ids = || snapshot.services.iter().map(|service| &service.id);
    if let Some(exact) = ids().find(|id| id.to_string() == wanted) {
        return Ok(exact.clone());
    }
    let glob = Pattern::new(wanted).map_err(|error| format!("`{wanted}` is no pattern of services: {}", error.msg))?;
    let mut fitting: Vec<&ServiceId> = ids().filter(|id| id.name == wanted).collect();
    if fitting.is_empty() {
        fitting = ids().filter(|id| glob.matches(&id.name) || glob.matches(&id.to_string())).collect();
    }
    match fitting.as_slice() {
        [only] => Ok((*only).clone()),
        [] if snapshot.services.is_empty() => Err(format!("no service is known, and so not {wanted}")),
        [] => Err(format!("no service is called {wanted}")),
        several => {
            let names: Vec<String> = several.iter().take(4).map(ToString::to_string).collect();
            let more = if several.len() > names.len() { " ..." } else { "" };
            Err(format!("{} services fit {wanted}: {}{more}", several.len(), names.join(", ")))
        }
    }
}

/// What a service is called where names may be shared: NAME, or CLUSTER/NAME where another has the name too.
pub(super) fn called(snapshot: &Snapshot, id: &ServiceId) -> String {
    let shared = snapshot.services.iter().filter(|service| service.id.name == id.name).count() > 1;
    if shared { id.to_string() } else { id.name.clone() }
}

fn picked(snapshot: &Snapshot, pick: FleetPick) -> Option<&ServiceHealth> {
    let own = || snapshot.services.iter().filter(|service| !service.is_stack);
    match pick {
        FleetPick::Highest(signal) => own()
            .filter_map(|service| Some((highest(snapshot, service, signal)?, service)))
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, service)| service),
        FleetPick::Deployment => {
            const TROUBLE: [FindingKind; 3] =
                [FindingKind::DeploymentFailed, FindingKind::DeploymentStuck, FindingKind::RolledBack];
            let troubled =
                |service: &&ServiceHealth| service.findings.iter().any(|finding| TROUBLE.contains(&finding.kind));
            own().find(troubled).or_else(|| own().max_by_key(|service| service.changed_at))
        }
        // They are sorted so.
        FleetPick::Worst => own().next(),
    }
}

/// The highest a signal was of late: what swings is as bad as it was a few minutes ago.
fn highest(snapshot: &Snapshot, service: &ServiceHealth, signal: Signal) -> Option<f64> {
    let health = service.signal(signal);
    let now = match &health.now {
        Observed::Fresh(sampled) | Observed::Stale(sampled, _) => Some(sampled.value),
        Observed::Unknown(_) | Observed::NotApplicable(_) => None,
    };
    let recent = |at: &Timestamp| snapshot.at.duration_since(*at) <= OF_LATE;
    let series = health.series.as_ref();
    let before =
        series.into_iter().flat_map(|series| series.iter()).filter(|(at, _)| recent(at)).filter_map(|(_, value)| value);
    before.chain(now).max_by(f64::total_cmp)
}

/// Everything a reference can stand for.
pub(super) struct Sense<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) alert: Option<&'a Alert>,
    pub(super) inputs: &'a [ToldInput],
    pub(super) steps: &'a [RunStep],
    /// Whether what is put in is quoted for a shell: alerts and results carry other people's words.
    pub(super) quoted: bool,
}

impl Sense<'_> {
    /// The text with everything in it that it refers to.
    ///
    /// # Errors
    /// What is not known, as the rest of a sentence.
    pub(super) fn text(&self, template: &Template) -> Result<String, String> {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                TemplatePart::Text(plain) => text.push_str(plain),
                TemplatePart::Of(reference) => text.push_str(&self.put(&self.value(reference)?)),
                TemplatePart::Maybe(reference) => {
                    text.push_str(&self.value(reference).map(|value| self.put(&value)).unwrap_or_default());
                }
            }
        }
        Ok(text)
    }

    fn put(&self, value: &str) -> String {
        let harmless = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
        if !self.quoted || (!value.is_empty() && value.chars().all(harmless)) {
            value.to_owned()
        } else {
            format!("'{}'", value.replace('\'', "'\\''"))
        }
    }

    fn value(&self, reference: &Reference) -> Result<String, String> {
        let found = match reference {
            Reference::Input(name) => {
                let input = self.inputs.iter().find(|input| input.name == *name);
                return match input.map(|input| (&input.value, &input.from)) {
                    Some((Some(value), _)) => Ok(value.clone()),
                    Some((None, why)) => Err(why.clone()),
                    None => Err(format!("{reference} is not known")),
                };
            }
            Reference::AlertName => self.alert.map(|alert| alert.name.clone()),
            Reference::AlertService => self.alert.and_then(|alert| {
                let owned = || alert.owner.as_ref().map(|owner| owner.service.clone());
                alert.service.as_ref().map(|id| called(self.snapshot, id)).or_else(owned)
            }),
            Reference::AlertLabel(label) => self.alert.and_then(|alert| alert.labels.get(label).cloned()),
            Reference::AlertAnnotation(name) => self.alert.and_then(|alert| alert.annotations.get(name).cloned()),
            Reference::ContextName => Some(self.snapshot.context.name.clone()),
            Reference::ContextRegion => self.snapshot.context.region.clone(),
            Reference::Step { step, field } => self.of_step(*step, field),
            Reference::Fleet(_) => None,
        };
        found.filter(|value| !value.is_empty()).ok_or_else(|| match (reference, self.alert) {
            (Reference::AlertName | Reference::AlertService | Reference::AlertLabel(_), None) => {
                "no alert fires that this runbook is for".to_owned()
            }
            _ => format!("{reference} is not known"),
        })
    }

    fn of_step(&self, step: usize, field: &StepField) -> Option<String> {
        let step = self.steps.get(step)?;
        let result = match &step.deed {
            RunDeed::Check { result, .. } => result.as_deref(),
            RunDeed::Change { .. } | RunDeed::Note { .. } => None,
        };
        match field {
            StepField::State => Some(step.state.word().to_owned()),
            StepField::Summary => result.map(|result| result.summary.clone()),
            StepField::Cause => result.and_then(|result| result.causes.first().cloned()),
            StepField::Fact(name) => result.and_then(|result| result.facts.get(name).cloned()),
        }
    }
}
