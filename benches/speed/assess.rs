//! From answers to verdicts: judging alone, and a whole look (every simulated source read, then judged).

use divan::Bencher;
use rounds::assess;
use rounds::domain::SourceKind;
use rounds::sim::EPOCH;

use crate::fleet::{Fleet, SIZES, fleet};

#[divan::bench(args = [5, 500, 5_000])]
fn judge(bencher: Bencher<'_, '_>, services: usize) {
    let fleet = Fleet::new(services);
    let facts = fleet.facts();
    bencher.bench_local(|| assess::assess(&facts, &fleet.snapshot.sources, &fleet.station.setting, EPOCH));
}

#[divan::bench(args = SIZES)]
fn take_in(bencher: Bencher<'_, '_>, services: usize) {
    let fleet = fleet(services);
    let facts = fleet.facts();
    let readings: Vec<_> = SourceKind::ALL.into_iter().filter_map(|kind| fleet.read(kind)).collect();
    bencher.with_inputs(|| (facts.clone(), readings.clone())).bench_local_refs(|(facts, readings)| {
        for reading in readings.drain(..) {
            facts.take(reading, EPOCH);
        }
    });
}

#[divan::bench(args = SourceKind::ALL.map(SourceKind::name), consts = [5, 5_000])]
fn read_the_simulated<const SERVICES: usize>(bencher: Bencher<'_, '_>, source: &str) {
    let kind = SourceKind::ALL.into_iter().find(|kind| kind.name() == source).expect("a name of ALL");
    bencher.bench_local(|| fleet(SERVICES).read(kind));
}

#[divan::bench(args = SIZES)]
fn look(bencher: Bencher<'_, '_>, services: usize) {
    bencher.bench_local(|| fleet(services).look());
}
