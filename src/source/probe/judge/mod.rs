//! What the facts mean: one module a kind. The same code judges the real world and the simulated one.

mod alb;
mod alerts;
mod continuity;
mod deployment;
mod discovery;
mod dns;
mod exporter;
mod iam;
mod logs;
mod reach;
mod security_group;
mod signal;
mod storage;
mod tally;
mod targets;
mod tasks;
mod tls;
mod trace;
mod who;

use std::time::Duration;

use jiff::Timestamp;

use self::tally::Tally;
use super::estate::Estate;
use crate::domain::{Check, CheckKind, CheckResult, Policy, Snapshot};
use crate::format;
use crate::source::foreign::OwnerLabels;
use crate::source::logs::LogSource;

pub use trace::trace;

/// What a question is judged by.
pub struct Case<'a, E> {
    /// The world that is looked at.
    pub estate: &'a E,
    /// Where its logs are, where that is known.
    pub logs: Option<&'a dyn LogSource>,
    /// The labels by which series say whose they are.
    pub labels: &'a OwnerLabels,
    /// The thresholds.
    pub policy: &'a Policy,
    /// The latest look at everything.
    pub snapshot: &'a Snapshot,
    /// The time of its clock.
    pub now: Timestamp,
}

/// Answers one question.
pub async fn ask<E: Estate>(case: &Case<'_, E>, check: &Check) -> CheckResult {
    let mut tally = Tally::default();
    if let Some(missing) =
        check.kind.row().options.iter().find(|option| option.required && check.told(option.name).is_none())
    {
        tally.unknown(format!("not asked: --{} is missing ({})", missing.name, missing.doc), check.to_string());
        return tally.answer(check, case.now, Duration::ZERO);
    }
    match check.kind {
        CheckKind::Tasks => tasks::judge(case, check, &mut tally).await,
        CheckKind::Deployment => deployment::judge(case, check, &mut tally),
        CheckKind::Signal => signal::judge(case, check, &mut tally),
        CheckKind::Alerts => alerts::judge(case, check, &mut tally),
        CheckKind::Targets => targets::judge(case, check, &mut tally),
        CheckKind::Discovery => discovery::judge(case, check, &mut tally).await,
        CheckKind::Exporter => exporter::judge(case, &mut tally).await,
        CheckKind::Dns => dns::judge(case, check, &mut tally).await,
        CheckKind::Tcp => reach::judge(case, check, &mut tally).await,
        CheckKind::Tls => tls::judge(case, check, &mut tally).await,
        CheckKind::Alb => alb::judge(case, check, &mut tally).await,
        CheckKind::SecurityGroup => security_group::judge(case, check, &mut tally).await,
        CheckKind::Storage => storage::judge(case, check, &mut tally).await,
        CheckKind::Iam => iam::judge(case, check, &mut tally).await,
        CheckKind::Logs => logs::judge(case, check, &mut tally).await,
        CheckKind::Continuity => continuity::judge(case, check, &mut tally).await,
    }
    tally.answer(check, case.now, Duration::ZERO)
}

/// The answer to a question that took too long.
pub fn late(check: &Check, now: Timestamp, limit: Duration) -> CheckResult {
    let mut tally = Tally::default();
    tally.unknown(format!("nothing was found out within {}", format::duration(limit)), check.to_string());
    tally.answer(check, now, limit)
}
