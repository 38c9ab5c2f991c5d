//! When to ask a source again: on its interval while it answers, with growing pauses while it does not. It never
//! gives up.

use std::time::Duration;

/// The longest pause after failures: a mended backend or credential is seen again within it.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Keeps many consoles on one bastion from asking in step: intervals vary by this share either way.
const JITTER: f64 = 0.1;

/// How long to wait before the next round, after `failures` failed rounds in a row. `chance` is in `0.0..1.0`.
pub fn pause(interval: Duration, failures: u32, chance: f64) -> Duration {
    let grown = interval.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX));
    let base = if failures == 0 { interval } else { grown.min(LONGEST_PAUSE).max(interval) };
    base.mul_f64(1.0 - JITTER + 2.0 * JITTER * chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_slow_a_source_down_and_never_stop_it() {
        let secs = |failures| pause(Duration::from_secs(15), failures, 0.5).as_secs();
        assert_eq!([secs(0), secs(1), secs(2), secs(3), secs(40)], [15, 30, 60, 60, 60]);
        // A slow interval is not shortened by failing.
        assert_eq!(pause(Duration::from_secs(300), 5, 0.5).as_secs(), 300);
    }

    #[test]
    fn jitter_stays_within_its_share() {
        for chance in [0.0, 0.3, 0.999] {
            let seconds = pause(Duration::from_secs(10), 0, chance).as_secs_f64();
            assert!((9.0..=11.0).contains(&seconds), "{seconds}");
        }
    }
}
