//! A plan for tests.

use std::time::Duration;

use crate::domain::{Blast, Change, ChangePlace, Objection, ObjectionKind, Plan, PlanLine, ServiceId, Stage};

/// A restart of a task of api-2; in production where a name must be typed.
pub(crate) fn plan(typed: Option<&str>) -> Plan {
    let line = |label: &str, text: &str| PlanLine { label: label.to_owned(), text: text.to_owned() };
    Plan {
        id: "20261122T000214.000Z-0a1b2c".to_owned(),
        change: Change::RestartTask { service: ServiceId::new("prod", "api-2"), task: "3f9c21aa00000000".to_owned() },
        place: ChangePlace {
            context: "prod".to_owned(),
            production: typed.is_some(),
            demo: false,
            region: Some("ap-northeast-2".to_owned()),
            account: Some("482100000917".to_owned()),
            caller_arn: None,
        },
        made_at: "2026-11-22T00:02:14Z".parse().unwrap(),
        title: "restart task 3f9c21aa of api-2".to_owned(),
        lines: vec![
            line("where", "context prod, account 482100000917, region ap-northeast-2, cluster prod"),
            line("now", "2 of 3 running, 1 pending; deployment api:118 rolling since 14m"),
            line("after", "1 of 3 healthy until the replacement is (about 60s, last 5: 41-75s)"),
            line("then", "watches tasks -> target group -> scrape -> alerts, up to 5m"),
        ],
        blast: Some(Blast { healthy_now: 2, healthy_during: 1, desired_now: 3, desired_after: 3, downtime: false }),
        objections: vec![Objection {
            kind: ObjectionKind::Rolling,
            text: "deployment api:118 is rolling: wait for it, or force".to_owned(),
        }],
        same_as: Some("aws ecs stop-task --cluster prod --task 3f9c21aa00000000 --reason 'rounds: kim'".to_owned()),
        stages: vec![Stage::Call, Stage::Tasks, Stage::TargetGroup, Stage::Scrape, Stage::Alerts],
        typed: typed.map(str::to_owned),
        basis: "prod/api-2 ACTIVE".to_owned(),
        silence: None,
        patience: Duration::from_mins(5),
    }
}
