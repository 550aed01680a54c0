//! Guests that fail: each sort has its own name, and none outlives its turn.
#![cfg(feature = "wasm")]

mod guest_support;

use guest_support::*;
use rehearsal::actor::{Called, Ended, FailureKind, Input};

#[track_caller]
fn check(message: &str, kind: FailureKind, text: &str) {
    let mut stage = Stage::limited(&probe(), |limits| {
        limits.memory_bytes = 1 << 20;
        limits.state_bytes = 50_000;
    });
    let mut seen = Vec::new();
    for _ in 0..2 {
        let failure = stage.fails(message);
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(failure.message.contains(text), "{failure:?}");
        seen.push((failure, stage.guest.fuel_used()));
        assert!(returned(&stage.send("s")), "a failure ends its turn and nothing else");
    }
    assert_eq!(seen[0], seen[1], "a failure repeats exactly");
}

#[test]
fn a_trap() {
    check("t", FailureKind::Trap, "unreachable");
    check("r", FailureKind::Trap, "call stack exhausted");
    check("a", FailureKind::Trap, "out of bounds");
}

#[test]
fn an_endless_loop() {
    check("l", FailureKind::EndlessLoop, "all fuel consumed");
}

#[test]
fn memory_exhausted() {
    check(
        "g",
        FailureKind::MemoryExhausted,
        "asked for 1114112 bytes of memory; its limit is 1048576; then: ",
    );
}

#[test]
fn a_refused_growth_alone_is_no_failure() {
    let mut stage = Stage::limited(&probe(), |limits| limits.memory_bytes = 1 << 20);
    assert!(returned(&stage.send("G")));
    assert_eq!(stage.fails("t").kind, FailureKind::Trap, "an earlier message's refusal is not this one's");
}

#[test]
fn a_returned_error() {
    check("everything is lost", FailureKind::ReturnedError, "everything is lost");
}

#[test]
fn a_result_that_cannot_be_read() {
    let mut stage = Stage::new(&probe());
    for (message, text) in [
        (&b"e\xff\xfe"[..], "invalid utf-8"),
        (b"o", "out of bounds"),
        (b"d", "invalid expected discriminant"),
        (b"p", "not aligned"),
    ] {
        let failure = stage.fails(message);
        assert_eq!(failure.kind, FailureKind::MalformedResult, "{failure:?}");
        assert!(failure.message.contains(text), "{failure:?}");
    }
}

#[test]
fn a_state_beyond_its_limit() {
    check("b", FailureKind::LimitExceeded, "a state of 60000 bytes; the limit is 50000");
}

#[test]
fn a_missing_export() {
    let mut stage = Stage::new(&probe());
    let Ended::Failed(failure) = stage.turn(Input::ChannelClose { channel: channel() }) else { panic!() };
    assert_eq!(failure.kind, FailureKind::MissingExport);
    assert_eq!(failure.message, "component `probe.wat` does not export `handle-channel-close`");
}

#[test]
fn what_the_host_stops_fails_for_the_hosts_reason() {
    let mut stage = Stage::new(&probe());
    stage
        .host
        .answers
        .push_back(Called::Stop(FailureKind::LimitExceeded, "more host calls than one message may make"));
    let failure = stage.fails("s");
    assert_eq!(failure.kind, FailureKind::LimitExceeded);
    assert_eq!(failure.message, "more host calls than one message may make");
    assert!(returned(&stage.send("s")));
}

#[test]
fn frames_are_named_or_counted() {
    let mut stage = Stage::new(&probe());
    let backtrace = stage.fails("t").backtrace;
    assert!(backtrace[0].starts_with("break_down at +0x"), "{backtrace:?}");
    assert!(backtrace[1].starts_with("function 10 at +0x"), "{backtrace:?}");
    assert_eq!(backtrace.len(), 2);
    assert_eq!(stage.fails("r").backtrace.len(), 64, "no more than can be read");
    assert_eq!(stage.fails("o").backtrace, Vec::<String>::new(), "nothing of the guest was running");
}

/// An actor that takes messages: what its core module has beside an allocator, and what stands before that module.
fn taking(before: &str, module: &str) -> String {
    format!(
        r#"(component
          {before}
          (core module $m
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
            {module})
          (core instance $i (instantiate $m))
          (alias core export $i "memory" (core memory $memory))
          (alias core export $i "realloc" (core func $realloc))
          (func $send (param "state" (option (list u8))) (param "params" (tuple (list u8)))
            (result (result (tuple (option (list u8))) (error string)))
            (canon lift (core func $i "handle-send") (memory $memory) (realloc $realloc)))
          (instance $client (export "handle-send" (func $send)))
          (export "theater:simple/message-server-client" (instance $client)))"#
    )
}

/// An actor with a start function, and a memory of so many pages.
fn starting(start: &str, pages: u32) -> String {
    let module = format!(
        r#"(memory (export "memory") {pages})
           (func $start {start})
           (start $start)
           (func (export "handle-send") (param i32 i32 i32 i32 i32) (result i32) (i32.const 0))"#
    );
    taking("", &module)
}

#[test]
fn an_instance_that_cannot_be_made() {
    for (start, pages, kind) in [
        ("", 1, None),
        ("(unreachable)", 1, Some(FailureKind::Trap)),
        ("(loop $on (br $on))", 1, Some(FailureKind::EndlessLoop)),
        ("", 2000, Some(FailureKind::MemoryExhausted)),
    ] {
        let component = load("starting.wat", &starting(start, pages));
        let mut stage = Stage::new(&component);
        assert_eq!(stage.turn(Input::Init), stage.turn(Input::Init));
        match (kind, stage.send("hello")) {
            (None, ended) => assert!(returned(&ended)),
            (Some(kind), Ended::Failed(failure)) => {
                assert_eq!(failure.kind, kind, "{failure:?}");
                assert!(failure.message.starts_with("cannot be instantiated: "), "{failure:?}");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// An actor of so many core instances that has a table of so many elements, which a message doubles.
fn tabled(instances: usize, elements: u32) -> String {
    let empty = "(core instance (instantiate $empty))\n".repeat(instances - 1);
    let module = format!(
        r#"(memory (export "memory") 1)
           (table $table {elements} funcref)
           (func (export "handle-send") (param i32 i32 i32 i32 i32) (result i32)
             (table.grow $table (ref.null func) (i32.const {elements}))
             (i32.lt_s (i32.const 0))
             (if (then (unreachable)))
             (i32.const 0))"#
    );
    taking(&format!("(core module $empty)\n{empty}"), &module)
}

#[test]
fn tables_count_as_memory() {
    let component = load("tabled.wat", &tabled(1, 10_000));
    // A page of 65,536 bytes, a table of 80,000, and as much again when it has grown.
    let send = |most| {
        let mut stage = Stage::limited(&component, |limits| limits.memory_bytes = most);
        let first = stage.send("hello");
        // A failed guest is made anew, and its memory counted from nothing.
        assert_eq!(first, stage.send("hello"), "{most}");
        first
    };
    for (most, told) in [
        (145_535, Some("asked for 145536 bytes of memory; its limit is 145535; then: ")),
        (145_536, Some("asked for 225536 bytes of memory; its limit is 145536; then: wasm trap: ")),
        (225_535, Some("asked for 225536 bytes of memory; its limit is 225535; then: wasm trap: ")),
    ] {
        match (told, send(most)) {
            (Some(told), Ended::Failed(failure)) => {
                assert_eq!(failure.kind, FailureKind::MemoryExhausted, "{failure:?}");
                assert!(failure.message.contains(told), "{failure:?}");
            }
            other => panic!("{most}: {other:?}"),
        }
    }
    let mut stage = Stage::limited(&component, |limits| limits.memory_bytes = 225_536);
    assert!(returned(&stage.send("hello")));
}

#[test]
fn instances_are_counted() {
    let many = |instances| Stage::new(&load("many.wat", &tabled(instances, 1))).send("hello");
    assert!(returned(&many(128)));
    let Ended::Failed(failure) = many(129) else { panic!("129 instances are too many") };
    assert_eq!(failure.kind, FailureKind::LimitExceeded, "{failure:?}");
    assert!(failure.message.starts_with("cannot be instantiated: resource limit exceeded: "), "{failure:?}");
}
