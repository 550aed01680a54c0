//! Every predicate, where it holds and where it does not.

use super::*;
use crate::call::{Received, Refusal};
use Act::{Answer, Close, Fail, Lose, Nothing, Open, State, Stop};
use std::slice::from_ref;

/// Whether the predicate holds after these acts, judged once at their end, and why.
fn holds(predicate: &str, acts: &[Act]) -> (bool, Vec<String>) {
    let mut state = world();
    let text = format!(r#"{{"name": "p", "always": {predicate}}}"#);
    acts.iter().for_each(|one| act(&mut state, one));
    state.step = state.step.max(1); // What fails at the start is told so.
    let judged = monitor(&text).check(&state);
    let negated = monitor(&format!(r#"{{"name": "p", "never": {predicate}}}"#)).check(&state);
    assert_ne!(judged.is_some(), negated.is_some(), "{text}");
    let held = judged.is_none();
    let facts = judged.or(negated).expect("one of the two").facts;
    assert!(!facts.is_empty(), "{text}: no facts");
    (held, facts)
}

/// Checks a predicate where it holds and where it fails, and the first line that explains the failure.
fn check(predicate: &str, good: &[Act], bad: &[Act], told: &str) {
    assert!(holds(predicate, good).0, "{predicate} after {good:?}");
    let (held, facts) = holds(predicate, bad);
    assert!(!held, "{predicate} after {bad:?}");
    assert_eq!(facts.join("\n"), told, "{predicate}");
}

#[test]
fn observed() {
    let good = [observe(B, "k", 1), observe(A, "k", 2)];
    check(
        r#"{"observed": {"key": "k", "actor": "a", "equals": 2}}"#,
        &good,
        &good[..1],
        "`a` never observed `k` with 2",
    );
    check(r#"{"observed": {"key": "k"}}"#, &good, &[observe(A, "l", 1)], "nobody observed `k` with anything");
}

#[test]
fn every() {
    let bad = [observe(A, "k", 1), observe(B, "k", 6)];
    let told = "`b` observed `k` 6 at step 2, and each should be at most 5";
    check(r#"{"every": {"key": "k", "at_most": 5}}"#, &bad[..1], &bad, told);
}

#[test]
fn last() {
    let acts = [observe(A, "k", 1), observe(A, "k", 2)];
    check(r#"{"last": {"key": "k", "equals": 2}}"#, &acts, &acts[..1], "`a` observed `k` 1 at step 1");
    check(r#"{"last": {"key": "k"}}"#, &acts, &[], "nobody observed `k`");
}

#[test]
fn count() {
    let acts = [observe(A, "k", 1), observe(A, "k", 2), observe(A, "k", 1)];
    let told =
        "`k` 1 was observed 2 times, and it should be at most 1; the last: `a` observed `k` 1 at step 3";
    check(r#"{"count": {"key": "k", "value": 1, "at_most": 1}}"#, &acts[..2], &acts, told);
    let told = "`k` was observed never, and it should be 3";
    check(r#"{"count": {"key": "k", "equals": 3}}"#, &acts, &[], told);
}

#[test]
fn values() {
    let acts = [observe(A, "k", 1), observe(A, "k", 2), observe(A, "k", 1), observe(A, "k", 3)];
    let are = r#"{"values": {"key": "k", "are": [2, 1]}}"#;
    check(are, &acts[..3], &acts[..1], "`k` was not observed to be 2");
    let told = "`a` observed `k` 3 at step 4, which is none of the values that should be";
    check(are, &acts[..2], &acts, told);
    check(r#"{"values": {"key": "k", "within": [1, 2, 7]}}"#, &acts[..1], &acts, told);
}

#[test]
fn order() {
    let acts = [observe(A, "k", 1), observe(B, "k", 9), observe(B, "k", 2), observe(A, "k", 3)];
    let told = "`b` observed `k` 2 at step 3, and `k` 3 did not follow";
    check(r#"{"order": {"key": "k", "values": [1, 2, 3]}}"#, &acts, &acts[..3], told);
    let told = "nobody observed `k` with 3";
    check(r#"{"order": {"key": "k", "values": [3]}}"#, &acts, &acts[..2], told);
}

#[test]
fn before() {
    let p = r#"{"before": {"key": "k", "first": 1, "then": 2}}"#;
    let acts = [observe(A, "k", 1), observe(B, "k", 2), observe(A, "k", 1)];
    check(p, &acts, &acts[..1], "`a` observed `k` 1 at step 1, and 2 was not observed after it");
    let told = "`a` observed `k` 1 at step 2, and not before `b` observed `k` 2 at step 1";
    check(p, &acts, &acts[1..], told);
    check(p, &acts, &acts[1..2], "`b` observed `k` 2 at step 1, and not 1 before it");
}

#[test]
fn distinct() {
    let p = r#"{"distinct": {"key": "paid"}}"#;
    let acts = [observe(A, "paid", 1), observe(A, "paid", 2), observe(A, "paid", 1)];
    check(p, &acts[..2], &acts, "`a` observed `paid` 1 at step 1 and again at step 3");
    let acts = [observe(A, "paid", 1), observe(B, "paid", 1)];
    check(p, &acts[..1], &acts, "`a` observed `paid` 1 at step 1 and `b` again at step 2");
    assert!(holds(r#"{"distinct": {"key": "paid", "actor": "a"}}"#, &acts).0);
}

#[test]
fn state() {
    let p = r#"{"state": {"actor": "a", "pointer": "/money", "at_least": 0}}"#;
    let good = [State(A, r#"{"money": 3}"#)];
    let told = "the state of `a` has -1 at `/money`, and it should be at least 0";
    check(p, &good, &[State(A, r#"{"money": -1}"#)], told);
    check(
        p,
        &good,
        &[State(A, "{}")],
        "the state of `a` has nothing at `/money`, and it should be at least 0",
    );
    check(p, &good, &[State(A, "x")], "the state of `a` is not JSON, and it should be at least 0");
    check(p, &good, &[], "`a` shows no state, and it should be at least 0");
    let whole = r#"{"state": {"actor": "a", "matches": {"x": {"y": 1}}}}"#;
    let told = r#"the state of `a` is 3, and it should be something that matches {"x":{"y":1}}"#;
    check(whole, &[State(A, r#"{"x": {"y": 1, "z": 2}, "w": 0}"#)], &[State(A, "3")], told);
}

#[test]
fn same_and_sum() {
    let same = r#"{"same": [{"actor": "a"}, {"actor": "b", "pointer": "/n"}]}"#;
    let good = [State(A, "3"), State(B, r#"{"n": 3}"#)];
    let told = "the state of `a` is 3\nthe state of `b` has 4 at `/n`";
    check(same, &good, &[State(A, "3"), State(B, r#"{"n": 4}"#)], told);
    check(same, &good, &good[..1], "the state of `a` is 3\n`b` shows no state");
    let sum = r#"{"sum": {"of": [{"actor": "a"}, {"actor": "b", "pointer": "/n"}], "equals": 6}}"#;
    let told = "the state of `a` is 3\nthe state of `b` has 4 at `/n`\nthe sum is 7, and it should be 6";
    check(sum, &good, &[State(A, "3"), State(B, r#"{"n": 4}"#)], told);
    let told =
        "the state of `a` is 3.0\nthe state of `b` has 3 at `/n`\nthere is no sum: not all are whole numbers";
    check(sum, &good, &[State(A, "3.0"), good[1].clone()], told);
}

#[test]
fn reply() {
    let bytes = |text: &str| Answer(HostAnswer::Bytes(Payload::from(text)));
    let refused = Answer(HostAnswer::Refused(Refusal::TimedOut(Time::from_millis(3))));
    let p = r#"{"reply": {"client": "client", "matches": {"ok": true}}}"#;
    check(p, &[bytes(r#"{"ok": true, "n": 1}"#)], &[bytes("ok")], "`client` got no such answer");
    check(
        r#"{"reply": {"client": "client", "equals": "ok"}}"#,
        &[bytes("ok")],
        from_ref(&refused),
        "`client` got no such answer",
    );
    let told = "`client` got no such answer";
    check(r#"{"reply": {"client": "client", "refused": true}}"#, from_ref(&refused), &[bytes("x")], told);
    check(
        r#"{"reply": {"client": "client", "refused": "Timed out"}}"#,
        from_ref(&refused),
        &[bytes("Timed out")],
        told,
    );
    let received =
        |text: &str| Answer(HostAnswer::Received(Received::OnChannel(ChannelId(1), Payload::from(text))));
    check(r#"{"reply": {"client": "client", "equals": 7}}"#, &[received("7")], &[received("8")], told);
    let (held, facts) = holds(r#"{"reply": {"client": "client"}}"#, &[Nothing, bytes("hi")]);
    assert!(held && facts == ["`client` got \"hi\" from `a` at step 2"]);
}

#[test]
fn answered() {
    let answer = Answer(HostAnswer::Bytes(Payload::from("x")));
    let refused = Answer(HostAnswer::Refused(Refusal::Cancelled));
    let told = "`client` got no answer, and it should be at least 1";
    check(
        r#"{"answered": {"client": "client"}}"#,
        from_ref(&answer),
        &[refused.clone(), Answer(HostAnswer::Done)],
        told,
    );
    let two = r#"{"answered": {"client": "client", "count": {"equals": 2}}}"#;
    let told = "`client` got 1 answer, and it should be 2";
    check(two, &[answer.clone(), answer.clone()], &[answer, refused], told);
}

#[test]
fn lost_channels_stopped_failed() {
    check(r#"{"lost": {"at_most": 1}}"#, &[Lose], &[Lose, Lose], "2 messages dropped so far");
    let one = r#"{"channels": {"actor": "a", "at_most": 0}}"#;
    let told = "`a` has 1 channel open, and it should be at most 0";
    check(one, &[Open(A, 1), Close(A, 1), Open(B, 1)], &[Open(A, 1), Open(A, 2), Close(A, 2)], told);
    check(r#"{"stopped": "a"}"#, &[Stop(A)], &[Stop(B)], "`a` has not stopped");
    let fail = [Fail(A, FailureKind::Trap)];
    check(r#"{"failed": {}}"#, &fail, &[], "no such failure happened");
    check(
        r#"{"failed": {"kind": "trap", "actor": "a"}}"#,
        &fail,
        &[Fail(B, FailureKind::Trap)],
        "no such failure happened",
    );
    check(
        r#"{"failed": {"kind": "endless-loop"}}"#,
        &[Fail(A, FailureKind::EndlessLoop)],
        &fail,
        "no such failure happened",
    );
    let told = "`a` failed in `handle-send` of `client` at step 1: trap: boom";
    check(r#"{"not": {"failed": {"kind": "trap"}}}"#, &[], &fail, told);
}

#[test]
fn joined() {
    let (one, two) =
        (r#"{"observed": {"key": "k", "equals": 1}}"#, r#"{"observed": {"key": "k", "equals": 2}}"#);
    let (first, second) = (observe(A, "k", 1), observe(A, "k", 2));
    let both = [first.clone(), second.clone()];
    check(&format!(r#"{{"all": [{one}, {two}]}}"#), &both, &both[..1], "nobody observed `k` with 2");
    let told = "nobody observed `k` with 1\nnobody observed `k` with 2";
    check(&format!(r#"{{"any": [{one}, {two}]}}"#), &both[1..], &[], told);
    check(&format!(r#"{{"not": {one}}}"#), &both[1..], &both, "`a` observed `k` 1 at step 1");
    let implied = format!(r#"{{"any": [{{"not": {one}}}, {two}]}}"#);
    check(&implied, &both, &both[..1], "`a` observed `k` 1 at step 1\nnobody observed `k` with 2");
}

#[test]
fn what_cannot_be_meant_is_an_error() {
    let error = |predicate: &str| {
        let text = format!(r#"{{"name": "p", "always": {predicate}}}"#);
        let error = Property::compile(&spec(&text), &directory()).expect_err(predicate).to_string();
        error.strip_prefix("error: property `p`: ").expect("the property's name").to_owned()
    };
    assert_eq!(
        error(r#"{"stopped": "cleint"}"#),
        "nobody here is called `cleint`\nhelp: did you mean `client`?"
    );
    assert_eq!(
        error(r#"{"state": {"actor": "a", "pointer": "money.left"}}"#),
        "`money.left` is not a JSON pointer\nhelp: a JSON pointer begins with `/`: `/money/left`"
    );
    assert!(error(r#"{"state": {"actor": "a", "pointer": "/a~2"}}"#).contains("not a JSON pointer"));
    assert!(error(r#"{"failed": {"kind": "trapp"}}"#).ends_with("did you mean `trap`?"));
    assert!(error(r#"{"values": {"key": "k"}}"#).contains("either `are` or `within`"));
    assert!(error(r#"{"count": {"key": "k"}}"#).contains("`count` says nothing: it needs one of `equals`"));
    assert!(error(r#"{"lost": {}}"#).contains("`lost` says nothing"));
    assert!(error(r#"{"all": []}"#).contains("`all` is an empty list"));
    assert!(error(r#"{"same": [{"actor": "a"}]}"#).contains("two parts at least"));
    assert!(error(r#"{"observed": {"key": "two words"}}"#).contains("a key is one word"));
    assert!(error(r#"{"reply": {"client": "client", "refused": true, "equals": 1}}"#).contains("not both"));
}
