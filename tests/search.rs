//! Searches on the command line: in shards, with jobs, and what is cut down.
#![cfg(all(feature = "cli", feature = "wasm"))]

mod session;

use insta::assert_snapshot;
use serde_json::Value;
use session::Session;
use std::process::{Command, Stdio};

/// Three clients with four, four and three messages for one actor: 11550 orders, which is more than a small search has.
const LARGE: &str = r#"{"rehearsal": 1, "name": "large", "actors": {"log": {"native": "log"}},
    "clients": {"a": [SEND_A, SEND_A, SEND_A, SEND_A], "b": [SEND_B, SEND_B, SEND_B, SEND_B], "c": [SEND_C, SEND_C, SEND_C]},
    "properties": [{"name": "c is not first", "never": {"before": {"key": "got", "first": "c", "then": "a"}}},
                   {"name": "b may be last", "sometimes": {"last": {"key": "got", "equals": "b"}}}]}"#;

fn large() -> String {
    ["a", "b", "c"].into_iter().fold(LARGE.to_owned(), |text, word| {
        let send = format!(r#"{{"send": {{"to": "log", "body": {{"text": "{word}"}}}}}}"#);
        text.replace(&format!("SEND_{}", word.to_uppercase()), &send)
    })
}

/// The object that a command prints, without what varies.
fn object(session: &Session, arguments: &str) -> Value {
    let output = session.output(arguments);
    let mut object: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{arguments}: {}", session.plain(&output.stderr)));
    object.as_object_mut().expect("an object").remove("timing");
    object
}

/// Scenario, options, and how many runs there are.
const SEARCHES: [(&str, &str, u64); 7] = [
    ("scenarios/bank.json", "--runs 90 --seed 3", 90),
    ("scenarios/bank.json", "--runs 45 --strategy pct:2 --no-shrink", 45),
    ("scenarios/three-by-two.json", "--strategy dpor", 90),
    ("scenarios/three-by-two.json", "--strategy dfs", 90),
    ("scenarios/noise.json", "--strategy dpor", 20),
    ("large.json", "--strategy dpor", 11_550),
    ("large.json", "--strategy dfs", 11_550),
];

#[test]
fn shards_make_the_whole() {
    for (scenario, options, runs) in SEARCHES {
        let session = Session::new();
        session.write("large.json", large());
        let search = format!("explore {scenario} {options} --keep-going");
        let whole = session.output(&format!("{search} --out whole"));
        let mut sum = 0;
        for shard in 0..3 {
            let told =
                object(&session, &format!("{search} --shard {shard}/3 --out part-{shard} --format json"));
            assert_eq!(told["complete"], false, "a shard is not the whole");
            let own = told["runs"].as_u64().expect("a number");
            assert!(own < runs, "{search}: a shard makes less than the whole");
            sum += own;
        }
        assert_eq!(sum, runs, "{search}");
        let merged = session.output("merge part-0 part-1 part-2 --out merged");
        assert_eq!(merged.status.code(), whole.status.code(), "{search}");
        let name = scenario.rsplit('/').next().and_then(|file| file.strip_suffix(".json")).expect("a name");
        let (whole, merged) =
            (session.read(&format!("whole/{name}/result.json")), session.read("merged/result.json"));
        assert!(whole == merged, "{search}: the shards' results are not those of the whole");
    }
}

#[test]
fn jobs_change_nothing() {
    for (scenario, options, runs) in SEARCHES {
        let session = Session::new();
        session.write("large.json", large());
        for more in ["", " --keep-going"] {
            let search = format!("explore {scenario} {options}{more} --format json");
            let one = object(&session, &format!("{search} --jobs 1"));
            for jobs in [2, 3] {
                assert_eq!(object(&session, &format!("{search} --jobs {jobs}")), one, "{search}");
            }
            if !more.is_empty() {
                assert_eq!(one["runs"], runs, "{search}");
            }
        }
    }
}

#[test]
fn shards_are_told() {
    let session = Session::new();
    let mut all = String::new();
    for shard in ["0/2", "1/2"] {
        let search = format!("explore scenarios/bank.json --runs 40 --keep-going --shard {shard}");
        all.push_str(&session.told(&format!("{search} --out {}", shard.replace('/', "-of-"))));
    }
    all.push_str(&session.told("merge 0-of-2 1-of-2 --out whole"));
    all.push_str(&session.told("merge 0-of-2 0-of-2"));
    all.push_str(&session.told("explore scenarios/three-by-two.json --strategy dpor --shard 1/4 --out part"));
    all.push_str(&session.told("merge part 0-of-2"));
    all.push_str(&session.told("merge part"));
    session.write("large.json", large());
    let large = "explore large.json --keep-going --shard 0/2 --strategy";
    all.push_str(&session.told(&format!("{large} dpor --runs 5000")));
    all.push_str(&session.told(&format!("{large} dfs --fingerprint history")));
    all.push_str(&session.told(&format!("{large} dpor --fingerprint state")));
    all.push_str(&session.told("explore large.json --shard 3/2"));
    assert_snapshot!(all);
}

#[test]
fn a_run_of_components_is_cut_down() {
    let session = Session::new();
    session.told("run scenarios/bank.json --seed 1 --trace t.trace");
    let mut all = session.told("shrink t.trace");
    all.push_str(&session.told("replay t.min.trace"));
    assert_snapshot!(all);
    let told = object(&session, "shrink t.trace -o u.trace --format json");
    let told = &told["shrink"];
    assert_eq!((&told["verified"], &told["minimal"]), (&Value::Bool(true), &Value::Bool(true)));
    assert_eq!(session.read("u.trace"), session.read("t.min.trace"));
    // What is as small as it gets stays as it is.
    session.told("shrink u.trace -o v.trace");
    assert_eq!(session.read("u.trace"), session.read("v.trace"));
}

#[test]
fn what_cannot_be_cut_down_is_told() {
    let session = Session::new();
    let bank = include_str!("../scenarios/bank.json").replace("actors/", "scenarios/actors/");
    session.write("bank.json", &bank);
    session.told("run bank.json --seed 1 --trace t.trace");
    session.told("run scenarios/hello.json --trace quiet.trace");
    let trace = session.read("t.trace");
    let mut all = session.told("shrink nowhere.trace");
    session.write("empty.trace", "");
    session.write("verb.trace", trace.replace("deliver", "delivr"));
    session.write("gone.trace", trace.replace("bank.json", "bonk.json"));
    session.write("short.trace", trace.lines().take(3).collect::<Vec<_>>().join("\n"));
    for name in ["empty", "verb", "gone", "quiet", "short"] {
        all.push_str(&format!("\n# {name}\n{}", session.told(&format!("shrink {name}.trace"))));
    }
    // Another scenario of the same name: following decides.
    session.write("bank.json", bank.replace("{\"to\": \"bob-till\"", "{\"to\": \"alice-till\""));
    all.push_str(&format!("\n# another scenario\n{}", session.told("shrink t.trace")));
    assert_snapshot!(all);
    assert_eq!(object(&session, "shrink t.trace --format json")["outcome"], "diverged");
}

/// Interrupted, a search of which nobody would see the end keeps what it has, and says so.
#[test]
fn an_interrupted_search_keeps_what_it_found() {
    for signal in ["INT", "TERM"] {
        let session = Session::new();
        let mut command =
            session.command("explore scenarios/three-by-two.json --keep-going --time 1000h --out found");
        let search = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        // It listens by the time that the folder is there.
        while !session.path().join("found/three-by-two").exists() {
            std::thread::yield_now();
        }
        let kill = format!("kill -{signal} {}", search.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell").success());
        let output = search.wait_with_output().expect("it ends");
        let told = session.plain(&output.stdout);
        assert!(told.contains("note: it was stopped before its end"), "{told}");
        assert_eq!(output.status.code(), Some(0), "{signal}: {told}");
        let kept: Value =
            serde_json::from_str(&session.read("found/three-by-two/result.json")).expect("JSON");
        assert_eq!(kept["complete"], Value::Bool(false));
    }
}
