//! `scenarios/actors/components.lock` against the files: a source that changed without its component is seen.

use sha1::{Digest, Sha1};
use std::fs;
use std::path::{Path, PathBuf};

/// What every component is built from, besides its own folder.
const SHARED: [&str; 5] = [
    "wit",
    "scenarios/actors/json",
    "scenarios/actors/.cargo",
    "scenarios/actors/Cargo.toml",
    "scenarios/actors/Cargo.lock",
];

fn hex(sum: impl AsRef<[u8]>) -> String {
    sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files at or below a path; links are followed.
fn files(root: &Path, at: &Path, found: &mut Vec<PathBuf>) {
    let full = root.join(at);
    if !full.is_dir() {
        return found.push(at.to_owned());
    }
    for entry in fs::read_dir(full).expect("a folder") {
        files(root, &at.join(entry.expect("an entry").file_name()), found);
    }
}

/// The sum over the sources of a component, as the head of the lock file explains it.
fn sources(root: &Path, name: &str) -> String {
    let mut found = Vec::new();
    let own = format!("scenarios/actors/{name}");
    for at in SHARED.into_iter().chain([own.as_str()]) {
        files(root, Path::new(at), &mut found);
    }
    let mut paths: Vec<String> = found.iter().map(|path| path.to_str().expect("text").to_owned()).collect();
    paths.sort();
    let mut sum = Sha1::new();
    for path in paths {
        let bytes = fs::read(root.join(&path)).expect("a source");
        sum.update(format!("{path}\0{}\0", bytes.len()));
        sum.update(bytes);
    }
    hex(sum.finalize())
}

/// What does not agree: the lock's lines with the sources and the components, and these with the lock.
fn disagreements(root: &Path) -> Vec<String> {
    let actors = root.join("scenarios/actors");
    let lock = fs::read_to_string(actors.join("components.lock")).expect("the lock");
    let mut wrong = Vec::new();
    let mut locked = Vec::new();
    for line in lock.lines().filter(|line| !line.starts_with('#')) {
        let [name, of_sources, of_component] = line.split(' ').collect::<Vec<_>>()[..] else {
            wrong.push(format!("`{line}` is no line of the lock"));
            continue;
        };
        locked.push(name.to_owned());
        if sources(root, name) != of_sources {
            wrong.push(format!("`{name}`: its sources changed; run scenarios/actors/build.sh"));
        }
        match fs::read(actors.join(format!("{name}.wasm"))) {
            Ok(bytes) if hex(Sha1::digest(&bytes)) == of_component => {}
            Ok(_) => wrong.push(format!("`{name}.wasm` is not the component that the lock names")),
            Err(_) => wrong.push(format!("`{name}.wasm` is missing")),
        }
    }
    if !locked.is_sorted() {
        wrong.push("the lock is not sorted by name".to_owned());
    }
    for entry in fs::read_dir(&actors).expect("the actors") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if FOUND.contains(&name.as_str()) {
            continue;
        }
        let built = path.extension().is_some_and(|extension| extension == "wasm");
        let guest = path.join("src/lib.rs").exists() && name != "json";
        if (built || guest) && !locked.contains(&name) {
            wrong.push(format!("`{name}` is not in the lock"));
        }
    }
    wrong.sort();
    wrong
}

/// Components that are not built here: they drove the recordings in tests/data/chains.
const FOUND: [&str; 2] = ["lab-a", "lab-c"];

#[test]
fn the_lock_agrees_with_sources_and_components() {
    let wrong = disagreements(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// A checkout of one component, which its lock agrees with.
fn small() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path();
    let put = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    put("wit/actor.wit", "package a:b;");
    put("scenarios/actors/json/src/lib.rs", "");
    put("scenarios/actors/.cargo/config.toml", "");
    put("scenarios/actors/Cargo.toml", "");
    put("scenarios/actors/Cargo.lock", "");
    put("scenarios/actors/echo/src/lib.rs", "// echo");
    put("scenarios/actors/echo.wasm", "a component");
    let line = format!("echo {} {}\n", sources(root, "echo"), hex(Sha1::digest("a component")));
    put("scenarios/actors/components.lock", &format!("# a comment\n{line}"));
    dir
}

#[test]
fn what_changed_is_seen() {
    let change = |path: &str, text: &str| {
        let dir = small();
        assert_eq!(disagreements(dir.path()), Vec::<String>::new());
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
        disagreements(dir.path())
    };
    let sources = ["`echo`: its sources changed; run scenarios/actors/build.sh"];
    assert_eq!(change("scenarios/actors/echo/src/lib.rs", "// ohce"), sources);
    assert_eq!(change("scenarios/actors/echo/src/more.rs", ""), sources);
    assert_eq!(change("wit/actor.wit", "package a:c;"), sources);
    let component = ["`echo.wasm` is not the component that the lock names"];
    assert_eq!(change("scenarios/actors/echo.wasm", "another"), component);
    assert_eq!(change("scenarios/actors/new.wasm", ""), ["`new` is not in the lock"]);
    assert_eq!(change("scenarios/actors/new/src/lib.rs", ""), ["`new` is not in the lock"]);
}
