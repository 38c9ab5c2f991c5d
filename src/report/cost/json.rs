//! The statement for other programs.

use serde::Serialize;

use super::Statement;
use crate::domain::{Bill, Money};
use crate::format::sanitise;

/// Name and version of the JSON that [`json`] writes.
pub const SCHEMA: &str = "rounds.cost/1";

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    of: String,
    currency: &'static str,
    region: String,
    prices_as_of: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    services: Option<u32>,
    lines: Vec<Line>,
    total: Range,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_service: Option<Range>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Compared>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloudwatch_only: Option<Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage: Option<Storage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<Running>,
    notes: Vec<String>,
    not_counted: Vec<String>,
}

#[derive(Serialize)]
struct Line {
    component: String,
    item: String,
    low: f64,
    high: f64,
    arithmetic: String,
    basis: &'static str,
    note: Option<String>,
}

#[derive(Serialize)]
struct Range {
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct Part {
    total: Range,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Compared {
    services: u32,
    total: Range,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<String>,
}

#[derive(Serialize)]
struct Plan {
    before: Part,
    after: Part,
    unpriced: Vec<(String, usize)>,
}

#[derive(Serialize)]
struct Running {
    stack: Part,
    services: Part,
    unpriced: Vec<(String, String)>,
}

/// How storage grows, or why that is not known.
#[derive(Serialize)]
struct Storage {
    samples_per_second: Option<f64>,
    measured_over_seconds: Option<u64>,
    servers: Option<u32>,
    bytes_per_sample: Option<f64>,
    bytes_measured: Option<bool>,
    gb_per_day: Option<f64>,
    gb_after_retention: Option<f64>,
    retention_days: Option<f64>,
    unknown: Option<String>,
}

/// One JSON object, amounts in dollars rounded to the cent.
pub fn json(statement: &Statement) -> String {
    let (low, high) = statement.bill.total();
    let cents = |share: Money| (share.as_dollars() * 100.0).round() / 100.0;
    let texts = |texts: &[String]| texts.iter().map(|text| sanitise(text).into_owned()).collect();
    let document = Document {
        schema: SCHEMA,
        of: sanitise(&statement.of).into_owned(),
        currency: "USD",
        region: statement.region.clone(),
        prices_as_of: statement.as_of.clone(),
        services: statement.services,
        lines: lines(&statement.bill),
        total: Range { low: low.as_dollars(), high: high.as_dollars() },
        per_service: statement.for_each().map(|(low, high)| Range { low: cents(low), high: cents(high) }),
        compared: statement.compared.as_ref().map(|other| Compared {
            services: other.services,
            total: Range { low: other.total.0.as_dollars(), high: other.total.1.as_dollars() },
            difference: other.sum.clone(),
        }),
        cloudwatch_only: statement.alternative.as_ref().map(part),
        storage: statement.growth.as_ref().map(storage),
        plan: statement.plan.as_ref().map(|plan| Plan {
            before: part(&plan.before),
            after: part(&plan.after),
            unpriced: plan.unpriced.clone(),
        }),
        running: statement.running.as_ref().map(|running| Running {
            stack: part(&running.stack),
            services: part(&running.services),
            unpriced: running.unpriced.clone(),
        }),
        notes: texts(&statement.notes),
        not_counted: texts(&statement.uncounted),
    };
    // Numbers here are finite and keys are texts: this cannot fail.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn part(bill: &Bill) -> Part {
    let (low, high) = bill.total();
    Part { total: Range { low: low.as_dollars(), high: high.as_dollars() }, lines: lines(bill) }
}

fn lines(bill: &Bill) -> Vec<Line> {
    let line = |line: &crate::domain::BillLine| Line {
        component: sanitise(&line.component).into_owned(),
        item: sanitise(&line.item).into_owned(),
        low: line.low.as_dollars(),
        high: line.high.as_dollars(),
        arithmetic: sanitise(&line.arithmetic).into_owned(),
        basis: line.basis.word(),
        note: line.note.as_deref().map(|note| sanitise(note).into_owned()),
    };
    bill.lines.iter().map(line).collect()
}

fn storage(growth: &Result<crate::cost::Growth, String>) -> Storage {
    let known = growth.as_ref().ok();
    Storage {
        samples_per_second: known.map(|growth| growth.samples_per_second),
        measured_over_seconds: known.map(|growth| growth.over.as_secs()),
        servers: known.map(|growth| growth.servers),
        bytes_per_sample: known.map(|growth| growth.bytes_per_sample),
        bytes_measured: known.map(|growth| growth.is_measured),
        gb_per_day: known.map(|growth| growth.gb_per_day),
        gb_after_retention: known.map(|growth| growth.gb_in_the_end),
        retention_days: known.map(|growth| growth.retention_days),
        unknown: growth.as_ref().err().map(|why| sanitise(why).into_owned()),
    }
}
