//! What must be true of the engine itself, whatever the input: shared by the tests and the fuzz targets.

use crate::builder::Stage;
use crate::chain::{
    ArrayWriter, ChainReader, EventSource as _, Limits as ChainLimits, decode, summary, verify,
};
use crate::choice::{Choice, Chooser, Draw, Footprint, Halt, Offered, Sealed};
use crate::chooser::{Bytes, Recorded, Replay};
use crate::event::Event;
use crate::limits::Limits;
use crate::run::Verdict;
use crate::scenario::{ActorSpec, Loaded, Loader, Scenario};
use crate::trace::Trace;
use std::sync::{Arc, Mutex};

/// A run under these bytes: what is kept of it changes nothing, its trace brings it back, and independent neighbours can
/// change places. Gives how it ended.
///
/// # Panics
/// When one of that is not so.
pub fn schedule(stage: &Stage, bytes: &[u8]) -> Verdict {
    let quick = stage.outcome(Bytes::new(bytes));
    let run = stage.run(Bytes::new(bytes));
    assert_eq!(quick.digest, run.digest(), "a recorded run is another run\n{run:?}");
    assert_eq!(&quick.verdict, run.verdict(), "a recorded run ends differently\n{run:?}");
    let text = run.trace().text();
    let trace = Trace::parse(&text, "trace").unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(trace.text(), text, "a trace reads back as something else");
    let again = stage.replay(&trace).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(again.digest(), run.digest(), "a replay is another run\n{text}\n{again:?}");
    if *run.verdict() != Verdict::Held {
        assert_eq!(again.verdict(), run.verdict(), "a replay ends differently\n{text}");
    }
    quick.verdict
}

/// Two neighbouring steps of a run that held, of which neither touches what the other does and the second did not come of the
/// first, change places: the digest at the end must stay. Gives how many pairs were tried, at most `most`.
///
/// # Panics
/// When the digest does not stay.
pub fn independence(stage: &Stage, bytes: &[u8], most: usize) -> usize {
    let steps = Arc::new(Mutex::new(Vec::new()));
    let run = stage.run(Watching { inner: Bytes::new(bytes), steps: Arc::clone(&steps) });
    let Some(record) = run.outcome().record.as_ref().filter(|_| run.passed()) else { return 0 };
    let steps = std::mem::take(&mut *steps.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    let mut tried = 0;
    for place in 1..steps.len() {
        let ((first, mine, _), (second, theirs, cause)) = (&steps[place - 1], &steps[place]);
        if *cause == place as u64 || mine.meets(theirs) || tried == most {
            continue;
        }
        let places: Vec<usize> = record
            .choices
            .iter()
            .enumerate()
            .filter(|(_, c)| matches!(c, Choice::Next(_)))
            .map(|(at, _)| at)
            .collect();
        let (one, other) = (places[place - 1], places[place]);
        if other != one + 1 || places.get(place + 1).is_some_and(|next| *next != other + 1) {
            // A draw belongs to its step: these two would have to move with theirs.
            continue;
        }
        let mut swapped = record.choices.clone();
        swapped.swap(one, other);
        let chooser =
            Replay::new(swapped.into_iter().map(Recorded::from).collect(), stage.scenario().names());
        let outcome = stage.outcome(chooser);
        tried += 1;
        assert_eq!(outcome.digest, run.digest(), "{first:?} and {second:?} are not independent\n{run:?}");
    }
    tried
}

struct Watching {
    inner: Bytes,
    steps: Arc<Mutex<Vec<(Event, Footprint, u64)>>>,
}

impl Chooser for Watching {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        self.inner.next(offered)
    }
    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        self.inner.draw(draw)
    }
    fn watches(&self) -> bool {
        true
    }
    fn sealed(&mut self, step: &Sealed<'_>) -> Result<(), Halt> {
        let mut steps = self.steps.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        steps.push((step.event, step.footprint.clone(), step.cause));
        Ok(())
    }
}

/// Every actor of a hostile scenario is a native one that comes with the crate.
struct Natives;

impl Loader for Natives {
    fn actor(&mut self, _: &str, spec: &ActorSpec, _: &Limits) -> crate::error::Result<Loaded> {
        let name = spec.native.clone().unwrap_or_else(|| "echo".to_owned());
        if crate::native::builtin(&name).is_none() {
            return Err(crate::error::Error::input(format!("no native actor is called `{name}`")));
        }
        let make =
            move || crate::native::builtin(&name).unwrap_or_else(|| unreachable!("it was there before"));
        Ok(Loaded { factory: Arc::new(make), hash: None, shows_state: true })
    }
}

/// A scenario file is refused with a place, or runs within small limits.
///
/// # Panics
/// When it is neither.
pub fn scenario(text: &str) {
    const MOST_STEPS: u64 = 2_000;
    let mut scenario = match Scenario::parse(text, "scenario.json", &mut Natives) {
        Ok(scenario) => scenario,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let setting = Arc::make_mut(&mut scenario.setting);
    setting.limits.steps = setting.limits.steps.min(MOST_STEPS);
    schedule(&Stage::new(scenario), &[]);
}

/// A trace is refused with a place, or reads back as what was written.
///
/// # Panics
/// When it is neither.
pub fn trace(text: &str) {
    let Ok(trace) = Trace::parse(text, "t.trace") else { return };
    let written = trace.text();
    let again = Trace::parse(&written, "t.trace").unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again.text(), written, "a trace reads back as something else");
    let _ = crate::report::timeline(&trace);
    let _ = trace.answers(&["echo".to_owned(), "alice".to_owned()], "t.trace");
}

/// An event chain is refused with a place, or read to its end in bounded memory; what was read writes and reads back.
///
/// # Panics
/// When it is neither.
pub fn chain(bytes: &[u8]) {
    let reader = || ChainReader::new(bytes, "chain", ChainLimits::default());
    let Ok(mut opened) = reader() else { return };
    let mut events = Vec::new();
    while let Ok(Some(stored)) = opened.next_event() {
        let _ = (decode(&stored.event), summary(&stored.event));
        events.push(stored.event.clone());
    }
    if let Ok(mut opened) = reader() {
        let _ = verify(&mut opened).map(|report| report.to_string());
    }
    let mut out = Vec::new();
    let mut writer = ArrayWriter::new(&mut out);
    if events.iter().all(|event| writer.event(event).is_ok()) && writer.finish().is_ok() {
        let mut again =
            ChainReader::new(&out[..], "again", ChainLimits::default()).expect("what was written opens");
        for event in &events {
            let stored = again.next_event().expect("what was written reads").expect("all of it");
            assert_eq!(&stored.event, event, "an event reads back as something else");
        }
    }
}

/// A component is refused with its reasons, or its turns end within small limits.
///
/// # Panics
/// When it is neither.
#[cfg(feature = "wasm")]
pub fn component(bytes: &[u8]) {
    use crate::guest::{Engine, Guest, GuestComponent, Settings, Source};
    const MOST_BYTES: usize = 1 << 20;
    let engine = Engine::shared(Settings::for_guests(4)).expect("an engine");
    if bytes.len() > MOST_BYTES {
        return;
    }
    let component = match GuestComponent::load(Source::new("fuzzed.wasm", bytes), &engine, None) {
        Ok(component) => component,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let limits = Limits { fuel: 200_000, memory_bytes: 1 << 20, host_calls: 50, ..Limits::default() };
    let limits = Arc::new(limits);
    let guest = move || Guest::new(&component, &limits);
    let steps =
        crate::Steps::new().send("guest", "trap").request("guest", "echo").open_channel("guest", "go", "c");
    let stage = crate::Rehearsal::new("fuzzed").actor("guest", guest).client("client", steps).stage();
    schedule(&stage.expect("a scenario"), &[1, 2, 3]);
}
