//! For how long a value has been past a threshold: a Schmitt trigger replayed over the series.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{Limit, Policy, Sampled, Series, Since, Verdict};

/// A threshold that is passed and has been for long enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breach {
    /// Warning or critical.
    pub verdict: Verdict,
    /// The threshold.
    pub threshold: f64,
    /// Since when the value has been past it.
    pub since: Since,
}

/// The worst threshold that `now` is held to be past, given the past.
///
/// It is passed when every known sample of the last `policy.hold` is past it (so a server that was started ten
/// seconds ago and has only ever seen 97 % is believed), and it stays passed until a value falls `policy.hysteresis`
/// percent below it. Gaps neither prove nor disprove anything.
pub fn breach(series: Option<&Series>, now: &Sampled<f64>, limit: Limit, policy: &Policy) -> Option<Breach> {
    let mut samples: Vec<(Timestamp, f64)> = series
        .into_iter()
        .flat_map(Series::iter)
        .filter_map(|(at, value)| value.map(|value| (at, value)))
        .filter(|(at, _)| *at < now.at)
        .collect();
    samples.push((now.at, now.value));
    let window_start = series.map(Series::start);
    [(Verdict::Critical, limit.critical), (Verdict::Warning, limit.warning)].into_iter().find_map(
        |(verdict, threshold)| {
            let since = held_since(&samples, limit, threshold, policy)?;
            // Past it from the first sample on: it may have been so for longer than the window shows.
            let is_first = since == samples[0].0;
            let step = series.map_or(Duration::ZERO, Series::step);
            let starts_with_window =
                window_start.is_none_or(|start| samples[0].0.duration_since(start).unsigned_abs() <= step);
            let or_earlier = is_first && starts_with_window;
            Some(Breach { verdict, threshold, since: Since { at: since, or_earlier } })
        },
    )
}

fn held_since(samples: &[(Timestamp, f64)], limit: Limit, threshold: f64, policy: &Policy) -> Option<Timestamp> {
    let release = threshold * (1.0 - policy.hysteresis / 100.0);
    let mut began: Option<Timestamp> = None;
    let mut is_held = false;
    for &(at, value) in samples {
        if limit.is_past(value, threshold) {
            let start = *began.get_or_insert(at);
            is_held |= at.duration_since(start).unsigned_abs() >= policy.hold;
        } else if !is_held || value < release {
            began = None;
            is_held = false;
        }
    }
    let began = began?;
    let is_all_that_is_known = samples.first().is_some_and(|(first, _)| *first == began);
    (is_held || is_all_that_is_known).then_some(began)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SourceKind;

    /// Minute values before now, and the value now; what is found is the verdict and for how many minutes.
    fn judge(past: &[Option<f64>], now: f64) -> Option<(Verdict, i64)> {
        let limit = Limit { warning: 80.0, critical: 95.0, inclusive: false };
        let step = Duration::from_mins(1);
        let end = Timestamp::from_second(6_000).unwrap();
        let start = Timestamp::from_second(6_000 - 60 * i64::try_from(past.len()).unwrap()).unwrap();
        let series = Series::from_values(start, step, past.iter().copied());
        let now = Sampled { value: now, at: end, source: SourceKind::Prometheus };
        breach(Some(&series), &now, limit, &Policy::default())
            .map(|breach| (breach.verdict, end.duration_since(breach.since.at).as_secs() / 60))
    }

    #[test]
    fn a_threshold_counts_once_it_was_passed_for_long_enough() {
        use Verdict::{Critical, Warning};
        for (past, now, found) in [
            (vec![Some(20.0), Some(20.0)], 20.0, None),
            (vec![Some(20.0), Some(20.0)], 90.0, None),
            (vec![Some(20.0), Some(90.0)], 90.0, Some((Warning, 1))),
            (vec![Some(20.0), Some(90.0), Some(96.0)], 97.0, Some((Critical, 1))),
            (vec![Some(20.0), Some(90.0), Some(90.0)], 97.0, Some((Warning, 2))),
            // Not yet 5 % below the threshold: it stays.
            (vec![Some(20.0), Some(90.0), Some(90.0), Some(90.0)], 78.0, Some((Warning, 3))),
            (vec![Some(20.0), Some(90.0), Some(90.0), Some(90.0)], 70.0, None),
            // Exactly the threshold is not above it.
            (vec![Some(80.0), Some(80.0)], 80.0, None),
            // A gap proves nothing either way.
            (vec![Some(20.0), Some(90.0), None, None], 90.0, Some((Warning, 3))),
        ] {
            assert_eq!(judge(&past, now), found, "{past:?} {now}");
        }
    }

    #[test]
    fn where_little_is_known_all_that_is_known_counts() {
        assert_eq!(judge(&[], 97.0), Some((Verdict::Critical, 0)));
        assert_eq!(judge(&[None, None, None], 97.0), Some((Verdict::Critical, 0)));
    }

    #[test]
    fn a_breach_that_fills_the_window_may_be_older() {
        let limit = Limit { warning: 80.0, critical: 95.0, inclusive: false };
        let at = |second| Timestamp::from_second(second).unwrap();
        let now = Sampled { value: 90.0, at: at(180), source: SourceKind::Prometheus };
        let full = Series::from_values(at(0), Duration::from_secs(60), [Some(90.0); 3]);
        let late = Series::from_values(at(0), Duration::from_secs(60), [None, None, Some(90.0)]);
        let or_earlier = |series| breach(Some(series), &now, limit, &Policy::default()).unwrap().since.or_earlier;
        assert!(or_earlier(&full));
        assert!(!or_earlier(&late));
    }
}
