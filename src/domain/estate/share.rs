//! Which part of a service's requests one of its tasks answers, and how.

/// The requests that one scraped instance answered of late, by the service's own query of its error rate.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceErrors {
    /// The `instance` label.
    pub instance: String,
    /// About how many requests it answered.
    pub requests: f64,
    /// How many of them failed, in percent.
    pub percent: f64,
}

/// Requests of one task below this many prove nothing about its error rate.
const FEWEST_REQUESTS: f64 = 20.0;

/// Nor do fewer errors than this.
const FEWEST_ERRORS: f64 = 5.0;

/// How many times the error rate of every other one makes one far above the others.
const TIMES: f64 = 3.0;

/// How many standard deviations its rate must be from that of the others together: less may be chance.
const DEVIATIONS: f64 = 4.0;

impl InstanceErrors {
    /// The one whose error rate is far above that of all the others, by its position, with the rate of the others together
    /// in percent. None where two share the trouble, or too few requests were answered to tell.
    pub fn odd_one(all: &[Self]) -> Option<(usize, f64)> {
        let (position, worst) = all.iter().enumerate().max_by(|(_, a), (_, b)| a.percent.total_cmp(&b.percent))?;
        let others = || all.iter().enumerate().filter(|(other, _)| *other != position).map(|(_, other)| other);
        let requests: f64 = others().map(|other| other.requests).sum();
        if worst.requests < FEWEST_REQUESTS || worst.errors() < FEWEST_ERRORS || requests < FEWEST_REQUESTS {
            return None;
        }
        // Of one with few requests a single error is a high rate: it counts among the others together only.
        let telling = others().filter(|other| other.requests >= FEWEST_REQUESTS);
        let highest = telling.map(|other| other.percent).fold(0.0, f64::max);
        let errors: f64 = others().map(Self::errors).sum();
        let (own, rest) = (worst.percent / 100.0, errors / requests);
        let pooled = (worst.errors() + errors) / (worst.requests + requests);
        let deviation = (pooled * (1.0 - pooled) * (1.0 / worst.requests + 1.0 / requests)).sqrt();
        let is_far = worst.percent >= TIMES * highest && own - rest > DEVIATIONS * deviation;
        is_far.then_some((position, rest * 100.0))
    }

    fn errors(&self) -> f64 {
        self.requests * self.percent / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_odd_where_its_errors_are_its_own() {
        for (what, all, odd) in [
            ("one of three", vec![(300.0, 0.0), (300.0, 60.0), (300.0, 0.0)], Some(1)),
            ("one of two", vec![(300.0, 0.4), (310.0, 12.0)], Some(1)),
            ("few percent of many requests", vec![(90_000.0, 0.1), (90_000.0, 3.0)], Some(1)),
            ("all alike", vec![(300.0, 30.0), (300.0, 31.0), (300.0, 29.0)], None),
            ("two of three", vec![(300.0, 60.0), (300.0, 55.0), (300.0, 0.0)], None),
            ("nobody to compare with", vec![(300.0, 60.0)], None),
            ("the others answer nothing", vec![(300.0, 60.0), (4.0, 0.0)], None),
            ("too few requests", vec![(300.0, 0.0), (6.0, 100.0)], None),
            ("too few errors", vec![(300.0, 0.0), (300.0, 1.0)], None),
            ("may be chance", vec![(100.0, 2.0), (100.0, 8.0)], None),
            ("a single error of an idle one does not hide it", vec![(900.0, 50.0), (900.0, 0.0), (3.0, 33.3)], Some(0)),
            ("every request of one", vec![(50.0, 100.0), (50.0, 0.0)], Some(0)),
            ("no errors at all", vec![(300.0, 0.0), (300.0, 0.0)], None),
            ("nothing", vec![], None),
        ] {
            let all: Vec<InstanceErrors> = all
                .into_iter()
                .map(|(requests, percent)| InstanceErrors { instance: String::new(), requests, percent })
                .collect();
            assert_eq!(InstanceErrors::odd_one(&all).map(|(position, _)| position), odd, "{what}");
        }
    }

    #[test]
    fn the_others_are_told_together() {
        let all = [(100.0, 60.0), (300.0, 2.0), (100.0, 0.0)];
        let all = all.map(|(requests, percent)| InstanceErrors { instance: String::new(), requests, percent });
        assert_eq!(InstanceErrors::odd_one(&all), Some((0, 1.5)));
    }
}
