//! Guests that run: turns, suspension, isolation and fuel.
#![cfg(feature = "wasm")]

mod guest_support;

use guest_support::*;
use rehearsal::actor::{Actor, Called, Ended, Input};
use rehearsal::call::{Address, HostAnswer, HostCall, Refusal};
use rehearsal::error::Error;
use rehearsal::guest::{ActorInstance, Guest, MESSAGE_SERVER_CLIENT, Outcome};
use rehearsal::limits::Limits;
use std::sync::Arc;

#[test]
fn a_message_goes_in_and_an_effect_comes_out() {
    let mut stage = Stage::new(&probe());
    stage.host.state = Some("kept".into());
    assert!(returned(&stage.turn(Input::Init)));
    assert!(returned(&stage.send("send this on, all of it")));
    let sent = HostCall::Send { to: Address::from("peer"), data: "send this on, all of it".into() };
    assert_eq!(stage.host.calls, [sent]);
    assert_eq!(stage.state(), "kept");
    assert_eq!(reply(&stage.request("echo")), Some("echo".to_owned()));
    assert_eq!(reply(&stage.request("not now")), None);
}

#[test]
fn requests_are_answered_in_any_order() {
    let component = probe();
    let mut stages: Vec<Stage> = (0..5).map(|_| Stage::new(&component)).collect();
    for (n, stage) in stages.iter_mut().enumerate() {
        assert_eq!(stage.send(format!("q{n}")), Ended::Awaiting);
    }
    for n in [2, 0, 4, 1, 3] {
        assert!(returned(&stages[n].answer(&format!("answer {n}"))));
    }
    for (n, stage) in stages.iter_mut().enumerate() {
        assert_eq!(stage.state(), format!("answer {n}"));
        assert_eq!(reply(&stage.request("still here")), Some("still here".to_owned()));
    }
}

#[test]
fn a_suspended_guest_is_killed_and_the_others_live() {
    let component = probe();
    let mut stages: Vec<Stage> = (0..4).map(|_| Stage::new(&component)).collect();
    for stage in &mut stages {
        assert_eq!(stage.send("q"), Ended::Awaiting);
    }
    drop(stages.remove(1));
    assert!(stages[1].guest.reset());
    assert!(returned(&stages[0].answer("a")) && returned(&stages[2].answer("c")));
    assert_eq!((stages[0].state(), stages[2].state()), ("a".to_owned(), "c".to_owned()));
    assert!(returned(&stages[1].send("begin again")), "a killed guest begins anew");
}

#[test]
fn instances_of_one_component_do_not_see_each_other() {
    let component = probe();
    let (mut one, mut two) = (Stage::new(&component), Stage::new(&component));
    for n in 1..=3 {
        one.send("count");
        assert_eq!(one.state(), n.to_string());
    }
    two.send("count");
    assert_eq!(two.state(), "1");
}

#[test]
fn what_a_guest_hides_in_its_memory_shows_when_each_message_has_a_fresh_instance() {
    let component = probe();
    let mut kept = Stage::new(&component);
    let mut fresh = Stage::new(&component);
    fresh.guest = Guest::new(&component, &Arc::new(Limits::default())).fresh_each_time(true);
    for stage in [&mut kept, &mut fresh] {
        stage.send("count");
        stage.send("count");
    }
    assert_eq!((kept.state(), fresh.state()), ("2".to_owned(), "1".to_owned()));
}

#[test]
fn fuel_is_exact_and_is_kept_across_a_suspension() {
    let component = probe();
    let run = || {
        let mut stage = Stage::new(&component);
        stage.host.state = Some("0".into());
        let mut used = Vec::new();
        for message in ["s", "count", "s and a longer one"] {
            stage.send(message);
            used.push(stage.guest.fuel_used());
        }
        assert_eq!(stage.send("q"), Ended::Awaiting);
        stage.answer("an answer");
        used.push(stage.guest.fuel_used());
        stage.fails("t");
        used.push(stage.guest.fuel_used());
        // The same work by a new instance takes the same fuel: making it is not counted.
        stage.send("s");
        used.push(stage.guest.fuel_used());
        used
    };
    let first = run();
    assert_eq!(first, run());
    assert_eq!(first[0], first[5]);
    assert!(first.iter().all(|fuel| *fuel > 0), "{first:?}");

    // What is enough to get to the suspension is not enough to come to the end after it.
    let ends = |fuel| {
        let mut stage = Stage::limited(&component, |limits| limits.fuel = fuel);
        stage.host.state = Some("0".into());
        match stage.send("q") {
            Ended::Awaiting => Some(returned(&stage.answer("an answer"))),
            _ => None,
        }
    };
    let suspends = (0..first[3]).find(|fuel| ends(*fuel).is_some()).unwrap();
    let returns = (0..=first[3]).find(|fuel| ends(*fuel) == Some(true)).unwrap();
    assert!(suspends < returns, "{suspends}, {returns}");
}

#[test]
fn any_import_may_suspend() {
    let mut stage = Stage::new(&probe());
    stage.host.answers.push_back(Called::Suspended);
    assert_eq!(stage.send("s"), Ended::Awaiting);
    assert!(returned(&stage.turn(Input::Answer(HostAnswer::Done))));
}

#[test]
fn a_refusal_is_for_the_guest_to_see() {
    let mut stage = Stage::new(&probe());
    assert_eq!(stage.send("q"), Ended::Awaiting);
    let refused = HostAnswer::Refused(Refusal::UnknownActor("peer".to_owned()));
    assert!(returned(&stage.turn(Input::Answer(refused))));
    assert_eq!(stage.state(), "Actor not found: peer");
}

#[test]
fn an_answer_that_nobody_waits_for_harms_nothing() {
    let mut stage = Stage::new(&probe());
    assert!(matches!(stage.answer("?"), Ended::Failed(_)));
    stage.send("count");
    assert!(matches!(stage.answer("?"), Ended::Failed(_)));
    stage.send("count");
    assert_eq!(stage.state(), "2");
}

#[test]
fn exports_are_registered_by_name() {
    let component = probe();
    let mut instance = ActorInstance::new(&component, &Limits::default()).unwrap();
    let mut register = |name| instance.register_export(MESSAGE_SERVER_CLIENT, name);
    assert_eq!(register("handle-send"), Ok(Outcome::Done));
    assert_eq!(register("handle-channel-open"), Ok(Outcome::Missing));
    let error = Error::from(register("handle-sent").unwrap_err()).to_string();
    assert!(error.contains("did you mean `theater:simple/message-server-client.handle-send`?"), "{error}");
}
