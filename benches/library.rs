//! What a property test's case costs beside the run in it: 30 messages over native actors. Asked for: at most twice the run.
//!
//! ```text
//! cargo bench --bench library --no-default-features --features proptest
//! ```

use criterion::{Criterion, criterion_group, criterion_main};
use proptest::test_runner::{Config, TestRunner};
use rehearsal::chooser::Seeded;
use rehearsal::native::{Context, answering};
use rehearsal::property::Property;
use rehearsal::proptest::schedules;
use rehearsal::{Cases, Rehearsal, Steps, json};
use std::hint::black_box;

/// So many cases has a property test, unless told otherwise.
const CASES: u32 = 256;

/// Three clients send ten numbers each to an actor that adds them up.
fn thirty() -> Rehearsal {
    let counter = || {
        let mut sum = 0u64;
        answering(async move |context: &Context, add: u64| {
            sum += add;
            context.observe("sum", sum);
            Ok(())
        })
    };
    let ten = || (0..10u64).fold(Steps::new(), |steps, number| steps.send("counter", json(number)));
    Rehearsal::new("thirty")
        .actor("counter", counter)
        .client("ann", ten())
        .client("ben", ten())
        .client("cleo", ten())
        .property(Property::always("the sum is small", |state| {
            state.observed("sum").next_back().is_none_or(|sum| sum.as_u64() <= Some(135))
        }))
}

fn cases(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("256 runs of 30 messages");
    group.bench_function("bare", |bencher| {
        let stage = thirty().stage().expect("a scenario");
        bencher.iter(|| {
            for seed in 0..u64::from(CASES) {
                black_box(stage.outcome(Seeded::new(seed)).digest);
            }
        });
    });
    group.bench_function("proptest", |bencher| {
        let cases = Cases::unsaved(thirty());
        let config = Config { failure_persistence: None, ..Config::with_cases(CASES) };
        // A runner counts its cases: each round has one of its own, with a seed of its own.
        let mut rounds = TestRunner::new(config);
        bencher.iter(|| {
            let mut runner = TestRunner::new_with_rng(rounds.config().clone(), rounds.new_rng());
            runner.run(&schedules(), |schedule| cases.check(&schedule)).expect("it holds");
        });
    });
    group.finish();
}

criterion_group!(benches, cases);
criterion_main!(benches);
