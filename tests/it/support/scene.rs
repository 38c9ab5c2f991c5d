//! A context of the program on the real servers, each of which a test may swap for a broken one.

use super::bridge::Bridge;
use super::moto::REGION;
use super::rounds::Rounds;
use super::world::{AWS, BAD_MORNING, CALM, World};

/// Where each backend of the context is.
pub(crate) struct Scene {
    pub(crate) prometheus: String,
    pub(crate) alertmanager: String,
    /// Further tables of the context, such as `[contexts.prod.grafana]`.
    pub(crate) more: String,
    pub(crate) aws: Bridge,
    cluster: &'static str,
}

impl Scene {
    /// Everything as it is on [`BAD_MORNING`].
    pub(crate) fn bad_morning() -> Self {
        Self::of(&BAD_MORNING)
    }

    /// Everything as it is in [`CALM`].
    pub(crate) fn calm() -> Self {
        Self::of(&CALM)
    }

    fn of(world: &World) -> Self {
        Self {
            prometheus: format!("url = \"{}\"", world.prometheus.url()),
            alertmanager: format!("url = \"{}\"", world.alertmanager.url()),
            more: String::new(),
            aws: Bridge::to(&AWS.url()),
            cluster: world.cluster,
        }
    }

    /// The configuration: one context, `prod`.
    pub(crate) fn config(&self) -> String {
        let Self { prometheus, alertmanager, more, aws, cluster } = self;
        format!(
            r#"default_context = "prod"

[contexts.prod]
production = true

[contexts.prod.aws]
region = "{REGION}"
endpoint_url = "{}"
clusters = ["{cluster}"]

[contexts.prod.prometheus]
{prometheus}

[contexts.prod.alertmanager]
{alertmanager}

[contexts.prod.thresholds]
target_grace = "0s"

{more}
"#,
            aws.url()
        )
    }

    /// `rounds ARGUMENTS...` with this configuration and AWS keys.
    pub(crate) fn rounds<A: Into<String>>(&self, arguments: impl IntoIterator<Item = A>) -> Rounds {
        Rounds::new(arguments).config(&self.config()).aws_keys()
    }
}
