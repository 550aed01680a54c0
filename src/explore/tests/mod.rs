//! Searches tested on the scenarios that come with the tool, and on actors that cheat.

mod cut;

use super::*;
use crate::actor::{Actor, Ended, Input, Turn};
use crate::limits::Limits;
use crate::load;
use crate::scenario::{ActorSpec, Loaded, Loader};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const CANARIES: [&str; 5] = ["lost-update", "chain", "two-change", "starve", "alternation"];

fn file(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(format!("{name}.json"));
    load::scenario(&path, None, None).unwrap()
}

fn search(scenario: &Scenario, options: &Options) -> Search {
    explore(scenario, options, &AtomicBool::new(false), &mut |_| {}).unwrap()
}

fn quick() -> Options {
    Options { repeat: 0, shrink: false, ..Options::default() }
}

#[test]
fn canaries_are_found_by_the_mix() {
    // Three times the median and more: see `examples/runs_to_find.rs`.
    let within = [20, 2_000, 2_000, 1_000, 1_000];
    for (name, most) in CANARIES.into_iter().zip(within) {
        let scenario = file(&format!("canaries/{name}"));
        for seed in [1, 2, 3] {
            let found = search(&scenario, &Options { seed, runs: Some(most), ..quick() });
            let failure =
                found.failures.first().unwrap_or_else(|| panic!("{name} was not found from {seed}"));
            assert!(failure.found.verified);
            assert_eq!(failure.found.property, scenario.properties[0].name());
        }
    }
}

#[test]
fn native_canaries_come_down_to_their_known_length() {
    for (name, steps) in [("lost-update", 6), ("check-then-act-on-a-channel", 6), ("aba", 6)] {
        let scenario = file(&format!("canaries/{name}"));
        for seed in [1, 2, 3] {
            let options = Options { seed, runs: Some(200), ..Options::default() };
            let found = search(&scenario, &options);
            let failure =
                found.failures.first().unwrap_or_else(|| panic!("{name} was not found from {seed}"));
            assert_eq!(failure.found.property, scenario.properties[0].name());
            assert_eq!((failure.found.steps, failure.found.minimal), (steps, true), "{name} from {seed}");
        }
    }
}

#[test]
fn correct_protocols_are_proved() {
    let names = ["token-ring", "two-phase-commit", "idempotent-retry", "leader-election", "aba"];
    for name in names.into_iter().chain(["lost-update", "check-then-act-on-a-channel"]) {
        let scenario = file(&format!("correct/{name}"));
        let sampled = search(&scenario, &Options { runs: Some(300), ..quick() }).findings;
        let all = search(&scenario, &Options { strategy: Strategy::Dpor, ..quick() }).findings;
        assert!(all.complete, "{name}");
        for found in [sampled, all] {
            assert!(!found.failed() && found.never_seen().is_empty(), "{name}: {:?}", found.failing);
        }
    }
}

#[test]
fn repaired_twins_are_clean() {
    for name in CANARIES {
        let found = search(&file(&format!("correct/{name}")), &Options { runs: Some(1_000), ..quick() });
        assert_eq!(found.findings.failing, [].into(), "{name}");
    }
}

#[test]
fn the_result_does_not_depend_on_the_jobs() {
    for (name, keep_going) in [("canaries/two-change", false), ("canaries/lost-update", true), ("hot", false)]
    {
        let scenario = file(name);
        let options = Options { runs: Some(2_000), keep_going, repeat: 16, ..quick() };
        let one = search(&scenario, &options).findings;
        for jobs in [2, 5] {
            let several = search(&scenario, &Options { jobs, ..options.clone() }).findings;
            assert_eq!(one, several, "{name} with {jobs} jobs");
        }
    }
}

#[test]
fn shards_make_the_whole() {
    for name in ["canaries/lost-update", "canaries/alternation", "three-by-two"] {
        let scenario = file(name);
        let options = Options { runs: Some(1_001), keep_going: true, ..Options::default() };
        let whole = search(&scenario, &options).findings;
        let parts: Vec<Findings> = (0..3)
            .map(|index| {
                let shard = Shard { index, count: 3 };
                search(&scenario, &Options { shard, ..options.clone() }).findings
            })
            .collect();
        assert_eq!(parts.iter().map(|part| part.runs).sum::<u64>(), 1_001);
        assert_eq!(Findings::merge(&parts).unwrap(), whole, "{name}");
        let twice = Findings::merge(&[parts[0].clone(), parts[0].clone()]).unwrap_err();
        assert!(twice.to_string().contains("is there twice"));
    }
}

#[test]
fn findings_read_back() {
    let options = Options { runs: Some(200), keep_going: true, ..quick() };
    let findings = search(&file("canaries/lost-update"), &options).findings;
    let text = serde_json::to_string(&findings).unwrap();
    assert_eq!(serde_json::from_str::<Findings>(&text).unwrap(), findings);
}

#[test]
fn every_strategy_repeats_itself() {
    let scenario = file("canaries/alternation");
    for name in ["random", "pct:1", "pct:3", "pos", "weights", "rounds", "fifo", "mix"] {
        let options =
            Options { strategy: name.parse().unwrap(), runs: Some(150), keep_going: true, ..quick() };
        assert_eq!(search(&scenario, &options).findings, search(&scenario, &options).findings, "{name}");
    }
}

#[test]
fn coverage_is_counted() {
    let options = Options { runs: Some(4_000), ..quick() };
    let findings = search(&file("three-by-two"), &options).findings;
    assert_eq!(findings.orders.len(), 90);
    // Every message may come right before or after every other one of another client.
    assert_eq!(findings.race_counts(), (12, 12));
    let noise = search(&file("noise"), &Options { runs: Some(4_000), ..quick() }).findings;
    assert_eq!(noise.orders.len(), 20);
    assert_eq!(noise.race_counts().0, 9, "the noise races with nobody");
}

#[test]
fn walks_are_followed_to_their_end() {
    let walk = |name: &str, strategy: Strategy, fingerprint| {
        search(&file(name), &Options { strategy, fingerprint, ..quick() }).findings
    };
    let all = walk("three-by-two", Strategy::Dpor, Fingerprint::None);
    assert_eq!((all.runs, all.orders.len(), all.complete), (90, 90, true));
    let noise = walk("noise", Strategy::Dpor, Fingerprint::None);
    assert_eq!((noise.runs, noise.complete), (20, true));
    let hot = walk("hot", Strategy::Dfs, Fingerprint::State);
    assert!(hot.states.is_some_and(|states| states <= 1_331), "{:?}", hot.states);
    assert!(hot.complete);
    let broken = walk("canaries/lost-update", Strategy::Dpor, Fingerprint::None);
    assert!(broken.failed() && !broken.complete);
}

#[test]
fn a_stop_keeps_what_was_found() {
    let scenario = file("canaries/lost-update");
    for jobs in [1, 3] {
        let stop = AtomicBool::new(false);
        let options = Options { endless: true, keep_going: true, jobs, ..Options::default() };
        let found = explore(&scenario, &options, &stop, &mut |at| {
            stop.store(at.failing > 20, Ordering::Relaxed);
        })
        .unwrap();
        assert!(found.stopped);
        assert!(found.findings.runs > 20);
        assert!(!found.failures.is_empty());
    }
}

#[test]
fn when_time_is_up_what_was_found_is_still_cut_down() {
    let scenario = file("canaries/lost-update");
    for strategy in [Strategy::default(), Strategy::Dpor] {
        for interrupted in [false, true] {
            let (over, stop) = (AtomicBool::new(false), AtomicBool::new(interrupted));
            let options = Options {
                strategy,
                endless: !strategy.is_exhaustive(),
                keep_going: true,
                ..Options::default()
            };
            let found = explore_until(&scenario, &options, &over, &stop, &mut |at| {
                over.store(at.failing > 0, Ordering::Relaxed);
            })
            .unwrap();
            let minimal = found.failures.iter().all(|failure| failure.found.minimal);
            assert_eq!(minimal, !interrupted, "{strategy}");
        }
    }
}

#[test]
fn failures_of_one_shape_are_one() {
    let options = Options { runs: Some(200), keep_going: true, ..Options::default() };
    let found = search(&file("canaries/lost-update"), &options);
    let runs: usize = found.findings.failures.iter().map(|failure| failure.runs.len()).sum();
    assert_eq!(runs, MOST_HITS);
    assert!(found.failures.len() <= 4, "{} shapes", found.failures.len());
    assert!(found.findings.failing["no update is lost"] > MOST_HITS as u64);
}

#[test]
fn shards_are_read() {
    let shard = |text: &str| text.parse::<Shard>().map(|shard| (shard.index, shard.count));
    assert_eq!(shard("0/4").unwrap(), (0, 4));
    assert_eq!(shard("4/4").unwrap(), (0, 4));
    for wrong in ["5/4", "0/0", "1", "a/b"] {
        assert!(shard(wrong).is_err(), "{wrong}");
    }
    let runs =
        |index| (0..).map(move |place| Shard { index, count: 3 }.run(place)).take(4).collect::<Vec<_>>();
    assert_eq!(runs(1), [1, 4, 7, 10]);
    assert_eq!((0..3).map(|index| Shard { index, count: 3 }.share(10)).collect::<Vec<_>>(), [4, 3, 3]);
}

/// An actor that answers with how often it was ever asked: it forgets nothing, or looks at what all share.
struct Cheat {
    own: u64,
    shared: Option<Arc<AtomicU64>>,
}

impl Actor for Cheat {
    fn turn(&mut self, input: Input, _: &mut Turn<'_>) -> Ended {
        if let Input::Init = input {
            return Ended::DONE;
        }
        self.own += 1;
        let count = self.shared.as_ref().map_or(self.own, |shared| shared.fetch_add(1, Ordering::Relaxed));
        Ended::reply(count.to_string())
    }

    fn reset(&mut self) -> bool {
        true // and keeps `own`
    }
}

struct Cheats(bool);

impl Loader for Cheats {
    fn actor(&mut self, _: &str, _: &ActorSpec, _: &Limits) -> Result<Loaded> {
        let shared = self.0.then(|| Arc::new(AtomicU64::new(0)));
        let factory: crate::run::Factory =
            Arc::new(move || Box::new(Cheat { own: 0, shared: shared.clone() }));
        Ok(Loaded { factory, hash: None, shows_state: false })
    }
}

#[test]
fn what_does_not_repeat_is_found_and_explained() {
    let text = r#"{"rehearsal": 1, "name": "cheat", "actors": {"cheat": {"native": "cheat"}},
        "clients": {"a": [{"send": {"to": "cheat", "body": {"text": "x"}}},
                          {"request": {"to": "cheat", "body": {"text": "x"}}}]}}"#;
    for (shared, cause) in
        [(false, "`cheat` keeps something across `reset`"), (true, "does not pass by the door")]
    {
        let scenario = Scenario::parse(text, "cheat.json", &mut Cheats(shared)).unwrap();
        let found = search(&scenario, &Options::default());
        let failure = &found.failures[0].found;
        assert_eq!((failure.property.as_str(), failure.run), ("runs repeat exactly", 1));
        assert_eq!(failure.steps, 2);
        let notes = failure.notes.join("\n");
        assert!(notes.contains("differ at step 2, in `cheat`"), "{notes}");
        assert!(notes.contains("deliver a -> cheat #2"), "{notes}");
        assert!(notes.contains(cause), "{notes}");
    }
}

/// Two clients, two logs, and a property of each that one order alone breaks.
const TWO_FAILURES: &str = r#"{"rehearsal": 1, "name": "two", "actors": {"one": {"native": "log"}, "two": {"native": "log"}},
    "clients": {"a": [{"send": {"to": "one", "body": {"text": "a"}}}, {"send": {"to": "two", "body": {"text": "a"}}}],
                "b": [{"send": {"to": "one", "body": {"text": "b"}}}, {"send": {"to": "two", "body": {"text": "b"}}}]},
    "properties": [
        {"name": "first", "never": {"last": {"key": "got", "actor": "one", "equals": "b"}}},
        {"name": "second", "never": {"all": [{"last": {"key": "got", "actor": "one", "equals": "b"}},
                                             {"last": {"key": "got", "actor": "two", "equals": "b"}}]}}]}"#;

#[test]
fn what_lies_beyond_a_failure_is_found_too() {
    let scenario = Scenario::parse(TWO_FAILURES, "two.json", &mut load::FileLoader::new(".", None)).unwrap();
    let both = |strategy, fingerprint| {
        let options = Options { strategy, fingerprint, keep_going: true, ..Options::default() };
        let found = search(&scenario, &options);
        assert!(found.findings.complete);
        found
    };
    for (strategy, fingerprint) in [
        (Strategy::Dpor, Fingerprint::None),
        (Strategy::Dfs, Fingerprint::None),
        (Strategy::Dfs, Fingerprint::History),
        (Strategy::Dfs, Fingerprint::State),
    ] {
        let found = both(strategy, fingerprint);
        let names: Vec<&str> = found.findings.failing.keys().map(String::as_str).collect();
        assert_eq!(names, ["first", "second"], "{strategy} {fingerprint:?}");
        for failure in &found.failures {
            assert!(failure.found.verified, "{strategy}: {:?}", failure.found);
            let least = if failure.found.property == "first" { 1 } else { 2 };
            assert_eq!(failure.found.steps, least, "{:?}", failure.found.schedule);
        }
    }
}
