//! Components as their authors build them: the actors of the scenarios, and one built for each form of Theater's `init`.
#![cfg(feature = "wasm")]

mod guest_support;

use guest_support::*;
use rehearsal::actor::{Called, ChannelAccept, Ended, FailureKind, Input, Reply, Returned};
use rehearsal::call::{Address, ChainLink, ChannelName, HostAnswer, HostCall, Opened, Refusal, RequestName};
use rehearsal::guest::{GuestComponent, LoadError, Source};
use rehearsal::id::{RequestId, Time};
use serde_json::Value;

fn read(name: &str) -> Result<GuestComponent, LoadError> {
    let path = format!("{}/scenarios/actors/{name}", env!("CARGO_MANIFEST_DIR"));
    GuestComponent::load(Source::read(path.as_ref())?, &engine(), None)
}

fn stage(name: &str) -> Stage {
    Stage::new(&read(name).unwrap_or_else(|error| panic!("{error}")))
}

fn labs() -> [Stage; 2] {
    let a = &include_bytes!("../scenarios/actors/lab-a.wasm")[..];
    let c = &include_bytes!("../scenarios/actors/lab-c.wasm")[..];
    [("lab-a.wasm", a), ("lab-c.wasm", c)].map(|(name, bytes)| {
        let component = GuestComponent::load(Source::new(name, bytes), &engine(), None);
        Stage::new(&component.unwrap_or_else(|error| panic!("{error}")))
    })
}

fn state(stage: &Stage) -> Value {
    serde_json::from_str(&stage.state()).expect("a state that is JSON")
}

#[test]
fn both_forms_of_init_are_called() {
    for mut lab in labs() {
        assert!(returned(&lab.turn(Input::Init)));
        assert_eq!(lab.host.calls, [HostCall::Log { text: "lab: init".to_owned() }]);
        lab.host.state = Some(r#"{"cfg":{"init_err":"not today"}}"#.into());
        let Ended::Failed(failure) = lab.turn(Input::Init) else { panic!("must fail") };
        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::ReturnedError, "not today"));
    }
    let mut told = stage("init-with-params.wasm");
    told.turn(Input::Init);
    assert_eq!(reply(&told.request("who?")).as_deref(), Some("11111111-2222-4333-8444-555555555555"));
}

#[test]
fn a_component_built_for_theater_runs_unchanged() {
    for mut lab in labs() {
        lab.turn(Input::Init);
        lab.host.calls.clear();
        assert_eq!(
            lab.send(r#"[["send","bob","hi"],["request","bob","you?"],["log","done"]]"#),
            Ended::Awaiting
        );
        assert!(returned(&lab.answer("me")));
        let bob = || Address::from("bob");
        let request = HostCall::Request { to: bob(), data: "you?".into(), within: None };
        let log = HostCall::Log { text: "done".to_owned() };
        assert_eq!(lab.host.calls, [HostCall::Send { to: bob(), data: "hi".into() }, request, log]);
        assert_eq!(state(&lab)["log"], serde_json::json!(["send ok", "request ok:me"]));
        assert_eq!(reply(&lab.request("plain")).as_deref(), Some("plain"));
    }
}

#[test]
fn channels_are_opened_spoken_on_and_closed() {
    for mut lab in labs() {
        let opened = lab.turn(Input::ChannelOpen { channel: channel(), data: "hello".into() });
        let Ended::Returned(Returned { reply: Reply::Accept(accept), .. }) = opened else {
            panic!("{opened:?}")
        };
        assert_eq!(accept, ChannelAccept { accepted: true, message: None });
        assert!(returned(&lab.turn(Input::ChannelMessage { channel: channel(), data: "more".into() })));
        assert!(returned(&lab.turn(Input::ChannelClose { channel: channel() })));
        lab.host.calls.clear();
        assert_eq!(lab.send(r#"[["open","bob","hi"],["chan","$ch","x"],["close","$ch"]]"#), Ended::Awaiting);
        let opened = Opened { channel: channel(), message: None };
        assert!(returned(&lab.turn(Input::Answer(HostAnswer::Opened(opened)))));
        let named = || ChannelName::Text(channel().to_string());
        let open = HostCall::OpenChannel { to: Address::from("bob"), data: "hi".into(), within: None };
        let say = HostCall::SendOnChannel { channel: named(), data: "x".into() };
        assert_eq!(lab.host.calls, [open, say, HostCall::CloseChannel { channel: named() }]);
    }
}

#[test]
fn requests_are_put_off_listed_answered_and_cancelled() {
    let [mut lab, _] = labs();
    assert_eq!(reply(&lab.request(r#"[["defer"]]"#)), None);
    lab.host.answers.push_back(Called::Answered(HostAnswer::Requests(vec![RequestId(7), RequestId(8)])));
    lab.host.answers.push_back(Called::Answered(HostAnswer::Done));
    let gone = Refusal::UnknownRequest("nine".to_owned());
    lab.host.answers.push_back(Called::Answered(HostAnswer::Refused(gone)));
    assert!(returned(&lab.send(r#"[["list"],["respond","$0","late"],["cancel","nine"]]"#)));
    let seven = RequestName::Text(RequestId(7).to_string());
    let respond = HostCall::RespondToRequest { request: seven, data: "late".into() };
    let cancel = HostCall::CancelRequest { request: RequestName::Text("nine".to_owned()) };
    assert_eq!(lab.host.calls, [HostCall::ListOutstandingRequests, respond, cancel]);
    let seen = state(&lab)["log"].to_string();
    assert!(seen.contains(&format!("list 2:{},{}", RequestId(7), RequestId(8))), "{seen}");
    assert!(seen.contains("cancel ERR:Request ID not found: nine"), "{seen}");
}

/// Asks the actor that uses chance, time and the environment, and answers its calls.
#[track_caller]
fn asks(user: &GuestComponent, order: &str, answers: Vec<HostAnswer>, expect: &str) -> Vec<HostCall> {
    let mut user = Stage::new(user);
    user.host.answers.extend(answers.into_iter().map(Called::Answered));
    assert_eq!(reply(&user.request(order)).as_deref(), Some(expect));
    user.host.calls
}

#[test]
fn chance_time_and_the_environment() {
    let user = read("random-user.wasm").unwrap();
    let calls = asks(&user, "bytes 3", vec![HostAnswer::Bytes(b"\x01\xab\xff".into())], "\"01abff\"");
    assert_eq!(calls[0], HostCall::RandomBytes { length: 3 });
    let calls = asks(&user, "range 5 9", vec![HostAnswer::Number(7)], "7");
    assert_eq!(calls[0], HostCall::RandomRange { min: 5, max: 9 });
    let refused = HostAnswer::Refused(Refusal::Invalid("max must be above min"));
    asks(&user, "range 9 5", vec![refused], "error: Invalid argument: max must be above min");
    asks(&user, "float", vec![HostAnswer::Number(1 << 52)], "0.5");
    asks(&user, "uuid", vec![HostAnswer::Text("a-uuid".to_owned())], "\"a-uuid\"");
    asks(&user, "now", vec![HostAnswer::Number(1234)], "1234");
    let calls = asks(&user, "sleep 30", vec![HostAnswer::Done, HostAnswer::Number(30)], "30");
    assert_eq!(calls[..2], [HostCall::Sleep { span: Time::from_millis(30) }, HostCall::Now]);
    let calls = asks(&user, "deadline 50", vec![HostAnswer::Done, HostAnswer::Number(50)], "50");
    assert_eq!(calls[0], HostCall::Deadline { at: Time::from_millis(50) });
    asks(&user, "env HOME", vec![HostAnswer::MaybeText(None)], "null");
    asks(&user, "env HOME", vec![HostAnswer::MaybeText(Some("here".to_owned()))], "\"here\"");
    asks(&user, "vars", vec![HostAnswer::Pairs(vec![("A".to_owned(), "1".to_owned())])], r#"{"A":"1"}"#);
    asks(&user, "exists A", vec![HostAnswer::Flag(true)], "true");
}

#[test]
fn an_answer_of_the_wrong_shape_is_not_the_guests_to_see() {
    let mut user = stage("random-user.wasm");
    user.host.answers.push_back(Called::Answered(HostAnswer::Flag(true)));
    let Ended::Failed(failure) = user.request("now") else { panic!("must fail") };
    assert_eq!(failure.kind, FailureKind::Trap);
    assert_eq!(failure.message, "the host answered with Flag(true)");
}

/// A component that does nothing but ask for its chain, and keeps the type of the first event as its state.
const HISTORIAN: &str = r#"(component
  (import "theater:simple/types" (instance $types
    (type $event (record (field "event-type" string) (field "parent" (option u64)) (field "data" (list u8))))
    (export "event" (type $event' (eq $event)))
    (type $meta (record (field "hash" u64) (field "event" $event')))
    (export "meta-event" (type $meta' (eq $meta)))
    (type $chain (record (field "events" (list $meta'))))
    (export "chain" (type (eq $chain)))))
  (alias export $types "chain" (type $chain))
  (import "theater:simple/runtime" (instance $runtime
    (export "chain" (type $c (eq $chain)))
    (export "get-chain" (func (result $c)))))
  (core module $libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (global.get $next)
      (global.set $next (i32.and (i32.add (i32.add (global.get $next) (local.get $size)) (i32.const 15)) (i32.const -8)))))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $get-chain (canon lower (func $runtime "get-chain") (memory $memory) (realloc $realloc)))
  (core module $main
    (import "libc" "memory" (memory 1))
    (import "host" "get-chain" (func $get-chain (param i32)))
    (func (export "handle-send") (param i32 i32 i32 i32 i32) (result i32)
      (local $meta i32)
      (call $get-chain (i32.const 128))
      (local.set $meta (i32.load (i32.const 128)))
      (i32.store (i32.const 68) (i32.const 1))
      (i32.store (i32.const 72) (i32.load offset=8 (local.get $meta)))
      (i32.store (i32.const 76) (i32.load offset=12 (local.get $meta)))
      (i32.const 64)))
  (core instance $main (instantiate $main (with "host" (instance (export "get-chain" (func $get-chain))))
    (with "libc" (instance $libc))))
  (alias core export $main "handle-send" (core func $handle-send))
  (func $send (param "state" (option (list u8))) (param "params" (tuple (list u8)))
    (result (result (tuple (option (list u8))) (error string)))
    (canon lift (core func $handle-send) (memory $memory) (realloc $realloc)))
  (instance $client (export "handle-send" (func $send)))
  (export "theater:simple/message-server-client" (instance $client)))"#;

#[test]
fn an_actor_reads_its_own_chain() {
    let mut historian = Stage::new(&load("historian.wat", HISTORIAN));
    let link = ChainLink { hash: 0, parent: None, event_type: "wasm".to_owned(), data: b"data".to_vec() };
    historian.host.answers.push_back(Called::Answered(HostAnswer::Chain(vec![link])));
    assert!(returned(&historian.send("")));
    assert_eq!((historian.host.calls[0].clone(), historian.state()), (HostCall::GetChain, "wasm".to_owned()));
}

#[test]
fn the_misbehaver_fails_by_name() {
    let misbehaver = read("misbehaver.wasm").unwrap();
    for (order, kind) in [
        ("loop", FailureKind::EndlessLoop),
        ("chatter", FailureKind::EndlessLoop),
        ("trap", FailureKind::Trap),
        ("recurse", FailureKind::Trap),
        ("exhaust", FailureKind::MemoryExhausted),
        ("err", FailureKind::ReturnedError),
        ("malformed", FailureKind::MalformedResult),
    ] {
        let mut stage = Stage::limited(&misbehaver, |limits| {
            limits.fuel = 20_000_000;
            limits.memory_bytes = 4 << 20;
        });
        let failure = stage.fails(order);
        assert_eq!(failure.kind, kind, "{order}: {failure:?}");
        assert!(returned(&stage.send("an echo")), "{order}");
        assert!(returned(&stage.send("grow")), "a refused growth is no failure");
    }
}

#[test]
fn all_actors_load_that_should() {
    let folder = format!("{}/scenarios/actors", env!("CARGO_MANIFEST_DIR"));
    let entries =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> =
        entries.filter(|name| name.ends_with(".wasm") || name.ends_with(".wat")).collect();
    names.sort();
    let refused: Vec<_> =
        names.iter().filter_map(|name| read(name).err().map(|error| (name, error))).collect();
    let [(_, supervisor), (_, wasi)] = &refused[..] else { panic!("{refused:?}") };
    let refuses = |error: &LoadError, text: &str| assert!(error.to_string().contains(text), "{error}");
    refuses(supervisor, "imports `theater:simple/supervisor`, which is not served");
    refuses(wasi, "imports `wasi:random/random@0.2.6`, which is not served");
}
