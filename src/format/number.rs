//! Numbers with their units, short enough for a column.

use crate::domain::Unit;

/// A value in the notation of its unit: `93%`, `4.1%`, `412`, `1.8s`, `120ms`.
pub fn measure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent => percent(value),
        Unit::PerSecond => rate(value),
        Unit::Seconds => seconds(value),
    }
}

/// Percent: one decimal below ten (where thresholds of 1 % live), none above. `0%` only for a true zero.
pub fn percent(value: f64) -> String {
    if value == 0.0 {
        "0%".to_owned()
    } else if value.abs() < 0.05 {
        "<0.1%".to_owned()
    } else if value.abs() < 9.95 {
        format!("{value:.1}%")
    } else {
        format!("{value:.0}%")
    }
}

/// A rate a second, without its unit (the column says it): `0.4`, `412`, `12.3k`, `1.2M`.
pub fn rate(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value.abs() < 0.05 {
        "<0.1".to_owned()
    } else if value.abs() < 9.95 {
        format!("{value:.1}")
    } else {
        scaled(value, 1_000.0, ["", "k", "M", "G"])
    }
}

/// Seconds as a latency: `850µs`, `120ms`, `1.8s`, `75s`.
pub fn seconds(value: f64) -> String {
    if value < 0.001 {
        format!("{:.0}µs", value * 1e6)
    } else if value < 0.9995 {
        format!("{:.0}ms", value * 1e3)
    } else if value < 9.95 {
        format!("{value:.1}s")
    } else {
        format!("{value:.0}s")
    }
}

/// Bytes in binary units: `512 B`, `1.5 KiB`, `20 GiB`.
pub fn bytes(value: f64) -> String {
    scaled(value, 1_024.0, [" B", " KiB", " MiB", " GiB"])
}

/// A count with its noun: `1 task`, `3 tasks`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn scaled(value: f64, base: f64, units: [&str; 4]) -> String {
    let mut value = value;
    let mut unit = 0;
    while value.abs() >= base - 0.5 && unit < 3 {
        value /= base;
        unit += 1;
    }
    if unit > 0 && value.abs() < 9.95 {
        format!("{value:.1}{}", units[unit])
    } else {
        format!("{value:.0}{}", units[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_that_matter() {
        let shown = [
            (percent(0.0), "0%"),
            (percent(0.01), "<0.1%"),
            (percent(4.13), "4.1%"),
            (percent(93.4), "93%"),
            (rate(412.3), "412"),
            (rate(12_345.0), "12k"),
            (rate(1_234.0), "1.2k"),
            (rate(0.4), "0.4"),
            (seconds(0.12), "120ms"),
            (seconds(1.84), "1.8s"),
            (seconds(0.000_85), "850µs"),
            (bytes(1_536.0), "1.5 KiB"),
            (count(1, "task"), "1 task"),
        ];
        for (got, want) in shown {
            assert_eq!(got, want);
        }
    }
}
