//! The state machine: what a key, a letter of a filter and a new snapshot cost.

use std::sync::Arc;

use divan::Bencher;
use rounds::app::{self, Model, Msg};
use rounds::sim::EPOCH;

use crate::fleet::{SIZES, fleet, key};

const SIZE: (u16, u16) = (120, 40);

#[divan::bench(args = SIZES)]
fn cursor_down(bencher: Bencher<'_, '_>, services: usize) {
    press(bencher, &fleet(services).console(SIZE), "j");
}

#[divan::bench(args = SIZES)]
fn sort_by_the_next_column(bencher: Bencher<'_, '_>, services: usize) {
    press(bencher, &fleet(services).console(SIZE), "s");
}

#[divan::bench(args = SIZES)]
fn first_letter_of_a_filter(bencher: Bencher<'_, '_>, services: usize) {
    let mut model = fleet(services).console(SIZE);
    fleet(services).press(&mut model, key("/"));
    press(bencher, &model, "a");
}

#[divan::bench(args = SIZES)]
fn new_snapshot(bencher: Bencher<'_, '_>, services: usize) {
    let fleet = fleet(services);
    measure(bencher, &fleet.console(SIZE), || Msg::Snapshot(Arc::clone(&fleet.snapshot)));
}

#[divan::bench(args = SIZES)]
fn new_snapshot_under_a_filter(bencher: Bencher<'_, '_>, services: usize) {
    let fleet = fleet(services);
    let mut model = fleet.console(SIZE);
    for letter in ["/", "a", "p", "i"] {
        fleet.press(&mut model, key(letter));
    }
    measure(bencher, &model, || Msg::Snapshot(Arc::clone(&fleet.snapshot)));
}

fn press(bencher: Bencher<'_, '_>, model: &Model, name: &str) {
    measure(bencher, model, || Msg::Key(key(name)));
}

/// Each message meets the model as it was; copying it is not counted.
fn measure(bencher: Bencher<'_, '_>, model: &Model, message: impl Fn() -> Msg) {
    bencher
        .with_inputs(|| (model.clone(), Some(message())))
        .bench_local_refs(|(model, message)| message.take().map(|message| app::update(model, message, EPOCH)));
}
