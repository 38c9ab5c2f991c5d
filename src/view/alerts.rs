//! The alerts screen: one list, the one under the cursor in full below.

use jiff::Timestamp;

use crate::app::geometry::{self, Area};
use crate::app::{AlertColumn, AlertItem, Column as _, Model, Row, Spot};
use crate::domain::{Alert, AlertSight, AlertState, Silence, Snapshot, SourceKind};
use crate::format;
use crate::theme::Role;

use super::Glyphs;
use super::canvas::{Canvas, Piece, cells, clipped, piece};
use super::facts::Facts;
use super::table::{self, left, right};
use super::waiting::{clear_hint, say};
use super::words::{age, ago, alert_mark, alert_service, clock, last_seen, left as time_left, named, suppression_text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    State,
    Severity,
    Name,
    Service,
    Age,
    Seen,
    Summary,
}

pub(super) fn draw(canvas: &mut Canvas<'_>, snapshot: &Snapshot) {
    let model = canvas.model;
    let glyphs = canvas.glyphs;
    let list = &model.alerts.list;
    let layout = geometry::listing(model.size, list.rows().len(), model.enlarged);
    if list.rows().is_empty() {
        empty(canvas, snapshot, layout.table);
        return;
    }
    let longest = snapshot.alerts.iter().map(|alert| format::width(&alert.name)).max().unwrap_or_default();
    let name = cells(longest).clamp(10, 36);
    let service = snapshot.alerts.iter().map(|alert| format::width(alert_service(alert))).max().unwrap_or_default();
    let service = cells(service).clamp(8, 24);
    let cols = vec![
        left(Key::State, "STATE", 10, 10, 0).sorted_as(0),
        left(Key::Severity, "SEVERITY", 8, 8, 4).sorted_as(1),
        left(Key::Name, "ALERT", name.min(22), name, 0).sorted_as(2),
        left(Key::Service, "SERVICE", 8, service, 1).sorted_as(3),
        right(Key::Age, "AGE", 4, 2).sorted_as(4),
        left(Key::Seen, "SEEN IN", 10, 24, 6),
        left(Key::Summary, "SUMMARY", 14, 200, 5),
    ];
    let area = layout.table;
    let inner = Area { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let end = inner.x + inner.width;
    let cols = table::fit(cols, inner);
    let (column, reversed) = list.sort();
    let sort = AlertColumn::ALL.iter().position(|other| *other == column);
    table::heads(canvas, area.y, &cols, sort.map(|column| (column, reversed)), end);
    let body = Area { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    for (index, y) in table::visible(list.cursor(), list.rows().len(), body) {
        let row = &list.rows()[index];
        match row.item {
            AlertItem::Alert(position) => {
                if let Some(alert) = snapshot.alerts.get(position) {
                    table::cells(canvas, y, &cols, end, |key, width| {
                        cell(model, glyphs, snapshot, alert, row, key, width)
                    });
                }
            }
            AlertItem::Silence(position) => {
                if let Some(silence) = snapshot.silences.get(position) {
                    silence_row(canvas, y, inner, silence);
                }
            }
        }
        let line = Area { y, height: 1, ..area };
        if index == list.cursor().at() {
            table::cursor_row(canvas, line);
        }
        canvas.spot(line, Spot::Row(row.id));
    }
    if layout.detail.height > 0 {
        canvas.rule(0, layout.detail.y - 1, layout.detail.width);
        detail(canvas, snapshot, layout.detail);
    }
}

fn cell<'s>(
    model: &Model,
    glyphs: &Glyphs,
    snapshot: &'s Snapshot,
    alert: &'s Alert,
    row: &Row<AlertItem>,
    key: Key,
    width: u16,
) -> Vec<Piece<'s>> {
    let (mark, role) = alert_mark(snapshot, alert, glyphs);
    let seen = last_seen(model, snapshot, alert);
    let (calm, name) = match (&seen, alert.is_active()) {
        (Some(_), _) => (Role::Stale, Role::Stale),
        (None, true) => (Role::Text, Role::Strong),
        (None, false) => (Role::Dim, Role::Dim),
    };
    match key {
        Key::State => vec![piece(format!("{mark} {}", state_word(alert)), role)],
        Key::Severity => vec![piece(alert.severity.word(), calm)],
        Key::Name => clipped(&alert.name, &row.matched, 0, width, name),
        Key::Service => clipped(alert_service(alert), &row.matched, alert.name.chars().count() + 1, width, calm),
        Key::Age => vec![piece(alert.since.map_or_else(|| "?".to_owned(), |at| age(model, at)), calm)],
        Key::Seen => vec![piece(seen_in(&alert.seen_in), Role::Dim)],
        Key::Summary => {
            let seen = seen.map(|seen| piece(format!("{seen}  "), Role::Stale));
            let why = match &alert.suppression {
                Some(suppression) => piece(suppression_text(model, snapshot, suppression), Role::Suppressed),
                None => piece(alert.summary().unwrap_or_default(), Role::Dim),
            };
            seen.into_iter().chain([why]).collect()
        }
    }
}

fn state_word(alert: &Alert) -> &'static str {
    match (&alert.suppression, alert.state) {
        (Some(suppression), _) => suppression.word(),
        (None, AlertState::Firing) => "firing",
        (None, AlertState::Pending) => "pending",
    }
}

/// A number as a server prints it (`9.7e+01`, `4.042886779785e+00`) as a person would; anything else as it is.
fn number(printed: &str) -> String {
    match printed.parse::<f64>() {
        Ok(value) if value == 0.0 || (0.001..1e9).contains(&value.abs()) => {
            let text = format!("{value:.3}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => printed.to_owned(),
    }
}

fn seen_in(sources: &[SourceKind]) -> String {
    sources.iter().map(|source| source.name()).collect::<Vec<_>>().join(" ")
}

fn silence_row(canvas: &mut Canvas<'_>, y: u16, area: Area, silence: &Silence) {
    let until = silence.ends_at.map(|at| time_left(canvas.model, at)).unwrap_or_default();
    let pieces = [
        piece(format!("{} silence   ", canvas.glyphs.suppressed), Role::Suppressed),
        piece(silence.matchers.join(" "), Role::Text),
        piece(format!("  {until}, by {}  {}", silence.created_by, silence.comment), Role::Dim),
    ];
    canvas.pieces(area.x, y, area.width, &pieces);
}

fn empty(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) {
    let list = &canvas.model.alerts.list;
    let model = canvas.model;
    let text = nothing(list.filter(), list.problems_only(), &snapshot.alert_sight(), |at| ago(model, at));
    let sentences = [(text, Role::Text), (hidden(snapshot, list.problems_only()), Role::Dim), clear_hint(canvas, list)];
    say(canvas, area, &sentences);
}

/// Why the list is empty. What is not known is never told as none.
fn nothing(filter: &str, problems_only: bool, sight: &AlertSight, ago: impl Fn(Timestamp) -> String) -> String {
    let none = if !filter.is_empty() {
        format!("No alert matches \"{filter}\".")
    } else if problems_only {
        "No alert tells of a problem.".to_owned()
    } else if *sight == AlertSight::Whole {
        return "No alerts: the sources of alerts answer, and have none.".to_owned();
    } else {
        "There was no alert.".to_owned()
    };
    match sight {
        AlertSight::Whole => none,
        AlertSight::Part(blind) => format!("{none} Those of {} are unknown: it does not tell of them.", named(blind)),
        AlertSight::Lost(at) => {
            format!("Alerts are unknown: no source of alerts answers now. What was known {}: {none}", ago(*at))
        }
        AlertSight::Never => "Alerts are unknown: no source of alerts has answered.".to_owned(),
    }
}

/// What fires and is no problem, where only problems are shown.
pub(super) fn hidden(snapshot: &Snapshot, problems_only: bool) -> String {
    let is_hidden = |alert: &&Alert| problems_only && alert.is_active() && !alert.is_problem();
    let names: Vec<&str> = snapshot.alerts.iter().filter(is_hidden).map(|alert| alert.name.as_str()).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!("{one} is no problem"),
        several => format!("{} others are no problems", several.len()),
    }
}

fn detail(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) {
    let model = canvas.model;
    let Some(row) = model.alerts.list.selected() else { return };
    let mut facts = Facts::default();
    match row.item {
        AlertItem::Alert(index) => {
            let Some(alert) = snapshot.alerts.get(index) else { return };
            let (_, role) = alert_mark(snapshot, alert, canvas.glyphs);
            let since = alert.since.map(|at| format!(" since {}", clock(model, at))).unwrap_or_default();
            facts.fact("state", &format!("{}{since}, {}", state_word(alert), alert.severity.word()), role, 1);
            if let Some(seen) = last_seen(model, snapshot, alert) {
                let text = format!("{seen}; who reported it does not answer, so it may have ended");
                facts.fact("", &text, Role::Stale, 2);
            }
            if let Some(suppression) = &alert.suppression {
                facts.fact("", &suppression_text(model, snapshot, suppression), Role::Suppressed, 1);
            }
            let says = |name: &str| ["summary", "message", "description"].contains(&name);
            // What it says comes before where to read on.
            for wanted in [true, false] {
                for (name, text) in alert.annotations.iter().filter(|(name, _)| says(name) == wanted) {
                    facts.fact(name, text, Role::Text, 3);
                }
            }
            if let Some(query) = &alert.query {
                let value = alert.value.as_deref().map(|value| format!("   now {}", number(value))).unwrap_or_default();
                facts.fact("query", &format!("{query}{value}"), Role::Text, 3);
            }
            let labels: Vec<String> = alert.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            facts.fact("labels", &labels.join("  "), Role::Dim, 4);
            facts.fact("seen in", &seen_in(&alert.seen_in), Role::Dim, 1);
            if let Some(url) = &alert.url {
                facts.fact("look at", url, Role::Dim, 2);
            }
        }
        AlertItem::Silence(index) => {
            let Some(silence) = snapshot.silences.get(index) else { return };
            facts.fact("silences", &silence.matchers.join("  "), Role::Text, 3);
            facts.fact("by", &silence.created_by, Role::Text, 1);
            facts.fact("because", &silence.comment, Role::Text, 3);
            if let Some(at) = silence.ends_at {
                facts.fact("until", &format!("{} ({})", clock(model, at), time_left(model, at)), Role::Text, 1);
            }
            facts.fact("kept in", silence.source.name(), Role::Dim, 1);
            facts.fact("id", &silence.id, Role::Dim, 1);
        }
    }
    facts.draw(canvas, area);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_of_alerts_is_no_all_clear_where_nobody_can_see_any() {
        use AlertSight::{Lost, Never, Part, Whole};
        let then = Timestamp::UNIX_EPOCH;
        for (filter, problems_only, sight, said) in [
            ("", false, Never, "no source of alerts has answered"),
            ("", true, Never, "unknown"),
            ("cpu", true, Never, "unknown"),
            (
                "",
                false,
                Lost(then),
                "unknown: no source of alerts answers now. What was known 40s ago: There was no alert.",
            ),
            ("cpu", false, Lost(then), "unknown: no source of alerts answers now"),
            ("", true, Lost(then), "What was known 40s ago: No alert tells of a problem."),
            ("", false, Part(vec![SourceKind::Alertmanager]), "Those of alertmanager are unknown"),
            ("cpu", true, Part(vec![SourceKind::Alertmanager]), "Those of alertmanager are unknown"),
            ("cpu", true, Whole, "matches \"cpu\""),
            ("", true, Whole, "No alert tells of a problem"),
            ("", false, Whole, "answer, and have none"),
        ] {
            let text = nothing(filter, problems_only, &sight, |_| "40s ago".to_owned());
            assert!(text.contains(said), "{filter:?} {problems_only} {sight:?}: {text}");
            assert_eq!(text.contains("unknown"), sight != Whole, "{text}");
        }
    }

    #[test]
    fn a_servers_number_reads_as_one() {
        for (printed, shown) in [
            ("4.042886779785e+00", "4.043"),
            ("9.7e+01", "97"),
            ("0", "0"),
            ("-1.5", "-1.5"),
            ("1e-09", "1e-09"),
            ("NaN", "NaN"),
            ("+Inf", "+Inf"),
            ("", ""),
        ] {
            assert_eq!(number(printed), shown);
        }
    }
}
