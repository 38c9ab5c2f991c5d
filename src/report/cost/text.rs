//! The statement for a person at a terminal.

use std::fmt::Write as _;

use super::super::ink::{Ink, Tone, letters};
use super::super::once::Options;
use super::{Compared, Statement};
use crate::cost::{PlanBill, RunningBill};
use crate::domain::{Basis, Bill, BillLine, Money, amounts, more_or_less};
use crate::format::{self, sanitise};

/// Cells of a line before its amount.
const INDENT: usize = 2;

/// The statement: heading, lines with their arithmetic, total, and what it compares with.
pub fn text(statement: &Statement, options: &Options) -> String {
    let mut page = Page { ink: Ink { colour: options.colour }, width: options.width.max(60), out: String::new() };
    let Statement { of, region, as_of, .. } = statement;
    let heading = format!("COST  {of}, {region}, prices of {as_of}, USD a month");
    page.strong(&heading);
    page.bill(&statement.bill);
    let total = statement.bill.total();
    let each = |services: u32| format::count(services as usize, "service");
    let share = statement.for_each().zip(statement.services);
    let share = share.map(|(share, services)| format!("{} for each of {}", amounts(share), each(services)));
    page.total("total", total, &share.unwrap_or_default());
    page.comparison(statement, total);
    if let Some(plan) = &statement.plan {
        page.plan(plan);
    }
    if let Some(running) = &statement.running {
        let is_told = statement.bill.lines.iter().any(|line| line.basis == Basis::Runs);
        page.running(running, is_told);
    }
    match &statement.growth {
        Some(Ok(growth)) => page.line(&format!("storage: {growth}")),
        Some(Err(why)) => page.line(&format!("storage: the ingest rate is not known: {}", sanitise(why))),
        None => {}
    }
    for note in &statement.notes {
        page.line(&sanitise(note));
    }
    page.strong("NOT COUNTED");
    for what in &statement.uncounted {
        page.item(&sanitise(what));
    }
    letters(page.out, options.ascii)
}

struct Page {
    ink: Ink,
    width: usize,
    out: String,
}

impl Page {
    fn strong(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}", self.ink.paint(Tone::Strong, text));
    }

    fn line(&mut self, text: &str) {
        for line in format::wrap(text, self.width.saturating_sub(INDENT)) {
            let _ = writeln!(self.out, "{:INDENT$}{line}", "");
        }
    }

    /// One of a list, whose further lines stand below its first.
    fn item(&mut self, text: &str) {
        const SIGN: &str = "- ";
        for (index, line) in format::wrap(text, self.width.saturating_sub(INDENT + SIGN.len())).iter().enumerate() {
            let sign = if index == 0 { SIGN } else { "  " };
            let _ = writeln!(self.out, "{:INDENT$}{sign}{line}", "");
        }
    }

    fn bill(&mut self, bill: &Bill) {
        let names = bill.lines.iter().map(|line| format::width(&line.component)).max().unwrap_or_default();
        // Where all is assumed the heading says so.
        let is_mixed = bill.lines.iter().any(|line| line.basis != Basis::Assumed);
        for line in &bill.lines {
            self.bill_line(line, names, is_mixed);
        }
    }

    fn bill_line(&mut self, line: &BillLine, names: usize, says_basis: bool) {
        let amount = amounts((line.low, line.high));
        let room = self.width.saturating_sub(INDENT + names + 2 + 15);
        let item = format::clip(&sanitise(&line.item), room);
        let name = format::pad_right(&sanitise(&line.component), names);
        let _ = writeln!(self.out, "{:INDENT$}{name}  {}{amount:>15}", "", format::pad_right(&item, room));
        let below = INDENT + names + 2;
        let told = [
            says_basis.then(|| line.basis.word().to_owned()),
            line.note.as_deref().map(|note| sanitise(note).into_owned()),
        ];
        let told = told.into_iter().flatten().collect::<Vec<_>>().join(": ");
        let note = (!told.is_empty()).then(|| format!("({told})"));
        for text in [Some(format!("= {}", sanitise(&line.arithmetic))), note].into_iter().flatten() {
            for row in format::wrap(&text, self.width.saturating_sub(below)) {
                let row = format!("{:below$}{row}", "");
                let _ = writeln!(self.out, "{}", self.ink.paint(Tone::Dim, &row));
            }
        }
    }

    fn total(&mut self, word: &str, total: (Money, Money), more: &str) {
        let amount = amounts(total);
        let room = self.width.saturating_sub(INDENT + 15);
        let text = format!("{:INDENT$}{}{amount:>15}", "", format::pad_right(word, room));
        self.strong(&text);
        if !more.is_empty() {
            let _ = writeln!(self.out, "{more:>width$}", width = self.width);
        }
    }

    fn comparison(&mut self, statement: &Statement, total: (Money, Money)) {
        if let Some(Compared { services, total: other, sum }) = &statement.compared {
            self.line(&format!(
                "against {}: {} there, {} here",
                format::count(*services as usize, "service"),
                amounts(*other),
                more_or_less(total, *other)
            ));
            if let Some(sum) = sum {
                self.line(&format!("that is {sum}"));
            }
        }
        if let Some(alternative) = &statement.alternative {
            let alone = alternative.total();
            let than = more_or_less(total, alone);
            self.line(&format!("CloudWatch alone, without this stack: {}; the stack costs {than}", amounts(alone)));
            if alternative.lines.len() > 1 {
                self.bill(alternative);
            }
        }
    }

    fn plan(&mut self, plan: &PlanBill) {
        let (before, after) = (plan.before.total(), plan.after.total());
        if plan.before != plan.after {
            let difference = more_or_less(after, before);
            self.line(&format!("before: {}; after: {}, {difference}", amounts(before), amounts(after)));
        }
        for (kind, count) in &plan.unpriced {
            let times = if *count > 1 { format!("{count} x ") } else { String::new() };
            self.line(&format!("not priced: {times}{}", sanitise(kind)));
        }
    }

    /// What runs; not the stack's own tasks again where the bill is of them.
    fn running(&mut self, running: &RunningBill, is_told: bool) {
        let own = ("the stack's own tasks", &running.stack);
        for (word, bill) in
            [(!is_told).then_some(own), Some(("the services' tasks", &running.services))].into_iter().flatten()
        {
            if !bill.lines.is_empty() {
                self.strong(&format!("RUNNING  {word}"));
                self.bill(bill);
                self.total("total", bill.total(), "");
            }
        }
        for (service, why) in &running.unpriced {
            self.line(&format!("not priced: {}: {}", sanitise(service), sanitise(why)));
        }
    }
}
