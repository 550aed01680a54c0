//! Native actors whose handlers may wait: async functions, polled by the scheduler.

use crate::actor::{Actor, ChannelAccept, Ended, FailureKind, Input, NewState, Reply, Returned, Turn};
use crate::call::{Address, ChannelName, HostAnswer, HostCall, Opened, Refusal, RequestName};
use crate::id::{ActorId, ChannelId, RequestId, Time};
use crate::payload::Payload;
use crate::port::{Port, Stopped};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

/// The handlers of a native actor: the five that a component exports, and `init`. An error fails the turn, and whoever waits is
/// told that the handler returned an error.
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
    /// Called once, before anything else.
    fn init(&mut self, context: &Context) -> impl Future<Output = Result<(), String>> {
        let _ = context;
        async { Ok(()) }
    }

    /// A message without an answer.
    fn handle_send(&mut self, context: &Context, data: Payload) -> impl Future<Output = Result<(), String>> {
        let _ = (context, data);
        async { Err("handle-send is not written".to_owned()) }
    }

    /// A request; `None` answers later, by [`Context::respond`] with [`Context::request_id`].
    fn handle_request(
        &mut self,
        context: &Context,
        data: Payload,
    ) -> impl Future<Output = Result<Option<Payload>, String>> {
        let _ = (context, data);
        async { Err("handle-request is not written".to_owned()) }
    }

    /// Somebody would open a channel.
    fn handle_channel_open(
        &mut self,
        context: &Context,
        channel: ChannelId,
        data: Payload,
    ) -> impl Future<Output = Result<ChannelAccept, String>> {
        let _ = (context, channel, data);
        async { Ok(ChannelAccept::default()) }
    }

    /// A message over a channel.
    fn handle_channel_message(
        &mut self,
        context: &Context,
        channel: ChannelId,
        data: Payload,
    ) -> impl Future<Output = Result<(), String>> {
        let _ = (context, channel, data);
        async { Ok(()) }
    }

    /// A channel is closed.
    fn handle_channel_close(
        &mut self,
        context: &Context,
        channel: ChannelId,
    ) -> impl Future<Output = Result<(), String>> {
        let _ = (context, channel);
        async { Ok(()) }
    }

    /// The state as bytes, for properties and fingerprints; see [`Actor::state`].
    fn state(&self) -> Option<Payload> {
        None
    }
}

/// A handler's way to its host. Another participant is named by its name in the cast, or by its address.
#[derive(Clone)]
pub struct Context {
    port: Port,
    request: Option<RequestId>,
    me: String,
}

/// A text names a participant, or is its address: native actors know both.
fn named(to: impl Into<Address>) -> Address {
    match to.into() {
        Address::Text(text) => Address::Name(text),
        known => known,
    }
}

/// The computation was ended from outside: nobody looks at what it would have said.
const ENDED: &str = "the turn is over";

impl Context {
    /// Any call of the host.
    pub(crate) async fn call(&self, call: HostCall) -> HostAnswer {
        match self.port.call(call).await {
            Ok(answer) => answer,
            // The turn must end: this handler never goes on, and its future is dropped.
            Err(Stopped(..)) => std::future::pending().await,
        }
    }

    fn now_call(&self, call: HostCall) -> Result<HostAnswer, Refusal> {
        match self.port.call_now(call) {
            Ok(HostAnswer::Refused(refusal)) => Err(refusal),
            Ok(answer) => Ok(answer),
            Err(_) => Err(Refusal::Invalid(ENDED)),
        }
    }

    /// The actor's own address.
    pub fn address(&self) -> &str {
        &self.me
    }

    /// The name of the request in hand, for an answer later.
    pub fn request_id(&self) -> Option<RequestId> {
        self.request
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the address is nobody's.
    pub async fn send(&self, to: impl Into<Address>, data: impl Into<Payload>) -> Result<(), Refusal> {
        match self.call(HostCall::Send { to: named(to), data: data.into() }).await {
            HostAnswer::Refused(refusal) => Err(refusal),
            _ => Ok(()),
        }
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When there is no answer, and why.
    pub async fn request(
        &self,
        to: impl Into<Address>,
        data: impl Into<Payload>,
    ) -> Result<Payload, Refusal> {
        self.request_within(to, data, None).await
    }

    /// Sends a request and waits for its answer, at most `within` of virtual time.
    ///
    /// # Errors
    /// When there is no answer, and why.
    pub async fn request_within(
        &self,
        to: impl Into<Address>,
        data: impl Into<Payload>,
        within: Option<Time>,
    ) -> Result<Payload, Refusal> {
        match self
            .call(HostCall::Request { to: named(to), data: data.into(), within: within.map(Into::into) })
            .await
        {
            HostAnswer::Bytes(data) => Ok(data),
            HostAnswer::Refused(refusal) => Err(refusal),
            _ => Err(Refusal::Invalid("a request was answered with something else")),
        }
    }

    /// Sends a request as JSON, and reads the answer as JSON.
    ///
    /// # Errors
    /// When there is no answer, or it is not of this form.
    pub async fn ask<Q: Serialize, A: DeserializeOwned>(
        &self,
        to: impl Into<Address>,
        question: &Q,
    ) -> Result<A, String> {
        let data = super::write(question)?;
        let answer = self.request(to, data).await.map_err(|refusal| refusal.to_string())?;
        super::read(&answer)
    }

    /// Sends a message as JSON.
    ///
    /// # Errors
    /// When the address is nobody's.
    pub async fn tell(&self, to: impl Into<Address>, message: &impl Serialize) -> Result<(), String> {
        let data = super::write(message)?;
        self.send(to, data).await.map_err(|refusal| refusal.to_string())
    }

    /// Opens a channel and waits for the decision.
    ///
    /// # Errors
    /// When it is not accepted, and why.
    pub async fn open_channel(
        &self,
        to: impl Into<Address>,
        data: impl Into<Payload>,
    ) -> Result<Opened, Refusal> {
        match self.call(HostCall::OpenChannel { to: named(to), data: data.into(), within: None }).await {
            HostAnswer::Opened(opened) => Ok(opened),
            HostAnswer::Refused(refusal) => Err(refusal),
            // A record has the id as the text that a component was given.
            HostAnswer::Text(id) => match ChannelId::parse(&id) {
                Some(channel) => Ok(Opened { channel, message: None }),
                None => Err(Refusal::Invalid("a channel was opened whose id is none")),
            },
            _ => Err(Refusal::Invalid("the opening of a channel was answered with something else")),
        }
    }

    /// Sends over a channel.
    ///
    /// # Errors
    /// When the channel is unknown here, or closed.
    pub async fn send_on_channel(&self, channel: ChannelId, data: impl Into<Payload>) -> Result<(), Refusal> {
        let call = HostCall::SendOnChannel { channel: ChannelName::Id(channel), data: data.into() };
        match self.call(call).await {
            HostAnswer::Refused(refusal) => Err(refusal),
            _ => Ok(()),
        }
    }

    /// Closes a channel.
    ///
    /// # Errors
    /// When the channel is unknown here, or closed.
    pub async fn close_channel(&self, channel: ChannelId) -> Result<(), Refusal> {
        match self.call(HostCall::CloseChannel { channel: ChannelName::Id(channel) }).await {
            HostAnswer::Refused(refusal) => Err(refusal),
            _ => Ok(()),
        }
    }

    /// Answers a request that was left for later.
    ///
    /// # Errors
    /// When it is not outstanding.
    pub fn respond(&self, request: RequestId, data: impl Into<Payload>) -> Result<(), Refusal> {
        let call = HostCall::RespondToRequest { request: RequestName::Id(request), data: data.into() };
        self.now_call(call).map(|_| ())
    }

    /// Cancels a request that was left for later.
    ///
    /// # Errors
    /// When it is not outstanding.
    pub fn cancel(&self, request: RequestId) -> Result<(), Refusal> {
        self.now_call(HostCall::CancelRequest { request: RequestName::Id(request) }).map(|_| ())
    }

    /// The requests that are not answered yet.
    pub fn outstanding(&self) -> Vec<RequestId> {
        match self.now_call(HostCall::ListOutstandingRequests) {
            Ok(HostAnswer::Requests(requests)) => requests,
            _ => Vec::new(),
        }
    }

    /// Waits for virtual time to pass.
    pub async fn sleep(&self, span: Time) {
        self.call(HostCall::Sleep { span }).await;
    }

    /// Virtual time, in whole milliseconds.
    pub fn now_millis(&self) -> u64 {
        match self.now_call(HostCall::Now) {
            Ok(HostAnswer::Number(ms)) => ms,
            _ => 0,
        }
    }

    /// A random number below `bound`: a question at the door.
    pub fn random_below(&self, bound: u64) -> u64 {
        match self.now_call(HostCall::RandomRange { min: 0, max: bound.max(1) }) {
            Ok(HostAnswer::Number(number)) => number,
            _ => 0,
        }
    }

    /// Stops this actor after the turn.
    pub fn shut_down(&self) {
        let _ = self.now_call(HostCall::Shutdown { data: None });
    }

    /// Writes a line to the trace.
    pub fn log(&self, text: impl Into<String>) {
        let _ = self.now_call(HostCall::Log { text: text.into() });
    }

    /// Notes an observation, for properties and reports.
    pub fn observe(&self, key: &str, value: impl Serialize) {
        let value = serde_json::to_value(value).unwrap_or_default();
        self.log(format!("observe {key} {value}"));
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
        let context = Context { port: self.port.clone(), request, me: turn.address().to_owned() };
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

/// A participant's id as an address, for casts that are built in Rust.
impl From<&ActorId> for Address {
    fn from(id: &ActorId) -> Self {
        Address::Id(*id)
    }
}
