//! A run of a million steps over a thousand actors: explored, and shrunk.
//!
//! ```text
//! cargo run --release --no-default-features --example big_run
//! ```
//!
//! A token goes round a ring while two clients race for a log. `late` is judged at the end alone, so that every run that
//! shrinking tries is as long as the first; `early` can be cut down to its two steps.

use rehearsal::actor::{Actor, Ended, Input, Turn};
use rehearsal::call::{Address, HostCall};
use rehearsal::explore::{Options, Progress, explore};
use rehearsal::limits::Limits;
use rehearsal::payload::Payload;
use rehearsal::property::Spec;
use rehearsal::{Rehearsal, Steps, json};
use std::error::Error;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

const ACTORS: u32 = 1_000;
const HOPS: u64 = 1_000_000;

/// Hands the token on, until it has gone far enough.
struct Hop {
    next: String,
}

impl Actor for Hop {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        if let Input::Send { data } = input {
            let left: u64 = data.text().parse().unwrap_or(0);
            if left > 0 {
                let (to, data) = (Address::Name(self.next.clone()), Payload::from((left - 1).to_string()));
                turn.call(HostCall::Send { to, data });
            }
        }
        Ended::DONE
    }

    fn reset(&mut self) -> bool {
        true
    }
}

fn ring(spec: &str) -> Result<Rehearsal, Box<dyn Error>> {
    let mut ring = Rehearsal::new("big-run");
    for place in 0..ACTORS {
        let next = format!("hop-{}", (place + 1) % ACTORS);
        ring = ring.actor(&format!("hop-{place}"), move || Hop { next: next.clone() });
    }
    let spec: Spec = serde_json::from_str(spec)?;
    let mut limits = Limits::default();
    limits.steps = 2 * HOPS;
    Ok(ring
        .actor("log", || rehearsal::native::builtin("log").expect("the log is built in"))
        .client("start", Steps::new().send("hop-0", json(HOPS - 3)))
        .client("ann", Steps::new().send("log", json("a")))
        .client("bob", Steps::new().send("log", json("b")))
        .limits(limits)
        .spec(spec))
}

fn main() -> Result<(), Box<dyn Error>> {
    let late = r#"{"name": "late", "eventually": {"before": {"key": "got", "first": "a", "then": "b"}}}"#;
    let early = r#"{"name": "early", "never": {"before": {"key": "got", "first": "b", "then": "a"}}}"#;
    for spec in [early, late] {
        let scenario = ring(spec)?.scenario()?;
        let begun = Instant::now();
        let mut told = Progress::default();
        let options = Options { repeat: 1, runs: Some(100), ..Options::default() };
        let found = explore(&scenario, &options, &AtomicBool::new(false), &mut |at| told = *at)?;
        let failure = found.failures.first().ok_or("nothing was found")?;
        println!(
            "{}: run {} of {} steps, shrunk to {} in {} runs, {} switches, minimal {}, in {:.1} s",
            failure.found.property,
            failure.found.run,
            failure.found.from_steps,
            failure.found.steps,
            failure.shrunk.runs,
            failure.shrunk.measure.switches,
            failure.found.minimal,
            begun.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
