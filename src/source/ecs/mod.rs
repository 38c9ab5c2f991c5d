//! ECS: clusters, services, deployments, tasks.

mod checkup;
mod memory;
mod owner;
mod round;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use glob::Pattern;
use jiff::Timestamp;

use self::memory::Memory;
use self::round::Round;
use super::{Answer, Ask, Source};
use crate::config;
use crate::domain::{Checkup, Reading, SourceError, SourceKind};
use crate::net::Meter;
use crate::net::aws::Aws;
use crate::net::aws::ecs::map;

/// The ECS API of one context.
#[derive(Debug)]
struct Ecs {
    aws: Aws,
    services: Filter,
    meter: Meter,
    memory: Mutex<Memory>,
}

/// Opens the ECS source of a context: the clusters of its `[aws]`, the services of its `services`. Does no I/O.
pub fn open(aws: &Aws, context: &config::Context) -> Arc<dyn Source> {
    Arc::new(Ecs {
        aws: aws.clone(),
        services: Filter::new(&context.services),
        meter: Meter::default(),
        memory: Mutex::default(),
    })
}

impl Ecs {
    /// What is kept between rounds. Never held while waiting.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Ecs {
    fn kind(&self) -> SourceKind {
        SourceKind::Ecs
    }

    fn place(&self) -> String {
        let region = self.aws.place();
        match self.aws.settings().clusters.as_slice() {
            [] => format!("{region}, every cluster"),
            [one] => format!("{region}, cluster {}", map::short_name(one)),
            many => {
                let names: Vec<&str> = many.iter().map(|cluster| map::short_name(cluster)).collect();
                format!("{region}, clusters {}", names.join(", "))
            }
        }
    }

    fn requests(&self) -> u64 {
        self.meter.total() + self.aws.requests()
    }

    fn read<'a>(&'a self, ask: &'a Ask) -> Answer<'a, Result<Reading, SourceError>> {
        Box::pin(async move {
            let session = self.aws.session(&self.meter, ask.within).await?;
            Round::new(self, &session, ask).read().await.map(Reading::Ecs)
        })
    }

    fn checkups(&self, now: Timestamp) -> Answer<'_, Vec<Checkup>> {
        Box::pin(checkup::checkups(self, now))
    }
}

/// The services looked at.
#[derive(Debug)]
struct Filter(Vec<Pattern>);

impl Filter {
    /// By names and globs. What is no glob (the configuration refuses it) means itself.
    fn new(globs: &[String]) -> Self {
        let pattern = |glob: &String| Pattern::new(glob).or_else(|_| Pattern::new(&Pattern::escape(glob))).ok();
        Self(globs.iter().filter_map(pattern).collect())
    }

    /// Whether a service is looked at: by its own name or by `cluster/name`.
    fn admits(&self, cluster: &str, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|glob| glob.matches(name) || glob.matches(&format!("{cluster}/{name}")))
    }
}

#[cfg(test)]
mod tests;
