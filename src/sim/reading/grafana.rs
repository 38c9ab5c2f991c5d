//! Grafana: health, dashboards, the alerts it manages itself.

use jiff::Timestamp;

use crate::domain::{Alert, AlertState, Dashboard, GrafanaReading, Owner, Severity, SourceError, SourceKind};

use super::super::alerts::{self, BUDGET, EVALUATION, Made};
use super::super::clock::{MINUTE, Second, floor, second, stamp};
use super::super::world::World;

const ADDRESS: &str = "https://grafana.example.com";

/// At most this many services have a dashboard of their own.
const SERVICE_DASHBOARDS: usize = 15;

impl World {
    /// What Grafana answers.
    ///
    /// # Errors
    /// When the scenario has it refuse.
    pub fn grafana(&self, now: Timestamp) -> Result<GrafanaReading, SourceError> {
        let now = second(now);
        if let Some(error) = self.refusal(SourceKind::Grafana, now) {
            return Err(error);
        }
        let made = self.made_silences(SourceKind::Grafana, now);
        Ok(GrafanaReading {
            version: Some("13.2.0".to_owned()),
            database_ok: Some(true),
            alerts: Some(self.managed_alerts(now, &made)),
            silences: made.into_iter().map(|made| made.silence).collect(),
            dashboards: self.dashboards(),
            ..GrafanaReading::default()
        })
    }

    fn managed_alerts(&self, now: Second, made: &[Made]) -> Vec<Alert> {
        let at = floor(now, EVALUATION);
        if let Some(outage) = self.outage(SourceKind::Prometheus, at).filter(|outage| outage.down) {
            let since = outage.cycle.turn(at).map_or(at, |(_, phase)| at - phase);
            return vec![data_source_error(since + MINUTE, at - since < MINUTE)];
        }
        let scenes = self.scenes(now);
        let mut alerts: Vec<Alert> = scenes.iter().filter_map(|scene| BUDGET.evaluate(scene, at)).collect();
        for alert in &mut alerts {
            alert.suppression = alerts::silenced(alert, &[], made).filter(|_| alert.state == AlertState::Firing);
            alert.seen_in = vec![SourceKind::Grafana];
            alert.labels.insert("grafana_folder".to_owned(), "SLO".to_owned());
            alert.url = Some(format!("{ADDRESS}/alerting/grafana/slo-error-budget/view"));
        }
        alerts
    }

    fn dashboards(&self) -> Vec<Dashboard> {
        let dashboard = |uid: &str, title: &str, tag: &str| Dashboard {
            uid: uid.to_owned(),
            title: title.to_owned(),
            url: format!("{ADDRESS}/d/{uid}"),
            tags: vec![tag.to_owned()],
        };
        let mut dashboards = vec![
            dashboard("infra-overview", "Infrastructure Overview", "overview"),
            dashboard("ecs-cluster", "ECS Cluster", "ecs"),
            dashboard("app-performance", "Application Performance", "services"),
            dashboard("cost", "Cost", "cost"),
        ];
        let own = self.fleet.iter().filter(|service| !service.stack).take(SERVICE_DASHBOARDS);
        dashboards.extend(own.map(|service| {
            let name = &service.id.name;
            dashboard(&format!("service-{name}"), &format!("Service / {name}"), "services")
        }));
        dashboards
    }
}

/// What Grafana raises when a rule's data source does not answer.
fn data_source_error(fires: Second, is_pending: bool) -> Alert {
    let pairs = [
        ("alertname", "DatasourceError"),
        ("datasource_uid", "prometheus"),
        ("grafana_folder", "SLO"),
        ("rulename", BUDGET.name),
        ("severity", "warning"),
    ];
    let summary = "rules cannot be evaluated: data source prometheus: connection refused";
    Alert {
        name: "DatasourceError".to_owned(),
        severity: Severity::Warning,
        state: if is_pending { AlertState::Pending } else { AlertState::Firing },
        suppression: None,
        since: Some(stamp(if is_pending { fires - MINUTE } else { fires })),
        labels: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        annotations: [("summary".to_owned(), summary.to_owned())].into(),
        value: None,
        query: Some(BUDGET.expr.to_owned()),
        url: Some(format!("{ADDRESS}/alerting/grafana/slo-error-budget/view")),
        seen_in: vec![SourceKind::Grafana],
        owner: None::<Owner>,
        service: None,
    }
}
