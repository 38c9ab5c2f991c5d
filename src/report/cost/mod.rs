//! `rounds cost`: a bill with its arithmetic, what it compares with, and how storage grows.

mod json;
mod markdown;
mod text;

use crate::cost::{Growth, PlanBill, RunningBill};
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
    /// How many services the stack watches.
    pub services: u32,
    /// The bill itself.
    pub bill: Bill,
    /// The same for another number of services.
    pub compared: Option<Compared>,
    /// Watching the same with CloudWatch alone.
    pub alternative: Option<Bill>,
    /// How storage grows, and for how many days it is kept; or why that is not known.
    pub growth: Option<Result<(Growth, f64), String>>,
    /// What a Terraform plan changes.
    pub plan: Option<PlanBill>,
    /// What runs.
    pub running: Option<RunningBill>,
    /// Things to know.
    pub notes: Vec<String>,
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
