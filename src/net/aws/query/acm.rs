//! Certificate Manager: whether a certificate may be used, and for which names.

use serde::Deserialize;
use serde_json::json;

use super::Api;
use crate::domain::SourceError;
use crate::format::sanitise;
use crate::net::aws::{Call, Session};

/// A certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Its ARN.
    pub arn: String,
    /// `ISSUED`, `PENDING_VALIDATION` ...
    pub status: String,
    /// The names it is for; may begin with `*.`.
    pub names: Vec<String>,
}

impl Certificate {
    /// Whether it is for a name. A star stands for one label.
    pub fn covers(&self, name: &str) -> bool {
        let parent = name.split_once('.').map(|(_, parent)| parent);
        self.names.iter().any(|own| match own.strip_prefix("*.") {
            Some(own) => parent.is_some_and(|parent| own.eq_ignore_ascii_case(parent)),
            None => own.eq_ignore_ascii_case(name),
        })
    }
}

/// A certificate by its ARN.
///
/// # Errors
/// One line that names call, region and cause.
pub async fn certificate(session: &Session, arn: &str) -> Result<Certificate, SourceError> {
    let call = Call { service: Api::Acm.name(), action: "DescribeCertificate", about: arn };
    let body = session.certificate_manager(call, &json!({ "CertificateArn": arn })).await?;
    let answer: Answer = serde_json::from_slice(&body).map_err(|error| session.garbage(&call, &error.to_string()))?;
    let found = answer.certificate;
    // The first of its names stands among the others too, as a rule.
    let others = found.subject_alternative_names.iter().filter(|name| **name != found.domain_name);
    let names = [&found.domain_name].into_iter().chain(others).filter(|name| !name.is_empty());
    let names = names.map(|name| clean(name)).collect();
    Ok(Certificate { arn: arn.to_owned(), status: clean(&found.status), names })
}

/// The ARNs of the issued certificates of the region (of the first thousand).
///
/// # Errors
/// As [`certificate`].
pub async fn issued(session: &Session) -> Result<Vec<String>, SourceError> {
    let call = Call { service: Api::Acm.name(), action: "ListCertificates", about: "" };
    let asked = json!({ "CertificateStatuses": ["ISSUED"], "MaxItems": 1000 });
    let body = session.certificate_manager(call, &asked).await?;
    let answer: List = serde_json::from_slice(&body).map_err(|error| session.garbage(&call, &error.to_string()))?;
    Ok(answer.certificate_summary_list.into_iter().map(|one| clean(&one.certificate_arn)).collect())
}

fn clean(text: &str) -> String {
    sanitise(text).into_owned()
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    certificate: Wire,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Wire {
    status: String,
    domain_name: String,
    subject_alternative_names: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct List {
    certificate_summary_list: Vec<Summary>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Summary {
    certificate_arn: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_for_one_label() {
        let certificate = |name: &str| Certificate { names: vec![name.to_owned()], ..Certificate::default() };
        for (own, name, covers) in [
            ("grafana.example.com", "grafana.example.com", true),
            ("*.example.com", "grafana.example.com", true),
            ("*.Example.com", "grafana.example.com", true),
            ("*.example.com", "a.grafana.example.com", false),
            ("*.example.com", "example.com", false),
            ("example.com", "grafana.example.com", false),
        ] {
            assert_eq!(certificate(own).covers(name), covers, "{own} {name}");
        }
    }
}
