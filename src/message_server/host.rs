//! The message server of one actor: a mailbox on one side, the runtime's commands on the other.

use super::channels::{Asker, ChannelState, Channels};
use super::directory::Directory;
use super::message::{ActorMessage, TheaterCommand};
use super::office::{Desk, Office, Services, Waiting};
use super::queue::{Receiver, Sender};
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
/// use rehearsal::call::HostAnswer;
/// use rehearsal::choice::Choices;
/// use rehearsal::chooser::Fifo;
/// use rehearsal::guest::{ACTOR, ActorComponent, ActorInstance, Engine, Guest, Settings, Source};
/// use rehearsal::id::{ActorId, CallId};
/// use rehearsal::limits::Limits;
/// use rehearsal::message_server::*;
///
/// // Create message channels
/// let (mailbox_tx, mailbox_rx) = channel(32);
/// let (theater_tx, mut theater_rx) = channel(32);
///
/// // Create a message server host
/// let mut message_server = MessageServerHost::new(mailbox_tx, mailbox_rx, theater_tx);
///
/// // Set up host functions for an actor component
/// let engine = Engine::shared(Settings::for_guests(10))?;
/// let source = Source::new("pinger.wat", std::fs::read("scenarios/actors/pinger.wat")?);
/// let mut actor_component = ActorComponent::compile(source, &engine, None)?;
/// message_server.setup_host_functions(&mut actor_component)?;
/// actor_component.define_all()?; // What else is served: `runtime`, `timing`, `random`, `environment`.
/// let component = actor_component.finish()?;
///
/// // Add export functions to an actor instance
/// let mut actor_instance = ActorInstance::new(&component, &Limits::default())?;
/// message_server.add_export_functions(&mut actor_instance)?;
/// actor_instance.register_export(ACTOR, "init")?; // Not among the message server's.
///
/// // Start the message server host
/// let actor_handle = ActorHandle::new(ActorId(0), Box::new(Guest::of(actor_instance)));
/// let () = actor_handle.call_function(&mut message_server, "init", ())?;
/// let ping = ActorMessage::Request(ActorRequest { reply_to: CallId::default(), data: "ping".into() });
/// message_server.mailbox_tx().send(ping)?;
/// let (shutdown, shutdown_receiver) = ShutdownController::new();
/// let mut choices = Choices::new(Box::new(Fifo), false);
/// assert_eq!(message_server.start(&actor_handle, &shutdown_receiver, &mut choices)?, Served::Yielded);
/// let TheaterCommand::Respond { answer, .. } = theater_rx.recv()? else { panic!("it answers") };
/// assert_eq!(answer, HostAnswer::Bytes("pong".into()));
/// shutdown.signal_shutdown();
/// assert_eq!(message_server.start(&actor_handle, &shutdown_receiver, &mut choices)?, Served::Shutdown);
/// # Ok(())
/// # }
/// # #[cfg(feature = "wasm")]
/// # example().unwrap();
/// ```
///
/// # Security
///
/// * **Isolation.** A component has a memory of its own: it reaches others by messages alone, and what it asks of this
///   server is validated, addresses against the [`Directory`], channels and requests against its own. Native actors can be
///   no more isolated than Rust's types make them.
/// * **Tracking.** All that an actor does to others leaves as a [`TheaterCommand`] with the sender's id, which
///   the actor cannot choose; what is dropped or refused, and why, is a [line](MessageServerHost::lines).
/// * **Channels.** They are opened, accepted and closed by message; each end knows its own, and either may close it.
/// * **No leaks.** What a handler's error, panic or trap says goes to the host alone: into the [`MessageServerError`], an
///   `error:` line and [`TheaterCommand::ActorError`]. Whoever asked is told one of the closed texts of
///   [`Refusal`](crate::call::Refusal).
///
/// [`MessageServerError`]: super::MessageServerError
pub struct MessageServerHost {
    mailbox_tx: Sender<ActorMessage>,
    pub(super) mailbox_rx: Receiver<ActorMessage>,
    /// Holds `theater_tx`, `active_channels` and the outstanding requests: they go where the turn is.
    pub(super) desk: Desk,
    pub(super) handling: Option<Handled>,
}

/// What the actor is in the middle of.
#[derive(Clone, Copy)]
pub(super) struct Handled {
    pub export: &'static str,
    pub asker: Asker,
}

/// Why [`MessageServerHost::start`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// The mailbox is open and empty: the scheduler goes on, and starts the server again when there is mail.
    Yielded,
    /// The actor's handler waits for the answer to this call, which [`MessageServerHost::answer`] brings. Until
    /// then the mailbox waits too, as in Theater.
    Awaiting(CallId),
    /// The shutdown signal was given, and whoever waited for the actor was told. The mailbox is closed.
    Shutdown,
    /// The mailbox is closed, and all that was in it is processed.
    Closed,
    /// The door gave no answer: the run is over.
    Halted,
}

impl MessageServerHost {
    /// A message server with a mailbox and a queue to the runtime. It knows no other actor yet
    /// ([`with_directory`](MessageServerHost::with_directory)), and serves nothing but messages and logs
    /// ([`with_services`](MessageServerHost::with_services)).
    ///
    /// * `mailbox_tx`: where the actor's mail goes in. The server keeps it, so that its mailbox is not closed
    ///   before somebody [closes](Sender::close) it, and gives clones of it [out](MessageServerHost::mailbox_tx).
    /// * `mailbox_rx`: where the mail comes out: the other end of the same [`channel`](super::channel).
    /// * `theater_tx`: where all goes that leaves the actor, as [`TheaterCommand`]s for the runtime, who carries it. Where it
    ///   is full, host calls fail and change nothing; what becomes of answers is said at
    ///   [`process_message`](MessageServerHost::process_message).
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

    /// Who else there is: whom the actor may send to, and under which addresses. Without it every address is nobody's.
    pub fn with_directory(mut self, directory: Arc<Directory>) -> MessageServerHost {
        self.desk.office().directory = directory;
        self
    }

    /// Who serves what is no message: the clock, random numbers, the environment, the actor's own chain. A log line is a
    /// [line](MessageServerHost::lines) in any case.
    ///
    /// Without it each of these calls is [refused](crate::call::Refusal::Invalid). Native actors are told so, and guests
    /// where the import has an error to tell it by: `sleep`, `deadline` and all of `random`. Where it has none (`now`,
    /// `get-chain`, `get-var`, `list-vars`, `exists`) the guest traps, and its handler has failed.
    pub fn with_services(mut self, services: Services) -> MessageServerHost {
        self.desk.office().services = Some(services);
        self
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

    /// What happened that no message tells, oldest first: `log: …` for each of the actor's log lines, `warning: …` for the
    /// use of an unknown or closed channel and for what could not be told, `error: …` for a message that failed. It may have
    /// what a failed handler said: it is not for other actors.
    pub fn lines(&self) -> &[String] {
        &self.desk.get().lines
    }

    /// Takes the [lines](MessageServerHost::lines) out.
    pub fn take_lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.desk.office().lines)
    }
}
