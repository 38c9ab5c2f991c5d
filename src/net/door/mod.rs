//! The way to an API: at its own address, or through a data source of Grafana.

mod proxy;

use crate::config::{self, Reach};
use crate::domain::{ErrorClass, SourceError};
use crate::net::http::{Backend, Call, Clients, Deadline, Reply};
use crate::net::{Meter, Mishap};

pub use self::proxy::DataSourceKind;
use self::proxy::Proxy;

/// The way to one API.
#[derive(Debug)]
pub enum Door {
    /// At its own address.
    Direct(Backend),
    /// Through Grafana.
    Grafana(Proxy),
    /// Through a Grafana that the context does not have.
    Missing,
}

impl Door {
    /// As the settings say; no I/O.
    pub fn open(
        reach: &Reach,
        grafana: Option<&config::Grafana>,
        kind: DataSourceKind,
        clients: &Clients,
        meter: Meter,
    ) -> Self {
        match (reach, grafana) {
            (Reach::Direct(http), _) => Self::Direct(Backend::open(http, clients, meter)),
            (Reach::Grafana { uid }, Some(grafana)) => {
                Self::Grafana(Proxy::new(Backend::open(&grafana.http, clients, meter), kind, uid.clone()))
            }
            (Reach::Grafana { .. }, None) => Self::Missing,
        }
    }

    /// Where it leads, free of secrets.
    pub fn place(&self) -> String {
        match self {
            Self::Direct(backend) => backend.place(),
            Self::Grafana(proxy) => proxy.place(),
            Self::Missing => "grafana (not configured)".to_owned(),
        }
    }

    /// The base address, where it can be opened in a browser as it is.
    pub fn browsable(&self) -> Option<String> {
        match self {
            Self::Direct(backend) => Some(backend.place()),
            Self::Grafana(_) | Self::Missing => None,
        }
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        match self {
            Self::Direct(backend) => backend.requests(),
            Self::Grafana(proxy) => proxy.requests(),
            Self::Missing => 0,
        }
    }

    /// Finds out how to get through, where that is still to be done.
    pub async fn prepare(&self, deadline: Deadline) -> Result<(), SourceError> {
        match self {
            Self::Grafana(proxy) => proxy.prepare(deadline).await,
            Self::Direct(_) => Ok(()),
            Self::Missing => Err(Self::missing()),
        }
    }

    /// Sends a request and takes in the whole answer, whatever its status.
    pub async fn send(&self, call: &Call) -> Result<Reply, SourceError> {
        match self {
            Self::Direct(backend) => backend.send(call).await,
            Self::Grafana(proxy) => proxy.send(call).await,
            Self::Missing => Err(Self::missing()),
        }
    }

    /// Sends a request that alters something, once. Through Grafana it goes the way made for it, and another way only
    /// where Grafana says that it let nothing through.
    ///
    /// # Errors
    /// As [`Backend::change`].
    pub async fn change(&self, call: &Call) -> Result<Reply, Mishap> {
        match self {
            Self::Direct(backend) => backend.change(call).await,
            Self::Grafana(proxy) => proxy.change(call).await,
            Self::Missing => Err(Mishap::Refused(Self::missing())),
        }
    }

    fn missing() -> SourceError {
        SourceError::new(ErrorClass::Local, "it is to be reached through grafana, and this context has no grafana")
            .with_hint("give the context a grafana url, or give this source a url of its own")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_way_through_a_grafana_that_is_not_there_is_said_so() {
        let reach = Reach::Grafana { uid: None };
        let door = Door::open(&reach, None, DataSourceKind::Prometheus, &Clients::default(), Meter::default());
        let deadline = Deadline::after(Duration::from_secs(1));
        let error = door.prepare(deadline).await.unwrap_err();
        assert_eq!((error.class, door.requests()), (ErrorClass::Local, 0));
        assert_eq!(door.send(&Call::get("/", deadline)).await.unwrap_err(), error);
    }
}
