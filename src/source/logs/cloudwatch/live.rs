//! Live Tail: lines as they are said, over a connection that stays open. It has hosts of its own (`stream-logs.REGION`),
//! is paid by the minute, leaves lines out where there are too many, and ends after three hours.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::config::StalledStreamProtectionConfig;
use aws_sdk_cloudwatchlogs::operation::start_live_tail::StartLiveTailOutput;
use aws_sdk_cloudwatchlogs::types::{LiveTailSessionMetadata, LiveTailSessionUpdate, StartLiveTailResponseStream};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::endpoint::EndpointPrefix;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use jiff::Timestamp;

use super::Inner;
use super::place::{Found, Place, Streams, find};
use super::read::{learn, origin};
use crate::domain::{ErrorClass, LogLine, LogLive, LogScope, SourceError};
use crate::format::sanitise;
use crate::net::aws::Call;
use crate::source::Answer;
use crate::source::logs::{LiveLog, line};

/// The most groups and the most prefixes of one session.
const MOST_GROUPS: usize = 10;

/// How long it may take to find out whose new tasks are.
const LEARN_WITHIN: Duration = Duration::from_secs(5);

/// What a session that has ended by its own time limit is called.
const TIME_IS_UP: &str = "SessionTimeoutException";

/// Begins a session.
pub(super) async fn start(
    inner: Arc<Inner>,
    scope: &LogScope,
    within: Duration,
) -> Result<Box<dyn LiveLog>, SourceError> {
    let session = inner.aws.session(&inner.meter, within).await?;
    let found = find(&inner, &session, &scope.service).await?;
    let region = one_region(&found)?;
    let account = session.caller().await?;
    let partition = account.arn.split(':').nth(1).unwrap_or("aws").to_owned();
    let in_region = region.clone().unwrap_or_else(|| session.region().to_owned());
    let groups: BTreeSet<&str> = found.places.iter().map(|place| place.group.as_str()).collect();
    let arns: Vec<String> = groups
        .iter()
        .take(MOST_GROUPS)
        .map(|group| format!("arn:{partition}:logs:{in_region}:{}:log-group:{group}", account.account))
        .collect();
    let prefixes: Option<Vec<String>> = found.places.iter().map(prefix).collect();
    let prefixes = prefixes.filter(|prefixes| groups.len() == 1 && prefixes.len() <= MOST_GROUPS);
    let about = format!("groups {}", sanitise(&groups.iter().copied().collect::<Vec<_>>().join(", ")));
    let call = Call { service: "logs", action: "StartLiveTail", about: &about };
    let request = session
        .logs(region.as_deref())
        .start_live_tail()
        .set_log_group_identifiers(Some(arns))
        .set_log_stream_name_prefixes(prefixes)
        .set_log_event_filter_pattern(scope.pattern.clone())
        .customize()
        .config_override(
            aws_sdk_cloudwatchlogs::Config::builder()
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled()),
        );
    // An address of one's own (a simulator, a VPC endpoint) has no further host beside it.
    let request = if session.has_own_endpoint() { request.interceptor(NoPrefix) } else { request };
    let output = session.call(call, request.send()).await.map_err(|error| match error.class {
        ErrorClass::Dns | ErrorClass::Connect => error.with_hint(format!(
            "live tail has a host of its own: allow stream-logs.{in_region}.amazonaws.com, or follow without live"
        )),
        _ => error,
    })?;
    let place = call.in_region(&in_region);
    Ok(Box::new(Live { inner, scope: scope.clone(), found, output, place }))
}

/// The region of all places: a session has one.
fn one_region(found: &Found) -> Result<Option<String>, SourceError> {
    let regions: BTreeSet<&Option<String>> = found.places.iter().map(|place| &place.region).collect();
    if regions.len() > 1 {
        let what = format!("{} logs into several regions, and live tail reads one", found.service);
        return Err(SourceError::new(ErrorClass::Unsupported, what).with_hint("follow without live"));
    }
    Ok(regions.into_iter().next().cloned().flatten())
}

fn prefix(place: &Place) -> Option<String> {
    match &place.streams {
        Streams::Beginning(prefix) => Some(prefix.clone()),
        Streams::All | Streams::Named(_) => None,
    }
}

struct Live {
    inner: Arc<Inner>,
    scope: LogScope,
    found: Arc<Found>,
    output: StartLiveTailOutput,
    place: String,
}

impl LiveLog for Live {
    fn next(&mut self) -> Answer<'_, Result<Option<LogLive>, SourceError>> {
        Box::pin(async move {
            loop {
                match self.output.response_stream.recv().await {
                    Ok(Some(StartLiveTailResponseStream::SessionUpdate(update))) => {
                        return Ok(Some(self.update(&update).await));
                    }
                    // The session's beginning, and what later versions of the API may send.
                    Ok(Some(_)) => {}
                    Ok(None) => {
                        let what = format!("{}: the session ended without a word", self.place);
                        return Err(SourceError::new(ErrorClass::Connect, what));
                    }
                    Err(error)
                        if error.as_service_error().is_some_and(|error| {
                            error.code() == Some(TIME_IS_UP) || error.is_session_timeout_exception()
                        }) =>
                    {
                        return Ok(None);
                    }
                    Err(error) => return Err(self.failure(&error)),
                }
            }
        })
    }
}

impl Live {
    async fn update(&self, update: &LiveTailSessionUpdate) -> LogLive {
        let sampled = update.session_metadata().is_some_and(LiveTailSessionMetadata::sampled);
        let lines: Vec<LogLine> = update.session_results().iter().filter_map(|event| self.line(event)).collect();
        let lines = self.own(lines).await;
        LogLive { lines: super::super::newest(lines, usize::MAX), sampled }
    }

    fn line(&self, event: &aws_sdk_cloudwatchlogs::types::LiveTailSessionLogEvent) -> Option<LogLine> {
        let stream = event.log_stream_name().unwrap_or_default();
        let place = self.found.places.iter().find(|place| match &place.streams {
            Streams::All => true,
            Streams::Beginning(prefix) => stream.starts_with(prefix.as_str()),
            Streams::Named(names) => names.iter().any(|name| name == stream),
        })?;
        let origin = Arc::new(origin(place, stream));
        if !self.scope.wants(origin.task.as_deref()) {
            return None;
        }
        let at = Timestamp::from_millisecond(event.timestamp()?).ok()?;
        Some(line(&origin, at, event.message().unwrap_or_default(), None))
    }

    /// Without the lines of other services' tasks.
    async fn own(&self, mut lines: Vec<LogLine>) -> Vec<LogLine> {
        let Some(cluster) = &self.found.cluster else { return lines };
        let tasks: BTreeSet<String> = lines.iter().filter_map(|line| line.origin.task.clone()).collect();
        let is_known = { tasks.iter().all(|task| self.inner.roll().knows(task)) };
        if !is_known && let Ok(session) = self.inner.aws.session(&self.inner.meter, LEARN_WITHIN).await {
            // Where this fails the lines are kept: better one too many than one too few.
            let _ = learn(&self.inner, &session, cluster, tasks).await;
        }
        let roll = self.inner.roll();
        let service = &self.found.service.name;
        lines.retain(|line| !line.origin.task.as_deref().is_some_and(|task| roll.is_foreign(task, service)));
        lines
    }

    fn failure<E, R>(&self, error: &SdkError<E, R>) -> SourceError
    where
        E: std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let mut why: &dyn std::error::Error = error;
        while let Some(inner) = why.source() {
            why = inner;
        }
        SourceError::new(ErrorClass::Connect, format!("{}: {}", self.place, sanitise(&why.to_string())))
    }
}

/// Leaves the host as it was given.
#[derive(Debug)]
struct NoPrefix;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for NoPrefix {
    fn name(&self) -> &'static str {
        "NoPrefix"
    }

    fn read_after_serialization(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().unset::<EndpointPrefix>();
        Ok(())
    }
}
