//! S3: whether a bucket can hold a state.

use super::Api;
use super::xml::Document;
use crate::domain::SourceError;
use crate::net::aws::{Call, Session};

/// What the answer is called by S3 itself, and by servers that name it like the other APIs' answers.
const ROOTS: [&str; 2] = ["VersioningConfiguration", "GetBucketVersioningResponse"];

/// Whether a bucket of this region keeps the versions of its objects.
///
/// # Errors
/// One line that names call, region and cause: no such bucket, it is in another region, it may not be asked.
pub async fn is_versioned(session: &Session, bucket: &str) -> Result<bool, SourceError> {
    let call = Call { service: Api::S3.name(), action: "GetBucketVersioning", about: bucket };
    let body = session.get(Api::S3, call, format!("/{bucket}"), vec![("versioning", String::new())]).await?;
    let document = Document::new(body, &ROOTS, None).map_err(|why| session.garbage(&call, &why))?;
    document.read(|root| root.raw(&["Status"]) == Some("Enabled")).map_err(|why| session.garbage(&call, &why))
}
