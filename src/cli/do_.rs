//! `rounds do`: one change, planned, confirmed, made and watched.

pub(super) mod ask;
mod carry;
mod matcher;

use super::args::{Cli, DoArgs, DoCommand, HowArgs, Output, ServiceArg, SilencePlace};
use super::environment::Environment;
use super::failure::Failure;
use super::setup::Opened;
use super::{FAREWELL, check, once, runtime, setup, stdout};
use crate::domain::{Change, Consent, Plan, Refusal, ServiceId, SilenceAsk, SourceKind};
use crate::engine::{self, Operator};
use crate::located;
use crate::report;
use crate::report::change::{self, Document, Refused};
use crate::report::once::Options;

pub(super) use ask::Question;
pub(super) use carry::Carrier;
use carry::untold;

/// The exit code of what was refused here: nothing was changed.
const REFUSED: u8 = 3;

/// Plans, asks, makes the change, watches it and answers with the exit code.
pub fn run(cli: &Cli, args: &DoArgs, environment: &Environment) -> Result<u8, Failure> {
    if matches!(args.change, DoCommand::Schema) {
        return check::schema(&change::schema());
    }
    if !matches!(cli.once.output, Output::Text | Output::Json) {
        return Err(Failure::new("a change is told as text or json"));
    }
    let meant = args.change.service().map_or(Ok(None), |service| service.meant(cli))?;
    let opened = setup::station(&cli.about(meant.iter().cloned().collect()), environment)?;
    for warning in &opened.warnings {
        stdout::complain(&report::problem(warning, None, false));
    }
    let options = once::options(cli, environment, &opened);
    let runtime = runtime()?;
    let operator = opened.station.operator.clone();
    let carrier = Carrier { how: &args.how, operator: operator.clone(), by: "--yes".to_owned() };
    let session = Session { cli, how: &args.how, opened: &opened, meant, operator, options, carrier };
    let code = runtime.block_on(session.run(&args.change));
    runtime.shutdown_timeout(FAREWELL);
    code
}

struct Session<'a> {
    cli: &'a Cli,
    how: &'a HowArgs,
    opened: &'a Opened,
    /// The service that is named, as it was.
    meant: Option<String>,
    operator: Operator,
    options: Options,
    carrier: Carrier<'a>,
}

impl Session<'_> {
    async fn run(&self, asked: &DoCommand) -> Result<u8, Failure> {
        let change = match self.change(asked).await {
            Ok(change) => change,
            Err(refusal) => return self.refused(None, &refusal),
        };
        let mut plan = match self.carrier.plan(&change).await {
            Ok(plan) => plan,
            Err(refusal) => return self.refused(None, &refusal),
        };
        let stands_against = self.carrier.stands_against(&plan);
        if stands_against.is_some() {
            // What is refused here is not handed out to be done elsewhere.
            plan.same_as = None;
        }
        self.tell(&change::plan(&plan, &self.options))?;
        if let Some(refusal) = stands_against {
            if !self.how.dry_run {
                self.operator.decline(&plan, &refusal.what).await;
            }
            return self.refused(Some(&plan), &refusal);
        }
        if self.how.dry_run {
            self.tell("dry run: nothing was changed\n")?;
            return self.document(&Document { plan: Some(&plan), ..Self::bare(true, 0) });
        }
        match self.carrier.consent(&plan) {
            Ok(consent) => self.carry_out(&plan, &consent).await,
            Err(refusal) => {
                self.operator.decline(&plan, &refusal.what).await;
                self.refused(Some(&plan), &refusal)
            }
        }
    }

    /// What is meant, its service found.
    async fn change(&self, asked: &DoCommand) -> Result<Change, Refusal> {
        Ok(match asked {
            DoCommand::Restart { task, .. } => {
                Change::RestartTask { service: self.service().await?, task: task.clone().unwrap_or_default() }
            }
            DoCommand::Redeploy(_) => Change::Redeploy { service: self.service().await? },
            DoCommand::Scale { desired, .. } => Change::Scale { service: self.service().await?, desired: *desired },
            DoCommand::Rollback(_) => Change::RollBack { service: self.service().await? },
            DoCommand::Silence { matchers, lasts, comment, place, .. } => {
                let parsed: Result<Vec<_>, _> = matchers.iter().map(|text| matcher::parse(text)).collect();
                let mut matchers = parsed.map_err(Refusal::new)?;
                if self.meant.is_some() {
                    matchers.extend(self.operator.matchers_of(&self.service().await?));
                }
                if matchers.is_empty() {
                    return Err(Refusal::new("a silence needs to know what it is about")
                        .with_hint("name a service, or give --matcher label=value (may be repeated)"));
                }
                let source = self.silencer(*place)?;
                Change::Silence(SilenceAsk { matchers, lasts: *lasts, comment: comment.clone(), source })
            }
            DoCommand::Expire { id, place } => Change::ExpireSilence { id: id.clone(), source: self.silencer(*place)? },
            DoCommand::Annotate { text, tags } => Change::Annotate { text: text.clone(), tags: tags.clone() },
            DoCommand::Reload { .. } | DoCommand::Schema => Change::ReloadPrometheus,
        })
    }

    fn silencer(&self, place: Option<SilencePlace>) -> Result<SourceKind, Refusal> {
        let named = place.map(|place| match place {
            SilencePlace::Alertmanager => SourceKind::Alertmanager,
            SilencePlace::Grafana => SourceKind::Grafana,
        });
        let known = self.operator.silencers();
        match (named, known.first()) {
            (Some(named), _) if known.contains(&named) => Ok(named),
            (Some(named), _) => Err(Refusal::new(format!("{named} is not configured, or takes no silences"))),
            (None, Some(first)) => Ok(*first),
            (None, None) => {
                Err(Refusal::new("no silence can be made: the context has neither alertmanager nor grafana"))
            }
        }
    }

    /// The one service that is named.
    async fn service(&self) -> Result<ServiceId, Refusal> {
        let Some(meant) = &self.meant else {
            return Err(Refusal::new("which service?").with_hint("name it: NAME, or CLUSTER/NAME"));
        };
        // A name is asked for as such: one call a cluster, however many services there are.
        let (cluster, name) =
            meant.split_once('/').map_or((None, meant.as_str()), |(cluster, name)| (Some(cluster), name));
        if !meant.contains(['*', '?', '[']) {
            let mut found = self.operator.named(name).await.unwrap_or_default();
            found.retain(|one| cluster.is_none_or(|cluster| one.cluster == cluster));
            match found.as_slice() {
                [] => {}
                [one] => return Ok(one.clone()),
                several => return Err(many(meant, several)),
            }
        }
        let all = engine::services(&self.opened.station, self.cli.once.timeout).await;
        let all = all.map_err(|error| Refusal { what: error.what, hint: error.hint })?;
        let pattern =
            glob::Pattern::new(meant).map_err(|error| Refusal::new(format!("`{meant}` is no name: {error}")))?;
        let fits = |one: &&ServiceId| pattern.matches(&one.name) || pattern.matches(&one.to_string());
        let found: Vec<ServiceId> = all.iter().filter(fits).cloned().collect();
        match found.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(Refusal::new(format!("no service is {meant}")).with_hint(instead(meant, &all))),
            several => Err(many(meant, several)),
        }
    }

    async fn carry_out(&self, plan: &Plan, consent: &Consent) -> Result<u8, Failure> {
        let told =
            self.carrier.carry_out(plan, consent, |before, now| self.tell(&change::news(before, now, &self.options)));
        match told.await? {
            Ok(end) => {
                let told = self.tell(&change::verdict(&end, &self.options));
                let code = end.outcome.as_ref().map_or(2, change::exit_code);
                let document = Document {
                    plan: Some(plan),
                    consent: Some(consent),
                    progress: Some(&end),
                    outcome: end.outcome.as_ref(),
                    ..Self::bare(false, code)
                };
                told.and_then(|()| self.document(&document)).map_err(|failure| untold(failure, &end))
            }
            Err(refusal) => self.refused(Some(plan), &refusal),
        }
    }

    /// Says why nothing was changed.
    fn refused(&self, plan: Option<&Plan>, refusal: &Refusal) -> Result<u8, Failure> {
        let colour = self.options.colour;
        stdout::complain(&report::problem(&refusal.what, refusal.hint.as_deref(), colour));
        self.document(&Document { plan, refused: Some(Refused::of(refusal)), ..Self::bare(self.how.dry_run, REFUSED) })
    }

    const fn bare(dry_run: bool, exit_code: u8) -> Document<'static> {
        Document {
            schema: change::SCHEMA,
            plan: None,
            dry_run,
            consent: None,
            progress: None,
            outcome: None,
            refused: None,
            exit_code,
        }
    }

    /// Text as it comes; with `-o json` it is for whoever looks on and goes to standard error where that is asked for.
    fn tell(&self, text: &str) -> Result<(), Failure> {
        match self.cli.once.output {
            Output::Json if self.how.yes || self.how.dry_run => Ok(()),
            Output::Json => {
                stdout::complain(text);
                Ok(())
            }
            _ => stdout::print(text),
        }
    }

    /// The one document at the end, with `-o json`; the exit code.
    fn document(&self, document: &Document<'_>) -> Result<u8, Failure> {
        if self.cli.once.output == Output::Json {
            stdout::print(&change::json(document))?;
        }
        Ok(document.exit_code)
    }
}

fn many(meant: &str, several: &[ServiceId]) -> Refusal {
    let names: Vec<String> = several.iter().take(10).map(ToString::to_string).collect();
    let more = if several.len() > 10 { " ..." } else { "" };
    Refusal::new(format!("{meant} is more than one service: {}{more}", names.join(", ")))
        .with_hint("a change is of one service: give its name, or CLUSTER/NAME")
}

/// What to type where there is no such service.
fn instead(meant: &str, all: &[ServiceId]) -> String {
    let name = meant.rsplit_once('/').map_or(meant, |(_, name)| name);
    located::did_you_mean(name, all.iter().map(|one| one.name.as_str()))
        .unwrap_or_else(|| "see them all: rounds --once".to_owned())
}

impl DoCommand {
    /// The service it is about, for what is about one.
    const fn service(&self) -> Option<&ServiceArg> {
        match self {
            Self::Restart { service, .. }
            | Self::Redeploy(service)
            | Self::Scale { service, .. }
            | Self::Rollback(service)
            | Self::Silence { service, .. } => Some(service),
            Self::Expire { .. } | Self::Annotate { .. } | Self::Reload { .. } | Self::Schema => None,
        }
    }
}
