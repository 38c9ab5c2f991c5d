//! Moments as people type them: `15m`, `14:30`, `2026-11-22 14:30`, `2026-11-22T05:30:00Z`.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::parse_duration;

/// The moment that is typed. A length of time counts back from `now`; a time without a date is the last such time; what
/// has no zone is in `zone`.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse_moment(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    const EXPECTED: &str = "expected how long ago (15m, 2h) or a time (14:30, 2026-11-22 14:30, 2026-11-22T05:30:00Z)";
    let text = text.trim();
    if text.eq_ignore_ascii_case("now") {
        return Ok(now);
    }
    if let Ok(length) = parse_duration(text.trim_start_matches('-')) {
        let length = SignedDuration::try_from(length).map_err(|_| EXPECTED)?;
        return now.checked_sub(length).map_err(|_| "that is too long ago".to_owned());
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let zoned = |civil: DateTime| zone.to_zoned(civil).map(|zoned| zoned.timestamp()).map_err(|_| EXPECTED.to_owned());
    if let Ok(time) = Time::strptime("%H:%M:%S", text).or_else(|_| Time::strptime("%H:%M", text)) {
        let today = now.to_zoned(zone.clone()).date();
        let moment = zoned(today.to_datetime(time))?;
        let yesterday = || today.checked_sub(1.day()).map_err(|_| EXPECTED.to_owned());
        return if moment <= now { Ok(moment) } else { zoned(yesterday()?.to_datetime(time)) };
    }
    for form in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"] {
        if let Ok(civil) = DateTime::strptime(form, text) {
            return zoned(civil);
        }
    }
    match jiff::civil::Date::strptime("%Y-%m-%d", text) {
        Ok(date) => zoned(date.to_datetime(Time::midnight())),
        Err(_) => Err(EXPECTED.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_a_moment() {
        let seoul = TimeZone::get("Asia/Seoul").unwrap();
        let now: Timestamp = "2026-11-22T00:30:00Z".parse().unwrap();
        for (text, moment) in [
            ("now", "2026-11-22T00:30:00Z"),
            ("15m", "2026-11-22T00:15:00Z"),
            ("-2h", "2026-11-21T22:30:00Z"),
            ("09:00", "2026-11-22T00:00:00Z"),
            ("14:30:05", "2026-11-21T05:30:05Z"),
            ("2026-11-20 14:30", "2026-11-20T05:30:00Z"),
            ("2026-11-20T14:30:01", "2026-11-20T05:30:01Z"),
            ("2026-11-20T14:30:01Z", "2026-11-20T14:30:01Z"),
            ("2026-11-20", "2026-11-19T15:00:00Z"),
        ] {
            assert_eq!(parse_moment(text, now, &seoul).unwrap().to_string(), moment, "{text}");
        }
        for text in ["", "yesterday", "25:00", "14:3x", "2026-13-01"] {
            assert!(parse_moment(text, now, &seoul).is_err(), "{text}");
        }
    }
}
