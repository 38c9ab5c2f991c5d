//! Snapshots to price in tests.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{
    ContextInfo, EcsService, Observed, ServiceHealth, ServiceId, Signal, SignalHealth, Snapshot, TaskDefinition,
    Verdict,
};

/// A definition on x86 with CPU units and MiB.
pub fn definition(cpu: &str, memory: &str) -> TaskDefinition {
    TaskDefinition {
        name: "api:1".to_owned(),
        images: Vec::new(),
        cpu: Some(cpu.to_owned()),
        memory: Some(memory.to_owned()),
        architecture: None,
    }
}

/// A service on Fargate with so many tasks of a definition.
pub fn service(name: &str, desired: u32, definition: TaskDefinition) -> ServiceHealth {
    let id = ServiceId::new("prod", name);
    let ecs = EcsService {
        id: id.clone(),
        status: "ACTIVE".to_owned(),
        desired,
        running: desired,
        pending: 0,
        launch: "FARGATE".to_owned(),
        definition: definition.name.clone(),
        percents: None,
        created_at: None,
        deployments: Vec::new(),
        events: Vec::new(),
        tasks: Vec::new(),
        tasks_known: true,
    };
    let signal =
        || SignalHealth { now: Observed::Unknown("not asked".into()), series: None, level: Verdict::Ok, query: None };
    ServiceHealth {
        id,
        verdict: Verdict::Ok,
        findings: Vec::new(),
        tasks: Observed::Unknown("not asked".into()),
        signals: Signal::ALL.map(|_| signal()),
        is_stack: false,
        changed_at: None,
        ecs: Some(Arc::new(ecs)),
        definition: Some(Arc::new(definition)),
        alerts: Vec::new(),
        targets: Vec::new(),
    }
}

/// All there is.
pub fn snapshot(services: Vec<ServiceHealth>) -> Snapshot {
    Snapshot {
        context: ContextInfo { region: Some("ap-northeast-2".to_owned()), ..ContextInfo::default() },
        at: Timestamp::UNIX_EPOCH,
        verdict: Verdict::Ok,
        services,
        findings: Vec::new(),
        alerts: Vec::new(),
        silences: Vec::new(),
        targets: Vec::new(),
        targets_known: true,
        sources: Vec::new(),
        dashboards: Vec::new(),
        changes: Vec::new(),
        strangers: Vec::new(),
        notes: Vec::new(),
    }
}
