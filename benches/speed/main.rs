//! How fast the program is, apart from the network: `cargo bench`, or `cargo bench -- frame` for one subject.
//!
//! Everything runs on the simulated fleet, at 5 services and at 5,000. docs/performance.md has the figures.

#![expect(clippy::expect_used, reason = "a measurement that cannot be set up has nothing to go on with")]

mod assess;
mod fleet;
mod frame;
mod logs;
mod once;
mod update;

fn main() {
    divan::main();
}
