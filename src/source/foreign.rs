//! What every HTTP source shares in reading foreign data: labels made harmless, owners found in them, times parsed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::config;
use crate::domain::{Labels, Owner};
use crate::format::sanitise;

/// A list that may be `null` and must be there: an answer without it is not this API's, and no empty one.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Labels that name a service in alerts whose rules do not carry the configured one.
const USUAL_SERVICE_LABELS: [&str; 3] = ["service", "service_name", "ecs_service"];

/// The labels by which a series, target or alert says whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerLabels {
    /// The label that names the service.
    pub service: String,
    /// The label that names its cluster, where the context has one.
    pub cluster: Option<String>,
}

impl Default for OwnerLabels {
    fn default() -> Self {
        Self { service: "service".to_owned(), cluster: None }
    }
}

impl OwnerLabels {
    /// As the context's Prometheus settings say; the defaults where there are none.
    pub fn of(prometheus: Option<&config::Prometheus>) -> Self {
        prometheus.map_or_else(Self::default, |settings| Self {
            service: settings.service_label.clone(),
            cluster: settings.cluster_label.clone(),
        })
    }

    /// The owner by the configured label alone.
    pub fn owner(&self, labels: &Labels) -> Option<Owner> {
        self.owner_by(&self.service, labels)
    }

    /// The owner by the configured label, else by one of the usual ones: alerts come from many hands.
    pub fn owner_of_alert(&self, labels: &Labels) -> Option<Owner> {
        self.owner(labels).or_else(|| USUAL_SERVICE_LABELS.iter().find_map(|label| self.owner_by(label, labels)))
    }

    fn owner_by(&self, label: &str, labels: &Labels) -> Option<Owner> {
        let service = labels.get(label).filter(|name| !name.is_empty())?.clone();
        let cluster = self.cluster.as_ref().and_then(|label| labels.get(label)).filter(|name| !name.is_empty());
        Some(Owner { service, cluster: cluster.cloned() })
    }
}

/// Labels or annotations with every name and value made harmless.
pub fn labels(foreign: BTreeMap<String, String>) -> Labels {
    foreign.into_iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// A text made harmless, without a copy where it already is.
pub fn text(foreign: String) -> String {
    match sanitise(&foreign) {
        std::borrow::Cow::Borrowed(_) => foreign,
        std::borrow::Cow::Owned(clean) => clean,
    }
}

/// An RFC 3339 time. The zero time of Go programs (the year 1) is no time.
pub fn time(text: &str) -> Option<Timestamp> {
    let at: Timestamp = text.parse().ok()?;
    (at.as_second() > 0).then_some(at)
}

/// Whether a URL may be offered for opening: nothing but http and https.
pub fn link(foreign: Option<String>) -> Option<String> {
    foreign.map(text).filter(|url| url.starts_with("http://") || url.starts_with("https://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_owner_is_found_by_the_configured_label_first() {
        let by = OwnerLabels { service: "app".into(), cluster: Some("cluster".into()) };
        let owner = |service: &str, cluster: Option<&str>| {
            Some(Owner { service: service.into(), cluster: cluster.map(str::to_owned) })
        };
        for (pairs, series, alert) in [
            (&[("app", "api"), ("service", "other")][..], owner("api", None), owner("api", None)),
            (&[("app", "api"), ("cluster", "prod")], owner("api", Some("prod")), owner("api", Some("prod"))),
            (&[("app", ""), ("service_name", "web"), ("cluster", "")], None, owner("web", None)),
            (&[("job", "x")], None, None),
        ] {
            let labels = labels(given(pairs));
            assert_eq!(by.owner(&labels), series, "{pairs:?}");
            assert_eq!(by.owner_of_alert(&labels), alert, "{pairs:?}");
        }
    }

    #[test]
    fn foreign_text_is_harmless_and_odd_times_are_none() {
        let clean = labels(given(&[("a\x1b[2J", "b\nc")]));
        assert_eq!(clean.into_iter().next().unwrap(), ("a\\u{1b}[2J".to_owned(), "b c".to_owned()));
        assert_eq!(time("2026-11-22T09:02:14.123+09:00").unwrap().to_string(), "2026-11-22T00:02:14.123Z");
        for odd in ["0001-01-01T00:00:00Z", "", "yesterday"] {
            assert_eq!(time(odd), None);
        }
        assert_eq!(link(Some("javascript:alert(1)".into())), None);
    }
}
