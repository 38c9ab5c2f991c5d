//! What more services cost, as one sum: which parts grow, and how the team's plan comes to its round figures.

use super::{Inputs, Preset, Table, bill};
use crate::domain::{Bill, Money, amounts};

/// Services the plan begins with.
const PLANNED: u32 = 5;

/// The region of the plan's prices.
const REGION: &str = "us-east-1";

/// What the plan foresees: for how many services, how much more than for five, and what it says each costs.
const FORESEEN: [(u32, &str, f64); 2] = [(10, "+25", 13.0), (20, "+60", 10.5)];

/// What makes up the difference to the bill of another number of services (`35.55 prometheus + 13.50 storage = 49.05`);
/// `None` where they are the same.
pub fn difference(usual: &Bill, more: &Bill) -> Option<String> {
    let before = usual.by_component();
    let mut parts = Vec::new();
    let mut sum = (Money::ZERO, Money::ZERO);
    for (component, low, high) in more.by_component() {
        let of_usual = before.iter().find(|(name, ..)| *name == component);
        let (usual_low, usual_high) = of_usual.map_or_else(Default::default, |(_, low, high)| (*low, *high));
        let grown = (low - usual_low, high - usual_high);
        if grown != (Money::ZERO, Money::ZERO) {
            parts.push(format!("{} {component}", amounts(grown)));
            sum = (sum.0 + grown.0, sum.1 + grown.1);
        }
    }
    (!parts.is_empty()).then(|| format!("{} = {}", parts.join(" + "), amounts(sum)))
}

/// How the team's plan comes to what it foresees for so many services, and where its figure is a slip; nothing where it
/// foresees nothing.
///
/// # Errors
/// A table without the prices the plan is reckoned with.
pub fn foreseen(services: u32, table: &Table) -> Result<Vec<String>, String> {
    let Some((_, more, each)) = FORESEEN.iter().find(|(number, ..)| *number == services) else {
        return Ok(Vec::new());
    };
    let prices = table.region(REGION)?;
    let planned = |services| bill(&Inputs::new(Preset::MonitoringPlan, services), prices);
    let (usual, then) = (planned(PLANNED)?, planned(services)?);
    let Some(sum) = difference(&usual, &then) else { return Ok(Vec::new()) };
    let mut said = vec![format!(
        "the plan's \"about {more}\" for {services} services is {sum}, at its own sizes and prices and with CloudWatch \
         the same for any number (--preset monitoring-plan)"
    )];
    let (low, high) = then.total();
    let own = (low.shared_by(services), high.shared_by(services));
    let all = Money::dollars(each * f64::from(services));
    if own.1 < Money::dollars(*each) {
        said.push(format!(
            "the plan's \"{each} a service\" is a slip: x {services} that is {all}, and with its {more} it is {}",
            amounts(own)
        ));
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plans_round_figures_are_told_as_sums() {
        let told = |services| foreseen(services, &Table::shipped()).unwrap();
        assert_eq!(told(5), [""; 0]);
        let how = "at its own sizes and prices and with CloudWatch the same for any number (--preset monitoring-plan)";
        let ten = "the plan's \"about +25\" for 10 services is 17.77 prometheus + 4.50 storage + 2.00-5.00 data transfer = \
                   24.27-27.27";
        assert_eq!(told(10), [format!("{ten}, {how}")]);
        let twenty = "the plan's \"about +60\" for 20 services is 35.55 prometheus + 13.50 storage + 6.00-15.00 data \
                      transfer = 55.05-64.05";
        let slip = "the plan's \"10.5 a service\" is a slip: x 20 that is 210.00, and with its +60 it is 8.01-9.01";
        assert_eq!(told(20), [format!("{twenty}, {how}"), slip.to_owned()]);
    }

    #[test]
    fn a_difference_names_what_grew() {
        let table = Table::shipped();
        let of =
            |services| bill(&Inputs::new(Preset::Module, services), table.region("ap-northeast-2").unwrap()).unwrap();
        assert_eq!(difference(&of(5), &of(5)), None);
        let told = difference(&of(5), &of(20)).unwrap();
        let (low, high) = (of(20).total().0 - of(5).total().0, of(20).total().1 - of(5).total().1);
        assert!(told.ends_with(&format!("= {}", amounts((low, high)))), "{told}");
        for part in ["prometheus", "storage", "cloudwatch", "rounds"] {
            assert!(told.contains(&format!(" {part}")), "{told}");
        }
        assert!(!told.contains("grafana"), "{told}");
    }
}
