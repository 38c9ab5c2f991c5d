//! In front of a backend: lets every request through but the ones a test wants to catch. Those it holds, before or after
//! the backend has seen them, or refuses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::bridge;
use super::http;
use super::site::{HangUp, Request, Response, Site, respond};
use super::wait;

/// What becomes of the requests that are caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Catch {
    /// Held for ever; the backend never sees them.
    Before,
    /// The backend answers, and the answer is held for ever.
    After,
    /// The connection is closed after the backend answered.
    Lose,
    /// Refused as AWS refuses what is not allowed.
    Deny,
    /// Answered with a 500.
    Fail,
    /// Let through, and counted.
    Pass,
}

/// The catcher, until dropped.
pub(crate) struct Hold {
    site: Site,
    caught: Arc<Mutex<Vec<Request>>>,
}

impl Hold {
    /// Catches the requests that `is_meant` says of.
    pub(crate) fn before(
        upstream: &str,
        catch: Catch,
        is_meant: impl Fn(&Request) -> bool + Send + Sync + 'static,
    ) -> Self {
        let caught = Arc::new(Mutex::new(Vec::new()));
        let (upstream, log) = (upstream.to_owned(), caught.clone());
        let site = Site::serve(move |request| {
            let catch = is_meant(&request).then_some(catch);
            answer(upstream.clone(), catch, log.clone(), request)
        });
        Self { site, caught }
    }

    /// Catches the calls of these AWS operations.
    pub(crate) fn operations(upstream: &str, catch: Catch, operations: &'static [&'static str]) -> Self {
        Self::before(upstream, catch, move |request| operations.contains(&bridge::call(request).operation.as_str()))
    }

    pub(crate) fn url(&self) -> String {
        self.site.url()
    }

    /// What was caught so far.
    pub(crate) fn caught(&self) -> Vec<Request> {
        self.caught.lock().unwrap().clone()
    }

    /// Waits until something was caught (and, where it is held after, answered).
    pub(crate) fn wait(&self) {
        wait::until("a request to be caught", Duration::from_mins(2), || {
            if self.caught().is_empty() { Err("none yet".to_owned()) } else { Ok(()) }
        });
    }
}

async fn answer(
    upstream: String,
    catch: Option<Catch>,
    log: Arc<Mutex<Vec<Request>>>,
    request: Request,
) -> Result<Response, HangUp> {
    let caught = || log.lock().unwrap().push(request.clone());
    match catch {
        Some(Catch::Before) => {
            caught();
            return std::future::pending().await;
        }
        Some(Catch::Deny) => {
            caught();
            return Ok(bridge::refusal(&request, "AccessDeniedException", "User: kim is not authorized"));
        }
        Some(Catch::Fail) => {
            caught();
            return Ok(respond(500, "text/plain", "planted"));
        }
        Some(Catch::After | Catch::Lose | Catch::Pass) | None => {}
    }
    let reply = http::forward(&upstream, &request.target(), &request).await;
    let response = reply.map_or_else(|why| respond(502, "text/plain", why), http::Reply::into_response);
    if catch.is_some() {
        caught();
    }
    match catch {
        Some(Catch::After) => std::future::pending().await,
        Some(Catch::Lose) => Err(HangUp),
        _ => Ok(response),
    }
}
