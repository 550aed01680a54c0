//! Native actors whose handlers may wait: async functions, polled by the scheduler.

use super::context::Context;
use crate::actor::{Actor, ChannelAccept, Ended, FailureKind, Input, NewState, Reply, Returned, Turn};
use crate::id::ChannelId;
use crate::payload::Payload;
use crate::port::Port;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

/// The handlers of a native actor: the five that a component exports, and `init`. An error fails the turn: reports have its
/// text, and whoever waits is told that the handler returned an error, and no more.
///
/// A handler that is not written is one that a component does not export: a message for it is a failure that names it
/// ([`FailureKind::MissingExport`]), and whoever waits is told [`NoHandler`](crate::call::Refusal::NoHandler). Only `init`
/// need not be written.
///
/// ```
/// use rehearsal::native::{Context, Handler};
/// use rehearsal::payload::Payload;
///
/// /// Asks another actor, and answers with what it said.
/// struct Relay;
///
/// impl Handler for Relay {
///     async fn handle_request(&mut self, context: &Context, data: Payload) -> Result<Option<Payload>, String> {
///         let answer = context.request("1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c", data).await;
///         answer.map(Some).map_err(|refusal| refusal.to_string())
///     }
/// }
/// ```
pub trait Handler: 'static {
    /// Called once, before anything else. Unless written, it does nothing.
    fn init(&mut self, context: &Context) -> impl Future<Output = Result<(), String>> {
        let _ = context;
        async { Ok(()) }
    }

    /// A message without an answer. Who sent it is not told: a message says it if it matters.
    ///
    /// # Errors
    /// Unless written: there is no such handler.
    fn handle_send(&mut self, context: &Context, data: Payload) -> impl Future<Output = Result<(), String>> {
        let _ = data;
        std::future::ready(context.absent("handle-send"))
    }

    /// A request, whose answer is what is returned; `None` answers later, by [`Context::respond`] with
    /// [`Context::request_id`].
    ///
    /// # Errors
    /// Unless written: there is no such handler.
    fn handle_request(
        &mut self,
        context: &Context,
        data: Payload,
    ) -> impl Future<Output = Result<Option<Payload>, String>> {
        let _ = data;
        std::future::ready(context.absent("handle-request"))
    }

    /// Somebody would open a channel, and waits: `data` is their first message. An accepted channel is open when this
    /// returns, and not before.
    ///
    /// # Errors
    /// Unless written: there is no such handler.
    fn handle_channel_open(
        &mut self,
        context: &Context,
        channel: ChannelId,
        data: Payload,
    ) -> impl Future<Output = Result<ChannelAccept, String>> {
        let _ = (channel, data);
        std::future::ready(context.absent("handle-channel-open"))
    }

    /// A message over a channel. An answer to it is a message of its own, by [`Context::send_on_channel`].
    ///
    /// # Errors
    /// Unless written: there is no such handler.
    fn handle_channel_message(
        &mut self,
        context: &Context,
        channel: ChannelId,
        data: Payload,
    ) -> impl Future<Output = Result<(), String>> {
        let _ = (channel, data);
        std::future::ready(context.absent("handle-channel-message"))
    }

    /// A channel is closed, by either end. Whoever accepts or opens channels writes it, since it will be called.
    ///
    /// # Errors
    /// Unless written: there is no such handler.
    fn handle_channel_close(
        &mut self,
        context: &Context,
        channel: ChannelId,
    ) -> impl Future<Output = Result<(), String>> {
        let _ = channel;
        std::future::ready(context.absent("handle-channel-close"))
    }

    /// The state as bytes, for properties and fingerprints; see [`Actor::state`]. Unless written, there is none.
    fn state(&self) -> Option<Payload> {
        None
    }
}

type Work<H> = Pin<Box<dyn Future<Output = (H, Ended)>>>;

/// An actor made of handlers.
pub struct Native<H: Handler> {
    idle: Option<H>,
    work: Option<Work<H>>,
    port: Port,
}

impl<H: Handler> Native<H> {
    /// An actor with these handlers.
    pub fn new(handler: H) -> Native<H> {
        Native { idle: Some(handler), work: None, port: Port::default() }
    }

    fn begin(&mut self, input: Input, turn: &mut Turn<'_>) -> Option<Work<H>> {
        let mut handler = self.idle.take()?;
        let request = match &input {
            Input::Request { id, .. } => Some(*id),
            _ => None,
        };
        let context = Context::new(self.port.clone(), request, turn.address());
        Some(Box::pin(async move {
            let ended = handle(&mut handler, &context, input).await;
            (handler, ended)
        }))
    }
}

async fn handle<H: Handler>(handler: &mut H, context: &Context, input: Input) -> Ended {
    let reply = match input {
        Input::Init => handler.init(context).await.map(|()| Reply::Nothing),
        Input::Send { data } => handler.handle_send(context, data).await.map(|()| Reply::Nothing),
        Input::Request { data, .. } => handler.handle_request(context, data).await.map(Reply::Answer),
        Input::ChannelOpen { channel, data } => {
            handler.handle_channel_open(context, channel, data).await.map(Reply::Accept)
        }
        Input::ChannelMessage { channel, data } => {
            handler.handle_channel_message(context, channel, data).await.map(|()| Reply::Nothing)
        }
        Input::ChannelClose { channel } => {
            handler.handle_channel_close(context, channel).await.map(|()| Reply::Nothing)
        }
        Input::Foreign(_) => Err("there is no such handler".to_owned()),
        Input::Answer(_) => Ok(Reply::Nothing),
    };
    match reply {
        Ok(reply) => Ended::Returned(Returned { state: NewState::Kept, reply }),
        Err(text) if context.is_absent(&text) => Ended::failed(FailureKind::MissingExport, text),
        Err(text) => Ended::failed(FailureKind::ReturnedError, text),
    }
}

impl<H: Handler> Actor for Native<H> {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        let (mut work, answer) = match (self.work.take(), input) {
            (Some(work), Input::Answer(answer)) => (work, Some(answer)),
            (_, input) => match self.begin(input, turn) {
                Some(work) => (work, None),
                None => return Ended::failed(FailureKind::Trap, "the actor panicked before"),
            },
        };
        match self.port.poll(turn, answer, work.as_mut()) {
            Poll::Ready((handler, ended)) => {
                self.idle = Some(handler);
                ended
            }
            Poll::Pending => match self.port.stopped() {
                Some((kind, text)) => Ended::failed(kind, text),
                None => {
                    self.work = Some(work);
                    Ended::Awaiting
                }
            },
        }
    }

    fn state(&self) -> Option<Payload> {
        self.idle.as_ref().and_then(Handler::state)
    }
}
