//! What a native actor's handlers ask of their host.

use crate::call::{Address, ChannelName, HostAnswer, HostCall, Opened, Refusal, RequestName};
use crate::id::{ActorId, ChannelId, RequestId, Time};
use crate::payload::Payload;
use crate::port::{Port, Stopped};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::rc::Rc;

/// A handler's way to its host. Another participant is named by its name in the cast, or by its address.
#[derive(Clone)]
pub struct Context {
    port: Port,
    request: Option<RequestId>,
    me: String,
    /// The handler that was called and is not written.
    absent: Rc<Cell<Option<&'static str>>>,
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

/// What the error of a handler says that is not written.
fn absence(export: &str) -> String {
    format!("the actor has no handler `{export}`")
}

impl Context {
    pub(super) fn new(port: Port, request: Option<RequestId>, me: &str) -> Context {
        Context { port, request, me: me.to_owned(), absent: Rc::default() }
    }

    /// What a handler gives that is not written.
    pub(super) fn absent<T>(&self, export: &'static str) -> Result<T, String> {
        self.absent.set(Some(export));
        Err(absence(export))
    }

    /// Whether this error is that of a handler that is not written, and no actor's own.
    pub(super) fn is_absent(&self, error: &str) -> bool {
        self.absent.get().is_some_and(|export| absence(export) == error)
    }

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

    /// Virtual time since the run began, in whole milliseconds; 0 where the host serves no clock.
    pub fn now_millis(&self) -> u64 {
        match self.now_call(HostCall::Now) {
            Ok(HostAnswer::Number(ms)) => ms,
            _ => 0,
        }
    }

    /// A random number below `bound`, which is 1 at least: a question at the door; 0 where the host serves no random numbers.
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

/// A participant's id as an address, for casts that are built in Rust.
impl From<&ActorId> for Address {
    fn from(id: &ActorId) -> Self {
        Address::Id(*id)
    }
}
