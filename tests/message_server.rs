//! The message server under its own names, with native actors: no component and no feature is needed.

mod server_support;

use rehearsal::actor::ChannelAccept;
use rehearsal::call::{HostAnswer, HostCall, Opened, Refusal};
use rehearsal::id::{CallId, RequestId};
use rehearsal::message_server::*;
use rehearsal::native::{Context, Handler};
use rehearsal::payload::Payload;
use server_support::*;

#[test]
fn send_becomes_a_command_with_the_senders_id() {
    let mut stage = Stage::new(Obedient);
    stage.process(send("send peer")).unwrap();
    let actor_message = ActorMessage::Send(ActorSend { data: "sent".into() });
    assert_eq!(stage.one(), TheaterCommand::SendMessage { sender_id: ME, actor_id: PEER, actor_message });
    assert_eq!(stage.server.lines(), ["log: done"]);
}

#[test]
fn addresses_are_validated() {
    let mut stage = Stage::new(Obedient);
    let unknown = "1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c";
    for order in ["send", "ask", "open"] {
        stage.process(send(&format!("{order} {unknown}"))).unwrap();
        stage.process(send(&format!("{order} x"))).unwrap();
    }
    stage.process(send("open me")).unwrap();
    assert_eq!(stage.left(), [], "nothing leaves that has nowhere to go");
    let lines = stage.server.take_lines();
    for pair in lines.chunks_exact(2) {
        assert_eq!(pair[0], format!("log: Actor not found: {unknown}"));
        // A native actor may use names: what is neither a name nor an address is nobody.
        assert_eq!(pair[1], "log: Actor not found: x");
    }
    assert_eq!(lines[6], "log: Error opening channel: Cannot open channel to self");
}

#[test]
fn a_request_waits_and_the_mailbox_with_it() {
    let mut stage = Stage::new(Obedient);
    stage.mail(request(1, "ask peer"));
    stage.mail(send("next"));
    let mine = CallId { owner: ME, number: 1 };
    assert_eq!(stage.start(&mut fifo()), Served::Awaiting(mine));
    assert_eq!(stage.server.awaiting().unwrap().to, Some(PEER));
    let asked = ActorMessage::Request(ActorRequest { reply_to: mine, data: "asked".into() });
    let command = TheaterCommand::SendMessage { sender_id: ME, actor_id: PEER, actor_message: asked };
    assert_eq!(stage.one(), command);
    let wrong = CallId { owner: ME, number: 9 };
    stage.server.answer(wrong, HostAnswer::Bytes("stray".into()), &stage.actor).unwrap();
    assert_eq!(stage.server.take_lines(), ["warning: answer to call #9 which nobody waits for"]);
    stage.server.answer(mine, HostAnswer::Bytes("the answer".into()), &stage.actor).unwrap();
    assert_eq!(stage.told(), HostAnswer::Bytes("the answer".into()));
    assert_eq!(stage.start(&mut fifo()), Served::Yielded);
    assert_eq!(stage.server.lines(), ["log: next"]);
}

#[test]
fn a_request_is_answered_now_or_later_or_never() {
    let mut stage = Stage::new(Obedient);
    stage.process(request(1, "now")).unwrap();
    assert_eq!(stage.told(), HostAnswer::Bytes("now".into()));
    assert_eq!(stage.server.outstanding_requests(), []);
    let id = RequestId::of(call(1));
    for (order, answer) in [
        ("respond", HostAnswer::Bytes("late answer".into())),
        ("cancel", HostAnswer::Refused(Refusal::Cancelled)),
    ] {
        stage.process(request(1, "later")).unwrap();
        assert_eq!(stage.server.outstanding_requests(), [(id, call(1))]);
        stage.process(send("list")).unwrap();
        assert_eq!(stage.server.take_lines(), [format!("log: {id}")]);
        stage.process(send(order)).unwrap();
        assert_eq!(stage.told(), answer);
        stage.process(send(order)).unwrap();
        assert_eq!(stage.left(), []);
        assert!(stage.server.take_lines()[1].contains("Request ID not found: "));
    }
}

#[test]
fn a_channel_is_opened_used_and_closed() {
    let mut stage = Stage::new(Obedient);
    stage.process(open("please")).unwrap();
    let message = Some("welcome".into());
    assert_eq!(stage.told(), HostAnswer::Opened(Opened { channel: CHANNEL, message }));
    assert!(stage.server.active_channels()[&CHANNEL].is_open);
    stage.process(on_channel("hello")).unwrap();
    stage.process(send("say")).unwrap();
    let message = "said".into();
    assert_eq!(stage.one(), TheaterCommand::ChannelMessage { channel_id: CHANNEL, sender_id: ME, message });
    stage.process(send("close")).unwrap();
    assert_eq!(stage.one(), TheaterCommand::ChannelClose { channel_id: CHANNEL, sender_id: ME });
    assert!(!stage.server.active_channels()[&CHANNEL].is_open);
    stage.process(close()).unwrap();
    assert_eq!(
        stage.server.lines(),
        ["log: heard hello", "log: done", "log: done", "log: told of the close"]
    );
}

#[test]
fn an_opener_waits_and_has_the_channel_when_it_goes_on() {
    let mut stage = Stage::new(Obedient);
    stage.process(request(1, "open peer")).unwrap();
    let TheaterCommand::ChannelOpen { reply_to, target_id: PEER, channel_id, initial_message } = stage.one()
    else {
        panic!()
    };
    assert_eq!((reply_to.owner, initial_message), (ME, "first".into()));
    let message = Some("come in".into());
    let opened = HostAnswer::Opened(Opened { channel: channel_id, message });
    stage.server.answer(reply_to, opened, &stage.actor).unwrap();
    assert_eq!(stage.told(), HostAnswer::Bytes("come in".into()), "the accept's message reaches its opener");
    assert_eq!(stage.server.active_channels()[&channel_id].peer, PEER);
    stage.process(request(1, "open peer")).unwrap();
    let TheaterCommand::ChannelOpen { reply_to, .. } = stage.one() else { panic!() };
    let rejected = HostAnswer::Refused(Refusal::Rejected);
    stage.server.answer(reply_to, rejected, &stage.actor).unwrap();
    assert_eq!(stage.told(), HostAnswer::Bytes("Channel request rejected by target actor".into()));
    assert_eq!(stage.server.active_channels().len(), 1);
}

#[test]
fn a_refused_channel_is_none() {
    let mut stage = Stage::new(Obedient);
    stage.process(open("no")).unwrap();
    assert_eq!(stage.told(), HostAnswer::Refused(Refusal::Rejected));
    assert!(stage.server.active_channels().is_empty());
}

#[test]
fn an_unknown_or_closed_channel_is_a_named_line() {
    let mut stage = Stage::new(Obedient);
    stage.process(on_channel("lost")).unwrap();
    stage.process(close()).unwrap();
    stage.process(send("say")).unwrap();
    stage.process(initiated()).unwrap();
    assert!(stage.server.active_channels()[&CHANNEL].is_open);
    stage.process(close()).unwrap();
    stage.process(on_channel("lost")).unwrap();
    stage.process(close()).unwrap();
    stage.process(send("say")).unwrap();
    stage.process(send("close")).unwrap();
    assert_eq!(
        stage.server.take_lines(),
        [
            "warning: message for unknown channel ch_0000000000000007",
            "warning: close of unknown channel ch_0000000000000007",
            "warning: Channel not found: ch_0000000000000007",
            "log: Channel not found: ch_0000000000000007",
            "log: told of the close",
            "warning: message for closed channel ch_0000000000000007",
            "warning: close of closed channel ch_0000000000000007",
            "warning: Channel is closed: ch_0000000000000007",
            "log: Channel is closed: ch_0000000000000007",
            "warning: Channel is closed: ch_0000000000000007",
            "log: Channel is closed: ch_0000000000000007",
        ]
    );
    assert_eq!(stage.left(), []);
}

#[test]
fn an_actor_that_shuts_down_says_so() {
    let mut stage = Stage::new(Obedient);
    stage.process(send("stop")).unwrap();
    assert_eq!(stage.one(), TheaterCommand::ShuttingDown { actor_id: ME, data: None });
}

#[test]
fn functions_are_called_by_name() {
    let Stage { mut server, actor, theater: _theater, .. } = Stage::new(Obedient);
    let id = RequestId::of(call(1)).to_string();
    let request = "theater:simple/message-server-client.handle-request";
    let () = actor.call_function(&mut server, "theater:simple/actor.init", ("me",)).unwrap();
    let (answer,): (Option<Vec<u8>>,) = actor.call_function(&mut server, request, (&id, b"yes")).unwrap();
    assert_eq!(answer.as_deref(), Some(&b"yes"[..]));
    let channel = CHANNEL.to_string();
    let (accept,): (ChannelAccept,) =
        actor.call_function(&mut server, "handle-channel-open", (&channel, b"hi")).unwrap();
    assert!(accept.accepted);
    let () = actor.call_function(&mut server, "handle-send", (b"hi",)).unwrap();
    let () = actor.call_function(&mut server, "handle-channel-message", (&channel, b"hi")).unwrap();
    let () = actor.call_function(&mut server, "handle-channel-close", (&channel,)).unwrap();
    let unknown = actor.call_function::<_, ()>(&mut server, "handle-mail", ()).unwrap_err();
    assert_eq!(unknown.to_string(), "Actor error: Function not found: handle-mail");
    let waits = actor.call_function::<_, ()>(&mut server, "handle-send", (b"ask peer",)).unwrap_err();
    assert!(matches!(waits, MessageServerError::HandlerError(_)), "{waits}");
}

#[test]
fn serialization_error_when_values_do_not_fit() {
    let Stage { mut server, actor, .. } = Stage::new(Obedient);
    let id = RequestId::of(call(1)).to_string();
    let mut check = |function: &str, params: serde_json::Value, text: &str| {
        let error = actor.call_function::<_, ()>(&mut server, function, params).unwrap_err();
        assert!(matches!(error, MessageServerError::SerializationError(_)), "{error}");
        assert!(error.to_string().starts_with("Serialization error: "), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    };
    check("handle-send", serde_json::json!(["text"]), "invalid type");
    check("handle-request", serde_json::json!(["bob", [1]]), "`bob` names no request");
    check("handle-channel-close", serde_json::json!(["bob"]), "`bob` names no channel");
    check("handle-request", serde_json::json!([id, [1]]), "expected unit");
}

#[test]
fn services_answer_what_is_no_message() {
    struct Clock;
    impl Handler for Clock {
        async fn handle_request(&mut self, context: &Context, _: Payload) -> Result<Option<Payload>, String> {
            Ok(Some(context.now_millis().to_string().into()))
        }
    }
    let mut stage = Stage::new(Clock);
    stage.process(request(1, "")).unwrap();
    assert_eq!(stage.told(), HostAnswer::Bytes("0".into()), "without services the call is refused");
    stage.server = stage.server.with_services(Box::new(|call| match call {
        HostCall::Now => rehearsal::actor::Called::Answered(HostAnswer::Number(42)),
        _ => rehearsal::actor::Called::Answered(HostAnswer::Done),
    }));
    stage.process(request(1, "")).unwrap();
    assert_eq!(stage.told(), HostAnswer::Bytes("42".into()));
}
