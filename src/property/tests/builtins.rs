//! Every built-in property, with a planted violation.

use super::*;
use crate::choice::{Choices, Chooser, Draw, Halt, Offered};
use crate::message_server::{ActorMessage, ActorSend};

struct Nobody;
impl Chooser for Nobody {
    fn next(&mut self, _: &Offered<'_>) -> Result<usize, Halt> {
        Err(Halt::Exhausted)
    }
    fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
        Err(Halt::Exhausted)
    }
}

fn door() -> Choices {
    Choices::new(Box::new(Nobody), false)
}

fn post(state: &mut State) {
    let message = ActorMessage::Send(ActorSend { data: Payload::EMPTY });
    state.post(&mut door(), A, B, message).expect("the loose clock asks nothing");
}

/// A monitor of one built-in property.
fn only(builtin: Builtin) -> Monitor {
    Monitor::new(Arc::from([]), Builtins::NONE.with(builtin))
}

/// Checks that a violation is found where the property is held to, and nowhere else.
fn check(state: &State, builtin: Builtin, told: &[&str]) {
    let judge = |monitor: &mut Monitor| monitor.check(state).or_else(|| monitor.settle(state));
    for other in Builtin::ALL {
        let found = judge(&mut only(other));
        if other == builtin {
            let violation = found.unwrap_or_else(|| panic!("{builtin:?} is not found"));
            assert_eq!((violation.builtin, violation.step), (Some(builtin), state.step));
            assert_eq!(violation.property, builtin.title());
            assert_eq!(violation.facts, told);
        } else if builtin != Builtin::Deadlock {
            assert_eq!(found, None, "{other:?} is not broken");
        }
    }
}

#[test]
fn failures() {
    let kinds = [
        FailureKind::Trap,
        FailureKind::EndlessLoop,
        FailureKind::MemoryExhausted,
        FailureKind::MalformedResult,
        FailureKind::MissingExport,
        FailureKind::LimitExceeded,
    ];
    for kind in kinds {
        let mut state = world();
        act(&mut state, &Act::Fail(B, kind));
        let told = format!("`b` failed in `handle-send` of `client` at step 1: {}: boom", kind.name());
        check(&state, Builtin::Trap, &[&told]);
    }
    let mut state = world();
    act(&mut state, &Act::Fail(A, FailureKind::ReturnedError));
    let told = "`a` failed in `handle-send` of `client` at step 1: returned error: boom";
    check(&state, Builtin::ReturnedError, &[told]);
}

#[test]
fn expectations() {
    let mut state = world();
    state.record.unmet.push((4, CLIENT, "expected 3, got 4".into()));
    state.record.changes += 1;
    check(&state, Builtin::Expectations, &["`client` at step 4: expected 3, got 4"]);
}

#[test]
fn bounds() {
    let mut state = world();
    (0..3).for_each(|_| post(&mut state));
    let mut monitor = only(Builtin::Bounds);
    let told = "more than 2 messages are under way at once (the bound `messages`)";
    assert_eq!(monitor.check(&state).map(|violation| violation.facts), Some(vec![told.to_owned()]));
    assert_eq!(monitor.check(&state), None, "it is told once");
}

#[test]
fn lost_messages() {
    let mut state = world();
    state.record.notes = Some(Vec::new());
    state.step = 7;
    state.lose(|| "lost deliver a -> b #1: the receiver is stopped".into());
    let told = ["1 message dropped so far", "at step 7: deliver a -> b #1: the receiver is stopped"];
    check(&state, Builtin::LostMessage, &told);
    let mut state = world();
    post(&mut state);
    check(&state, Builtin::LostMessage, &["1 message from `a` to `b` never delivered (send)"]);
}

#[test]
fn deadlocks() {
    let mut state = world();
    wait(&mut state, CLIENT, WaitsFor::Reply(A), None);
    assert_eq!(deadlock(&state), None);
    wait(&mut state, A, WaitsFor::Reply(B), None);
    assert_eq!(deadlock(&state), None);
    state.step = 2;
    let call = wait(&mut state, B, WaitsFor::Decision(A, Payload::EMPTY), Some(Time::from_millis(5)));
    assert_eq!(deadlock(&state), Some(vec![A, B]));
    let told = "`a` waits for `b` (request #1, since step 0), `b` waits for `a` (opening a channel #1, since step 2)";
    check(&state, Builtin::Deadlock, &[told]);
    let mut monitor = only(Builtin::Deadlock);
    assert_eq!(monitor.check(&state), None);
    assert_eq!(monitor.quiet(&state).map(|violation| violation.facts), Some(vec![told.to_owned()]));
    assert_eq!(monitor.settle(&state), None, "it is told once");
    state.answer(&mut door(), A, call, HostAnswer::Done).expect("the loose clock asks nothing");
    assert_eq!(deadlock(&state), None, "an answer is on its way");
}

#[test]
fn one_that_asks_itself_waits_for_ever() {
    let mut state = world();
    wait(&mut state, B, WaitsFor::Reply(B), None);
    assert_eq!(deadlock(&state), Some(vec![B]));
}

#[test]
fn stuck_calls() {
    let mut state = world();
    let call = wait(&mut state, A, WaitsFor::Reply(B), None);
    wait(&mut state, CLIENT, WaitsFor::Message, None);
    wait(&mut state, B, WaitsFor::Message, Some(Time::from_millis(1)));
    assert_eq!(stuck(&state), [(A, Some(B)), (CLIENT, None)]);
    let request = crate::id::RequestId::of(call);
    state.participant_mut(B).channels.outstanding_requests.push((request, call));
    let told = [
        "`a` waits for `b` (request #1, since step 0)",
        "`b` took the request and has not answered it",
        "`client` waits for a message that does not come (since step 0)",
    ];
    check(&state, Builtin::StuckCall, &told);
}

#[test]
fn a_quiet_end_breaks_nothing() {
    let state = world();
    for builtin in Builtin::ALL {
        let mut monitor = only(builtin);
        assert_eq!(
            monitor.check(&state).or_else(|| monitor.quiet(&state)).or_else(|| monitor.settle(&state)),
            None
        );
    }
}

#[test]
fn scenarios_switch_them() {
    let on = |specs: &[Spec], waive: &[Builtin]| compile(specs, waive, &directory()).map(|(_, on)| on);
    let builtins =
        on(&[spec(r#"{"no": "lost message", "name": "all arrive"}"#)], &[Builtin::Trap]).expect("fine");
    assert!(!builtins.holds(Builtin::Trap) && builtins.holds(Builtin::LostMessage));
    assert_eq!(builtins.name(Builtin::LostMessage), "all arrive");
    let error = on(&[spec(r#"{"no": "trap"}"#)], &[Builtin::Trap]).unwrap_err();
    assert_eq!(error.to_string(), "error: `trap` is both waived and asked for");
    let twice = spec(r#"{"name": "p", "always": {"lost": {"equals": 0}}}"#);
    let error = on(&[twice.clone(), twice], &[]).unwrap_err();
    assert_eq!(error.to_string(), "error: two properties are called `p`");
}
