//! The rules of the house, held against the sources: who may import whom, what must not be named, how long a file and a
//! function may be. Each rule has a planted violation, so that a rule that sees nothing is seen.

#[path = "tidy/bans.rs"]
mod bans;

use std::fs;
use std::path::{Path, PathBuf};

/// THE order of the modules: a file imports only from modules above its own, and from its own. A new module is put in
/// where it belongs; what is not in the tree yet has its place all the same.
const ORDER: [&str; 35] = [
    "digest",
    "error",
    "limits",
    "payload",
    "chain",
    "id",
    "theater",
    "event",
    "choice",
    "chooser",
    "call",
    "actor",
    "port",
    "guest",
    "message_server",
    "state",
    "native",
    "profile",
    "property",
    "run",
    "trace",
    "scenario",
    "revive",
    "load",
    "walk",
    "shrink",
    "report",
    "explore",
    "builder",
    "proptest",
    "fuzz",
    "oracle",
    "cli",
    "lib",
    "main",
];

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 70;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// Holds one rule against every file of `src`.
#[track_caller]
fn check(rule: fn(&str, &str) -> Vec<String>) {
    check_in(&["src"], rule);
}

/// Holds one rule against every file of these folders.
#[track_caller]
fn check_in(folders: &[&str], rule: fn(&str, &str) -> Vec<String>) {
    let mut files = Vec::new();
    folders.iter().for_each(|folder| sources(&root().join(folder), &mut files));
    assert!(files.len() > 50, "the sources are found");
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source");
        let path = file.strip_prefix(root()).expect("inside").to_string_lossy().replace('\\', "/");
        wrong.extend(rule(&path, &text));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The module at the top that a file belongs to: `src/run/mod.rs` and `src/run.rs` are `run`.
fn module(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// Tests may look up: what is behind `#[cfg(test)]`, and files of tests.
fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// The lines of code, numbered from 1, without comments, text and the tests at the end.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let all: Vec<&str> = text.lines().collect();
    for (place, line) in all.iter().enumerate() {
        let next = all.get(place + 1).map_or("", |next| next.trim_start());
        if line.trim() == "#[cfg(test)]" && next.starts_with("mod ") && next.ends_with('{') {
            break;
        }
        lines.push((place + 1, plain(line)));
    }
    lines
}

/// A line without its comment and its text.
fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => drop(chars.next()),
            '"' => quoted = !quoted,
            '/' if !quoted && chars.peek() == Some(&'/') => break,
            _ if quoted => {}
            // A quote as a character begins no text.
            '\'' if chars.peek() == Some(&'"') => drop(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// What a line imports from the crate: the names behind `crate::`, also in braces.
fn imported(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (place, _) in line.match_indices("crate::") {
        if line[..place].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &line[place + "crate::".len()..];
        let word = |text: &str| -> String {
            text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        match rest.strip_prefix('{') {
            Some(list) => {
                let mut depth = 0;
                let parts = list.split(|c: char| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    c == ',' && depth == 0
                });
                found.extend(parts.map(word));
            }
            None => found.push(word(rest)),
        }
    }
    found.retain(|name| !name.is_empty() && name.starts_with(char::is_lowercase));
    found
}

fn only_downward(path: &str, text: &str) -> Vec<String> {
    let mine = module(path);
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    let Some(my_place) = place(mine) else {
        return vec![format!("{path}: module `{mine}` has no place in ORDER, in tests/tidy.rs")];
    };
    if is_test(path) || mine == "lib" {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    for (line, code) in code(text) {
        for name in imported(&code) {
            match place(&name) {
                Some(there) if there > my_place => wrong.push(format!(
                    "{path}:{line}: `{mine}` imports `{name}`, which is below it; move what both need above `{mine}`"
                )),
                _ => {}
            }
        }
    }
    wrong
}

fn short_files(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let told =
        format!("{path}: {lines} lines, and {LONGEST_FILE} are the most; split it where two things meet");
    if lines > LONGEST_FILE { vec![told] } else { Vec::new() }
}

/// rustfmt puts the end of a function under its beginning.
fn short_functions(path: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut wrong = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let inside = line.trim_start();
        let Some(at) = inside.find("fn ") else { continue };
        let modifiers = ["pub", "(crate)", "(super)", "const", "async", "unsafe", "extern", " "];
        let mut before = inside[..at].to_owned();
        modifiers.iter().for_each(|modifier| before = before.replace(modifier, ""));
        if !before.is_empty() || inside.starts_with("//") {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - inside.len()]);
        let signature = lines[place..].iter().position(|line| line.ends_with('{') || line.ends_with(';'));
        let signature = signature.unwrap_or_default();
        if lines[place + signature].ends_with(';') || line.ends_with('}') {
            continue;
        }
        let length = lines[place..].iter().position(|line| *line == end).map_or(0, |length| length + 1);
        if length > LONGEST_FUNCTION {
            let name = inside[at + 3..].split(['(', '<']).next().unwrap_or_default();
            wrong.push(format!(
                "{path}:{}: `{name}` has {length} lines, and {LONGEST_FUNCTION} are the most; give a part its own name",
                place + 1
            ));
        }
    }
    wrong
}

fn no_runtime(lock: &str) -> Vec<String> {
    let banned = |name: &&str| matches!(*name, "tokio" | "async-std" | "smol");
    let packages = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    packages
        .filter(banned)
        .map(|name| format!("Cargo.lock: `{name}` is in the tree; nothing here waits"))
        .collect()
}

#[test]
fn imports_go_downward() {
    check(only_downward);
}

#[test]
fn files_are_short() {
    check_in(&["src", "tests", "benches", "examples", "fuzz/fuzz_targets", "fuzz/src"], short_files);
}

#[test]
fn functions_are_short() {
    check(short_functions);
}

#[test]
fn no_runtime_is_in_the_tree() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the lock file");
    assert!(lock.contains("name = \"serde\""));
    assert_eq!(no_runtime(&lock), Vec::<String>::new());
}

#[test]
fn no_module_is_in_the_order_twice() {
    for (place, name) in ORDER.iter().enumerate() {
        assert!(!ORDER[..place].contains(name), "{name}");
    }
}

#[track_caller]
fn planted(rule: fn(&str, &str) -> Vec<String>, path: &str, text: &str, told: &[&str]) {
    let wrong = rule(path, text);
    assert_eq!(wrong.len(), told.len(), "{wrong:?}");
    for (wrong, told) in wrong.iter().zip(told) {
        assert!(wrong.contains(told), "{wrong}\n{told}");
    }
}

#[test]
fn an_import_from_below_is_seen() {
    let up = "`state` imports `run`, which is below it";
    planted(only_downward, "src/state/lane.rs", "use crate::run::Outcome;\n", &[up]);
    planted(only_downward, "src/state.rs", "fn f() { crate::run::go() }\n", &[up]);
    planted(only_downward, "src/state/mod.rs", "use crate::{call::{A, B}, run::Outcome};\n", &[up]);
    planted(only_downward, "src/state/mod.rs", "pub(crate) use crate::run;\n", &[up]);
    planted(only_downward, "src/run/mod.rs", "use crate::state::State;\n", &[]);
    planted(only_downward, "src/state/mod.rs", "/// [run](crate::run)\nuse crate::state::lane;\n", &[]);
    planted(only_downward, "src/state/mod.rs", "#[cfg(test)]\nmod tests {\n    use crate::run;\n}\n", &[]);
    planted(only_downward, "src/attic.rs", "", &["module `attic` has no place in ORDER"]);
}

#[test]
fn a_long_file_is_seen() {
    planted(short_files, "src/a.rs", &"\n".repeat(LONGEST_FILE), &[]);
    planted(short_files, "src/a.rs", &"\n".repeat(LONGEST_FILE + 1), &["401 lines"]);
}

#[test]
fn a_long_function_is_seen() {
    let function = |head: &str, lines: usize| {
        format!("impl A {{\n    {head} {{\n{}    }}\n}}\n", "        x;\n".repeat(lines))
    };
    let check = |head: &str| {
        planted(short_functions, "src/a.rs", &function(head, LONGEST_FUNCTION - 2), &[]);
        planted(
            short_functions,
            "src/a.rs",
            &function(head, LONGEST_FUNCTION - 1),
            &["2: `go` has 71 lines"],
        );
    };
    check("fn go()");
    check("pub(crate) async fn go<T>(of: T) -> u8");
    let two = format!("trait A {{\n    fn a();\n{}    fn b() {{}}\n}}\n", "    // much\n".repeat(100));
    planted(short_functions, "src/a.rs", &two, &[]);
}

#[test]
fn a_runtime_in_the_lock_is_seen() {
    let lock = "[[package]]\nname = \"tokio\"\nversion = \"1\"\n\n[[package]]\nname = \"tokio-util\"\n";
    assert_eq!(no_runtime(lock), ["Cargo.lock: `tokio` is in the tree; nothing here waits"]);
}
