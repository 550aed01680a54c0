//! The message server of one actor: a mailbox on one side, the runtime's commands on the other.

use super::channels::{Admission, Asker, ChannelState, Channels};
use super::directory::Directory;
use super::error::{ActorError, MessageServerError};
use super::handle::ActorHandle;
use super::message::*;
use super::office::{Desk, Office, Services, Waiting};
use super::queue::{ReceiveError, Receiver, Sender};
use super::settle::Settled;
use super::shutdown::ShutdownReceiver;
use crate::actor::{Ended, Failure, FailureKind, Input, Reply};
use crate::call::{HostAnswer, HostCall, Refusal};
use crate::choice::{Choices, Draw, Purpose};
use crate::id::{ActorId, CallId, ChannelId, RequestId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Provides one actor with message passing: fire-and-forget messages, requests and their answers, channels.
///
/// It is the engine's own message server with queues at its ends, for hosts that schedule by themselves and for tests:
/// what a message means is [`Channels::admit`], what a host function does is in [`functions`](super::functions), what a
/// handler's end means is [`Channels::settle`], and the engine's `actors` profile calls the same three.
///
/// It never waits. Where Theater's would, it returns to its scheduler: see [`Served`]. What Theater's `select!` leaves
/// to chance is a question at the door.
///
/// ```
/// # #[cfg(feature = "wasm")]
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal::choice::Choices;
/// use rehearsal::chooser::Fifo;
/// use rehearsal::guest::{ActorComponent, ActorInstance, Engine, Guest, Settings, Source};
/// use rehearsal::id::ActorId;
/// use rehearsal::limits::Limits;
/// use rehearsal::message_server::{ActorHandle, MessageServerHost, Served, ShutdownController, channel};
/// use std::sync::Arc;
///
/// // Create message channels
/// let (mailbox_tx, mailbox_rx) = channel(32);
/// let (theater_tx, _theater_rx) = channel(32);
///
/// // Create a message server host
/// let mut message_server = MessageServerHost::new(mailbox_tx, mailbox_rx, theater_tx);
///
/// // Set up host functions for an actor component
/// let engine = Engine::shared(Settings::for_guests(10))?;
/// let source = Source::new("pinger.wat", include_str!("../../scenarios/actors/pinger.wat"));
/// let mut actor_component = ActorComponent::compile(source, &engine, None)?;
/// message_server.setup_host_functions(&mut actor_component)?;
/// actor_component.define_all()?; // What else is served: `runtime`, `timing`, `random`, `environment`.
/// let component = actor_component.finish()?;
///
/// // Add export functions to an actor instance
/// let limits = Arc::new(Limits::default());
/// let mut actor_instance = ActorInstance::new(&component, &limits)?;
/// message_server.add_export_functions(&mut actor_instance)?;
///
/// // Start the message server host
/// let actor_handle = ActorHandle::new(ActorId(0), Box::new(Guest::new(&component, &limits)));
/// let (shutdown, shutdown_receiver) = ShutdownController::new();
/// let mut choices = Choices::new(Box::new(Fifo), false);
/// assert_eq!(message_server.start(&actor_handle, &shutdown_receiver, &mut choices)?, Served::Yielded);
/// shutdown.signal_shutdown();
/// assert_eq!(message_server.start(&actor_handle, &shutdown_receiver, &mut choices)?, Served::Shutdown);
/// # Ok(())
/// # }
/// # #[cfg(feature = "wasm")]
/// # example().unwrap();
/// ```
///
/// An actor reaches others by messages alone, and what it asks of this server is validated: addresses against the
/// [`Directory`], channels against its own. Native actors can be no more isolated than Rust's types make them.
pub struct MessageServerHost {
    mailbox_tx: Sender<ActorMessage>,
    mailbox_rx: Receiver<ActorMessage>,
    /// Holds `theater_tx`, `active_channels` and the outstanding requests: they go where the turn is.
    desk: Desk,
    handling: Option<Handled>,
}

/// What the actor is in the middle of.
#[derive(Clone, Copy)]
struct Handled {
    export: &'static str,
    asker: Asker,
}

/// Why [`MessageServerHost::start`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// The mailbox is open and empty: the scheduler goes on, and starts the server again when there is mail.
    Yielded,
    /// The actor's handler waits for the answer to this call, which [`MessageServerHost::answer`] brings. Until
    /// then the mailbox waits too, as in Theater.
    Awaiting(CallId),
    /// The shutdown signal was given. Mail may be left.
    Shutdown,
    /// The mailbox is closed, and all that was in it is processed.
    Closed,
    /// The door gave no answer: the run is over.
    Halted,
}

impl MessageServerHost {
    /// A message server with a mailbox and a queue to the runtime; it knows no other actor yet.
    pub fn new(
        mailbox_tx: Sender<ActorMessage>,
        mailbox_rx: Receiver<ActorMessage>,
        theater_tx: Sender<TheaterCommand>,
    ) -> MessageServerHost {
        let office = Office {
            me: ActorId::default(),
            address: String::new(),
            state: None,
            channels: Channels::default(),
            directory: Arc::default(),
            theater_tx,
            services: None,
            waiting: None,
            lines: Vec::new(),
            calls: 0,
            opened: 0,
        };
        MessageServerHost { mailbox_tx, mailbox_rx, desk: Desk(Some(Box::new(office))), handling: None }
    }

    /// Who else there is: whom the actor may send to, and under which addresses.
    pub fn with_directory(mut self, directory: Arc<Directory>) -> MessageServerHost {
        self.desk.office().directory = directory;
        self
    }

    /// Who serves what is no message: the clock, random numbers, the environment. Without it these are refused, and
    /// a log line is a [line](MessageServerHost::lines) in any case.
    pub fn with_services(mut self, services: Services) -> MessageServerHost {
        self.desk.office().services = Some(services);
        self
    }

    /// Serves the mailbox until there is a reason to come back; see [`Served`]. Whether a shutdown that is signalled comes
    /// before the mail that is there is asked at the door ([`Purpose::Select`]): 0 is the mail, 1 the
    /// shutdown. A message that fails is an `error:` [line](MessageServerHost::lines), and the next is taken.
    ///
    /// # Errors
    /// When the actor is gone: there is nobody to serve.
    pub fn start(
        &mut self,
        actor_handle: &ActorHandle,
        shutdown_receiver: &ShutdownReceiver,
        choices: &mut Choices,
    ) -> Result<Served, MessageServerError> {
        loop {
            if actor_handle.is_stopped() {
                return Err(ActorError::ChannelClosed.into());
            }
            if shutdown_receiver.is_signalled() {
                match self.shutdown_first(actor_handle.id(), choices) {
                    Some(true) => return Ok(Served::Shutdown),
                    Some(false) => {}
                    None => return Ok(Served::Halted),
                }
            }
            if let Some(waiting) = self.awaiting() {
                return Ok(Served::Awaiting(waiting.call));
            }
            match self.mailbox_rx.recv() {
                Ok(message) => {
                    if let Err(error) = self.process_message(message, actor_handle) {
                        self.desk.office().lines.push(format!("error: {error}"));
                    }
                }
                Err(ReceiveError::Empty) => return Ok(Served::Yielded),
                Err(ReceiveError::Closed) => return Ok(Served::Closed),
            }
        }
    }

    /// Whether the shutdown comes before the mail; nothing when the door is closed.
    fn shutdown_first(&self, actor: ActorId, choices: &mut Choices) -> Option<bool> {
        if self.awaiting().is_some() || self.mailbox_rx.is_empty() {
            return Some(true);
        }
        choices.draw(Draw { purpose: Purpose::Select, actor, bound: 2 }).map(|answer| answer == 1)
    }

    /// Processes one message: calls the handler it is for, tells whoever asked, keeps channels and outstanding requests.
    /// A message over a channel that is unknown or closed is dropped, and a `warning:` [line](MessageServerHost::lines) says
    /// so. When the handler comes to wait for an answer, this returns, and [`answer`](MessageServerHost::answer)
    /// goes on.
    ///
    /// # Errors
    /// See [`MessageServerError`]. Whoever asked is told before, in one of the closed texts of [`Refusal`]; nothing but this
    /// message's turn is lost.
    pub fn process_message(
        &mut self,
        msg: ActorMessage,
        actor_handle: &ActorHandle,
    ) -> Result<(), MessageServerError> {
        self.free()?;
        let office = self.desk.office();
        match office.channels.admit(msg) {
            Admission::Handle(input, asker) => {
                let export = input.export().unwrap_or("init");
                self.handling = Some(Handled { export, asker });
                let ended = self.turn(actor_handle, input);
                self.settle(ended).map(|_| ())
            }
            Admission::Absorbed => Ok(()),
            Admission::Dropped(why, channel) => {
                office.warn(format_args!("{why} {channel}"));
                Ok(())
            }
        }
    }

    /// Brings the answer to the call in which the actor waits: its handler goes on. An answer that nobody waits for is a
    /// `warning:` line and nothing else.
    ///
    /// # Errors
    /// As [`process_message`](MessageServerHost::process_message).
    pub fn answer(
        &mut self,
        call: CallId,
        answer: HostAnswer,
        actor_handle: &ActorHandle,
    ) -> Result<(), MessageServerError> {
        let office = self.desk.office();
        let Some(waiting) = office.waiting.take_if(|waiting| waiting.call == call) else {
            office.warn(format_args!("answer to call #{} which nobody waits for", call.number));
            return Ok(());
        };
        if let (HostAnswer::Opened(opened), HostCall::OpenChannel { data, .. }, Some(target_id)) =
            (&answer, &waiting.made, waiting.to)
        {
            let (channel_id, initial_msg) = (opened.channel, data.clone());
            let initiated = ActorChannelInitiated { channel_id, target_id, initial_msg };
            office.channels.admit(ActorMessage::ChannelInitiated(initiated));
        }
        let ended = self.turn(actor_handle, Input::Answer(answer));
        self.settle(ended).map(|_| ())
    }

    /// Calls a function from outside of the mailbox.
    pub(super) fn run(&mut self, handle: &ActorHandle, input: Input) -> Result<Reply, MessageServerError> {
        self.free()?;
        let export = input.export().unwrap_or("init");
        self.handling = Some(Handled { export, asker: Asker::Nobody });
        let ended = self.turn(handle, input);
        self.settle(ended)?.ok_or_else(|| {
            MessageServerError::HandlerError(format!(
                "`{export}` came to wait for an answer: its result is lost"
            ))
        })
    }

    /// Whether the actor can take a message.
    fn free(&self) -> Result<(), MessageServerError> {
        match self.handling {
            Some(Handled { export, .. }) => {
                Err(MessageServerError::HandlerError(format!("the actor is in the middle of `{export}`")))
            }
            None => Ok(()),
        }
    }

    fn turn(&mut self, handle: &ActorHandle, input: Input) -> Result<Ended, ActorError> {
        let office = self.desk.office();
        office.me = handle.id();
        office.address = office.directory.address(handle.id()).to_owned();
        handle.turn(&mut self.desk, input)
    }

    /// Does what the end of a turn demands; gives the reply, unless the handler waits.
    fn settle(&mut self, ended: Result<Ended, ActorError>) -> Result<Option<Reply>, MessageServerError> {
        let waits = self.awaiting().is_some();
        if matches!(ended, Ok(Ended::Awaiting)) && waits {
            return Ok(None);
        }
        let office = self.desk.office();
        office.waiting = None;
        let Handled { export, asker } =
            self.handling.take().unwrap_or(Handled { export: "init", asker: Asker::Nobody });
        let wrong = |message: &str| Failure {
            kind: FailureKind::MalformedResult,
            message: message.to_owned(),
            backtrace: Vec::new(),
        };
        let (settled, outcome) = match ended {
            Ok(Ended::Returned(returned)) => match office.channels.settle(asker, returned.reply.clone()) {
                Settled::WrongSort => (Err(wrong(Settled::WRONG_SORT)), None),
                settled => (Ok(settled), Some(returned.reply)),
            },
            Ok(Ended::Failed(failure)) => (Err(failure), None),
            Ok(Ended::Awaiting) => (Err(wrong("awaits without a call")), None),
            Err(gone) => {
                self.tell_gone(asker)?;
                return Err(gone.into());
            }
        };
        match settled {
            Ok(settled) => self.tell(settled).map(|()| outcome),
            Err(failure) => Err(self.fail(asker, export, failure)),
        }
    }

    /// Sends an answer on its way to whoever waits for it.
    fn tell(&mut self, settled: Settled) -> Result<(), MessageServerError> {
        let office = self.desk.office();
        match settled {
            Settled::Respond(reply_to, answer) => {
                let respond = TheaterCommand::Respond { sender_id: office.me, reply_to, answer };
                let left = office.leave("response", respond);
                left.map_err(|refusal| MessageServerError::HandlerError(refusal.to_string()))
            }
            Settled::AnsweredBefore => {
                office.warn("the request was answered before");
                Ok(())
            }
            Settled::Nothing | Settled::WrongSort => Ok(()),
        }
    }

    fn tell_gone(&mut self, asker: Asker) -> Result<(), MessageServerError> {
        let answer = HostAnswer::Refused(Refusal::Stopped);
        match asker {
            Asker::Nobody => Ok(()),
            Asker::Request(call, _) | Asker::Open(call, _) => self.tell(Settled::Respond(call, answer)),
        }
    }

    /// A turn failed: whoever asked is told that it did, and the runtime how.
    fn fail(&mut self, asker: Asker, export: &'static str, failure: Failure) -> MessageServerError {
        let settled = self.desk.office().channels.settle_failure(asker, failure.kind, export);
        if settled != Settled::AnsweredBefore
            && let Err(error) = self.tell(settled)
        {
            self.desk.office().warn(error);
        }
        let error = match failure.kind {
            FailureKind::MissingExport => ActorError::FunctionNotFound(export.to_owned()),
            _ => ActorError::Failed(failure),
        };
        let office = self.desk.office();
        let command = TheaterCommand::ActorError { actor_id: office.me, error: error.clone() };
        if let Err(refusal) = office.leave("error", command) {
            office.warn(refusal);
        }
        error.into()
    }

    /// The call in whose answer the actor waits.
    pub fn awaiting(&self) -> Option<&Waiting> {
        self.desk.get().waiting.as_ref()
    }

    /// The way into the mailbox.
    pub fn mailbox_tx(&self) -> &Sender<ActorMessage> {
        &self.mailbox_tx
    }

    /// The way to the runtime.
    pub fn theater_tx(&self) -> &Sender<TheaterCommand> {
        &self.desk.get().theater_tx
    }

    /// The channels that the actor has or had.
    pub fn active_channels(&self) -> BTreeMap<ChannelId, ChannelState> {
        self.desk.get().channels.active_channels.to_map()
    }

    /// The requests that it has not answered, in order of arrival, and who waits for each.
    pub fn outstanding_requests(&self) -> &[(RequestId, CallId)] {
        &self.desk.get().channels.outstanding_requests
    }

    /// What happened that no message tells: `log: …` for each of the actor's log lines, `warning: …` for the use of an
    /// unknown or closed channel, `error: …` for a message that failed.
    pub fn lines(&self) -> &[String] {
        &self.desk.get().lines
    }

    /// Takes the [lines](MessageServerHost::lines) out.
    pub fn take_lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.desk.office().lines)
    }
}
