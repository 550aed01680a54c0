//! Every walk shows the same outcomes and the same violations, on thousands of small scenarios.

use super::cast::{ALL, Case, Features};
use super::*;
use crate::choice::{Draw, Look, Offered, Resource, Sealed};
use crate::event::Event;
use crate::profile::Profile;
use crate::walk::order::{Order, Print};
use proptest::prelude::*;
use std::any::Any;

/// Notes the steps of another chooser's run.
struct Recorder {
    inner: Box<dyn Chooser>,
    steps: Vec<(Event, Print, u64)>,
}

impl Chooser for Recorder {
    fn next(&mut self, offered: &Offered<'_>) -> std::result::Result<usize, Halt> {
        self.inner.next(offered)
    }
    fn draw(&mut self, draw: &Draw) -> std::result::Result<u64, Halt> {
        self.inner.draw(draw)
    }
    fn watches(&self) -> bool {
        true
    }
    fn look(&self) -> Look {
        self.inner.look()
    }
    fn sealed(&mut self, step: &Sealed<'_>) -> std::result::Result<(), Halt> {
        self.steps.push((step.event, Print::of(step), step.cause));
        self.inner.sealed(step)
    }
    fn leaves(&mut self, event: Event, cause: u64) {
        self.inner.leaves(event, cause);
    }
}

/// A digest of an execution that is the same for every order of its independent steps.
fn trace(steps: &[(Event, Print, u64)]) -> u64 {
    let mut order = Order::default();
    for (event, print, cause) in steps {
        order.push(*event, print, [cause.checked_sub(1).map(|cause| cause as u32), None], |_| {});
    }
    (0..steps.len()).fold(0u64, |sum, step| {
        let before = (0..step).filter(|&earlier| order.before(earlier, step));
        let past = before.fold(0u64, |sum, earlier| sum.wrapping_add(steps[earlier].0.word()));
        sum.wrapping_add(crate::digest::mix(steps[step].0.word(), past))
    })
}

/// Walks to the end, and gives the traces of what it ran; nothing where that takes more executions than `most`.
fn traced(case: &Case, by: &mut dyn Walk, most: u64) -> Option<(Shown, BTreeSet<u64>)> {
    let (mut simulation, mut shown, mut traces) = (case.simulation(), Shown::default(), BTreeSet::new());
    let mut executions = 0;
    while let Some(inner) = by.next() {
        executions += 1;
        if executions > most {
            return None;
        }
        let (outcome, recorder) =
            simulation.run(Box::new(Recorder { inner, steps: Vec::new() }), Keep::default());
        let recorder: Box<dyn Any> = recorder;
        let recorder = recorder.downcast::<Recorder>().expect("the recorder");
        shown.take(&outcome, &simulation);
        if !matches!(outcome.verdict, Verdict::Halted(_)) {
            traces.insert(trace(&recorder.steps));
        }
        by.done(recorder.inner, &outcome);
    }
    assert!(by.complete());
    Some((shown, traces))
}

/// Scenarios with more orders than this are left out.
const MOST: u64 = 400;

/// What one seed shows.
#[derive(Debug, Default)]
struct Tally {
    cases: u64,
    discarded: u64,
    orders: u64,
    traces: u64,
    blocked: u64,
    repeats: u64,
    parts: u64,
    parts_blocked: u64,
    parts_repeats: u64,
}

fn agree(seed: u64, case: &Case, tally: &mut Tally) {
    let mut every = dfs(options(Fingerprint::None));
    let Some((all, traces)) = traced(case, &mut *every, MOST) else {
        tally.discarded += 1;
        return;
    };
    let by = |mut by: Box<dyn Walk>| walk(&mut case.simulation(), &mut *by, 20_000).expect("an end");
    let (history, state) = (by(dfs(options(Fingerprint::History))), by(dfs(options(Fingerprint::State))));
    let mut reducing = dpor(options(Fingerprint::None)).expect("a walk");
    let (reduced, seen) = traced(case, &mut *reducing, 20_000).expect("an end");
    for (name, shown) in [("history", &history), ("state", &state), ("dpor", &reduced)] {
        assert_eq!(shown.violated, all.violated, "violations by {name}, seed {seed}: {case:#?}");
        assert_eq!(shown.ends, all.ends, "ends by {name}, seed {seed}: {case:#?}");
        assert_eq!(shown.sometimes, all.sometimes, "sometimes by {name}, seed {seed}: {case:#?}");
    }
    assert_eq!(history.digests, all.digests, "digests by history, seed {seed}: {case:#?}");
    assert_eq!(reduced.digests, all.digests, "digests by dpor, seed {seed}: {case:#?}");
    assert_eq!(seen, traces, "traces by dpor, seed {seed}: {case:#?}");
    agree_in_parts(seed, case, &all, &traces, tally);
    tally.cases += 1;
    tally.orders += all.runs;
    tally.traces += traces.len() as u64;
    tally.blocked += reducing.blocked();
    tally.repeats += reduced.runs - traces.len() as u64;
}

/// The parts of a search, put together, show what the whole does.
fn agree_in_parts(seed: u64, case: &Case, all: &Shown, traces: &BTreeSet<u64>, tally: &mut Tally) {
    let most = 2 + (seed % 11) as usize;
    for reduced in [false, true] {
        let parts = parts(case, reduced, most);
        let (mut shown, mut seen) = (Shown::default(), BTreeSet::new());
        for part in &parts {
            let mut by = walk_of(reduced, part);
            let (own, traces) = traced(case, &mut *by, 20_000).expect("an end");
            shown.join(own);
            seen.extend(traces);
            tally.parts_blocked += by.blocked();
        }
        let told = format!("{} parts, reduced: {reduced}, seed {seed}: {case:#?}", parts.len());
        assert_eq!(shown.violated, all.violated, "violations by {told}");
        assert_eq!(shown.ends, all.ends, "ends by {told}");
        assert_eq!(shown.sometimes, all.sometimes, "sometimes by {told}");
        assert_eq!(shown.digests, all.digests, "digests by {told}");
        assert_eq!(&seen, traces, "traces by {told}");
        match reduced {
            true => tally.parts_repeats += shown.runs - traces.len() as u64,
            false => assert_eq!(shown.runs, all.runs, "runs by {told}"),
        }
        tally.parts += parts.len() as u64;
    }
}

/// So many scenarios of each sort, unless `PROPTEST_CASES` asks for more.
const CASES: u64 = 2_000;

fn many(features: Features) -> Tally {
    many_in(Profile::Actors, features, CASES)
}

fn many_in(profile: Profile, features: Features, cases: u64) -> Tally {
    let mut tally = Tally::default();
    let asked = u64::from(ProptestConfig::default().cases);
    let cases = if asked > cases { asked } else { cases };
    (0..cases).for_each(|seed| agree(seed, &Case { profile, ..Case::new(seed, features) }, &mut tally));
    println!("{profile:?} {features:?}: {tally:?}");
    tally
}

#[test]
fn walks_agree_on_messages() {
    let tally = many(Features { timers: false, calls: false, stops: false, properties: false });
    assert_eq!((tally.repeats, tally.blocked, tally.parts_repeats), (0, 0, 0));
}

#[test]
fn walks_agree_on_calls() {
    many(Features { timers: false, calls: true, stops: false, properties: false });
}

#[test]
fn walks_agree_on_properties() {
    many(Features { timers: false, calls: false, stops: false, properties: true });
}

#[test]
fn walks_agree_on_stops() {
    many(Features { timers: false, calls: true, stops: true, properties: false });
}

#[test]
fn walks_agree_on_timers() {
    many(Features { timers: true, calls: true, stops: false, properties: false });
}

#[test]
fn walks_agree_on_everything() {
    many(ALL);
}

/// Leaves out what properties look at: a wrong relation, which the comparison must find.
#[test]
fn a_wrong_dependence_is_found() {
    let features = Features { timers: false, calls: false, stops: false, properties: true };
    let found = (0..400).filter(|seed| {
        let case = Case::new(*seed, features);
        let mut every = dfs(options(Fingerprint::None));
        let Some(all) = walk(&mut case.simulation(), &mut *every, MOST) else { return false };
        let mut blind = dpor::Dpor::blind_to(|resource| matches!(resource, Resource::Property(_)));
        let shown = walk(&mut case.simulation(), &mut blind, 20_000).expect("an end");
        shown.violated != all.violated || shown.sometimes != all.sometimes
    });
    assert!(found.count() > 0);
}

/// Leaves out a part, and what sleepers stand for: the comparison must miss them.
#[test]
fn what_a_part_leaves_out_is_missed() {
    let features = Features { timers: false, calls: true, stops: false, properties: false };
    let case = (0..).map(|seed| Case::new(seed, features)).find(|case| {
        let every = traced(case, &mut *dfs(options(Fingerprint::None)), MOST);
        every.is_some_and(|(_, traces)| traces.len() > 8)
    });
    let case = case.expect("a case with some orders");
    let mut all = parts(&case, true, 6);
    let count = |parts: &[Part]| {
        let each = parts.iter().map(|part| walk_of(true, part));
        each.map(|mut by| traced(&case, &mut *by, MOST).expect("an end").1.len()).sum::<usize>()
    };
    let whole = count(&all);
    assert!(whole > 8);
    assert!(count(&all[1..]) < whole, "a part is left out");
    let told = all.iter().filter(|part| !part.sleep.is_empty()).count();
    assert!(told > 0, "nothing sleeps");
    all.iter_mut().for_each(|part| part.sleep.clear());
    assert!(count(&all) > whole, "without sleepers, orders come twice");
}

#[test]
fn walks_agree_in_theater() {
    for profile in [Profile::Theater02, Profile::Theater03] {
        let tally = many_in(profile, ALL, CASES / 2);
        assert!(tally.cases > CASES / 20, "{tally:?}");
    }
}

/// In this one, what an actor shows while it waits in a handler breaks a promise, in the Theater profiles too.
#[test]
fn what_is_shown_in_the_middle_of_a_handler_is_judged() {
    let case = Case { profile: Profile::Theater03, ..Case::new(1294, ALL) };
    agree(1294, &case, &mut Tally::default());
    let shown = traced(&case, &mut *dfs(options(Fingerprint::None)), MOST).expect("an end").0;
    assert!(shown.violated.contains("p0"));
}
