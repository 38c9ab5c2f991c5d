//! Waiting for a thing to be so, never for time to pass.

use std::time::{Duration, Instant};

/// How often is looked. Small beside anything that is waited for.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Looks until `probe` has an answer; panics with `what` (and what was seen last) when it has none in time.
pub(crate) fn until<T>(what: &str, within: Duration, mut probe: impl FnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        match probe() {
            Ok(answer) => return answer,
            Err(seen) if began.elapsed() >= within => panic!("waited {within:?} for {what}; last seen: {seen}"),
            Err(_) => pause(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one pause of the tests, between two looks")]
fn pause() {
    std::thread::sleep(BETWEEN_LOOKS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_again_until_it_is_so() {
        let mut looks = 0;
        let answer = until("the third look", Duration::from_secs(5), || {
            looks += 1;
            if looks == 3 { Ok("there") } else { Err(format!("look {looks}")) }
        });
        assert_eq!((answer, looks), ("there", 3));
    }

    #[test]
    #[should_panic(expected = "for the moon; last seen: a cloud")]
    fn says_what_it_waited_for_and_what_it_saw() {
        until("the moon", Duration::from_millis(30), || Err::<(), _>("a cloud".to_owned()));
    }
}
