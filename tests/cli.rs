//! Whole command-line sessions, with their exit status.
#![cfg(all(feature = "cli", feature = "wasm"))]

mod session;

use insta::assert_snapshot;
use session::Session;

fn told(arguments: &str) -> String {
    Session::new().told(arguments)
}

/// The session, and what it left in the folder.
fn with_file(name: &str, text: impl AsRef<[u8]>, arguments: &str) -> String {
    let session = Session::new();
    session.write(name, text);
    session.told(arguments)
}

#[test]
fn a_run_is_told() {
    assert_snapshot!(told("run scenarios/hello.json"));
}

#[test]
fn a_run_is_told_as_json() {
    assert_snapshot!(told("run scenarios/hello.json --format json"));
}

#[test]
fn a_run_is_written_and_replayed() {
    let session = Session::new();
    session.told("run scenarios/channel-life.json --seed 3 --trace life.trace --chains chains");
    assert_snapshot!("trace", session.read("life.trace"));
    assert_snapshot!("replay", session.told("replay life.trace"));
    assert_snapshot!("show", session.told("show life.trace"));
    assert_snapshot!("verify", session.told("chain verify chains/opener.json chains/peer.json"));
    assert_snapshot!("chain", session.told("chain show chains/peer.json"));
}

#[test]
fn a_failing_run_ends_with_its_command() {
    let session = Session::new();
    assert_snapshot!("failing", session.told("run scenarios/bank.json --seed 1"));
    assert_snapshot!("failing_replay", session.told("replay rehearsal-out/bank/run-1.trace"));
}

/// What the fuzz target `planted` found.
#[test]
fn a_fuzzers_input_becomes_a_trace() {
    let session = Session::new();
    session.write("planted.json", include_str!("../fuzz/planted.json"));
    session.write("crash", [0x2d, 0xff, 0xff]);
    let told = session.told("run planted.json --answers crash --trace planted.trace");
    assert!(told.contains("error: property `no update is lost` does not hold"), "{told}");
    assert!(told.ends_with("--- status 1\n"), "{told}");
    let again = session.told("replay planted.trace");
    assert!(again.contains("as recorded") && again.ends_with("--- status 1\n"), "{again}");
    // No answers at all are the quiet run, and that one holds.
    session.write("empty", "");
    assert!(session.told("run planted.json --answers empty").ends_with("--- status 0\n"));
}

/// A run that a waived bound cuts is no failure, and yet nobody takes it for a whole one.
#[test]
fn a_run_that_is_cut_says_so() {
    let session = Session::new();
    let hello = include_str!("../scenarios/hello.json").replace("actors/", "scenarios/actors/");
    let cut = "\"limits\": { \"steps\": 1 }, \"waive\": [\"bounds\"], \"properties\": []";
    session.write("cut.json", hello.replace("\"properties\": []", cut));
    let note = "note: the run was cut at its bound `limits.steps`, which the scenario waives\n";
    for arguments in ["run cut.json --trace cut.trace", "replay cut.trace"] {
        let told = session.told(arguments);
        assert!(told.contains(note) && told.ends_with("--- status 0\n"), "{told}");
    }
    let told = session.told("run cut.json --format json");
    assert!(told.contains("the run was cut at its bound `limits.steps`"), "{told}");
    for strategy in ["random", "dfs", "dpor"] {
        let told = session.told(&format!("explore cut.json --runs 20 --strategy {strategy}"));
        assert!(told.contains("note: a bound was hit: steps of a run\n"), "{strategy}: {told}");
        assert!(!told.contains("every order was covered"), "{strategy}: {told}");
    }
}

/// The deadline, and the answer that comes after it.
#[test]
fn a_late_answer_is_told() {
    assert_snapshot!(told("run scenarios/request-timeout.json"));
}

#[test]
fn misbehaviour_is_named() {
    assert_snapshot!(told("run scenarios/misbehaving-actor.json"));
}

#[test]
fn the_schema_is_json() {
    let output = Session::new().output("schema");
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for key in ["rehearsal", "name", "actors", "clients", "properties", "profile", "clock", "limits"] {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
}

#[test]
fn bad_scenarios_are_told() {
    let hello = include_str!("../scenarios/hello.json").replace("actors/", "scenarios/actors/");
    let mut all = told("run nowhere.json");
    for (from, to) in [
        ("\"name\": \"hello\",", "\"name\": \"hello\" \"about\""),
        ("\"actors\"", "\"actor\""),
        ("\"to\": \"echo\"", "\"to\": \"eco\""),
        ("\"profile\": \"actors\"", "\"profile\": \"theatre-0.2\""),
        ("\"within\": \"1s\"", "\"within\": \"soon\""),
        ("\"rehearsal\": 1", "\"rehearsal\": 2"),
        ("actors/echo.wasm", "actors/nobody.wasm"),
        ("\"properties\": []", "\"properties\": [{\"always\": {\"stat\": {\"actor\": \"echo\"}}}]"),
        ("\"properties\": []", "\"waive\": [\"dedlock\"]"),
    ] {
        assert!(hello.contains(from), "{from}");
        all.push_str(&format!("\n# {from} becomes {to}\n"));
        all.push_str(&with_file("bad.json", hello.replace(from, to), "run bad.json"));
    }
    assert_snapshot!(all);
}

#[test]
fn bad_components_are_told() {
    let hello = include_str!("../scenarios/hello.json");
    let mut all = String::new();
    for component in ["hello.json", "actors/supervisor-user.wasm", "actors/wasi-user.wat", "module.wat"] {
        let session = Session::new();
        session.write("module.wat", "(module)");
        let path =
            if component == "module.wat" { component.to_owned() } else { format!("scenarios/{component}") };
        session.write("bad.json", hello.replace("actors/echo.wasm", &path));
        all.push_str(&session.told("run bad.json"));
    }
    assert_snapshot!(all);
}

#[test]
fn bad_usage_is_told() {
    let mut all = told("run scenarios/hello.json --strategy randm");
    all.push_str(&told("run scenarios/hello.json --profile actor"));
    all.push_str(&told("run scenarios/hello.json --trace scenarios/hello.json/x.trace"));
    all.push_str(&told("explore scenarios/hello.json --strategy dpr"));
    assert_snapshot!(all);
}

#[test]
fn bad_traces_are_told() {
    let session = Session::new();
    session.told("run scenarios/hello.json --trace t.trace");
    let trace = session.read("t.trace");
    let mut all = String::new();
    session.write("empty.trace", "");
    session.write("verb.trace", trace.replace("deliver", "delivr"));
    session.write("name.trace", trace.replace("deliver alice", "deliver alise"));
    session.write("digest.trace", trace.replacen('@', "@1", 1));
    session.write("short.trace", trace.split("answer").next().expect("a beginning"));
    for name in ["empty", "verb", "name", "digest", "short"] {
        all.push_str(&session.told(&format!("replay {name}.trace")));
    }
    assert_snapshot!(all);
}

#[test]
fn another_scenario_is_a_note_and_following_decides() {
    let session = Session::new();
    let hello = include_str!("../scenarios/hello.json");
    let moved = hello.replace("actors/", "scenarios/actors/");
    session.write("hello.json", &moved);
    session.told("run hello.json --trace t.trace");
    session.write("hello.json", moved.replace("its words", "her words"));
    assert_snapshot!("another_followed", session.told("replay t.trace"));
    session.write("hello.json", moved.replace("\"to\": \"echo\"", "\"to\": \"alice\""));
    assert_snapshot!("another_diverged", session.told("replay t.trace"));
}

#[test]
fn two_dependent_steps_swapped_diverge() {
    let session = Session::new();
    session.told("run scenarios/bank.json --seed 1 --trace t.trace");
    let trace = session.read("t.trace");
    let lines: Vec<&str> = trace.lines().collect();
    let to_ledger: Vec<usize> = (0..lines.len())
        .filter(|&i| lines[i].starts_with("deliver") && lines[i].contains("-> ledger #1"))
        .collect();
    let (a, b) = (to_ledger[0], to_ledger[1]);
    let mut swapped: Vec<&str> = lines.clone();
    swapped.swap(a, b);
    session.write("swapped.trace", swapped.join("\n"));
    let output = session.output("replay swapped.trace");
    assert_eq!(output.status.code(), Some(3));
    let told = session.plain(&output.stdout);
    // Of the header no line is a step, and of the steps each is one that is not indented.
    let is_step = |line: &&&str| line.starts_with("deliver ") || line.starts_with("answer ");
    let step = lines[..=a].iter().filter(is_step).count();
    let (at, says) = (format!("step {step}\n  --> swapped.trace:{}\n", a + 1), lines[b]);
    let wanted = format!("error: replay diverged at {at}  trace says     {says}\n");
    assert!(told.contains(&wanted), "{wanted}\nis not in\n{told}");
}

#[test]
fn a_broken_chain_is_told() {
    let session = Session::new();
    session.told("run scenarios/hello.json --chains chains");
    let chain = session.read("chains/echo.json");
    session.write("hash.json", chain.replacen("\"wasm\"", "\"wasn\"", 1));
    let lines: Vec<&str> = chain.lines().collect();
    let gap: Vec<&str> = lines.iter().enumerate().filter(|(i, _)| *i != 2).map(|(_, line)| *line).collect();
    session.write("gap.json", gap.join("\n"));
    assert_snapshot!(session.told("chain verify hash.json gap.json"));
}

/// Two actors' chains of one run, and the components that made them.
const TALK: &str = r#"{"rehearsal": 1, "name": "talk", "profile": "theater-0.2",
    "actors": {"a": {"component": "scenarios/actors/lab-c.wasm"}, "b": {"component": "scenarios/actors/lab-c.wasm"}},
    "clients": {"c": [{"wait": "1ms"}, {"send": {"to": "a", "body": {"json":
        [["send", "${actor.b}", "one"], ["send", "${actor.b}", "two"]]}}}]}}"#;

/// A chain whose hashes fit what is in it.
fn sealed(events: Vec<rehearsal::chain::ChainEvent>) -> Vec<u8> {
    let (mut bytes, mut before, mut all) = (Vec::new(), None, events);
    for event in &mut all {
        event.parent_hash = before;
        event.seal();
        before = Some(event.hash);
    }
    rehearsal::chain::write_array(&mut bytes, &all).expect("it is written");
    bytes
}

#[test]
fn an_edited_chain_is_a_finding() {
    use rehearsal::chain::{self, ChainEvent, Limits};
    let session = Session::new();
    session.write("talk.json", TALK);
    session.told("run talk.json --strategy fifo --chains chains --chain-form a");
    let mut opened = chain::open(&session.path().join("chains/b.json"), Limits::default()).expect("a chain");
    let record = rehearsal::revive::ChainRecord::read(opened.remove(0)).expect("a chain");
    let events: Vec<ChainEvent> = record.entries.iter().map(|entry| entry.event.clone()).collect();
    let coded = |text: &str| text.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",");
    let params = |text: &str| coded(&format!("[{}]", format!("{:?}", text.as_bytes()).replace(' ', "")));
    let handled = |text: &str| {
        let holds = |event: &ChainEvent| String::from_utf8_lossy(&event.data).contains(&params(text));
        events.iter().position(holds).expect("it was handled")
    };
    let (one, two) = (handled("one"), handled("two"));
    let schedule = "chain schedule --scenario talk.json chains/a.json b.json -o o.trace";
    let alone = "chain replay --component scenarios/actors/lab-c.wasm b.json";
    let ends = |events: Vec<ChainEvent>| {
        session.write("b.json", sealed(events));
        [schedule, alone].map(|command| session.output(command).status.code())
    };
    assert_eq!(ends(events.clone()), [Some(0), Some(0)], "as it was");
    // The call of the one and what came of the other change places: the chain alone tells.
    let mut swapped = events.clone();
    swapped.swap(one, one + 1);
    assert_eq!(ends(swapped), [Some(1), Some(1)], "swapped");
    let mut altered = events.clone();
    let text = String::from_utf8(altered[two].data.clone()).expect("text");
    altered[two].data = text.replace(&params("two"), &params("tow")).into_bytes();
    // Alone it may have been sent so, where the state does not tell; the sender's chain says otherwise.
    assert_eq!(ends(altered)[0], Some(1), "altered");
}

#[test]
fn a_hostile_chain_is_told() {
    let session = Session::new();
    session.write("talk.json", TALK);
    session.told("run talk.json --strategy fifo --chains chains --chain-form a");
    let hash = |byte: u8| vec![byte.to_string(); 20].join(",");
    let event = |own: u8, parent: u8| {
        let (own, parent) = (hash(own), hash(parent));
        format!(r#"{{"hash":[{own}],"parent_hash":[{parent}],"event_type":"wasm","data":[123,125]}}"#)
    };
    let deep = [b"[".repeat(1_000_000), b"]".repeat(1_000_000)].concat();
    let bad: [(&str, Vec<u8>, i32); 4] = [
        ("deep", deep, 2),
        ("bytes", b"[{\"hash\":[1],\"event_type\":\"\xff\xfe\"".to_vec(), 2),
        ("twice", format!("[{},{}]", event(1, 2), event(1, 2)).into_bytes(), 1),
        ("circle", format!("[{},{}]", event(1, 2), event(2, 1)).into_bytes(), 1),
    ];
    for (name, bytes, status) in bad {
        session.write("b.json", bytes);
        for command in [
            "chain schedule --scenario talk.json chains/a.json b.json -o o.trace",
            "chain replay --component scenarios/actors/lab-c.wasm b.json",
        ] {
            let output = session.output(command);
            let told = session.plain(&output.stderr);
            assert_eq!(output.status.code(), Some(status), "{name}: {command}: {told}");
            if status == 2 {
                assert!(told.starts_with("error: ") && told.contains("b.json"), "{name}: {told}");
            }
        }
    }
}

#[test]
fn a_warm_cache_is_left_as_it_is() {
    let session = Session::new();
    let cache = session.path().join("cache");
    let run = || {
        let command = std::process::Command::new(env!("CARGO_BIN_EXE_rehearsal"))
            .args(["run", "scenarios/hello.json"])
            .current_dir(session.path())
            .env("REHEARSAL_CACHE", &cache)
            .output()
            .expect("the command runs");
        assert!(command.status.success());
        let files = std::fs::read_dir(&cache).expect("a cache");
        let mut told: Vec<_> = files
            .map(|file| {
                let file = file.expect("an entry");
                (file.file_name(), file.metadata().and_then(|m| m.modified()).expect("a time"))
            })
            .collect();
        told.sort();
        told
    };
    let first = run();
    assert_eq!(first.len(), 1);
    assert_eq!(run(), first);
}

#[test]
fn the_pages_show_what_the_commands_print() {
    let session = Session::new();
    for (page, sessions) in [(include_str!("../README.md"), 6), (include_str!("../docs/chains.md"), 2)] {
        let blocks: Vec<&str> = page.split("```console\n").skip(1).collect();
        assert_eq!(blocks.len(), sessions);
        for block in blocks {
            let shown = block.split("\n```").next().expect("a block ends");
            let (command, shown) = shown.split_once('\n').expect("a block has a command and its output");
            let arguments =
                command.strip_prefix("$ rehearsal ").expect("a command begins with `$ rehearsal`");
            let printed = session.plain(&session.output(arguments).stdout);
            assert_eq!(shown.trim_end(), printed.trim_end(), "{command}");
        }
    }
}

/// The shortest order of every race in the catalogue is committed, and shows its failure again.
#[test]
fn the_races_of_theater_show_again() {
    let session = Session::new();
    let mut seen = 0;
    for entry in std::fs::read_dir(session.path().join("scenarios/theater")).expect("the catalogue") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        let output = session.output(&format!("replay scenarios/theater/{name}.trace"));
        assert_eq!(output.status.code(), Some(1), "{name}: {}", session.plain(&output.stdout));
        seen += 1;
    }
    assert_eq!(seen, 18);
}
