//! Components that are loaded, and those that are not.
#![cfg(feature = "wasm")]

mod guest_support;

use guest_support::*;
use rehearsal::actor::{Ended, FailureKind, Input};
use rehearsal::error::Error;
use rehearsal::guest::{ActorComponent, Cache, GuestComponent, MESSAGE_SERVER_HOST, Origin, Outcome, Source};
use std::fs;

fn refused(bytes: impl Into<Vec<u8>>) -> String {
    let loaded = GuestComponent::load(Source::new("x.wasm", bytes), &engine(), None);
    Error::from(loaded.err().expect("must be refused")).to_string()
}

#[test]
fn each_refusal_says_what_is_wrong_and_what_would_do() {
    let importing =
        |interface: &str, items: &str| format!(r#"(component (import "{interface}" (instance {items})))"#);
    let log = r#"(export "log" (func (param "msg" string)))"#;
    let wrong_export = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $init (canon lift (core func $i "f")))
        (instance $actor (export "init" (func $init)))
        (export "theater:simple/actor" (instance $actor)))"#;
    let other_world = r#"(component
        (component $c) (instance $i (instantiate $c)) (export "wasi:cli/run@0.2.6" (instance $i)))"#;
    let texts = [
        importing("wasi:cli/stdout@0.2.6", r#"(export "get-stdout" (func))"#),
        importing("theater:simple/runtime@0.1.0", log),
        importing("theater:simple/runtimes", log),
        importing("theater:simple/supervisor", ""),
        importing("theater:simple/runtime", r#"(export "lock" (func (param "msg" string)))"#),
        importing("theater:simple/runtime", r#"(export "get-state" (func (result (list u8))))"#),
        importing("theater:simple/timing", r#"(export "sleep" (func (param "ms" u32)))"#),
        r#"(component (import "log" (func)))"#.to_owned(),
        wrong_export.to_owned(),
        other_world.to_owned(),
        "(component)".to_owned(),
        "(module)".to_owned(),
        String::new(),
    ];
    let binaries = [&b"\0asm\x01\0\0\0"[..], b"\x7fELF\x02\x01"];
    let all = texts.into_iter().map(String::into_bytes).chain(binaries.map(<[u8]>::to_vec));
    let told: Vec<_> = all.map(refused).collect();
    insta::assert_snapshot!(told.join("\n\n"));

    for broken in [&b"\0asm\x0d\0\x01\0\x01\x02"[..], b"(component (import))"] {
        let told = refused(broken);
        assert!(told.starts_with("error: `x.wasm` is not a valid component: "), "{told}");
    }
}

#[test]
fn a_file_that_is_not_there() {
    let error = Source::read("no/such/file.wasm".as_ref()).unwrap_err().to_string();
    assert!(error.starts_with("cannot read component `no/such/file.wasm`: "), "{error}");
}

/// The pool has room for one memory a module; what needs more gets its room elsewhere, and is cached all the same.
#[test]
fn a_component_too_large_for_the_pool_is_loaded() {
    let two = PROBE.replace("(memory (export \"memory\") 1)", "(memory (export \"memory\") 1) (memory 1)");
    let dir = cache_dir();
    let cache = Cache::new(dir.path());
    let load = || GuestComponent::load(Source::new("two.wat", two.clone()), &engine(), Some(&cache)).unwrap();
    assert_eq!((load().origin(), load().origin()), (Origin::Compiled, Origin::Cached));
    assert!(returned(&Stage::new(&load()).send("s")));
}

#[test]
fn types_alone_need_not_be_served() {
    let types = r#"(component
        (import "theater:simple/types" (instance (type $t (record (field "accepted" bool)))
            (export "channel-accept" (type (eq $t)))))
        (component $c) (instance $i (instantiate $c))
        (export "theater:simple/actor" (instance $i)))"#;
    let component = load("types.wat", types);
    let mut stage = Stage::new(&component);
    assert_eq!(stage.turn(Input::Init), Ended::DONE, "an actor need not have an init");
    assert_eq!(stage.fails("hello").kind, FailureKind::MissingExport);
}

#[test]
fn imports_are_defined_by_name() {
    let source = || Source::new("probe.wat", PROBE);
    let mut component = ActorComponent::compile(source(), &engine(), None).unwrap();
    let mut define = |name| component.define_import(MESSAGE_SERVER_HOST, name);
    assert_eq!(define("send"), Ok(Outcome::Done));
    assert_eq!(define("send"), Ok(Outcome::Done), "a second time changes nothing");
    assert_eq!(define("close-channel"), Ok(Outcome::Missing));
    assert!(define("register").is_err());
    let error = component.finish().err().expect("`request` is not defined").to_string();
    assert!(error.contains("imports `theater:simple/message-server-host.request`"), "{error}");
}

/// A directory for this test alone.
fn cache_dir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn entries(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_damaged_or_foreign_cache_entry_is_built_anew() {
    let dir = cache_dir();
    let cache = Cache::new(dir.path().join("not/yet/there"));
    let load = || {
        let component =
            GuestComponent::load(Source::new("probe.wat", PROBE), &engine(), Some(&cache)).unwrap();
        assert!(returned(&Stage::new(&component).send("s")));
        component.origin()
    };
    assert_eq!((load(), load()), (Origin::Compiled, Origin::Cached));
    let [entry] = &entries(&dir.path().join("not/yet/there"))[..] else {
        panic!("one entry, nothing beside it")
    };
    let good = fs::read(entry).unwrap();

    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let mut damages: Vec<Vec<u8>> = [0, 16, 36, 44, 64, good.len() / 2, good.len() - 1].map(flipped).into();
    damages.push(good[..good.len() - 1].to_vec());
    damages.push(good[..50].to_vec());
    damages.push(Vec::new());
    damages.push([&good[..], b"x"].concat());
    // What wasmtime itself wrote, without our header.
    damages.push(good[64..].to_vec());
    for damage in damages {
        fs::write(entry, damage).unwrap();
        assert_eq!((load(), load()), (Origin::Compiled, Origin::Cached));
    }

    // Another component's entry under this one's name.
    let other =
        GuestComponent::load(Source::new("o.wat", PROBE.replace("peer", "rear")), &engine(), Some(&cache));
    assert_eq!(other.unwrap().origin(), Origin::Compiled);
    let foreign = entries(entry.parent().unwrap()).into_iter().find(|path| path != entry).unwrap();
    fs::copy(foreign, entry).unwrap();
    assert_eq!((load(), load()), (Origin::Compiled, Origin::Cached));
}

#[test]
fn a_cache_that_cannot_be_written_is_no_failure() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let cache = Cache::new(file.path().join("below-a-file"));
    let component = GuestComponent::load(Source::new("probe.wat", PROBE), &engine(), Some(&cache));
    assert_eq!(component.unwrap().origin(), Origin::Compiled);
}
