//! What a search costs: executions a second of `scenarios/three-by-two.json`, beside a floor in the same process.
//!
//! The floor does what any such engine must, and no more: it keeps the messages under way in a heap by virtual times that
//! ChaCha8 draws, calls actors through a `dyn`, and takes each step into a rolling 64-bit hash. The search answers
//! questions, judges properties, tells partial orders apart and finds the races besides.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rehearsal::explore::{Options, explore};
use rehearsal::load;
use rehearsal::load::FileLoader;
use rehearsal::scenario::Scenario;
use rehearsal::walk::Fingerprint;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const RUNS: u64 = 20_000;

trait Receiver {
    fn receive(&mut self, from: u32, number: u32) -> u64;
}

struct Sink(u64);

impl Receiver for Sink {
    fn receive(&mut self, from: u32, number: u32) -> u64 {
        self.0 += 1;
        u64::from(from) << 32 ^ u64::from(number) ^ self.0
    }
}

/// Executions of three clients that send two messages each to one server.
fn floor(runs: u64) -> u64 {
    let mut cast: Vec<Box<dyn Receiver>> = vec![Box::new(Sink(0))];
    let mut heap: BinaryHeap<Reverse<(u64, u32, u32)>> = BinaryHeap::new();
    let mut hash = 0u64;
    for run in 0..runs {
        let mut draws = ChaCha8Rng::seed_from_u64(run);
        for from in 0..3 {
            let mut at = 0;
            for number in 0..2 {
                at += u64::from(draws.next_u32() >> 12);
                heap.push(Reverse((at, from, number)));
            }
        }
        while let Some(Reverse((at, from, number))) = heap.pop() {
            let word = cast[0].receive(from, number);
            hash = (hash.rotate_left(5) ^ word ^ at).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
    hash
}

fn scenario(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.json"));
    load::scenario(&path, None, None).unwrap_or_else(|error| panic!("{error}"))
}

fn search(scenario: &Scenario, strategy: &str, fingerprint: Fingerprint, runs: u64) -> u64 {
    let strategy = strategy.parse().unwrap_or_else(|error| panic!("{error}"));
    let options = Options { strategy, fingerprint, runs: Some(runs), repeat: 0, ..Options::default() };
    let found = explore(scenario, &options, &AtomicBool::new(false), &mut |_| {});
    found.unwrap_or_else(|error| panic!("{error}")).findings.runs
}

fn three_by_two(c: &mut Criterion) {
    let mut group = c.benchmark_group("three-by-two");
    group.throughput(Throughput::Elements(RUNS)).sample_size(20);
    group.bench_function("floor", |b| b.iter(|| black_box(floor(RUNS))));
    let tiny = scenario("three-by-two");
    for strategy in ["fifo", "random", "pct:3", "pos", "weights", "mix"] {
        group.bench_function(strategy, |b| {
            b.iter(|| black_box(search(&tiny, strategy, Fingerprint::None, RUNS)));
        });
    }
    group.finish();
}

/// What an execution of `dpor` costs beside one at random: four clients that send two messages each, so many that starting and
/// ending the search do not count.
fn four_by_two(c: &mut Criterion) {
    const ORDERS: u64 = 2520;
    let two = r#"[{"send": {"to": "sink", "body": {"text": "1"}}}, {"send": {"to": "sink", "body": {"text": "2"}}}]"#;
    let text = format!(
        r#"{{"rehearsal": 1, "name": "four-by-two", "actors": {{"sink": {{"native": "sink"}}}},
            "clients": {{"a": {two}, "b": {two}, "c": {two}, "d": {two}}}}}"#
    );
    let parsed = Scenario::parse(&text, "four-by-two.json", &mut FileLoader::new(".", None));
    let scenario = parsed.unwrap_or_else(|error| panic!("{error}"));
    let mut group = c.benchmark_group("four-by-two");
    group.throughput(Throughput::Elements(ORDERS)).sample_size(20);
    group.bench_function("random", |b| {
        b.iter(|| black_box(search(&scenario, "random", Fingerprint::None, ORDERS)));
    });
    group.bench_function("dpor", |b| {
        b.iter(|| assert_eq!(search(&scenario, "dpor", Fingerprint::None, u64::MAX), ORDERS));
    });
    group.finish();
}

fn walks(c: &mut Criterion) {
    let mut group = c.benchmark_group("walks");
    group.sample_size(20);
    let (tiny, noise, hot) = (scenario("three-by-two"), scenario("noise"), scenario("hot"));
    group.throughput(Throughput::Elements(90));
    group.bench_function("three-by-two dpor", |b| {
        b.iter(|| black_box(search(&tiny, "dpor", Fingerprint::None, u64::MAX)));
    });
    group.throughput(Throughput::Elements(20));
    group.bench_function("noise dpor", |b| {
        b.iter(|| black_box(search(&noise, "dpor", Fingerprint::None, u64::MAX)));
    });
    group.throughput(Throughput::Elements(1331));
    group.bench_function("hot dfs state", |b| {
        b.iter(|| black_box(search(&hot, "dfs", Fingerprint::State, u64::MAX)));
    });
    group.finish();
}

/// What a second thread is worth, where there is a second core.
fn jobs(c: &mut Criterion) {
    const MANY: u64 = 10 * RUNS;
    let mut group = c.benchmark_group("jobs");
    group.throughput(Throughput::Elements(MANY)).sample_size(10);
    let tiny = scenario("three-by-two");
    for jobs in [1, 2] {
        let options = Options { runs: Some(MANY), repeat: 0, jobs, ..Options::default() };
        group.bench_function(jobs.to_string(), |b| {
            b.iter(|| {
                let found = explore(&tiny, &options, &AtomicBool::new(false), &mut |_| {});
                black_box(found.map_or(0, |found| found.findings.runs))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, three_by_two, four_by_two, walks, jobs);
criterion_main!(benches);
