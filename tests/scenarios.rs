//! Every scenario: run twice it gives the same bytes, and its trace leads back to the same end.
#![cfg(feature = "wasm")]

use rehearsal::chain::ChainForm;
use rehearsal::choice::{Chooser, Draw, Halt, Offered};
use rehearsal::chooser::{Fifo, Replay, Seeded};
use rehearsal::run::{Keep, chain};
use rehearsal::scenario::Scenario;
use rehearsal::state::{Clock, Role};
use rehearsal::trace::{Ending, Header, Trace};
use rehearsal::{id::ActorId, load, report};
use std::path::{Path, PathBuf};

const FOLDERS: [&str; 5] = [
    "scenarios",
    "scenarios/canaries",
    "scenarios/correct",
    "scenarios/theater",
    "scenarios/theater/repaired",
];

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

fn load(path: &Path) -> Scenario {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("components");
    load::scenario(path, Some(cache), None).unwrap_or_else(|error| panic!("{error}"))
}

/// Everything a run leaves behind, as text: its trace, its report, its chains.
fn everything(scenario: &Scenario, clock: Clock, chooser: Box<dyn Chooser>) -> (Trace, String) {
    let mut simulation = scenario.simulation(Some(clock));
    let (outcome, _) = simulation.run(chooser, Keep { trace: true, acts: true });
    let names = scenario.setting.directory.names();
    let ending = Ending {
        outcome: outcome.verdict.word().into(),
        steps: outcome.steps,
        time: outcome.time.to_string(),
        digest: format!("{:016x}", outcome.digest),
        property: report::broken(&outcome.verdict),
    };
    let header = Header { scenario: "s.json".into(), ..Header::default() };
    let trace = Trace::of(header, outcome.record.as_ref().expect("a record"), ending, names);
    let mut told = trace.text();
    told.push_str(&report::json(scenario, &outcome, simulation.state(), 0, "any").to_string());
    let acts = outcome.acts.as_ref().expect("acts");
    for (place, role) in scenario.setting.roles.iter().enumerate() {
        if *role == Role::Actor {
            for form in [ChainForm::A, ChainForm::B] {
                let events = chain(acts, ActorId(place as u32), form, &scenario.setting.directory);
                told.push_str(&format!("{:?}\n", events.last().map(|event| event.hash)));
            }
        }
    }
    (trace, told)
}

fn choosers() -> Vec<Box<dyn Fn() -> Box<dyn Chooser>>> {
    let seeded =
        |seed| Box::new(move || Box::new(Seeded::new(seed)) as Box<dyn Chooser>) as Box<dyn Fn() -> _>;
    vec![Box::new(|| Box::new(Fifo)), seeded(0), seeded(1), seeded(2)]
}

#[test]
fn every_scenario_repeats_and_replays() {
    for folder in FOLDERS {
        assert!(files(folder).len() >= 10, "{folder}");
    }
    for path in FOLDERS.into_iter().flat_map(files) {
        let scenario = load(&path);
        for chooser in choosers() {
            for clock in [Clock::Strict, Clock::Loose] {
                let (trace, told) = everything(&scenario, clock, chooser());
                let (_, again) = everything(&scenario, clock, chooser());
                assert_eq!(told, again, "{}", path.display());
                let answers = trace.answers(&scenario.names(), "t").expect("answers");
                let replay = Replay::new(answers, scenario.names());
                let (_, replayed) = everything(&scenario, clock, Box::new(replay));
                assert_eq!(told, replayed, "{}", path.display());
            }
        }
    }
}

/// A run does not depend on what is kept of it, nor on whether anybody is told of its steps. What nobody looks at goes a shorter
/// way, and its digest is made at the end.
#[test]
fn a_run_is_the_same_whatever_is_kept_of_it() {
    for path in FOLDERS.into_iter().flat_map(files) {
        let scenario = load(&path);
        for chooser in choosers() {
            for clock in [Clock::Strict, Clock::Loose] {
                let mut simulation = scenario.simulation(Some(clock));
                let mut end = |trace, acts, chooser| {
                    let (outcome, _) = simulation.run(chooser, Keep { trace, acts });
                    (outcome.digest, outcome.steps, outcome.time, report::broken(&outcome.verdict))
                };
                let plain = end(false, false, chooser());
                for (trace, acts) in [(true, false), (false, true), (true, true)] {
                    assert_eq!(end(trace, acts, chooser()), plain, "{}: {trace}, {acts}", path.display());
                }
                assert_eq!(end(false, false, Box::new(Watching(chooser()))), plain, "{}", path.display());
            }
        }
    }
}

/// A run that is ended by its chooser, be it in the middle of a turn, ends the same for everybody.
#[test]
fn a_run_that_is_cut_off_is_the_same_whatever_is_kept_of_it() {
    let mut in_a_turn = 0;
    for path in FOLDERS.into_iter().flat_map(files) {
        let scenario = load(&path);
        for clock in [Clock::Strict, Clock::Loose] {
            let mut simulation = scenario.simulation(Some(clock));
            for left in 0..12 {
                let mut end = |trace, watches| {
                    let chooser = Short { inner: Seeded::new(1), left, watches, drawing: false };
                    let (outcome, chooser) =
                        simulation.run_again(Box::new(chooser), Keep { trace, acts: false });
                    in_a_turn += u64::from(chooser.drawing);
                    (outcome.digest, outcome.steps, outcome.time, outcome.verdict.word())
                };
                let plain = end(false, false);
                assert_eq!(end(true, false), plain, "{}: {left}", path.display());
                assert_eq!(end(false, true), plain, "{}: {left}", path.display());
            }
        }
    }
    assert!(in_a_turn >= 12, "{in_a_turn}");
}

/// A chooser with so many answers.
struct Short {
    inner: Seeded,
    left: u32,
    watches: bool,
    drawing: bool,
}

impl Short {
    fn take(&mut self) -> Result<(), Halt> {
        self.left = self.left.checked_sub(1).ok_or(Halt::Exhausted)?;
        Ok(())
    }
}

impl Chooser for Short {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        self.take()?;
        self.inner.next(offered)
    }
    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        self.drawing = self.left == 0;
        self.take()?;
        self.inner.draw(draw)
    }
    fn watches(&self) -> bool {
        self.watches
    }
}

/// A chooser that is told of every step.
struct Watching(Box<dyn Chooser>);

impl Chooser for Watching {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        self.0.next(offered)
    }
    fn draw(&mut self, draw: &Draw) -> Result<u64, Halt> {
        self.0.draw(draw)
    }
    fn watches(&self) -> bool {
        true
    }
}

#[test]
fn scenarios_hold_under_many_seeds() {
    let failing_by_design = ["bank.json"];
    for path in files("scenarios") {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if failing_by_design.contains(&name) {
            continue;
        }
        let scenario = load(&path);
        let mut simulation = scenario.simulation(None);
        for seed in 0..20 {
            let (outcome, _) = simulation.run(Box::new(Seeded::new(seed)), Keep::default());
            let told = report::failure(&outcome.verdict, name).unwrap_or_default();
            assert_eq!(outcome.verdict.word(), "passed", "{name}, seed {seed}: {told}");
        }
    }
}

/// The same bytes in every build profile: the snapshot is one for all. It has the digest and the SHA-1 of all that a run leaves behind.
#[test]
fn digests_are_the_same_in_every_build() {
    use sha1::{Digest as _, Sha1};
    let mut told = String::new();
    for path in FOLDERS.into_iter().flat_map(files) {
        let scenario = load(&path);
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("a path in the repository").display();
        for clock in [Clock::Strict, Clock::Loose] {
            let (trace, all) = everything(&scenario, clock, Box::new(Seeded::new(7)));
            let digest = trace.ending.expect("an ending").digest;
            told.push_str(&format!("{name} {clock:?} {digest} {:x}\n", Sha1::digest(&all)));
        }
    }
    insta::assert_snapshot!(told);
}

/// Theater's rule, computed by nothing of ours: SHA-1 over the compact JSON of the event with an empty hash.
#[test]
fn written_chains_hold_under_an_independent_computation() {
    use sha1::{Digest as _, Sha1};
    for path in files("scenarios") {
        let scenario = load(&path);
        let (outcome, _) =
            scenario.simulation(None).run(Box::new(Seeded::new(3)), Keep { trace: false, acts: true });
        let acts = outcome.acts.expect("acts");
        for (place, role) in scenario.setting.roles.iter().enumerate() {
            if *role == Role::Client {
                continue;
            }
            let mut parent = serde_json::Value::Null;
            let events = chain(&acts, ActorId(place as u32), ChainForm::B, &scenario.setting.directory);
            let mut bytes = Vec::new();
            rehearsal::chain::write_array(&mut bytes, &events).expect("written");
            let read: Vec<serde_json::Map<String, serde_json::Value>> =
                serde_json::from_slice(&bytes).expect("JSON");
            for event in read {
                let mut hashed = event.clone();
                hashed.insert("hash".into(), serde_json::json!([]));
                let text = serde_json::to_vec(&hashed).expect("JSON");
                let computed = serde_json::json!(Sha1::digest(&text).to_vec());
                assert_eq!(event["hash"], computed, "{}", path.display());
                assert_eq!(event["parent_hash"], parent, "{}", path.display());
                parent = computed;
            }
        }
    }
}

/// Canaries with components: each is found from three base seeds, breaks what it is meant to break, and comes down to its known
/// length; its repaired twin is clean, and that is proved.
#[test]
fn canaries_are_found_and_their_twins_are_clean() {
    use rehearsal::explore::{Options, explore};
    use std::sync::atomic::AtomicBool;
    let canaries = [
        ("request-cycle", "no deadlock", 2),
        ("message-after-close", "no lost message", 7),
        ("timeout-between-replies", "both are answered or neither", 3),
        ("cancel-and-release", "the request is answered", 4),
    ];
    let search = |name: &str, options: &Options| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
        explore(&load(&path), options, &AtomicBool::new(false), &mut |_| {}).expect("a search")
    };
    for (name, property, steps) in canaries {
        for seed in [1, 2, 3] {
            let options = Options { seed, runs: Some(100), ..Options::default() };
            let found = search(&format!("canaries/{name}.json"), &options);
            let failure =
                found.failures.first().unwrap_or_else(|| panic!("{name} was not found from {seed}"));
            assert_eq!(failure.found.property, property, "{name}");
            assert_eq!(failure.shrunk.steps, steps, "{name} from {seed}");
        }
        let twin = format!("correct/{name}.json");
        let sampled = search(&twin, &Options { runs: Some(300), ..Options::default() });
        assert!(sampled.failures.is_empty(), "{name}");
        let all =
            search(&twin, &Options { strategy: "dpor".parse().expect("a strategy"), ..Options::default() });
        assert!(all.failures.is_empty() && all.findings.complete, "{name}");
    }
}
