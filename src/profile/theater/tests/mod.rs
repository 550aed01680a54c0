//! The rules, with native actors.

mod lab;
mod rules;
mod table;

use crate::chooser::{Fifo, Seeded};
use crate::profile::Profile;
use crate::run::{Keep, Outcome, Simulation};
use crate::scenario::Scenario;
use crate::state::Directory;
use lab::LabLoader;
use serde_json::{Value, json};

const CAST: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// A scenario with these actors (their scripts) and one client for each list of steps.
pub(super) fn stage(profile: Profile, theater: Value, actors: Value, clients: &[Value]) -> Scenario {
    let mut cast = serde_json::Map::new();
    for (name, config) in actors.as_object().expect("actors") {
        cast.insert(name.clone(), json!({ "native": "lab", "state": { "json": config } }));
    }
    let mut scripts = serde_json::Map::new();
    for (place, steps) in clients.iter().enumerate() {
        scripts.insert(format!("client-{}", place + 1), steps.clone());
    }
    let text = json!({
        "rehearsal": 1, "name": "t", "profile": profile.name(), "theater": theater, "actors": cast, "clients": scripts,
        "waive": ["trap", "deadlock", "stuck call", "expectations", "bounds"],
    });
    let addresses = CAST.map(|name| (name.to_owned(), Directory::derived(name))).to_vec();
    match Scenario::parse(&text.to_string(), "t.json", &mut LabLoader(addresses)) {
        Ok(scenario) => scenario,
        Err(error) => panic!("{error}"),
    }
}

/// A step of a client: a script for an actor, sent.
pub(super) fn tell(to: &str, script: Value) -> Value {
    json!({ "send": { "to": to, "body": { "json": script } } })
}

/// What was observed, as `actor key value`, in order.
pub(super) fn seen(simulation: &Simulation) -> Vec<String> {
    let state = simulation.state();
    let seen = state.record.observations.iter();
    seen.map(|seen| format!("{} {}", state.name(seen.actor), seen.value.as_str().unwrap_or_default()))
        .collect()
}

/// One quiet run: what was observed, and the outcome.
pub(super) fn quiet(scenario: &Scenario) -> (Vec<String>, Outcome) {
    let mut simulation = scenario.simulation(None);
    let (outcome, _) = simulation.run(Box::new(Fifo), Keep { trace: true, acts: false });
    (seen(&simulation), outcome)
}

/// Random runs: every distinct list of observations, with how often it came, and how many runs lost a message.
pub(super) fn runs(scenario: &Scenario, count: u64) -> (Vec<Vec<String>>, u64) {
    let mut simulation = scenario.simulation(None);
    let (mut all, mut lost) = (Vec::new(), 0);
    for seed in 0..count {
        simulation.run(Box::new(Seeded::new(seed)), Keep::default());
        lost += u64::from(simulation.state().record.lost > 0);
        let seen = seen(&simulation);
        if !all.contains(&seen) {
            all.push(seen);
        }
    }
    (all, lost)
}

pub(super) fn notes(outcome: &Outcome) -> Vec<String> {
    let notes = outcome.record.as_ref().map(|record| record.notes.clone()).unwrap_or_default();
    notes.into_iter().map(|note| note.text).collect()
}

#[test]
fn a_send_arrives() {
    for profile in [Profile::Theater02, Profile::Theater03] {
        let actors = json!({ "a": {}, "b": {} });
        let scenario = stage(
            profile,
            json!({}),
            actors,
            &[json!([tell("a", json!([["send", Directory::derived("b"), "hi"]]))])],
        );
        let (seen, outcome) = quiet(&scenario);
        assert_eq!(seen.len(), 2, "{seen:?} {:?}", notes(&outcome));
        assert!(seen.contains(&"b send hi".to_owned()) && seen.contains(&"a send ok".to_owned()));
    }
}

#[test]
fn a_channel_opens_carries_and_closes() {
    for (profile, closes) in [(Profile::Theater02, 2), (Profile::Theater03, 1)] {
        let actors = json!({ "a": {}, "b": {} });
        let b = Directory::derived("b");
        let script = json!([["open", b, "x"], ["chan", "m"], ["close"]]);
        let scenario = stage(profile, json!({}), actors, &[json!([tell("a", script)])]);
        let (seen, outcome) = quiet(&scenario);
        let count = |text: &str| seen.iter().filter(|line| line.ends_with(text)).count();
        assert_eq!(count("open ok"), 1, "{seen:?} {:?}", notes(&outcome));
        assert_eq!(count("b message m"), 1, "{seen:?}");
        assert_eq!(count(" close"), closes, "{seen:?} {:?}", notes(&outcome));
    }
}
