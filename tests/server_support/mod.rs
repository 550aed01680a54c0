//! What the tests of the message server share: a server with its actor, and an actor that does as it is told.
#![allow(dead_code, reason = "each test file uses some of it")]

use rehearsal::actor::{Actor, ChannelAccept};
use rehearsal::call::{Address, HostAnswer, Refusal};
use rehearsal::choice::Choices;
use rehearsal::chooser::Fifo;
use rehearsal::id::{ActorId, CallId, ChannelId, RequestId};
use rehearsal::message_server::*;
use rehearsal::native::{Context, Handler, Native};
use rehearsal::payload::Payload;
use std::sync::Arc;

pub const ME: ActorId = ActorId(0);
pub const PEER: ActorId = ActorId(1);
pub const CHANNEL: ChannelId = ChannelId(7);

/// A server, its actor, and the runtime's end of the queue.
pub struct Stage {
    pub server: MessageServerHost,
    pub actor: ActorHandle,
    pub theater: Receiver<TheaterCommand>,
    pub shutdown: ShutdownController,
}

impl Stage {
    pub fn new(actor: impl Handler) -> Stage {
        Stage::of(Box::new(Native::new(actor)), 32)
    }

    pub fn of(actor: Box<dyn Actor>, capacity: usize) -> Stage {
        let (mailbox_tx, mailbox_rx) = channel(32);
        let (theater_tx, theater) = channel(capacity);
        let directory = Directory::new([("me".to_owned(), None), ("peer".to_owned(), None)]);
        let server =
            MessageServerHost::new(mailbox_tx, mailbox_rx, theater_tx).with_directory(Arc::new(directory));
        let (shutdown, _) = ShutdownController::new();
        Stage { server, actor: ActorHandle::new(ME, actor), theater, shutdown }
    }

    pub fn process(&mut self, message: ActorMessage) -> Result<(), MessageServerError> {
        self.server.process_message(message, &self.actor)
    }

    pub fn mail(&self, message: ActorMessage) {
        self.server.mailbox_tx().send(message).expect("there is room");
    }

    pub fn start(&mut self, choices: &mut Choices) -> Served {
        self.server.start(&self.actor, &self.shutdown.subscribe(), choices).expect("the actor is there")
    }

    pub fn left(&mut self) -> Vec<TheaterCommand> {
        std::iter::from_fn(|| self.theater.recv().ok()).collect()
    }

    /// The only thing that left.
    #[track_caller]
    pub fn one(&mut self) -> TheaterCommand {
        let mut left = self.left();
        assert_eq!(left.len(), 1, "{left:?}");
        left.remove(0)
    }

    #[track_caller]
    pub fn told(&mut self) -> HostAnswer {
        match self.one() {
            TheaterCommand::Respond { sender_id: ME, reply_to, answer } if reply_to == call(1) => answer,
            other => panic!("{other:?}"),
        }
    }
}

pub fn fifo() -> Choices {
    Choices::new(Box::new(Fifo), true)
}

/// A call that the peer made.
pub fn call(number: u32) -> CallId {
    CallId { owner: PEER, number }
}

pub fn send(text: &str) -> ActorMessage {
    ActorMessage::Send(ActorSend { data: text.into() })
}

pub fn request(number: u32, text: &str) -> ActorMessage {
    ActorMessage::Request(ActorRequest { reply_to: call(number), data: text.into() })
}

pub fn open(text: &str) -> ActorMessage {
    let data = text.into();
    ActorMessage::ChannelOpen(ActorChannelOpen { channel_id: CHANNEL, reply_to: call(1), data })
}

pub fn on_channel(text: &str) -> ActorMessage {
    ActorMessage::ChannelMessage(ActorChannelMessage { channel_id: CHANNEL, data: text.into() })
}

pub fn close() -> ActorMessage {
    ActorMessage::ChannelClose(ActorChannelClose { channel_id: CHANNEL })
}

pub fn initiated() -> ActorMessage {
    let initial_msg = Payload::EMPTY;
    ActorMessage::ChannelInitiated(ActorChannelInitiated {
        channel_id: CHANNEL,
        target_id: PEER,
        initial_msg,
    })
}

/// Does as it is told: the message is the order.
pub struct Obedient;

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
