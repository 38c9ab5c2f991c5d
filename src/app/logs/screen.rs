//! The state of the log screen and what keys do to it.

use std::sync::Arc;

use jiff::Timestamp;

use super::layout::{areas, columns, height};
use super::query::Query;
use super::sieve::{Choice, Sieve};
use super::store::{LogStore, Spot};
use super::{LogPlace, layout};
use crate::app::Motion;
use crate::domain::{LogKind, LogLevel, LogLine, LogNews, LogPage, LogState, SourceError};
use crate::format;

/// What is known of lines from before the first one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Older {
    /// There may be some; going up asks for them.
    #[default]
    Unasked,
    /// They are being read.
    Loading,
    /// There is no room for them.
    NoRoom,
    /// They could not be read.
    Failed(String),
}

/// See the module.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own that a key turns")]
#[derive(Debug, Clone)]
pub struct LogScreen {
    /// Whose log it is.
    pub place: LogPlace,
    /// Which asking this is: news of an earlier one are not for this screen.
    pub asking: u64,
    /// What only the backend chooses by.
    pub pattern: Option<String>,
    /// The lines in memory.
    pub store: LogStore,
    /// Which of them are shown.
    pub sieve: Sieve,
    /// What is typed as the query.
    pub typed: String,
    /// Whether the newest line is kept in sight.
    pub follows: bool,
    /// Whether long lines go on in the next row.
    pub wrap: bool,
    /// Whether times are shown.
    pub times: bool,
    /// Whether the line under the cursor is told in full below.
    pub detail: bool,
    /// The first row of that.
    pub detail_top: usize,
    /// How it is doing.
    pub state: LogState,
    /// Whether lines are sent live.
    pub live: bool,
    /// Whether live was asked for once: the second time is consent to its cost.
    pub(in crate::app) live_asked: bool,
    /// What is known of older lines.
    pub older: Older,
    /// Up to where older lines were looked for.
    pub reach: Option<Timestamp>,
    /// Lines that came in while it did not follow.
    pub unseen: usize,
    /// What is to be said about how the lines were read.
    pub notes: Vec<String>,
    pub(super) cursor: Spot,
    pub(super) top: Spot,
}

impl LogScreen {
    pub(in crate::app) fn new(place: LogPlace, most: usize, asking: u64, from: Timestamp) -> Self {
        Self {
            place,
            asking,
            pattern: None,
            store: LogStore::new(most),
            sieve: Sieve::default(),
            typed: String::new(),
            follows: true,
            wrap: false,
            times: true,
            detail: false,
            detail_top: 0,
            state: LogState::Loading,
            live: false,
            live_asked: false,
            older: Older::default(),
            reach: Some(from),
            unseen: 0,
            notes: Vec::new(),
            cursor: 0,
            top: 0,
        }
    }

    /// Everything anew, for another question; how it is looked at stays.
    pub(in crate::app) fn ask_anew(&mut self, most: usize, asking: u64, from: Timestamp) {
        let mut fresh = Self::new(self.place.clone(), most, asking, from);
        fresh.pattern = self.pattern.take();
        (fresh.wrap, fresh.times, fresh.live) = (self.wrap, self.times, self.live);
        fresh.typed = std::mem::take(&mut self.typed);
        fresh.sieve.choose(self.sieve.choice().clone(), &fresh.store);
        *self = fresh;
    }

    /// The place of the line under the cursor.
    pub const fn cursor(&self) -> i64 {
        self.cursor
    }

    /// The line under the cursor.
    pub fn selected(&self) -> Option<&LogLine> {
        let row = self.sieve.row(self.cursor, &self.store);
        self.store.get(self.sieve.spot(row, &self.store)?)
    }

    /// From when on every line is in memory: what was said before has not been looked through.
    pub fn complete_from(&self) -> Option<Timestamp> {
        let first = self.store.get(self.store.first()).map(|line| line.at);
        if self.store.let_go > 0 { first } else { self.reach.or(first) }
    }

    /// How many lines are shown.
    pub fn shown(&self) -> usize {
        self.sieve.len(&self.store)
    }

    /// Whether not every line is shown.
    pub fn is_narrowed(&self) -> bool {
        let choice = self.sieve.choice();
        !self.typed.is_empty() || choice.level.is_some() || choice.task.is_some()
    }

    /// Whether live was asked for and new lines are polled all the same.
    pub(in crate::app) fn is_live_refused(&self) -> bool {
        let refused = self.store.get(self.store.end() - 1);
        self.live && refused.is_some_and(|line| line.kind == LogKind::Gap && line.text.starts_with("live tail refused"))
    }

    /// Whether a new choice is still being looked through.
    pub fn is_sifting(&self) -> bool {
        self.sieve.is_behind(&self.store)
    }

    /// The line under the cursor in full: JSON indented.
    pub fn detail_lines(&self) -> Vec<String> {
        self.selected().map(|line| format::pretty(&line.text)).unwrap_or_default()
    }

    /// Takes in news. Says whether anything visible changed.
    pub(in crate::app) fn take(&mut self, news: LogNews, size: (u16, u16)) -> bool {
        match news {
            LogNews::Began(page) => {
                self.reach = page.cut_before.or(self.reach);
                self.notes = page.notes;
                self.add(page.lines, size);
            }
            LogNews::Lines(lines) => self.add(lines, size),
            LogNews::Older(answer) => self.add_older(answer, size),
            LogNews::State(state) => {
                let changed = self.state != state;
                self.state = state;
                return changed;
            }
        }
        true
    }

    fn add(&mut self, lines: Vec<LogLine>, size: (u16, u16)) {
        let before = self.shown();
        for line in lines {
            let (put, let_go) = self.store.add(line);
            if let super::Edit::Put(spot) = put {
                // A late line before the cursor must not move the cursor to another one.
                self.cursor += Spot::from(!self.follows && spot <= self.cursor);
                self.top += Spot::from(!self.follows && spot <= self.top);
            }
            self.sieve.follow(put, &self.store);
            if let Some(let_go) = let_go {
                self.sieve.follow(let_go, &self.store);
            }
        }
        if !self.follows {
            self.unseen += self.shown().saturating_sub(before);
        }
        self.settle(size);
    }

    fn add_older(&mut self, answer: Result<LogPage, SourceError>, size: (u16, u16)) {
        match answer {
            Ok(page) => {
                self.reach = page.cut_before.or(self.reach);
                let offered = page.lines.len();
                let added = self.store.add_older(page.lines);
                self.older = if added < offered { Older::NoRoom } else { Older::Unasked };
            }
            Err(error) => self.older = Older::Failed(error.what),
        }
        self.settle(size);
    }

    /// Looks through some more lines for those that are shown.
    pub(in crate::app) fn sift(&mut self, size: (u16, u16)) {
        self.sieve.go_on(&self.store);
        self.settle(size);
    }

    pub(in crate::app) fn choose(&mut self, change: impl FnOnce(&mut Choice), size: (u16, u16)) {
        let mut choice = self.sieve.choice().clone();
        change(&mut choice);
        self.sieve.choose(choice, &self.store);
        self.sieve.go_on(&self.store);
        self.settle(size);
    }

    /// Types another query.
    pub(in crate::app) fn look_for(&mut self, typed: &str, size: (u16, u16)) -> bool {
        let changed = self.typed != typed;
        if changed {
            typed.clone_into(&mut self.typed);
            self.choose(|choice| choice.query = Query::new(typed), size);
        }
        changed
    }

    /// The next level: everything, then ever louder.
    pub(in crate::app) fn next_level(&mut self, size: (u16, u16)) {
        self.choose(
            |choice| {
                choice.level = match choice.level {
                    None => Some(LogLevel::Info),
                    Some(LogLevel::Info) => Some(LogLevel::Warn),
                    Some(LogLevel::Warn) => Some(LogLevel::Error),
                    _ => None,
                };
            },
            size,
        );
    }

    /// Moves the cursor. Says whether it is at the first line and wanted to go further up.
    pub(in crate::app) fn go(&mut self, motion: Motion, size: (u16, u16)) -> bool {
        let last = self.shown().saturating_sub(1);
        let row = self.sieve.row(self.cursor, &self.store).min(last);
        let to = motion.from(row, last, self.page(size));
        let up = matches!(motion, Motion::Up | Motion::PageUp | Motion::HalfPageUp | Motion::Top);
        // Down past the end, or to the end: the newest lines are wanted.
        self.follows = !up && to == last && (row == last || motion == Motion::Bottom);
        self.put(to, size);
        up && to == 0
    }

    /// Turns the wheel.
    pub(in crate::app) fn wheel(&mut self, down: bool, size: (u16, u16)) -> bool {
        let mut at_top = false;
        for _ in 0..3 {
            at_top = self.go(if down { Motion::Down } else { Motion::Up }, size);
        }
        at_top
    }

    /// Puts the cursor on a line.
    pub(in crate::app) fn point(&mut self, spot: Spot, size: (u16, u16)) -> bool {
        let row = self.sieve.row(spot, &self.store);
        let moved = self.cursor != spot;
        self.follows = false;
        self.put(row, size);
        moved
    }

    fn put(&mut self, row: usize, size: (u16, u16)) {
        if let Some(spot) = self.sieve.spot(row, &self.store) {
            self.cursor = spot;
        }
        self.detail_top = 0;
        self.settle(size);
    }

    /// Follows, or stays where it is.
    pub(in crate::app) fn set_follow(&mut self, follows: bool, size: (u16, u16)) {
        self.follows = follows;
        self.settle(size);
    }

    /// To the next line, or the one before, that the query fits. Says whether there is one.
    pub(in crate::app) fn next_match(&mut self, forward: bool, size: (u16, u16)) -> bool {
        let row = self.sieve.row(self.cursor, &self.store);
        let fits = |row: &usize| {
            let line = self.sieve.spot(*row, &self.store).and_then(|spot| self.store.get(spot));
            line.is_some_and(|line| self.sieve.choice().query.fits(&line.text))
        };
        let found =
            if forward { (row + 1..self.shown()).find(fits) } else { (0..row.min(self.shown())).rev().find(fits) };
        if let Some(found) = found {
            self.follows = false;
            self.put(found, size);
        }
        found.is_some()
    }

    /// To the first line said at a moment or later. Says whether the moment lies before all lines there are.
    pub(in crate::app) fn go_to(&mut self, at: Timestamp, size: (u16, u16)) -> bool {
        let spot = self.store.since(at);
        let row = self.sieve.row(spot, &self.store).min(self.shown().saturating_sub(1));
        self.follows = false;
        self.put(row, size);
        spot == self.store.first()
    }

    /// The lines shown, to be written to a file.
    pub(in crate::app) fn export(&self) -> Arc<Vec<LogLine>> {
        let spots = (0..self.shown()).filter_map(|row| self.sieve.spot(row, &self.store));
        Arc::new(spots.filter_map(|spot| self.store.get(spot)).cloned().collect())
    }

    /// Scrolls the line told in full.
    pub(in crate::app) fn scroll_detail(&mut self, down: bool, size: (u16, u16)) -> bool {
        let room = usize::from(areas(size, self.detail).1.height);
        let last = (self.detail_lines().len() + 1).saturating_sub(room);
        let top = if down { (self.detail_top + 3).min(last) } else { self.detail_top.saturating_sub(3) };
        std::mem::replace(&mut self.detail_top, top) != top
    }

    fn page(&self, size: (u16, u16)) -> usize {
        usize::from(areas(size, self.detail).0.height).max(1)
    }

    /// Keeps the cursor on a line that is shown, and in sight.
    pub(in crate::app) fn settle(&mut self, size: (u16, u16)) {
        let (shown, page) = (self.shown(), self.page(size));
        let Some(last) = shown.checked_sub(1) else {
            self.top = self.store.first();
            return;
        };
        let room = columns(self, size.0).room;
        let tall = |row: usize| {
            let line = self.sieve.spot(row, &self.store).and_then(|spot| self.store.get(spot));
            line.map_or(1, |line| height(line, room, self.wrap, page))
        };
        let row = if self.follows { last } else { self.sieve.row(self.cursor, &self.store).min(last) };
        let top = self.sieve.row(self.top, &self.store).min(last);
        // The first row from which on everything up to `row` fits.
        let highest = {
            let (mut first, mut used) = (row, tall(row));
            while first > 0 && used + tall(first - 1) <= page {
                first -= 1;
                used += tall(first);
            }
            first
        };
        let top = if self.follows { highest } else { top.clamp(highest.min(row), row) };
        // No empty rows below the end while there are lines above.
        let lowest = {
            let (mut first, mut used) = (last, tall(last));
            while first > 0 && used + tall(first - 1) <= page {
                first -= 1;
                used += tall(first);
            }
            first
        };
        let top = top.min(lowest);
        if self.follows {
            self.unseen = 0;
        }
        self.cursor = self.sieve.spot(row, &self.store).unwrap_or(self.cursor);
        self.top = self.sieve.spot(top, &self.store).unwrap_or(self.top);
    }

    /// The entries visible.
    pub fn rows(&self, size: (u16, u16)) -> Vec<layout::LogRow> {
        layout::rows(self, size)
    }

    /// Where the lines are, and where the one under the cursor is told in full.
    pub fn areas(&self, size: (u16, u16)) -> (crate::app::geometry::Area, crate::app::geometry::Area) {
        areas(size, self.detail)
    }
}
