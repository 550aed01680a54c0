//! What a guest costs, beside raw wasmtime in the same process.
//!
//! - first, what a delivered message costs in percent of its floor;
//! - `deliver`: one message of 32 bytes with a small state, whose handler sends it on; round-robin over so many stores.
//!   The floor makes the same typed call on the same component with the same settings, and its host function does
//!   nothing.
//! - `cast`: four fresh guests, ten messages, dropped.
//! - `record`: a run of the bank's four guests, with digests only and with every actor's whole chain. Asked for: at most twice.
//! - `trap`: a message that traps, and the new instance for the next.

#[path = "../tests/guest_support/mod.rs"]
mod guest_support;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use guest_support::PROBE;
use rehearsal::actor::{Actor, Called, Ended, Host, Input, NewState, Returned, Turn};
use rehearsal::call::{HostAnswer, HostCall};
use rehearsal::chain::ChainForm;
use rehearsal::chooser::Seeded;
use rehearsal::guest::{Engine, Guest, GuestComponent, Settings, Source};
use rehearsal::id::ActorId;
use rehearsal::limits::Limits;
use rehearsal::load;
use rehearsal::payload::Payload;
use rehearsal::run::{Keep, chain};
use std::any::Any;
use std::hint::black_box;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use wasmtime::component::{Component, InstancePre, Linker, TypedFunc};
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

const MESSAGE: &[u8; 32] = b"s: thirty-two bytes of a message";
const STATE: &[u8] = b"{\"n\":1}";

/// A host that only counts, and keeps the state of each guest.
#[derive(Default)]
struct Count {
    sent: u64,
    turn_of: usize,
    message: Payload,
    states: Vec<Option<Payload>>,
    /// The box that is lent, kept between turns.
    spare: Option<Box<Count>>,
}

impl Count {
    fn of(guests: usize) -> Count {
        let states = vec![Some(STATE.into()); guests];
        Count { states, message: Payload::from(MESSAGE), ..Count::default() }
    }
}

impl Host for Count {
    fn call(&mut self, call: HostCall) -> Called {
        black_box(&call);
        self.sent += 1;
        Called::Answered(HostAnswer::Done)
    }
    fn state(&self) -> Option<Payload> {
        self.states[self.turn_of].clone()
    }
    fn address(&self) -> &str {
        ""
    }
    fn lend(&mut self) -> Box<dyn Host> {
        self.spare.take().unwrap_or_default()
    }
    fn take_back(&mut self, lent: Box<dyn Host>) {
        let lent: Box<dyn Any> = lent;
        self.spare = Some(lent.downcast().expect("what was lent"));
    }
}

fn deliver(guests: &mut [Guest], host: &mut Count, n: usize) {
    host.turn_of = n;
    let data = host.message.clone();
    match guests[n].turn(Input::Send { data }, &mut Turn::new(host)) {
        Ended::Returned(Returned { state: NewState::Replaced(state), .. }) => host.states[n] = state,
        other => panic!("{other:?}"),
    }
}

type Handled = (Result<(Option<Vec<u8>>,), String>,);
type HandleSend = TypedFunc<(Option<&'static [u8]>, (&'static [u8],)), Handled>;

struct Raw {
    pre: InstancePre<u64>,
    index: wasmtime::component::ComponentExportIndex,
}

impl Raw {
    fn new(guests: u32) -> Raw {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(guests)
            .total_stacks(guests)
            .total_core_instances(guests * 4)
            .total_memories(guests)
            .total_tables(guests)
            .linear_memory_keep_resident(64 << 10)
            .pagemap_scan(Enabled::Auto);
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .concurrency_support(false)
            .cranelift_nan_canonicalization(true)
            .wasm_relaxed_simd(false)
            .target("x86_64-unknown-linux-gnu")
            .expect("a known target")
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = wasmtime::Engine::new(&config).expect("an engine");
        let component = Component::new(&engine, PROBE).expect("a component");
        let mut linker = Linker::<u64>::new(&engine);
        let mut host = linker.instance("theater:simple/message-server-host").expect("a name");
        let sent = host.func_wrap_async("send", |mut store, args: (String, Vec<u8>)| {
            black_box(args);
            *store.data_mut() += 1;
            Box::new(async { Ok((Ok::<(), String>(()),)) })
        });
        sent.expect("send");
        let requested = host.func_wrap_async("request", |_, _: (String, Vec<u8>)| {
            Box::new(async { Ok((Ok::<Vec<u8>, String>(Vec::new()),)) })
        });
        requested.expect("request");
        let client = component.get_export_index(None, "theater:simple/message-server-client");
        let index = component.get_export_index(client.as_ref(), "handle-send").expect("an export");
        Raw { pre: linker.instantiate_pre(&component).expect("imports"), index }
    }

    fn instance(&self) -> (Store<u64>, HandleSend) {
        let mut store = Store::new(self.pre.engine(), 0);
        store.set_fuel(u64::MAX).expect("fuel");
        let instance = ready(self.pre.instantiate_async(&mut store)).expect("an instance");
        let handler = instance.get_typed_func(&mut store, self.index).expect("a handler");
        (store, handler)
    }
}

fn ready<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here suspends"),
    }
}

fn deliver_raw((store, handler): &mut (Store<u64>, HandleSend)) {
    let handled = ready(handler.call_async(store, (Some(STATE), (&MESSAGE[..],))));
    black_box(handled.expect("no trap").0.expect("no error"));
}

fn component(settings: Settings) -> GuestComponent {
    let engine = Engine::shared(settings).expect("an engine");
    GuestComponent::load(Source::new("probe.wat", PROBE), &engine, None).expect("a component")
}

fn delivered(c: &mut Criterion) {
    let component = component(Settings::for_guests(1000));
    let limits = Arc::new(Limits::default());
    let raw = Raw::new(1000);
    let mut group = c.benchmark_group("deliver");
    group.throughput(Throughput::Elements(1));
    for stores in [1, 100, 1000] {
        let mut floor: Vec<_> = (0..stores).map(|_| raw.instance()).collect();
        let mut next = 0;
        group.bench_function(BenchmarkId::new("floor", stores), |b| {
            b.iter(|| {
                next = (next + 1) % stores;
                deliver_raw(&mut floor[next]);
            });
        });
        drop(floor);
        let mut guests: Vec<_> = (0..stores).map(|_| Guest::new(&component, &limits)).collect();
        let mut host = Count::of(stores);
        group.bench_function(BenchmarkId::new("guest", stores), |b| {
            b.iter(|| {
                next = (next + 1) % stores;
                deliver(&mut guests, &mut host, next);
            });
        });
    }
    group.finish();
}

/// How much more a delivered message costs than its floor, the two measured in turns and the best of each kept, so that
/// what else the machine does falls out.
fn told(_: &mut Criterion) {
    const CALLS: usize = 2_000;
    // Criterion's own filter is for what it runs itself.
    if std::env::args().skip(1).any(|filter| !filter.starts_with('-') && !"deliver".contains(&filter)) {
        return;
    }
    let component = component(Settings::for_guests(1000));
    let limits = Arc::new(Limits::default());
    let raw = Raw::new(1000);
    for stores in [1, 100, 1000] {
        let mut floor: Vec<_> = (0..stores).map(|_| raw.instance()).collect();
        let mut guests: Vec<_> = (0..stores).map(|_| Guest::new(&component, &limits)).collect();
        let mut host = Count::of(stores);
        let mut best = [Duration::MAX; 2];
        for _ in 0..200 {
            let start = Instant::now();
            (0..CALLS).for_each(|n| deliver_raw(&mut floor[n % stores]));
            best[0] = best[0].min(start.elapsed());
            let start = Instant::now();
            (0..CALLS).for_each(|n| deliver(&mut guests, &mut host, n % stores));
            best[1] = best[1].min(start.elapsed());
        }
        let [floor, guest] = best.map(|best| best.as_nanos() as u64 / CALLS as u64);
        println!(
            "deliver over {stores} stores: floor {floor} ns, guest {guest} ns: {} %",
            guest * 100 / floor
        );
    }
}

fn cast(c: &mut Criterion) {
    let component = component(Settings::for_guests(100));
    let limits = Arc::new(Limits::default());
    let raw = Raw::new(100);
    let mut group = c.benchmark_group("cast");
    group.throughput(Throughput::Elements(1));
    group.bench_function("floor", |b| {
        b.iter(|| {
            let mut cast = [(); 4].map(|()| raw.instance());
            (0..10).for_each(|n| deliver_raw(&mut cast[n % 4]));
        });
    });
    let mut host = Count::of(4);
    group.bench_function("guests", |b| {
        b.iter(|| {
            let mut cast = [(); 4].map(|()| Guest::new(&component, &limits));
            (0..10).for_each(|n| deliver(&mut cast, &mut host, n % 4));
        });
    });
    let mut cast = [(); 4].map(|()| Guest::new(&component, &limits));
    group.bench_function("guests, reset", |b| {
        b.iter(|| {
            (0..10).for_each(|n| deliver(&mut cast, &mut host, n % 4));
            cast.iter_mut().for_each(|guest| assert!(guest.reset()));
        });
    });
    group.finish();
}

fn trap(c: &mut Criterion) {
    let component = component(Settings::for_guests(100));
    let mut guest = Guest::new(&component, &Arc::new(Limits::default()));
    let mut host = Count::of(1);
    c.bench_function("trap", |b| {
        b.iter(|| {
            let ended = guest.turn(Input::Send { data: "t".into() }, &mut Turn::new(&mut host));
            assert!(matches!(ended, Ended::Failed(_)));
        });
    });
}

fn record(c: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/bank.json");
    let bank = load::scenario(&path, None, None).expect("a scenario");
    let mut simulation = bank.simulation(None);
    let mut group = c.benchmark_group("record");
    group.bench_function("digests", |b| {
        b.iter(|| black_box(simulation.run(Box::new(Seeded::new(1)), Keep::default()).0.digest));
    });
    group.bench_function("chains", |b| {
        b.iter(|| {
            let keep = Keep { acts: true, ..Keep::default() };
            let acts = simulation.run(Box::new(Seeded::new(1)), keep).0.acts.expect("acts");
            for actor in (0..bank.names().len() as u32).map(ActorId) {
                black_box(chain(&acts, actor, ChainForm::B, &bank.setting.directory));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, told, delivered, cast, record, trap);
criterion_main!(benches);
