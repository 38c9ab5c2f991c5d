//! Everything the screen depends on.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::command::Command;
use crate::cost::Table;
use crate::domain::{ContextInfo, GateState, Policy, Snapshot, SourceKind, Span};
use crate::keymap::{Key, Keymap};
use crate::runbook::Library;

use super::browser::{Browse, Browser, Column};
use super::cursor::Lost;
use super::{
    Alerts, Asking, Changes, Confirm, Cost, GateView, Line, LogScreen, Menu, Notice, Notices, Overview, Palette, Pane,
    Place, Runbooks, ServiceScreen, Sources, Targets, Trail, geometry, help_lines,
};

/// What is looked at: the parts of the model that another context replaces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surroundings {
    /// Which environment.
    pub context: ContextInfo,
    /// Its thresholds, drawn in sparklines and charts.
    pub policy: Policy,
    /// Its sources and where they are, without secrets: what the waiting screen names.
    pub sources: Vec<(SourceKind, String)>,
    /// Lines of a log kept in memory.
    pub log_lines: usize,
    /// What it costs to be sent lines of a log live, where that can be done.
    pub live_cost: Option<&'static str>,
}

/// What a model starts from.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What is looked at.
    pub surroundings: Surroundings,
    /// The keys.
    pub keymap: Keymap,
    /// The theme shown.
    pub theme_name: String,
    /// Every theme there is.
    pub theme_names: Vec<String>,
    /// Every context there is.
    pub context_names: Vec<String>,
    /// The zone of clock times.
    pub zone: TimeZone,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// What went wrong so far (a theme or keymap that was refused).
    pub notices: Vec<Notice>,
}

/// What takes the keys before the screen does.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The filter of the screen's list is typed.
    Filter(Line),
    /// A command is typed.
    Palette(Palette),
    /// An answer to a question about the log is typed.
    LogAsk(LogQuestion, Line),
    /// A change is chosen.
    Menu(Menu),
    /// What a change needs to be told is typed.
    Asking(Asking),
    /// A change waits for a yes.
    Confirm(Box<Confirm>),
}

/// What is asked about a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogQuestion {
    /// What to look for.
    Query,
    /// What the backend is to choose by.
    Pattern,
    /// Which moment to go to.
    Moment,
    /// Which file to write.
    File,
}

/// The screens that are a list.
const LISTS: [Place; 7] =
    [Place::Overview, Place::Alerts, Place::Targets, Place::Sources, Place::Changes, Place::Runbooks, Place::Cost];

/// Everything the screen depends on. Only [`super::update`] changes it.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) surroundings: Surroundings,
    pub(crate) keymap: Keymap,
    pub(crate) theme_name: String,
    pub(crate) theme_names: Vec<String>,
    pub(crate) context_names: Vec<String>,
    pub(crate) zone: TimeZone,
    pub(crate) size: (u16, u16),
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    pub(crate) trail: Trail,
    pub(crate) overview: Overview,
    pub(crate) alerts: Alerts,
    pub(crate) targets: Targets,
    pub(crate) sources: Sources,
    pub(crate) changes: Changes,
    pub(crate) runbooks: Runbooks,
    pub(crate) cost: Cost,
    pub(crate) gate: GateView,
    pub(crate) service: Option<ServiceScreen>,
    pub(crate) logs: Option<Box<LogScreen>>,
    /// The number of the last log that was asked for.
    pub(super) logs_asked: u64,
    /// The first line visible of help, or the first message.
    pub(crate) text_top: usize,
    /// Whether what is told of the row under the cursor has the room of the list.
    pub(crate) enlarged: bool,
    pub(crate) overlay: Option<Overlay>,
    /// Keys of a sequence that is not complete.
    pub(crate) pending: Vec<Key>,
    pub(crate) notices: Notices,
    /// Whether the operator asked for a refresh that is not done.
    pub(crate) refreshing: bool,
    /// The moment ages on the screen are counted to; moves in steps, so that an idle screen stays as it is.
    pub(crate) shown_now: Timestamp,
    /// The span that the next service screen begins with.
    pub(super) span: Span,
    /// Whether leaving was asked for while a change is under way.
    pub(super) is_leaving: bool,
    /// Plans asked for so far.
    pub(super) asks: u64,
    revision: u64,
}

impl Model {
    /// A model that knows nothing yet.
    pub fn new(setup: Setup) -> Self {
        let mut notices = Notices::default();
        for notice in setup.notices {
            notices.push(notice, Timestamp::UNIX_EPOCH);
        }
        Self {
            surroundings: setup.surroundings,
            keymap: setup.keymap,
            theme_name: setup.theme_name,
            theme_names: setup.theme_names,
            context_names: setup.context_names,
            zone: setup.zone,
            size: setup.size,
            snapshot: None,
            trail: Trail::default(),
            overview: Overview::default(),
            alerts: Alerts::default(),
            targets: Targets::default(),
            sources: Sources::default(),
            changes: Changes::default(),
            runbooks: Runbooks::default(),
            cost: Cost::default(),
            gate: GateView::default(),
            service: None,
            logs: None,
            logs_asked: 0,
            text_top: 0,
            enlarged: false,
            overlay: None,
            pending: Vec::new(),
            notices,
            refreshing: false,
            shown_now: Timestamp::UNIX_EPOCH,
            span: Span::default(),
            is_leaving: false,
            asks: 0,
            revision: 0,
        }
    }

    /// The same model with these runbooks to choose from.
    #[must_use]
    pub fn with_runbooks(mut self, library: &Library) -> Self {
        self.runbooks = Runbooks::new(library);
        self
    }

    /// The same model with these prices instead of the shipped ones; `refused` says why the user's own are not among them.
    #[must_use]
    pub fn with_prices(mut self, table: Table, refused: Option<String>) -> Self {
        self.cost.use_table(Arc::new(table), refused);
        self
    }

    /// Changes whenever something visible did; the shell draws then and only then.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Which environment is looked at.
    pub fn context(&self) -> &ContextInfo {
        self.snapshot.as_ref().map_or(&self.surroundings.context, |snapshot| &snapshot.context)
    }

    /// The screen shown.
    pub const fn place(&self) -> &Place {
        self.trail.here()
    }

    /// The zone of clock times.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The theme shown.
    pub fn theme_name(&self) -> &str {
        &self.theme_name
    }

    /// The keys that reach a command on this screen, the shortest first; on the help screen, on the one before.
    pub fn keys(&self, command: Command) -> Vec<String> {
        let place = match self.trail.here() {
            Place::Help => self.trail.before().unwrap_or(&Place::Overview),
            place => place,
        };
        self.keymap.keys_here(place.scopes(), command).iter().map(ToString::to_string).collect()
    }

    /// Whether a command does anything on a screen, and may.
    pub(super) fn offers(&self, place: &Place, command: Command) -> bool {
        let is_taken_away = command.leads_to_a_change() && self.gate.is_read_only();
        // Outside production there is nothing to arm.
        let is_idle = command == Command::Arm && self.gate.state == GateState::Open;
        place.takes(command) && !is_taken_away && !is_idle
    }

    pub(super) const fn touch(&mut self) {
        self.revision = self.revision.wrapping_add(1);
    }

    /// The list that keys act on, where the screen has one.
    pub(super) fn list(&mut self) -> Option<&mut dyn Browse> {
        match self.trail.here() {
            Place::Overview => Some(&mut self.overview.list),
            Place::Alerts => Some(&mut self.alerts.list),
            Place::Targets => Some(&mut self.targets.list),
            Place::Sources => Some(&mut self.sources.list),
            Place::Changes => Some(&mut self.changes.list),
            Place::Runbooks => Some(&mut self.runbooks.list),
            Place::Cost => Some(&mut self.cost.list),
            Place::Service(_) | Place::Logs(_) | Place::Run(_) | Place::Messages | Place::Help => None,
        }
    }

    /// Whether the screen's list is filtered, and whether it shows problems only.
    pub(super) fn narrowed(&self) -> (bool, bool) {
        fn of<T, C: Column>(list: &Browser<T, C>) -> (bool, bool) {
            (!list.filter().is_empty(), list.problems_only())
        }
        match self.trail.here() {
            Place::Overview => of(&self.overview.list),
            Place::Alerts => of(&self.alerts.list),
            Place::Targets => of(&self.targets.list),
            Place::Sources => of(&self.sources.list),
            Place::Changes => of(&self.changes.list),
            Place::Runbooks => of(&self.runbooks.list),
            Place::Cost => of(&self.cost.list),
            Place::Service(_) | Place::Logs(_) | Place::Run(_) | Place::Messages | Place::Help => (false, false),
        }
    }

    /// Rows of that list visible at once, were there `rows`.
    pub(super) fn page(&self, place: &Place, rows: usize) -> usize {
        match place {
            Place::Overview => geometry::overview(self.size, rows).page(),
            Place::Alerts | Place::Targets | Place::Sources | Place::Changes | Place::Runbooks => {
                geometry::listing(self.size, rows, self.enlarged).page()
            }
            Place::Cost => geometry::cost(self.size, rows, self.enlarged).1.page(),
            Place::Service(_) | Place::Logs(_) | Place::Run(_) | Place::Messages | Place::Help => {
                geometry::help(self.size).1
            }
        }
    }

    pub(super) fn list_page(&mut self) -> usize {
        let rows = self.list().map_or(0, |list| list.len());
        self.page(self.trail.here(), rows)
    }

    /// Computes the rows of every screen anew: the snapshot changed.
    pub(super) fn rebuild_all(&mut self) {
        for place in LISTS {
            self.rebuild(&place, Lost::Stay);
        }
        let (Some(snapshot), size) = (self.snapshot.clone(), self.size) else { return };
        if let Some(screen) = &mut self.service {
            let shown = screen.pane;
            screen.rebuild(&snapshot, |pane| geometry::pane_page(size, shown, pane));
        }
    }

    /// Computes the rows of one screen anew. The page depends on the number of rows, so it is settled afterwards.
    pub(super) fn rebuild(&mut self, place: &Place, lost: Lost) {
        let page = self.page(place, usize::MAX);
        if *place == Place::Changes {
            self.changes.rebuild(page, lost);
            self.fit(place);
            return;
        }
        if *place == Place::Cost && *self.trail.here() != Place::Cost {
            // Reckoned while it is looked at: nobody pays for a bill that nobody reads.
            return;
        }
        let Some(snapshot) = self.snapshot.clone() else { return };
        match place {
            Place::Overview => self.overview.rebuild(&snapshot, page, lost),
            Place::Alerts => self.alerts.rebuild(&snapshot, page, lost),
            Place::Targets => self.targets.rebuild(&snapshot, page, lost),
            Place::Sources => self.sources.rebuild(&snapshot, page, lost),
            Place::Runbooks => self.runbooks.rebuild(&snapshot, page, lost),
            Place::Cost => self.cost.rebuild(&snapshot, page, lost),
            Place::Changes | Place::Service(_) | Place::Logs(_) | Place::Run(_) | Place::Messages | Place::Help => {
                return;
            }
        }
        self.fit(place);
    }

    /// Computes the rows of the screen shown anew: its filter or order changed.
    pub(super) fn rebuild_here(&mut self, lost: Lost) {
        let place = self.trail.here().clone();
        self.rebuild(&place, lost);
    }

    /// Keeps the cursors visible: the terminal or the layout changed.
    pub(super) fn fit_all(&mut self) {
        for place in LISTS {
            self.fit(&place);
        }
        let size = self.size;
        if let Some(screen) = &mut self.service {
            let shown = screen.pane;
            screen.fit(|pane| geometry::pane_page(size, shown, pane));
        }
        if let Some(screen) = &mut self.logs {
            screen.settle(size);
        }
        if let Place::Run(run) = *self.trail.here()
            && let Some(entry) = self.runbooks.run_mut(run)
        {
            entry.settle(size);
        }
        self.text_top = self.text_top.min(self.text_last_top());
    }

    fn fit(&mut self, place: &Place) {
        let rows = match place {
            Place::Overview => self.overview.list.len(),
            Place::Alerts => self.alerts.list.len(),
            Place::Targets => self.targets.list.len(),
            Place::Sources => self.sources.list.len(),
            Place::Changes => self.changes.list.len(),
            Place::Runbooks => self.runbooks.list.len(),
            Place::Cost => self.cost.list.len(),
            Place::Service(_) | Place::Logs(_) | Place::Run(_) | Place::Messages | Place::Help => return,
        };
        let page = self.page(place, rows);
        match place {
            Place::Overview => self.overview.list.fit(page),
            Place::Alerts => self.alerts.list.fit(page),
            Place::Targets => self.targets.list.fit(page),
            Place::Sources => self.sources.list.fit(page),
            Place::Changes => self.changes.list.fit(page),
            Place::Runbooks => self.runbooks.list.fit(page),
            Place::Cost => self.cost.list.fit(page),
            Place::Service(_) | Place::Logs(_) | Place::Run(_) | Place::Messages | Place::Help => {}
        }
    }

    /// The furthest that help or the messages can be scrolled.
    pub(super) fn text_last_top(&self) -> usize {
        if *self.trail.here() == Place::Messages {
            return self.notices.said().len().saturating_sub(1);
        }
        let (columns, height) = geometry::help(self.size);
        help_lines(self).len().div_ceil(columns).saturating_sub(height)
    }

    pub(super) fn pane_page(&self, pane: Pane) -> usize {
        let shown = self.service.as_ref().map_or(pane, |screen| screen.pane);
        geometry::pane_page(self.size, shown, pane)
    }
}
