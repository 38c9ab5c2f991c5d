//! Plans and their progress, as the tests of the state machine and of the screens need them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{
    Blast, Change, ChangePlace, Objection, ObjectionKind, Outcome, Plan, PlanLine, Progress, ServiceId, Stage,
    StageProgress, StageState,
};

/// Restart a task of `service` in `context`, planned at `made_at`.
pub(crate) fn restart(context: &str, production: bool, service: &ServiceId, made_at: Timestamp) -> Plan {
    let line = |label: &str, text: &str| PlanLine { label: label.to_owned(), text: text.to_owned() };
    Plan {
        id: "20261122-000214-3f9c".to_owned(),
        change: Change::RestartTask { service: service.clone(), task: "3f9c21aa4be84d0c9f0e5d7a61b2c3d4".to_owned() },
        place: ChangePlace {
            context: context.to_owned(),
            production,
            demo: false,
            region: Some("ap-northeast-2".to_owned()),
            account: Some("482109170001".to_owned()),
            caller_arn: Some("arn:aws:sts::482109170001:assumed-role/operator/kim".to_owned()),
        },
        made_at,
        title: format!("restart task 3f9c21aa of {}", service.name),
        lines: vec![
            line("now", "3 of 3 running, 2 healthy; task 3f9c21aa: its target is down"),
            line("after", "2 of 3 running until the replacement is healthy (about 60s, last five: 41-75s)"),
            line("in flight", "nothing"),
            line("then", "watches task, target group, scrape, alerts, up to 5m"),
        ],
        blast: Some(Blast { healthy_now: 2, healthy_during: 2, desired_now: 3, desired_after: 3, downtime: false }),
        objections: Vec::new(),
        same_as: Some(
            "aws ecs stop-task --region ap-northeast-2 --cluster prod --task 3f9c21aa4be84d0c9f0e5d7a61b2c3d4 --reason 'rounds: kim'"
                .to_owned(),
        ),
        stages: vec![Stage::Call, Stage::Tasks, Stage::TargetGroup, Stage::Scrape, Stage::Alerts],
        typed: production.then(|| service.name.clone()),
        basis: String::new(),
        silence: None,
        patience: Duration::from_mins(5),
    }
}

/// The same with these objections.
pub(crate) fn with(mut plan: Plan, objections: &[(ObjectionKind, &str)]) -> Arc<Plan> {
    let objection = |(kind, text): &(ObjectionKind, &str)| Objection { kind: *kind, text: (*text).to_owned() };
    plan.objections = objections.iter().map(objection).collect();
    Arc::new(plan)
}

/// How it goes: the first `done` stages are over, the next one is watched.
pub(crate) fn progress(plan: &Plan, done: usize, at: Timestamp, outcome: Option<Outcome>) -> Progress {
    let texts = [
        "StopTask accepted",
        "81bc02aa RUNNING, not healthy yet",
        "10.0.12.7:8080 initial",
        "10.0.12.7:8080 not scraped yet",
        "HighErrorRate fires",
    ];
    let stage = |(index, stage): (usize, &Stage)| StageProgress {
        stage: *stage,
        state: match index {
            index if index < done => StageState::Done,
            index if index == done => StageState::Watching,
            _ => StageState::Waiting,
        },
        text: texts[index % texts.len()].to_owned(),
        after: (index < done).then(|| Duration::from_secs(1 + 22 * index as u64)),
    };
    Progress {
        plan: plan.id.clone(),
        began: plan.made_at,
        at,
        stages: plan.stages.iter().enumerate().map(stage).collect(),
        remarks: Vec::new(),
        outcome,
    }
}
