//! Below the overview's table: why the service under the cursor is as it is, what fires, what changed.

use crate::app::geometry::Area;
use crate::app::{Overview, OverviewItem};
use crate::domain::{Deployment, Finding, Rollout, ServiceHealth, Snapshot, Verdict};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, cells, wrapped};
use super::facts::shares;
use super::overview::selected;
use super::words::{age, evidence_text, finding_text, verdict_role};
use super::{firing, since};

/// The column that everything said begins in; what it is about stands before it.
pub(super) const LABEL: u16 = 11;

/// From this height on alerts stand one below the other.
const TALL: u16 = 16;

pub(super) fn draw(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area, with_service: bool) {
    let end = area.y + area.height;
    let since = u16::from(area.height >= 4);
    let listed = area.height >= TALL;
    let groups = firing::groups(snapshot);
    let alerts = match area.height {
        TALL.. => cells(groups.len()).clamp(1, area.height / 3) + 1,
        9.. => 3,
        4.. => 2,
        _ => 0,
    };
    let above = Area { height: area.height.saturating_sub(since + alerts), ..area };
    let mut y = reasons(canvas, snapshot, above, with_service);
    if alerts > 0 && y < end {
        let area = Area { y, height: alerts.min(end - y), ..area };
        y = if listed {
            firing::listed(canvas, snapshot, &groups, area) + 1
        } else {
            firing::side_by_side(canvas, snapshot, &groups, area)
        };
    }
    if since > 0 && y < end {
        since::draw(canvas, snapshot, Area { y, height: end - y, ..area });
    }
}

pub(super) fn label(canvas: &mut Canvas<'_>, y: u16, text: &str) {
    canvas.text(1, y, LABEL - 2, text, Role::Title);
}

/// One reason: what stands before it, and what behind it where there is room.
struct Reason {
    /// The column that every line of it begins in.
    x: u16,
    mark: &'static str,
    text: String,
    role: Role,
    evidence: String,
}

impl Reason {
    fn dim(x: u16, text: impl Into<String>) -> Self {
        Self { x, mark: "", text: text.into(), role: Role::Dim, evidence: String::new() }
    }

    fn lines(&self, width: u16, most: usize) -> Vec<String> {
        wrapped(&self.text, width.saturating_sub(self.x + 1), most)
    }
}

/// Why the service under the cursor is as it is, and what is wrong beside; a long reason goes on in the next line where
/// there is room. Returns the line after.
fn reasons(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area, with_service: bool) -> u16 {
    let mut also = general(canvas, snapshot);
    let mut y = area.y;
    let mut own = Vec::new();
    if with_service && area.height > 0 {
        match selected(canvas, snapshot) {
            Some(service) => {
                let x = head(canvas, service, y, area.width);
                // What is wrong beside must be seen, too.
                let room = area.height - cells(also.len()).min(area.height / 3);
                own = of_service(canvas, service, x, room.into());
            }
            None => y += stack(canvas, snapshot, area),
        }
    }
    let room = usize::from((area.y + area.height).saturating_sub(y));
    shorten(&mut also, room.saturating_sub(own.len()), LABEL);
    let first_beside = own.len();
    let told: Vec<Reason> = own.into_iter().chain(also).collect();
    let full: Vec<usize> = told.iter().map(|it| it.lines(area.width, usize::MAX).len().max(1)).collect();
    let shares = shares(&full, &vec![1; told.len()], room);
    for (index, (reason, share)) in told.iter().zip(shares).enumerate() {
        if index == first_beside && share > 0 {
            label(canvas, y, "ALSO");
        }
        y = tell(canvas, reason, share, y, area.width);
    }
    y
}

fn tell(canvas: &mut Canvas<'_>, reason: &Reason, share: usize, from: u16, width: u16) -> u16 {
    let Reason { x, mark, role, .. } = *reason;
    let room = width.saturating_sub(x + 1);
    canvas.text(x.saturating_sub(2), from, u16::from(!mark.is_empty()), mark, role);
    let mut y = from;
    let mut after = x;
    for line in reason.lines(width, share).iter().take(share) {
        after = canvas.text(x, y, room, line, role);
        y += 1;
    }
    let evidence = cells(format::width(&reason.evidence));
    if y > from && evidence > 0 && after + 3 + evidence <= x + room {
        canvas.text(after + 3, y - 1, evidence, &reason.evidence, Role::Dim);
    }
    y
}

/// As many as there are lines; the last says how many there was no room for.
fn shorten(reasons: &mut Vec<Reason>, most: usize, x: u16) {
    if reasons.len() > most && most > 1 {
        let more = reasons.len() - (most - 1);
        reasons.truncate(most - 1);
        reasons.push(Reason::dim(x, format!("and {more} more")));
    }
    reasons.truncate(most);
}

/// The stack's row stands for all of them. Returns the lines it took.
fn stack(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) -> u16 {
    if !canvas.model.overview.list.selected().is_some_and(|row| row.item == OverviewItem::Stack) {
        return 0;
    }
    let names: Vec<&str> = Overview::stack(snapshot).map(|service| service.id.name.as_str()).collect();
    let text = format!("{} all ok; open it to see each", names.join(", "));
    canvas.text(1, area.y, LABEL, canvas.glyphs.verdict(Verdict::Ok), Role::Ok);
    canvas.text(3, area.y, LABEL, "stack", Role::Strong);
    canvas.text(LABEL, area.y, area.width.saturating_sub(LABEL + 1), &text, Role::Dim);
    1
}

/// A service's findings with where they are known from, and its deployment; the first beside its name.
fn of_service(canvas: &Canvas<'_>, service: &ServiceHealth, name_end: u16, most: usize) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = service
        .findings
        .iter()
        .map(|finding| Reason {
            x: LABEL,
            mark: "",
            text: finding_text(canvas.model, finding),
            role: verdict_role(finding.verdict),
            evidence: evidence_text(canvas.model, finding),
        })
        .collect();
    let count = reasons.len();
    if count == 0 {
        reasons.push(Reason::dim(LABEL, "nothing is wrong"));
    }
    if count > most && most > 1 {
        reasons.truncate(most - 1);
        reasons.push(Reason::dim(LABEL, format!("and {} more findings", count - (most - 1))));
    }
    if let Some(deployment) = service.deployment() {
        reasons.push(Reason::dim(LABEL, deployment_text(canvas, deployment)));
    }
    reasons.truncate(most);
    if let Some(first) = reasons.first_mut() {
        first.x = first.x.max(name_end);
    }
    reasons
}

/// Symbol and name; returns the column after them.
fn head(canvas: &mut Canvas<'_>, service: &ServiceHealth, y: u16, width: u16) -> u16 {
    let role = verdict_role(service.verdict);
    canvas.text(1, y, 1, canvas.glyphs.verdict(service.verdict), role);
    let name = canvas.model.overview.name(&service.id);
    let room = (width / 3).max(8);
    let x = canvas.text(3, y, room, &format::clip_middle(&name, room.into()), Role::Strong);
    x + 2
}

fn deployment_text(canvas: &Canvas<'_>, deployment: &Deployment) -> String {
    let since = deployment.created_at.map(|at| format!(", {}", age(canvas.model, at))).unwrap_or_default();
    match deployment.rollout {
        Rollout::InProgress => format!("deployment {} rolling{since}", deployment.definition),
        rollout => format!("deployment {} {}{since}", deployment.definition, rollout.word()),
    }
}

/// Findings that belong to no service.
fn general(canvas: &Canvas<'_>, snapshot: &Snapshot) -> Vec<Reason> {
    let reason = |finding: &Finding| Reason {
        x: LABEL + 2,
        mark: canvas.glyphs.verdict(finding.verdict),
        text: finding_text(canvas.model, finding),
        role: verdict_role(finding.verdict),
        evidence: String::new(),
    };
    snapshot.findings.iter().map(reason).collect()
}
