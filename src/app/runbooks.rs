//! The runbooks for what the cursor was on, and the runs made of them, which stay while one looks elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{Alert, Change, InputKind, Reference, Runbook, RunbookOrigin, ServiceId, Snapshot};
use crate::runbook::{Fit, Library, best_alert, fit};

use super::cursor::{Lost, identity};
use super::fuzzy::Fuzzy;
use super::run_entry::{Errand, RunEntry};
use super::{Browser, Column, Row};

/// The most runs kept; the oldest leave first.
const KEPT: usize = 12;

/// What the runbooks can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferColumn {
    /// Those that fit first.
    Fit,
}

impl Column for OfferColumn {
    const ALL: &'static [Self] = &[Self::Fit];
}

/// What runbooks are looked for: an alert, a service, or neither.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subject {
    /// The alert.
    pub alert: Option<Alert>,
    /// The service.
    pub service: Option<ServiceId>,
}

impl Subject {
    /// What a person calls it.
    pub fn text(&self) -> Option<String> {
        let service = self.service.as_ref().map(|id| id.name.as_str());
        match (&self.alert, service) {
            (Some(alert), Some(service)) => Some(format!("{} {service}", alert.name)),
            (Some(alert), None) => Some(alert.name.clone()),
            (None, service) => service.map(str::to_owned),
        }
    }
}

/// One line of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// A runbook, by its position in the library, and whether it is for the subject.
    Runbook(usize, Option<Fit>),
    /// The way to the subject's service.
    Service(ServiceId),
    /// A run that was made, by its number.
    Run(u64),
}

/// The runbooks' screens.
#[derive(Debug, Clone, Default)]
pub struct Runbooks {
    /// The lines.
    pub list: Browser<Offer, OfferColumn>,
    /// What they are for.
    pub subject: Subject,
    library: Vec<Arc<Runbook>>,
    runs: Vec<RunEntry>,
    begun: u64,
}

impl Runbooks {
    pub(super) fn new(library: &Library) -> Self {
        Self { library: library.all().to_vec(), ..Self::default() }
    }

    /// The same library in another context: what was found in the one before is gone.
    pub(super) fn cleared(&self) -> Self {
        // Numbers go on, so that no late answer is taken for one to another run.
        Self { library: self.library.clone(), begun: self.begun, ..Self::default() }
    }

    /// A runbook by its position.
    pub fn runbook(&self, position: usize) -> Option<&Arc<Runbook>> {
        self.library.get(position)
    }

    /// The runs kept, the newest first.
    pub fn runs(&self) -> impl Iterator<Item = &RunEntry> {
        self.runs.iter().rev()
    }

    /// The runs kept of a runbook, the newest first.
    fn runs_of(&self, position: usize) -> impl Iterator<Item = &RunEntry> {
        let name = self.library.get(position).map(|runbook| runbook.name.as_str());
        self.runs().filter(move |entry| Some(entry.course.run().runbook.as_str()) == name)
    }

    /// A run by its number.
    pub fn run(&self, id: u64) -> Option<&RunEntry> {
        self.runs.iter().find(|entry| entry.id == id)
    }

    pub(super) fn run_mut(&mut self, id: u64) -> Option<&mut RunEntry> {
        self.runs.iter_mut().find(|entry| entry.id == id)
    }

    /// Where a runbook of the user's own is from.
    pub fn file(runbook: &Runbook) -> Option<&str> {
        match &runbook.origin {
            RunbookOrigin::Shipped => None,
            RunbookOrigin::File(path) => Some(path),
        }
    }

    /// How well a runbook fits the subject: its alert, or what fires of its service, or anything that fires.
    fn fit(&self, runbook: &Runbook, snapshot: &Snapshot) -> Option<Fit> {
        let best = || best_alert(runbook, snapshot, self.subject.service.as_ref());
        fit(runbook, self.subject.alert.as_ref().or_else(best)?)
    }

    /// Whether any runbook is for an alert.
    pub(super) fn has_one_for(&self, alert: &Alert) -> bool {
        self.library.iter().any(|runbook| fit(runbook, alert).is_some())
    }

    pub(super) fn rebuild(&mut self, snapshot: &Snapshot, page: usize, lost: Lost) {
        let mut fuzzy = Fuzzy::new(self.list.filter());
        let mut fitting: Vec<(Fit, usize)> = Vec::new();
        let mut others = Vec::new();
        for (position, runbook) in self.library.iter().enumerate() {
            match self.fit(runbook, snapshot) {
                Some(fit) => fitting.push((fit, position)),
                None => others.push(position),
            }
        }
        fitting.sort_by_key(|(fit, _)| *fit);
        // Those that were run are looked for again.
        others.sort_by_key(|position| self.runs_of(*position).next().is_none());
        let with_runs = |position: usize, fit| {
            std::iter::once(Offer::Runbook(position, fit))
                .chain(self.runs_of(position).map(|entry| Offer::Run(entry.id)))
        };
        let mut offers: Vec<Offer> =
            fitting.into_iter().flat_map(|(fit, position)| with_runs(position, Some(fit))).collect();
        // From an alert; who comes from the service itself knows the way.
        let alert = self.subject.alert.as_ref();
        offers.extend(alert.and_then(|_| self.subject.service.clone()).map(Offer::Service));
        offers.extend(others.into_iter().flat_map(|position| with_runs(position, None)));
        let rows = offers
            .into_iter()
            .filter_map(|item| {
                let (text, id) = match &item {
                    Offer::Runbook(position, _) => {
                        let runbook = self.library.get(*position)?;
                        (format!("{} {}", runbook.name, runbook.title), identity(("runbook", &runbook.name)))
                    }
                    Offer::Service(id) => (id.name.clone(), identity(("service", id))),
                    Offer::Run(id) => {
                        let entry = self.run(*id)?;
                        (format!("{} {}", entry.course.run().runbook, entry.subject()), identity(("run", id)))
                    }
                };
                let (_, matched) = fuzzy.matches(&text)?;
                Some(Row { item, id, matched })
            })
            .collect();
        self.list.replace(rows, page, lost);
    }

    /// Begins a run of a runbook for the subject.
    pub(super) fn begin(
        &mut self,
        position: usize,
        snapshot: &Arc<Snapshot>,
        now: jiff::Timestamp,
    ) -> Result<u64, String> {
        let runbook = Arc::clone(self.library.get(position).ok_or("that runbook is gone")?);
        let alert =
            self.subject.alert.as_ref().or_else(|| best_alert(&runbook, snapshot, self.subject.service.as_ref()));
        let mut given = BTreeMap::new();
        if self.subject.alert.is_none()
            && let Some(service) = self.subject.service.as_ref().filter(|_| is_for_any_service(&runbook))
        {
            given.insert("service".to_owned(), service.to_string());
        }
        let errand = Errand { alert: alert.cloned(), given };
        self.start(&runbook, errand, snapshot, now)
    }

    /// Begins a run of the same runbook for the same once more.
    pub(super) fn again(&mut self, run: u64, snapshot: &Arc<Snapshot>, now: jiff::Timestamp) -> Result<u64, String> {
        let entry = self.run(run).ok_or("this run is no longer kept")?;
        let (runbook, errand) = (Arc::clone(entry.course.runbook()), entry.errand.clone());
        self.start(&runbook, errand, snapshot, now)
    }

    fn start(
        &mut self,
        runbook: &Arc<Runbook>,
        errand: Errand,
        snapshot: &Arc<Snapshot>,
        now: jiff::Timestamp,
    ) -> Result<u64, String> {
        let entry = RunEntry::begin(self.begun + 1, runbook, snapshot, errand, now)?;
        self.begun += 1;
        // What was found for the same before is superseded, unless something was changed by it.
        let is_same = |known: &RunEntry| known.course.runbook().name == runbook.name && known.errand == entry.errand;
        self.runs.retain(|known| !(known.is_spent() && is_same(known)));
        self.runs.push(entry);
        if self.runs.len() > KEPT {
            self.runs.remove(0);
        }
        Ok(self.begun)
    }

    /// A change was confirmed: the step of a run that proposed it waits for its end. Gives the runbook, and the alert it
    /// is run for.
    pub(super) fn agreed(&mut self, change: &Change, plan: &str) -> Option<String> {
        for entry in self.runs.iter_mut().rev() {
            let mut queued = entry.course.run().queued().collect::<Vec<_>>().into_iter();
            if let Some(step) = queued.find(|step| entry.course.queued(*step) == Some(change)) {
                entry.confirmed(step, plan);
                let run = entry.course.run();
                let alert = run.alert.as_ref().map(|alert| format!(" for {alert}")).unwrap_or_default();
                return Some(format!("{}{alert}", run.runbook));
            }
        }
        None
    }

    /// The run and the step that a plan is of.
    pub(super) fn of_plan(&mut self, plan: &str) -> Option<(&mut RunEntry, usize)> {
        self.runs.iter_mut().find_map(|entry| {
            let step = entry.step_of(plan)?;
            Some((entry, step))
        })
    }
}

/// Whether a runbook takes whatever service it is begun for, and not one of the stack's own.
fn is_for_any_service(runbook: &Runbook) -> bool {
    runbook.input("service").is_some_and(|input| {
        let follows =
            input.defaults.iter().any(|default| default.references().any(|to| *to == Reference::AlertService));
        input.kind == InputKind::Service && (input.defaults.is_empty() || follows)
    })
}
