//! One context made ready to be looked at: its sources opened, how often each is asked, by which clock.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::tracker::Tracker;
use super::{Clock, Operator, operator};
use crate::assess::Setting;
use crate::config;
use crate::domain::{ChangePlace, ContextInfo, Policy, SourceKind, SourceStatus};
use crate::exec;
use crate::exec::plan::Means;
use crate::net::aws::Aws;
use crate::net::http::Clients;
use crate::sim::{self, World};
use crate::source::foreign::OwnerLabels;
use crate::source::logs::LogSource;
use crate::source::probe::Prober;
use crate::source::shell::Shells;
use crate::source::{self, Source};

/// The longest one round of a source may take while the screen is open.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the simulated fleet is asked: often enough to live, at any speed.
const DEMO_INTERVAL: Duration = Duration::from_secs(2);

/// A source and how often it is asked.
#[derive(Clone)]
pub struct Post {
    /// The source.
    pub source: Arc<dyn Source>,
    /// The distance between two rounds.
    pub interval: Duration,
}

/// One context, ready to be looked at.
#[derive(Clone)]
pub struct Station {
    /// Its sources.
    pub posts: Vec<Post>,
    /// Where its logs are, where that is known.
    pub logs: Option<Arc<dyn LogSource>>,
    /// Lines of a log kept in memory.
    pub log_lines: usize,
    /// Its tasks as places to open shells in; the simulated fleet has none.
    pub shells: Option<Shells>,
    /// What the judgement depends on.
    pub setting: Setting,
    /// The clock it lives by.
    pub clock: Clock,
    /// The longest one round of a source may take.
    pub patience: Duration,
    /// Answers checks.
    pub prober: Arc<dyn Prober>,
    /// Makes changes, once it is [`Station::equipped`].
    pub operator: Operator,
}

impl Station {
    /// A context of the configuration. Does no I/O: clients, credentials and certificates are loaded by the first round.
    ///
    /// # Errors
    /// A glob that cannot be read.
    pub fn open(context: &config::Context) -> Result<Self, String> {
        let clients = Clients::default();
        let refresh = context.refresh;
        let mut posts = Vec::new();
        let mut post = |source: Arc<dyn Source>, interval| posts.push(Post { source, interval });
        let aws = context.aws.as_ref().map(|settings| Aws::open(settings.clone(), &clients));
        if let Some(aws) = &aws {
            post(source::ecs::open(aws, context), refresh.ecs);
            if aws.settings().cloudwatch {
                post(source::cloudwatch::open(aws), refresh.cloudwatch);
            }
        }
        let grafana = context.grafana.as_ref();
        let labels = OwnerLabels::of(context.prometheus.as_ref());
        if let Some(prometheus) = &context.prometheus {
            post(source::prometheus::open(prometheus, grafana, &clients), refresh.prometheus);
        }
        if let Some(alertmanager) = &context.alertmanager {
            post(source::alertmanager::open(alertmanager, grafana, labels.clone(), &clients), refresh.alertmanager);
        }
        if let Some(grafana) = grafana {
            post(source::grafana::open(grafana, labels, &clients), refresh.grafana);
        }
        posts.sort_by_key(|post| post.source.kind());
        let info = ContextInfo {
            name: context.name.clone(),
            production: context.production,
            demo: false,
            region: context.aws.as_ref().and_then(|aws| aws.region.clone()),
            account: None,
            caller_arn: None,
        };
        let setting = Setting {
            context: info,
            policy: context.policy.clone(),
            stack_services: patterns(&context.stack_services)?,
            services: patterns(&context.services)?,
            notes: notes(context),
        };
        let logs = source::logs::open(context, aws.as_ref(), &clients);
        let log_lines = context.logs.lines;
        let prober = source::probe::open(context, aws.as_ref(), &clients, logs.clone());
        let clock = Clock::system();
        let labels = OwnerLabels::of(context.prometheus.as_ref());
        let operator = Operator::new(operator::Parts {
            hands: exec::open(context, aws.as_ref(), &clients),
            place: place(&setting.context),
            means: Means {
                patience: context.change_timeout,
                service_label: labels.service,
                cluster_label: labels.cluster,
                sees_targets: context.prometheus.is_some(),
                sees_alerts: posts.iter().any(|post| post.source.owes_alerts()),
                ..Means::default()
            },
            arm_for: context.arm_for,
            read_only: context.read_only,
            sources: posts.iter().map(|post| Arc::clone(&post.source)).collect(),
            clock,
        });
        let shells = aws.as_ref().map(Shells::open);
        Ok(Self { posts, logs, log_lines, shells, setting, clock, patience: PATIENCE, prober, operator })
    }

    /// The simulated fleet, its clock running `speed` times as fast as life. `services` are globs; all when empty.
    ///
    /// # Errors
    /// A glob that cannot be read.
    pub fn simulated(world: &Arc<World>, speed: f64, services: &[String]) -> Result<Self, String> {
        let open = |kind| Post { source: source::sim::open(Arc::clone(world), kind), interval: DEMO_INTERVAL };
        let info = ContextInfo {
            name: "demo".to_owned(),
            production: false,
            demo: true,
            region: Some(sim::REGION.to_owned()),
            account: None,
            caller_arn: None,
        };
        let setting = Setting {
            context: info,
            policy: Policy::default(),
            stack_services: patterns(&sim::stack_names().map(str::to_owned).collect::<Vec<_>>())?,
            services: patterns(services)?,
            notes: Vec::new(),
        };
        let posts = SourceKind::ALL.map(open).to_vec();
        let prober = source::probe::simulated(world);
        let clock = Clock::simulated(sim::EPOCH, speed);
        let operator = Operator::new(operator::Parts {
            hands: exec::sim::open(Arc::clone(world)),
            place: place(&setting.context),
            means: Means {
                patience: config::settings::CHANGE_TIMEOUT,
                service_label: OwnerLabels::default().service,
                sees_targets: true,
                sees_alerts: true,
                ..Means::default()
            },
            arm_for: config::settings::ARM_FOR,
            read_only: false,
            sources: posts.iter().map(|post| Arc::clone(&post.source)).collect(),
            clock,
        });
        Ok(Self {
            posts,
            logs: Some(source::logs::sim::open(Arc::clone(world))),
            log_lines: config::Logs::default().lines,
            shells: None,
            setting,
            clock,
            patience: PATIENCE,
            prober,
            operator,
        })
    }

    /// The same, able to change things: with a journal to write them down in and a name to make them in.
    #[must_use]
    pub fn equipped(mut self, outfit: exec::Outfit) -> Self {
        self.operator = self.operator.equipped(outfit);
        self
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn tracker(&self, post: &Post) -> Tracker {
        let overdue = self.clock.scaled(post.interval * 2 + self.patience);
        let source = &post.source;
        Tracker::new(source.kind(), source.place(), source.owes_alerts(), overdue)
    }

    /// How a source is doing, and where it is: some know that only once they have been asked.
    pub(super) fn status(&self, books: &Tracker) -> SourceStatus {
        let mut status = books.status(self.now());
        if let Some(post) = self.post(status.kind) {
            status.place = post.source.place();
        }
        status
    }

    pub(super) fn post(&self, kind: SourceKind) -> Option<&Post> {
        self.posts.iter().find(|post| post.source.kind() == kind)
    }
}

fn place(context: &ContextInfo) -> ChangePlace {
    ChangePlace {
        context: context.name.clone(),
        production: context.production,
        demo: context.demo,
        region: context.region.clone(),
        account: None,
        caller_arn: None,
    }
}

fn patterns(globs: &[String]) -> Result<Vec<glob::Pattern>, String> {
    globs
        .iter()
        .map(|glob| {
            glob::Pattern::new(glob).map_err(|error| format!("`{glob}` is no pattern of service names: {error}"))
        })
        .collect()
}

/// What is not looked at because it is not configured, and what adding it would give.
fn notes(context: &config::Context) -> Vec<String> {
    let table = |name: &str| format!("[contexts.{}.{name}]", context.name);
    let mut notes = Vec::new();
    if context.prometheus.is_none() {
        notes.push(format!(
            "prometheus is not configured: {} would add requests, errors, latency, scrape targets and its alerts",
            table("prometheus")
        ));
    }
    if context.alertmanager.is_none() && context.prometheus.is_some() {
        notes.push(format!("alertmanager is not configured: {} would add silences and routing", table("alertmanager")));
    }
    if context.aws.is_none() {
        notes.push(format!("aws is not configured: {} would add tasks and deployments", table("aws")));
    }
    notes
}
