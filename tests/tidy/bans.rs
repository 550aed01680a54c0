//! Names that the sources do not use, but for a reason.

use super::{check, code, planted};

/// A name that is not to be used, who may use it all the same, and what to use.
struct Ban {
    names: &'static [&'static str],
    allowed: &'static [&'static str],
    instead: &'static str,
}

/// Allowed are files, and folders where the name ends in a slash; each has its reason.
const BANS: [Ban; 9] = [
    Ban {
        names: &["HashMap", "HashSet", "RandomState"],
        allowed: &[],
        instead: "`BTreeMap` or `BTreeSet`: their order is the same in every run",
    },
    Ban {
        names: &["std::time", "Instant", "SystemTime"],
        allowed: &["src/cli/", "src/main.rs"],
        instead: "`id::Time`, which is virtual",
    },
    Ban {
        names: &["std::env"],
        // The command looks for its cache; a failing test says where it keeps its cases.
        allowed: &["src/cli/", "src/main.rs", "src/builder/saved.rs"],
        instead: "a parameter, or `environment` in the scenario",
    },
    Ban {
        names: &["std::thread", "thread::spawn", "tokio", "async_std", "smol"],
        // Whole runs may be shared out; no run has more than one thread.
        allowed: &["src/cli/", "src/explore/jobs.rs"],
        instead: "events of the one loop in `run`",
    },
    Ban {
        names: &["f32", "f64"],
        // Values that a guest or a chain has are passed on as they are; nothing is decided by one.
        allowed: &[
            "src/guest/",
            "src/chain/val.rs",
            "src/run/chains.rs",
            "src/property/matcher.rs",
            "src/revive/replay/recorded_answer.rs",
            "src/scenario/tree.rs",
            "src/cli/",
        ],
        instead: "whole numbers: `Time` in nanoseconds, `u64` with a bound",
    },
    Ban {
        names: &["rand::", "rand_chacha::", "getrandom"],
        allowed: &["src/chooser/"],
        instead: "a question at the door: `Choices::draw`",
    },
    Ban { names: &["wasmtime"], allowed: &["src/guest/"], instead: "the types of `guest`" },
    Ban {
        names: &["std::fs", "std::net", "std::process"],
        allowed: &[
            "src/cli/",
            "src/main.rs",
            // Scenarios, traces and components are read, and what a command writes is written, in whole.
            "src/load.rs",
            "src/load/",
            // A folder of chains is a form of chains.
            "src/chain/folder.rs",
            // Compiled components are kept, and the kernel is asked which pages were touched.
            "src/guest/cache.rs",
            "src/guest/memory.rs",
            // A test alone: what is served is held against the files of `wit/`.
            "src/guest/wit.rs",
            // A failing test keeps its cases.
            "src/builder/saved.rs",
        ],
        instead: "what `load` reads: a run depends on its scenario and its answers alone",
    },
    // In braces after `std` no name of the others would be seen.
    Ban { names: &["std::{"], allowed: &[], instead: "one `use` for each module of `std`" },
];

fn nothing_banned(path: &str, text: &str) -> Vec<String> {
    let may = |ban: &Ban| {
        ban.allowed.iter().any(|allowed| match allowed.ends_with('/') {
            true => path.starts_with(allowed),
            false => path == *allowed,
        })
    };
    let mut wrong = Vec::new();
    for ban in BANS.iter().filter(|ban| !may(ban)) {
        for (line, code) in code(text) {
            for name in ban.names.iter().filter(|name| names(&code, name)) {
                wrong.push(format!("{path}:{line}: `{name}` is not used here; use {}", ban.instead));
            }
        }
    }
    wrong
}

/// Whether a line has a name, and not as a part of another.
fn names(line: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(place, _)| {
        let after = &line[place + name.len()..];
        let whole = name.ends_with(|last| !part(last)) || !after.starts_with(part);
        !line[..place].ends_with(part) && whole
    })
}

#[test]
fn bans_hold() {
    check(nothing_banned);
}

#[test]
fn a_banned_name_is_seen() {
    let text = "use std::collections::HashMap;\nlet set: HashSet<u8>;\n";
    planted(nothing_banned, "src/state/mod.rs", text, &["`BTreeMap`", "`BTreeMap`"]);
    planted(nothing_banned, "src/run/mod.rs", "use std::time::Duration;\n", &["run/mod.rs:1: `std::time`"]);
    planted(nothing_banned, "src/load.rs", "\nstd::env::var(name)\n", &["load.rs:2: `std::env`"]);
    planted(
        nothing_banned,
        "src/run/mod.rs",
        "std::thread::spawn(f);\n",
        &["`std::thread`", "`thread::spawn`"],
    );
    planted(nothing_banned, "src/state/latency.rs", "let x = y as f64;\n", &["whole numbers"]);
    planted(nothing_banned, "src/native/mod.rs", "use rand::Rng;\n", &["a question at the door"]);
    planted(nothing_banned, "src/load.rs", "use wasmtime::Store;\n", &["the types of `guest`"]);
    planted(nothing_banned, "src/run/mod.rs", "use tokio::sync::mpsc;\n", &["the one loop"]);
    for name in ["fs::File", "net::TcpStream", "process::id"] {
        planted(nothing_banned, "src/state/mod.rs", &format!("use std::{name};\n"), &["what `load` reads"]);
        planted(
            nothing_banned,
            "src/limits.rs",
            &format!("let x = std::{name}();\n"),
            &["what `load` reads"],
        );
    }
    let grouped = "use std::{collections::BTreeMap, fs};\npub use ::std::{\n    env,\n};\n";
    planted(nothing_banned, "src/cli/run.rs", grouped, &["1: `std::{`", "2: `std::{`"]);
}

#[test]
fn a_ban_is_for_the_name_alone() {
    planted(nothing_banned, "src/chooser/seeded.rs", "use rand::Rng;\n", &[]);
    planted(nothing_banned, "src/guest/engine.rs", "use wasmtime::Engine; let x: f32;\n", &[]);
    planted(nothing_banned, "src/run/mod.rs", "// no HashMap\nlet text = \"std::time\";\n", &[]);
    planted(nothing_banned, "src/load/together.rs", "std::fs::write(a, b); std::process::id();\n", &[]);
    planted(
        nothing_banned,
        "src/run/mod.rs",
        "use std::io::Read; use mystd::{a}; use std::process_it;\n",
        &[],
    );
    planted(nothing_banned, "src/run/mod.rs", "let operand::x = visit_f64;\n", &[]);
    planted(
        nothing_banned,
        "src/guest/engine.rs",
        "let quote = '\"'; let set: HashSet<u8>;\n",
        &["`HashSet`"],
    );
}
