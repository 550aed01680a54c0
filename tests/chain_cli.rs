//! What the commands for chains say of files that are not there, and of imports beside a scenario that is given.
#![cfg(all(feature = "wasm", feature = "cli"))]

mod chains;
#[allow(dead_code)]
mod session;

use rehearsal::chain::write_array;
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
