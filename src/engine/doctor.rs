//! Asks every source how it is, all at once.

use std::time::Duration;

use futures_util::future::join_all;

use super::Station;
use crate::domain::{Checkup, CheckupState};

/// What each source of the context says, in the order they are shown. A source that does not answer in time says so.
pub async fn checkups(station: &Station, within: Duration) -> Vec<Checkup> {
    let asked = station.posts.iter().map(|post| async {
        tokio::time::timeout(within, post.source.checkups(station.now())).await.unwrap_or_else(|_| {
            vec![Checkup {
                group: post.source.kind().name().to_owned(),
                name: post.source.place(),
                state: CheckupState::Fail,
                detail: format!("no answer within {}", crate::format::duration(within)),
                took: Some(within),
                next_step: Some("check that this machine can reach it: VPN, security group, proxy".to_owned()),
            }]
        })
    });
    join_all(asked).await.into_iter().flatten().collect()
}
