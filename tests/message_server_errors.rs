//! What goes wrong in a message server: who is told, and of what.

mod server_support;

use rehearsal::actor::{Actor, Ended, FailureKind, Input, Turn};
use rehearsal::call::{HostAnswer, Refusal};
use rehearsal::id::ChannelId;
use rehearsal::message_server::*;
use rehearsal::native::{Handler, Native};
use server_support::*;

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
fn what_a_panic_says_is_told_to_the_host_alone() {
    for message in [open("panic"), request(1, "panic")] {
        let mut stage = Stage::new(Obedient);
        let error = stage.process(message).unwrap_err();
        assert_eq!(error.to_string(), "Actor error: trap: the password is swordfish");
        let left = stage.left();
        let failed = HostAnswer::Refused(Refusal::HandlerFailed);
        let told = TheaterCommand::Respond { sender_id: ME, reply_to: call(1), answer: failed };
        assert_eq!(left[0], told);
        let TheaterCommand::ActorError { error: ActorError::Failed(failure), .. } = &left[1] else {
            panic!("{left:?}")
        };
        assert_eq!((failure.kind, &*failure.message), (FailureKind::Trap, "the password is swordfish"));
    }
}

/// A native actor with no handler written.
struct Deaf;

impl Handler for Deaf {}

#[test]
fn a_handler_that_is_not_written_is_a_missing_export() {
    let messages = [
        (send("hello"), "handle-send", false),
        (request(1, "hello"), "handle-request", true),
        (open("hello"), "handle-channel-open", true),
        (on_channel("hello"), "handle-channel-message", false),
        (close(), "handle-channel-close", false),
    ];
    for (message, export, asked) in messages {
        let mut stage = Stage::new(Deaf);
        stage.process(initiated()).unwrap();
        let error = stage.process(message).unwrap_err();
        assert_eq!(error.to_string(), format!("Actor error: Function not found: {export}"));
        let mut left = stage.left();
        let error = ActorError::FunctionNotFound(export.to_owned());
        assert_eq!(left.pop(), Some(TheaterCommand::ActorError { actor_id: ME, error }));
        let answer = HostAnswer::Refused(Refusal::NoHandler(export));
        let told = TheaterCommand::Respond { sender_id: ME, reply_to: call(1), answer };
        assert_eq!(left, if asked { vec![told] } else { Vec::new() });
        // The actor is as it was.
        let () = stage.actor.call_function(&mut stage.server, "init", ()).unwrap();
    }
}

/// Where a command cannot leave, what it would have told of has not happened.
#[test]
fn a_full_queue_changes_nothing() {
    let full = "log: Failed to send message: no available capacity";
    let mut stage = Stage::of(Box::new(Native::new(Obedient)), 1);
    stage.process(open("please")).unwrap();
    for order in ["close", "say", "send peer", "ask peer", "open peer", "stop"] {
        stage.process(send(order)).unwrap();
        // Nobody is told by an actor that it shuts down, whether it is or not.
        let told = if order == "stop" { "log: ".to_owned() } else { full.to_owned() };
        assert_eq!(stage.server.take_lines(), [told], "{order}");
        assert!(stage.server.active_channels()[&CHANNEL].is_open, "{order}");
        assert!(stage.server.awaiting().is_none());
    }
    stage.told();
    stage.process(send("close")).unwrap();
    assert_eq!(stage.one(), TheaterCommand::ChannelClose { channel_id: CHANNEL, sender_id: ME });
    for order in ["respond", "cancel"] {
        stage.process(send("send peer")).unwrap();
        stage.process(request(1, "later")).unwrap();
        stage.server.take_lines();
        stage.process(send(order)).unwrap();
        assert_eq!(stage.server.take_lines(), [full], "{order}");
        assert_eq!(stage.server.outstanding_requests().len(), 1, "{order}");
        stage.one();
        stage.process(send(order)).unwrap();
        stage.told();
        assert_eq!(stage.server.outstanding_requests(), []);
    }
    stage.process(send("open peer")).unwrap();
    let first = ChannelId::of(ME, PEER, 1);
    assert!(matches!(stage.one(), TheaterCommand::ChannelOpen { channel_id, .. } if channel_id == first));
}

#[test]
fn handler_error_when_an_answer_cannot_leave() {
    let mut stage = Stage::of(Box::new(Native::new(Obedient)), 1);
    stage.process(send("send peer")).unwrap();
    let error = stage.process(request(1, "now")).unwrap_err();
    assert_eq!(error.to_string(), "Handler error: Failed to send response: no available capacity");
    assert_eq!(stage.server.outstanding_requests().len(), 1, "it can be answered later");
    let error = stage.process(open("please")).unwrap_err();
    assert_eq!(error.to_string(), "Handler error: Failed to send response: no available capacity");
    assert_eq!(stage.server.active_channels().len(), 0);
    let error = stage.process(request(2, "fail")).unwrap_err();
    assert_eq!(error.to_string(), "Actor error: returned error: the password is swordfish");
    assert_eq!(stage.server.outstanding_requests().len(), 2);
    stage.one();
    stage.process(send("respond")).unwrap();
    assert_eq!(stage.told(), HostAnswer::Bytes("late answer".into()));
    drop(std::mem::replace(&mut stage.theater, channel(1).1));
    let error = stage.process(request(3, "now")).unwrap_err();
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
    assert_eq!(stage.server.outstanding_requests(), []);
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
