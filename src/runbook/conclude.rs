//! What follows from what the steps have found so far.

use crate::domain::{
    CauseFound, CheckKind, CheckResult, CheckState, Conclusion, Run, RunDeed, Runbook, StepState, Unlearnt,
};
use crate::format;

use super::resolve::Sense;

pub(super) fn conclude(runbook: &Runbook, sense: &Sense<'_>, run: &Run) -> Conclusion {
    let mut causes = Vec::new();
    let mut unknown = Vec::new();
    let mut state = CheckState::Pass;
    let (mut looked, mut passed) = (0, 0);
    for (step, of) in run.steps.iter().zip(&runbook.steps) {
        let RunDeed::Check { result, .. } = &step.deed else { continue };
        match (step.state, result) {
            (StepState::Pass, _) => {
                looked += 1;
                passed += 1;
            }
            (StepState::Warn | StepState::Fail, Some(result)) => {
                looked += 1;
                state = state.max(result.state);
                found(&mut causes, runbook, sense, &step.id, result);
            }
            (StepState::Unknown, result) => {
                let why = result.as_ref().map_or(&step.said, |result| &result.summary);
                unknown.push(Unlearnt { step: step.id.clone(), why: why.clone() });
                if !of.optional {
                    state = state.max(CheckState::Unknown);
                }
            }
            _ => {}
        }
    }
    let rank = |cause: &CauseFound| {
        let told = cause.name.as_ref().and_then(|name| runbook.causes.iter().position(|words| words.name == *name));
        (told.unwrap_or(usize::MAX), std::cmp::Reverse(cause.state))
    };
    let is_told = |cause: &CauseFound| rank(cause).0 < usize::MAX;
    let found = causes.iter().any(is_told);
    causes.sort_by_key(rank);
    if looked == 0 && unknown.is_empty() {
        state = CheckState::Unknown;
    }
    let headline = headline(run, &causes, &unknown, passed);
    // What the runbook says to do goes before what a check says in general.
    let own = causes.iter().find(|cause| {
        runbook.causes.iter().any(|words| words.next.is_some() && cause.name.as_ref() == Some(&words.name))
    });
    let next_step = own.into_iter().chain(&causes).find_map(|cause| cause.next_step.clone());
    Conclusion { state, found, headline, causes, unknown, next_step }
}

/// Adds what one check found; what another found already is one cause with more evidence.
fn found(causes: &mut Vec<CauseFound>, runbook: &Runbook, sense: &Sense<'_>, step: &str, result: &CheckResult) {
    let evidence: Vec<_> = result.looked.iter().filter(|looked| looked.state > CheckState::Unknown).cloned().collect();
    if result.causes.is_empty() {
        causes.push(CauseFound {
            name: None,
            words: result.summary.clone(),
            state: result.state,
            steps: vec![step.to_owned()],
            evidence,
            next_step: result.next_step.clone(),
        });
        return;
    }
    for name in &result.causes {
        if let Some(known) = causes.iter_mut().find(|known| known.name.as_ref() == Some(name)) {
            known.state = known.state.max(result.state);
            known.steps.push(step.to_owned());
            known
                .evidence
                .extend(evidence.iter().filter(|looked| !known.evidence.contains(looked)).cloned().collect::<Vec<_>>());
            continue;
        }
        let own = runbook.causes.iter().find(|words| words.name == *name);
        let words = own.and_then(|words| sense.text(&words.means).ok());
        // What the check said is closer to the matter than what the cause means in general.
        let general = || match CheckKind::cause(name) {
            Some(cause) if result.causes.len() > 1 => cause.doc.to_owned(),
            _ => result.summary.clone(),
        };
        let next = own.and_then(|words| words.next.as_ref()).and_then(|next| sense.text(next).ok());
        causes.push(CauseFound {
            name: Some(name.clone()),
            words: words.unwrap_or_else(general),
            state: result.state,
            steps: vec![step.to_owned()],
            evidence: evidence.clone(),
            next_step: next.or_else(|| result.next_step.clone()),
        });
    }
}

fn headline(run: &Run, causes: &[CauseFound], unknown: &[Unlearnt], passed: usize) -> String {
    let checks = run.steps.iter().filter(|step| matches!(step.deed, RunDeed::Check { .. }));
    let open = checks.filter(|step| step.state == StepState::Running).count();
    if let Some(first) = causes.first() {
        let others = causes.len() - 1;
        let more = if others == 0 { String::new() } else { format!(" (and {others} more)") };
        return format!("{}{more}", first.words);
    }
    if open > 0 {
        return format!("looking: {} under way, nothing found so far", format::count(open, "check"));
    }
    let passes =
        if passed == 1 { "the one check made passes".to_owned() } else { format!("all {passed} checks made pass") };
    match (passed, unknown) {
        (0, []) => "nothing was looked at".to_owned(),
        (_, []) => format!("nothing found: {passes}"),
        (0, [first, ..]) => format!("not found out: {}", first.why),
        (_, several) => {
            let names: Vec<&str> = several.iter().map(|unlearnt| unlearnt.step.as_str()).collect();
            format!("nothing found in what could be looked at: {passes}; not found out: {}", names.join(", "))
        }
    }
}
