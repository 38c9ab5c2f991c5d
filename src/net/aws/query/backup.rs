//! AWS Backup: the copies in a vault, and whether one could be restored.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Api;
use super::paging::MOST_PAGES;
use crate::domain::SourceError;
use crate::format::sanitise;
use crate::net::aws::{Call, Session};

/// A try to restore a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    /// When it began.
    pub began: Timestamp,
    /// `COMPLETED`, `FAILED`, `RUNNING` ...
    pub status: String,
}

/// When the newest copy of a vault was begun that is complete; nothing where there is none.
///
/// # Errors
/// One line that names call, region and cause.
pub async fn newest_copy(session: &Session, vault: &str) -> Result<Option<Timestamp>, SourceError> {
    let call = Call { service: Api::Backup.name(), action: "ListRecoveryPointsByBackupVault", about: vault };
    let path = format!("/backup-vaults/{vault}/recovery-points/");
    let pages: Vec<Copies> = paged(session, call, &path, &[], |page: &Copies| page.next_token.clone()).await?;
    let complete = pages.into_iter().flat_map(|page| page.recovery_points).filter(|copy| copy.status == "COMPLETED");
    Ok(complete.filter_map(|copy| moment(copy.creation_date)).max())
}

/// The newest restore that a restore testing plan of this name began.
///
/// # Errors
/// As [`newest_copy`].
pub async fn newest_test(session: &Session, plan: &str) -> Result<Option<Restore>, SourceError> {
    let call = Call { service: Api::Backup.name(), action: "ListRestoreJobs", about: plan };
    let only = [("resourceType", "EFS".to_owned())];
    let pages: Vec<Restores> =
        paged(session, call, "/restore-jobs/", &only, |page: &Restores| page.next_token.clone()).await?;
    // An ARN ends with the plan's name, a hyphen and a number.
    let is_own = |job: &RestoreWire| {
        let arn = job.created_by.restore_testing_plan_arn.as_deref().unwrap_or_default();
        arn.rsplit(':')
            .next()
            .and_then(|name| name.strip_prefix(plan))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let own = pages.into_iter().flat_map(|page| page.restore_jobs).filter(is_own);
    let read = |job: RestoreWire| {
        Some(Restore { began: moment(job.creation_date)?, status: sanitise(&job.status).into_owned() })
    };
    Ok(own.filter_map(read).max_by_key(|job| job.began))
}

async fn paged<T: DeserializeOwned>(
    session: &Session,
    call: Call<'_>,
    path: &str,
    only: &[(&'static str, String)],
    next: fn(&T) -> Option<String>,
) -> Result<Vec<T>, SourceError> {
    let mut pages = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let query = only.iter().cloned().chain(token.take().map(|token| ("nextToken", token))).collect();
        let body = session.get(Api::Backup, call, path.to_owned(), query).await?;
        let page: T = serde_json::from_slice(&body).map_err(|error| session.garbage(&call, &error.to_string()))?;
        token = next(&page);
        pages.push(page);
        if token.is_none() {
            break;
        }
    }
    Ok(pages)
}

/// Seconds since 1970, with a part of a second.
fn moment(seconds: Option<f64>) -> Option<Timestamp> {
    let since = std::time::Duration::try_from_secs_f64(seconds?).ok()?;
    Timestamp::UNIX_EPOCH.checked_add(since).ok()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Copies {
    #[serde(default)]
    recovery_points: Vec<CopyWire>,
    next_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CopyWire {
    status: String,
    creation_date: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Restores {
    #[serde(default)]
    restore_jobs: Vec<RestoreWire>,
    next_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RestoreWire {
    status: String,
    creation_date: Option<f64>,
    created_by: CreatedBy,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CreatedBy {
    restore_testing_plan_arn: Option<String>,
}
