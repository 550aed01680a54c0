//! Chains of real runtimes brought back to life, and what is told where an actor does something else.
#![cfg(feature = "wasm")]

use rehearsal::chain::{self, ChainBuilder, ChainEvent, ChainForm, Decoded, HostCall, Val, decode};
use rehearsal::limits::Limits;
use rehearsal::load;
use rehearsal::revive::{ChainRecord, ReplayOptions, Report, replay};
use rehearsal::run::Factory;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const CHAINS: &str = "tests/data/chains";

/// Compiled once for all tests.
fn factory(component: &str) -> Factory {
    static MADE: Mutex<Vec<(String, Factory)>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap();
    if let Some((_, factory)) = made.iter().find(|(name, _)| name == component) {
        return factory.clone();
    }
    let mut limits = Limits::default();
    limits.fuel = 1_000_000_000_000;
    let path = Path::new("scenarios/actors").join(component);
    let factory = load::component(&path, None, &limits).unwrap().factory;
    made.push((component.to_owned(), factory.clone()));
    factory
}

/// The recorded chains that say by which component they were made: the file, and the component.
fn recordings() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let folders = |path: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect()
    };
    for experiment in folders(CHAINS.as_ref()).iter().flat_map(|folder| folders(folder)) {
        let meta = std::fs::read(experiment.join("meta.json")).unwrap();
        let meta: serde_json::Value = serde_json::from_slice(&meta).unwrap();
        for actor in meta["actors"].as_array().unwrap() {
            let name = format!("{}.json", actor["name"].as_str().unwrap());
            found.push((experiment.join(name), actor["component"].as_str().unwrap().to_owned()));
        }
    }
    found.sort();
    found
}

fn record(path: &Path) -> ChainRecord {
    let opened = chain::open(path, chain::Limits::default()).unwrap().remove(0);
    ChainRecord::read(opened).unwrap()
}

fn of(events: &[ChainEvent]) -> ChainRecord {
    let mut bytes = Vec::new();
    chain::write_array(&mut bytes, events).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    record(file.path())
}

fn events(path: &str) -> Vec<ChainEvent> {
    record(&Path::new(CHAINS).join(path)).entries.into_iter().map(|entry| entry.event).collect()
}

/// The same events, linked and hashed again: nothing but replaying can tell that they were changed.
fn sealed(mut events: Vec<ChainEvent>) -> Vec<ChainEvent> {
    let mut before = None;
    for event in &mut events {
        event.parent_hash = before;
        event.seal();
        before = Some(event.hash);
    }
    events
}

fn play(record: ChainRecord, component: &str) -> Report {
    replay(&Arc::new(record), &factory(component), &ReplayOptions::default()).unwrap()
}

fn place(events: &[ChainEvent], like: impl Fn(&Decoded) -> bool) -> usize {
    events.iter().position(|event| like(&decode(event))).unwrap()
}

#[test]
fn every_recording_comes_back_to_life() {
    let recordings = recordings();
    assert_eq!(recordings.len(), 21);
    for (path, component) in recordings {
        let report = play(record(&path), &component);
        assert!(report.holds(), "{}", report.human("again"));
        assert_eq!(report.matched + report.own + report.traps, report.events, "{}", report.human("again"));
        assert!(report.by_meaning == 0 && report.carried.is_empty() && report.ends_inside.is_none());
        assert!(report.inferred.iter().all(|one| one.borne_out), "{}", report.human("again"));
    }
}

const OPENER: [(&str, &str); 3] = [
    ("runtime-2025-07-10/e3-channel/opener.json", "lab-c.wasm"),
    ("router-2026-01-03/e3-channel/opener.json", "lab-c.wasm"),
    ("router-2026-01-14/e3-channel/opener.json", "lab-a.wasm"),
];

#[test]
fn a_changed_result_is_told_with_both_sides() {
    for (path, component) in OPENER {
        let mut events = events(path);
        let last = events.len() - 1;
        let text = String::from_utf8(events[last].data.clone()).unwrap();
        // The last letter of the state, which is an array of byte values: `}` becomes `|`.
        let at = text.rfind("125]").unwrap();
        events[last].data = format!("{}124]{}", &text[..at], &text[at + 4..]).into_bytes();
        let report = play(of(&sealed(events)), component);
        let found = report.divergence.expect("told");
        assert_eq!(found.event, last, "{path}");
        assert!(found.recorded.0.ends_with('|') && found.made.0.ends_with('}'), "{found:?}");
    }
}

#[test]
fn a_changed_argument_is_told() {
    for (path, component) in &OPENER[..2] {
        let mut events = events(path);
        let sent = place(
            &events,
            |said| matches!(said, Decoded::HostBegan { function, .. } if function == "send-on-channel"),
        );
        let text = String::from_utf8(events[sent].data.clone()).unwrap();
        events[sent].data = text.replace("\"msg\":[109,48]", "\"msg\":[109,49]").into_bytes();
        let report = play(of(&sealed(events)), component);
        let found = report.divergence.expect("told");
        assert_eq!((found.event, found.call.map(|(call, _)| call)), (sent, Some(3)), "{path}");
        assert!(found.recorded.0.contains("\"m1\"") && found.made.0.contains("\"m0\""));
    }
}

#[test]
fn a_changed_answer_shows_in_what_the_actor_makes_of_it() {
    let mut events = events(OPENER[0].0);
    let answer = place(
        &events,
        |said| matches!(said, Decoded::HostEnded { function, .. } if function == "send-on-channel"),
    );
    let channel = "Error\":{\"operation\":\"send-on-channel\",\"recipient\":null,\"message\":\"no\"";
    events[answer].data = format!("{{\"Message\":{{\"{channel}}}}}}}").into_bytes();
    let report = play(of(&sealed(events)), OPENER[0].1);
    let found = report.divergence.expect("told");
    assert_eq!(found.event, answer + 1);
    assert!(found.made.0.contains("chan ERR:no"), "{found:?}");
}

#[test]
fn a_dropped_event_and_one_too_many_are_told() {
    for (path, component) in OPENER {
        let whole = events(path);
        let first_call = place(&whole, |said| matches!(said, Decoded::Call { .. }));
        for drop in first_call..whole.len() - 1 {
            let mut dropped = whole.clone();
            dropped.remove(drop);
            let report = play(of(&sealed(dropped)), component);
            assert!(!report.holds(), "{path}: event {drop} was dropped: {}", report.human("again"));
        }
        let mut more = whole.clone();
        more.push(whole[whole.len() - 1].clone());
        let report = play(of(&sealed(more)), component);
        let found = report.divergence.expect("told");
        assert_eq!((found.event, found.call), (whole.len(), None), "{path}");
    }
}

#[test]
fn a_chain_that_does_not_hold_itself_is_told() {
    let mut broken = events(OPENER[0].0);
    broken[30].data[20] ^= 1;
    let found = play(of(&broken), OPENER[0].1).divergence.expect("told");
    assert_eq!(found.event, 30);
    assert_ne!(found.recorded.1, found.made.1);
}

#[test]
fn a_chain_may_end_anywhere() {
    for (path, component) in OPENER {
        let whole = events(path);
        for length in 1..whole.len() {
            let report = play(of(&whole[..length]), component);
            assert!(report.holds(), "{path}, {length} events: {}", report.human("again"));
            let open = record(&Path::new(CHAINS).join(path)).entries[..length]
                .iter()
                .rfind(|entry| {
                    matches!(
                        entry.said,
                        Decoded::Call { .. } | Decoded::Returned { .. } | Decoded::Failed { .. }
                    )
                })
                .is_some_and(|entry| matches!(entry.said, Decoded::Call { .. }));
            assert_eq!(report.ends_inside.is_some(), open, "{path}, {length} events");
        }
    }
}

#[test]
fn hostile_chains_are_told_and_never_a_panic() {
    let client = "theater:simple/message-server-client.";
    let mut odd = ChainBuilder::new(ChainForm::B);
    odd.wasm_call(&format!("{client}handle-request"), b"[\"no uuid\",[1]]", 0);
    let options = ReplayOptions::default();
    let record = Arc::new(of(odd.events()));
    // An id of another form is passed as it is.
    assert!(replay(&record, &factory("lab-a.wasm"), &options).unwrap().holds());

    let mut odd = ChainBuilder::new(ChainForm::B);
    odd.wasm_call(&format!("{client}handle-request"), b"no JSON", 0);
    let record = Arc::new(of(odd.events()));
    assert!(replay(&record, &factory("lab-a.wasm"), &options).is_err());

    let mut odd = ChainBuilder::new(ChainForm::A);
    odd.wasm_result("theater:simple/actor.init", None, b"null", 0);
    assert_eq!(play(of(odd.events()), "lab-a.wasm").divergence.unwrap().event, 0);

    let mut odd = ChainBuilder::new(ChainForm::B);
    odd.wasm_call("theater:simple/actor.init", b"null", 0);
    odd.append("theater:simple/runtime/log", b"{\"category\":\"HostFunction\"}".to_vec(), 0, "");
    odd.host_call(&HostCall::messaging("send", vec![Val::Bool(true)]), &Val::Resource { owned: true }, 0);
    assert!(!play(of(odd.events()), "lab-a.wasm").holds());
}
