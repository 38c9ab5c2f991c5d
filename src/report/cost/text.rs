//! The statement for a person at a terminal.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::super::ink::{Ink, Tone, letters};
use super::super::once::Options;
use super::{Compared, Statement};
use crate::cost::{Growth, PlanBill, RunningBill};
use crate::domain::{Basis, Bill, BillLine, Money, amounts};
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
    let (low, high) = statement.bill.total();
    let services = statement.services;
    let share = amounts((low.shared_by(services), high.shared_by(services)));
    page.total("total", low, high, &format!("{share} for each of {}", format::count(services as usize, "service")));
    page.comparison(statement, (low, high));
    if let Some(plan) = &statement.plan {
        page.plan(plan);
    }
    if let Some(running) = &statement.running {
        let is_told = statement.bill.lines.iter().any(|line| line.basis == Basis::Runs);
        page.running(running, is_told);
    }
    if let Some(growth) = &statement.growth {
        page.growth(growth.as_ref().map_err(String::as_str));
    }
    for note in &statement.notes {
        page.line(&sanitise(note));
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

    fn total(&mut self, word: &str, low: Money, high: Money, more: &str) {
        let amount = amounts((low, high));
        let room = self.width.saturating_sub(INDENT + 15);
        let text = format!("{:INDENT$}{}{amount:>15}", "", format::pad_right(word, room));
        self.strong(&text);
        if !more.is_empty() {
            let _ = writeln!(self.out, "{more:>width$}", width = self.width);
        }
    }

    fn comparison(&mut self, statement: &Statement, (low, high): (Money, Money)) {
        if let Some(Compared { services, total, sum }) = &statement.compared {
            self.line(&format!(
                "against {}: {} there, {} here",
                format::count(*services as usize, "service"),
                amounts(*total),
                more_or_less((low, high), *total)
            ));
            if let Some(sum) = sum {
                self.line(&format!("that is {sum}"));
            }
        }
        if let Some(alternative) = &statement.alternative {
            let alone = alternative.total().1;
            // Above and below at once is neither more nor less.
            let than = if low < alone && alone < high {
                "about as much".to_owned()
            } else if high <= alone {
                format!("{} less", amounts((alone - high, alone - low)))
            } else {
                format!("{} more", amounts((low - alone, high - alone)))
            };
            self.line(&format!("CloudWatch alone, without this stack: {alone}; the stack costs {than}"));
            if alternative.lines.len() > 1 {
                self.bill(alternative);
            }
        }
    }

    fn plan(&mut self, plan: &PlanBill) {
        let (before, after) = (plan.before.total(), plan.after.total());
        if plan.before != plan.after {
            self.line(&format!(
                "before: {}; after: {}, {}",
                amounts((before.0, before.1)),
                amounts((after.0, after.1)),
                more_or_less(after, before)
            ));
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
                let (low, high) = bill.total();
                self.total("total", low, high, "");
            }
        }
        for (service, why) in &running.unpriced {
            self.line(&format!("not priced: {}: {}", sanitise(service), sanitise(why)));
        }
    }

    fn growth(&mut self, growth: Result<&(Growth, f64), &str>) {
        match growth {
            Ok((growth, days)) => {
                let how = if growth.is_measured { "measured" } else { "assumed" };
                self.line(&format!(
                    "storage: {:.0} samples/s x {:.2} bytes ({how}) = {:.3} GB a day, {:.2} GB after {} days",
                    growth.samples_per_second, growth.bytes_per_sample, growth.gb_per_day, growth.gb_in_the_end, days
                ));
            }
            Err(why) => self.line(&format!("storage: the ingest rate is not known: {}", sanitise(why))),
        }
    }
}

/// How much more or less one sum is than another, each at least and at most.
fn more_or_less(sum: (Money, Money), than: (Money, Money)) -> String {
    match sum.1.cmp(&than.1) {
        Ordering::Greater => format!("{} more", amounts((sum.0 - than.0, sum.1 - than.1))),
        Ordering::Less => format!("{} less", amounts((than.0 - sum.0, than.1 - sum.1))),
        Ordering::Equal => "as much".to_owned(),
    }
}
