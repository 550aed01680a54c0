//! The chains of several actors of one run, explained together by an order of deliveries that is checked by running it.
#![cfg(feature = "wasm")]

mod chains;

use rehearsal::chain::{self, ChainEvent, ChainForm};
use rehearsal::chooser::{Replay, Seeded};
use rehearsal::id::ActorId;
use rehearsal::limits::Limits;
use rehearsal::load::{self, FileLoader};
use rehearsal::profile::Profile;
use rehearsal::revive::{self, ChainRecord, Known, MOST_STEPS, Peers, ReplayOptions, Report, Tied, Woven};
use rehearsal::run::{Keep, Outcome};
use rehearsal::scenario::{Scenario, ScenarioFile};
use rehearsal::state::Clock;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn schedule(scenario: &Scenario, chains: &[(ActorId, Arc<ChainRecord>)]) -> Woven {
    revive::schedule(scenario, chains, MOST_STEPS).unwrap()
}

/// The chains of a recorded run.
fn chains(scenario: &Scenario, outcome: &Outcome, form: ChainForm) -> Vec<(ActorId, Arc<ChainRecord>)> {
    chains::of_run(scenario, outcome, form, |_| ())
}

/// Recorded run, chains, schedule, run: the same heads.
#[test]
fn what_we_record_ourselves_comes_back_with_the_same_heads() {
    let names = [
        "hello",
        "bank",
        "three-by-two",
        "forward-chain",
        "deferred-reply",
        "ring",
        "fan-in",
        "channel-life",
    ];
    for name in names {
        let path = PathBuf::from(format!("scenarios/{name}.json"));
        let scenario = load::scenario(&path, None, Some("actors")).unwrap();
        for seed in 0..5 {
            let mut simulation = scenario.simulation(Some(Clock::Loose));
            let (outcome, _) = simulation.run(Box::new(Seeded::new(seed)), Keep { trace: true, acts: true });
            for form in [ChainForm::A, ChainForm::B] {
                // Generation A does not keep the bytes that were drawn.
                if form == ChainForm::A && name == "environment-and-random" {
                    continue;
                }
                let woven = schedule(&scenario, &chains(&scenario, &outcome, form));
                assert!(woven.holds(), "{name}, seed {seed}: {:?}", woven.actors);
                let same = woven.actors.iter().all(|actor| actor.same_head);
                assert!(same || form == ChainForm::A, "{name}, seed {seed}: {:?}", woven.actors);
            }
        }
    }
}

/// The recordings: folders with what their chains were made by.
fn recorded() -> Vec<(PathBuf, Vec<(String, String)>)> {
    let mut found = Vec::new();
    for folder in ["router-2026-01-03", "router-2026-01-14", "runtime-2025-07-10"] {
        for entry in std::fs::read_dir(Path::new("tests/data/chains").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let meta = std::fs::read(path.join("meta.json")).unwrap();
            let meta: serde_json::Value = serde_json::from_slice(&meta).unwrap();
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let actors = meta["actors"].as_array().unwrap().iter();
            found.push((path, actors.map(|one| (text(&one["name"]), text(&one["component"]))).collect()));
        }
    }
    found.sort();
    found
}

/// Drafts a scenario from chains and weaves it; without a `profile`, under that which the chains tell.
fn drafted(folder: &Path, actors: &[(String, String)], profile: Option<&str>) -> (Scenario, Woven) {
    let chains: Vec<Arc<ChainRecord>> =
        actors.iter().map(|(name, _)| Arc::new(chains::read(&folder.join(format!("{name}.json"))))).collect();
    let limits = Limits::default();
    let peers = Peers::of(chains.iter().map(|chain| &**chain));
    let play = |(place, (_, component)): (usize, &(String, String))| -> Report {
        let options = ReplayOptions { peers: Arc::clone(&peers), ..ReplayOptions::default() };
        let path = Path::new("scenarios/actors").join(component);
        let loaded = load::component(&path, None, &limits).unwrap();
        revive::replay(&chains[place], &loaded.factory, &options).unwrap()
    };
    let reports: Vec<Report> = actors.iter().enumerate().map(play).collect();
    let known: Vec<Known<'_>> = actors
        .iter()
        .enumerate()
        .map(|(place, (name, component))| Known {
            name: name.clone(),
            component: component.clone(),
            record: &chains[place],
            report: &reports[place],
        })
        .collect();
    let told = revive::profile_of(chains.iter().map(|chain| &**chain));
    let profile = profile.map_or(told, |name| Profile::find(name).unwrap());
    let (draft, _) = revive::draft(&known, profile, false);
    let tied: Vec<Tied> = (chains.iter().zip(&reports).enumerate())
        .map(|(place, (record, report))| Tied {
            actor: ActorId(place as u32),
            record: Arc::clone(record),
            report: report.clone(),
        })
        .collect();
    let mut load = |draft: &ScenarioFile| {
        let text = serde_json::to_string(draft).unwrap();
        Scenario::parse(&text, "draft.json", &mut FileLoader::new("scenarios/actors", None))
    };
    revive::schedule_draft(draft, &tied, MOST_STEPS, &mut load).unwrap()
}

#[test]
fn every_recording_is_explained_and_its_order_can_be_followed() {
    let recorded = recorded();
    assert_eq!(recorded.len(), 12);
    for (folder, actors) in recorded {
        let (scenario, woven) = drafted(&folder, &actors, None);
        assert!(woven.holds(), "{}: {:?}", folder.display(), woven.actors);
        let record = woven.outcome.record.as_ref().unwrap();
        let answers = record.choices.iter().copied().map(Into::into).collect();
        let mut simulation = scenario.simulation(Some(Clock::Loose));
        let again = Replay::new(answers, scenario.names());
        let (outcome, _) = simulation.run(Box::new(again), Keep { trace: true, acts: false });
        let followed = outcome.record.unwrap().choices;
        assert_eq!(followed[..], record.choices[..followed.len()], "{}", folder.display());
    }
}

/// Who was asked the same before is asked once more, and its chain ends before it answers; several such, who have nothing to do with each other.
#[test]
fn a_question_from_outside_is_not_taken_for_an_earlier_one_that_is_alike() {
    let names = ["a", "b", "c", "d"];
    let cast = names.map(|name| format!(r#""{name}": {{"component": "counter.wasm"}}"#)).join(", ");
    let ask = |name| format!(r#"{{"request": {{"to": "{name}", "body": {{"text": "get"}}}}}}"#);
    let add = |name| format!(r#"{{"send": {{"to": "{name}", "body": {{"text": "add"}}}}}}"#);
    let client = |name| {
        let steps = [ask(name), add(name), add(name), ask(name), add(name), ask(name)].join(", ");
        format!(r#""to-{name}": [{steps}]"#)
    };
    let clients = names.map(client).join(", ");
    for profile in ["actors", "theater-0.2", "theater-0.3"] {
        let text = format!(
            r#"{{"rehearsal": 1, "name": "apart", "profile": "{profile}", "actors": {{{cast}}}, "clients": {{{clients}}}}}"#
        );
        let mut loader = FileLoader::new("scenarios/actors", None);
        let scenario = Scenario::parse(&text, "apart.json", &mut loader).unwrap();
        let mut simulation = scenario.simulation(Some(Clock::Loose));
        let keep = Keep { trace: true, acts: true };
        let (outcome, _) = simulation.run(Box::new(rehearsal::chooser::Fifo), keep);
        let folder = tempfile::tempdir().unwrap();
        let cut = |events: &mut Vec<ChainEvent>| drop(events.pop());
        for (name, (_, record)) in names.iter().zip(chains::of_run(&scenario, &outcome, ChainForm::B, cut)) {
            let events: Vec<ChainEvent> = record.entries.iter().map(|entry| entry.event.clone()).collect();
            let mut bytes = Vec::new();
            chain::write_array(&mut bytes, &events).unwrap();
            std::fs::write(folder.path().join(format!("{name}.json")), bytes).unwrap();
        }
        let actors = names.map(|name| (name.to_owned(), "counter.wasm".to_owned()));
        let (_, woven) = drafted(folder.path(), &actors, Some(profile));
        assert!(woven.holds(), "{profile}: {:?}", woven.actors);
        assert_eq!(woven.found.returns, 0, "{profile}: {} steps", woven.found.steps);
    }
}

#[test]
fn what_cannot_be_reconciled_is_named() {
    let path = PathBuf::from("scenarios/bank.json");
    let scenario = load::scenario(&path, None, Some("actors")).unwrap();
    let mut simulation = scenario.simulation(Some(Clock::Loose));
    let run = |simulation: &mut rehearsal::run::Simulation, seed| {
        simulation.run(Box::new(Seeded::new(seed)), Keep { trace: true, acts: true }).0
    };
    let first = chains(&scenario, &run(&mut simulation, 0), ChainForm::B);
    // One actor's chain of another run, in which it heard something else.
    let other =
        (1..50).map(|seed| chains(&scenario, &run(&mut simulation, seed), ChainForm::B)).find(|other| {
            other.iter().zip(&first).any(|((_, a), (_, b))| {
                a.entries.last().map(|e| e.event.hash) != b.entries.last().map(|e| e.event.hash)
            })
        });
    let other = other.expect("orders differ");
    let place = (0..first.len())
        .find(|&place| {
            first[place].1.entries.last().map(|e| e.event.hash)
                != other[place].1.entries.last().map(|e| e.event.hash)
        })
        .unwrap();
    let mut shorter = (*first[place].1).clone();
    let last = shorter.entries.len() - 1;
    shorter.entries[last] = other[place].1.entries[0].clone();
    let mut mixed = first.clone();
    mixed[place].1 = Arc::new(shorter);
    let woven = schedule(&scenario, &mixed);
    assert!(!woven.holds());
    assert!(
        woven.actors.iter().any(|actor| actor.unlike.as_ref().is_some_and(|(event, _, _)| *event == last))
    );
}

/// The same events, linked and hashed again: nothing but an order can tell that they were changed.
fn sealed(mut events: Vec<ChainEvent>) -> Arc<ChainRecord> {
    let mut before = None;
    for event in &mut events {
        event.parent_hash = before;
        event.seal();
        before = Some(event.hash);
    }
    let mut bytes = Vec::new();
    chain::write_array(&mut bytes, &events).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Arc::new(chains::read(file.path()))
}

/// A sends B two messages and then asks it something; their chains.
fn two_and_a_question() -> (Scenario, Vec<(ActorId, Arc<ChainRecord>)>) {
    let text = r#"{"rehearsal": 1, "name": "edits", "profile": "theater-0.2",
        "actors": {"a": {"component": "lab-c.wasm"}, "b": {"component": "lab-c.wasm"}},
        "clients": {"c": [{"wait": "1ms"}, {"send": {"to": "a", "body": {"json":
            [["send", "${actor.b}", "one"], ["send", "${actor.b}", "two"], ["request", "${actor.b}", "three"]]}}}]}}"#;
    let scenario =
        Scenario::parse(text, "edits.json", &mut FileLoader::new("scenarios/actors", None)).unwrap();
    let mut simulation = scenario.simulation(Some(Clock::Loose));
    let (outcome, _) = simulation.run(Box::new(rehearsal::chooser::Fifo), Keep { trace: true, acts: true });
    let chains = chains(&scenario, &outcome, ChainForm::A);
    assert!(schedule(&scenario, &chains).holds());
    (scenario, chains)
}

#[test]
fn a_chain_that_was_edited_is_told_with_both_sides() {
    let (scenario, chains) = two_and_a_question();
    let events = |place: usize| -> Vec<ChainEvent> {
        chains[place].1.entries.iter().map(|entry| entry.event.clone()).collect()
    };
    let with = |place: usize, events: Vec<ChainEvent>| {
        let mut edited = chains.clone();
        edited[place].1 = sealed(events);
        let woven = schedule(&scenario, &edited);
        assert!(!woven.holds());
        woven.conflict.join("\n")
    };
    let handled = |events: &[ChainEvent], body: &str| {
        let bytes = format!("[{:?}]", body.as_bytes()).replace(' ', "");
        let bytes: Vec<String> = bytes.bytes().map(|byte| byte.to_string()).collect();
        let params = format!("\"params\":[{}]", bytes.join(","));
        events.iter().position(|event| String::from_utf8_lossy(&event.data).contains(&params)).unwrap()
    };
    // Two messages that one sender sent change places: the receiver's state knows only how many there were.
    let mut swapped = events(1);
    let (one, two) = (handled(&swapped, "one"), handled(&swapped, "two"));
    let (first, second) = (swapped[one].data.clone(), swapped[two].data.clone());
    (swapped[one].data, swapped[two].data) = (second, first);
    let told = with(1, swapped);
    assert!(told.contains("`b`") && told.contains("\"one\"") && told.contains("\"two\""), "{told}");
    assert!(
        told.contains(&format!("event {one} of `b`")) && told.contains(&format!("event {two} of `b`")),
        "{told}"
    );
    // A message that was handled is gone from the chain, and what came after it is not.
    let mut dropped = events(1);
    dropped.drain(one..=one + 1);
    let told = with(1, dropped);
    assert!(told.contains("is not what its component does"), "{told}");
    // Another message than was sent.
    let mut altered = events(1);
    let text = String::from_utf8(altered[two].data.clone()).unwrap();
    let bytes = |body: &str| {
        format!("[{:?}]", body.as_bytes())
            .replace(' ', "")
            .bytes()
            .map(|b| b.to_string())
            .collect::<Vec<_>>()
            .join(",")
    };
    altered[two].data = text.replace(&bytes("two"), &bytes("tow")).into_bytes();
    let told = with(1, altered);
    assert!(told.contains(&format!("event {two} of `b`")) && told.contains("\"two\""), "{told}");
}

/// What is hostile in a chain is an error or a finding, never a panic, and ends.
#[test]
fn no_damage_to_a_chain_panics() {
    let (scenario, chains) = two_and_a_question();
    for place in 0..2 {
        let events: Vec<ChainEvent> =
            chains[place].1.entries.iter().map(|entry| entry.event.clone()).collect();
        for at in 0..events.len() {
            for damage in 0..4 {
                let mut events = events.clone();
                match damage {
                    0 => events[at].data[at % 7 + 3] ^= 0x15,
                    1 => events[at].data.truncate(20),
                    2 => events[at].event_type = "\u{feff}shutdown".into(),
                    _ => events[at].data = b"[".repeat(100_000),
                }
                let mut edited = chains.clone();
                edited[place].1 = sealed(events);
                if let Ok(woven) = revive::schedule(&scenario, &edited, 10_000) {
                    assert!(woven.found.steps < 200_000);
                }
            }
        }
    }
}

#[test]
fn what_is_no_chain_is_told_before_anything_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let hash = format!("[{}1]", "1,".repeat(19));
    let event = |fields: &str| format!("[{{\"hash\":{hash},\"parent_hash\":null,{fields}}}]");
    let table: [(&str, Vec<u8>, &str); 5] = [
        ("deep", [b"[".repeat(1_000_000), b"]".repeat(1_000_000)].concat(), "error"),
        ("utf8", b"[{\"hash\":[1],\"event_type\":\"\xff\xfe\"".to_vec(), "error"),
        ("short", b"[{\"hash\":[1,2],\"event_type\":\"wasm\",\"data\":[]}]".to_vec(), "error"),
        ("none", b"[]".to_vec(), "no events"),
        ("cgrf", event("\"event_type\":\"wasm\",\"data\":[67,71,82,70,2,0]").into_bytes(), "CGRF"),
    ];
    for (name, bytes, told) in table {
        let path = folder.path().join(format!("{name}.json"));
        std::fs::write(&path, bytes).unwrap();
        let read = chain::open(&path, chain::Limits::default())
            .map_err(|error| error.to_string())
            .and_then(|mut opened| ChainRecord::read(opened.remove(0)).map_err(|error| error.to_string()));
        let error = read.map(|_| ()).unwrap_err();
        assert!(error.contains(told) || told == "error", "{name}: {error}");
    }
}
