//! Elastic File System: file systems, where they can be mounted, their life-cycle rules.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Api;
use super::paging::MOST_PAGES;
use crate::domain::SourceError;
use crate::domain::estate::{FileSystem, MountTarget};
use crate::format::sanitise;
use crate::net::aws::{Call, Session};

/// Every file system of the region, with its life-cycle rules where they may be read.
///
/// # Errors
/// One line that names call, region and cause.
pub async fn file_systems(session: &Session) -> Result<Vec<FileSystem>, SourceError> {
    let call = Call { service: Api::Efs.name(), action: "DescribeFileSystems", about: "" };
    let mut all = Vec::new();
    let mut marker: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let query = marker.take().map(|marker| ("Marker", marker)).into_iter().collect();
        let page: FileSystems = get(session, call, "/2015-02-01/file-systems".to_owned(), query).await?;
        all.extend(page.file_systems.into_iter().map(file_system));
        marker = page.next_marker;
        if marker.is_none() {
            break;
        }
    }
    Ok(all)
}

/// The life-cycle rules of a file system (`to IA AFTER_30_DAYS`).
///
/// # Errors
/// As [`file_systems`].
pub async fn lifecycle(session: &Session, id: &str) -> Result<Vec<String>, SourceError> {
    let call = Call { service: Api::Efs.name(), action: "DescribeLifecycleConfiguration", about: id };
    let path = format!("/2015-02-01/file-systems/{id}/lifecycle-configuration");
    let answer: Lifecycle = get(session, call, path, Vec::new()).await?;
    let rules = answer
        .lifecycle_policies
        .into_iter()
        .flat_map(|policy| [("IA", policy.ia), ("archive", policy.archive), ("standard", policy.standard)]);
    Ok(rules.filter_map(|(to, when)| Some(format!("to {to} {}", sanitise(&when?)))).collect())
}

/// Where a file system can be mounted.
///
/// # Errors
/// As [`file_systems`].
pub async fn mount_targets(session: &Session, id: &str) -> Result<Vec<MountTarget>, SourceError> {
    let call = Call { service: Api::Efs.name(), action: "DescribeMountTargets", about: id };
    let query = vec![("FileSystemId", id.to_owned())];
    let answer: MountTargets = get(session, call, "/2015-02-01/mount-targets".to_owned(), query).await?;
    Ok(answer
        .mount_targets
        .into_iter()
        .map(|target| MountTarget {
            zone: clean(&target.zone),
            state: clean(&target.state),
            address: clean(&target.address),
        })
        .collect())
}

async fn get<T: DeserializeOwned>(
    session: &Session,
    call: Call<'_>,
    path: String,
    query: Vec<(&str, String)>,
) -> Result<T, SourceError> {
    let body = session.get(Api::Efs, call, path, query).await?;
    serde_json::from_slice(&body).map_err(|error| session.garbage(&call, &error.to_string()))
}

fn clean(text: &str) -> String {
    sanitise(text).into_owned()
}

fn file_system(wire: FileSystemWire) -> FileSystem {
    FileSystem {
        id: clean(&wire.file_system_id),
        name: wire.name.as_deref().map(clean).filter(|name| !name.is_empty()),
        state: clean(&wire.life_cycle_state),
        bytes: wire.size_in_bytes.and_then(|size| size.value),
        throughput: clean(&wire.throughput_mode),
        encrypted: wire.encrypted,
        lifecycle: Vec::new(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct FileSystems {
    file_systems: Vec<FileSystemWire>,
    next_marker: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct FileSystemWire {
    file_system_id: String,
    name: Option<String>,
    life_cycle_state: String,
    size_in_bytes: Option<Size>,
    throughput_mode: String,
    encrypted: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Size {
    value: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Lifecycle {
    lifecycle_policies: Vec<LifecyclePolicy>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LifecyclePolicy {
    #[serde(rename = "TransitionToIA")]
    ia: Option<String>,
    #[serde(rename = "TransitionToArchive")]
    archive: Option<String>,
    #[serde(rename = "TransitionToPrimaryStorageClass")]
    standard: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MountTargets {
    mount_targets: Vec<MountTargetWire>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MountTargetWire {
    #[serde(rename = "AvailabilityZoneName")]
    zone: String,
    #[serde(rename = "LifeCycleState")]
    state: String,
    #[serde(rename = "IpAddress")]
    address: String,
}
