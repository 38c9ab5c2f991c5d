//! The same deed as a command line of another tool, to be copied.

use serde_json::json;

use crate::domain::{SilenceAsk, SourceKind};
use crate::exec::plan::aws_words;
use crate::exec::{Deed, Note};
use crate::format::shell_line;
use crate::net::aws::Aws;

/// As `aws ecs ...` takes it, with the profile, region and endpoint of the context.
pub(super) fn aws(deed: &Deed, aws: &Aws) -> Option<String> {
    let mut words = aws_words(deed)?;
    let mut say = |parts: &[&str]| words.extend(parts.iter().map(|part| (*part).to_owned()));
    let settings = aws.settings();
    if let Some(profile) = &settings.profile {
        say(&["--profile", profile]);
    }
    if let Some(region) = aws.region() {
        say(&["--region", &region]);
    }
    if let Some(url) = &settings.endpoint_url {
        say(&["--endpoint-url", url.as_str().trim_end_matches('/')]);
    }
    Some(shell_line(words.iter().map(String::as_str)))
}

/// As `amtool` takes it. It knows no Grafana.
pub(super) fn silence(ask: &SilenceAsk, by: &str, place: &str) -> Option<String> {
    if ask.source != SourceKind::Alertmanager {
        return None;
    }
    let (url, lasts) = (format!("--alertmanager.url={place}"), format!("--duration={}s", ask.lasts.as_secs()));
    let (comment, author) = (format!("--comment={}", ask.comment), format!("--author={by}"));
    let matchers: Vec<String> = ask.matchers.iter().map(ToString::to_string).collect();
    let words = ["amtool", &url, "silence", "add", &lasts, &author, &comment];
    Some(shell_line(words.into_iter().chain(matchers.iter().map(String::as_str))))
}

/// Likewise for its end.
pub(super) fn expire(id: &str, source: SourceKind, place: &str) -> Option<String> {
    let url = format!("--alertmanager.url={place}");
    (source == SourceKind::Alertmanager).then(|| shell_line(["amtool", &url, "silence", "expire", id]))
}

/// As `curl` takes it. The token is whoever's it is that copies the line.
pub(super) fn annotate(note: &Note, place: &str) -> String {
    let body = json!({ "time": note.at.as_millisecond(), "tags": note.tags, "text": note.text }).to_string();
    let line = shell_line(["curl", "-X", "POST", "-H", "Content-Type: application/json", "-d", &body]);
    format!(
        "{line} -H \"Authorization: Bearer $GRAFANA_TOKEN\" {}",
        shell_line([format!("{place}/api/annotations").as_str()])
    )
}

pub(super) fn reload(place: &str) -> String {
    shell_line(["curl", "-X", "POST", &format!("{place}/-/reload")])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{Matcher, ServiceId};
    use crate::net::aws::fake;

    #[test]
    fn what_is_copied_says_where_and_is_quoted() {
        let mut settings = fake::settings(&"http://127.0.0.1:5000".parse().unwrap());
        settings.profile = Some("prod admin".to_owned());
        let account = fake::aws(settings);
        let service = ServiceId::new("prod", "api-2");
        let end = "--profile 'prod admin' --region eu-west-1 --endpoint-url http://127.0.0.1:5000";
        for (deed, line) in [
            (
                Deed::StopTask { service: service.clone(), task: "3f9c".into(), reason: "rounds: o'neil".into() },
                r"aws ecs stop-task --cluster prod --task 3f9c --reason 'rounds: o'\''neil'",
            ),
            (
                Deed::Redeploy { service: service.clone() },
                "aws ecs update-service --cluster prod --service api-2 --force-new-deployment",
            ),
            (
                Deed::Scale { service: service.clone(), desired: 4 },
                "aws ecs update-service --cluster prod --service api-2 --desired-count 4",
            ),
            (
                Deed::Undo { service, deployment: "arn:aws:ecs:r:1:service-deployment/prod/api-2/x".into() },
                "aws ecs stop-service-deployment --service-deployment-arn \
                 arn:aws:ecs:r:1:service-deployment/prod/api-2/x --stop-type ROLLBACK",
            ),
        ] {
            assert_eq!(aws(&deed, &account).unwrap(), format!("{line} {end}"));
        }
    }

    #[test]
    fn a_silence_is_one_that_amtool_takes() {
        let matcher = Matcher { name: "service".into(), value: "api-2".into(), is_regex: false, is_negated: false };
        let ask = SilenceAsk {
            matchers: vec![matcher],
            lasts: Duration::from_mins(15),
            comment: "known".into(),
            source: SourceKind::Alertmanager,
        };
        assert_eq!(
            silence(&ask, "kim", "http://am:9093").unwrap(),
            "amtool --alertmanager.url=http://am:9093 silence add --duration=900s --author=kim --comment=known \
             'service=\"api-2\"'"
        );
        assert_eq!(silence(&SilenceAsk { source: SourceKind::Grafana, ..ask }, "kim", "http://g"), None);
    }
}
