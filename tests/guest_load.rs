//! Components that are loaded, and those that are not.
#![cfg(feature = "wasm")]

mod guest_support;

use guest_support::*;
use rehearsal::actor::{Ended, FailureKind, Input};
use rehearsal::guest::{ActorComponent, Cache, GuestComponent, MESSAGE_SERVER_HOST, Origin, Outcome, Source};
use std::fs;

fn refused(bytes: impl Into<Vec<u8>>) -> String {
    let loaded = GuestComponent::load(Source::new("x.wasm", bytes), &engine(), None);
    loaded.err().expect("must be refused").to_string()
}

#[track_caller]
fn check(bytes: impl Into<Vec<u8>>, expect: &str) {
    assert_eq!(refused(bytes), expect);
}

/// A component that imports these, and exports nothing of an actor's.
fn importing(imports: &str) -> String {
    format!("(component {imports})")
}

#[test]
fn what_is_no_component() {
    check(
        &b"\0asm\x01\0\0\0"[..],
        "`x.wasm` is a core WebAssembly module, not a component; link it with `wasm-component-ld`, or convert it \
         with `wasm-tools component new`",
    );
    assert_eq!(refused("(module)"), refused(&b"\0asm\x01\0\0\0"[..]));
    check(
        &b"\x7fELF\x02\x01"[..],
        "`x.wasm` is not a WebAssembly component: it begins with `\\x7fELF\\x02\\x01`",
    );
    check("", "`x.wasm` is not a WebAssembly component: it begins with nothing");
    let torn = refused(&b"\0asm\x0d\0\x01\0\x01\x02"[..]);
    assert!(torn.starts_with("`x.wasm` is not a valid component: "), "{torn}");
    let typo = refused("(component (import))");
    assert!(typo.starts_with("`x.wasm` is not a valid component: "), "{typo}");
}

#[test]
fn a_file_that_is_not_there() {
    let error = Source::read("no/such/file.wasm".as_ref()).unwrap_err().to_string();
    assert!(error.starts_with("cannot read component `no/such/file.wasm`: "), "{error}");
}

#[test]
fn a_component_for_another_world() {
    let text = r#"(component (component $c) (instance $i (instantiate $c)) (export "wasi:cli/run@0.2.6" (instance $i)))"#;
    check(
        text,
        "component `x.wasm` is for another world: it exports `wasi:cli/run@0.2.6`, and neither \
         `theater:simple/actor` nor `theater:simple/message-server-client`",
    );
    assert!(refused("(component)").contains("it exports nothing, and neither"));
}

#[test]
fn imports_that_are_not_served() {
    let wasi = r#"(import "wasi:cli/stdout@0.2.6" (instance (export "get-stdout" (func))))"#;
    check(importing(wasi), "component `x.wasm` imports `wasi:cli/stdout@0.2.6`, which is not served here");
    let version =
        r#"(import "theater:simple/runtime@0.1.0" (instance (export "log" (func (param "msg" string)))))"#;
    check(
        importing(version),
        "component `x.wasm` imports `theater:simple/runtime@0.1.0`, which is not served here; \
         did you mean `theater:simple/runtime`?",
    );
    let typo = r#"(import "theater:simple/runtime" (instance (export "lock" (func (param "msg" string)))))"#;
    check(
        importing(typo),
        "component `x.wasm` imports `theater:simple/runtime.lock`, which is not served here; \
         did you mean `theater:simple/runtime.log`?",
    );
    check(
        importing(r#"(import "log" (func))"#),
        "component `x.wasm` imports `log`, which is not served here",
    );
}

#[test]
fn imports_and_exports_of_wrong_types() {
    let import = r#"(import "theater:simple/timing" (instance (export "sleep" (func (param "ms" u32)))))"#;
    check(
        importing(import),
        "component `x.wasm` imports `theater:simple/timing.sleep` with a wrong type: \
         expected func(u64) -> result<_, string>, found func(u32)",
    );
    let export = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $init (canon lift (core func $i "f")))
        (instance $actor (export "init" (func $init)))
        (export "theater:simple/actor" (instance $actor)))"#;
    check(
        export,
        "component `x.wasm` exports `theater:simple/actor.init` with a wrong type: \
         expected func(option<list<u8>>) -> result<tuple<option<list<u8>>>, string>, found func()",
    );
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
