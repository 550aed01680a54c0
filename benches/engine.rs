//! The engine beside a plain-Rust floor: messages a second under `random`, history digests on.
//!
//! The floor has no engine: a `BinaryHeap` of virtual times with ChaCha8 draws, a dyn call and a rolling 64-bit hash for each
//! message. What counts is the ratio of the two, taken in one process.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rehearsal::actor::{Actor, Ended, Input, Turn};
use rehearsal::call::HostCall;
use rehearsal::chooser::{Generator, Seeded};
use rehearsal::digest::mix;
use rehearsal::id::{ActorId, Time};
use rehearsal::limits::Limits;
use rehearsal::payload::Payload;
use rehearsal::profile::Profile;
use rehearsal::property::{Builtins, Monitor};
use rehearsal::run::{Factory, Keep, Simulation, Verdict};
use rehearsal::state::{Clock, Directory, Latency, Role, Setting};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::sync::Arc;

const MESSAGES: u64 = 1_000_000;

/// Passes what it gets on to the next, until it has done so often enough.
struct Passer {
    next: ActorId,
    left: u64,
    quota: u64,
    begins: bool,
}

impl Actor for Passer {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        match input {
            Input::Init if self.begins => {
                turn.send(self.next, &[0u8; 8]);
            }
            Input::Send { data } if self.left > 0 => {
                self.left -= 1;
                turn.send(self.next, data);
            }
            _ => {}
        }
        Ended::DONE
    }

    fn reset(&mut self) -> bool {
        self.left = self.quota;
        true
    }
}

/// Sends its requests one after another.
struct Requester {
    server: ActorId,
    left: u64,
    quota: u64,
}

impl Actor for Requester {
    fn turn(&mut self, _: Input, turn: &mut Turn<'_>) -> Ended {
        if self.left == 0 {
            return Ended::DONE;
        }
        self.left -= 1;
        turn.call(HostCall::Request { to: self.server.into(), data: Payload::from(&[0u8; 8]), within: None });
        Ended::Awaiting
    }

    fn reset(&mut self) -> bool {
        self.left = self.quota;
        true
    }
}

struct Server;

impl Actor for Server {
    fn turn(&mut self, input: Input, _: &mut Turn<'_>) -> Ended {
        match input {
            Input::Request { data, .. } => Ended::reply(data),
            _ => Ended::DONE,
        }
    }

    fn reset(&mut self) -> bool {
        true
    }
}

fn stage(factories: Vec<Factory>) -> Simulation {
    let count = factories.len();
    let names = (0..count).map(|n| (format!("a{n}"), None));
    let limits = Limits::unbounded_steps();
    let setting = Setting {
        directory: Directory::new(names),
        roles: vec![Role::Actor; count],
        states: vec![None; count],
        clock: Clock::Loose,
        latency: Latency::Constant(Time::ZERO),
        links: Vec::new(),
        request_timeout: None,
        open_timeout: None,
        early_timers: 0,
        limits,
        variables: Vec::new(),
        watched: Vec::new(),
        theater: Default::default(),
    };
    let monitor = Monitor::new(Arc::from([]), Builtins::default());
    Simulation::new(Arc::new(setting), Profile::Actors, factories, monitor, vec![false; count])
}

/// A ring of actors with this many messages in it.
fn ring(actors: u32, tokens: u32) -> Simulation {
    let make = |place: u32| -> Factory {
        let quota = MESSAGES / u64::from(actors);
        let begins = place.is_multiple_of(actors / tokens);
        let next = ActorId((place + 1) % actors);
        Arc::new(move || Box::new(Passer { next, left: quota, quota, begins }))
    };
    stage((0..actors).map(make).collect())
}

fn fan_in(clients: u32, requests: u64) -> Simulation {
    let make = |place: u32| -> Factory {
        match place {
            0 => Arc::new(|| Box::new(Server)),
            _ => {
                Arc::new(move || Box::new(Requester { server: ActorId(0), left: requests, quota: requests }))
            }
        }
    };
    stage((0..=clients).map(make).collect())
}

fn run(simulation: &mut Simulation) {
    let (outcome, _) = simulation.run(Box::new(Seeded::new(7)), Keep::default());
    assert_eq!(outcome.verdict, Verdict::Held);
    black_box(outcome.digest);
}

trait Receiver {
    fn receive(&mut self, word: u64) -> Option<(u32, u64)>;
}

struct Pass(u32);

impl Receiver for Pass {
    fn receive(&mut self, word: u64) -> Option<(u32, u64)> {
        Some((self.0, word))
    }
}

/// The floor: as many messages among as many actors, with nothing of an engine.
fn floor(actors: u32, tokens: u32, messages: u64) {
    let mut cast: Vec<Box<dyn Receiver>> =
        (0..actors).map(|n| Box::new(Pass((n + 1) % actors)) as Box<dyn Receiver>).collect();
    let mut generator = Generator::new(7);
    let mut heap = BinaryHeap::new();
    for n in 0..tokens {
        heap.push(Reverse((generator.below(1_000_000), n * (actors / tokens), u64::from(n))));
    }
    let mut hash = 0;
    for _ in 0..messages {
        let Some(Reverse((time, to, word))) = heap.pop() else { break };
        hash = mix(hash, mix(u64::from(to), word));
        if let Some((next, word)) = cast[to as usize].receive(word) {
            heap.push(Reverse((time + generator.below(1_000_000), next, word)));
        }
    }
    black_box(hash);
}

fn messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("messages");
    group.sample_size(10);
    for (name, actors, tokens) in [
        ("ping-pong", 2, 1),
        ("ring", 10, 1),
        ("ring", 1_000, 1),
        ("ring", 100_000, 1),
        ("ring, 100 under way", 1_000, 100),
    ] {
        group.throughput(Throughput::Elements(MESSAGES));
        group.bench_with_input(BenchmarkId::new(format!("{name}/engine"), actors), &actors, |b, &actors| {
            let mut simulation = ring(actors, tokens);
            b.iter(|| run(&mut simulation));
        });
        group.bench_with_input(BenchmarkId::new(format!("{name}/floor"), actors), &actors, |b, &actors| {
            b.iter(|| floor(actors, tokens, MESSAGES));
        });
    }
    // A request is two messages: there and back.
    group.throughput(Throughput::Elements(200_000));
    group.bench_function("fan-in/engine", |b| {
        let mut simulation = fan_in(1_000, 100);
        b.iter(|| run(&mut simulation));
    });
    group.bench_function("fan-in/floor", |b| b.iter(|| floor(1_000, 1_000, 200_000)));
    group.finish();
}

criterion_group!(benches, messages);
criterion_main!(benches);
