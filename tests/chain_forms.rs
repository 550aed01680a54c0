//! Each host call in the words of both forms, as it is written.

use rehearsal::chain::*;
use std::fmt::Write as _;

const TO: &str = "31a72e5d-aaa4-4afd-ab98-21cd7d9b6b61";

fn id() -> Val {
    Val::text(TO)
}

fn hi() -> Val {
    Val::bytes(b"hi".to_vec())
}

fn done() -> Val {
    Val::ok(Val::unit())
}

/// Every host call that the engine serves, with what it may give.
fn calls() -> Vec<(HostCall, Vec<Val>)> {
    let closed = || Val::err("channel closed");
    let unparsed = || {
        Val::err("Failed to parse actor ID: invalid length: expected length 32 for simple format, found 0")
    };
    let messaging = HostCall::messaging;
    let mut refused = messaging("open-channel", vec![id(), hi()]);
    refused.channel = Some("ch_1".into());
    let runtime = |function: &'static str, input| HostCall::new(RUNTIME, function, input);
    let timing = |function: &'static str, input| HostCall::new(TIMING, function, input);
    let random = |function: &'static str, input| HostCall::new(RANDOM, function, input);
    let environment = |function: &'static str, input| HostCall::new(ENVIRONMENT, function, input);
    let half = Val::Float64(serde_json::from_str("0.5").ok());
    vec![
        (messaging("send", vec![id(), hi()]), vec![done(), closed(), unparsed()]),
        (
            messaging("request", vec![id(), hi()]),
            vec![Val::ok(hi()), closed(), unparsed(), Val::err("Actor not found: x")],
        ),
        (messaging("open-channel", vec![id(), hi()]), vec![Val::ok(Val::text("ch_1")), unparsed()]),
        (refused, vec![Val::err("Channel request rejected by target actor")]),
        (messaging("send-on-channel", vec![Val::text("ch_1"), hi()]), vec![done(), closed()]),
        (messaging("close-channel", vec![Val::text("ch_1")]), vec![done(), closed()]),
        (messaging("list-outstanding-requests", vec![]), vec![Val::List(vec![]), Val::List(vec![id()])]),
        (
            messaging("respond-to-request", vec![id(), hi()]),
            vec![done(), Val::err("Request ID not found: x")],
        ),
        (messaging("cancel-request", vec![id()]), vec![done(), Val::err("Request ID not found: x")]),
        (runtime("log", vec![Val::text("a \"line\"")]), vec![Val::unit()]),
        (runtime("shutdown", vec![Val::option(None)]), vec![done()]),
        (runtime("shutdown", vec![Val::option(Some(hi()))]), vec![closed()]),
        (runtime("get-chain", vec![]), vec![Val::Record(vec![("events".into(), Val::List(vec![]))])]),
        (timing("now", vec![]), vec![Val::U64(5)]),
        (timing("sleep", vec![Val::U64(7)]), vec![done(), Val::err("too long")]),
        (timing("deadline", vec![Val::U64(9)]), vec![done()]),
        (random("random-bytes", vec![Val::U32(2)]), vec![Val::ok(hi()), Val::err("too many")]),
        (
            random("random-range", vec![Val::U64(1), Val::U64(6)]),
            vec![Val::ok(Val::U64(4)), Val::err("empty")],
        ),
        (random("random-float", vec![]), vec![Val::ok(half)]),
        (random("generate-uuid", vec![]), vec![Val::ok(id())]),
        (
            environment("get-var", vec![Val::text("HOME")]),
            vec![Val::option(Some(Val::text("x"))), Val::option(None)],
        ),
        (environment("exists", vec![Val::text("HOME")]), vec![Val::Bool(true)]),
        (
            environment("list-vars", vec![]),
            vec![Val::List(vec![Val::Tuple(vec![Val::text("a"), Val::text("b")])])],
        ),
    ]
}

fn written(form: ChainForm) -> String {
    let mut chain = ChainBuilder::new(form);
    for (call, outputs) in calls() {
        outputs.iter().for_each(|output| chain.host_call(&call, output, 1_752_192_000_001));
    }
    chain.wasm_call("theater:simple/actor.init", b"null", 1);
    chain.wasm_result("theater:simple/actor.init", None, b"null", 1);
    chain.wasm_result("theater:simple/actor.init", Some(b"{}"), b"null", 1);
    chain.wasm_error("theater:simple/actor.init", "said \"no\"", 1);
    chain.stopped(1);
    let mut text = String::new();
    for event in chain.events() {
        let said =
            event.description.clone().flatten().map_or_else(String::new, |said| format!("\n    {said}"));
        let data = String::from_utf8_lossy(&event.data);
        writeln!(text, "{}\n    {data}{said}\n    {}", event.event_type, summary(event)).unwrap();
    }
    text
}

#[test]
fn form_a() {
    insta::assert_snapshot!(written(ChainForm::A));
}

#[test]
fn form_b() {
    insta::assert_snapshot!(written(ChainForm::B));
}

/// What a chain holds of a call is what the engine told it.
#[test]
fn form_b_keeps_all() {
    for (call, outputs) in calls() {
        for output in outputs {
            let mut chain = ChainBuilder::new(ChainForm::B);
            chain.host_call(&call, &output, 0);
            let decoded = decode(&chain.events()[0]);
            let bare = HostCall { channel: None, ..call.clone() };
            assert_eq!(decoded.host_call(), Some(bare), "{decoded:?}");
            let lost = call.function == "shutdown" && output.failure().is_some();
            let expect = if lost { Answer::Lost { known: "it failed".into() } } else { Answer::Val(output) };
            assert_eq!(decoded.answer(), Some(expect));
        }
    }
}
