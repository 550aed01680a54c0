//! Generated scenarios: whatever fails is shrunk soundly, and not far from the shortest that there is.

use super::*;
use crate::choice::{Draw, Halt, Offered};
use proptest::prelude::*;
use std::any::Any;

/// Tries every order, one by one: an odometer.
#[derive(Default)]
struct Each {
    digits: Vec<(usize, usize)>,
    at: usize,
}

impl Chooser for Each {
    fn next(&mut self, offered: &Offered<'_>) -> std::result::Result<usize, Halt> {
        if self.at == self.digits.len() {
            self.digits.push((0, 0));
        }
        self.digits[self.at].1 = offered.candidates.len();
        self.at += 1;
        Ok(self.digits[self.at - 1].0)
    }
    fn draw(&mut self, _: &Draw) -> std::result::Result<u64, Halt> {
        Ok(0)
    }
}

/// The fewest steps in which any run breaks the property, if so many runs are enough to try all.
fn fewest(scenario: &Scenario, property: &str, runs: usize) -> Option<u64> {
    let mut simulation = scenario.simulation(None);
    let (mut each, mut fewest) = (Each::default(), None);
    for _ in 0..runs {
        let (outcome, chooser) = simulation.run(Box::new(each), Keep::default());
        if outcome.verdict.breaks(property) {
            fewest = Some(fewest.unwrap_or(outcome.steps).min(outcome.steps));
        }
        let chooser: Box<dyn Any> = chooser;
        let mut digits = chooser.downcast::<Each>().ok()?.digits;
        while let Some((digit, width)) = digits.pop() {
            if digit + 1 < width {
                digits.push((digit + 1, width));
                break;
            }
        }
        if digits.is_empty() {
            return fewest;
        }
        each = Each { digits, at: 0 };
    }
    None
}

fn step() -> impl Strategy<Value = Value> {
    let to = prop_oneof![Just("one"), Just("two"), Just("echo")];
    let text = prop_oneof![Just("p"), Just("q"), Just("r")];
    prop_oneof![
        4 => (to.clone(), text.clone()).prop_map(|(to, text)| json!({ "send": { "to": to, "body": { "text": text } } })),
        2 => (to, text).prop_map(|(to, text)| json!({ "request": { "to": to, "body": { "text": text } } })),
        1 => Just(json!({ "wait": "5ms" })),
    ]
}

fn predicate() -> impl Strategy<Value = Value> {
    let text = || prop_oneof![Just("p"), Just("q"), Just("r")];
    let actor = || prop_oneof![Just("one"), Just("two")];
    prop_oneof![
        (text(), text(), actor()).prop_map(
            |(a, b, actor)| json!({ "before": { "key": "got", "actor": actor, "first": a, "then": b } })
        ),
        (1..4u64).prop_map(|n| json!({ "count": { "key": "got", "equals": n } })),
        (text(), text()).prop_map(|(a, b)| json!({ "order": { "key": "got", "values": [a, b, a] } })),
        Just(json!({ "not": { "distinct": { "key": "got" } } })),
    ]
}

fn file(most_clients: usize, most_steps: usize) -> impl Strategy<Value = Value> {
    let clients =
        proptest::collection::vec(proptest::collection::vec(step(), 1..=most_steps), 2..=most_clients);
    let kind = prop_oneof![3 => Just("never"), 1 => Just("eventually")];
    (clients, predicate(), predicate(), kind, any::<bool>()).prop_map(|(clients, p, q, kind, loose)| {
        let clients: serde_json::Map<String, Value> =
            clients.into_iter().enumerate().map(|(i, steps)| (format!("client-{i}"), steps.into())).collect();
        json!({
            "rehearsal": 1, "name": "any", "clock": if loose { "loose" } else { "strict" },
            "latency": { "uniform": ["0ms", "3ms"] },
            "actors": { "one": { "native": "log" }, "two": { "native": "log" }, "echo": { "native": "echo" } },
            "clients": clients,
            "properties": [{ "name": "it", kind: { "all": [p, q] } }],
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_fails_is_shrunk_soundly(file in file(4, 5), seed in 0..1000u64) {
        let scenario = scenario(&file);
        if let Some((choices, property)) = find(&scenario, seed, 20) {
            assert_sound(&scenario, &choices, &property);
        }
    }

    #[test]
    fn it_is_not_far_from_the_shortest(mut file in file(3, 2), seed in 0..1000u64) {
        file["clock"] = "loose".into();
        let scenario = scenario(&file);
        if let Some((choices, property)) = find(&scenario, seed, 20)
            && let Some(fewest) = fewest(&scenario, &property, 5000)
        {
            let steps = shrunk(&scenario, &choices, &property).steps;
            prop_assert!(2 * steps <= 3 * fewest, "{steps} steps, where {fewest} are enough");
        }
    }
}

#[test]
fn enough_of_what_is_generated_fails() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut fails = || {
        let tree = file(4, 5).new_tree(&mut runner).expect("a scenario");
        find(&scenario(&tree.current()), 0, 20).is_some()
    };
    let failing = (0..100).filter(|_| fails()).count();
    assert!(failing >= 10, "{failing} of 100 fail: what is shrunk is hardly tried");
}
