//! The `CloudWatch` exporter: scraped or not, and whether its own calls fail.

use super::Case;
use super::tally::Tally;
use super::{targets, who};
use crate::domain::{SourceKind, Target};
use crate::format;
use crate::source::probe::estate::Estate;

const QUERY: &str = "cloudwatch_exporter_scrape_error, yace_cloudwatch_request_errors";

/// A scrape that takes longer than this share of its interval is near its limit.
const SLOW: f64 = 0.8;

/// Looks at it.
pub async fn judge<E: Estate>(case: &Case<'_, E>, tally: &mut Tally) {
    if let Some(why) = targets::unseen(case) {
        tally.unknown(format!("the exporter's target is not known: {why}"), "GET /api/v1/targets");
        if let Some(step) = who::remedy(case, SourceKind::Prometheus) {
            tally.next(step);
        }
        return;
    }
    let health = case.estate.exporters().await;
    let numbers = health.as_deref().unwrap_or_default();
    let is_exporter = |target: &&Target| {
        let words = format!("{} {}", target.job, target.owner.as_ref().map_or("", |owner| owner.service.as_str()));
        let words = words.to_lowercase();
        words.contains("cloudwatch")
            || words.contains("yace")
            || numbers.iter().any(|health| health.instance == target.instance)
    };
    let exporters: Vec<&Target> = case.snapshot.targets.iter().filter(is_exporter).collect();
    if exporters.is_empty() {
        tally.warn("exporter-missing", "no target is a CloudWatch exporter", "GET /api/v1/targets");
        tally.next("where CPU and memory come from it, give it a scrape job: `cloudwatch`, port 9106");
        return;
    }
    for target in &exporters {
        let name = format!("{} of {}", target.instance, target.job);
        if who::is_down(target) {
            tally.fail("exporter-down", format!("{name} is down: {}", target.last_error), "GET /api/v1/targets");
            tally.next("look at its task and its log: rounds check tasks, rounds logs");
            continue;
        }
        tally.pass(format!("{name} is {}", target.health.word()), "GET /api/v1/targets");
        let (Some(took), Some(interval)) = (target.scrape_took, target.interval) else { continue };
        if took > interval.mul_f64(SLOW) {
            let text =
                format!("{name}: a scrape takes {} of {}", format::duration_fine(took), format::duration(interval));
            tally.warn("exporter-slow", text, "GET /api/v1/targets");
            tally.next("export fewer metrics, or scrape it less often: CloudWatch has one value a minute");
        }
    }
    match &health {
        Err(error) => tally.unseen("the exporter's own errors", error, QUERY),
        Ok(numbers) if numbers.is_empty() => {
            tally.unknown("the exporter's own numbers are not there", QUERY);
        }
        Ok(numbers) => {
            for health in numbers {
                match health.errors {
                    Some(errors) if errors > 0.0 => {
                        let text = format!("{}: calls to CloudWatch fail", health.instance);
                        tally.fail("exporter-errors", text, QUERY);
                        tally.next(
                            "see which action is denied: rounds check iam --service cloudwatch-exporter, and its log",
                        );
                    }
                    Some(_) => tally.pass(format!("{}: calls to CloudWatch succeed", health.instance), QUERY),
                    None => {}
                }
            }
        }
    }
}
