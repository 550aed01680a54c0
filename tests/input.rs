//! Bad input, pointed at; what is written when something cannot be; and nothing that acts on a terminal.
#![cfg(all(feature = "cli", feature = "wasm"))]

mod session;

use insta::assert_snapshot;
use session::Session;

/// A scenario with these lines beside the first ones.
fn scenario(lines: &str) -> String {
    let actors = r#"{ "name": { "native": "echo" }, "n": { "native": "echo" } }"#;
    format!("{{ \"rehearsal\": 1, \"name\": \"t\",\n  \"actors\": {actors},\n  {lines} }}\n")
}

fn told(lines: &str) -> String {
    let session = Session::new();
    session.write("t.json", scenario(lines));
    session.told("run t.json").replace("$ rehearsal run t.json\n--- standard error\n", "\n")
}

#[test]
fn an_error_points_at_the_value_that_is_meant() {
    let step = |step: &str| told(&format!(r#""clients": {{ "a": [{step}] }}"#));
    let property = |what: &str| told(&format!(r#""properties": [{{ "name": "name", "always": {what} }}]"#));
    let ask = r#""request": { "to": "n" }"#;
    let all = [
        step(r#"{ "stop": "nam" }"#),
        step(r#"{ "send": { "to": "nme", "body": { "text": "nme" } } }"#),
        step(r#"{ "send": { "to": "n", "body": { "json": { "nme": ["x", "${actor.nme}"] } } } }"#),
        step(r#"{ "wait": "soon" }"#),
        step(&format!(r#"{{ {ask}, "capture": {{ "a}}": "" }} }}"#)),
        step(&format!(r#"{{ {ask}, "capture": {{ "x": "x" }} }}"#)),
        step(r#"{ "send": { "to": "n" }, "within": "1s" }"#),
        step(r#"{ "open_channel": { "to": "n", "as": "" } }"#),
        property(r#"{ "stopped": "nme" }"#),
        property(r#"{ "not": { "same": [{ "actor": "n" }] } }"#),
        property(r#"{ "state": { "actor": "n", "pointr": "" } }"#),
        told(r#""properties": [{ "name": "p", "always": { "stopped": "n" }, "within": "1s" }]"#),
        told(r#""properties": [{ "no": "trap" }], "waive": ["trap"]"#),
    ];
    assert_snapshot!(all.concat());
}

#[test]
fn what_is_expected_is_said_in_the_words_of_a_scenario() {
    let latency = |latency: &str| told(&format!(r#""latency": {latency}"#));
    let body = |body: &str| {
        told(&format!(r#""clients": {{ "a": [{{ "send": {{ "to": "n", "body": {body} }} }}] }}"#))
    };
    let link = r#"{ "from": "n", "to": "name", "latency": { "constant": "1s" } }"#;
    let all = [
        latency(r#"{ "constant": "1s", "uniform": ["1s", "2s"] }"#),
        latency(r#"{ "uniform": ["1s"] }"#),
        latency(r#"{ "unifrm": ["1s", "2s"] }"#),
        latency(r#""1s""#),
        latency("{}"),
        body(r#"{ "text": "x", "json": 1 }"#),
        body(r#""x""#),
        body(r#"{ "text": 5 }"#),
        body(r#"{ "json": { "x": 1, "y": [{ "x": 1, "\u0078": 2 }] } }"#),
        told(&format!(r#""links": [{link}, {link}]"#)),
        told(r#""theater": { "mailbox": 0 }"#),
        told(r#""early_timers": -1"#),
        told(r#""clients": { "a": [{ "send": "n" }] }"#),
        told(r#""clients": { "a": [{ "send": { "to": "n" }, "wait": "1s" }] }"#),
        told(r#""clients": []"#),
        told(r#""$schema": "schema.json", "clients": { "a b": [] }"#),
        told(r#""actors": {}"#),
    ];
    assert_snapshot!(all.concat());
    let session = Session::new();
    session.write("id.json", scenario("\"about\": \"\"").replace(r#""n": {"#, r#""n": { "id": "","#));
    assert!(session.told("run id.json").contains("error: an empty text is no address\n  --> id.json:2:"));
    // A UUID is one address, however it is written; and one may be what another's name gives.
    let uuid = "1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c";
    let derived = rehearsal::state::Directory::derived("n");
    let bare = uuid.replace('-', "").to_uppercase();
    for (name, n, told) in [
        (
            uuid,
            Some(bare.as_str()),
            format!("error: `n` has the address of `name`, `{uuid}`\n  --> id.json:2:104\n"),
        ),
        (
            derived.as_str(),
            None,
            format!("error: `name` has the address of `n`, `{derived}`\n  --> id.json:2:31\n"),
        ),
    ] {
        let with = |text: String, key: &str, id: &str| {
            text.replace(&format!("{key}: {{"), &format!("{key}: {{ \"id\": \"{id}\","))
        };
        let text = with(scenario("\"about\": \"\""), "\"name\"", name);
        let text = n.map_or(text.clone(), |n| with(text, "\"n\"", n));
        session.write("id.json", text);
        let all = session.told("run id.json");
        assert!(all.contains(&told), "{all}");
    }
}

#[test]
fn a_captured_value_stays_what_it_is_in_json() {
    let session = Session::new();
    let ask = |body: &str, rest: &str| format!(r#"{{ "request": {{ "to": "n", "body": {body} }}, {rest} }}"#);
    let steps = [
        ask(
            r#"{ "json": { "x": 7, "o": { "k": [1] }, "s": "5" } }"#,
            r#""capture": { "x": "/x", "o": "/o", "s": "/s" }"#,
        ),
        ask(
            r#"{ "json": ["${x}", "${o}", "${s}", "<${x}>", { "${x}": "$${x}" }] }"#,
            r#""expect": { "text": "[7,{\"k\":[1]},\"5\",\"<7>\",{\"7\":\"${x}\"}]" }"#,
        )
        .replace(r#"\"${x}\"}]" }"#, r#"\"$${x}\"}]" }"#),
        ask(r#"{ "json": { "x": 7 } }"#, r#""expect": { "json": { "x": "${x}" } }"#),
        ask(r#"{ "text": "${x} ${o}" }"#, r#""expect": { "text": "7 {\"k\":[1]}" }"#),
    ];
    session.write("t.json", scenario(&format!(r#""clients": {{ "a": [{}] }}"#, steps.join(", "))));
    let told = session.told("run t.json");
    assert!(told.ends_with("--- status 0\n"), "{told}");
}

#[test]
fn what_was_found_is_told_before_it_cannot_be_written() {
    let session = Session::new();
    session.write("rehearsal-out", "in the way");
    assert_snapshot!("unwritable_run", session.told("run scenarios/bank.json --seed 1"));
    let told = session.told("run scenarios/bank.json --seed 1 --format json");
    assert!(told.contains(r#""property": "no deposit is lost""#) && told.contains("error: cannot"), "{told}");
    let before = std::fs::read_dir(session.path()).expect("a folder").count();
    for arguments in [
        "--trace new/t.trace --chains rehearsal-out/x",
        "--chains new --trace rehearsal-out/x",
        "--chains new --trace ./new/echo.json",
    ] {
        let told = session.told(&format!("run scenarios/hello.json {arguments}"));
        assert!(told.ends_with("--- status 2\n"), "{told}");
    }
    let after = std::fs::read_dir(session.path()).expect("a folder").count();
    assert_eq!(before, after, "nothing is half written");
    std::fs::remove_file(session.path().join("rehearsal-out")).expect("a file");
    session.told("run scenarios/bank.json --seed 1 --trace t.trace");
    let told = session.told("shrink t.trace -o rehearsal-out/x --scenario t.trace/x");
    assert!(
        told.contains("`no deposit is lost` does not hold") && told.ends_with("--- status 2\n"),
        "{told}"
    );
    assert!(!session.path().join("rehearsal-out").exists());
}

#[test]
fn nothing_that_is_read_is_written_over() {
    let session = Session::new();
    session.told("run scenarios/bank.json --seed 1 --trace t.trace");
    let mut told = String::new();
    for arguments in [
        "-o X --scenario X",
        "-o X --scenario ./X",
        "-o t.trace",
        "--scenario scenarios/bank.json",
        "--scenario t.min.trace",
    ] {
        told.push_str(&session.told(&format!("shrink t.trace {arguments}")));
    }
    assert_snapshot!(told);
}

#[test]
fn every_chain_is_looked_at() {
    let session = Session::new();
    session.told("run scenarios/hello.json --chains chains");
    session.write("empty.json", "[]");
    let echo = "chains/echo.json";
    let files = format!("{echo} missing.json empty.json scenarios/hello.json {echo}");
    assert_snapshot!(session.told(&format!("chain verify {files}")));
    assert!(session.told("chain verify empty.json").ends_with("--- status 0\n"));
    session.write("broken.json", session.read(echo).replacen("\"wasm\"", "\"wasn\"", 1));
    assert!(session.told(&format!("chain verify broken.json {echo}")).ends_with("--- status 1\n"));
}

#[test]
fn a_trace_says_what_it_says() {
    let session = Session::new();
    session.told("run scenarios/hello.json --trace t.trace");
    let trace = session.read("t.trace");
    session.write("key.trace", trace.replace(" seed=", " sede="));
    session.write("fact.trace", trace.replace(" steps=", " step="));
    let first: Vec<&str> = trace.lines().take(4).collect();
    session.write("cut.trace", first.join("\n"));
    let mut told = session.told("replay key.trace");
    told.push_str(&session.told("show fact.trace"));
    told.push_str(&session.told("replay cut.trace --format json"));
    assert_snapshot!(told);
}

#[test]
fn what_is_no_json_is_said_plainly() {
    let session = Session::new();
    let told = |text: &str| {
        session.write("t.json", text);
        session.told("run t.json").lines().nth(2).unwrap_or_default().to_owned()
    };
    assert_eq!(told("{\"name\": \"t\""), "error: the file ends in the middle of an object");
    assert_eq!(told("{\"name\": }"), "error: expected a JSON value");
    assert_eq!(told("{} {}"), "error: the scenario ends before this, and more follows");
    assert_eq!(told(&"[".repeat(200)), "error: lists and objects are in one another more than 127 deep");
    assert_eq!(told("{\"rehearsal\": 1.0}"), "error: expected a whole number, not negative, found 1.0");
}

#[test]
fn no_runs_are_no_search() {
    let session = Session::new();
    for arguments in ["--runs 0", "--time 0s"] {
        let told = session.told(&format!("explore scenarios/bank.json {arguments}"));
        assert!(told.ends_with("--- status 2\n") && !session.path().join("rehearsal-out").exists(), "{told}");
    }
}

#[test]
fn a_path_in_a_command_is_quoted() {
    let session = Session::new();
    let folder = session.path().join("o ut");
    std::fs::create_dir(&folder).expect("a folder");
    session
        .write("bank.json", include_str!("../scenarios/bank.json").replace("actors/", "scenarios/actors/"));
    session.told("explore bank.json --runs 20");
    std::fs::rename(session.path().join("rehearsal-out/bank"), folder.join("bank")).expect("moved");
    let merged = std::process::Command::new(env!("CARGO_BIN_EXE_rehearsal"))
        .args(["merge", "o ut"])
        .current_dir(session.path())
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&merged.stdout).into_owned();
    assert!(told.contains("rehearsal replay 'o ut/bank/no-deposit-is-lost.trace'"), "{told}");
}

#[test]
fn nothing_acts_on_the_terminal() {
    let session = Session::new();
    let text = scenario(
        r#""about": "a\u001b]0;x\u0007\nb\u009b", "clients": { "a": [
            { "request": { "to": "n", "body": { "text": "\u001b[31m\n" } }, "expect": { "text": "\u001b[1m\n" } }] },
        "waive": ["expectations"], "properties": [{ "name": "p\u001b[5m\nq\u202ez", "never": { "answered": { "client": "a" } } },
                       { "name": "s\u001b\n", "sometimes": { "observed": { "key": "k" } } }]"#,
    );
    session.write("t.json", text.replace("\"name\": \"t\"", "\"name\": \"t\\u001b[2J\\nt\""));
    session.write("key.json", "{ \"rehearsal\": 1, \"na\\u001b\\nme\": 1 }");
    session.write("raw.json", "{ \"rehearsal\": 1, \"na\u{1b}me\": 1 }");
    session
        .write("a.trace", "rehearsal-trace 1 scenario=t.json\ndeliver a\u{1b}[1m -> n #1\n  about \u{7}\n");
    let mut told = String::new();
    for command in ["run t.json", "run key.json", "run raw.json", "show a.trace", "replay a.trace"] {
        told.push_str(&session.told(command));
    }
    told.push_str(&session.told("explore t.json --runs 3 --no-shrink"));
    told.push_str(&session.told("merge rehearsal-out"));
    told.push_str(&session.told("run t.json --format json"));
    let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!told.contains(acts), "{told:?}");
    assert!(told.contains(r"property `p\u001b[5m\u000aq\u202ez` does not hold"), "{told}");
}

#[test]
fn each_command_has_its_page() {
    let session = Session::new();
    assert!(session.told("man --out pages").ends_with("--- status 0\n"));
    let pages: Vec<String> = std::fs::read_dir(session.path().join("pages"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    for command in ["", "-run", "-explore", "-merge", "-replay", "-shrink", "-show", "-chain-verify", "-man"]
    {
        let name = format!("rehearsal{command}.1");
        assert!(pages.contains(&name), "{pages:?}");
        let words = command.replace("chain-", "chain ").replacen('-', " ", 1);
        let page = session.read(&format!("pages/{name}"));
        assert!(session.told(&format!("man{words}")).contains(page.lines().next().expect("a line")));
        assert!(page.contains(&format!("\\fBrehearsal{words}\\fR")), "{page}");
    }
    assert!(session.told("man chain verfy").contains("did you mean `verify`?"));
}
