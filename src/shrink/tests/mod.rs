//! Shrinking held to its promises: the same property, never longer, repeatable, and nothing left to leave out.

mod known;
mod random;

use super::*;
use crate::choice::Chooser;
use crate::chooser::{Guided, Seeded};
use crate::load::FileLoader;
use serde_json::{Value, json};

pub(super) fn scenario(file: &Value) -> Scenario {
    let text = file.to_string();
    let mut loader = FileLoader::new("", None);
    Scenario::parse(&text, "x.json", &mut loader).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Three clients with ten messages each to one actor, and orderings of which not all may come about.
pub(super) fn orders(orders: &[(&str, &str)]) -> Scenario {
    let script = |name: &str| -> Value {
        let body = |i: usize| json!({ "text": format!("\"{name}{i}\"") });
        (1..=10).map(|i| json!({ "send": { "to": "server", "body": body(i) } })).collect()
    };
    let before =
        |(first, then): &(&str, &str)| json!({ "before": { "key": "got", "first": first, "then": then } });
    scenario(&json!({
        "rehearsal": 1, "name": "orders", "clock": "loose",
        "actors": { "server": { "native": "log" } },
        "clients": { "a": script("a"), "b": script("b"), "c": script("c") },
        "properties": [
            { "name": "not all", "never": { "all": orders.iter().map(before).collect::<Vec<_>>() } },
        ],
    }))
}

pub(super) fn outcome_of(scenario: &Scenario, chooser: Box<dyn Chooser>) -> Outcome {
    scenario.simulation(None).run(chooser, Keep { trace: true, acts: false }).0
}

/// The first failing run from this seed on, and what it breaks.
pub(super) fn find(scenario: &Scenario, seed: u64, runs: u64) -> Option<(Vec<Choice>, String)> {
    (seed..seed + runs).find_map(|seed| {
        let outcome = outcome_of(scenario, Box::new(Seeded::new(seed)));
        let broken = outcome.verdict.broken()?.to_owned();
        Some((outcome.record?.choices, broken))
    })
}

pub(super) fn shrunk(scenario: &Scenario, choices: &[Choice], property: &str) -> Shrunk {
    shrink(scenario, scenario.setting.clock, choices, property, 20_000, &mut |_| {})
}

pub(super) fn names(scenario: &Scenario, shrunk: &Shrunk) -> Vec<String> {
    let names = scenario.setting.directory.names();
    let events = shrunk.choices.iter().filter_map(|choice| match choice {
        Choice::Next(event) => Some(event.name(names).to_string()),
        Choice::Drew(..) => None,
    });
    events.collect()
}

/// No single step can be left out: what is left breaks the property in no fewer steps, however it is finished.
pub(super) fn assert_minimal(scenario: &Scenario, shrunk: &Shrunk, property: &str) {
    assert!(shrunk.minimal);
    let mut simulation = scenario.simulation(None);
    let plan = Plan::of(&shrunk.choices);
    for left_out in 0..plan.steps.len() {
        let rest = plan.without(left_out..left_out + 1);
        let guided = Guided::new(rest.choices());
        let ran = trials::follow(&mut simulation, rest, shrunk.steps - 1);
        assert!(!ran.verdict.breaks(property), "step {left_out} can be left out");
        if plan.draws.is_empty() {
            let outcome = outcome_of(scenario, Box::new(guided));
            let shorter = outcome.verdict.breaks(property) && outcome.steps < shrunk.steps;
            assert!(!shorter, "step {left_out} can be left out");
        }
    }
}

/// All that is promised of any result.
pub(super) fn assert_sound(scenario: &Scenario, choices: &[Choice], property: &str) -> Shrunk {
    let result = shrunk(scenario, choices, property);
    let again = shrunk(scenario, choices, property);
    assert_eq!((&result.choices, result.runs), (&again.choices, again.runs));
    assert!(result.verified && result.outcome.verdict.breaks(property));
    assert!(result.steps <= result.from);
    let record = result.outcome.record.as_ref().expect("a full record");
    assert_eq!(record.choices, result.choices);
    assert_minimal(scenario, &result, property);
    let smaller = shrunk(scenario, &result.choices, property);
    assert_eq!(smaller.measure, result.measure, "shrinking again finds no more");
    result
}
