//! What a bill leaves out, so that nobody takes it for all there is to pay.

use super::{Item, Prices};
use crate::domain::Money;

/// What a bill is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The module, or what runs of it.
    Module,
    /// The team's plan, figure by figure.
    MonitoringPlan,
    /// A Terraform plan or state.
    Terraform,
}

/// Hours of a month, for what would be paid all of them.
const HOURS: f64 = 730.0;

/// What is not in a bill, one thing each.
pub fn uncounted(of: Of, prices: &Prices) -> Vec<String> {
    let mut all = Vec::new();
    if of == Of::MonitoringPlan {
        all.push(
            "what the plan's table has no line for: public addresses, hosted zones, secrets, backups, Alertmanager"
                .to_owned(),
        );
    }
    all.push(nat(of, prices));
    let network = "traffic between availability zones: scrapes, file system, load balancer";
    all.extend((of != Of::MonitoringPlan).then(|| network.to_owned()));
    all.push("requests to Secrets Manager and KMS, queries to Route 53".to_owned());
    if of == Of::Module {
        all.extend(
            [
                "what is yours to bring or to turn on: secrets of Slack and PagerDuty, KMS keys, the alarm of \
                 alertmanager.watchdog, Loki, CloudTrail, stores of remote_write",
                "the load balancer's access logs in S3, and the weekly test that a backup can be restored",
            ]
            .map(str::to_owned),
        );
    }
    all.push("Container Insights of the cluster, which the exporter reads".to_owned());
    all.push("tax; and what lowers the bill: free tiers, Savings Plans, discounts".to_owned());
    all
}

/// The way out of private subnets: the module makes none, a plan may.
fn nat(of: Of, prices: &Prices) -> String {
    let (hour, traffic) = (prices.of(Item::NatHour), prices.of(Item::NatGb));
    match (of, hour, traffic) {
        (Of::Terraform, _, Ok((_, each))) => format!("what goes through a NAT gateway, {each} a GB"),
        (Of::Terraform, _, Err(_)) => "what goes through a NAT gateway".to_owned(),
        (_, Ok((hour, written)), Ok((_, each))) => {
            let month: Money = (hour * HOURS).whole_cents();
            format!(
                "a NAT gateway, where the VPC has no way out yet: {HOURS} h x {written} = {month}, and {each} for each \
                 GB through it"
            )
        }
        _ => "a NAT gateway, where the VPC has no way out yet, and what goes through it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Table;
    use super::*;

    #[test]
    fn what_is_left_out_is_said_with_what_a_nat_gateway_would_be() {
        let table = Table::shipped();
        let prices = table.region("ap-northeast-2").unwrap();
        let of = |of| uncounted(of, prices).join("\n");
        assert!(of(Of::Module).contains("730 h x 0.059 = 43.07, and 0.059 for each GB"), "{}", of(Of::Module));
        // A plan that has gateways, keys and alarms has them as lines.
        let plan = of(Of::Terraform);
        assert!(plan.contains("through a NAT gateway, 0.059 a GB") && !plan.contains("watchdog"), "{plan}");
        for word in ["Route 53", "KMS", "Secrets Manager", "tax", "Container Insights"] {
            assert!(plan.contains(word) && of(Of::Module).contains(word), "{word}");
        }
        assert!(of(Of::MonitoringPlan).contains("no line for: public addresses"));
        let own = Table::parse("own.toml", "[eu-west-1]\nas_of = \"2026-11-01\"\n").unwrap();
        let text = uncounted(Of::Module, own.region("eu-west-1").unwrap()).join("\n");
        assert!(text.contains("NAT gateway") && !text.contains(" = "), "{text}");
    }
}
