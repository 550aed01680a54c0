//! Failures whose smallest form is known.

use super::*;
use crate::actor::{Actor, Called, Ended, Input, Turn};
use crate::call::{Address, HostAnswer, HostCall};
use crate::event::Event;
use std::sync::Arc;

/// A run of these messages to the server, in this order.
fn wanted(scenario: &Scenario, order: &str) -> Vec<Choice> {
    let names = scenario.setting.directory.names();
    let event = |word: &str| {
        let text = format!("deliver {} -> server #{}", &word[..1], &word[1..]);
        Choice::Next(Event::parse(&text, names).expect("an event"))
    };
    let choices: Vec<Choice> = order.split_whitespace().map(event).collect();
    let outcome = outcome_of(scenario, Box::new(Guided::new(choices)));
    outcome.record.expect("recorded").choices
}

/// Whose turns it was, each row of turns told once.
fn senders(scenario: &Scenario, shrunk: &Shrunk) -> String {
    let mut senders: String = names(scenario, shrunk).iter().filter_map(|name| name.chars().nth(8)).collect();
    let mut last = ' ';
    senders.retain(|c| std::mem::replace(&mut last, c) != c);
    senders
}

#[test]
fn chain_comes_down_to_its_three_switches() {
    let chain = orders(&[("b8", "a3"), ("a8", "c3"), ("c8", "b10")]);
    // Everything that may lie elsewhere does.
    let order = "a1 c1 b1 b2 a2 b3 c2 b4 b5 b6 b7 b8 b9 a3 a4 a5 a6 a7 a8 a9 c3 a10 c4 c5 c6 c7 c8 c9 b10";
    let shrunk = assert_sound(&chain, &wanted(&chain, order), "not all");
    assert_eq!((shrunk.from, shrunk.steps), (29, 26));
    assert_eq!(senders(&chain, &shrunk), "bacb");
    assert_eq!(shrunk.measure.switches, 3);
    let race = shrunk.race.expect("a race");
    let names = chain.setting.directory.names();
    assert_eq!(race.first.name(names).to_string(), "deliver c -> server #8");
    assert_eq!(race.second.name(names).to_string(), "deliver b -> server #10");
}

#[test]
fn two_changes_stay_two() {
    let two = orders(&[("a8", "b3"), ("b6", "a10"), ("a10", "b8")]);
    let order = "c1 a1 b1 a2 c2 a3 a4 b2 a5 a6 a7 a8 c3 b3 b4 a9 b5 b6 c4 b7 a10 c5 b8 b9";
    let shrunk = assert_sound(&two, &wanted(&two, order), "not all");
    assert_eq!((shrunk.steps, senders(&two, &shrunk).as_str()), (18, "abab"));
}

#[test]
fn starving_is_the_quiet_run_cut_off() {
    let starve = orders(&[("a10", "b1"), ("b10", "c1")]);
    let shrunk = assert_sound(&starve, &wanted(&starve, ""), "not all");
    assert_eq!((shrunk.steps, senders(&starve, &shrunk).as_str()), (21, "abc"));
    assert_eq!(shrunk.measure.overtaken, 0);
}

/// Holds a text that is read and written.
struct Register(String);

impl Actor for Register {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        let Input::Request { data, .. } = input else { return Ended::DONE };
        if let Some(text) = data.text().strip_prefix("write ") {
            self.0 = text.to_owned();
            turn.observe("value", &self.0);
        }
        Ended::reply(self.0.as_str())
    }
}

fn lost_update() -> Scenario {
    let script = |name: &str| {
        json!([
            { "request": { "to": "noise", "body": { "text": "hello" } } },
            { "request": { "to": "cell", "body": { "text": "read" } }, "capture": { "v": "" } },
            { "request": { "to": "cell", "body": { "text": format!("write ${{v}}{name}") } } },
            { "send": { "to": "noise", "body": { "text": "done" } } },
        ])
    };
    let fits = |value: &str| json!({ "observed": { "key": "value", "equals": value } });
    let both = json!({ "count": { "key": "value", "equals": 2 } });
    let none = json!({ "not": { "any": [fits("xab"), fits("xba")] } });
    let mut scenario = scenario(&json!({
        "rehearsal": 1, "name": "lost", "clock": "loose",
        "actors": { "cell": { "native": "echo" }, "noise": { "native": "echo" }, "idle": { "native": "echo" } },
        "clients": { "a": script("a"), "b": script("b"), "c": [{ "send": { "to": "noise" } }] },
        "properties": [{ "name": "no update is lost", "never": { "all": [both, none] } }],
    }));
    scenario.factories[0] = Arc::new(|| Box::new(Register("x".into())));
    scenario
}

#[test]
fn a_lost_update_comes_down_to_two_reads_and_two_writes() {
    let lost = lost_update();
    let (choices, property) = find(&lost, 0, 100).expect("it is lost soon");
    let shrunk = assert_sound(&lost, &choices, &property);
    let told = names(&lost, &shrunk);
    let to_cell = |name: &&String| name.contains("-> cell");
    assert_eq!(told.iter().filter(to_cell).count(), 4);
    // Each client's first request and its answer; then reads, answers and writes.
    assert_eq!(shrunk.steps, 10);
    let race = shrunk.race.expect("a race");
    let all = lost.setting.directory.names();
    // A read of one and the write of the other.
    assert_ne!(race.first.from, race.second.from);
    assert_eq!((all[race.first.to.index()].as_str(), all[race.second.to.index()].as_str()), ("cell", "cell"));
    let idle: Vec<&str> = shrunk.unneeded.iter().map(|id| all[id.index()].as_str()).collect();
    assert_eq!(idle, ["idle", "c"]);
}

/// Asks another before it answers.
struct Relay(&'static str);

impl Actor for Relay {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        match input {
            Input::Request { data, .. } => {
                let to = Address::Text(
                    crate::state::Directory::new([(self.0.into(), None)]).address(ActorId(0)).into(),
                );
                match turn.call(HostCall::Request { to, data, within: None }) {
                    Called::Suspended => Ended::Awaiting,
                    _ => Ended::DONE,
                }
            }
            Input::Answer(HostAnswer::Bytes(data)) => Ended::reply(data),
            _ => Ended::DONE,
        }
    }
}

#[test]
fn a_deadlock_comes_down_to_two_requests() {
    let ask = |to: &str| json!({ "request": { "to": to, "body": { "text": "?" } } });
    let mut scenario = scenario(&json!({
        "rehearsal": 1, "name": "cycle", "clock": "loose",
        "actors": { "left": { "native": "echo" }, "right": { "native": "echo" }, "end": { "native": "echo" } },
        "clients": { "a": [ask("end"), ask("left")], "b": [ask("right")], "c": [ask("end"), ask("end")] },
    }));
    scenario.factories[0] = Arc::new(|| Box::new(Relay("right")));
    scenario.factories[1] = Arc::new(|| Box::new(Relay("left")));
    let (choices, property) = find(&scenario, 0, 100).expect("a deadlock");
    assert_eq!(property, "no deadlock");
    let shrunk = assert_sound(&scenario, &choices, &property);
    assert_eq!(shrunk.waits.len(), 4, "two actors and their clients: {:?}", shrunk.waits);
    // A deadlock is told when nothing else can happen: what can happen happens.
    assert!(shrunk.steps <= shrunk.from);
}

/// Hands on to another whatever it is sent.
struct Onward(u32);

impl Actor for Onward {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        if let Input::Send { data } = input {
            turn.call(HostCall::Send { to: Address::Id(ActorId(self.0)), data });
        }
        Ended::DONE
    }
}

#[test]
fn a_run_that_never_ends_is_told_as_the_mildest_and_costs_few_runs() {
    let send = json!({ "send": { "to": "left", "body": { "text": "?" } } });
    let mut scenario = scenario(&json!({
        "rehearsal": 1, "name": "endless", "clock": "loose", "limits": { "steps": 500 },
        "actors": { "left": { "native": "echo" }, "right": { "native": "echo" } },
        "clients": { "a": [send, send, send] },
    }));
    scenario.factories[0] = Arc::new(|| Box::new(Onward(1)));
    scenario.factories[1] = Arc::new(|| Box::new(Onward(0)));
    let (choices, property) = find(&scenario, 0, 1).expect("it never ends");
    assert_eq!(property, "bounds hold (steps)");
    let shrunk = shrunk(&scenario, &choices, &property);
    assert!(shrunk.verified && shrunk.minimal && shrunk.race.is_none());
    assert_eq!((shrunk.steps, shrunk.measure.switches, shrunk.measure.overtaken), (500, 0, 0));
    assert!(shrunk.runs < 10, "{}", shrunk.runs);
}

#[test]
fn latencies_are_drawn_no_higher_than_need_be() {
    let client = |text: &str| json!([{ "send": { "to": "server", "body": { "text": text } } }]);
    let early = json!({ "before": { "key": "got", "first": "c", "then": "a" } });
    let scenario = scenario(&json!({
        "rehearsal": 1, "name": "late", "clock": "strict", "latency": { "uniform": ["1ms", "9ms"] },
        "actors": { "server": { "native": "log" } },
        "clients": { "a": client("a"), "b": client("b"), "c": client("c") },
        "properties": [{ "name": "a is not late", "never": early }],
    }));
    let (choices, property) = find(&scenario, 0, 100).expect("late soon");
    let shrunk = assert_sound(&scenario, &choices, &property);
    assert_eq!(shrunk.steps, 2);
    // The one number that is not 0 is the one that makes `a` late.
    assert!(shrunk.measure.drawn <= 2, "{:?}", shrunk.measure);
}

#[test]
fn a_run_that_passes_is_handed_back() {
    let chain = orders(&[("b8", "a3"), ("a8", "c3"), ("c8", "b10")]);
    let choices = wanted(&chain, "");
    let shrunk = shrunk(&chain, &choices, "not all");
    assert!(!shrunk.verified && !shrunk.minimal);
    assert_eq!(shrunk.choices, choices);
}

#[test]
fn a_budget_that_ends_is_told() {
    let chain = orders(&[("b8", "a3"), ("a8", "c3"), ("c8", "b10")]);
    let order = "a1 c1 b1 b2 a2 b3 c2 b4 b5 b6 b7 b8 b9 a3 a4 a5 a6 a7 a8 a9 c3 a10 c4 c5 c6 c7 c8 c9 b10";
    let mut told = 0;
    let choices = wanted(&chain, order);
    let shrunk = shrink(&chain, Clock::Loose, &choices, "not all", 9, &mut |progress| {
        told += 1;
        assert!(progress.phase == Phase::Race || progress.runs <= 9);
    });
    assert!(shrunk.verified && !shrunk.minimal && told >= 7);
}

/// Answers differently each time, which an actor must not.
struct Fickle(Arc<std::sync::atomic::AtomicU64>);

impl Actor for Fickle {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        if let Input::Send { .. } = input {
            turn.observe("got", self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
        Ended::DONE
    }
}

#[test]
fn what_does_not_repeat_is_not_passed_off_as_verified() {
    let mut scenario = scenario(&json!({
        "rehearsal": 1, "name": "fickle", "clock": "loose",
        "actors": { "server": { "native": "log" } },
        "clients": { "a": [{ "send": { "to": "server" } }] },
        "properties": [{ "name": "not 0", "never": { "observed": { "key": "got", "equals": 0 } } }],
    }));
    let count = Arc::new(std::sync::atomic::AtomicU64::new(0));
    scenario.factories[0] = Arc::new(move || Box::new(Fickle(Arc::clone(&count))));
    let (choices, property) = find(&scenario, 0, 1).expect("at first it is 0");
    assert!(!shrunk(&scenario, &choices, &property).verified);
}

#[test]
fn the_scenario_goes_down_with_the_schedule() {
    let send = |text: &str| json!({ "send": { "to": "server", "body": { "text": text } } });
    let file = json!({
        "rehearsal": 1, "name": "small", "clock": "loose",
        "actors": { "idle": { "native": "sink" }, "server": { "native": "log" } },
        "clients": {
            "a": [send("one"), send("two"), send("three")],
            "b": [{ "send": { "to": "idle" } }],
        },
        "properties": [{ "name": "not two", "never": { "observed": { "key": "got", "equals": "two" } } }],
    });
    let scenario = scenario(&file);
    let (choices, property) = find(&scenario, 0, 1).expect("it always fails");
    let shrunk = assert_sound(&scenario, &choices, &property);
    assert_eq!(shrunk.steps, 2);
    let (text, mut loader) = (file.to_string(), FileLoader::new("", None));
    let mut reducer = Reducer {
        scenario: &scenario,
        text: &text,
        loader: &mut loader,
        clock: Clock::Loose,
        property: &property,
        shrunk: &shrunk,
    };
    let reduced = reducer.reduce().expect("its own text");
    assert_eq!(
        reduced.told(),
        ["`idle` takes no part", "`b` takes no part", "step 3 of client `a` need not be there",]
    );
    let left: Value = serde_json::from_str(&reduced.text).expect("JSON");
    assert_eq!(left["clients"], json!({ "a": [send("one"), send("two")] }));
    assert_eq!(left["actors"], json!({ "server": { "native": "log" } }));
}
