//! The cost screen: what is paid a month, line by line, and what if.

use crate::app::geometry::{self, Area};
use crate::app::{Cost, CostItem, CostPart, IngestState, Spot};
use crate::command::Command;
use crate::cost::{Growth, Scope, Sheet};
use crate::domain::{Basis, BillLine, amounts, more_or_less};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, cells, clipped, piece, pieces_width, wrapped};
use super::facts::Facts;
use super::table::{self, left, right};
use super::waiting::{clear_hint, say};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Name,
    Item,
    Amount,
    Basis,
    How,
}

/// What is left out of the items of tasks where there is no room, the same of all: what they are a size of says less than
/// the size.
const LEADS: [&[&str]; 3] = [&[""], &["Fargate "], &["Fargate x86, ", "Fargate arm64, "]];

/// How many bytes of an item are left out.
fn lead(item: &str, leads: &[&str]) -> usize {
    leads.iter().find(|lead| item.starts_with(**lead)).map_or(0, |lead| lead.len())
}

/// The least that can be left out for the items of all tasks to fit.
fn leads(sheet: &Sheet, width: u16) -> &'static [&'static str] {
    let bills = [&sheet.stack, &sheet.services, &sheet.alternative];
    let fits = |leads: &&[&str]| {
        let items = bills.iter().flat_map(|bill| &bill.lines).map(|line| line.item.as_str());
        let mut tasks = items.filter(|item| item.starts_with("Fargate "));
        tasks.all(|item| format::width(&item[lead(item, leads)..]) <= usize::from(width))
    };
    LEADS.into_iter().find(fits).unwrap_or(LEADS[2])
}

/// Cells a line stands further in than its bill.
const INDENT: &str = "  ";

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let model = canvas.model;
    let cost = &model.cost;
    let (line, layout) = geometry::cost(model.size, cost.list.rows().len(), model.enlarged);
    let sheet = match &cost.sheet {
        Some(Ok(sheet)) => sheet,
        Some(Err(why)) => {
            let region = key(canvas, Command::CostRegion);
            let hint = format!("{region} shows what it would cost in a region that has prices.");
            let room = layout.table.width.saturating_sub(4);
            let mut lines: Vec<_> = wrapped(why, room, 4).into_iter().map(|line| (line, Role::Warning)).collect();
            lines.push((hint, Role::Dim));
            say(canvas, layout.table, &lines);
            return;
        }
        None => return,
    };
    what_if(canvas, cost, sheet, line);
    if layout.table.y > line.y + 1 {
        canvas.rule(0, line.y + 1, line.width);
    }
    if cost.list.rows().is_empty() {
        let text = format!("No line matches \"{}\".", cost.list.filter());
        say(canvas, layout.table, &[(text, Role::Text), clear_hint(canvas, &cost.list)]);
        return;
    }
    bills(canvas, cost, sheet, layout.table);
    if layout.detail.height > 0 {
        canvas.rule(0, layout.detail.y - 1, layout.detail.width);
        detail(canvas, cost, sheet, layout.detail);
    }
}

/// The key of a command, as one would press it here.
fn key(canvas: &Canvas<'_>, command: Command) -> String {
    canvas.model.keys(command).into_iter().next().unwrap_or_default()
}

/// What can be different: its key, what it is, and what it is as it runs where that is something else.
struct Part {
    command: Command,
    text: String,
    /// The fewest words for it where nothing is different.
    brief: String,
    runs: Option<String>,
}

fn parts(cost: &Cost, sheet: &Sheet) -> [Part; 5] {
    let Sheet { as_it_is: now, reckoned: then, .. } = sheet;
    let part = |command, text: String, brief: &str, runs: Option<String>| {
        let brief = if runs.is_none() && !brief.is_empty() { brief.to_owned() } else { text.clone() };
        Part { command, text, brief, runs }
    };
    let runs_size = || now.size.map_or_else(|| "none".to_owned(), |size| size.to_string());
    [
        part(
            Command::CostServices,
            counted(then, now),
            "",
            (then.services != now.services).then(|| now.services.to_string()),
        ),
        part(
            Command::CostRetention,
            format!("kept {}", days(then)),
            &days(then),
            cost.what_if.retention_days.map(|_| days(now)),
        ),
        part(Command::CostSize, size(then), "", (then.size != now.size).then(runs_size)),
        part(
            Command::CostArchitecture,
            architecture(then).to_owned(),
            "",
            cost.what_if.architecture.map(|_| architecture(now).to_owned()),
        ),
        // Where it runs stands in the header.
        part(Command::CostRegion, sheet.region.clone(), "region", cost.what_if.region.as_ref().map(|_| String::new())),
    ]
}

/// What can be different, each with its key; what is different stands out and says what it is now.
fn what_if(canvas: &mut Canvas<'_>, cost: &Cost, sheet: &Sheet, area: Area) {
    let parts = parts(cost, sheet);
    let lead = if cost.what_if.is_any() { "what if " } else { "for " };
    let line = |lead: &'static str, text: fn(&Part) -> &str, tells_was: bool| {
        let mut pieces = vec![piece(lead, Role::Dim)];
        for part in &parts {
            pieces.push(piece(format!(" {} ", key(canvas, part.command)), Role::Key));
            let role = if part.runs.is_some() { Role::Strong } else { Role::Text };
            pieces.push(piece(text(part).to_owned(), role));
            let was = part.runs.as_ref().filter(|was| tells_was && !was.is_empty());
            pieces.push(piece(was.map(|was| format!(" (runs {was})")).unwrap_or_default(), Role::Dim));
            pieces.push(piece(" ", Role::Dim));
        }
        pieces
    };
    let room = area.width.saturating_sub(2);
    let forms = [line(lead, |part| &part.text, true), line(lead, |part| &part.text, false)];
    let fitting = forms.into_iter().find(|pieces| pieces_width(pieces) <= room);
    let pieces = fitting.unwrap_or_else(|| line("", |part| &part.brief, false));
    canvas.pieces(1, area.y, room, &pieces);
}

fn services(scope: &Scope) -> String {
    format::count(scope.services as usize, "service")
}

/// The number of services; where nobody has counted them, that.
fn counted(scope: &Scope, as_it_is: &Scope) -> String {
    let is_guess = scope.services == as_it_is.services && as_it_is.counted == Basis::Assumed;
    format!("{}{}", services(scope), if is_guess { ", assumed" } else { "" })
}

fn days(scope: &Scope) -> String {
    format!("{} d", scope.retention_days)
}

fn size(scope: &Scope) -> String {
    scope.size.map_or_else(|| "no prometheus".to_owned(), |size| size.to_string())
}

fn architecture(scope: &Scope) -> &'static str {
    scope.architecture.map_or("x86 and arm64", |architecture| architecture.name())
}

fn bills(canvas: &mut Canvas<'_>, cost: &Cost, sheet: &Sheet, area: Area) {
    let list = &cost.list;
    let (names, items, numbers) = widths(sheet);
    let cols = vec![
        left(Key::Name, "WHAT IS PAID", names, names, 0),
        left(Key::Item, "ITEM", 17, items, 1),
        right(Key::Amount, "USD A MONTH", numbers, 0),
        left(Key::Basis, "BASIS", 8, 8, 2),
        left(Key::How, "HOW", 32, 200, 3),
    ];
    let inner = Area { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let end = inner.x + inner.width;
    let cols = table::fit(cols, inner);
    table::heads(canvas, area.y, &cols, None, end);
    let leads = leads(sheet, cols.iter().find(|(col, ..)| col.key == Key::Item).map_or(0, |(_, _, width)| *width));
    let amount_at = cols.iter().find(|(col, ..)| col.key == Key::Amount).map_or(end, |(_, x, _)| *x);
    let body = Area { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    for (index, y) in table::visible(list.cursor(), list.rows().len(), body) {
        let row = &list.rows()[index];
        match row.item {
            CostItem::Line(part, position) => {
                if let Some(line) = part.of(sheet).lines.get(position) {
                    table::cells(canvas, y, &cols, end, |key, width| cell(line, &row.matched, leads, key, width));
                }
            }
            CostItem::Part(part) => {
                table::cells(canvas, y, &cols, end, |key, _| total(sheet, part, key));
                // A title needs the room of the column beside it.
                let title = title_of(sheet, part);
                canvas.text(inner.x, y, amount_at.saturating_sub(inner.x + 1), &title, Role::Title);
            }
            CostItem::Unpriced(position) => {
                if let Some((service, why)) = sheet.unpriced.get(position) {
                    table::cells(canvas, y, &cols, end, |key, width| match key {
                        Key::Name => named(service, &row.matched, width, Role::Unknown),
                        Key::Amount => vec![piece("?", Role::Unknown)],
                        Key::Item => vec![piece(why.as_str(), Role::Dim)],
                        Key::Basis | Key::How => Vec::new(),
                    });
                }
            }
        }
        let line = Area { y, height: 1, ..area };
        if index == list.cursor().at() {
            table::cursor_row(canvas, line);
        }
        canvas.spot(line, Spot::Row(row.id));
    }
}

/// Cells that the names of all bills take, their items and their amounts.
fn widths(sheet: &Sheet) -> (u16, u16, u16) {
    const NAMES: (usize, usize) = (14, 30);
    const ITEMS: (usize, usize) = (17, 40);
    const HEAD: usize = "USD A MONTH".len();
    let bills = [&sheet.stack, &sheet.services, &sheet.alternative];
    let names = bills.iter().flat_map(|bill| &bill.lines).map(|line| format::width(&line.component));
    let unpriced = sheet.unpriced.iter().map(|(service, _)| format::width(service));
    let names = names.chain(unpriced).max().unwrap_or_default() + INDENT.len();
    // No line is wider than its sum.
    let numbers = bills.iter().map(|bill| amounts(bill.total()).len()).max().unwrap_or_default();
    let items = bills.iter().flat_map(|bill| &bill.lines).map(|line| format::width(&line.item));
    let reasons = sheet.unpriced.iter().map(|(_, why)| format::width(why));
    let items = items.chain(reasons).max().unwrap_or_default();
    (cells(names.clamp(NAMES.0, NAMES.1)), cells(items.clamp(ITEMS.0, ITEMS.1)), cells(numbers.max(HEAD)))
}

fn title_of(sheet: &Sheet, part: CostPart) -> String {
    match part {
        CostPart::Stack => format!("the stack, for {}", services(&sheet.reckoned)),
        CostPart::Services => "the services themselves, as they run".to_owned(),
        CostPart::Alternative => "cloudwatch alone, without the stack".to_owned(),
    }
}

fn total(sheet: &Sheet, part: CostPart, key: Key) -> Vec<Piece<'static>> {
    let text = match (key, part) {
        // None seen and none priced are both not known.
        (Key::Amount, CostPart::Services) if sheet.services.lines.is_empty() => {
            return vec![piece("?", Role::Unknown)];
        }
        (Key::Amount, _) => return vec![piece(amounts(part.of(sheet).total()), Role::Strong)],
        (Key::How, CostPart::Stack) => {
            format!("{} for each of {}", amounts(sheet.for_each()), services(&sheet.reckoned))
        }
        (Key::How, CostPart::Services) if sheet.services.lines.is_empty() && sheet.unpriced.is_empty() => {
            "no service is seen".to_owned()
        }
        (Key::How, CostPart::Services) if !sheet.unpriced.is_empty() => {
            format!("and what {} cost, which is not known", format::count(sheet.unpriced.len(), "service"))
        }
        (Key::How, CostPart::Alternative) => against(sheet),
        (Key::Name | Key::Item | Key::Basis | Key::How, _) => return Vec::new(),
    };
    vec![piece(text, Role::Dim)]
}

fn cell<'s>(line: &'s BillLine, matched: &[u32], leads: &[&str], key: Key, width: u16) -> Vec<Piece<'s>> {
    match key {
        Key::Name => named(&line.component, matched, width, Role::Text),
        Key::Item => {
            let before = line.component.chars().count() + 1;
            let cut = lead(&line.item, leads);
            let item = &line.item[cut..];
            if format::width(item) > usize::from(width) {
                return vec![piece(format::clip(item, width.into()), Role::Dim)];
            }
            clipped(item, matched, before + cut, width, Role::Dim)
        }
        Key::Amount => vec![piece(amounts((line.low, line.high)), Role::Text)],
        Key::Basis => vec![piece(line.basis.word(), if line.basis == Basis::Assumed { Role::Dim } else { Role::Text })],
        Key::How => vec![piece(line.arithmetic.as_str(), Role::Dim)],
    }
}

fn named<'s>(name: &'s str, matched: &[u32], width: u16, role: Role) -> Vec<Piece<'s>> {
    let mut pieces = vec![piece(INDENT, role)];
    pieces.extend(clipped(name, matched, 0, width.saturating_sub(cells(INDENT.len())), role));
    pieces
}

/// What the stack costs against CloudWatch alone.
fn against(sheet: &Sheet) -> String {
    format!("the stack costs {}", more_or_less(sheet.stack.total(), sheet.alternative.total()))
}

fn detail(canvas: &mut Canvas<'_>, cost: &Cost, sheet: &Sheet, area: Area) {
    let Some(row) = cost.list.selected() else { return };
    let mut facts = Facts::default();
    if let Some(line) = cost.line(row.item) {
        facts.fact("what", &format!("{}, {}", line.component, line.item), Role::Text, 1);
        facts.fact(
            "a month",
            &format!("{} USD = {}", amounts((line.low, line.high)), line.arithmetic),
            Role::Strong,
            3,
        );
        let role = if line.basis == Basis::Assumed { Role::Dim } else { Role::Text };
        facts.fact("basis", &from(line.basis, sheet.growth), role, 1);
        if let Some(note) = &line.note {
            facts.fact("note", note, Role::Dim, 3);
        }
    }
    match row.item {
        CostItem::Part(CostPart::Stack) => {
            let each = format!("{} USD a month for each of {}", amounts(sheet.for_each()), services(&sheet.reckoned));
            facts.fact("a service", &each, Role::Strong, 1);
            storage(&mut facts, cost, sheet);
            let alone =
                format!("{} USD a month without the stack: {}", amounts(sheet.alternative.total()), against(sheet));
            facts.fact("cloudwatch", &alone, Role::Text, 2);
            prices(&mut facts, cost, sheet);
            facts.fact("not in it", UNCOUNTED, Role::Dim, 2);
            for note in &sheet.notes {
                facts.fact("note", note, Role::Text, 2);
            }
        }
        CostItem::Part(CostPart::Services) => {
            facts.fact(
                "what",
                "Fargate of every service the stack watches, tasks wanted now, 730 hours a month",
                Role::Text,
                2,
            );
            facts.fact("not in it", "their load balancers, logs, data transfer, databases", Role::Text, 1);
            prices(&mut facts, cost, sheet);
        }
        CostItem::Part(CostPart::Alternative) => {
            facts.fact("what", "metrics of the services' own, Container Insights, alarms, dashboards", Role::Text, 2);
            facts.fact("against it", &against(sheet), Role::Strong, 1);
            prices(&mut facts, cost, sheet);
        }
        CostItem::Unpriced(position) => {
            if let Some((service, why)) = sheet.unpriced.get(position) {
                facts.fact("service", service, Role::Text, 1);
                facts.fact("not priced", why, Role::Unknown, 3);
            }
        }
        CostItem::Line(..) => {}
    }
    facts.draw(canvas, area);
}

/// What the stack's bill leaves out, in a line; `rounds cost` has all of it.
const UNCOUNTED: &str = "NAT gateways, traffic between zones, requests (Secrets Manager, KMS, Route 53), logs in S3, tax: \
                         rounds cost lists them";

/// What the quantity of a line is from.
fn from(basis: Basis, growth: Option<Growth>) -> String {
    match (basis, growth) {
        (Basis::Assumed, _) => "assumed: nothing that runs says it".to_owned(),
        (Basis::Planned, _) => "from a Terraform plan".to_owned(),
        (Basis::Runs, _) => "what runs now".to_owned(),
        (Basis::Measured, Some(growth)) => format!("{}, by prometheus", growth.intake()),
        (Basis::Measured, None) => "measured by prometheus".to_owned(),
    }
}

fn prices(facts: &mut Facts<'_>, cost: &Cost, sheet: &Sheet) {
    let text = format!("list prices of {}, {}, without tax and discounts", sheet.as_of, sheet.region);
    facts.fact("prices", &text, Role::Dim, 1);
    if let Some(why) = &cost.refused {
        facts.fact("", &format!("your own are refused, these are the shipped ones: {why}"), Role::Warning, 2);
    }
}

/// How storage grows, or why that is not known.
fn storage(facts: &mut Facts<'_>, cost: &Cost, sheet: &Sheet) {
    match (&cost.ingest, sheet.growth) {
        (IngestState::Known(_), Some(growth)) => facts.fact("storage", &growth.to_string(), Role::Text, 2),
        (IngestState::Unknown(why), _) => {
            let text = format!("unknown: {why}; the plan's GB a day are assumed");
            facts.fact("storage", &text, Role::Unknown, 2);
        }
        _ => facts.fact("storage", "asking prometheus how much it takes in", Role::Dim, 1),
    }
}

/// What the line below the header says: the total, and what is different about it.
pub(super) fn title(canvas: &mut Canvas<'_>, room: u16) {
    let cost = &canvas.model.cost;
    let mut pieces: Vec<Piece<'_>> = vec![piece("cost  ", Role::Title)];
    if let Some(sheet) = cost.reckoned() {
        let total = sheet.stack.total();
        pieces.push(piece(format!("{} USD a month", amounts(total)), Role::Strong));
        if let Some(now) = sheet.now {
            let differs = if total == now {
                "as much as it is now".to_owned()
            } else {
                format!("{} than as it runs", more_or_less(total, now))
            };
            pieces.push(piece(format!(", {differs}"), Role::Text));
        }
        let filter = cost.list.filter();
        if !filter.is_empty() {
            pieces.push(piece("   filter ", Role::Dim));
            pieces.push(piece(filter.to_owned(), Role::Match));
        }
        let dated = match &cost.refused {
            Some(_) => [piece(format!("your prices are refused; shipped ones of {}", sheet.as_of), Role::Warning)],
            None => [piece(format!("prices of {}", sheet.as_of), Role::Dim)],
        };
        if pieces_width(&pieces) + pieces_width(&dated) + 3 <= room {
            canvas.pieces_right(1, 1, room, &dated);
        }
    }
    canvas.pieces(1, 1, room, &pieces);
}
