//! What is dropped, refused, too late or unread is a named line of the trace. The actors are components, built from
//! `scenarios/actors`.
#![cfg(feature = "wasm")]

mod engine_support;

use engine_support::{Told, lines_of_orders, run};
use rehearsal::id::{ActorId, ChannelId};
use serde_json::{Value, json};

/// All takes 10 ms, and nobody opens a channel sooner than the case says.
fn cast(actors: Value, clients: Value, more: Value) -> Told {
    let mut text = json!({
        "clock": "strict", "early_timers": 0, "latency": { "constant": "10ms" },
        "actors": actors, "clients": clients
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        text[key] = value.clone();
    }
    run(text)
}

fn lab(config: Value) -> Value {
    json!({ "component": "actors/lab-a.wasm", "state": { "json": { "cfg": config } } })
}

fn opener() -> Value {
    let state = json!({ "peer": "${actor.peer}", "messages": [], "close": false });
    json!({ "component": "actors/channel-opener.wasm", "state": { "json": state } })
}

fn peer(config: Value) -> Value {
    json!({ "component": "actors/channel-peer.wasm", "state": { "json": config } })
}

fn send(to: &str, body: Value) -> Value {
    let body = if body.is_string() { json!({ "text": body }) } else { json!({ "json": body }) };
    json!({ "send": { "to": to, "body": body } })
}

/// Whoever opens a channel and is ended before it knows of the decision leaves no open end behind.
#[test]
fn an_opener_that_is_ended_while_it_waits_closes_what_it_would_have_opened() {
    // After the peer accepted, while the answer is under way; and before it was asked.
    for (at, late) in [("25ms", "the caller is terminated"), ("15ms", "nobody waits for it")] {
        let told = cast(
            json!({ "opener": opener(), "peer": peer(json!({})) }),
            json!({ "ann": [send("opener", json!("go")), { "wait": at }, { "terminate": "opener" }, { "wait": "1s" }] }),
            json!({ "properties": [
                { "name": "the peer is told", "eventually": { "observed": { "key": "closed", "actor": "peer" } } },
                { "no": "lost message" }
            ] }),
        );
        told.holds();
        told.has("end opener: terminated");
        told.has(&format!("late peer -> opener #1: {late}"));
    }
}

#[test]
fn an_answer_under_way_to_an_actor_that_is_ended_is_late() {
    let told = cast(
        json!({
            "f": { "component": "actors/forwarder.wasm", "state": { "json": { "next": "${actor.e}" } } },
            "e": { "component": "actors/echo.wasm" }
        }),
        json!({
            "ann": [{ "request": { "to": "f", "body": { "text": "go" } }, "expect": { "refused": "Actor stopped before it answered" } }],
            "bob": [{ "wait": "25ms" }, { "terminate": "f" }]
        }),
        json!({ "properties": [{ "no": "lost message" }] }),
    );
    told.holds();
    told.has("late e -> f #1: the caller is terminated");
}

/// The opener is told that it waited in vain, and the peer that nobody is there.
#[test]
fn the_opening_of_a_channel_gives_up_in_virtual_time() {
    let go = json!({ "request": { "to": "opener", "body": { "text": "go" } } });
    let both = json!([
        { "name": "the opener is told", "eventually":
            { "observed": { "key": "refused", "actor": "opener", "equals": "Timed out after 15ms of virtual time" } } },
        { "name": "the peer is told", "eventually": { "observed": { "key": "closed", "actor": "peer" } } }
    ]);
    let more = json!({ "timeouts": { "open_channel": "15ms" }, "properties": both });
    let told = cast(json!({ "opener": opener(), "peer": peer(json!({})) }), json!({ "ann": [go] }), more);
    told.holds();
    told.has("late peer -> opener #1: timed out before it");
}

/// Where the target has refused already, there is nothing to close.
#[test]
fn an_opener_that_gives_up_while_a_refusal_is_under_way_closes_nothing() {
    let told = cast(
        json!({ "a": lab(json!({})), "b": lab(json!({ "reject": true })) }),
        json!({ "ann": [send("a", open(json!([]))), { "wait": "1s" }] }),
        json!({ "timeouts": { "open_channel": "15ms" } }),
    );
    told.holds();
    told.has("late b -> a #1: timed out before it");
    assert!(!told.notes.iter().any(|note| note.contains("close of unknown channel")), "{:?}", told.notes);
}

#[test]
fn a_reply_after_its_deadline_is_late() {
    for (deadline, why) in [("15ms", "timed out before it"), ("5ms", "nobody waits for it")] {
        let ask = json!({ "request": { "to": "echo", "body": { "text": "quick?" } },
            "expect": { "refused": format!("Timed out after {deadline}") } });
        let told = cast(
            json!({ "echo": { "component": "actors/echo.wasm" } }),
            json!({ "ann": [ask, { "wait": "100ms" }] }),
            json!({ "timeouts": { "request": deadline } }),
        );
        told.holds();
        told.has(&format!("late echo -> ann #1: {why}"));
    }
}

/// In Theater's own generations an answer takes no time: only some orders have one under way to nobody.
#[test]
fn an_answer_that_nobody_takes_is_late_in_theater_too() {
    let lines = |profile: &str, clients: Value| {
        lines_of_orders(json!({
            "profile": profile, "clock": "loose",
            "actors": {
                "f": { "component": "actors/forwarder.wasm", "state": { "json": { "next": "${actor.e}" } } },
                "e": { "component": "actors/echo.wasm" }
            },
            "clients": clients
        }))
    };
    let ask = json!({ "request": { "to": "f", "body": { "text": "go" } } });
    let ended =
        lines("theater-0.2", json!({ "ann": [ask], "bob": [{ "wait": "1ms" }, { "terminate": "f" }] }));
    for why in ["the caller is terminated", "nobody waits for it"] {
        assert!(ended.contains(&format!("late e -> f #1: {why}")), "{why}: {ended:#?}");
    }
    let hurried = json!({ "request": { "to": "e", "body": { "text": "go" } }, "within": "1ms" });
    for profile in ["theater-0.2", "theater-0.3"] {
        let over = lines(profile, json!({ "ann": [hurried] }));
        for why in ["timed out before it", "nobody waits for it"] {
            assert!(over.contains(&format!("late e -> ann #1: {why}")), "{profile}, {why}: {over:#?}");
        }
    }
}

#[test]
fn a_request_that_is_answered_twice_is_answered_once() {
    let twice = json!([["respond", "$req", "first"], ["reply", "second"]]);
    let told = cast(
        json!({ "lab": lab(json!({})) }),
        json!({ "ann": [{ "request": { "to": "lab", "body": { "json": twice } }, "expect": { "text": "first" } }] }),
        json!({}),
    );
    told.holds();
    told.has("twice lab: the request was answered before");
}

#[test]
fn what_reaches_a_client_whose_script_is_over_is_unread_and_not_lost() {
    let forwarder =
        json!({ "component": "actors/forwarder.wasm", "state": { "json": { "next": "${actor.ann}" } } });
    for (profile, line) in [
        ("actors", "unread deliver e -> ann #1: the script is over"),
        ("theater-0.2", "unread e -> ann #1: the script is over"),
        ("theater-0.3", "unread e -> ann #1: the script is over"),
    ] {
        let told = cast(
            json!({ "e": forwarder }),
            json!({ "ann": [send("e", json!("go"))] }),
            json!({ "profile": profile, "properties": [{ "no": "lost message" }] }),
        );
        told.holds();
        told.has(line);
    }
}

#[test]
fn a_close_that_reaches_nobody_is_a_line_and_no_lost_message() {
    let opener = json!({ "component": "actors/channel-opener.wasm",
        "state": { "json": { "peer": "${actor.peer}", "messages": [], "close": true } } });
    let told = cast(
        json!({ "opener": opener, "peer": peer(json!({})) }),
        // It has the channel at 30 ms and closes it; both ends are told at 40 ms.
        json!({ "ann": [send("opener", json!("go")), { "wait": "35ms" }, { "stop": "opener" }] }),
        json!({ "properties": [{ "no": "lost message" }] }),
    );
    told.holds();
    told.has("lost deliver opener -> opener #1: the receiver is stopped");
    assert_eq!(told.lost, 0);
}

/// A case: what `a` is told at the start and `b` so many milliseconds later; the scenario's own; the line; what was lost.
type Case = (&'static str, Value, u64, Value, Value, String, u64);

/// What `a` is told to do: it opens a channel to `b`, and then more.
fn open(more: Value) -> Value {
    let mut script = vec![json!(["open", "${actor.b}", "hi"])];
    script.extend(more.as_array().cloned().unwrap_or_default());
    json!(script)
}

fn cases() -> Vec<Case> {
    // The first channel of the first actor with the second.
    let channel = ChannelId::of(ActorId(0), ActorId(1), 1);
    let slow = || json!({ "timeouts": { "open_channel": "15ms" } });
    vec![
        // `a` has the channel at 30 ms and closes it, `b` speaks at 25 ms.
        (
            "a message crosses a close",
            open(json!([["close", "$ch"]])),
            15,
            json!([["chan", "$ch", "late"]]),
            json!({}),
            format!("lost deliver b -> a #1: message for closed channel {channel}"),
            1,
        ),
        (
            "two closes cross",
            open(json!([["close", "$ch"]])),
            15,
            json!([["close", "$ch"]]),
            json!({}),
            format!("lost deliver a -> b #2: close of closed channel {channel}"),
            0,
        ),
        // `a` gives up at 25 ms, and never knew the channel that `b` speaks on.
        (
            "a message for one who gave up",
            open(json!([])),
            13,
            json!([["chan", "$ch", "hello?"]]),
            slow(),
            format!("lost deliver b -> a #1: message for unknown channel {channel}"),
            1,
        ),
        (
            "a close of what was never opened",
            open(json!([])),
            200,
            json!([]),
            json!({ "timeouts": { "open_channel": "5ms" }, "reject": true }),
            format!("lost deliver a -> b #2: close of unknown channel {channel}"),
            0,
        ),
        (
            "speaking on a channel that is closed here",
            open(json!([["close", "$ch"], ["chan", "$ch", "more"]])),
            200,
            json!([]),
            json!({}),
            format!("refused a: Channel is closed: {channel}"),
            0,
        ),
        (
            "speaking on a channel that is unknown",
            json!([["chan", "ch_0000000000000001", "more"]]),
            200,
            json!([]),
            json!({}),
            "refused a: Channel not found: ch_0000000000000001".to_owned(),
            0,
        ),
        (
            "closing a channel that is unknown",
            json!([["close", "ch_0000000000000001"]]),
            200,
            json!([]),
            json!({}),
            "refused a: Channel not found: ch_0000000000000001".to_owned(),
            0,
        ),
    ]
}

#[test]
fn the_use_of_an_unknown_or_a_closed_channel_is_a_named_line() {
    for (name, first, after, second, mut own, line, lost) in cases() {
        let rejects = own.as_object_mut().and_then(|own| own.remove("reject")).is_some();
        let told = cast(
            json!({ "a": lab(json!({})), "b": lab(json!({ "reject": rejects })) }),
            json!({
                "ann": [send("a", first), { "wait": "1s" }],
                "bob": [{ "wait": format!("{after}ms") }, send("b", second)]
            }),
            own,
        );
        told.holds();
        assert!(told.notes.contains(&line), "{name}: {line}\nis none of\n{}", told.notes.join("\n"));
        assert_eq!(told.lost, lost, "{name}");
    }
}

/// What the host serves beside messages, asked for by components: each answer, and each refusal.
#[test]
fn a_component_asks_for_the_clock_chance_and_the_environment() {
    let ask = |order: &str, answer: Value| json!({ "request": { "to": "user", "body": { "text": order } }, "expect": answer });
    let range = "error: Invalid argument: a range needs a least that is below its most";
    let bytes = "error: Invalid argument: more random bytes than one call may ask for";
    run(json!({
        "environment": { "CITY": "Utrecht", "DAY": "Monday" },
        "actors": { "user": { "component": "actors/random-user.wasm" } },
        "clients": { "ann": [
            ask("deadline", json!({ "json": 20 })),
            ask("deadline 50", json!({ "json": 50 })),
            ask("deadline 30", json!({ "json": 50 })),
            ask("vars", json!({ "json": { "CITY": "Utrecht", "DAY": "Monday" } })),
            ask("range 9 5", json!({ "text": range })),
            ask("range 5 5", json!({ "text": range })),
            ask("range 5 6", json!({ "json": 5 })),
            ask("bytes 1048577", json!({ "text": bytes }))
        ] }
    }))
    .holds();
}

#[test]
fn a_component_that_shuts_down_answers_before_and_nobody_after() {
    let bye = json!([["shutdown", "bye"], ["reply", "x"]]);
    let told = run(json!({
        "actors": { "lab": lab(json!({})) },
        "clients": { "ann": [
            { "request": { "to": "lab", "body": { "json": bye } }, "expect": { "text": "x" } },
            { "request": { "to": "lab", "body": { "text": "there?" } }, "expect": { "refused": "Actor stopped" } }
        ] }
    }));
    told.holds();
    told.has("end lab: stopped");
    told.has("lost deliver ann -> lab #2: the receiver is stopped");
}
