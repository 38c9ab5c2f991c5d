//! Chance without state: every number is a hash of what it is for, so it is the same whenever it is asked.

use super::clock::{Second, real};

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A well-mixed number from any number (the finaliser of splitmix64).
pub const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(GOLDEN);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A new seed for one thing under a seed.
pub const fn fork(seed: u64, what: u64) -> u64 {
    mix(seed ^ what.wrapping_mul(GOLDEN))
}

/// A new seed for a named thing under a seed (FNV-1a over the name).
pub fn named(seed: u64, name: &str) -> u64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    fork(seed, hash)
}

/// What chance gives a thing at a point in time.
pub const fn at(seed: u64, time: Second) -> u64 {
    fork(seed, time.cast_unsigned())
}

/// A number in 0..`below`; 0 when `below` is 0.
pub const fn pick(hash: u64, below: u64) -> u64 {
    if below == 0 { 0 } else { hash % below }
}

/// One of four independent numbers in -1..1 that a hash holds.
pub fn lane(hash: u64, lane: u32) -> f64 {
    let bits = (hash >> (16 * (lane & 3))) & 0xffff;
    f64::from(u16::try_from(bits).unwrap_or(u16::MAX)) / 32_768.0 - 1.0
}

/// Smooth noise in -1..1: chance at every knot, eased between two of them.
pub fn wave(seed: u64, time: Second, knot: Second) -> f64 {
    let index = time.div_euclid(knot);
    let share = real(time.rem_euclid(knot)) / real(knot);
    let eased = share * share * (3.0 - 2.0 * share);
    let here = lane(at(seed, index), 0);
    here + (lane(at(seed, index + 1), 0) - here) * eased
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_stays_in_range_and_moves_smoothly() {
        let mut before = wave(7, 0, 480);
        for time in 1..20_000 {
            let now = wave(7, time, 480);
            assert!((-1.0..=1.0).contains(&now), "{now} at {time}");
            assert!((now - before).abs() < 0.02, "a jump of {} at {time}", now - before);
            before = now;
        }
    }

    #[test]
    fn chance_is_spread_over_the_whole_range() {
        let mut tenths = [0_u32; 10];
        for time in 0..10_000 {
            let share = f64::midpoint(lane(at(3, time), 2), 1.0);
            let index = (0..10).rev().find(|tenth| share >= f64::from(*tenth) / 10.0).unwrap_or(0);
            tenths[usize::try_from(index).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (850..1_150).contains(count)), "{tenths:?}");
    }
}
