//! What it would cost to watch the same services with CloudWatch alone.

use super::desk::{Desk, number};
use super::{Item, Preset, Prices};
use crate::domain::{Basis, Bill, BillLine, Money};

/// Metrics of its own that a service publishes: traffic, errors, latency by route or status.
const APPLICATION_METRICS: f64 = 10.0;

/// Metrics that Container Insights adds for a service.
const INSIGHTS_METRICS: f64 = 8.0;

/// Alarms of a service: CPU, memory, tasks, errors, latency.
const ALARMS: f64 = 5.0;

/// Dashboards that cost nothing.
const FREE_DASHBOARDS: f64 = 3.0;

/// The bill of CloudWatch alone for so many services.
///
/// # Errors
/// An item without a price in that region.
pub fn cloudwatch_only(preset: Preset, services: u32, prices: &Prices) -> Result<Bill, String> {
    if preset == Preset::MonitoringPlan && services == 5 {
        let sum = Money::dollars(58.0);
        let line = BillLine {
            component: "cloudwatch".to_owned(),
            item: "dashboards, metrics, alarms".to_owned(),
            low: sum,
            high: sum,
            arithmetic: "as the plan has it".to_owned(),
            basis: Basis::Assumed,
            note: None,
        };
        return Ok(Bill { lines: vec![line] });
    }
    let services = f64::from(services);
    let mut desk = Desk::new(prices, Basis::Assumed);
    let of = |each: f64, unit| [(services, "services"), (each, unit)];
    let (own, insights, alarms) =
        (of(APPLICATION_METRICS, "metrics"), of(INSIGHTS_METRICS, "metrics"), of(ALARMS, "alarms"));
    desk.line("cloudwatch", "custom metrics", &[(&own, Item::MetricMonth)], None)?;
    desk.line("cloudwatch", "Container Insights", &[(&insights, Item::MetricMonth)], None)?;
    desk.line("cloudwatch", "alarms", &[(&alarms, Item::AlarmMonth)], None)?;
    let paid = (services + 1.0 - FREE_DASHBOARDS).max(0.0);
    let note = format!("one a service and one for all; {} are free", number(FREE_DASHBOARDS));
    desk.line("cloudwatch", "dashboards", &[(&[(paid, "dashboards")], Item::DashboardMonth)], Some(note))?;
    Ok(desk.bill())
}

#[cfg(test)]
mod tests {
    use super::super::Table;
    use super::*;

    #[test]
    fn cloudwatch_alone_is_the_plans_58_for_the_plan_and_grows_with_every_service() {
        let table = Table::shipped();
        let prices = table.region("us-east-1").unwrap();
        let cost = |preset, services| cloudwatch_only(preset, services, prices).unwrap().total().0;
        assert_eq!(cost(Preset::MonitoringPlan, 5).to_string(), "58.00");
        assert!(cost(Preset::Module, 10) > cost(Preset::Module, 5));
    }
}
