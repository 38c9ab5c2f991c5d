//! A run of Terraform while it goes on: how far it is, and a tree of what it does, component by component.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::buffer::Buffer;

use super::Glyphs;
use crate::domain::terraform::{COMPONENTS, component};
use crate::domain::{ResourceRun, ResourceState, TerraformRun, Verdict};
use crate::format;
use crate::theme::{Role, Theme};

/// A run and how it is looked at.
#[derive(Debug)]
pub struct RunShown<'a> {
    /// What is done (`apply`).
    pub operation: &'a str,
    /// To which environment.
    pub environment: &'a str,
    /// Whether that is production.
    pub production: bool,
    /// All that is known of it.
    pub run: &'a TerraformRun,
    /// When it began.
    pub began: Timestamp,
    /// The moment it is shown for.
    pub now: Timestamp,
    /// Whether it was told to stop.
    pub is_stopping: bool,
    /// Lines scrolled up from the end; none follows what happens.
    pub back: usize,
}

/// A line of the tree.
struct Row {
    indent: u16,
    text: String,
    right: String,
    role: Role,
}

/// Rows of a screen that has everything: heading, progress, two rules, keys, and one row of the tree.
const WHOLE: u16 = 6;

/// Columns from which there is room for a bar beside the numbers.
const WITH_BAR: u16 = 34;

/// Draws the whole screen. Where it is small, how far the run is comes first, then what it is, then what it does.
pub fn draw_run(frame: &mut Frame<'_>, shown: &RunShown<'_>, theme: &Theme, glyphs: &Glyphs) {
    let area = frame.area();
    let mut page = Page { buffer: frame.buffer_mut(), theme, glyphs, width: area.width };
    let rows = rows(shown, glyphs);
    let (top, height) = match area.height {
        0 => return,
        1 => {
            page.progress(0, shown);
            return;
        }
        2..WHOLE => (2, area.height - 2 - u16::from(shown.is_stopping && area.height > 2)),
        _ => (3, area.height - 5),
    };
    page.head(shown);
    page.progress(1, shown);
    let last = rows.len().saturating_sub(height.into());
    let first = last.saturating_sub(shown.back.min(last));
    for (y, row) in (top..).zip(rows.iter().skip(first).take(height.into())) {
        let right = format::width(&row.right);
        page.right(y, &row.right, Role::Dim);
        let room = usize::from(page.width.saturating_sub(row.indent + 2)).saturating_sub(right);
        page.text(row.indent, y, room, &row.text, row.role);
    }
    if area.height >= WHOLE {
        page.rule(2);
        page.rule(area.height - 2);
    }
    if area.height >= WHOLE || (shown.is_stopping && area.height > 2) {
        page.foot(area.height - 1, shown, rows.len() - first > height.into());
    }
}

struct Page<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    glyphs: &'a Glyphs,
    width: u16,
}

impl Page<'_> {
    fn text(&mut self, x: u16, y: u16, room: usize, text: &str, role: Role) -> u16 {
        let left = usize::from(self.width.saturating_sub(x));
        let clipped = format::clip(text, room.min(left));
        self.buffer.set_stringn(x, y, clipped, left, self.theme.style(role)).0
    }

    fn right(&mut self, y: u16, text: &str, role: Role) {
        let width = u16::try_from(format::width(text)).unwrap_or(u16::MAX).min(self.width);
        self.text(self.width.saturating_sub(width + 1), y, usize::from(width), text, role);
    }

    fn rule(&mut self, y: u16) {
        let line = self.glyphs.rule.repeat(self.width.into());
        self.text(0, y, usize::from(self.width), &line, Role::Rule);
    }

    fn head(&mut self, shown: &RunShown<'_>) {
        let role = if shown.production { Role::HeaderProduction } else { Role::Header };
        let width = usize::from(self.width);
        self.text(0, 0, width, &" ".repeat(width), role);
        let program = shown.run.program.as_ref().map(|(name, version)| format!("{name} {version}  "));
        let elapsed = clock(shown.now.duration_since(shown.began).as_secs().unsigned_abs()) + " ";
        let (operation, environment) = (shown.operation, shown.environment);
        let title = format!(" rounds  provision {operation}  {environment}");
        let right = program.unwrap_or_default() + &elapsed;
        let fits = |title: &str, right: &str| format::width(title) + format::width(right) + 2 <= width;
        let (title, right) = if fits(&title, &right) {
            (title, right)
        } else if fits(&title, &elapsed) {
            (title, elapsed)
        } else {
            (format!(" {operation} {environment}"), elapsed)
        };
        self.text(0, 0, width.saturating_sub(format::width(&right) + 2), &title, role);
        self.right(0, &right, role);
    }

    fn progress(&mut self, y: u16, shown: &RunShown<'_>) {
        let (all, done) = shown.run.progress();
        let failed = shown.run.resources.iter().filter(|one| matches!(one.state, ResourceState::Failed(_))).count();
        let counted = if all == 0 {
            shown.run.remark.clone().unwrap_or_else(|| "starting".to_owned())
        } else {
            format!("{done} of {all}")
        };
        let mut after = 1;
        if self.width >= WITH_BAR {
            let cells = usize::from(self.width / 3).max(10);
            let filled = (cells * done).checked_div(all).unwrap_or_default();
            let full = self.glyphs.levels.last().copied().unwrap_or("#");
            let x = self.text(1, y, cells, &full.repeat(filled), Role::Spark);
            self.text(x, y, cells - filled, &self.glyphs.rule.repeat(cells - filled), Role::Rule);
            after = 1 + u16::try_from(cells).unwrap_or(u16::MAX) + 2;
        }
        let mut x = self.text(after, y, usize::from(self.width), &counted, Role::Strong);
        if failed > 0 {
            x = self.text(x, y, usize::from(self.width), &format!("  {failed} failed"), Role::Critical);
        }
        // Where there is no room for the notice below.
        if shown.is_stopping {
            self.text(x, y, usize::from(self.width), "  stopping", Role::Notice);
        }
    }

    fn foot(&mut self, y: u16, shown: &RunShown<'_>, has_more: bool) {
        let (text, role) = if shown.is_stopping {
            (" stopping: what is under way is finished first, so that nothing is half done", Role::Notice)
        } else {
            (" ctrl-c  stop after what is under way    up, down  look back", Role::Footer)
        };
        self.text(0, y, usize::from(self.width), text, role);
        if has_more {
            self.right(y, "more below", Role::Dim);
        }
    }
}

/// Components in order; those under way with their resources, those that are done in one line.
fn rows(shown: &RunShown<'_>, glyphs: &Glyphs) -> Vec<Row> {
    let mut rows = Vec::new();
    for name in COMPONENTS {
        let is_own = |address: &str| component(address) == name;
        let planned =
            shown.run.planned.iter().filter(|change| change.action.alters() && is_own(&change.address)).count();
        let own: Vec<&ResourceRun> =
            shown.run.resources.iter().filter(|one| one.action.alters() && is_own(&one.address)).collect();
        let all = planned.max(own.len());
        if all == 0 {
            continue;
        }
        let done = own.iter().filter(|one| matches!(one.state, ResourceState::Done(_))).count();
        let failed = own.iter().any(|one| matches!(one.state, ResourceState::Failed(_)));
        let is_complete = done >= all && !failed;
        let (symbol, role) = match (failed, is_complete, own.is_empty()) {
            (true, ..) => (glyphs.verdict(Verdict::Critical), Role::Critical),
            (_, true, _) => (glyphs.verdict(Verdict::Ok), Role::Dim),
            (.., true) => (glyphs.pending, Role::Dim),
            _ => (glyphs.pending, Role::Strong),
        };
        rows.push(Row { indent: 1, text: format!("{symbol} {name}"), right: format!("{done}/{all}"), role });
        if !is_complete {
            rows.extend(own.into_iter().map(|resource| row(resource, shown.now, glyphs)));
        }
    }
    for error in shown.run.errors() {
        let symbol = glyphs.verdict(Verdict::Critical);
        rows.push(Row {
            indent: 1,
            text: format!("{symbol} {}", error.summary),
            right: String::new(),
            role: Role::Critical,
        });
        rows.extend(error.detail.iter().filter(|line| !line.trim().is_empty()).take(4).map(|line| Row {
            indent: 3,
            text: line.clone(),
            right: String::new(),
            role: Role::Text,
        }));
    }
    rows
}

fn row(resource: &ResourceRun, now: Timestamp, glyphs: &Glyphs) -> Row {
    let (symbol, role, seconds) = match resource.state {
        ResourceState::Running => {
            (resource.action.sign(), Role::Text, now.duration_since(resource.began).as_secs().unsigned_abs())
        }
        ResourceState::Done(took) => (glyphs.verdict(Verdict::Ok), Role::Dim, took.as_secs()),
        ResourceState::Failed(took) => (glyphs.verdict(Verdict::Critical), Role::Critical, took.as_secs()),
    };
    let symbol = if glyphs.ascii && !symbol.is_ascii() { "*" } else { symbol };
    let word = if resource.state == ResourceState::Running { resource.action.word() } else { "" };
    let text = format!("{symbol} {} {word}", resource.address);
    Row { indent: 3, text: text.trim_end().to_owned(), right: clock(seconds), role }
}

/// Seconds as `45s`, `2m14s`, `1h02m`.
fn clock(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::domain::{Action, PlannedChange, TerraformEvent};

    fn shown_at(width: u16, height: u16, ascii: bool) -> String {
        let change =
            |address: &str| PlannedChange { address: address.to_owned(), action: Action::Create, reason: None };
        let addresses =
            ["aws_ecs_service.prometheus", "aws_ecs_service.grafana", "aws_lb.this", "aws_efs_file_system.this"];
        let mut run = TerraformRun::of_plan(addresses.map(change).to_vec());
        let began = Timestamp::UNIX_EPOCH;
        run.take(TerraformEvent::Version { program: "tofu", version: "1.12.6".into(), ui: "1.2".into() }, began);
        for address in &addresses[..3] {
            run.take(TerraformEvent::Began { address: (*address).into(), action: Action::Create }, began);
        }
        let later = began + Duration::from_secs(134);
        let took = Some(Duration::from_secs(121));
        run.take(TerraformEvent::Done { address: "aws_lb.this".into(), action: Action::Create, took }, later);
        run.take(
            TerraformEvent::Failed { address: "aws_ecs_service.grafana".into(), action: Action::Create, took },
            later,
        );
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let glyphs = if ascii { Glyphs::ascii() } else { Glyphs::utf8() };
        let shown = RunShown {
            operation: "apply",
            environment: "prod",
            production: true,
            run: &run,
            began,
            now: later,
            is_stopping: false,
            back: 0,
        };
        terminal.draw(|frame| draw_run(frame, &shown, &Theme::default(), &glyphs)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn how_far_it_is_and_what_it_waits_for_is_seen_at_a_glance() {
        insta::assert_snapshot!("terraform_run_80x16", shown_at(80, 16, false));
        let ascii = shown_at(60, 12, true);
        assert!(ascii.is_ascii(), "{ascii}");
    }

    #[test]
    fn however_small_the_screen_is_it_says_how_far_the_run_is() {
        insta::assert_snapshot!("terraform_run_24x5", shown_at(24, 5, false));
        for width in 1..40 {
            for height in 0..10 {
                let screen = shown_at(width, height, true);
                let is_readable = width >= 8 && height > 0;
                assert!(!is_readable || screen.contains("1 of 4"), "{width}x{height}\n{screen}");
            }
        }
    }

    #[test]
    fn elapsed_times_are_short() {
        for (seconds, text) in [(0, "0s"), (59, "59s"), (60, "1m00s"), (3599, "59m59s"), (3720, "1h02m")] {
            assert_eq!(clock(seconds), text);
        }
    }
}
