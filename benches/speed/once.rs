//! Reports: a snapshot as text, JSON, Markdown and plugin output.

use divan::Bencher;
use rounds::report::once::{Format, Options};

use crate::fleet::fleet;

#[divan::bench(args = Format::TABLE.map(|(_, name, _)| name), consts = [5, 5_000])]
fn write<const SERVICES: usize>(bencher: Bencher<'_, '_>, format: &str) {
    let format: Format = format.parse().expect("a name of TABLE");
    let options = Options::default();
    bencher.bench_local(|| format.write(&fleet(SERVICES).snapshot, &options));
}
