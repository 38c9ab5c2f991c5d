//! `rounds cost`: a bill with its arithmetic, what it compares with, and how storage grows.

mod json;
mod markdown;
mod text;

use crate::cost::{Growth, Of, PlanBill, Prices, RunningBill, uncounted};
use crate::domain::{Bill, Money};

pub use json::{SCHEMA, json};
pub use markdown::markdown;
pub use text::text;

/// Everything that is said about a cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What the bill is of (`the stack for 5 services`).
    pub of: String,
    /// The region the prices are of.
    pub region: String,
    /// The day they were looked up.
    pub as_of: String,
    /// How many services it watches; nothing where it watches none.
    pub services: Option<u32>,
    /// The bill itself.
    pub bill: Bill,
    /// The same for another number of services.
    pub compared: Option<Compared>,
    /// Watching the same with CloudWatch alone.
    pub alternative: Option<Bill>,
    /// How storage grows, or why that is not known.
    pub growth: Option<Result<Growth, String>>,
    /// What a Terraform plan changes.
    pub plan: Option<PlanBill>,
    /// What runs.
    pub running: Option<RunningBill>,
    /// Things to know.
    pub notes: Vec<String>,
    /// What the bill leaves out.
    pub uncounted: Vec<String>,
}

impl Statement {
    /// A bill and nothing to compare it with.
    pub fn new(what: String, services: Option<u32>, bill: Bill, prices: &Prices, of: Of) -> Self {
        Self {
            of: what,
            region: prices.region.clone(),
            as_of: prices.as_of.clone(),
            services,
            bill,
            compared: None,
            alternative: None,
            growth: None,
            plan: None,
            running: None,
            notes: Vec::new(),
            uncounted: uncounted(of, prices),
        }
    }

    /// What the bill comes to for each service, where it watches any.
    pub fn for_each(&self) -> Option<(Money, Money)> {
        let (low, high) = self.bill.total();
        self.services.map(|services| (low.shared_by(services), high.shared_by(services)))
    }
}

/// The same stack for another number of services.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// How many.
    pub services: u32,
    /// What it costs: at least, at most.
    pub total: (Money, Money),
    /// What makes up the difference, where that was reckoned (`35.55 prometheus + 13.50 storage = 49.05`).
    pub sum: Option<String>,
}
