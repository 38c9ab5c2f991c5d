//! Durations, ages and clock times as text.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A duration as people say it, in at most two units: `45s`, `12m`, `3h`, `3h 20m`, `9d`.
pub fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..36_000 if seconds % 3_600 >= 60 => format!("{}h {}m", seconds / 3_600, seconds % 3_600 / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A short duration with the precision a time-out is given in: `900ms`, `2.5s`, `12s`.
pub fn duration_fine(length: Duration) -> String {
    let millis = length.as_millis();
    match millis {
        0..1_000 => format!("{millis}ms"),
        1_000..10_000 if !millis.is_multiple_of(1_000) => format!("{:.1}s", length.as_secs_f64()),
        _ => duration(length),
    }
}

/// How long ago something was, in one unit: `3s`, `12m`, `3h`, `9d`. The future counts as `0s`.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The wall clock in a time zone: `09:02:14`.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// Reads `90`, `90s`, `1m30s`, `500ms`, `2h`, `1d`. A number without a unit counts seconds.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    const EXPECTED: &str = "expected a duration like 30s, 5m, 1h30m or 500ms";
    let text = text.trim();
    if text.is_empty() {
        return Err(EXPECTED.to_owned());
    }
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let letters = after.len() - after.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, after) = after.split_at(letters);
        let number: u64 = number.parse().map_err(|_| EXPECTED.to_owned())?;
        let millis: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(EXPECTED.to_owned()),
        };
        let part = number.checked_mul(millis).ok_or("the duration is too long")?;
        total = total.checked_add(Duration::from_millis(part)).ok_or("the duration is too long")?;
        rest = after;
    }
    Ok(total)
}

/// Reads how long something is kept, as Prometheus' own flags have it: `15d`, `2w`, `1y6w`, and whatever is a duration. A
/// week has 7 days and a year 365.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_retention(text: &str) -> Result<Duration, String> {
    const DAY: u64 = 86_400;
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    for (unit, days) in [('y', 365), ('w', 7)] {
        let Some((number, after)) = rest.split_once(unit) else { continue };
        let number: u64 = number.parse().map_err(|_| "expected how long, like 15d, 2w or 1y".to_owned())?;
        let seconds = number.checked_mul(days * DAY).ok_or("the duration is too long")?;
        total = total.checked_add(Duration::from_secs(seconds)).ok_or("the duration is too long")?;
        rest = after;
        if rest.is_empty() {
            return Ok(total);
        }
    }
    total.checked_add(parse_duration(rest)?).ok_or_else(|| "the duration is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_is_read_as_prometheus_reads_it() {
        for (text, days) in [("15d", 15), ("2w", 14), ("10y", 3650), ("1y6w3d", 410), ("1w12h12h", 8)] {
            assert_eq!(parse_retention(text), Ok(Duration::from_hours(24 * days)), "{text}");
        }
        for text in ["", "y", "1w1y", "1.5y", "-1y", "1y x", "99999999999999999y"] {
            assert!(parse_retention(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_read_as_people_say_them() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_599, "59m"),
            (3_600, "1h"),
            (12_000, "3h 20m"),
            (50_000, "13h"),
            (777_600, "9d"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn what_is_typed_is_understood_or_refused() {
        for (text, millis) in
            [("90", 90_000), ("90s", 90_000), ("1m30s", 90_000), ("500ms", 500), ("2h", 7_200_000), ("1d", 86_400_000)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "5x", "-5s", "1.5h", "5 s", "99999999999999999999s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
