//! Where the lines of a bill are made: quantities times prices, with the arithmetic as it is done.

use std::fmt::Write as _;

use super::{Architecture, FargateSize, Item, Prices};
use crate::domain::{Basis, Bill, BillLine, Money};

/// Digits behind the point that a quantity has: what is shown is what is reckoned with.
const DIGITS: usize = 3;

/// Makes lines of quantities.
pub(super) struct Desk<'a> {
    prices: &'a Prices,
    lines: Vec<BillLine>,
    /// Where the quantities of the lines to come are from.
    pub(super) basis: Basis,
}

impl<'a> Desk<'a> {
    pub(super) const fn new(prices: &'a Prices, basis: Basis) -> Self {
        Self { prices, lines: Vec::new(), basis }
    }

    /// The bill so far.
    pub(super) fn bill(self) -> Bill {
        Bill { lines: self.lines }
    }

    /// A line made elsewhere.
    pub(super) fn push(&mut self, line: BillLine) {
        self.lines.push(line);
    }

    /// One line: a sum of products of quantities and a price. Nothing of something is no line.
    pub(super) fn line(
        &mut self,
        component: &str,
        item: &str,
        products: &[(&[(f64, &str)], Item)],
        note: Option<String>,
    ) -> Result<(), String> {
        let line = self.reckon(component, item, products, note)?;
        let of_nothing =
            |(factors, _): &(&[(f64, &str)], Item)| factors.iter().any(|(factor, _)| rounded(*factor) == 0.0);
        if !products.iter().all(of_nothing) {
            self.lines.push(line);
        }
        Ok(())
    }

    /// A line that costs nothing or all of its sum.
    pub(super) fn line_at_most(
        &mut self,
        component: &str,
        item: &str,
        product: (&[(f64, &str)], Item),
        note: Option<String>,
    ) -> Result<(), String> {
        let before = self.lines.len();
        self.line(component, item, &[product], note)?;
        for line in &mut self.lines[before..] {
            line.low = Money::ZERO;
        }
        Ok(())
    }

    fn reckon(
        &self,
        component: &str,
        item: &str,
        products: &[(&[(f64, &str)], Item)],
        note: Option<String>,
    ) -> Result<BillLine, String> {
        let (mut sum, mut arithmetic) = (Money::ZERO, String::new());
        let (mut unverified, mut own) = (Vec::new(), Vec::new());
        for (factors, priced) in products {
            let (price, written) = self.prices.of(*priced)?;
            // With the factors as they are written: who reckons after must come to the same cent.
            let quantity: f64 = factors.iter().map(|(factor, _)| rounded(*factor)).product();
            sum = sum + price * quantity;
            let lead = if arithmetic.is_empty() { "" } else { " + " };
            let factors: Vec<String> = factors.iter().map(|(factor, unit)| quantity_text(*factor, unit)).collect();
            let _ = write!(arithmetic, "{lead}{} x {written}", factors.join(" x "));
            if !self.prices.is_verified(*priced) {
                unverified.push(priced.name());
            }
            // The heading has the days of both tables; only here it can be told which is of which.
            own.extend(self.prices.own_day(*priced).map(|day| format!("{} of {day}", priced.name())));
        }
        let told = |word: &str, names: &str| (!names.is_empty()).then(|| format!("{word}: {names}"));
        let notes =
            [note, told("price not verified", &unverified.join(", ")), told("price of your own", &own.join(", "))];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        let amount = sum.whole_cents();
        Ok(BillLine {
            component: component.to_owned(),
            item: item.to_owned(),
            low: amount,
            high: amount,
            arithmetic,
            basis: self.basis,
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        })
    }

    /// Fargate tasks of one size; a line even of no tasks, so that nothing that could run is left out.
    pub(super) fn fargate(
        &mut self,
        component: &str,
        size: FargateSize,
        tasks: u32,
        architecture: Architecture,
        hours: f64,
        note: Option<String>,
    ) -> Result<(), String> {
        let (cpu, memory) = match architecture {
            Architecture::X86 => (Item::FargateVcpuHour, Item::FargateGbHour),
            Architecture::Arm64 => (Item::FargateArmVcpuHour, Item::FargateArmGbHour),
        };
        let of = |quantity, unit| match tasks {
            1 => vec![(quantity, unit), (hours, "h")],
            _ => vec![(f64::from(tasks), "tasks"), (quantity, unit), (hours, "h")],
        };
        let (cpus, memories) = (of(size.vcpu, "vCPU"), of(size.memory, "GB"));
        let item = format!("Fargate {architecture}, {size}");
        let line = self.reckon(component, &item, &[(&cpus, cpu), (&memories, memory)], note)?;
        self.lines.push(line);
        Ok(())
    }
}

/// A quantity as it is written.
fn rounded(value: f64) -> f64 {
    format!("{value:.DIGITS$}").parse().unwrap_or(value)
}

/// A quantity with its unit: `0.5 vCPU`, `720 h`, `1 secret`.
fn quantity_text(value: f64, unit: &str) -> String {
    let number = number(value);
    let unit = if number == "1" { unit.strip_suffix('s').unwrap_or(unit) } else { unit };
    format!("{number} {unit}")
}

/// A number with no more digits than it needs.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.DIGITS$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Inputs, Preset, Table, bill};
    use super::*;

    /// Reckons a line after, by its text alone.
    fn by_hand(arithmetic: &str) -> f64 {
        let product = |text: &str| {
            text.split(" x ").map(|factor| factor.split(' ').next().unwrap().parse::<f64>().unwrap()).product::<f64>()
        };
        let sum: f64 = arithmetic.split(" + ").map(product).sum();
        // What a float is off by is no fraction of a cent.
        ((sum * 100.0 - 1e-6).ceil() / 100.0).max(0.0)
    }

    proptest! {
        #[test]
        fn every_line_comes_out_of_its_arithmetic(
            services in 1u32..600, days in 0.01..400.0f64, vcpu in 0.25..16.0f64, memory in 0.5..120.0f64, region in 0usize..2
        ) {
            let table = Table::shipped();
            let prices = table.region(super::super::REGIONS[region]).unwrap();
            let mut inputs = Inputs::new(Preset::Module, services);
            inputs.retention_days = days;
            inputs.components[0].size = FargateSize::new(vcpu, memory);
            for line in bill(&inputs, prices).unwrap().lines {
                let (shown, reckoned) = (line.high.as_dollars(), by_hand(&line.arithmetic));
                prop_assert!((shown - reckoned).abs() < 0.001, "{}: {shown} and {reckoned}", line.arithmetic);
            }
        }
    }

    #[test]
    fn what_costs_nothing_is_a_line_where_something_is_there() {
        let own = "[us-east-1]\nas_of = \"2026-11-01\"\nload_balancer_hour = 0\n";
        let table = Table::shipped().under(Table::parse("own.toml", own).unwrap());
        let mut desk = Desk::new(table.region("us-east-1").unwrap(), Basis::Assumed);
        desk.line("load balancer", "free here", &[(&[(730.0, "h")], Item::LoadBalancerHour)], None).unwrap();
        desk.line("keys", "none", &[(&[(0.0, "keys")], Item::KmsKeyMonth)], None).unwrap();
        desk.fargate("idle", FargateSize::new(0.5, 1.0), 0, Architecture::X86, 730.0, None).unwrap();
        let bill = desk.bill();
        assert_eq!(
            bill.lines.iter().map(|line| line.component.as_str()).collect::<Vec<_>>(),
            ["load balancer", "idle"]
        );
        assert_eq!(bill.total(), (Money::ZERO, Money::ZERO));
    }
}
