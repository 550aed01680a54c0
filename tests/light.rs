//! Without default features the crate is native Rust alone: no wasmtime, and no tokio with any features.

use std::process::Command;

/// The names of the crates that a build with these arguments has in it.
fn crates(arguments: &[&str]) -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--manifest-path",
        ])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .args(arguments)
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8_lossy(&tree.stdout);
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn native_actors_alone_need_no_wasmtime() {
    let names = crates(&["--no-default-features"]);
    assert!(names.iter().any(|name| name == "rehearsal"), "{names:?}");
    let heavy =
        |name: &&String| name.starts_with("wasmtime") || name.starts_with("cranelift") || *name == "clap";
    assert_eq!(names.iter().find(heavy), None);
}

#[test]
fn nothing_brings_tokio() {
    let names = crates(&["--all-features"]);
    assert_eq!(names.iter().find(|name| name.starts_with("tokio")), None);
}
