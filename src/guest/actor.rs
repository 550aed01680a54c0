//! A component as an actor of the cast.

use super::component::GuestComponent;
use super::idle;
use super::instance::ActorInstance;
use super::interface::ExportSet;
use crate::actor::{Actor, Ended, Failure, FailureKind, Input, Turn};
use crate::limits::Limits;
use crate::payload::Payload;
use crate::port::Port;
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// An actor that is a component, alone in its own memory. An [`ActorHandle`](crate::message_server::ActorHandle) and
/// a [`MessageServerHost`](crate::message_server::MessageServerHost) serve one; in a cast, a scenario's `component` is one.
///
/// ```
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal::guest::{Engine, Guest, GuestComponent, Settings, Source};
/// use rehearsal::id::ActorId;
/// use rehearsal::limits::Limits;
/// use rehearsal::message_server::{ActorHandle, MessageServerHost, channel};
/// use std::sync::Arc;
///
/// let engine = Engine::shared(Settings::for_guests(1))?;
/// let source = Source::new("pinger.wat", std::fs::read("scenarios/actors/pinger.wat")?);
/// let component = GuestComponent::load(source, &engine, None)?;
/// let guest = Guest::new(&component, &Arc::new(Limits::default()));
/// let actor = ActorHandle::new(ActorId(0), Box::new(guest));
/// let ((mailbox_tx, mailbox_rx), (theater_tx, _theater_rx)) = (channel(1), channel(1));
/// let mut server = MessageServerHost::new(mailbox_tx, mailbox_rx, theater_tx);
/// let id = "00000000-0000-0000-0000-000000000001";
/// let (answer,): (Option<Vec<u8>>,) = actor.call_function(&mut server, "handle-request", (id, b"ping"))?;
/// assert_eq!(answer.as_deref(), Some(&b"pong"[..]));
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
///
/// Its state is the host's: it comes with each input and goes back with each result. What a guest hides in its memory
/// besides lives until it fails or is [`reset`](Actor::reset); see [`fresh_each_time`](Guest::fresh_each_time).
pub struct Guest {
    component: GuestComponent,
    limits: Arc<Limits>,
    exports: ExportSet,
    /// One that was made before the guest was, for the work to begin with.
    first: Option<ActorInstance>,
    fresh: bool,
    port: Port,
    desk: Rc<Desk>,
    /// Owns the instance, and ends with it: then the next input begins another. Dropping it at any time is safe,
    /// and that is how a suspended guest is killed.
    work: Option<Pin<Box<dyn Future<Output = ()>>>>,
    awaiting: bool,
    /// Whether the work waits for its next input, and nothing else.
    ready: bool,
    fuel_used: u64,
}

impl Guest {
    /// An actor that runs `component`, with all its exports. The instance is made when it is first needed.
    pub fn new(component: &GuestComponent, limits: &Arc<Limits>) -> Guest {
        Guest::with(component, limits, ExportSet::ALL, None)
    }

    /// An actor that begins with this instance, under the limits that it was made for. Of its exports those are called
    /// that are [registered](ActorInstance::register_export), `init` too; a message for another fails with
    /// [`FailureKind::MissingExport`], and an `init` that is not registered does nothing. So it is in each instance that
    /// takes the place of the first: after a failure or a [`reset`](Actor::reset) the actor begins with another.
    pub fn of(instance: ActorInstance) -> Guest {
        let (component, limits) = (instance.component().clone(), instance.limits().clone());
        Guest::with(&component, &limits, instance.registered(), Some(instance))
    }

    fn with(
        component: &GuestComponent,
        limits: &Arc<Limits>,
        exports: ExportSet,
        first: Option<ActorInstance>,
    ) -> Guest {
        Guest {
            component: component.clone(),
            limits: limits.clone(),
            exports,
            first,
            fresh: false,
            port: Port::default(),
            desk: Rc::default(),
            work: None,
            awaiting: false,
            ready: false,
            fuel_used: 0,
        }
    }

    /// Whether each input is handled by a new instance. An actor that behaves differently then keeps something
    /// in its memory that is not in its state, and state fingerprints would be wrong about it.
    pub fn fresh_each_time(mut self, fresh: bool) -> Guest {
        self.fresh = fresh;
        self
    }

    /// The fuel that the last handled message took, over all its turns.
    pub fn fuel_used(&self) -> u64 {
        self.fuel_used
    }

    /// Ends the work. An instance that waits for its next input is kept for another guest to begin with.
    fn leave(&mut self) {
        self.awaiting = false;
        let Some(mut work) = self.work.take() else { return };
        if std::mem::take(&mut self.ready) {
            self.desk.left.set(true);
            let ended = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            debug_assert!(ended.is_ready(), "it was waiting for an input");
        }
    }

    /// Puts an input where the work finds it.
    fn give(&mut self, input: Input, turn: &Turn<'_>) {
        if std::mem::take(&mut self.awaiting) {
            self.work = None;
        }
        if matches!(input, Input::Init) {
            self.desk.address.replace(turn.address().to_owned());
        }
        self.desk.given.set(Some(Given { input, state: turn.state() }));
    }
}

impl Actor for Guest {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        let answer = match input {
            Input::Answer(answer) if self.awaiting => Some(answer),
            Input::Answer(_) => {
                return Ended::failed(FailureKind::Trap, "an answer came that nobody waits for");
            }
            input => {
                self.give(input, turn);
                None
            }
        };
        let work = self.work.get_or_insert_with(|| {
            let worker = Worker {
                component: self.component.clone(),
                limits: self.limits.clone(),
                exports: self.exports,
                port: self.port.clone(),
                desk: self.desk.clone(),
            };
            Box::pin(worker.run(self.first.take(), self.fresh))
        });
        self.ready = false;
        if self.port.poll(turn, answer, work.as_mut()).is_ready() {
            self.work = None;
        }
        let done = self.desk.done.take();
        self.awaiting = done.is_none();
        self.ready = done.is_some() && self.work.is_some();
        match done {
            Some(done) => {
                self.fuel_used = done.fuel;
                done.ended
            }
            None => Ended::Awaiting,
        }
    }

    fn reset(&mut self) -> bool {
        self.leave();
        self.fuel_used = 0;
        true
    }

    /// A guest hands back its state with each result. That it has no other is for
    /// [`fresh_each_time`](Guest::fresh_each_time) to find out; its chain is one, where it may read it.
    fn tells_all(&self) -> bool {
        !self.reads_chain()
    }

    fn reads_chain(&self) -> bool {
        self.component.reads_chain()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Where a guest and its work leave things for each other. One future lasts as long as an instance: a new one for each
/// message would cost as much as the message.
#[derive(Default)]
struct Desk {
    given: Cell<Option<Given>>,
    /// The actor's own; only `init` wants it.
    address: RefCell<String>,
    done: Cell<Option<Done>>,
    /// Whether nothing more is given.
    left: Cell<bool>,
}

/// An input and the state that comes with it.
struct Given {
    input: Input,
    state: Option<Payload>,
}

/// What was handled to its end.
struct Done {
    ended: Ended,
    fuel: u64,
}

/// Makes an instance and handles one input after the other with it.
struct Worker {
    component: GuestComponent,
    limits: Arc<Limits>,
    exports: ExportSet,
    port: Port,
    desk: Rc<Desk>,
}

impl Worker {
    /// Works until the instance is in pieces, or has handled one input if none may handle more.
    async fn run(self, first: Option<ActorInstance>, once: bool) {
        let mut instance = match self.instantiate(first).await {
            Ok(instance) => instance,
            Err(failure) => {
                self.desk.given.take();
                return self.done(Ended::Failed(failure), 0);
            }
        };
        loop {
            let given = std::future::poll_fn(|_| match self.desk.given.take() {
                None if !self.desk.left.take() => Poll::Pending,
                given => Poll::Ready(given),
            });
            let Some(Given { input, state }) = given.await else { return idle::keep(instance) };
            let handled = match input {
                Input::Init => {
                    let address = self.desk.address.take();
                    instance.init(state.as_deref(), &address).await
                }
                _ => instance.handle(&input, state.as_deref()).await,
            };
            let fuel = instance.fuel_used();
            match handled {
                Ok(ended) => self.done(ended, fuel),
                Err(error) => return self.done(Ended::Failed(instance.failure(&error, &self.port)), fuel),
            }
            if once {
                return idle::keep(instance);
            }
        }
    }

    fn done(&self, ended: Ended, fuel: u64) {
        self.desk.done.set(Some(Done { ended, fuel }));
    }

    async fn instantiate(&self, first: Option<ActorInstance>) -> Result<ActorInstance, Failure> {
        let mut instance = self.instance(first).await?;
        match instance.register_these(self.exports) {
            Ok(()) => Ok(instance),
            Err(error) => Err(instance.failure(&error, &self.port)),
        }
    }

    async fn instance(&self, first: Option<ActorInstance>) -> Result<ActorInstance, Failure> {
        if let Some(mut first) = first {
            first.talk_by(&self.port);
            return Ok(first);
        }
        if let Some(mut kept) = idle::take(&self.component)
            && kept.set_back(&self.limits, &self.port).await
        {
            return Ok(kept);
        }
        ActorInstance::instantiate(&self.component, &self.limits, &self.port).await
    }
}
