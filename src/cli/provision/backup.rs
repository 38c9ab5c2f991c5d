//! How old the last backup is, and whether one could be restored, as AWS Backup tells.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::config;
use crate::domain::{CheckState, SourceError};
use crate::format;
use crate::net::Meter;
use crate::net::aws::Aws;
use crate::net::aws::query::backup::{self, Restore};
use crate::net::http::Clients;
use crate::report::provision::status::Component;

/// The output of the module that names the vault.
const OUTPUT: &str = "backup_vault_name";

/// Who says so.
const SOURCE: &str = "aws backup";

/// A daily copy, with the hours it may take to begin and to end.
const FRESH: Duration = Duration::from_hours(32);

/// Two were missed.
const STALE: Duration = Duration::from_hours(72);

/// Asks AWS about the vault that the module's outputs name.
pub async fn look(outputs: Result<Value, String>, aws: Option<config::Aws>, within: Duration) -> Component {
    let unknown = |what: &str, next: &str| Component::unknown("backup", what, SOURCE, next);
    let by_hand = |vault: &str| {
        format!(
            "aws backup list-recovery-points-by-backup-vault --backup-vault-name {vault} --query \
             'max_by(RecoveryPoints,&CreationDate).CreationDate'"
        )
    };
    let outputs = match outputs {
        Ok(outputs) => outputs,
        Err(why) => return unknown(why.lines().next().unwrap_or_default(), &by_hand("VAULT")),
    };
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let Some(vault) = outputs[OUTPUT]["value"].as_str().filter(is_name) else {
        let what = format!("the state has no output {OUTPUT}: no vault, or one that is not passed on");
        return unknown(&what, &format!("output \"{OUTPUT}\" {{ value = module.NAME.{OUTPUT} }} in the root module"));
    };
    let Some(aws) = aws else {
        return unknown("the context has no AWS to ask", &by_hand(vault));
    };
    match asked(&Aws::open(aws, &Clients::default()), vault, within).await {
        Ok((copy, test)) => judged(copy, test.as_ref(), Timestamp::now(), vault),
        Err(error) => unknown(&error.what, &error.hint.unwrap_or_else(|| by_hand(vault))),
    }
}

async fn asked(aws: &Aws, vault: &str, within: Duration) -> Result<(Option<Timestamp>, Option<Restore>), SourceError> {
    let session = aws.session(&Meter::default(), within).await?;
    // The module calls the plan of its restores after the vault.
    let plan = format!("{}_restore", vault.replace('-', "_"));
    tokio::try_join!(backup::newest_copy(&session, vault), backup::newest_test(&session, &plan))
}

fn judged(copy: Option<Timestamp>, test: Option<&Restore>, now: Timestamp, vault: &str) -> Component {
    let age = copy.map(|copy| now.duration_since(copy).unsigned_abs());
    let (mut state, mut summary, mut next) = match age {
        None => (CheckState::Warn, "no copy yet".to_owned(), Some(format!("the first is made within a day: {vault}"))),
        Some(age) => {
            let jobs = "see the failed jobs: aws backup list-backup-jobs --by-state FAILED".to_owned();
            let told = format!("the last copy is {} old", format::duration(age));
            match age {
                _ if age <= FRESH => (CheckState::Pass, told, None),
                _ if age <= STALE => (CheckState::Warn, told, Some(jobs)),
                _ => (CheckState::Fail, told, Some(jobs)),
            }
        }
    };
    match test {
        None => summary.push_str(", no restore was tested yet"),
        Some(test) => {
            let ago = format::duration(now.duration_since(test.began).unsigned_abs());
            let _ = write!(summary, ", restored for a test {ago} ago: {}", test.status.to_ascii_lowercase());
            if matches!(test.status.as_str(), "FAILED" | "ABORTED") {
                state = CheckState::Fail;
                next = Some("see why: aws backup list-restore-jobs --by-status FAILED".to_owned());
            }
        }
    }
    Component { part: "backup".to_owned(), state, summary, source: SOURCE.to_owned(), next_step: next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_grows_old_and_a_failed_restore_counts_for_more() {
        let now = Timestamp::UNIX_EPOCH + Duration::from_hours(1000);
        let state = |hours: Option<u64>, test: Option<&str>| {
            let began = now - Duration::from_hours(50);
            let test = test.map(|status| Restore { began, status: status.to_owned() });
            judged(hours.map(|hours| now - Duration::from_hours(hours)), test.as_ref(), now, "prod").state
        };
        assert_eq!(state(Some(20), None), CheckState::Pass);
        assert_eq!(state(Some(20), Some("COMPLETED")), CheckState::Pass);
        assert_eq!(state(Some(40), Some("COMPLETED")), CheckState::Warn);
        assert_eq!(state(Some(90), None), CheckState::Fail);
        assert_eq!(state(Some(20), Some("FAILED")), CheckState::Fail);
        assert_eq!(state(None, None), CheckState::Warn);
    }

    #[tokio::test]
    async fn what_cannot_be_asked_is_unknown_with_a_way_to_find_out() {
        let look = |outputs| look(outputs, None, Duration::from_secs(1));
        let none = look(Ok(serde_json::json!({}))).await;
        assert_eq!(none.state, CheckState::Unknown);
        assert!(none.summary.contains(OUTPUT));
        let no_aws = look(Ok(serde_json::json!({ OUTPUT: { "value": "prod-monitoring" } }))).await;
        assert_eq!(no_aws.state, CheckState::Unknown);
        assert!(no_aws.next_step.unwrap().contains("--backup-vault-name prod-monitoring"));
        assert_eq!(look(Err("terraform output failed".to_owned())).await.state, CheckState::Unknown);
    }
}
