//! What the commands for chains say of files that are not there, and of imports beside a scenario that is given.
#![cfg(all(feature = "wasm", feature = "cli"))]

mod chains;
#[allow(dead_code)]
mod session;

use rehearsal::chain::{ChainBuilder, ChainForm, HostCall, Val, write_array};
use serde_json::{Value, json};
use session::Session;

#[test]
fn a_file_that_is_not_there_is_told_in_words() {
    let session = Session::new();
    for arguments in [
        "chain verify nofile",
        "chain show nofile",
        "chain replay --component scenarios/actors/echo.wasm nofile",
        "chain schedule --component a=scenarios/actors/echo.wasm nofile",
    ] {
        let told = session.told(arguments);
        assert!(told.contains("error: cannot open: there is no such file or folder\n  --> nofile"), "{told}");
        assert!(!told.contains("os error") && told.ends_with("--- status 2\n"), "{told}");
    }
}

/// What no profile serves is answered from the actor's own chain, in a scenario beside the trace; the given one is left as it is.
#[test]
fn imports_beside_a_given_scenario() {
    let session = Session::new();
    let mut events = chains::parent("child.toml");
    // No profile makes a call of a supervisor's own exports.
    let exit = events.iter().position(|event| String::from_utf8_lossy(&event.data).contains("child-exit"));
    events.drain(exit.unwrap()..exit.unwrap() + 3);
    chains::seal(&mut events);
    let mut bytes = Vec::new();
    write_array(&mut bytes, &events).unwrap();
    session.write("parent.json", bytes);
    let file = json!({
        "rehearsal": 1, "name": "supervisor", "profile": "theater-0.2", "early_timers": 2, "properties": [],
        "actors": {"parent": {
            "component": "scenarios/actors/supervisor-user.wasm", "id": "1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c",
            "state": {"text": "s"},
        }},
        "clients": {"x": [
            {"wait": "1ms"}, {"send": {"to": "parent", "body": {"text": "child.toml"}}},
            {"wait": "1ms"}, {"send": {"to": "parent", "body": {"text": "none.toml"}}},
        ]},
    });
    session.write("s.json", file.to_string());
    let told = session.told("chain schedule --scenario s.json -o made/o.trace parent.json");
    assert!(told.contains("\nexplained: ") && told.ends_with("--- status 0\n"), "{told}");
    let served = "note: no profile serves `theater:simple/supervisor.spawn`: 2 calls of `parent` answered from its own chain";
    assert!(told.contains(served), "{told}");
    assert!(told.contains("note: a scenario that answers them was written: made/o.json"), "{told}");
    let written: Value = serde_json::from_str(&session.read("made/o.json")).unwrap();
    assert_eq!(written["actors"]["parent"]["imports"].as_array().unwrap().len(), 2);
    assert_eq!(session.read("s.json"), file.to_string());
    let told = session.told("replay made/o.trace");
    assert!(told.contains("as recorded"), "{told}");
}

/// A message that came before `init` was done, in a chain that keeps no messaging calls.
#[test]
fn a_silent_chain_may_begin_before_its_init() {
    let session = Session::new();
    let lab = "scenarios/actors/lab-a.wasm";
    let file = json!({
        "rehearsal": 1, "name": "early", "profile": "theater-0.3", "theater": {"like": "b"}, "properties": [],
        "actors": {"a": {"component": lab, "state": {"json": {}}}, "b": {"component": lab, "state": {"json": {}}}},
        "clients": {
            "x": [{"send": {"to": "a", "body": {"json": [["request", "${actor.b}", "hi"], ["set", "k", "v"]]}}}],
            "y": [{"request": {"to": "b", "body": {"text": "early"}}}],
        },
    });
    session.write("s.json", file.to_string());
    let mut early = 0;
    for seed in 0..12 {
        session.told(&format!("run s.json --seed {seed} --strategy random --chains ch{seed} --chain-form b"));
        let mut begins = false;
        for name in ["a", "b"] {
            let record = chains::read(&session.path().join(format!("ch{seed}/{name}.json")));
            let all = record.entries.into_iter().map(|entry| entry.event);
            let mut events: Vec<_> =
                all.filter(|event| !event.event_type.contains("message-server-host")).collect();
            chains::seal(&mut events);
            begins |= !String::from_utf8_lossy(&events[0].data).contains("actor.init");
            let mut bytes = Vec::new();
            write_array(&mut bytes, &events).unwrap();
            session.write(&format!("{name}.json"), bytes);
        }
        if !begins {
            continue;
        }
        early += 1;
        for name in ["a", "b"] {
            let told = session.told(&format!("chain replay --component {lab} {name}.json"));
            assert!(told.ends_with("--- status 0\n"), "{seed}: {told}");
        }
        for given in ["--scenario s.json".to_owned(), format!("--component a={lab} --component b={lab}")] {
            let told = session
                .told(&format!("chain schedule {given} --profile theater-0.3 -o made/o.trace a.json b.json"));
            assert!(told.contains("\nexplained: "), "{seed}: {told}");
        }
    }
    assert!(early > 0);
}

/// The actors of the chains have other addresses than those that a scenario without ids gives them, and states that name them.
#[test]
fn a_given_scenario_takes_the_addresses_of_the_chains() {
    let session = Session::new();
    let file = |ids: bool| {
        let id = |text: &str| ids.then(|| text.to_owned());
        json!({
            "rehearsal": 1, "name": "ids", "profile": "actors", "properties": [],
            "actors": {
                "first": {"component": "scenarios/actors/forwarder.wasm", "id": id("9327b83c-2ef6-407a-9f7f-15be0035b214"),
                    "state": {"json": {"next": "${actor.last}", "mark": "a"}}},
                "last": {"component": "scenarios/actors/forwarder.wasm", "id": id("e637f097-eebd-48f5-8074-987c02f4cb79"),
                    "state": {"json": {}}},
            },
            "clients": {"x": [{"request": {"to": "first", "body": {"text": "one"}}}]},
        })
    };
    session.write("ids.json", file(true).to_string());
    session.write("s.json", file(false).to_string());
    for form in ["a", "b"] {
        session.told(&format!("run ids.json --chains ch-{form} --chain-form {form}"));
        let told = session.told(&format!(
            "chain schedule --scenario s.json -o made/o.trace ch-{form}/first.json ch-{form}/last.json"
        ));
        assert!(told.contains("\nexplained: "), "{told}");
        assert!(!told.contains("a scenario was written"), "the given one is as good: {told}");
        assert!(session.told("replay made/o.trace").ends_with("--- status 0\n"));
    }
}

/// Drafts under `actors`: a channel that was closed and that nobody closed tells that its other end was stopped.
#[test]
fn a_channel_that_nobody_closed_tells_of_a_stop() {
    let session = Session::new();
    let lab = "scenarios/actors/lab-c.wasm";
    let file = json!({
        "rehearsal": 1, "name": "left", "profile": "actors", "properties": [],
        "actors": {"a": {"component": lab, "state": {"json": {}}}, "b": {"component": lab, "state": {"json": {}}}},
        "clients": {"x": [
            {"send": {"to": "a", "body": {"json": [["open", "${actor.b}", "hi"]]}}}, {"wait": "5ms"}, {"stop": "a"},
        ]},
    });
    session.write("s.json", file.to_string());
    session.told("run s.json --strategy fifo --chains ch");
    let told = session.told(&format!(
        "chain schedule --component a={lab} --component b={lab} --profile actors -o made/o.trace ch/a.json ch/b.json"
    ));
    assert!(session.read("ch/b.json").len() > 100 && told.contains("\nexplained: "), "{told}");
    assert!(session.read("made/o.json").contains("outside-stop-a"), "{told}");
}

/// A recording cannot be made again: neither the trace nor what is written beside it takes its place.
#[test]
fn nothing_that_is_read_is_written_over() {
    let session = Session::new();
    let chain = std::fs::read("tests/data/chains/router-2026-01-14/e1-echo/echo.json").unwrap();
    session.write("echo.json", &chain);
    session.write("meta.json", "{}");
    let draft = |trace: &str| {
        let told = session.told(&format!(
            "chain schedule -o {trace} --component echo=scenarios/actors/lab-a.wasm echo.json"
        ));
        assert_eq!(session.read("echo.json").as_bytes(), chain);
        told
    };
    for _ in 0..2 {
        assert!(draft("echo.trace").contains("a scenario was drafted: echo.scenario.json\n"));
        assert!(session.told("replay echo.trace").ends_with("--- status 0\n"));
    }
    assert!(draft("echo.json").contains("error: `echo.json` is read, and would be written over"));
    // What is there and no draft is somebody's.
    assert!(draft("meta.trace").contains("a scenario was drafted: meta.scenario.json\n"));
    assert_eq!(session.read("meta.json"), "{}");
    assert!(draft("other.json").contains("a scenario was drafted: other.scenario.json\n"));
    assert!(session.told("replay other.json").ends_with("--- status 0\n"));
}

#[test]
fn what_is_missing_is_named_as_an_argument() {
    let session = Session::new();
    let folder = "tests/data/chains/router-2026-01-14/e3-channel";
    let told = session.told(&format!("chain schedule {folder}/peer.json {folder}/opener.json"));
    let expected = "error: there is neither a scenario nor a component of the actors\n";
    assert!(told.contains(expected) && told.ends_with("--- status 2\n"), "{told}");
    assert!(told.contains("\n    --component peer=WASM --component opener=WASM\n"), "{told}");
    let lab = "scenarios/actors/lab-a.wasm";
    let told = session
        .told(&format!("chain schedule --component peer={lab} {folder}/peer.json {folder}/opener.json"));
    assert!(
        told.contains("there is no `--component opener=WASM`") && !told.contains("did you mean"),
        "{told}"
    );
    let told = session.told(&format!("chain verify {folder}"));
    assert!(told.contains("note: chains that are files are named one by one"), "{told}");
}

/// What a real clock told is told again, in a draft and beside a given scenario, in both forms of recordings; random floats come back whole.
#[test]
fn the_clock_of_a_real_system() {
    let session = Session::new();
    let (now, float) = (1_795_360_129_874_u64, 0.9011706134313209);
    for form in [ChainForm::A, ChainForm::B] {
        let mut chain = ChainBuilder::new(form);
        let init = "theater:simple/actor.init";
        chain.wasm_call(init, b"null", 0);
        chain.wasm_result(init, None, b"null", 0);
        let answers = [
            ("now", "timing", "now", Val::U64(now), now.to_string()),
            (
                "float",
                "random",
                "random-float",
                Val::ok(Val::Float64(serde_json::Number::from_f64(float))),
                float.to_string(),
            ),
            ("now", "timing", "now", Val::U64(now + 1), (now + 1).to_string()),
        ];
        for (place, (order, interface, function, answer, text)) in answers.into_iter().enumerate() {
            let handler = "theater:simple/message-server-client.handle-request";
            let id = format!("46169dfe-af97-4bd0-a58c-5330f59c45a{place}");
            chain.wasm_call(handler, json!([id, order.as_bytes()]).to_string().as_bytes(), 0);
            chain.host_call(
                &HostCall::new(format!("theater:simple/{interface}"), function, vec![]),
                &answer,
                0,
            );
            let log = Val::text(format!("observe {order} {text}"));
            chain.host_call(&HostCall::new("theater:simple/runtime", "log", vec![log]), &Val::unit(), 0);
            chain.wasm_result(handler, None, json!([text.as_bytes()]).to_string().as_bytes(), 0);
        }
        let mut bytes = Vec::new();
        write_array(&mut bytes, &chain.take_events()).unwrap();
        session.write("user.json", bytes);
        let component = "scenarios/actors/random-user.wasm";
        let told = session.told(&format!("chain replay --component {component} user.json"));
        assert!(told.ends_with("--- status 0\n"), "{told}");
        let told = session.told(&format!("chain schedule -o d.trace --component user={component} user.json"));
        assert!(told.contains("\nexplained: "), "{told}");
        assert!(told.contains("the clock was a real one: 2 calls of `user` answered"), "{told}");
        assert!(session.told("replay d.trace").ends_with("--- status 0\n"));

        let mut file: Value = serde_json::from_str(&session.read("d.json")).unwrap();
        let given = file["actors"]["user"].as_object_mut().unwrap();
        given.remove("imports");
        session.write("s.json", file.to_string());
        let told = session.told("chain schedule -o s.trace --scenario s.json user.json");
        let expected = "a scenario was written in which the time that `user` asked for is that of the chains: s.scenario.json";
        assert!(told.contains("\nexplained: ") && told.contains(expected), "{told}");
    }
}
