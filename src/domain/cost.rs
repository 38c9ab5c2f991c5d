//! Money, and bills whose every line shows its arithmetic.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};
use std::time::Duration;

/// US dollars, counted in billionths: unit prices have up to six decimals, and no sum of them may drift.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

/// Billionths in a dollar.
const NANO: i128 = 1_000_000_000;

/// Billionths in a cent.
const CENT: i128 = NANO / 100;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Dollars as written (`0.004445`), to the nearest billionth.
    pub fn dollars(dollars: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "prices and bills are far below 2^53 billionths of a dollar"
        )]
        Self((dollars * NANO as f64).round() as i128)
    }

    /// Rounded up to a whole cent, as a line of a bill is: no sum of lines hides a fraction.
    #[must_use]
    pub const fn whole_cents(self) -> Self {
        Self(self.0.div_euclid(CENT) * CENT + if self.0.rem_euclid(CENT) == 0 { 0 } else { CENT })
    }

    /// An equal part of it for each of so many, to the nearest billionth; all of it for none.
    #[must_use]
    pub fn shared_by(self, number: u32) -> Self {
        let number = i128::from(number.max(1));
        Self((self.0 + self.0.signum() * number / 2) / number)
    }

    /// As a number of dollars, for JSON.
    pub fn as_dollars(self) -> f64 {
        self.0 as f64 / NANO as f64
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

/// A price times a quantity, to the nearest billionth of a dollar. Quantities count to the millionth.
impl Mul<f64> for Money {
    type Output = Self;

    fn mul(self, quantity: f64) -> Self {
        const MILLION: i128 = 1_000_000;
        #[expect(clippy::cast_possible_truncation, reason = "quantities are hours, gigabytes and requests of a month")]
        let quantity = (quantity * MILLION as f64).round() as i128;
        let product = self.0 * quantity;
        Self((product + product.signum() * MILLION / 2) / MILLION)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// To the cent: `35.55`, `-3.00`. No currency sign: the heading says USD.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = (self.0 + self.0.signum() * CENT / 2) / CENT;
        let sign = if cents < 0 { "-" } else { "" };
        f.pad(&format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100))
    }
}

/// A sum that is known within limits: `35.55`, or `15.00-23.00`.
pub fn amounts((low, high): (Money, Money)) -> String {
    if low == high { low.to_string() } else { format!("{low}-{high}") }
}

/// How much more or less a sum is than another, both known within limits: `3.00 more`, `59.00-60.06 more`,
/// `1.00 less to 2.00 more`, `as much`. What keeps them from being known is the same for both, so that least is held
/// against least and most against most.
pub fn more_or_less(sum: (Money, Money), than: (Money, Money)) -> String {
    let (one, other) = (sum.0 - than.0, sum.1 - than.1);
    let (least, most) = (one.min(other), one.max(other));
    let turned = |money| Money::ZERO - money;
    if least == Money::ZERO && most == Money::ZERO {
        "as much".to_owned()
    } else if least >= Money::ZERO {
        format!("{} more", amounts((least, most)))
    } else if most <= Money::ZERO {
        format!("{} less", amounts((turned(most), turned(least))))
    } else {
        format!("{} less to {most} more", turned(least))
    }
}

/// How much a Prometheus takes in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ingest {
    /// Samples a second.
    pub samples_per_second: f64,
    /// How long that was measured: a server that is young has no more to tell of.
    pub over: Duration,
    /// How many servers take them in together.
    pub servers: u32,
    /// Bytes one takes on disk, where compaction has written any.
    pub bytes_per_sample: Option<f64>,
}

/// Where the quantity of a line is from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Basis {
    /// From nowhere but a rule of thumb, the team's plan or the module's defaults.
    #[default]
    Assumed,
    /// From a Terraform plan or state.
    Planned,
    /// From what runs.
    Runs,
    /// From what was measured.
    Measured,
}

impl Basis {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Assumed => "assumed",
            Self::Planned => "planned",
            Self::Runs => "runs",
            Self::Measured => "measured",
        }
    }
}

/// One line of a bill: what for, how much a month, and how that was reckoned.
#[derive(Debug, Clone, PartialEq)]
pub struct BillLine {
    /// Which part of the stack (`prometheus`, `load balancer`).
    pub component: String,
    /// What of it is paid (`Fargate, 1 vCPU, 2 GB`).
    pub item: String,
    /// At least, a month.
    pub low: Money,
    /// At most, a month; the same where it is known.
    pub high: Money,
    /// How that comes about (`1 vCPU x 720 h x 0.04048 + 2 GB x 720 h x 0.004445`).
    pub arithmetic: String,
    /// Where the quantity is from.
    pub basis: Basis,
    /// What to know about it (a price nobody has verified, an assumption).
    pub note: Option<String>,
}

/// What something costs a month.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bill {
    /// The lines, in the order of the stack.
    pub lines: Vec<BillLine>,
}

impl Bill {
    /// The sum of all lines: at least, at most.
    pub fn total(&self) -> (Money, Money) {
        (self.lines.iter().map(|line| line.low).sum(), self.lines.iter().map(|line| line.high).sum())
    }

    /// The sum of the lines of which this holds.
    pub fn total_of(&self, holds: impl Fn(&BillLine) -> bool) -> (Money, Money) {
        let lines: Vec<&BillLine> = self.lines.iter().filter(|line| holds(line)).collect();
        (lines.iter().map(|line| line.low).sum(), lines.iter().map(|line| line.high).sum())
    }

    /// The components in the order they come, each with its sum.
    pub fn by_component(&self) -> Vec<(&str, Money, Money)> {
        let mut components: Vec<&str> = Vec::new();
        for line in &self.lines {
            if !components.contains(&line.component.as_str()) {
                components.push(&line.component);
            }
        }
        let sum = |component: &str| self.total_of(|line| line.component == component);
        components.into_iter().map(|component| (component, sum(component).0, sum(component).1)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn money_is_exact_where_floats_are_not() {
        assert_eq!(Money::dollars(0.1) + Money::dollars(0.2), Money::dollars(0.3));
        assert_eq!((Money::dollars(0.0225) * 730.0).whole_cents().to_string(), "16.43");
        assert_eq!((Money::dollars(0.30) * 22.0).whole_cents().to_string(), "6.60");
        assert_eq!((Money::dollars(0.008) * 0.5 * 730.0).whole_cents().to_string(), "2.92");
        assert_eq!((Money::ZERO - Money::dollars(2.999)).to_string(), "-3.00");
    }

    #[test]
    fn what_is_known_within_limits_differs_within_limits() {
        let sum = |(low, high): (f64, f64)| (Money::dollars(low), Money::dollars(high));
        for (one, other, said) in [
            ((196.66, 198.78), (137.66, 138.72), "59.00-60.06 more"),
            ((137.66, 138.72), (196.66, 198.78), "59.00-60.06 less"),
            ((5.0, 5.0), (2.0, 2.0), "3.00 more"),
            ((5.0, 8.0), (5.0, 8.0), "as much"),
            ((5.0, 8.0), (5.0, 6.0), "0.00-2.00 more"),
            ((5.0, 8.0), (6.0, 6.0), "1.00 less to 2.00 more"),
        ] {
            assert_eq!(more_or_less(sum(one), sum(other)), said, "{one:?} against {other:?}");
        }
    }

    proptest! {
        #[test]
        fn rounding_up_never_takes_away_and_adds_less_than_a_cent(dollars in -1.0e6..1.0e6_f64) {
            let money = Money::dollars(dollars);
            let rounded = money.whole_cents();
            prop_assert!(rounded >= money && (rounded - money) < Money::dollars(0.01));
            prop_assert_eq!(rounded.whole_cents(), rounded);
        }
    }
}
