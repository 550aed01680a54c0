//! The message server and components: what is set up, who is isolated from whom, and who is told what.
#![cfg(feature = "wasm")]

use rehearsal::chooser::{Fifo, Seeded};
use rehearsal::guest::{
    ActorComponent, ActorInstance, Engine, Guest, GuestComponent, LoadError, MESSAGE_SERVER_CLIENT, Outcome,
    Settings, Source,
};
use rehearsal::id::{ActorId, CallId};
use rehearsal::limits::Limits;
use rehearsal::load::FileLoader;
use rehearsal::message_server::*;
use rehearsal::report;
use rehearsal::run::Keep;
use rehearsal::scenario::Scenario;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn engine() -> Engine {
    Engine::shared(Settings::for_guests(256)).expect("an engine")
}

fn source(name: &str) -> Source {
    Source::read(&scenarios().join("actors").join(name)).expect("a component")
}

fn load(name: &str) -> GuestComponent {
    GuestComponent::load(source(name), &engine(), None).unwrap_or_else(|error| panic!("{error}"))
}

fn server() -> (MessageServerHost, Receiver<TheaterCommand>) {
    let (mailbox_tx, mailbox_rx) = channel(32);
    let (theater_tx, theater_rx) = channel(32);
    (MessageServerHost::new(mailbox_tx, mailbox_rx, theater_tx), theater_rx)
}

/// A run of a scenario under the mildest chooser: its report, and its notes as text.
fn run(actors: Value, clients: Value) -> (Value, Vec<String>) {
    let text = json!({ "rehearsal": 1, "name": "t", "actors": actors, "clients": clients,
        "waive": ["trap"], "limits": { "fuel": 5_000_000, "memory_bytes": 4 << 20 } });
    let mut loader = FileLoader::new(scenarios(), None);
    let scenario = Scenario::parse(&text.to_string(), "t.json", &mut loader).expect("a scenario");
    let mut stage = scenario.simulation(None);
    let keep = Keep { trace: true, acts: false };
    let (outcome, _) = stage.run(Box::new(Seeded::new(1)), keep);
    let told = report::json(&scenario, &outcome, stage.state(), 1, "random");
    let notes = outcome.record.expect("it is kept").notes;
    (told, notes.into_iter().map(|note| note.text).collect())
}

fn ask(text: &str, expected: Value) -> Value {
    json!({ "request": { "to": "actor", "body": { "text": text } }, "expect": expected })
}

#[test]
fn host_functions_are_set_up_or_missing() {
    let (mut server, _theater) = server();
    let mut component = ActorComponent::compile(source("echo.wasm"), &engine(), None).unwrap();
    let set_up = server.setup_host_functions(&mut component).unwrap();
    assert_eq!(set_up.len(), 8);
    assert!(set_up.iter().all(|(_, outcome)| *outcome == Outcome::Missing), "an echo asks for nothing");
    let mut component = ActorComponent::compile(source("channel-opener.wasm"), &engine(), None).unwrap();
    let set_up = server.setup_host_functions(&mut component).unwrap();
    let done = |name: &str| set_up.contains(&(name, Outcome::Done));
    assert!(done("open-channel") && done("send-on-channel") && done("close-channel") && !done("send"));
}

#[test]
fn exports_are_registered_or_missing() {
    let (server, _theater) = server();
    let limits = Limits::default();
    let check = |name: &str, missing: &[&str]| {
        let mut instance = ActorInstance::new(&load(name), &limits).unwrap();
        let added = server.add_export_functions(&mut instance).unwrap();
        let not_there = added.iter().filter(|(_, outcome)| *outcome == Outcome::Missing);
        assert_eq!(not_there.map(|(name, _)| *name).collect::<Vec<_>>(), missing);
        assert_eq!(added.len(), 5);
    };
    check("echo.wasm", &[]);
    check("pinger.wat", &["handle-channel-open", "handle-channel-message", "handle-channel-close"]);
}

#[test]
fn a_function_of_a_wrong_type_is_told_with_both_types() {
    let text = r#"(component
        (import "theater:simple/message-server-host" (instance (export "send" (func (param "to" string)))))
        (component $c) (instance $i (instantiate $c))
        (export "theater:simple/actor" (instance $i)))"#;
    let mut component = ActorComponent::compile(Source::new("x.wat", text), &engine(), None).unwrap();
    let error = server().0.setup_host_functions(&mut component).unwrap_err();
    let LoadError::ImportType { expected, found, .. } = &error else { panic!("{error}") };
    assert_eq!(expected, "func(string, list<u8>) -> result<_, string>");
    assert_eq!(found, "func(string)");
    assert_eq!(
        error.to_string(),
        "component `x.wat` imports `theater:simple/message-server-host.send` with a wrong type: expected \
         `func(string, list<u8>) -> result<_, string>`, found `func(string)`"
    );
    // An export of a wrong type does not get as far as an instance.
    let text = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $send (canon lift (core func $i "f")))
        (instance $client (export "handle-send" (func $send)))
        (export "theater:simple/message-server-client" (instance $client)))"#;
    let error = GuestComponent::load(Source::new("x.wat", text), &engine(), None).err().unwrap();
    assert_eq!(
        error.to_string(),
        "component `x.wat` exports `theater:simple/message-server-client.handle-send` with a wrong type: expected \
         `func(option<list<u8>>, tuple<list<u8>>) -> result<tuple<option<list<u8>>>, string>`, found `func()`"
    );
}

/// An actor made of an instance has the exports that were registered, in its first instance and in those that follow.
#[test]
fn an_instance_serves_what_is_registered() {
    let (mut server, mut theater) = server();
    let component = load("counter.wasm");
    let mut instance = ActorInstance::new(&component, &Limits::default()).unwrap();
    let added = server.add_export_functions(&mut instance).unwrap();
    assert!(added.iter().all(|(_, outcome)| *outcome == Outcome::Done));
    let actor = ActorHandle::new(ActorId(0), Box::new(Guest::of(instance))).with_state("{}");
    let call = CallId { owner: ActorId(1), number: 1 };
    for (order, answer) in [("add", "1"), ("get", "1")] {
        let request = ActorMessage::Request(ActorRequest { reply_to: call, data: order.into() });
        server.process_message(request, &actor).unwrap();
        let answer = rehearsal::call::HostAnswer::Bytes(answer.into());
        let told = TheaterCommand::Respond { sender_id: ActorId(0), reply_to: call, answer };
        assert_eq!(theater.recv(), Ok(told));
    }
    let mut instance = ActorInstance::new(&component, &Limits::default()).unwrap();
    let registered = instance.register_export(MESSAGE_SERVER_CLIENT, "handle-send");
    assert_eq!(registered, Ok(Outcome::Done));
    let part = Guest::of(instance).fresh_each_time(true);
    let part = ActorHandle::new(ActorId(0), Box::new(part)).with_state("{}");
    let whole = Guest::new(&component, &Arc::default()).fresh_each_time(true);
    let whole = ActorHandle::new(ActorId(0), Box::new(whole)).with_state("{}");
    let get = || ActorMessage::Request(ActorRequest { reply_to: call, data: "get".into() });
    for _ in 0..3 {
        let add = ActorMessage::Send(ActorSend { data: "add".into() });
        server.process_message(add, &part).unwrap();
        let error = server.process_message(get(), &part).unwrap_err();
        assert_eq!(error.to_string(), "Actor error: Function not found: handle-request");
        // Instances are kept and set back: what served the one serves the other next.
        server.process_message(get(), &whole).unwrap();
    }
    assert_eq!(part.state().unwrap().json(), Some(json!({ "count": 3 })));
}

#[test]
fn refused_imports_name_component_and_import() {
    for (file, import) in [("wasi-user.wat", "wasi:"), ("supervisor-user.wasm", "theater:simple/supervisor")]
    {
        let mut loader = FileLoader::new(scenarios(), None);
        let path = format!("actors/{file}");
        let text = json!({ "rehearsal": 1, "name": "t", "actors": { "a": { "component": path } } });
        let error = Scenario::parse(&text.to_string(), "t.json", &mut loader).err().expect("it is refused");
        let told = error.to_string();
        assert!(told.contains(&path) && told.contains(import), "{told}");
        assert!(told.contains("which is not served here"), "{told}");
    }
}

#[test]
fn a_component_is_served() {
    let (mut server, mut theater) = server();
    let guest = Guest::new(&load("counter.wasm"), &Arc::new(Limits::default()));
    let actor = ActorHandle::new(ActorId(0), Box::new(guest)).with_state("{}");
    let () = actor.call_function(&mut server, "init", ()).unwrap();
    let call = CallId { owner: ActorId(1), number: 1 };
    for _ in 0..2 {
        let add = ActorMessage::Send(ActorSend { data: "add".into() });
        server.mailbox_tx().send(add).unwrap();
    }
    let get = ActorMessage::Request(ActorRequest { reply_to: call, data: "get".into() });
    server.mailbox_tx().send(get).unwrap();
    let (_controller, shutdown) = ShutdownController::new();
    let mut choices = rehearsal::choice::Choices::new(Box::new(Fifo), false);
    assert_eq!(server.start(&actor, &shutdown, &mut choices).unwrap(), Served::Yielded);
    let answer = rehearsal::call::HostAnswer::Bytes("2".into());
    let told = TheaterCommand::Respond { sender_id: ActorId(0), reply_to: call, answer };
    assert_eq!(theater.recv(), Ok(told));
    assert_eq!(server.lines(), ["log: observe count 1", "log: observe count 2"]);
    assert_eq!(actor.state().unwrap().json(), Some(json!({ "count": 2 })));
}

#[test]
fn two_instances_with_a_mutable_global_do_not_see_each_other() {
    let hoarder = json!({ "component": "actors/hoarder.wasm" });
    let count = |to: &str, expected: &str| json!({ "request": { "to": to, "body": { "text": "x" } }, "expect": { "text": expected } });
    let script = json!([
        count("one", "1"),
        count("one", "2"),
        count("two", "1"),
        count("one", "3"),
        count("two", "2")
    ]);
    let (told, _) = run(json!({ "one": hoarder, "two": hoarder }), json!({ "ann": script }));
    assert_eq!(told["outcome"], "passed", "{told:#}");
}

#[test]
fn five_failures_have_five_names_with_step_message_and_backtrace() {
    let cases = [
        ("trap", "trap"),
        ("loop", "endless-loop"),
        ("exhaust", "memory-exhausted"),
        ("err", "returned-error"),
        ("malformed", "malformed-result"),
    ];
    let script: Vec<Value> = cases
        .iter()
        .map(|(order, _)| ask(order, json!({ "refused": "Handler" })))
        .chain([ask("still there", json!({ "text": "still there" }))])
        .collect();
    let (told, _) =
        run(json!({ "actor": { "component": "actors/misbehaver.wasm" } }), json!({ "ann": script }));
    assert_eq!(told["outcome"], "passed", "{told:#}");
    let failed = told["failed_turns"].as_array().expect("a list");
    assert_eq!(failed.len(), cases.len(), "{told:#}");
    let mut last = 0;
    for (turn, (order, kind)) in failed.iter().zip(cases) {
        assert_eq!((&turn["kind"], &turn["handling"]), (&json!(kind), &json!("handle-request")), "{order}");
        assert_eq!((&turn["actor"], &turn["from"]), (&json!("actor"), &json!("ann")));
        let step = turn["step"].as_u64().expect("a step");
        assert!(step > last, "{turn:#}");
        last = step;
        assert!(!turn["message"].as_str().expect("text").is_empty());
        let frames = turn["backtrace"].as_array().expect("a list").len();
        // A returned error leaves no frames, and neither does a result that is read after the handler returned.
        let traps = matches!(kind, "trap" | "endless-loop" | "memory-exhausted");
        assert!(!traps || frames > 0, "{turn:#}");
    }
}

#[test]
fn a_missing_export_is_a_clear_failure() {
    let script = json!([{ "open_channel": { "to": "actor", "body": { "text": "hi" } },
        "expect": { "refused": "Actor has no handler: handle-channel-open" } }]);
    let (told, _) = run(json!({ "actor": { "component": "actors/pinger.wat" } }), json!({ "ann": script }));
    let failed = &told["failed_turns"][0];
    assert_eq!(failed["kind"], "missing-export", "{told:#}");
    let message = failed["message"].as_str().unwrap();
    assert!(message.contains("pinger.wat") && message.contains("handle-channel-open"), "{message}");
}

#[test]
fn use_of_a_closed_channel_is_a_line_of_the_trace() {
    let script = json!([
        { "open_channel": { "to": "actor", "body": { "text": "hi" }, "as": "talk" } },
        { "close_channel": { "channel": "talk" } },
        { "send_on_channel": { "channel": "talk", "body": { "text": "late" } } }
    ]);
    let (_, notes) =
        run(json!({ "actor": { "component": "actors/channel-peer.wasm" } }), json!({ "ann": script }));
    assert!(notes.iter().any(|note| note.starts_with("refused ann: Channel is closed: ch_")), "{notes:?}");
}
