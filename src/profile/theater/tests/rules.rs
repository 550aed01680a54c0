//! Theater's own races, one by one: found where they happen, unreachable where they do not. What was counted in the
//! real runtimes stands beside each (200 tries, or as said).

use super::*;
use crate::property::{Builtin, Builtins};
use crate::run::Verdict;

const RUNS: u64 = 200;
const A: Profile = Profile::Theater02;
const ROUTER: Profile = Profile::Theater03;

fn address(name: &str) -> String {
    Directory::derived(name)
}

fn lost(profile: Profile, theater: Value, actors: Value, clients: &[Value]) -> u64 {
    runs(&stage(profile, theater, actors, clients), RUNS).1
}

/// How many of the runs end in a cycle of waits.
fn deadlocks(profile: Profile, theater: Value, actors: Value, clients: &[Value]) -> u64 {
    let mut scenario = stage(profile, theater, actors, clients);
    scenario.builtins = Builtins::NONE.with(Builtin::Deadlock);
    let mut simulation = scenario.simulation(None);
    let verdicts =
        (0..RUNS).map(|seed| simulation.run(Box::new(Seeded::new(seed)), Keep::default()).0.verdict);
    verdicts.filter(|verdict| matches!(verdict, Verdict::Violated(_))).count() as u64
}

/// A script for `b`, which comes to it by way of `c`, and so at any time.
fn via_c(script: &Value) -> Value {
    tell("c", json!([["send", address("b"), script.to_string()]]))
}

fn pair() -> Value {
    json!({ "a": {}, "b": {} })
}

fn open_to(peer: &str, more: Value) -> Value {
    let mut script = vec![json!(["open", address(peer), "hi"])];
    script.extend(more.as_array().cloned().unwrap_or_default());
    Value::Array(script)
}

#[test]
fn r1_a_message_may_come_before_init() {
    let actors = || json!({ "a": { "init": [["log", "observe got init"]] } });
    let clients = [json!([{ "send": { "to": "a", "body": { "text": "x" } } }])];
    let early = vec!["a send x".to_owned(), "a init".to_owned()];
    let orders = |profile, theater| runs(&stage(profile, theater, actors(), &clients), 50).0;
    assert_eq!(orders(A, json!({})).len(), 2);
    assert!(orders(ROUTER, json!({ "like": "b" })).contains(&early), "S5");
    assert!(!orders(A, json!({ "init_first": true })).contains(&early));
    assert!(!orders(ROUTER, json!({})).contains(&early));
}

#[test]
fn r2_the_target_speaks_while_it_decides() {
    // A: lost 200 of 200. Router: the whole router deadlocks, 5 of 5.
    let actors = || json!({ "a": {}, "b": { "on_open": [["chan", "early"]] } });
    let clients = [json!([tell("a", open_to("b", json!([])))])];
    assert_eq!(lost(A, json!({}), actors(), &clients), RUNS);
    assert_eq!(deadlocks(A, json!({}), actors(), &clients), 0);
    assert_eq!(lost(A, json!({ "register_at_open": true }), actors(), &clients), 0);
    assert_eq!(deadlocks(ROUTER, json!({}), actors(), &clients), RUNS);
    let beside = json!({ "router_awaits_nobody": true });
    assert_eq!(deadlocks(ROUTER, beside, actors(), &clients), 0);
}

#[test]
fn r2_and_r3_the_target_speaks_right_after() {
    // A: lost 14, some at the initiator and some not registered yet. Router: none.
    let nudge = json!([["send", address("b"), json!([["chan", "soon"]]).to_string()]]);
    let actors =
        || json!({ "a": {}, "b": { "on_open": [["send", address("c"), nudge.to_string()]] }, "c": {} });
    let clients = [json!([tell("a", open_to("b", json!([])))])];
    let found = lost(A, json!({}), actors(), &clients);
    assert!((1..RUNS).contains(&found), "{found}");
    assert_eq!(lost(A, json!({ "register_at_open": true }), actors(), &clients), 0);
    let after = open_to("b", nudge.clone());
    let clients = [json!([tell("a", after)])];
    let found = lost(A, json!({}), pair(), &clients);
    assert!((1..RUNS).contains(&found), "{found}");
    assert_eq!(lost(ROUTER, json!({}), pair(), &clients), 0);
}

#[test]
fn r4_a_close_while_deciding_has_no_effect() {
    let actors = || json!({ "a": {}, "b": { "on_open": [["close"]] } });
    let clients = [json!([tell("a", open_to("b", json!([])))])];
    let told = |theater| {
        let (all, _) = runs(&stage(A, theater, actors(), &clients), 50);
        all.iter().filter(|seen| seen.contains(&"a close".to_owned())).count()
    };
    assert_eq!(told(json!({})), 0);
    assert!(told(json!({ "register_at_open": true })) > 0);
}

#[test]
fn r5_a_close_may_overtake_the_news_of_the_channel() {
    let clients = [json!([tell("a", open_to("b", json!([["close"]])))])];
    let (all, _) = runs(&stage(A, json!({}), pair(), &clients), 50);
    let told = |seen: &&Vec<String>| seen.contains(&"a close".to_owned());
    assert!(all.iter().any(|seen| !told(&seen)) && all.iter().any(|seen| told(&seen)));
    assert!(all.iter().all(|seen| seen.contains(&"b close".to_owned())));
}

#[test]
fn r6_a_close_and_the_acknowledgements() {
    // A: 994 of 1000 acknowledgements accepted and silently lost. Router: 597 refused visibly, none lost.
    let actors = || json!({ "a": {}, "b": { "on_msg": [["chan", "ack"]] } });
    let script = open_to("b", json!([["chan", "m"], ["chan", "m"], ["close"]]));
    let clients = [json!([tell("a", script)])];
    assert!(lost(A, json!({ "register_at_open": true }), actors(), &clients) > 0);
    let (all, lost) = runs(&stage(ROUTER, json!({}), actors(), &clients), RUNS);
    assert_eq!(lost, 0);
    let refused =
        |seen: &Vec<String>| seen.iter().any(|line| line.starts_with("b chan Channel not found: ch_"));
    assert!(all.iter().any(refused) && !all.iter().all(refused));
}

#[test]
fn r6_a_burst_while_the_opener_closes() {
    // A: 417 of 4000 lost. Router: none lost, 3287 refused.
    let burst: Vec<Value> = (0..20).map(|_| json!(["chan", "b"])).collect();
    let script = open_to("b", json!([["send", address("b"), json!(burst).to_string()], ["close"]]));
    let clients = [json!([tell("a", script)])];
    assert!(lost(A, json!({ "register_at_open": true }), pair(), &clients) > 0);
    let (all, lost) = runs(&stage(ROUTER, json!({}), pair(), &clients), RUNS);
    assert_eq!(lost, 0);
    let refused =
        |seen: &&Vec<String>| seen.iter().any(|line| line.starts_with("b chan Channel not found: ch_"));
    assert!(all.iter().any(|seen| refused(&seen)));
}

#[test]
fn r7_crossing_opens() {
    // A: 31 deadlock, and bystanders go on. Router: 11, and everything stops.
    let clients = [json!([tell("a", open_to("b", json!([])))]), json!([via_c(&open_to("a", json!([])))])];
    for profile in [A, ROUTER] {
        let found = deadlocks(profile, json!({}), json!({ "a": {}, "b": {}, "c": {} }), &clients);
        assert!((1..RUNS).contains(&found), "{profile:?} {found}");
    }
    // A bystander's message, much later, arrives in A before any timeout; behind the router it waits for one.
    let mut all = clients.to_vec();
    all.push(json!([{ "wait": "1s" }, tell("e", json!([["send", address("d"), "on"]]))]));
    let first_at = |profile| {
        let actors = json!({ "a": {}, "b": {}, "c": {}, "d": {}, "e": {} });
        let mut simulation = stage(profile, json!({}), actors, &all).simulation(None);
        let (mut prompt, mut held) = (0, 0);
        for seed in 0..RUNS {
            simulation.run(Box::new(Seeded::new(seed)), Keep::default());
            let seen = seen(&simulation);
            let place = |line: &str| seen.iter().position(|told| told == line);
            let opened = |who: &str| seen.iter().position(|told| told.starts_with(&format!("{who} open ")));
            // Only where both opens ended late, by an error, was there a deadlock.
            if seen.iter().any(|told| told.contains(" open Error")) {
                let on = place("d send on");
                let before = on < opened("a") && on < opened("b");
                (prompt, held) = (prompt + u64::from(before), held + u64::from(!before));
            }
        }
        (prompt, held)
    };
    let (prompt, held) = first_at(A);
    assert!(prompt > 0 && held == 0, "{prompt} {held}");
    let (prompt, held) = first_at(ROUTER);
    assert!(prompt == 0 && held > 0, "{prompt} {held}");
}

#[test]
fn r8_a_cycle_of_requests_and_what_time_makes_of_it() {
    let back = json!([["request", address("a"), "[]"]]).to_string();
    let script = json!([["request", address("b"), back]]);
    let clients = [json!([{ "request": { "to": "a", "body": { "json": script } } }])];
    assert_eq!(deadlocks(A, json!({}), pair(), &clients), RUNS);
    let mut simulation = stage(A, json!({}), pair(), &clients).simulation(None);
    let (outcome, _) = simulation.run(Box::new(Fifo), Keep { trace: true, acts: false });
    assert_eq!(outcome.time.0 / 1_000_000_000, 3000, "{:?}", notes(&outcome));
    let replies: Vec<String> =
        simulation.state().record.replies.iter().map(|seen| format!("{:?}", seen.answer)).collect();
    assert!(replies[0].contains("channel closed"), "{replies:?}");
    let seen = seen(&simulation);
    assert!(seen.contains(&"a request channel closed".to_owned()), "{seen:?} {:?}", notes(&outcome));
    assert!(seen.contains(&"b request ok fine".to_owned()), "{seen:?} {:?}", notes(&outcome));
}

#[test]
fn r9_a_request_is_outstanding_only_afterwards() {
    let actors = || json!({ "a": { "request": [["later"], ["respond", "x"], ["list"]] } });
    let clients = [json!([{ "request": { "to": "a" } }])];
    let (seen, _) = quiet(&stage(A, json!({}), actors(), &clients));
    assert!(seen[0].starts_with("a respond Request ID not found: "), "{seen:?}");
    assert_eq!(seen[1], "a list 0");
    let (seen, _) = quiet(&stage(A, json!({ "outstanding_at_once": true }), actors(), &clients));
    assert_eq!(seen, ["a respond ok", "a list 0"]);
}

#[test]
fn r10_and_s2_a_full_mailbox_and_who_waits_behind_it() {
    let flood: Vec<Value> = (0..6).map(|_| json!(["send", address("a"), "y"])).collect();
    let clients = [
        json!([tell("a", json!([["request", address("c"), "[]"], ["request", address("c"), "[]"]]))]),
        json!([tell("b", Value::Array(flood))]),
    ];
    let actors = || json!({ "a": {}, "b": {}, "c": {} });
    for profile in [A, ROUTER] {
        let found = deadlocks(profile, json!({ "mailbox": 2 }), actors(), &clients);
        assert!((1..RUNS).contains(&found), "{profile:?} {found}");
        assert_eq!(deadlocks(profile, json!({}), actors(), &clients), 0);
    }
}

#[test]
fn a_full_command_queue_makes_its_senders_wait() {
    let flood: Vec<Value> = (0..6).map(|_| json!(["send", address("a"), "y"])).collect();
    let clients = [json!([tell("b", Value::Array(flood))])];
    let (seen, outcome) = quiet(&stage(A, json!({ "command_queue": 1 }), pair(), &clients));
    assert_eq!(seen.iter().filter(|line| *line == "a send y").count(), 6, "{seen:?}");
    assert_eq!(seen.iter().filter(|line| *line == "b send ok").count(), 6, "{:?}", notes(&outcome));
}

#[test]
fn r12_and_r13_a_stop() {
    let clients = [json!([{ "request": { "to": "a" }, "within": "10s" }]), json!([{ "stop": "a" }])];
    let replies = |theater: Value| {
        let mut simulation = stage(A, theater, json!({ "a": {} }), &clients).simulation(None);
        let mut all = Vec::new();
        for seed in 0..RUNS {
            simulation.run(Box::new(Seeded::new(seed)), Keep::default());
            let told = simulation.state().record.replies.first().map(|seen| match &seen.answer {
                crate::call::HostAnswer::Bytes(_) => "answered".to_owned(),
                crate::call::HostAnswer::Refused(refusal) => refusal.to_string(),
                other => format!("{other:?}"),
            });
            all.extend(told.filter(|told| !all.contains(told)));
        }
        all.sort();
        all
    };
    assert_eq!(replies(json!({})), ["Timed out after 10s of virtual time", "answered", "channel closed"]);
    assert_eq!(replies(json!({ "drain_on_stop": true })), ["answered"]);
}

#[test]
fn r14_a_registration_for_one_who_is_gone() {
    let clients =
        [json!([tell("a", open_to("b", json!([])))]), json!([{ "request": { "to": "c" } }, { "stop": "b" }])];
    let actors = || json!({ "a": {}, "b": {}, "c": {} });
    assert!(lost(A, json!({}), actors(), &clients) > 0);
    assert_eq!(lost(A, json!({ "register_at_open": true }), actors(), &clients), 0);
}

#[test]
fn s1_the_router_waits_for_the_decision() {
    let actors = || json!({ "a": {}, "b": { "on_open": [["send", address("c"), "y"]] }, "c": {} });
    let clients = [json!([tell("a", open_to("b", json!([])))])];
    assert_eq!(deadlocks(A, json!({}), actors(), &clients), 0);
    assert_eq!(deadlocks(ROUTER, json!({}), actors(), &clients), RUNS);
    let (seen, outcome) = quiet(&stage(ROUTER, json!({}), actors(), &clients));
    let text = "a open Error opening channel: Actor didn't respond to channel open: channel closed";
    assert!(seen.contains(&text.to_owned()), "{seen:?}");
    assert!(seen.contains(&"b send ok".to_owned()) && seen.contains(&"c send y".to_owned()), "{seen:?}");
    assert_eq!(outcome.time.0 / 1_000_000_000, 3000);
}

#[test]
fn the_cycle_through_the_router_is_named() {
    let actors = json!({ "a": {}, "b": { "on_open": [["send", address("a"), "y"]] } });
    let mut scenario = stage(ROUTER, json!({}), actors, &[json!([tell("a", open_to("b", json!([])))])]);
    scenario.builtins = Builtins::NONE.with(Builtin::Deadlock);
    let (outcome, _) = scenario.simulation(None).run(Box::new(Fifo), Keep::default());
    let Verdict::Violated(violation) = outcome.verdict else { panic!("{:?}", outcome.verdict) };
    let told = violation.facts.join("\n");
    let wanted = "`b` waits for the runtime, which waits for `b` to decide about a channel";
    assert!(told.contains(wanted), "{told}");
}

#[test]
fn s3_a_timeout_is_an_empty_answer_in_c() {
    let clients = [
        json!([tell("a", json!([["request", address("b"), "[]"]]))]),
        json!([tell("b", json!([["request", address("a"), "[]"]]))]),
    ];
    let told = |like: &str, line: &str| {
        let (all, _) = runs(&stage(ROUTER, json!({ "like": like }), pair(), &clients), RUNS);
        all.iter().any(|seen| seen.iter().any(|told| told.ends_with(line)))
    };
    assert!(told("c", "request ok "));
    assert!(!told("b", "request ok ") && told("b", "request channel closed"));
}

#[test]
fn s8_the_last_mail() {
    let clients = [json!([tell("b", json!([["send", address("a"), "y"]]))]), json!([{ "stop": "a" }])];
    let (all, lost) = runs(&stage(ROUTER, json!({}), pair(), &clients), RUNS);
    assert!(lost > 0);
    for line in ["b send ok", "b send channel closed"] {
        assert!(all.iter().any(|seen| seen.contains(&line.to_owned())), "{line}: {all:?}");
    }
    assert!(all.iter().flatten().any(|line| line.starts_with("b send Actor not found: ")));
    let (_, lost) = runs(&stage(ROUTER, json!({ "drain_on_stop": true }), pair(), &clients), RUNS);
    assert_eq!(lost, 0);
}

#[test]
fn a_handler_that_fails_takes_the_mailbox_with_it() {
    let actors = || json!({ "a": {} });
    let clients = [json!([
        tell("a", json!([["err", "no"]])),
        { "wait": "1s" },
        { "request": { "to": "a" } }
    ])];
    for (profile, theater) in [(A, json!({})), (ROUTER, json!({ "like": "b" }))] {
        let mut simulation = stage(profile, theater, actors(), &clients).simulation(None);
        simulation.run(Box::new(Fifo), Keep::default());
        let reply = simulation.state().record.replies.last().map(|seen| format!("{:?}", seen.answer));
        assert!(reply.is_some_and(|told| told.contains("channel closed")), "{profile:?}");
    }
}

#[test]
fn equal_orders_digest_equally_and_runs_repeat() {
    let clients =
        [json!([tell("a", open_to("b", json!([["chan", "m"], ["close"]])))]), json!([{ "stop": "b" }])];
    for profile in [A, ROUTER] {
        let scenario = stage(profile, json!({}), pair(), &clients);
        let mut simulation = scenario.simulation(None);
        for seed in 0..50 {
            let run = |simulation: &mut Simulation| {
                let keep = Keep { trace: true, acts: false };
                let (outcome, _) = simulation.run(Box::new(Seeded::new(seed)), keep);
                let record = outcome.record.map(|record| (record.choices, record.digests));
                (outcome.digest, outcome.steps, record)
            };
            let first = run(&mut simulation);
            assert_eq!(first, run(&mut simulation));
            assert_eq!(first, run(&mut scenario.simulation(None)));
        }
    }
}
