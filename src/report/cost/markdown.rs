//! The statement for a ticket or a chat.

use std::fmt::Write as _;

use super::{Compared, Statement};
use crate::domain::{Bill, amounts, more_or_less};
use crate::format::{self, sanitise};

/// The statement as a table and lists.
pub fn markdown(statement: &Statement) -> String {
    let Statement { of, region, as_of, .. } = statement;
    let mut out = format!("## Cost of {of}\n\n{region}, prices of {as_of}, USD a month\n\n");
    table(&mut out, &statement.bill);
    let share = statement.for_each().zip(statement.services);
    let share = share.map(|(share, services)| format!("{} for each of {}", amounts(share), count(services)));
    let total = statement.bill.total();
    let _ = writeln!(out, "| **total** | {} | **{}** | |", share.unwrap_or_default(), amounts(total));
    list(&mut out, &facts(statement));
    if let Some(running) = &statement.running {
        for (word, bill) in [("The stack's own tasks", &running.stack), ("The services' tasks", &running.services)] {
            if !bill.lines.is_empty() {
                let _ = writeln!(out, "\n### {word}\n");
                table(&mut out, bill);
            }
        }
    }
    out.push_str("\n### Not counted\n");
    list(&mut out, &statement.uncounted);
    out
}

/// What is said of the bill besides its lines.
fn facts(statement: &Statement) -> Vec<String> {
    let total = statement.bill.total();
    let mut facts = Vec::new();
    if let Some(Compared { services, total: other, sum }) = &statement.compared {
        let more = more_or_less(total, *other);
        let sum = sum.as_ref().map(|sum| format!(": {sum}")).unwrap_or_default();
        facts.push(format!("for {}: {}; {more} here{sum}", count(*services), amounts(*other)));
    }
    if let Some(alternative) = &statement.alternative {
        let alone = alternative.total();
        facts.push(format!("CloudWatch alone: {}; the stack costs {}", amounts(alone), more_or_less(total, alone)));
    }
    if let Some(plan) = &statement.plan {
        let (before, after) = (plan.before.total(), plan.after.total());
        facts.push(format!("before: {}; after: {}, {}", amounts(before), amounts(after), more_or_less(after, before)));
        facts.extend(plan.unpriced.iter().map(|(kind, count)| format!("not priced: {count} x {kind}")));
    }
    facts.extend(statement.growth.as_ref().map(|growth| match growth {
        Ok(growth) => format!("storage: {growth}"),
        Err(why) => format!("storage: the ingest rate is not known: {why}"),
    }));
    facts.extend(statement.notes.iter().cloned());
    facts
}

fn count(services: u32) -> String {
    format::count(services as usize, "service")
}

fn list(out: &mut String, texts: &[String]) {
    for (index, text) in texts.iter().enumerate() {
        let _ = writeln!(out, "{}- {}", if index == 0 { "\n" } else { "" }, sanitise(text));
    }
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
