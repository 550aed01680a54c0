//! What stands behind a turn in a message server: its host functions.

use super::channels::Channels;
use super::directory::Directory;
use super::functions;
use super::message::TheaterCommand;
use super::queue::{Permit, Sender};
use crate::actor::{Called, FailureKind, Host};
use crate::call::{HostAnswer, HostCall, Refusal, SECOND_CALL};
use crate::id::{ActorId, CallId, ChannelId};
use crate::payload::Payload;
use std::any::Any;
use std::sync::Arc;

/// A host call in whose answer an actor's handler waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Whose answer; none where the actor waits for no other, as in `sleep`.
    pub call: CallId,
    /// The call itself.
    pub made: HostCall,
    /// Whom it went to.
    pub to: Option<ActorId>,
}

/// Serves the calls that are no messages: logs aside, those of the clock, of random numbers, of the environment, and
/// [`GetChain`](HostCall::GetChain). It answers with what the call gives (see [`HostAnswer`]), or
/// [`Called::Suspended`] where the actor has to wait: then [`MessageServerHost::awaiting`] has the call, and
/// [`MessageServerHost::answer`] brings its answer.
///
/// [`MessageServerHost::awaiting`]: super::MessageServerHost::awaiting
/// [`MessageServerHost::answer`]: super::MessageServerHost::answer
pub type Services = Box<dyn FnMut(&HostCall) -> Called + Send>;

/// The host of one actor's turns.
pub(super) struct Office {
    pub me: ActorId,
    pub address: String,
    pub state: Option<Payload>,
    pub channels: Channels,
    pub directory: Arc<Directory>,
    pub theater_tx: Sender<TheaterCommand>,
    pub services: Option<Services>,
    pub waiting: Option<Waiting>,
    pub lines: Vec<String>,
    pub calls: u32,
    pub opened: u32,
}

impl Office {
    /// A place for a command on its way to the runtime, or why there is none, in tokio's words. It is taken before
    /// anything is changed that the command tells of: a close or an answer that cannot leave has not happened.
    pub fn room(&self, what: &str) -> Result<Permit<TheaterCommand>, Refusal> {
        let room = self.theater_tx.reserve();
        room.map_err(|error| Refusal::Theater(format!("Failed to send {what}: {error}")))
    }

    fn next_call(&mut self) -> CallId {
        self.calls += 1;
        CallId { owner: self.me, number: self.calls }
    }

    /// A warning for whoever looks after the actor: nothing of it reaches another actor.
    pub fn warn(&mut self, text: impl std::fmt::Display) {
        self.lines.push(format!("warning: {text}"));
    }

    fn function(&mut self, call: &HostCall) -> Result<Called, Refusal> {
        match call {
            HostCall::Request { to, data, .. } => {
                let to = self.directory.resolve(to)?;
                self.wait(call, to, |_, reply_to| functions::request(reply_to, to, data.clone()))
            }
            HostCall::OpenChannel { to, data, .. } => {
                let to = functions::channel_target(&self.directory, self.me, to)?;
                self.wait(call, to, |office, reply_to| {
                    office.opened += 1;
                    let channel = ChannelId::of(office.me, to, office.opened);
                    functions::open_channel(reply_to, to, channel, data.clone())
                })
            }
            HostCall::ListOutstandingRequests => {
                let outstanding = functions::list_outstanding_requests(&self.channels);
                Ok(Called::Answered(HostAnswer::Requests(outstanding)))
            }
            HostCall::Send { to, data } => {
                self.leave(|office| functions::send(&office.directory, office.me, to, data.clone()))
            }
            HostCall::SendOnChannel { channel, data } => self.leave(|office| {
                functions::send_on_channel(&office.channels, office.me, channel, data.clone())
            }),
            HostCall::CloseChannel { channel } => {
                self.leave(|office| functions::close_channel(&mut office.channels, office.me, channel))
            }
            HostCall::RespondToRequest { request, data } => self.leave(|office| {
                functions::respond_to_request(&mut office.channels, office.me, request, data.clone())
            }),
            HostCall::CancelRequest { request } => {
                self.leave(|office| functions::cancel_request(&mut office.channels, office.me, request))
            }
            HostCall::Shutdown { data } => self
                .leave(|office| Ok(TheaterCommand::ShuttingDown { actor_id: office.me, data: data.clone() })),
            other => self.serve(other),
        }
    }

    /// A call whose answer is only that its command left. What it changes here is changed only when there is room.
    fn leave(
        &mut self,
        command: impl FnOnce(&mut Office) -> Result<TheaterCommand, Refusal>,
    ) -> Result<Called, Refusal> {
        let room = self.room("message")?;
        room.send(command(self)?);
        Ok(Called::Answered(HostAnswer::Done))
    }

    /// The actor will wait for an answer that comes from elsewhere. How long is in the call: whoever keeps the clock
    /// finds it there.
    fn wait(
        &mut self,
        call: &HostCall,
        to: ActorId,
        command: impl FnOnce(&mut Office, CallId) -> TheaterCommand,
    ) -> Result<Called, Refusal> {
        let room = self.room("message")?;
        let id = self.next_call();
        room.send(command(self, id));
        self.waiting = Some(Waiting { call: id, made: call.clone(), to: Some(to) });
        Ok(Called::Suspended)
    }

    fn serve(&mut self, call: &HostCall) -> Result<Called, Refusal> {
        if let HostCall::Log { text } = call {
            self.lines.push(format!("log: {}", text.escape_debug()));
            return Ok(Called::Answered(HostAnswer::Done));
        }
        let Some(services) = &mut self.services else {
            return Err(Refusal::Invalid("this host does not serve the call"));
        };
        let called = services(call);
        if called == Called::Suspended {
            let id = self.next_call();
            self.waiting = Some(Waiting { call: id, made: call.clone(), to: None });
        }
        Ok(called)
    }
}

impl Host for Office {
    fn call(&mut self, call: HostCall) -> Called {
        if self.waiting.is_some() && call.waits() {
            return Called::Stop(FailureKind::Trap, SECOND_CALL);
        }
        self.function(&call).unwrap_or_else(|refusal| {
            if matches!(refusal, Refusal::UnknownChannel(_) | Refusal::ClosedChannel(_)) {
                self.warn(&refusal);
            }
            Called::Answered(HostAnswer::Refused(refusal))
        })
    }
    fn state(&self) -> Option<Payload> {
        self.state.clone()
    }
    fn address(&self) -> &str {
        &self.address
    }
    fn lend(&mut self) -> Box<dyn Host> {
        unreachable!("an office is lent by its desk")
    }
    fn take_back(&mut self, _: Box<dyn Host>) {}
}

/// An office that can be lent away for a turn: a guest's store takes it in.
pub(super) struct Desk(pub Option<Box<Office>>);

impl Desk {
    /// The office.
    ///
    /// # Panics
    /// When it is lent away, which it is only inside of a turn.
    pub fn office(&mut self) -> &mut Office {
        self.0.as_mut().expect("the office is lent only for a turn")
    }

    pub fn get(&self) -> &Office {
        self.0.as_ref().expect("the office is lent only for a turn")
    }
}

impl Host for Desk {
    fn call(&mut self, call: HostCall) -> Called {
        self.office().call(call)
    }
    fn state(&self) -> Option<Payload> {
        self.get().state()
    }
    fn address(&self) -> &str {
        self.get().address()
    }
    fn lend(&mut self) -> Box<dyn Host> {
        self.0.take().expect("the office is lent once")
    }
    fn take_back(&mut self, lent: Box<dyn Host>) {
        let lent: Box<dyn Any> = lent;
        self.0 = lent.downcast::<Office>().ok();
    }
}
