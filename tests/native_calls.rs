//! What a native handler does with the futures of its calls: it may drop one, and may not await two at once.

use rehearsal::chain::{ChainForm, lines};
use rehearsal::chooser::Fifo;
use rehearsal::native::{Context, Handler, builtin};
use rehearsal::payload::Payload;
use rehearsal::profile::Profile;
use rehearsal::property::Builtin;
use rehearsal::{Rehearsal, Steps};
use std::future::Future as _;
use std::task::Poll;

/// Asks, waits no longer than one look, and is done.
struct Hasty;

impl Handler for Hasty {
    async fn handle_send(&mut self, context: &Context, to: Payload) -> Result<(), String> {
        let to = String::from_utf8_lossy(&to).into_owned();
        let mut asked = std::pin::pin!(context.request(to.as_str(), "?"));
        let pending = std::future::poll_fn(|task| Poll::Ready(asked.as_mut().poll(task).is_pending())).await;
        pending.then_some(()).ok_or("it was answered at once".to_owned())
    }
}

/// Leaves every request for later, and later never comes.
struct Never;

impl Handler for Never {
    async fn handle_request(&mut self, _: &Context, _: Payload) -> Result<Option<Payload>, String> {
        Ok(None)
    }
}

/// Who leaves a call behind waits in it no more: it takes the next message, and is not stuck.
#[test]
fn a_call_that_a_handler_leaves_behind_is_over() {
    for (profile, answers) in
        [(Profile::Actors, "answers"), (Profile::Actors, "never"), (Profile::Theater02, "never")]
    {
        let stage = Rehearsal::new("hasty")
            .profile(profile)
            .handler("hasty", || Hasty)
            .actor("answers", || builtin("echo").expect("an echo"))
            .handler("never", || Never)
            .client("c", Steps::new().send("hasty", answers).send("hasty", answers))
            .stage()
            .expect("a stage");
        let run = stage.run(Fifo);
        let told = run.timeline();
        assert!(run.failure().is_none(), "{told}");
        assert_eq!(told.matches("request \"?\"").count(), 2, "{told}");
        let late = told.matches("late answers -> hasty #").count();
        assert_eq!(late, if answers == "answers" { 2 } else { 0 }, "{told}");
    }
}

/// Asks twice at once.
struct Hydra;

impl Handler for Hydra {
    async fn handle_request(&mut self, context: &Context, _: Payload) -> Result<Option<Payload>, String> {
        let mut first = std::pin::pin!(context.request("echo", "1"));
        let mut second = std::pin::pin!(context.request("echo", "2"));
        std::future::poll_fn(|task| {
            let _ = first.as_mut().poll(task);
            second.as_mut().poll(task).map(|answer| Ok(answer.ok()))
        })
        .await
    }
}

/// An actor waits in one call: a second one beside it is a failure with a name, and not an answer that goes to the other.
#[test]
fn a_second_call_while_one_is_awaited_is_a_named_failure() {
    for profile in [Profile::Actors, Profile::Theater02, Profile::Theater03] {
        let stage = Rehearsal::new("hydra")
            .profile(profile)
            .handler("hydra", || Hydra)
            .actor("echo", || builtin("echo").expect("an echo"))
            .client("c", Steps::new().request("hydra", "go"))
            .waive(Builtin::Trap)
            .stage()
            .expect("a stage");
        let told = stage.run(Fifo).timeline();
        let line = "failed hydra handle-request: trap: a second call while one is under way";
        assert!(told.contains(line), "{told}");
        assert!(!told.contains("stuck"), "{told}");
    }
}

/// Calls that wait for nobody may be made beside one that waits, in any order.
struct Busy;

impl Handler for Busy {
    async fn handle_request(&mut self, context: &Context, _: Payload) -> Result<Option<Payload>, String> {
        let mut asked = std::pin::pin!(context.request("echo", "1"));
        let mut sent = std::pin::pin!(context.send("echo", "2"));
        let mut done = false;
        std::future::poll_fn(|task| {
            let answer = asked.as_mut().poll(task);
            done = done || sent.as_mut().poll(task).is_ready();
            context.observe("sent", done);
            answer.map(|answer| Ok(answer.ok()))
        })
        .await
    }
}

#[test]
fn what_waits_for_nobody_may_be_done_beside_a_call() {
    let stage = Rehearsal::new("busy")
        .handler("busy", || Busy)
        .actor("echo", || builtin("echo").expect("an echo"))
        .client("c", Steps::new().request("busy", "go"))
        .stage()
        .expect("a stage");
    let run = stage.run(Fifo);
    assert!(run.failure().is_none(), "{}", run.timeline());
    assert_eq!(run.timeline().matches("observe sent true").count(), 2, "{}", run.timeline());
}

/// Generation A records a call as it begins: of one that was left behind, before its handler's end.
#[test]
fn a_call_that_was_left_behind_is_in_the_chain_before_the_end() {
    let stage = Rehearsal::new("hasty")
        .handler("hasty", || Hasty)
        .handler("never", || Never)
        .client("c", Steps::new().send("hasty", "never").send("hasty", "never"))
        .stage()
        .expect("a stage");
    let told = lines(&stage.run(Fifo).chain("hasty", ChainForm::A).expect("an actor's chain"));
    let kinds: Vec<&str> = told
        .lines()
        .map(|line| {
            if line.contains("request") {
                "asks"
            } else if line.contains("return") {
                "ends"
            } else {
                "call"
            }
        })
        .collect();
    assert_eq!(kinds, ["call", "ends", "call", "asks", "ends", "call", "asks", "ends"], "{told}");
}
