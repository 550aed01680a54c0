//! One instance of a component: its store, and the exports that can be called.

use super::component::{GuestComponent, Outcome};
use super::error::LoadError;
use super::failure::failure;
use super::foreign;
use super::interface::{self, EXPORTS, Export, ExportSet};
use super::limiter::Limiter;
use super::linker::Context;
use super::memory::{self, Image, Memory};
use super::wire::WireAccept;
use crate::actor::{Ended, Failure, FailureKind, Input, NewState, Reply, Returned};
use crate::call::ForeignExport;
use crate::limits::Limits;
use crate::payload::Payload;
use crate::port::Port;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use wasmtime::component::{Instance, TypedFunc, Val};
use wasmtime::{AsContextMut, Store};

type State<'a> = Option<&'a [u8]>;
type Data<'a> = (&'a [u8],);
type Named<'a> = (&'a str, &'a [u8]);
type Handled<T> = (Result<T, String>,);
type NewBytes = Option<Vec<u8>>;

type Init = TypedFunc<(State<'static>,), Handled<(NewBytes,)>>;
type InitWithAddress = TypedFunc<(State<'static>, (&'static str,)), Handled<(NewBytes,)>>;
type HandleSend = TypedFunc<(State<'static>, Data<'static>), Handled<(NewBytes,)>>;
type HandleRequest = TypedFunc<(State<'static>, Named<'static>), Handled<(NewBytes, (NewBytes,))>>;
type HandleOpen = TypedFunc<(State<'static>, Named<'static>), Handled<(NewBytes, (WireAccept,))>>;
type HandleMessage = TypedFunc<(State<'static>, Named<'static>), Handled<(NewBytes,)>>;
type HandleClose = TypedFunc<(State<'static>, (&'static str,)), Handled<(NewBytes,)>>;

/// The exports that are registered.
#[derive(Default)]
struct Registered {
    these: ExportSet,
    init: Option<Init>,
    init_with_address: Option<InitWithAddress>,
    send: Option<HandleSend>,
    request: Option<HandleRequest>,
    open: Option<HandleOpen>,
    message: Option<HandleMessage>,
    close: Option<HandleClose>,
}

impl Back {
    /// For an instance that was made just now.
    fn of(component: &GuestComponent, instance: &Instance, store: &mut Store<Context>) -> Option<Back> {
        let memories = memory::taken();
        let setters = component.setters().iter().map(|index| instance.get_typed_func(&mut *store, index));
        let setters: Vec<_> = setters.collect::<wasmtime::Result<_>>().ok()?;
        if setters.is_empty() {
            return None;
        }
        component.first(|| memories.iter().map(Memory::image).collect())?;
        Some(Back { memories, setters })
    }
}

/// More than the bytes that may cross at once: room for what stands beside them.
const CROSSING_SPARE: u64 = 1 << 20;

/// Bytes that may cross between a guest and its host at once.
fn crossing(limits: &Limits) -> usize {
    let crossing = limits.effect_bytes.max(limits.state_bytes).saturating_add(CROSSING_SPARE);
    usize::try_from(crossing).unwrap_or(usize::MAX)
}

/// Calls a handler: on a stack of its own if an import may have to wait. A macro, since each function between would move
/// what is passed once more.
macro_rules! call {
    ($instance:expr, $handler:expr, $params:expr) => {
        if $instance.component.suspends() {
            $handler.call_async(&mut $instance.store, $params).await?
        } else {
            $handler.call(&mut $instance.store, $params)?
        }
    };
}

/// An instance of a component, alone in its store: nothing that another instance does can be seen in it.
///
/// Which of its exports are called is for its maker to say; [`Guest::of`](super::Guest::of) makes an actor of it, which
/// calls these and no others.
///
/// ```
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal::guest::*;
/// use rehearsal::limits::Limits;
///
/// let engine = Engine::shared(Settings::for_guests(1))?;
/// let source = Source::new("pinger.wat", std::fs::read("scenarios/actors/pinger.wat")?);
/// let component = GuestComponent::load(source, &engine, None)?;
/// let mut instance = ActorInstance::new(&component, &Limits::default())?;
/// assert_eq!(instance.register_export(MESSAGE_SERVER_CLIENT, "handle-request")?, Outcome::Done);
/// assert_eq!(instance.register_export(MESSAGE_SERVER_CLIENT, "handle-channel-open")?, Outcome::Missing);
/// assert!(instance.register_export(MESSAGE_SERVER_CLIENT, "handle-mail").is_err());
/// let actor = Guest::of(instance);
/// # drop(actor);
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
pub struct ActorInstance {
    component: GuestComponent,
    store: Store<Context>,
    instance: Instance,
    registered: Registered,
    limits: Arc<Limits>,
    back: Option<Back>,
}

/// What sets an instance back.
struct Back {
    memories: Vec<Memory>,
    setters: Vec<TypedFunc<(), ()>>,
}

impl ActorInstance {
    /// An instance with no export registered. What it may use up is bounded by `limits`: its memory from now on, its fuel
    /// and its state with each message.
    ///
    /// # Errors
    /// [`LoadError::Instantiation`] when a start function of the component traps or makes a host call, which has no host
    /// yet, or when it needs more memory than it may have.
    pub fn new(component: &GuestComponent, limits: &Limits) -> Result<ActorInstance, LoadError> {
        let (port, limits) = (Port::default(), Arc::new(limits.clone()));
        let made = std::pin::pin!(Self::instantiate(component, &limits, &port));
        let why = match made.poll(&mut TaskContext::from_waker(Waker::noop())) {
            Poll::Ready(Ok(instance)) => return Ok(instance),
            Poll::Ready(Err(failure)) => failure.message,
            Poll::Pending => "a start function waits for an answer".to_owned(),
        };
        Err(LoadError::Instantiation { component: component.name().to_owned(), why })
    }

    /// An instance that talks to the host by `port`.
    pub(super) async fn instantiate(
        component: &GuestComponent,
        limits: &Arc<Limits>,
        port: &Port,
    ) -> Result<ActorInstance, Failure> {
        let context = Context { port: port.clone(), limiter: Limiter::new(limits.memory_bytes) };
        let mut store = Store::new(component.engine(), context);
        drop(memory::taken());
        store.limiter(|context| &mut context.limiter);
        store.set_hostcall_fuel(crossing(limits));
        let made = match store.set_fuel(limits.fuel) {
            Err(error) => Err(error),
            Ok(()) if component.suspends() => component.pre().instantiate_async(&mut store).await,
            Ok(()) => component.pre().instantiate(&mut store),
        };
        match made {
            Ok(instance) => {
                let back = Back::of(component, &instance, &mut store);
                let (component, registered) = (component.clone(), Registered::default());
                let limits = limits.clone();
                Ok(ActorInstance { component, store, instance, registered, limits, back })
            }
            Err(error) => {
                let mut failure = failure(&error, port, &store.data().limiter);
                // No export was called, so there is no result that could be malformed.
                if failure.kind == FailureKind::MalformedResult {
                    failure.kind = FailureKind::Trap;
                }
                failure.message.insert_str(0, "cannot be instantiated: ");
                Err(failure)
            }
        }
    }

    pub(super) fn component(&self) -> &GuestComponent {
        &self.component
    }

    pub(super) fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    /// The exports that are registered, those among them too that the component does not have.
    pub(super) fn registered(&self) -> ExportSet {
        self.registered.these
    }

    /// From now on it talks to the host by `port`.
    pub(super) fn talk_by(&mut self, port: &Port) {
        self.store.data_mut().port = port.clone();
    }

    /// Whether it is of a kind that can be [set back](ActorInstance::set_back).
    pub(super) fn can_be_set_back(&self) -> bool {
        self.back.is_some()
    }

    /// Makes an instance whose last call returned as good as a new one that talks to the host by `port`, with the same
    /// exports registered; says whether that was done, and if not, it is of no more use.
    pub(super) async fn set_back(&mut self, limits: &Arc<Limits>, port: &Port) -> bool {
        let Some(back) = &self.back else { return false };
        let first = self.component.first(|| None).unwrap_or_default();
        let restored = back.memories.iter().zip(first).all(|(memory, first)| memory.put_back(first));
        let context = self.store.data_mut();
        context.port = port.clone();
        let fits = context.limiter.begin_anew(limits.memory_bytes, first.iter().map(Image::bytes).sum());
        self.limits.clone_from(limits);
        self.store.set_hostcall_fuel(crossing(limits));
        restored && fits && self.set_globals().await.is_ok()
    }

    async fn set_globals(&mut self) -> wasmtime::Result<()> {
        self.store.set_fuel(u64::MAX)?;
        for setter in self.back.iter().flat_map(|back| &back.setters) {
            match self.component.suspends() {
                true => setter.call_async(&mut self.store, ()).await?,
                false => setter.call(&mut self.store, ())?,
            }
        }
        self.store.set_fuel(self.limits.fuel)
    }

    /// Registers an export to be called: `interface` is [`ACTOR`](super::ACTOR) or
    /// [`MESSAGE_SERVER_CLIENT`](super::MESSAGE_SERVER_CLIENT). Where the component does not have it, that is
    /// [`Outcome::Missing`], and a message for it will fail; an `init` that is missing is none, as one that is not registered.
    ///
    /// # Errors
    /// [`LoadError::UnknownName`] when no message is ever handled by a function of that name. An export of another type than
    /// is called was refused before there could be an instance, by [`ActorComponent::finish`](super::ActorComponent::finish).
    pub fn register_export(&mut self, interface: &str, function: &str) -> Result<Outcome, LoadError> {
        let export = Export::ALL[interface::place(&EXPORTS, interface, function)?];
        self.register(export).map_err(|error| LoadError::ExportType {
            component: self.component.name().to_owned(),
            export: export.function().path(),
            expected: export.function().types.join(", or "),
            found: error.to_string(),
        })
    }

    /// Registers these exports and no others.
    pub(super) fn register_these(&mut self, these: ExportSet) -> wasmtime::Result<()> {
        if self.registered.these == these {
            return Ok(());
        }
        self.registered = Registered::default();
        let mut exports = Export::ALL.into_iter().filter(|export| these.has(*export));
        exports.try_for_each(|export| self.register(export).map(|_| ()))
    }

    fn register(&mut self, export: Export) -> wasmtime::Result<Outcome> {
        self.registered.these.add(export);
        let Some(exported) = self.component.export(export) else { return Ok(Outcome::Missing) };
        let index = &exported.index;
        let (instance, store, to) = (&self.instance, &mut self.store, &mut self.registered);
        match export {
            Export::Init if exported.form == 0 => to.init = Some(instance.get_typed_func(store, index)?),
            Export::Init => to.init_with_address = Some(instance.get_typed_func(store, index)?),
            Export::Send => to.send = Some(instance.get_typed_func(store, index)?),
            Export::Request => to.request = Some(instance.get_typed_func(store, index)?),
            Export::ChannelOpen => to.open = Some(instance.get_typed_func(store, index)?),
            Export::ChannelMessage => to.message = Some(instance.get_typed_func(store, index)?),
            Export::ChannelClose => to.close = Some(instance.get_typed_func(store, index)?),
        }
        Ok(Outcome::Done)
    }

    /// The fuel that the last input took.
    pub(super) fn fuel_used(&self) -> u64 {
        let fuel = self.limits.fuel;
        fuel - self.store.get_fuel().unwrap_or(fuel)
    }

    /// What is behind an error of [`handle`](ActorInstance::handle).
    pub(super) fn failure(&self, error: &wasmtime::Error, port: &Port) -> Failure {
        failure(error, port, &self.store.data().limiter)
    }

    /// Handles `actor.init`; an actor need not prepare itself. An error is one that ended the guest.
    pub(super) async fn init(&mut self, state: State<'_>, address: &str) -> wasmtime::Result<Ended> {
        self.begin()?;
        let handled = match (self.registered.init, self.registered.init_with_address) {
            (Some(init), _) => call!(self, init, (state,)),
            (_, Some(init)) => call!(self, init, (state, (address,))),
            (None, None) => return Ok(Ended::DONE),
        };
        Ok(self.plain(handled))
    }

    /// Handles any other input. An error is one that ended the guest.
    pub(super) async fn handle(&mut self, input: &Input, state: State<'_>) -> wasmtime::Result<Ended> {
        self.begin()?;
        Ok(match input {
            Input::Send { data } => {
                let Some(handler) = self.registered.send else {
                    return Ok(self.missing(input.export().unwrap_or("answer")));
                };
                let handled = call!(self, handler, (state, (data,)));
                self.plain(handled)
            }
            Input::Request { id, data } => {
                let Some(handler) = self.registered.request else {
                    return Ok(self.missing(input.export().unwrap_or("answer")));
                };
                match call!(self, handler, (state, (&id.to_string(), data))).0 {
                    Ok((state, (answer,))) => self.returned(state, Reply::Answer(answer.map(Payload::from))),
                    Err(error) => Ended::failed(FailureKind::ReturnedError, error),
                }
            }
            Input::ChannelOpen { channel, data } => {
                let Some(handler) = self.registered.open else {
                    return Ok(self.missing(input.export().unwrap_or("answer")));
                };
                match call!(self, handler, (state, (&channel.to_string(), data))).0 {
                    Ok((state, (accept,))) => self.returned(state, Reply::Accept(accept.into())),
                    Err(error) => Ended::failed(FailureKind::ReturnedError, error),
                }
            }
            Input::ChannelMessage { channel, data } => {
                let Some(handler) = self.registered.message else {
                    return Ok(self.missing(input.export().unwrap_or("answer")));
                };
                let handled = call!(self, handler, (state, (&channel.to_string(), data)));
                self.plain(handled)
            }
            Input::ChannelClose { channel } => {
                let Some(handler) = self.registered.close else {
                    return Ok(self.missing(input.export().unwrap_or("answer")));
                };
                let handled = call!(self, handler, (state, (&channel.to_string(),)));
                self.plain(handled)
            }
            Input::Foreign(foreign) => return self.foreign(foreign, state).await,
            Input::Init | Input::Answer(_) => self.missing(input.export().unwrap_or("answer")),
        })
    }

    /// Calls an export by its name, with parameters that a record has.
    async fn foreign(&mut self, call: &ForeignExport, state: State<'_>) -> wasmtime::Result<Ended> {
        let (interface, name) = call.export.rsplit_once('.').unwrap_or(("", &call.export));
        let inside = self.instance.get_export_index(&mut self.store, None, interface);
        let found = inside.and_then(|at| self.instance.get_export_index(&mut self.store, Some(&at), name));
        let function = found.and_then(|index| self.instance.get_func(&mut self.store, index));
        let Some(function) = function else { return Ok(self.missing(&call.export)) };
        let params = foreign::params(&mut self.store.as_context_mut(), &function, state, &call.params)?;
        let mut results = [Val::Bool(false)];
        match self.component.suspends() {
            true => function.call_async(&mut self.store, &params, &mut results).await?,
            false => function.call(&mut self.store, &params, &mut results)?,
        }
        Ok(match foreign::returned(&mut self.store.as_context_mut(), &results[0])? {
            Ok((state, rest)) => self.returned(state, Reply::Foreign(rest.to_string().into())),
            Err(error) => Ended::failed(FailureKind::ReturnedError, error),
        })
    }

    /// Begins a handled message: it has all the fuel that one may have.
    fn begin(&mut self) -> wasmtime::Result<()> {
        self.store.data_mut().limiter.begin();
        self.store.set_fuel(self.limits.fuel)
    }

    fn missing(&self, export: &str) -> Ended {
        let component = self.component.name();
        Ended::failed(
            FailureKind::MissingExport,
            format!("component `{component}` does not export `{export}`"),
        )
    }

    /// What a handler gave that hands back its state alone.
    fn plain(&self, (handled,): Handled<(NewBytes,)>) -> Ended {
        match handled {
            Ok((state,)) => self.returned(state, Reply::Nothing),
            Err(error) => Ended::failed(FailureKind::ReturnedError, error),
        }
    }

    fn returned(&self, state: NewBytes, reply: Reply) -> Ended {
        let length = state.as_ref().map_or(0, Vec::len) as u64;
        let most = self.limits.state_bytes;
        if length > most {
            let excess = format!("handed back a state of {length} bytes; the limit is {most}");
            return Ended::failed(FailureKind::LimitExceeded, excess);
        }
        Ended::Returned(Returned { state: NewState::Replaced(state.map(Payload::from)), reply })
    }
}
