//! What an actor, a message and a run may use up: each bound ends what exceeds it, by name.
#![cfg(feature = "wasm")]

mod engine_support;

use engine_support::{run, scenario};
use rehearsal::actor::FailureKind;
use rehearsal::chooser::Fifo;
use rehearsal::explore::{Options, explore};
use rehearsal::limits::Limits;
use rehearsal::native::{Context, Handler};
use rehearsal::payload::Payload;
use rehearsal::profile::Profile;
use rehearsal::property::Builtin;
use rehearsal::run::{Bound, Verdict};
use rehearsal::{Rehearsal, Steps, report};
use serde_json::{Value, json};
use std::sync::atomic::AtomicBool;

const CALLS: &str = "limit exceeded: more host calls than one message may cause";
const BYTES: &str = "limit exceeded: more bytes than one message may cause";

fn send(to: &str, text: &str) -> Value {
    json!({ "send": { "to": to, "body": { "text": text } } })
}

/// In `init` nobody's message is handled, and yet it is bounded like one.
#[test]
fn init_is_bounded_in_every_profile() {
    let profiles = [("actors", ""), ("theater-0.2", ""), ("theater-0.3", "b"), ("theater-0.3", "c")];
    for (profile, like) in profiles {
        for (limits, told) in [
            (json!({ "host_calls": 50, "fuel": 1_000_000 }), CALLS),
            (json!({ "effect_bytes": 500, "fuel": 1_000_000 }), BYTES),
        ] {
            let mut text = json!({
                "profile": profile, "limits": limits, "waive": ["trap"],
                "actors": { "a": { "component": "../tests/guest_support/init-chatter.wat" } },
                "clients": { "c": [{ "wait": "1ms" }] }
            });
            if !like.is_empty() {
                text["theater"] = json!({ "like": like });
            }
            let ran = run(text);
            assert_eq!(ran.failed, [format!("a init: {told}")], "{profile} {like}");
            let logged = ran.notes.iter().filter(|note| note.starts_with("log a")).count();
            assert_eq!(logged, if told == CALLS { 50 } else { 20 }, "{profile} {like}");
        }
    }
}

/// A script has an end, and is no message.
#[test]
fn a_clients_script_is_not_bounded_as_a_message_is() {
    let many: Vec<Value> = (0..20).map(|_| send("log", "more")).collect();
    run(json!({
        "limits": { "host_calls": 5, "effect_bytes": 20 },
        "actors": { "log": { "native": "log" } }, "clients": { "c": many }
    }))
    .holds();
}

#[test]
fn a_component_that_calls_or_sends_without_end_is_stopped() {
    for (order, limits, told, most) in [
        ("chatter", json!({ "host_calls": 100 }), CALLS, 100),
        ("chatter", json!({ "effect_bytes": 90 }), BYTES, 10),
        ("spam", json!({ "host_calls": 100 }), CALLS, 100),
        ("spam", json!({ "effect_bytes": 80 }), BYTES, 20),
    ] {
        let ran = run(json!({
            "limits": limits, "waive": ["trap"],
            "actors": {
                "rogue": { "component": "actors/misbehaver.wasm", "state": { "json": { "to": "${actor.sink}" } } },
                "sink": { "native": "log" }
            },
            "clients": { "c": [send("rogue", order)] }
        }));
        assert_eq!(ran.failed, [format!("rogue handle-send: {told}")], "{order}");
        let came = |note: &&String| note.starts_with("log rogue") || note.starts_with("log sink");
        assert_eq!(ran.notes.iter().filter(came).count(), most, "{order}: what came before is kept");
    }
}

/// Sends words of so many bytes to the sink, so many times.
struct Sender(usize, usize);

impl Handler for Sender {
    async fn handle_send(&mut self, context: &Context, _: Payload) -> Result<(), String> {
        for _ in 0..self.1 {
            let _ = context.send("sink", vec![b'x'; self.0]).await;
        }
        Ok(())
    }
}

#[test]
fn a_native_actor_that_sends_too_much_is_stopped() {
    let fails = |bytes, times| {
        let mut limits = Limits::default();
        (limits.host_calls, limits.effect_bytes) = (10, 1000);
        let stage = Rehearsal::new("sender")
            .handler("sender", move || Sender(bytes, times))
            .actor("sink", || rehearsal::native::builtin("sink").expect("a sink"))
            .client("c", Steps::new().send("sender", "go"))
            .limits(limits)
            .waive(Builtin::Trap)
            .stage()
            .expect("a stage");
        // A run that nobody records goes the short way.
        assert_eq!(stage.outcome(Fifo).digest, stage.run(Fifo).digest());
        let run = stage.run(Fifo);
        let told = run.timeline();
        [CALLS, BYTES].map(|over| told.contains(&format!("failed sender handle-send: {over}")))
    };
    assert_eq!(fails(1, 10), [false, false]);
    assert_eq!(fails(1, 11), [true, false]);
    assert_eq!(fails(250, 4), [false, false]);
    assert_eq!(fails(250, 5), [false, true]);
    assert_eq!(FailureKind::LimitExceeded.name(), "limit exceeded");
}

fn talk(limits: Value, waive: Value) -> Value {
    json!({
        "limits": limits, "waive": waive,
        "actors": { "log": { "native": "log" } },
        "clients": {
            "a": [send("log", "1"), send("log", "2")], "b": [send("log", "3"), send("log", "4")]
        }
    })
}

#[test]
fn a_bound_of_a_run_fails_it_unless_it_is_waived() {
    for (limits, bound, broken, note) in [
        (
            json!({ "steps": 3 }),
            Bound::Steps,
            "bounds hold (steps)",
            "cut: steps of a run, a bound that is waived",
        ),
        (
            json!({ "messages": 3 }),
            Bound::Messages,
            "bounds hold",
            "cut: messages under way, a bound that is waived",
        ),
    ] {
        let held = run(talk(limits.clone(), json!([])));
        assert_eq!((held.outcome.verdict.broken(), held.outcome.cut), (Some(broken), None));
        let waived = run(talk(limits.clone(), json!(["bounds"])));
        waived.holds();
        waived.has(note);
        assert_eq!(waived.outcome.cut, Some(bound));
        assert!(!waived.outcome.settled);
        assert!(report::cut(&waived.outcome).expect("it was cut").ends_with("which the scenario waives"));
    }
    let free = run(talk(json!({}), json!(["bounds"])));
    assert_eq!((&free.outcome.verdict, free.outcome.cut), (&Verdict::Held, None));
}

/// What lies beyond a bound was never seen, so a search that was cut claims nothing.
#[test]
fn a_search_that_was_cut_at_a_waived_bound_is_not_complete() {
    let search = |limits: Value, strategy: &str| {
        let options = Options {
            strategy: strategy.parse().expect("a strategy"),
            runs: (strategy == "random").then_some(20),
            ..Options::default()
        };
        let scenario = scenario(talk(limits, json!(["bounds"])));
        explore(&scenario, &options, &AtomicBool::new(false), &mut |_| {}).expect("a search")
    };
    for strategy in ["dfs", "dpor", "random"] {
        for (limits, told) in
            [(json!({ "steps": 3 }), "steps of a run"), (json!({ "messages": 3 }), "messages under way")]
        {
            let cut = search(limits, strategy);
            assert!(cut.failures.is_empty(), "{strategy}");
            assert!(!cut.findings.complete, "{strategy}");
            assert!(cut.findings.bounds_hit.contains(told), "{strategy}: {:?}", cut.findings.bounds_hit);
        }
        let whole = search(json!({}), strategy);
        assert_eq!(whole.findings.complete, strategy != "random");
        assert!(whole.findings.bounds_hit.is_empty(), "{:?}", whole.findings.bounds_hit);
    }
}

/// Sends itself two words for each that comes: what is under way grows for ever.
struct Breeder;

impl Handler for Breeder {
    async fn handle_send(&mut self, context: &Context, word: Payload) -> Result<(), String> {
        for _ in 0..2 {
            context.send("breeder", word.clone()).await.map_err(|refusal| refusal.to_string())?;
        }
        Ok(())
    }
}

/// Whoever stays within the bounds of each message may not take all memory with many of them.
#[test]
fn the_bytes_of_a_run_are_bounded() {
    const OVER: &str = "failed breeder handle-send: limit exceeded: more bytes than a whole run may cause";
    for profile in [Profile::Actors, Profile::Theater02, Profile::Theater03] {
        let mut limits = Limits::default();
        limits.run_bytes = 100_000;
        let stage = Rehearsal::new("breeder")
            .profile(profile)
            .handler("breeder", || Breeder)
            .client("c", Steps::new().send("breeder", "x".repeat(1000)))
            .limits(limits)
            .stage()
            .expect("a stage");
        let run = stage.run(Fifo);
        assert!(run.failure().is_some());
        assert!(run.timeline().contains(OVER), "{}", run.timeline());
        // Each word is two more: a hundred were sent by fifty.
        assert_eq!(run.timeline().matches("send \"xxx").count(), 51);
    }
}

#[test]
fn what_failures_say_counts_in_a_run() {
    struct Loud;
    impl Handler for Loud {
        async fn handle_request(&mut self, _: &Context, words: Payload) -> Result<Option<Payload>, String> {
            if words.len() < 10 { Ok(Some(words)) } else { Err(words.text().repeat(100)) }
        }
    }
    let mut limits = Limits::default();
    limits.run_bytes = 2_000;
    let stage = Rehearsal::new("loud")
        .handler("loud", || Loud)
        .client(
            "c",
            Steps::new().request("loud", "x".repeat(10)).request("loud", "y".repeat(10)).request("loud", "z"),
        )
        .limits(limits)
        .waive(Builtin::Trap)
        .stage()
        .expect("a stage");
    let told = stage.run(Fifo).timeline();
    assert!(told.contains("limit exceeded: more bytes than a whole run may cause"), "{told}");
}
