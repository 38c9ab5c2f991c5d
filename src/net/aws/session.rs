//! One round's access to AWS: clients with the round's time limits, a bound on parallel calls, explained errors.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use super::chain::{Loaded, timeouts};
use super::explain::{Call, NO_ANSWER, clean, explain, may_have_altered};
use super::profile::{Facts, find};
use super::transport::Transport;
use super::{Aws, Caller, Pace};
use crate::domain::{ErrorClass, SourceError};
use crate::format;
use crate::net::Mishap;

/// Calls under way at once. AWS allows some 20 ECS reads a second for the whole account.
const PARALLEL: usize = 8;

/// One round's access to AWS.
#[derive(Debug)]
pub struct Session {
    aws: Aws,
    loaded: Arc<Loaded>,
    config: SdkConfig,
    transport: Transport,
    within: Duration,
    deadline: Instant,
    gate: Semaphore,
}

impl Session {
    /// A tenth of the time is kept for putting the answer together, so that the source gives up before it is given up.
    pub(super) fn new(aws: Aws, loaded: Arc<Loaded>, transport: Transport, begun: Instant, within: Duration) -> Self {
        let allowed = within * 9 / 10;
        let attempt = aws.pace().attempt.min(allowed / 2);
        let limits = timeouts(aws.pace().connect.min(attempt), attempt, allowed);
        let config = loaded.config.to_builder().http_client(transport.clone()).timeout_config(limits).build();
        Self {
            aws,
            loaded,
            config,
            transport,
            within: allowed,
            deadline: begun + allowed,
            gate: Semaphore::new(PARALLEL),
        }
    }

    /// The region asked.
    pub fn region(&self) -> &str {
        &self.loaded.region
    }

    /// Where the credentials came from and when they run out, where that is known.
    pub fn credentials(&self) -> (&'static str, Option<jiff::Timestamp>) {
        (self.loaded.origin, self.loaded.expiry)
    }

    /// A client of the ECS API.
    pub fn ecs(&self) -> aws_sdk_ecs::Client {
        aws_sdk_ecs::Client::new(&self.config)
    }

    /// A client of the CloudWatch API.
    pub fn cloudwatch(&self) -> aws_sdk_cloudwatch::Client {
        aws_sdk_cloudwatch::Client::new(&self.config)
    }

    /// A client of the CloudWatch Logs API, in another region than the session's where one is named.
    pub fn logs(&self, region: Option<&str>) -> aws_sdk_cloudwatchlogs::Client {
        let config = aws_sdk_cloudwatchlogs::config::Builder::from(&self.config);
        let config = match region {
            Some(region) => config.region(aws_types::region::Region::new(region.to_owned())),
            None => config,
        };
        aws_sdk_cloudwatchlogs::Client::from_conf(config.build())
    }

    /// Whether AWS is at an address of its own, which has no further hosts beside it.
    pub fn has_own_endpoint(&self) -> bool {
        self.config.endpoint_url().is_some()
    }

    /// A client of the API of Application Auto Scaling.
    pub fn autoscaling(&self) -> aws_sdk_applicationautoscaling::Client {
        aws_sdk_applicationautoscaling::Client::new(&self.config)
    }

    /// A client of the ECS API for calls that alter something: it asks once and never again by itself. Make them with
    /// [`Session::change`]. The one attempt has the time of all: an answer that is late says what came of it, one that
    /// was not waited for does not.
    pub fn ecs_once(&self) -> aws_sdk_ecs::Client {
        let connect = self.aws.pace().connect.min(self.within);
        let limits = timeouts(connect, self.within, self.within);
        let config = self.config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(limits).build();
        aws_sdk_ecs::Client::new(&config)
    }

    /// As [`Session::call`], for a call that alters something: a failure says whether anything may have been altered.
    ///
    /// # Errors
    /// [`Mishap::Refused`] where nothing was altered, [`Mishap::Unknown`] where that cannot be told.
    pub async fn change<T, E>(
        &self,
        call: Call<'_>,
        answer: impl Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    ) -> Result<T, Mishap>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        // Whatever never came back (the round's time was up) may have arrived.
        let mut may_have_arrived = true;
        let kept = &mut may_have_arrived;
        let noted = async move {
            let answer = answer.await;
            *kept = answer.as_ref().err().is_some_and(may_have_altered);
            answer
        };
        match self.call(call, noted).await {
            Ok(answer) => Ok(answer),
            Err(error) if may_have_arrived => Err(Mishap::Unknown(error)),
            Err(error) => Err(Mishap::Refused(error)),
        }
    }

    /// Who we are to AWS. Asked once; a failure is not remembered.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn caller(&self) -> Result<Caller, SourceError> {
        let caller = self.loaded.caller.get_or_try_init(|| async {
            let call = Call { service: "sts", action: "GetCallerIdentity", about: "" };
            let client = aws_sdk_sts::Client::new(&self.config);
            let answer = self.call(call, client.get_caller_identity().send()).await?;
            let text = |part: Option<&str>| part.map(clean).filter(|text| !text.is_empty());
            match (text(answer.account()), text(answer.arn())) {
                (Some(account), Some(arn)) => Ok(Caller { account, arn }),
                _ => Err(SourceError::new(
                    ErrorClass::Garbage,
                    format!("{}: the answer has no account", call.in_region(self.region())),
                )),
            }
        });
        caller.await.cloned()
    }

    /// Waits for one call's answer, at most until the round's time is up, with a bounded number of others.
    ///
    /// Credentials that turn out bad are dropped, so that the next round looks for new ones.
    ///
    /// # Errors
    /// One line that names call, region and cause, sanitised and free of secrets.
    pub async fn call<T, E>(
        &self,
        call: Call<'_>,
        answer: impl Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    ) -> Result<T, SourceError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let waiting = async {
            let _place = self.gate.acquire().await.ok();
            answer.await
        };
        let error = match timeout_at(self.deadline, Box::pin(waiting)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            Err(_) => {
                let waited = format::duration_fine(self.within);
                let what = format!("{}: no answer within {waited}", call.in_region(self.region()));
                return Err(SourceError::new(ErrorClass::Timeout, what).with_hint(NO_ANSWER));
            }
        };
        if let Some(error) = find::<CredentialsError>(&error) {
            self.aws.forget(&self.loaded).await;
            return Err(self.facts().await.explain(error));
        }
        Err(self.settle(explain(&call, self.region(), &error)).await)
    }

    /// Drops what a failure shows to be bad, so that the next round looks for it anew, and adds the next step.
    pub(super) async fn settle(&self, error: SourceError) -> SourceError {
        if error.class == ErrorClass::Tls {
            self.aws.forget_trust();
        }
        if error.class == ErrorClass::Credentials {
            self.aws.forget(&self.loaded).await;
            if error.hint.is_none() {
                return error.with_hint(self.facts().await.next_step());
            }
        }
        error
    }

    /// Credentials to sign with, renewed where they are about to run out.
    pub(super) async fn signing_credentials(&self) -> Result<Credentials, SourceError> {
        match self.loaded.credentials().await {
            Ok(credentials) => Ok(credentials),
            Err(error) => {
                self.aws.forget(&self.loaded).await;
                Err(self.facts().await.explain(&error))
            }
        }
    }

    /// A place among the calls under way.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.gate.acquire().await.ok()
    }

    pub(super) const fn transport(&self) -> &Transport {
        &self.transport
    }

    pub(super) fn pace(&self) -> &Pace {
        self.aws.pace()
    }

    /// When the round's time is up.
    pub(super) const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// How long the round may take.
    pub(super) const fn within(&self) -> Duration {
        self.within
    }

    /// The endpoint of every API, where one is configured or in the environment.
    pub(super) fn endpoint(&self) -> Option<&str> {
        self.config.endpoint_url()
    }

    /// Whether endpoints validated by FIPS are asked for.
    pub(super) fn fips(&self) -> bool {
        self.config.use_fips().unwrap_or_default()
    }

    async fn facts(&self) -> Facts {
        Facts::gather(self.aws.settings().profile.as_deref()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Meter;
    use crate::net::aws::fake;
    use crate::net::http::loopback::{Loopback, Said};

    #[tokio::test]
    async fn a_slow_answer_to_a_change_is_waited_for_as_long_as_the_round_lasts() {
        let server = Loopback::start(|_| Said::Hang).await;
        let aws = fake::aws(fake::settings(&server.url));
        let session = aws.session(&Meter::default(), Duration::from_secs(20)).await.unwrap();
        let client = session.ecs_once();
        let limits = client.config().timeout_config().unwrap();
        assert_eq!(limits.operation_attempt_timeout(), Some(Duration::from_secs(18)));
        assert_eq!(client.config().retry_config().map(RetryConfig::max_attempts), Some(1));
        for config in [client.config(), session.ecs().config()] {
            let watched =
                config.stalled_stream_protection().map(|watch| watch.upload_enabled() || watch.download_enabled());
            assert_eq!(watched, Some(false), "the SDK gives up by itself after some seconds");
        }
    }

    #[tokio::test]
    async fn what_signed_a_request_is_not_told_where_the_answer_quotes_it() {
        let server = Loopback::start(|asked| {
            fake::refusal(403, "AccessDeniedException", &format!("no: {}", asked.header("authorization")))
        })
        .await;
        let aws = fake::aws(fake::settings(&server.url));
        let session = aws.session(&Meter::default(), Duration::from_secs(5)).await.unwrap();
        let call = Call { service: "ecs", action: "ListClusters", about: "" };
        let error = session.call(call, session.ecs().list_clusters().send()).await.unwrap_err();
        let sent = server.asked()[0].header("authorization").to_owned();
        let signature = sent.split_once("Signature=").unwrap().1;
        assert!(error.what.contains("[redacted]") && !error.what.contains(signature), "{error}");
    }
}
