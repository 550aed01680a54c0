//! The schema and the tool say the same of a scenario: what an editor marks is refused, and what it does not mark is read.
#![cfg(feature = "cli")]

mod validator;

use rehearsal::load::FileLoader;
use rehearsal::scenario::{Scenario, schema};
use serde_json::{Value, json};
use validator::valid;

/// A scenario of one echo and one client.
fn scenario(change: impl FnOnce(&mut Value)) -> Value {
    let mut scenario = json!({
        "rehearsal": 1, "name": "t", "actors": { "n": { "native": "echo" } },
        "clients": { "a": [{ "send": { "to": "n" } }] }, "properties": [],
    });
    change(&mut scenario);
    scenario
}

fn with(key: &'static str, value: Value) -> Value {
    scenario(|scenario| scenario[key] = value)
}

fn actor(value: Value) -> Value {
    with("actors", json!({ "n": value, "m": { "native": "echo" } }))
}

fn step(value: Value) -> Value {
    let open = json!({ "open_channel": { "to": "n" } });
    let first = json!({ "request": { "to": "n", "body": { "json": { "x": 1 } } }, "capture": { "x": "/x" } });
    with("clients", json!({ "a": [open, first, value] }))
}

fn property(value: Value) -> Value {
    with("properties", json!([value]))
}

fn predicate(value: Value) -> Value {
    property(json!({ "name": "p", "always": value }))
}

/// What the tool says; nothing when it reads the scenario.
fn refused(scenario: &Value) -> Option<String> {
    let mut loader = FileLoader::new("scenarios", None);
    Scenario::parse(&scenario.to_string(), "t.json", &mut loader).err().map(|error| error.to_string())
}

fn check(good: &[Value], bad: &[Value]) {
    let schema = schema();
    for (all, expected) in [(good, true), (bad, false)] {
        for scenario in all {
            let told = refused(scenario);
            assert_eq!(told.is_none(), expected, "the tool: {scenario}\n{}", told.unwrap_or_default());
            assert_eq!(valid(&schema, scenario), expected, "the schema: {scenario}");
        }
    }
}

#[test]
fn the_top_of_a_scenario() {
    check(
        &[
            scenario(|_| {}),
            with("$schema", json!("schema.json")),
            with("about", json!("a\nb")),
            with("about", Value::Null),
            with("profile", json!("theater-0.3")),
            with("profile", Value::Null),
            with("clock", json!("loose")),
            with("early_timers", json!(0)),
            with("waive", json!(["trap", "no deadlock"])),
            with("limits", json!({ "steps": 5 })),
            with("theater", json!({ "mailbox": 1, "like": "b", "init_first": true })),
            with("environment", json!({ "A B": "c" })),
            with("latency", json!({ "constant": "1 s" })),
            with("latency", json!({ "constant": " 20ms " })),
            with("latency", json!({ "uniform": ["1us", "2us"] })),
            with("latency", json!({ "long_tailed": { "least": "0s", "typical": "1h" } })),
            with("links", json!([{ "from": "n", "to": "a", "latency": { "constant": "1min" } }])),
            with("timeouts", json!({ "request": "1s", "open_channel": null })),
            with("clients", json!({})),
            with("clients", json!({ "ä.b-c_1": [] })),
            json!({ "rehearsal": 1, "name": "t", "actors": {}, "clients": { "a": [] } }),
        ],
        &[
            json!([]),
            json!(3),
            with("rehearsal", json!(2)),
            with("rehearsal", json!("1")),
            with("$schema", json!(3)),
            with("name", Value::Null),
            with("actor", json!({})),
            with("profile", json!("theatre-0.2")),
            with("clock", json!("late")),
            with("early_timers", json!(-1)),
            with("early_timers", json!(1u64 << 32)),
            with("waive", json!(["dedlock"])),
            with("limits", json!({ "step": 5 })),
            with("theater", json!({ "mailbox": 0 })),
            with("theater", json!({ "like": "a" })),
            with("environment", json!({ "A": 1 })),
            with("latency", json!("1s")),
            with("latency", json!({})),
            with("latency", json!({ "constant": "soon" })),
            with("latency", json!({ "constant": "1s", "uniform": ["1s", "2s"] })),
            with("latency", json!({ "uniform": ["1us"] })),
            with("latency", json!({ "long_tailed": { "least": "0s" } })),
            with("links", json!([{ "from": "n", "to": "a" }])),
            with("links", json!([["n", "a", { "constant": "1s" }]])),
            with("actors", json!([])),
            with("actors", json!({ "a b": { "native": "echo" } })),
            with("clients", json!({ "": [] })),
            json!({ "rehearsal": 1, "name": "t", "actors": {} }),
            json!({ "rehearsal": 1, "actors": { "n": { "native": "echo" } } }),
        ],
    );
}

#[test]
fn actors() {
    check(
        &[
            actor(json!({ "native": "counter", "state": { "text": "5" }, "id": "x y $" })),
            actor(json!({ "native": "echo", "component": null, "init_fails": { "trap": "no" } })),
            actor(json!({ "native": "echo", "init_fails": { "error_at_once": "no" } })),
            actor(json!({ "native": "sink", "fresh": false })),
        ],
        &[
            actor(json!({})),
            actor(json!({ "native": "eco" })),
            actor(json!({ "native": null })),
            actor(json!({ "native": "echo", "component": "echo.wasm" })),
            actor(json!({ "native": "echo", "fresh": true })),
            actor(json!({ "native": "echo", "id": "" })),
            actor(json!({ "native": "echo", "id": "a\u{1b}" })),
            actor(json!({ "native": "echo", "id": "${actor.n}" })),
            actor(json!({ "native": "counter", "state": "5" })),
            actor(json!({ "native": "counter", "state": { "text": "5", "json": 5 } })),
            actor(json!({ "native": "counter", "state": { "base64": "NQ=" } })),
            actor(json!({ "native": "echo", "init_fails": { "error": "a", "trap": "b" } })),
        ],
    );
}

#[test]
fn steps() {
    let request = json!({ "to": "n" });
    check(
        &[
            step(json!({ "send": request, "expect": { "refused": "no" } })),
            step(json!({ "send": request, "request": null, "expect": null, "within": null, "capture": {} })),
            step(json!({ "request": { "to": "${x}", "body": { "json": "${x}" } }, "within": "1s" })),
            step(
                json!({ "request": request, "expect": { "json": null }, "capture": { "y": "", "z.1": "/a~1" } }),
            ),
            step(json!({ "open_channel": { "to": "n", "as": "c" }, "expect": { "text": "x" } })),
            step(json!({ "send_on_channel": { "body": { "base64": "aGk=" } } })),
            step(json!({ "send_on_channel": { "channel": "ch_1" } })),
            step(json!({ "close_channel": {}, "expect": {} })),
            step(json!({ "wait": "1ms" })),
            step(json!({ "stop": "n" })),
            step(json!({ "terminate": "n", "expect": { "refused": "" } })),
            step(json!({ "expect": { "closed": "channel" }, "within": "1s" })),
            step(json!({ "expect": { "channel": "channel", "text": "x" }, "capture": { "y": "" } })),
            step(json!({ "expect": {} })),
        ],
        &[
            step(json!({})),
            step(json!({ "within": "1s" })),
            step(json!("send")),
            step(json!({ "send": request, "request": request })),
            step(json!({ "send": request, "wait": "1s", "expect": { "refused": "" } })),
            step(json!({ "sned": request })),
            step(json!({ "send": ["n"] })),
            step(json!({ "send": { "body": { "text": "x" } } })),
            step(json!({ "send": { "to": "n", "body": "x" } })),
            step(json!({ "send": { "to": "n", "body": { "text": "x", "json": 1 } } })),
            step(json!({ "send": { "to": "n", "body": {} } })),
            step(json!({ "send": { "to": "n", "body": { "base64": "!" } } })),
            step(json!({ "send": request, "within": "1s" })),
            step(json!({ "send": request, "capture": { "y": "" } })),
            step(json!({ "send": request, "expect": { "text": "x" } })),
            step(json!({ "wait": "1s", "expect": { "text": "x" } })),
            step(json!({ "wait": 5 })),
            step(json!({ "request": request, "expect": { "closed": "channel" } })),
            step(json!({ "request": request, "expect": { "text": "x", "json": 1 } })),
            step(json!({ "request": request, "expect": { "text": "x", "channel": "channel" } })),
            step(json!({ "request": request, "expect": "x" })),
            step(json!({ "request": request, "capture": { "": "" } })),
            step(json!({ "request": request, "capture": { "a}": "" } })),
            step(json!({ "request": request, "capture": { "a b": "" } })),
            step(json!({ "request": request, "capture": { "actor.n": "" } })),
            step(json!({ "request": request, "capture": { "y": "a" } })),
            step(json!({ "request": request, "capture": { "y": "/~2" } })),
            step(json!({ "open_channel": { "to": "n", "as": "" } })),
            step(json!({ "expect": { "refused": "x" } })),
            step(json!({ "expect": { "closed": "channel", "channel": "channel" } })),
        ],
    );
}

#[test]
fn properties() {
    let seen = json!({ "key": "k", "at_least": 1 });
    check(
        &[
            property(json!({ "no": "lost message" })),
            property(json!({ "name": "n", "no": "returned error" })),
            property(json!({ "name": "p", "eventually": { "stopped": "n" }, "within": " 5s" })),
            property(json!({ "name": "p", "sometimes": { "stopped": "n" }, "required": true })),
            predicate(json!({ "all": [{ "not": { "observed": { "key": "k" } } }] })),
            predicate(json!({ "every": seen })),
            predicate(json!({ "every": { "key": "k", "equals": null } })),
            predicate(json!({ "state": { "actor": "n", "pointer": "/a~0" } })),
            predicate(json!({ "same": [{ "actor": "n" }, { "actor": "n", "pointer": "/x" }] })),
            predicate(json!({ "values": { "key": "k", "are": [] } })),
            predicate(json!({ "reply": { "client": "a", "refused": true } })),
            predicate(json!({ "answered": { "client": "a" } })),
            predicate(json!({ "failed": { "kind": "endless-loop" } })),
            predicate(json!({ "lost": { "at_most": -1 } })),
        ],
        &[
            property(json!({})),
            property(json!({ "name": "p" })),
            property(json!({ "always": { "stopped": "n" } })),
            property(json!({ "name": "p", "always": { "stopped": "n" }, "never": { "stopped": "n" } })),
            property(json!({ "name": "p", "always": { "stopped": "n" }, "within": "5s" })),
            property(json!({ "name": "p", "always": { "stopped": "n" }, "required": true })),
            property(json!({ "name": "p", "eventually": { "stopped": "n" }, "within": "soon" })),
            property(json!({ "no": "dedlock" })),
            predicate(json!({})),
            predicate(json!({ "stopped": "n", "lost": { "equals": 0 } })),
            predicate(json!({ "all": [] })),
            predicate(json!({ "any": [] })),
            predicate(json!({ "same": [{ "actor": "n" }] })),
            predicate(json!({ "sum": { "of": [], "equals": 1 } })),
            predicate(json!({ "order": { "key": "k", "values": [] } })),
            predicate(json!({ "every": { "key": "k" } })),
            predicate(json!({ "count": { "key": "k", "value": 1 } })),
            predicate(json!({ "lost": {} })),
            predicate(json!({ "channels": { "actor": "n" } })),
            predicate(json!({ "answered": { "client": "a", "count": {} } })),
            predicate(json!({ "values": { "key": "k" } })),
            predicate(json!({ "values": { "key": "k", "are": [1], "within": [1] } })),
            predicate(json!({ "reply": { "client": "a", "refused": true, "equals": 1 } })),
            predicate(json!({ "reply": { "client": "a", "refused": false } })),
            predicate(json!({ "state": { "actor": "n", "pointer": "a" } })),
            predicate(json!({ "failed": { "kind": "tarp" } })),
            predicate(json!({ "obsrved": seen })),
        ],
    );
}

/// Every scenario that is shipped is one for the schema too.
#[test]
fn shipped_scenarios() {
    let schema = schema();
    for folder in ["scenarios", "scenarios/canaries", "scenarios/correct", "scenarios/theater"] {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(root).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(&path).expect("a file");
                let scenario = serde_json::from_str(&text).expect("JSON");
                assert!(valid(&schema, &scenario), "{}", path.display());
            }
        }
    }
}
