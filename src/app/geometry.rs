//! Where things are on the screen: the part of the layout that both scrolling and drawing must agree on.

use super::Pane;

/// Columns and rows below which nothing useful can be shown.
pub const SMALLEST: (u16, u16) = (40, 10);

/// Rows of chrome above a screen's body: the header, a line about the screen, a rule.
pub const TOP: u16 = 3;

/// Rows of chrome below it: a rule, the footer.
pub const BOTTOM: u16 = 2;

/// The width from which a side panel joins the overview.
const SIDE_FROM: u16 = 160;

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Area {
    /// The first column.
    pub x: u16,
    /// The first row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// How a screen with one list is laid out: heading, rows, rule, detail; and perhaps a panel at the side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// The line of headings and the rows below it.
    pub table: Area,
    /// What is said below the list; no rows when there is no room.
    pub detail: Area,
    /// The panel at the side; no columns when there is no room.
    pub side: Area,
}

impl Listing {
    /// Rows of the list that are visible at once.
    pub fn page(&self) -> usize {
        usize::from(self.table.height.saturating_sub(1))
    }
}

/// The body between the chrome.
pub fn body(size: (u16, u16)) -> Area {
    Area { x: 0, y: TOP, width: size.0, height: size.1.saturating_sub(TOP + BOTTOM) }
}

/// The overview, for a number of rows.
pub fn overview(size: (u16, u16), rows: usize) -> Listing {
    let body = body(size);
    let beside = if size.0 >= SIDE_FROM { (size.0 / 3).min(60) } else { 0 };
    let least_detail = match body.height {
        0..10 => 0,
        10..14 => 3,
        14..22 => 7,
        taller => (taller / 3).min(14),
    };
    // Where there is no row, the reason takes the room.
    split(body, beside, if rows == 0 { usize::MAX } else { rows }, least_detail)
}

/// A screen with a list and the details of the row under the cursor; these have the room of the list where they are
/// `enlarged`.
pub fn listing(size: (u16, u16), rows: usize, enlarged: bool) -> Listing {
    let body = body(size);
    if enlarged {
        return told_in_full(body);
    }
    let least_detail = match body.height {
        0..10 => 0,
        10..16 => 5,
        16..24 => 9,
        taller => (taller / 2).min(24),
    };
    split(body, 0, rows, least_detail)
}

/// The cost screen: the line of what is different, and the list below it.
pub fn cost(size: (u16, u16), rows: usize, enlarged: bool) -> (Area, Listing) {
    let body = body(size);
    let above = 2.min(body.height.saturating_sub(1));
    let line = Area { height: above.min(1), ..body };
    let rest = Area { y: body.y + above, height: body.height - above, ..body };
    if enlarged {
        return (line, told_in_full(rest));
    }
    let least_detail = match rest.height {
        0..8 => 0,
        8..16 => 4,
        16..24 => 7,
        taller => (taller / 3).min(14),
    };
    (line, split(rest, 0, rows, least_detail))
}

/// The heading and the row under the cursor; all else tells of that row.
fn told_in_full(body: Area) -> Listing {
    let table = Area { height: 2.min(body.height), ..body };
    let below = body.y + table.height + 1;
    let detail = Area { y: below, height: (body.y + body.height).saturating_sub(below), ..body };
    Listing { table, detail, side: Area { x: body.x + body.width, width: 0, ..body } }
}

/// Gives the list the rows it needs, and the detail at least its share.
fn split(body: Area, side: u16, rows: usize, least_detail: u16) -> Listing {
    let wanted = u16::try_from(rows.max(3)).unwrap_or(u16::MAX).saturating_add(1);
    let rule = u16::from(least_detail > 0);
    let table_height = wanted.min(body.height.saturating_sub(least_detail + rule)).max(1).min(body.height);
    let width = body.width - side;
    let table = Area { height: if least_detail == 0 { body.height } else { table_height }, width, ..body };
    let below = table.y + table.height + rule;
    let detail = Area { x: body.x, y: below, width, height: (body.y + body.height).saturating_sub(below) };
    Listing { table, detail, side: Area { x: body.x + width, width: side, ..body } }
}

/// The help screen: how many columns of lines stand side by side, and how many lines each shows.
pub fn help(size: (u16, u16)) -> (usize, usize) {
    let body = body(size);
    (usize::from(body.width / 66).max(1), usize::from(body.height))
}

/// The parts of the service screen that are visible at once, each with its place; the part keys act on is one of them.
pub fn service(size: (u16, u16), pane: Pane) -> Vec<(Pane, Area)> {
    let body = body(size);
    let Area { y, width, height, .. } = body;
    if width >= 150 && height >= 40 {
        let left = width * 3 / 5;
        let right = width - left - 1;
        let charts = height / 2;
        let tasks = (height - charts) * 3 / 5;
        let (findings, deployments, alerts) = (height * 3 / 10, height * 3 / 20, height / 5);
        let stack = |x, width, parts: &[(Pane, u16)]| {
            let mut y = y;
            parts
                .iter()
                .map(|(pane, height)| {
                    let area = Area { x, y, width, height: *height };
                    y += height;
                    (*pane, area)
                })
                .collect::<Vec<_>>()
        };
        let mut areas =
            stack(0, left, &[(Pane::Charts, charts), (Pane::Tasks, tasks), (Pane::Targets, height - charts - tasks)]);
        areas.extend(stack(
            left + 1,
            right,
            &[
                (Pane::Findings, findings),
                (Pane::Deployments, deployments),
                (Pane::Alerts, alerts),
                (Pane::Events, height - findings - deployments - alerts),
            ],
        ));
        return areas;
    }
    if width >= 100 && height >= 26 {
        let (findings, charts) = (9.min(height / 3), 11.min(height / 3));
        let lower = match pane {
            Pane::Findings | Pane::Charts => Pane::Tasks,
            pane => pane,
        };
        return vec![
            (Pane::Findings, Area { height: findings, ..body }),
            (Pane::Charts, Area { y: y + findings, height: charts, ..body }),
            (lower, Area { y: y + findings + charts, height: height - findings - charts, ..body }),
        ];
    }
    if pane == Pane::Findings && height >= 16 {
        let findings = height - 10;
        return vec![
            (Pane::Findings, Area { height: findings, ..body }),
            (Pane::Charts, Area { y: y + findings, height: 10, ..body }),
        ];
    }
    vec![(pane, body)]
}

/// Lines at the bottom of a part that tell of the row under the cursor in full.
pub fn pane_foot(pane: Pane, area: Area) -> u16 {
    match pane {
        // Where a row is too narrow for most of them, the one under the cursor is told in full.
        Pane::Findings if area.width < 80 && area.height >= 9 => 2,
        Pane::Findings | Pane::Charts | Pane::Deployments => 0,
        Pane::Tasks | Pane::Events | Pane::Alerts | Pane::Targets => {
            if area.height >= 9 {
                2
            } else {
                0
            }
        }
    }
}

/// Lines one row of a part takes.
pub const fn lines_per_row(pane: Pane) -> u16 {
    match pane {
        Pane::Findings => 2,
        _ => 1,
    }
}

/// Rows of a part that are visible at once: its title and its foot are not rows.
pub fn pane_page(size: (u16, u16), shown: Pane, pane: Pane) -> usize {
    service(size, shown).into_iter().find(|(other, _)| *other == pane).map_or(1, |(_, area)| {
        usize::from(area.height.saturating_sub(1 + pane_foot(pane, area)) / lines_per_row(pane)).max(1)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inside(inner: Area, outer: Area) -> bool {
        inner.x >= outer.x
            && inner.y >= outer.y
            && inner.x + inner.width <= outer.x + outer.width
            && inner.y + inner.height <= outer.y + outer.height
    }

    proptest! {
        #[test]
        fn nothing_lies_outside_the_body(width in 1u16..300, height in 6u16..120, rows in 0usize..9_000, pane in 0usize..7) {
            let size = (width, height);
            let body = body(size);
            for listing in [
                overview(size, rows),
                listing(size, rows, false),
                listing(size, rows, true),
                cost(size, rows, false).1,
                cost(size, rows, true).1,
            ] {
                prop_assert!(inside(listing.table, body), "{listing:?}");
                prop_assert!(listing.detail.height == 0 || inside(listing.detail, body), "{listing:?}");
                prop_assert!(inside(listing.side, body), "{listing:?}");
            }
            let panes = service(size, Pane::ALL[pane]);
            for (pane, area) in &panes {
                prop_assert!(inside(*area, body), "{pane:?} {area:?}");
            }
            prop_assert!(panes.iter().any(|(shown, _)| *shown == Pane::ALL[pane]));
        }
    }

    #[test]
    fn a_short_list_leaves_its_room_to_the_detail() {
        let few = overview((80, 24), 6);
        assert_eq!((few.page(), few.detail.height), (6, 11));
        let many = overview((80, 24), 5_000);
        assert_eq!((many.page(), many.detail.height), (10, 7));
    }
}
