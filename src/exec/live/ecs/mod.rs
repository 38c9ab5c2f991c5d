//! ECS: what a change of a service rests on, the calls that make it, and what is seen of it.

mod call;
mod named;
mod past;
mod survey;

use std::time::Duration;

use crate::domain::{ErrorClass, ServiceId, SourceError};
use crate::exec::{PATIENCE, Whereabouts};
use crate::net::Meter;
use crate::net::aws::ecs::map;
use crate::net::aws::{Aws, Session};

/// How long it may take to hear who we are, where nothing but the journal waits for it.
const INTRODUCTION: Duration = Duration::from_secs(4);

pub(super) struct Ecs {
    aws: Aws,
    meter: Meter,
}

impl Ecs {
    pub(super) fn open(aws: Aws) -> Self {
        Self { aws, meter: Meter::default() }
    }

    pub(super) const fn aws(&self) -> &Aws {
        &self.aws
    }

    async fn session(&self) -> Result<Session, SourceError> {
        self.aws.session(&self.meter, PATIENCE).await
    }

    /// Who we are and where, as far as that is told soon.
    pub(super) async fn whereabouts(&self) -> Whereabouts {
        let Ok(session) = self.aws.session(&self.meter, INTRODUCTION).await else {
            return Whereabouts { region: self.aws.region(), ..Whereabouts::default() };
        };
        let caller = session.caller().await.ok().map(|caller| (caller.account, caller.arn));
        let (account, caller_arn) = caller.unzip();
        Whereabouts { region: Some(session.region().to_owned()), account, caller_arn }
    }

    /// The cluster as ECS is asked for it: where it is configured by its ARN, that.
    fn cluster<'a>(&'a self, service: &'a ServiceId) -> Result<&'a str, SourceError> {
        if service.cluster.is_empty() {
            let what =
                format!("the cluster of {} is not known: no ECS service was found under that name", service.name);
            return Err(SourceError::new(ErrorClass::Local, what));
        }
        let configured = self.aws.settings().clusters.iter();
        let named = configured.map(String::as_str).find(|reference| map::short_name(reference) == service.cluster);
        Ok(named.unwrap_or(&service.cluster))
    }
}
