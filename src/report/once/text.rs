//! Text for a person at a terminal, or in a mail.

use super::super::ink::{Ink, Tone, letters};
use super::super::outcome;
use super::table::{Cell, Column, Fit, Table, paragraph};
use super::words::{self, Names};
use super::{MIN_WIDTH, Options};
use crate::domain::{Finding, ServiceHealth, Signal, Snapshot, Verdict};
use crate::format;

/// Where the reason stands in a row of [`SERVICES`].
const WHY: usize = 8;

const SERVICES: [Column; WHY + 1] = [
    Column::left("SERVICE", Fit::Shrinks(usize::MAX)),
    Column::left("VERDICT", Fit::Whole),
    Column::right("TASKS", Fit::Whole),
    Column::right("CPU", Fit::GivesWay(1)),
    Column::right("MEM", Fit::GivesWay(2)),
    Column::right("REQ/S", Fit::GivesWay(3)),
    Column::right("ERR", Fit::GivesWay(4)),
    Column::right("P95", Fit::GivesWay(5)),
    Column::left("WHY", Fit::Rest),
];

/// Where an alert's summary stands in its row, and the least width of a line that has one.
const SUMMARY: usize = 4;
const SUMMARY_FROM: usize = 72;

/// The columns of the part about alerts; no heading says what their words say themselves.
const fn alert_columns(width: usize) -> [Column; SUMMARY + 1] {
    [
        Column::left("", Fit::Whole),
        Column::left("", Fit::Shrinks(width / 3)),
        Column::left("", Fit::Shrinks(width / 5)),
        Column::left("", Fit::Shrinks(if width / 4 > 26 { width / 4 } else { 26 })),
        Column::left("", Fit::Rest),
    ]
}

/// The snapshot as text: a head line, the table of services, and below it whatever needs more room than a row.
pub fn text(snapshot: &Snapshot, options: &Options) -> String {
    let mut page = Page {
        snapshot,
        options,
        names: Names::of(snapshot),
        ink: Ink { colour: options.colour },
        width: options.width.max(MIN_WIDTH),
        out: String::new(),
    };
    page.head();
    if !(options.problems_only && words::is_clean(snapshot, options)) {
        page.services();
        page.alerts();
        page.others();
        page.sources();
        page.notes();
    }
    letters(page.out, options.ascii)
}

struct Page<'a> {
    snapshot: &'a Snapshot,
    options: &'a Options,
    names: Names<'a>,
    ink: Ink,
    width: usize,
    out: String,
}

impl Page<'_> {
    /// `CRITICAL  prod ap-northeast-2  2026-11-22 09:02:14 KST  1 critical, 1 warning, 4 ok`, on two lines where one
    /// is too short.
    fn head(&mut self) {
        let verdict = outcome(self.snapshot);
        let word = verdict.word().to_uppercase();
        let mut counts = words::counts(self.snapshot);
        if self.options.problems_only && words::is_clean(self.snapshot, self.options) {
            counts.push_str(", nothing to report");
        }
        let parts = [words::place(self.snapshot), words::moment(self.snapshot.at, self.options), counts];
        let tone = if verdict == Verdict::Ok { Tone::Strong } else { Tone::of(verdict) };
        self.out.push_str(&self.ink.paint(tone, &word));
        let indent = format::width(&word);
        let mut used = indent;
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            if used > indent && used + 2 + format::width(&part) > self.width {
                self.out.push('\n');
                self.out.push_str(&" ".repeat(indent));
                used = indent;
            }
            self.out.push_str("  ");
            self.out.push_str(&part);
            used += 2 + format::width(&part);
        }
        self.out.push('\n');
    }

    fn title(&mut self, title: &str) {
        self.out.push('\n');
        self.out.push_str(&self.ink.paint(Tone::Strong, title));
        self.out.push('\n');
    }

    fn services(&mut self) {
        let services: Vec<&ServiceHealth> = words::shown(self.snapshot, self.options).collect();
        if services.is_empty() {
            return;
        }
        let rows: Vec<Vec<Cell>> = services.iter().map(|service| self.row(service)).collect();
        let columns = {
            let mut columns = SERVICES;
            columns[0].fit = Fit::Shrinks((self.width / 5).max(12));
            columns
        };
        let table = Table::fit(&columns, &rows, self.width);
        table.write(self.ink, &mut self.out);
        for mark in words::marks(self.snapshot, self.options) {
            let (sign, rest) = mark.split_at(2);
            paragraph(sign, rest, self.width, &mut self.out);
        }
        let cut = services.iter().enumerate().filter_map(|(row, service)| {
            let cut = service.findings.len() > 1 || !table.is_whole(row, WHY);
            cut.then_some(*service)
        });
        let groups = words::grouped(cut, &self.names, |service| self.findings(&service.findings));
        if !groups.is_empty() {
            self.title("FINDINGS");
        }
        for (labels, lines) in groups {
            let mut heading = String::new();
            paragraph("", &labels.join(", "), self.width, &mut heading);
            for line in heading.lines() {
                self.out.push_str(&self.ink.paint(Tone::Strong, line));
                self.out.push('\n');
            }
            self.out.push_str(&lines);
        }
    }

    fn row(&self, service: &ServiceHealth) -> Vec<Cell> {
        let calm = service.verdict == Verdict::Ok;
        let quiet =
            |(text, tone): (String, Tone)| Cell::new(text, if calm && tone == Tone::Plain { Tone::Dim } else { tone });
        let why = service.findings.first().map_or_else(Cell::default, |finding| Cell {
            text: words::reason(finding, self.snapshot.at),
            tail: match service.findings.len() {
                1 => String::new(),
                number => format!(" (+{})", number - 1),
            },
            tone: if calm { Tone::Dim } else { Tone::Plain },
        });
        let mut row = vec![
            Cell::new(self.names.label(&service.id), if calm { Tone::Dim } else { Tone::Strong }),
            Cell::new(service.verdict.word(), Tone::of(service.verdict)),
            quiet(words::tasks(service)),
        ];
        row.extend(Signal::ROUND.map(|signal| quiet(words::signal(service, signal))));
        row.push(why);
        row
    }

    /// Each finding in full: verdict, text, and where it is known from.
    fn findings<'f>(&self, findings: impl IntoIterator<Item = &'f Finding>) -> String {
        let mut lines = String::new();
        for finding in findings {
            let word = finding.verdict.word();
            let reason = words::reason(finding, self.snapshot.at);
            let origin = words::origin(&finding.evidence, self.snapshot.at);
            let start = lines.len() + 2;
            paragraph(&format!("  {word:<8}  "), &format!("{reason} ({origin})"), self.width, &mut lines);
            lines.replace_range(start..start + word.len(), &self.ink.paint(Tone::of(finding.verdict), word));
        }
        lines
    }

    fn alerts(&mut self) {
        let rows: Vec<Vec<Cell>> = words::shown_alerts(self.snapshot, self.options)
            .map(|alert| {
                let active = alert.is_active();
                let tone = if active { Tone::Plain } else { Tone::Dim };
                let severity = if active { Tone::of(alert.severity.verdict()) } else { Tone::Dim };
                vec![
                    Cell::new(alert.severity.word(), severity),
                    Cell::new(words::clean(&alert.name), tone),
                    Cell::new(self.names.subject(alert).unwrap_or_else(|| "·".to_owned()), tone),
                    Cell::new(words::alert_state(alert, self.snapshot), tone),
                    Cell::new(alert.summary().map(words::clean).unwrap_or_default(), Tone::Dim),
                ]
            })
            .collect();
        if !rows.is_empty() {
            self.title("ALERTS");
            let columns = alert_columns(self.width);
            let room_for_summary = self.width >= SUMMARY_FROM;
            let columns = if room_for_summary { &columns[..] } else { &columns[..SUMMARY] };
            Table::fit(columns, &rows, self.width).write(self.ink, &mut self.out);
        }
    }

    /// Findings that belong to no service.
    fn others(&mut self) {
        let problems_only = self.options.problems_only;
        let shown = self.snapshot.findings.iter().filter(|finding| !problems_only || finding.verdict.is_problem());
        let lines = self.findings(shown);
        if !lines.is_empty() {
            self.title("BESIDE THE SERVICES");
            self.out.push_str(&lines);
        }
    }

    fn sources(&mut self) {
        let mut titled = false;
        for source in words::troubled_sources(self.snapshot) {
            if !std::mem::replace(&mut titled, true) {
                self.title("SOURCES");
            }
            let trouble = words::trouble(source, self.snapshot.at);
            let mut lead = format!("{:<12}  ", source.kind.name());
            for line in trouble.what {
                paragraph(&lead, &line, self.width, &mut self.out);
                lead = " ".repeat(14);
            }
            for hint in trouble.hints {
                paragraph(&format!("{}-> ", " ".repeat(14)), &hint, self.width, &mut self.out);
            }
        }
    }

    fn notes(&mut self) {
        if self.options.problems_only || self.snapshot.notes.is_empty() {
            return;
        }
        self.title("NOTES");
        for note in &self.snapshot.notes {
            paragraph("- ", &words::clean(note), self.width, &mut self.out);
        }
    }
}
