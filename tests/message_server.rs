//! The message server under its own names, with native actors: no component and no feature is needed.

use rehearsal::actor::{Actor, ChannelAccept, Ended, FailureKind, Input, Turn};
use rehearsal::call::{Address, HostAnswer, HostCall, Opened, Refusal};
use rehearsal::choice::{Choice, Choices, Chooser, Draw, Halt, Offered, Purpose};
use rehearsal::chooser::Fifo;
use rehearsal::id::{ActorId, CallId, ChannelId, RequestId};
use rehearsal::message_server::*;
use rehearsal::native::{Context, Handler, Native};
use rehearsal::payload::Payload;
use std::sync::Arc;

const ME: ActorId = ActorId(0);
const PEER: ActorId = ActorId(1);
const CHANNEL: ChannelId = ChannelId(7);

/// A server, its actor, and the runtime's end of the queue.
struct Stage {
    server: MessageServerHost,
    actor: ActorHandle,
    theater: Receiver<TheaterCommand>,
    shutdown: ShutdownController,
}

impl Stage {
    fn new(actor: impl Handler) -> Stage {
        Stage::of(Box::new(Native::new(actor)), 32)
    }

    fn of(actor: Box<dyn Actor>, capacity: usize) -> Stage {
        let (mailbox_tx, mailbox_rx) = channel(32);
        let (theater_tx, theater) = channel(capacity);
        let directory = Directory::new([("me".to_owned(), None), ("peer".to_owned(), None)]);
        let server =
            MessageServerHost::new(mailbox_tx, mailbox_rx, theater_tx).with_directory(Arc::new(directory));
        let (shutdown, _) = ShutdownController::new();
        Stage { server, actor: ActorHandle::new(ME, actor), theater, shutdown }
    }

    fn process(&mut self, message: ActorMessage) -> Result<(), MessageServerError> {
        self.server.process_message(message, &self.actor)
    }

    fn mail(&self, message: ActorMessage) {
        self.server.mailbox_tx().send(message).expect("there is room");
    }

    fn start(&mut self, choices: &mut Choices) -> Served {
        self.server.start(&self.actor, &self.shutdown.subscribe(), choices).expect("the actor is there")
    }

    fn left(&mut self) -> Vec<TheaterCommand> {
        std::iter::from_fn(|| self.theater.recv().ok()).collect()
    }

    /// The only thing that left.
    #[track_caller]
    fn one(&mut self) -> TheaterCommand {
        let mut left = self.left();
        assert_eq!(left.len(), 1, "{left:?}");
        left.remove(0)
    }

    #[track_caller]
    fn told(&mut self) -> HostAnswer {
        match self.one() {
            TheaterCommand::Respond { sender_id: ME, reply_to, answer } if reply_to == call(1) => answer,
            other => panic!("{other:?}"),
        }
    }
}

fn fifo() -> Choices {
    Choices::new(Box::new(Fifo), true)
}

/// A call that the peer made.
fn call(number: u32) -> CallId {
    CallId { owner: PEER, number }
}

fn send(text: &str) -> ActorMessage {
    ActorMessage::Send(ActorSend { data: text.into() })
}

fn request(number: u32, text: &str) -> ActorMessage {
    ActorMessage::Request(ActorRequest { reply_to: call(number), data: text.into() })
}

fn open(text: &str) -> ActorMessage {
    let data = text.into();
    ActorMessage::ChannelOpen(ActorChannelOpen { channel_id: CHANNEL, reply_to: call(1), data })
}

fn on_channel(text: &str) -> ActorMessage {
    ActorMessage::ChannelMessage(ActorChannelMessage { channel_id: CHANNEL, data: text.into() })
}

fn close() -> ActorMessage {
    ActorMessage::ChannelClose(ActorChannelClose { channel_id: CHANNEL })
}

fn initiated() -> ActorMessage {
    let initial_msg = Payload::EMPTY;
    ActorMessage::ChannelInitiated(ActorChannelInitiated {
        channel_id: CHANNEL,
        target_id: PEER,
        initial_msg,
    })
}

/// Does as it is told: the message is the order.
struct Obedient;

impl Obedient {
    async fn obey(context: &Context, order: &str) -> Result<Option<Payload>, String> {
        let told = |refusal: Refusal| Ok(Some(Payload::from(refusal.to_string())));
        let to = match order.split_once(' ').map_or("", |(_, to)| to) {
            "peer" => Address::from(PEER),
            "me" => Address::from(ME),
            other => Address::from(other),
        };
        let result = match order.split(' ').next().unwrap_or_default() {
            "send" => context.send(to, "sent").await.map(|()| "done".into()),
            "ask" => context.request(to, "asked").await,
            "open" => context.open_channel(to, "first").await.map(|opened| match opened.message {
                Some(message) => message,
                None => "open".into(),
            }),
            "say" => context.send_on_channel(CHANNEL, "said").await.map(|()| "done".into()),
            "close" => context.close_channel(CHANNEL).await.map(|()| "done".into()),
            "later" => return Ok(None),
            "list" => {
                let ids: Vec<String> = context.outstanding().iter().map(RequestId::to_string).collect();
                Ok(ids.join(" ").into())
            }
            "respond" => {
                let oldest = context.outstanding().first().copied().unwrap_or_default();
                context.respond(oldest, "late answer").map(|()| "done".into())
            }
            "cancel" => {
                let oldest = context.outstanding().first().copied().unwrap_or_default();
                context.cancel(oldest).map(|()| "done".into())
            }
            "stop" => {
                context.shut_down();
                Ok(Payload::EMPTY)
            }
            "panic" => panic!("the password is swordfish"),
            "fail" => return Err("the password is swordfish".to_owned()),
            other => Ok(other.into()),
        };
        result.map(Some).or_else(told)
    }
}

impl Handler for Obedient {
    async fn handle_send(&mut self, context: &Context, data: Payload) -> Result<(), String> {
        let answer = Obedient::obey(context, &data.text()).await?;
        context.log(answer.map(|answer| answer.text().into_owned()).unwrap_or_default());
        Ok(())
    }
    async fn handle_request(&mut self, context: &Context, data: Payload) -> Result<Option<Payload>, String> {
        Obedient::obey(context, &data.text()).await
    }
    async fn handle_channel_open(
        &mut self,
        context: &Context,
        _: ChannelId,
        data: Payload,
    ) -> Result<ChannelAccept, String> {
        Obedient::obey(context, &data.text()).await?;
        Ok(ChannelAccept { accepted: &data[..] != b"no", message: Some(b"welcome".to_vec()) })
    }
    async fn handle_channel_message(
        &mut self,
        context: &Context,
        _: ChannelId,
        data: Payload,
    ) -> Result<(), String> {
        context.log(format!("heard {}", data.text()));
        Ok(())
    }
    async fn handle_channel_close(&mut self, context: &Context, _: ChannelId) -> Result<(), String> {
        context.log("told of the close");
        Ok(())
    }
}

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
fn a_failure_reaches_the_host_and_no_caller() {
    let mut stage = Stage::new(Obedient);
    let error = stage.process(request(1, "fail")).unwrap_err();
    assert_eq!(error.to_string(), "Actor error: returned error: the password is swordfish");
    let mut left = stage.left();
    let Some(TheaterCommand::ActorError { actor_id: ME, error: ActorError::Failed(failure) }) = left.pop()
    else {
        panic!()
    };
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (FailureKind::ReturnedError, "the password is swordfish")
    );
    assert!(!format!("{left:?}").contains("swordfish"), "{left:?}");
    assert_eq!(left.len(), 1);
    stage.process(request(1, "and on it goes")).unwrap();
    assert_eq!(stage.told(), HostAnswer::Bytes("and".into()));
}

#[test]
fn a_panic_is_told_as_a_failure() {
    let mut stage = Stage::new(Obedient);
    assert!(matches!(stage.process(open("panic")), Err(MessageServerError::ActorError(_))));
    let left = stage.left();
    let failed = HostAnswer::Refused(Refusal::HandlerFailed);
    assert_eq!(left[0], TheaterCommand::Respond { sender_id: ME, reply_to: call(1), answer: failed });
    assert!(!format!("{left:?}").contains("swordfish"), "{left:?}");
}

#[test]
fn handler_error_when_an_answer_cannot_leave() {
    let mut stage = Stage::of(Box::new(Native::new(Obedient)), 1);
    stage.process(send("send peer")).unwrap();
    let error = stage.process(request(1, "now")).unwrap_err();
    assert_eq!(error.to_string(), "Handler error: Failed to send response: no available capacity");
    stage.process(send("send peer")).unwrap();
    assert_eq!(stage.server.lines()[1], "log: Failed to send message: no available capacity");
    drop(std::mem::replace(&mut stage.theater, channel(1).1));
    let error = stage.process(request(1, "now")).unwrap_err();
    assert_eq!(error.to_string(), "Handler error: Failed to send response: channel closed");
}

#[test]
fn handler_error_in_the_middle_of_another_message() {
    let mut stage = Stage::new(Obedient);
    stage.process(request(1, "ask peer")).unwrap();
    let error = stage.process(send("next")).unwrap_err();
    assert!(matches!(error, MessageServerError::HandlerError(_)));
    assert_eq!(error.to_string(), "Handler error: the actor is in the middle of `handle-request`");
}

#[test]
fn actor_error_when_the_actor_is_gone() {
    let mut stage = Stage::new(Obedient);
    stage.actor.stop();
    let error = stage.process(request(1, "now")).unwrap_err();
    assert!(matches!(error, MessageServerError::ActorError(ActorError::ChannelClosed)));
    assert_eq!(error.to_string(), "Actor error: channel closed");
    assert_eq!(stage.told(), HostAnswer::Refused(Refusal::Stopped));
    assert!(stage.server.start(&stage.actor, &stage.shutdown.subscribe(), &mut fifo()).is_err());
}

/// An actor without handlers.
struct Mute;

impl Actor for Mute {
    fn turn(&mut self, input: Input, _: &mut Turn<'_>) -> Ended {
        match input {
            Input::Init => Ended::DONE,
            other => Ended::failed(FailureKind::MissingExport, format!("no {other:?}")),
        }
    }
}

#[test]
fn actor_error_names_the_missing_function() {
    let mut stage = Stage::of(Box::new(Mute), 32);
    let error = stage.process(request(1, "hello")).unwrap_err();
    assert_eq!(error.to_string(), "Actor error: Function not found: handle-request");
    let refused = HostAnswer::Refused(Refusal::NoHandler("handle-request"));
    let told = TheaterCommand::Respond { sender_id: ME, reply_to: call(1), answer: refused };
    assert_eq!(stage.left()[0], told);
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

/// Answers every draw alike.
struct Says(u64);

impl Chooser for Says {
    fn next(&mut self, _: &Offered<'_>) -> Result<usize, Halt> {
        Err(Halt::Exhausted)
    }
    fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
        Ok(self.0)
    }
}

#[test]
fn shutdown_against_ready_mail_is_a_question() {
    let asked = Draw { purpose: Purpose::Select, actor: ME, bound: 2 };
    for (answer, handled) in [(0, 2), (1, 0)] {
        let mut stage = Stage::new(Obedient);
        stage.mail(send("one"));
        stage.mail(send("two"));
        stage.shutdown.signal_shutdown();
        let mut choices = Choices::new(Box::new(Says(answer)), true);
        assert_eq!(stage.start(&mut choices), Served::Shutdown);
        assert_eq!(stage.server.lines().len(), handled);
        let questions = handled.max(1);
        assert_eq!(choices.take_answers(), vec![Choice::Drew(asked, answer); questions]);
    }
}

#[test]
fn without_mail_a_shutdown_is_no_question() {
    let mut stage = Stage::new(Obedient);
    let mut choices = fifo();
    assert_eq!(stage.start(&mut choices), Served::Yielded);
    stage.shutdown.signal_shutdown();
    assert_eq!(stage.start(&mut choices), Served::Shutdown);
    assert_eq!(choices.take_answers(), []);
}

#[test]
fn a_closed_mailbox_is_served_to_its_end() {
    let mut stage = Stage::new(Obedient);
    stage.mail(send("fail"));
    stage.mail(send("last"));
    stage.server.mailbox_tx().close();
    assert_eq!(stage.start(&mut fifo()), Served::Closed);
    assert_eq!(
        stage.server.lines(),
        ["error: Actor error: returned error: the password is swordfish", "log: last"]
    );
}

#[test]
fn a_closed_door_ends_the_serving() {
    let mut stage = Stage::new(Obedient);
    stage.mail(send("one"));
    stage.shutdown.signal_shutdown();
    struct Silent;
    impl Chooser for Silent {
        fn next(&mut self, _: &Offered<'_>) -> Result<usize, Halt> {
            Err(Halt::Exhausted)
        }
        fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
            Err(Halt::Exhausted)
        }
    }
    assert_eq!(stage.start(&mut Choices::new(Box::new(Silent), false)), Served::Halted);
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
