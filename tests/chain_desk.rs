//! What `rehearsal chain schedule` writes is on the desk: `replay` follows it.
#![cfg(all(feature = "wasm", feature = "cli"))]

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// Exit status and standard output.
fn rehearsal(arguments: &[&str]) -> (Option<i32>, String) {
    let made = Command::new(env!("CARGO_BIN_EXE_rehearsal")).args(arguments).output().unwrap();
    (made.status.code(), String::from_utf8_lossy(&made.stdout).into_owned())
}

const LAB: &str = "scenarios/actors/lab-a.wasm";

#[test]
fn a_drafted_run_with_a_trap_in_it_is_followed_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("o.trace");
    let trace = trace.to_str().unwrap();
    let chains = Path::new("tests/data/chains/router-2026-01-03/e5-trap-request");
    let meta: serde_json::Value =
        serde_json::from_slice(&std::fs::read(chains.join("meta.json")).unwrap()).unwrap();
    let mut arguments: Vec<String> = ["chain", "schedule", "-o", trace].map(str::to_owned).to_vec();
    for actor in meta["actors"].as_array().unwrap() {
        let (name, component) = (actor["name"].as_str().unwrap(), actor["component"].as_str().unwrap());
        arguments.push("--component".to_owned());
        arguments.push(format!("{name}=scenarios/actors/{component}"));
        arguments.push(chains.join(format!("{name}.json")).display().to_string());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (status, told) = rehearsal(&arguments);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("the run breaks `no trap` at step 6, which the draft waives"), "{told}");
    let (status, told) = rehearsal(&["replay", trace]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("followed: 26 steps, to the end of the trace"), "{told}");

    // It breaks nothing that its draft does not waive: there is nothing to shrink, and why is told.
    let made = Command::new(env!("CARGO_BIN_EXE_rehearsal")).args(["shrink", trace]).output().unwrap();
    let error = String::from_utf8_lossy(&made.stderr).into_owned();
    assert_eq!(made.status.code(), Some(2), "{error}");
    assert!(error.contains("error: this trace breaks no property: there is nothing to shrink"), "{error}");
    assert!(error.contains("lets `trap` pass: taken out there"), "{error}");
    let draft = folder.path().join("o.json");
    let text = std::fs::read_to_string(&draft).unwrap();
    std::fs::write(&draft, text.replace("\"trap\"", "")).unwrap();
    let (status, told) = rehearsal(&["shrink", trace]);
    assert!(status == Some(1) && told.contains("property `no trap` does not hold"), "{told}");
}

#[test]
fn who_is_missing_is_told_and_who_never_did_anything_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("o.trace");
    let trace = trace.to_str().unwrap();
    let none = folder.path().join("idle.json");
    std::fs::write(&none, "[]").unwrap();
    let asker = "tests/data/chains/router-2026-01-14/e4-cycle-timeout5/b.json";
    let component = format!("b={LAB}");
    let (status, told) = rehearsal(&[
        "chain",
        "schedule",
        "-o",
        trace,
        "--component",
        &component,
        asker,
        none.to_str().unwrap(),
    ]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("idle.json` has no events: it is left out"), "{told}");
    // The other of the two answered with nothing when its time was up: so does who stands in for it.
    let missing =
        "no chain here is that of 1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c: `stand-in-1` stands in for it";
    assert!(told.contains(missing), "{told}");
    let alone = ["chain", "schedule", "-o", trace, "--component", &component, none.to_str().unwrap()];
    assert_eq!(rehearsal(&alone).0, Some(2));
}

#[test]
fn a_chain_whose_file_no_actor_can_be_called_after_is_told_at_that_file() {
    let folder = tempfile::tempdir().unwrap();
    let chain = folder.path().join("my echo.json");
    std::fs::copy("tests/data/chains/router-2026-01-14/e1-echo/echo.json", &chain).unwrap();
    let trace = folder.path().join("o.trace");
    let component = format!("my echo={LAB}");
    let made = Command::new(env!("CARGO_BIN_EXE_rehearsal"))
        .args(["chain", "schedule", "--component", &component, "-o"])
        .args([&trace, &chain])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&made.stderr).into_owned();
    assert_eq!(made.status.code(), Some(2), "{error}");
    let told = format!("error: `my echo` cannot be a name\n  --> {}\n", chain.display());
    assert!(error.starts_with(&told), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");
}

#[cfg(unix)]
#[test]
fn a_chain_may_come_through_a_pipe_which_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("o.trace");
    let mut made = Command::new(env!("CARGO_BIN_EXE_rehearsal"))
        .args(["chain", "schedule", "--component", &format!("stdin={LAB}"), "-o"])
        .args([trace.as_path(), Path::new("/dev/stdin")])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let chain = std::fs::read("tests/data/chains/router-2026-01-14/e1-echo/echo.json").unwrap();
    made.stdin.take().unwrap().write_all(&chain).unwrap();
    let ended = made.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && told.starts_with("explained: 19 steps"), "{told}");
}

#[test]
fn names_that_a_draft_would_give_itself_are_other_peoples_too() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("o.trace");
    // Both are asked from outside; what is sent to `a` over a client of its own would be called as what is sent to `a-1`.
    let chains = "tests/data/chains/router-2026-01-14/e3-channel";
    for names in [["outside", "outside-1"], ["stand-in-1", "outside"], ["a", "a-1"], ["stop-x", "x"]] {
        let mut arguments =
            vec!["chain".to_owned(), "schedule".into(), "-o".into(), trace.display().to_string()];
        for (name, chain) in names.iter().zip(["opener", "peer"]) {
            let file = folder.path().join(format!("{name}.json"));
            std::fs::copy(format!("{chains}/{chain}.json"), &file).unwrap();
            arguments.extend(["--component".to_owned(), format!("{name}={LAB}"), file.display().to_string()]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (status, told) = rehearsal(&arguments);
        assert_eq!(status, Some(0), "{names:?}: {told}");
        let (status, told) = rehearsal(&["replay", trace.to_str().unwrap()]);
        assert_eq!(status, Some(0), "{names:?}: {told}");
    }
}

#[test]
fn a_divergence_ends_with_the_command_that_shows_it() {
    let chain = "tests/data/chains/router-2026-01-14/e1-echo/echo.json";
    let given =
        ["--component", LAB, "--profile", "theater-0.3", "--fuel", "10", "--state", "a b", "--peer", chain];
    let (status, told) = rehearsal(&[&["chain", "replay"][..], &given, &[chain]].concat());
    assert_eq!(status, Some(1), "{told}");
    let help = format!(
        "help: to reproduce\n    rehearsal chain replay --component {LAB} --profile theater-0.3 --fuel 10 --state 'a b' --peer {chain} {chain}\n"
    );
    assert!(told.ends_with(&help), "{told}");
}

#[test]
fn nobody_left_to_be_told_is_no_bug() {
    let mut made = Command::new(env!("CARGO_BIN_EXE_rehearsal"))
        .args(["chain", "verify", "no-such-file.json"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(made.stderr.take());
    assert_eq!(made.wait().unwrap().code(), Some(2));
}

#[test]
fn components_that_are_for_nobody_or_for_the_same_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("o.trace").display().to_string();
    let chain = "tests/data/chains/router-2026-01-14/e1-echo/echo.json";
    let echo = format!("echo={LAB}");
    let schedule = |other: &str| {
        let given = ["chain", "schedule", "-o", &trace, "--component", &echo, "--component", other, chain];
        let made = Command::new(env!("CARGO_BIN_EXE_rehearsal")).args(given).output().unwrap();
        (made.status.code(), String::from_utf8_lossy(&[made.stdout, made.stderr].concat()).into_owned())
    };
    let (status, told) = schedule(&echo);
    assert!(status == Some(2) && told.contains("error: there are two components of `echo`"), "{told}");
    let (status, told) = schedule(&format!("peer={LAB}"));
    assert!(status == Some(0), "{told}");
    assert!(told.contains("no chain here is that of `peer`: its component is not used"), "{told}");
}

#[test]
fn a_chain_of_nobody_in_the_scenario_is_told_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let client = folder.path().join("alice.json");
    let chain = "tests/data/chains/router-2026-01-14/e3-channel/opener.json";
    std::fs::copy(chain, &client).unwrap();
    let told = |chain: &str| {
        let given = ["chain", "schedule", "--scenario", "scenarios/hello.json", chain];
        let made = Command::new(env!("CARGO_BIN_EXE_rehearsal")).args(given).output().unwrap();
        assert_eq!(made.status.code(), Some(2));
        String::from_utf8_lossy(&made.stderr).into_owned()
    };
    let error = told(chain);
    assert!(error.starts_with(&format!("error: no actor is called `opener`\n  --> {chain}\n")), "{error}");
    let error = told(client.to_str().unwrap());
    assert!(
        error.starts_with("error: `alice` is a client of the scenario, and clients have no chains\n  --> ")
    );
}
