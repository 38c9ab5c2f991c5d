//! The statement for a ticket or a chat.

use std::fmt::Write as _;

use super::{Compared, Statement};
use crate::domain::{Bill, amounts};
use crate::format::sanitise;

/// The statement as a table and a list.
pub fn markdown(statement: &Statement) -> String {
    let Statement { of, region, as_of, services, .. } = statement;
    let mut out = format!("## Cost of {of}\n\n{region}, prices of {as_of}, USD a month\n\n");
    table(&mut out, &statement.bill);
    let (low, high) = statement.bill.total();
    let share = amounts((low.shared_by(*services), high.shared_by(*services)));
    let _ = writeln!(out, "| **total** | {share} for each of {services} services | **{}** | |", amounts((low, high)));
    if let Some(Compared { services, total, sum }) = &statement.compared {
        let sum = sum.as_ref().map(|sum| format!("; the difference is {sum}")).unwrap_or_default();
        let _ = writeln!(out, "\n- for {services} services: {}{sum}", amounts(*total));
    }
    if let Some(alternative) = &statement.alternative {
        let (least, most) = alternative.total();
        let _ = writeln!(out, "\n- CloudWatch alone: {}", amounts((least, most)));
    }
    if let Some(plan) = &statement.plan {
        let (before, after) = (plan.before.total(), plan.after.total());
        let _ = writeln!(
            out,
            "\n- this plan: {} before, {} after",
            amounts((before.0, before.1)),
            amounts((after.0, after.1))
        );
    }
    if let Some(running) = &statement.running {
        for (word, bill) in [("The stack's own tasks", &running.stack), ("The services' tasks", &running.services)] {
            if !bill.lines.is_empty() {
                let _ = writeln!(out, "\n### {word}\n");
                table(&mut out, bill);
            }
        }
    }
    out
}

fn table(out: &mut String, bill: &Bill) {
    out.push_str("| component | what | a month | how |\n| --- | --- | ---: | --- |\n");
    for line in &bill.lines {
        let note = line.note.as_deref().map(|note| format!(" ({})", cell(note))).unwrap_or_default();
        let amount = amounts((line.low, line.high));
        let how = cell(&line.arithmetic);
        let _ = writeln!(out, "| {} | {} | {amount} | {how}{note} |", cell(&line.component), cell(&line.item));
    }
}

/// A text that stays in its cell.
fn cell(text: &str) -> String {
    sanitise(text).replace('|', "\\|")
}
