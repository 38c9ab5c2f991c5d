//! Which screen is shown and which ones lie behind it.

use crate::command::{Command, Scope};
use crate::domain::ServiceId;

use super::LogPlace;

/// A screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// All services.
    Overview,
    /// One service.
    Service(ServiceId),
    /// The log of a service or of one of its tasks.
    Logs(LogPlace),
    /// All alerts and silences.
    Alerts,
    /// All scrape targets.
    Targets,
    /// All sources.
    Sources,
    /// The changes under way, and the journal.
    Changes,
    /// The runbooks for what the cursor was on.
    Runbooks,
    /// One run of a runbook, by its number.
    Run(u64),
    /// What the stack and the services cost.
    Cost,
    /// What was said since the start.
    Messages,
    /// What can be done on the screen before.
    Help,
}

impl Place {
    /// Where keys are looked up, the nearest first.
    pub const fn scopes(&self) -> &'static [Scope] {
        match self {
            Self::Overview => Scope::Overview.path(),
            Self::Service(_) => Scope::Service.path(),
            Self::Logs(_) => Scope::Logs.path(),
            Self::Cost => Scope::Cost.path(),
            Self::Alerts
            | Self::Targets
            | Self::Sources
            | Self::Changes
            | Self::Runbooks
            | Self::Run(_)
            | Self::Messages
            | Self::Help => Scope::List.path(),
        }
    }

    /// Whether a command that its scopes know does anything on this screen: not every screen with a cursor has a list to
    /// narrow, rows to open or columns to sort by.
    pub const fn takes(&self, command: Command) -> bool {
        match command {
            Command::Open => !matches!(self, Self::Messages | Self::Help),
            Command::Enlarge => self.has_details(),
            Command::Filter => !matches!(self, Self::Service(_) | Self::Run(_) | Self::Messages | Self::Help),
            Command::Problems => !matches!(
                self,
                Self::Service(_)
                    | Self::Logs(_)
                    | Self::Runbooks
                    | Self::Run(_)
                    | Self::Cost
                    | Self::Messages
                    | Self::Help
            ),
            Command::Logs => matches!(self, Self::Overview | Self::Service(_) | Self::Alerts | Self::Targets),
            Command::Shell => matches!(self, Self::Overview | Self::Service(_) | Self::Logs(_)),
            Command::OpenUrl => !matches!(
                self,
                Self::Changes | Self::Runbooks | Self::Run(_) | Self::Cost | Self::Messages | Self::Help
            ),
            Command::SortNext | Command::SortPrevious | Command::SortReverse => {
                matches!(self, Self::Overview | Self::Alerts | Self::Targets)
            }
            Command::Restart | Command::Redeploy | Command::Scale | Command::RollBack => {
                matches!(self, Self::Overview | Self::Service(_) | Self::Alerts | Self::Targets)
            }
            Command::Silence => matches!(self, Self::Overview | Self::Service(_) | Self::Alerts),
            Command::Actions => {
                !matches!(self, Self::Changes | Self::Run(_) | Self::Cost | Self::Messages | Self::Help)
            }
            _ => true,
        }
    }

    /// Whether what is told of the row under the cursor stands below its list.
    pub const fn has_details(&self) -> bool {
        matches!(self, Self::Alerts | Self::Targets | Self::Sources | Self::Changes | Self::Runbooks | Self::Cost)
    }

    /// The word shown for the screen.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Service(_) => "service",
            Self::Logs(_) => "log",
            Self::Alerts => "alerts",
            Self::Targets => "targets",
            Self::Sources => "sources",
            Self::Changes => "changes",
            Self::Runbooks => "runbooks",
            Self::Run(_) => "run",
            Self::Cost => "cost",
            Self::Messages => "messages",
            Self::Help => "help",
        }
    }
}

/// The way here: the overview at its beginning, the screen shown at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    behind: Vec<Place>,
    here: Place,
}

impl Default for Trail {
    fn default() -> Self {
        Self { behind: Vec::new(), here: Place::Overview }
    }
}

impl Trail {
    /// The screen shown.
    pub const fn here(&self) -> &Place {
        &self.here
    }

    /// The screen that going back leads to.
    pub fn before(&self) -> Option<&Place> {
        self.behind.last()
    }

    /// Every screen on the way, the one shown last.
    pub fn all(&self) -> impl Iterator<Item = &Place> {
        self.behind.iter().chain([&self.here])
    }

    /// Goes to a screen. One that lies on the way here is gone back to, so that the trail never runs in circles.
    pub fn go(&mut self, place: Place) {
        if place == self.here {
            return;
        }
        if let Some(position) = self.behind.iter().position(|behind| *behind == place) {
            self.behind.truncate(position);
            self.here = place;
        } else {
            self.behind.push(std::mem::replace(&mut self.here, place));
        }
    }

    /// Shows a screen in place of this one: it is the same, made anew.
    pub fn instead(&mut self, place: Place) {
        self.here = place;
    }

    /// Goes back one screen. Says whether there was one.
    pub fn back(&mut self) -> bool {
        match self.behind.pop() {
            Some(place) => {
                self.here = place;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place::{Alerts, Help, Overview, Targets};
    use super::*;

    #[test]
    fn the_trail_leads_back_and_never_runs_in_circles() {
        let api = || Place::Service(ServiceId::new("prod", "api"));
        for (steps, way_back) in [
            (vec![], vec![]),
            (vec![Alerts], vec![Overview]),
            (vec![Alerts, Alerts], vec![Overview]),
            (vec![Alerts, Targets, Alerts], vec![Overview]),
            (vec![api(), Alerts, api()], vec![Overview]),
            (vec![api(), Alerts, Help], vec![Alerts, api(), Overview]),
            (vec![api(), Overview], vec![]),
        ] {
            let mut trail = Trail::default();
            for step in steps.clone() {
                trail.go(step);
            }
            assert_eq!(trail.here(), steps.last().unwrap_or(&Overview));
            let mut back = Vec::new();
            while trail.back() {
                back.push(trail.here().clone());
            }
            assert_eq!(back, way_back, "{steps:?}");
        }
    }
}
