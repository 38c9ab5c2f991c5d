//! Silences, set and renewed.

use crate::domain::{Silence, SourceKind};

use super::super::clock::{Cycle, Second, stamp};
use super::super::noise;

/// A silence that somebody sets and renews.
#[derive(Debug)]
pub struct Quiet {
    /// When it is set.
    pub cycle: Cycle,
    /// Seconds it lasts.
    pub lasts: Second,
    /// Which alert.
    pub alert: &'static str,
    /// Whose.
    pub service: &'static str,
    /// By whom.
    pub by: &'static str,
    /// Why.
    pub comment: &'static str,
}

impl Quiet {
    /// The silence in effect at a moment.
    pub fn silence(&self, seed: u64, now: Second) -> Option<Silence> {
        let (turn, phase) = self.cycle.turn(now).filter(|(_, phase)| *phase < self.lasts)?;
        let begun = now - phase;
        Some(Silence {
            id: uuid(noise::fork(noise::named(seed, self.alert), turn.unsigned_abs())),
            matchers: vec![format!("alertname=\"{}\"", self.alert), format!("service=\"{}\"", self.service)],
            starts_at: Some(stamp(begun)),
            ends_at: Some(stamp(begun + self.lasts)),
            created_by: self.by.to_owned(),
            comment: self.comment.to_owned(),
            source: SourceKind::Alertmanager,
        })
    }
}

/// A number in the shape of a UUID.
pub fn uuid(hash: u64) -> String {
    let low = noise::mix(hash);
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        hash >> 32,
        (hash >> 16) & 0xffff,
        hash & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_ends_and_is_renewed_under_another_id() {
        let quiet = Quiet {
            cycle: Cycle::new(-1_200, 5_400),
            lasts: 3_600,
            alert: "HighCPUUsage",
            service: "web",
            by: "kim",
            comment: "known",
        };
        let first = quiet.silence(1, 0).unwrap();
        assert_eq!(first.ends_at, Some(stamp(2_400)));
        assert_eq!(quiet.silence(1, 2_400), None);
        assert_ne!(quiet.silence(1, 4_200).unwrap().id, first.id);
    }
}
