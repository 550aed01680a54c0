//! What looks right and cannot be meant is told: expectations, channels, states, traces that say otherwise, files in the way.

mod session;

use insta::assert_snapshot;
use session::Session;

/// A scenario of one echo and one client with these steps.
fn steps(session: &Session, steps: &str) -> String {
    let actors = r#"{"n": {"native": "echo", "id": "an-address"}}"#;
    let text =
        format!(r#"{{"rehearsal": 1, "name": "t", "actors": {actors}, "clients": {{"a": [{steps}]}}}}"#);
    session.write("t.json", text);
    session.told("run t.json")
}

#[test]
fn expectations_that_cannot_be_met_are_told_at_once() {
    let session = Session::new();
    let all = [
        r#"{"send": {"to": "n", "body": {"text": "x"}}, "expect": {"text": "x"}}"#,
        r#"{"wait": "1s", "expect": {"text": "x"}}"#,
        r#"{"request": {"to": "n", "body": {"text": "x"}}, "expect": {"closed": "channel"}}"#,
        r#"{"request": {"to": "n", "body": {"text": "x"}}, "expect": {"text": "x", "json": 1}}"#,
        r#"{"expect": {"base64": "!!"}}"#,
        r#"{"request": {"to": "n", "body": {"text": "x"}}, "expect": {"text": "${w}"}}"#,
        r#"{"request": {"to": "${w}", "body": {"text": "x"}}}"#,
        r#"{"open_channel": {"to": "n", "body": {"text": "x"}, "as": "chan"}}, {"close_channel": {"channel": "chn"}}"#,
    ];
    let told: String = all.iter().map(|step| steps(&session, step)).collect();
    assert_snapshot!(told);
}

#[test]
fn captures_are_expected_and_null_is_a_value() {
    let session = Session::new();
    let ask =
        |body: &str, rest: &str| format!(r#"{{"request": {{"to": "an-address", "body": {body}}}, {rest}}}"#);
    let captured = [
        ask(r#"{"text": "hello"}"#, r#""capture": {"w": ""}"#),
        ask(r#"{"text": "${w}!"}"#, r#""expect": {"text": "${w}!"}"#),
        ask(r#"{"text": "${actor.n}"}"#, r#""expect": {"text": "${actor.n}"}"#),
        ask(r#"{"json": null}"#, r#""expect": {"json": null}"#),
    ];
    assert!(steps(&session, &captured.join(", ")).contains("--- status 0"));
    let not_null = ask(r#"{"json": {"a": 1}}"#, r#""expect": {"json": null}"#);
    assert!(steps(&session, &not_null).contains(r#"expected JSON like null, found "{\"a\":1}""#));
}

#[test]
fn an_outcome_that_is_not_as_recorded_is_told() {
    let session = Session::new();
    session.told("run scenarios/hello.json --trace t.trace");
    let trace = session.read("t.trace");
    let mut told = String::new();
    for (name, found, other) in [
        ("digest", "digest=", "digest=0"),
        ("steps", "steps=", "steps=9"),
        ("word", "outcome passed", "outcome wow"),
        ("clock", "clock=strict", "clock=late"),
        ("mac", "\n", "\r"),
    ] {
        let altered = trace.rsplit_once(found).filter(|_| name != "mac" && name != "clock");
        let altered = altered.map(|(before, after)| format!("{before}{other}{after}"));
        session.write("t.trace", altered.unwrap_or_else(|| trace.replace(found, other)));
        told.push_str(&session.told("replay t.trace"));
    }
    assert_snapshot!(told);
}

#[test]
fn a_trace_of_somebody_who_is_gone_cannot_be_followed_but_guides() {
    let session = Session::new();
    let script = |who: &str| {
        format!(
            r#"{{"rehearsal": 1, "name": "t", "actors": {{"{who}": {{"native": "sink"}}, "n": {{"native": "echo"}}}},
                "clients": {{"a": [{{"send": {{"to": "{who}", "body": {{"text": "x"}}}}}}, {{"request": {{"to": "n"}}}}]}}}}"#
        )
    };
    session.write("t.json", script("ledger"));
    session.told("run t.json --trace t.trace");
    session.write("t.json", script("leger"));
    assert!(session.told("replay t.trace").contains("--- status 3"));
    assert!(session.told("replay t.trace --guided").contains("--- status 0"));
}

#[test]
fn what_is_read_is_not_written_over_and_a_link_is_followed() {
    let session = Session::new();
    let scenario = include_str!("../scenarios/hello.json").replace("actors/", "scenarios/actors/");
    session.write("hello.json", &scenario);
    assert!(session.told("run hello.json --trace hello.json").contains("would be written over"));
    assert_eq!(session.read("hello.json"), scenario);
    session.write("real.trace", "");
    std::os::unix::fs::symlink("real.trace", session.path().join("link.trace")).expect("a link");
    session.write("real.trace.part", "the user's");
    assert!(session.told("run hello.json --trace link.trace").contains("--- status 0"));
    assert!(session.read("real.trace").starts_with("rehearsal-trace 1"));
    assert_eq!(session.read("real.trace.part"), "the user's");
    let beside = std::fs::read_dir(session.path()).expect("a folder").count();
    assert_eq!(beside, 6, "nothing is left beside the files");
}

#[test]
fn native_actors_begin_with_the_state_they_are_given() {
    let session = Session::new();
    let run = |native: &str, more: &str, steps: &str| {
        let actor = format!(r#"{{"n": {{"native": "{native}", {more}}}}}"#);
        let text =
            format!(r#"{{"rehearsal": 1, "name": "t", "actors": {actor}, "clients": {{"a": [{steps}]}}}}"#);
        session.write("t.json", text);
        session.told("run t.json")
    };
    let ask = r#"{"request": {"to": "n", "body": {"text": "read"}}, "expect": {"text": "6"}}"#;
    assert!(run("counter", r#""state": {"json": {"count": 5}}"#, ask).contains("--- status 0"));
    assert!(run("register", r#""state": {"text": "6"}"#, ask).contains("--- status 0"));
    assert!(run("counter", r#""state": {"text": "five"}"#, ask).contains("a whole number"));
    assert!(run("echo", r#""state": {"text": "6"}"#, ask).contains("keeps no state"));
    assert!(run("echo", r#""fresh": true"#, ask).contains("is for components"));
}

#[test]
fn an_answer_counts_against_the_bytes_of_its_message() {
    let session = Session::new();
    let text = r#"{"rehearsal": 1, "name": "t", "limits": {"effect_bytes": 10}, "actors": {"n": {"native": "echo"}},
        "clients": {"a": [{"request": {"to": "n", "body": {"text": "more than ten bytes"}}}]}}"#;
    session.write("t.json", text);
    assert!(session.told("run t.json").contains("limit exceeded: more bytes than one message may cause"));
}
