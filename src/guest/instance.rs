//! One instance of a component: its store, and the exports that can be called.

use super::component::{GuestComponent, Outcome};
use super::error::LoadError;
use super::failure::failure;
use super::interface::{self, EXPORTS, Export};
use super::limiter::Limiter;
use super::linker::Context;
use super::wire::WireAccept;
use crate::actor::{Failure, FailureKind, Input, NewState, Reply, Returned};
use crate::limits::Limits;
use crate::payload::Payload;
use crate::port::Port;
use std::task::{Context as TaskContext, Poll, Waker};
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Instance, Lift, Lower, TypedFunc};

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
    init: Option<Init>,
    init_with_address: Option<InitWithAddress>,
    send: Option<HandleSend>,
    request: Option<HandleRequest>,
    open: Option<HandleOpen>,
    message: Option<HandleMessage>,
    close: Option<HandleClose>,
}

/// More than the bytes that may cross at once: room for what stands beside them.
const CROSSING_SPARE: u64 = 1 << 20;

/// An instance of a component, alone in its store: nothing that another instance does can be seen in it.
pub struct ActorInstance {
    component: GuestComponent,
    store: Store<Context>,
    instance: Instance,
    registered: Registered,
    fuel: u64,
}

impl ActorInstance {
    /// An instance with no export registered.
    ///
    /// # Errors
    /// When a start function of the component traps or makes a host call, which has no host yet.
    pub fn new(component: &GuestComponent, limits: &Limits) -> Result<ActorInstance, LoadError> {
        let port = Port::default();
        let made = std::pin::pin!(Self::instantiate(component, limits, &port));
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
        limits: &Limits,
        port: &Port,
    ) -> Result<ActorInstance, Failure> {
        let context = Context { port: port.clone(), limiter: Limiter::new(limits.memory_bytes) };
        let mut store = Store::new(component.engine(), context);
        store.limiter(|context| &mut context.limiter);
        let crossing = limits.effect_bytes.max(limits.state_bytes).saturating_add(CROSSING_SPARE);
        store.set_hostcall_fuel(usize::try_from(crossing).unwrap_or(usize::MAX));
        let made = match store.set_fuel(limits.fuel) {
            Err(error) => Err(error),
            Ok(()) if component.suspends() => component.pre().instantiate_async(&mut store).await,
            Ok(()) => component.pre().instantiate(&mut store),
        };
        match made {
            Ok(instance) => {
                let (component, registered) = (component.clone(), Registered::default());
                Ok(ActorInstance { component, store, instance, registered, fuel: limits.fuel })
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

    /// Registers an export to be called.
    ///
    /// # Errors
    /// When no message is ever handled by a function of that name, or the component has it with another type.
    pub fn register_export(&mut self, interface: &str, function: &str) -> Result<Outcome, LoadError> {
        let export = Export::ALL[interface::place(&EXPORTS, interface, function)?];
        self.register(export).map_err(|error| LoadError::ExportType {
            component: self.component.name().to_owned(),
            export: export.function().path(),
            expected: export.function().types[0].to_owned(),
            found: error.to_string(),
        })
    }

    /// Registers all the exports that the component has.
    pub(super) fn register_all(&mut self) -> wasmtime::Result<()> {
        Export::ALL.into_iter().try_for_each(|export| self.register(export).map(|_| ()))
    }

    fn register(&mut self, export: Export) -> wasmtime::Result<Outcome> {
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

    /// Begins a handled message: it has all the fuel that one may have.
    pub(super) fn begin(&mut self) -> wasmtime::Result<()> {
        self.store.data_mut().limiter.begin();
        self.store.set_fuel(self.fuel)
    }

    /// The fuel that was used since [`begin`](ActorInstance::begin).
    pub(super) fn fuel_used(&self) -> u64 {
        self.fuel - self.store.get_fuel().unwrap_or(self.fuel)
    }

    /// What is behind an error of [`handle`](ActorInstance::handle).
    pub(super) fn failure(&self, error: &wasmtime::Error, port: &Port) -> Failure {
        failure(error, port, &self.store.data().limiter)
    }

    /// Handles an input: the error of the handler is in the inner result, one that ended the guest is the outer.
    ///
    /// `None` when there is no such handler.
    pub(super) async fn handle(
        &mut self,
        input: &Input,
        state: Option<&Payload>,
        address: &str,
    ) -> wasmtime::Result<Option<Result<Returned, String>>> {
        let state = state.map(|bytes| &bytes[..]);
        let run = Run { store: &mut self.store, suspends: self.component.suspends() };
        let handlers = &self.registered;
        Ok(Some(match input {
            Input::Init => match (&handlers.init, &handlers.init_with_address) {
                (Some(init), _) => plain(run.call(init, (state,)).await?),
                (_, Some(init)) => plain(run.call(init, (state, (address,))).await?),
                (None, None) => return Ok(None),
            },
            Input::Send { data } => {
                let Some(handler) = &handlers.send else { return Ok(None) };
                plain(run.call(handler, (state, (data,))).await?)
            }
            Input::Request { id, data } => {
                let Some(handler) = &handlers.request else { return Ok(None) };
                let handled = run.call(handler, (state, (&id.to_string(), data))).await?.0;
                handled.map(|(state, (answer,))| returned(state, Reply::Answer(answer.map(Payload::from))))
            }
            Input::ChannelOpen { channel, data } => {
                let Some(handler) = &handlers.open else { return Ok(None) };
                let handled = run.call(handler, (state, (&channel.to_string(), data))).await?.0;
                handled.map(|(state, (accept,))| returned(state, Reply::Accept(accept.into())))
            }
            Input::ChannelMessage { channel, data } => {
                let Some(handler) = &handlers.message else { return Ok(None) };
                plain(run.call(handler, (state, (&channel.to_string(), data))).await?)
            }
            Input::ChannelClose { channel } => {
                let Some(handler) = &handlers.close else { return Ok(None) };
                plain(run.call(handler, (state, (&channel.to_string(),))).await?)
            }
            Input::Answer(_) => return Ok(None),
        }))
    }
}

/// A call to be made.
struct Run<'a> {
    store: &'a mut Store<Context>,
    suspends: bool,
}

impl Run<'_> {
    async fn call<P, R>(self, handler: &TypedFunc<P, R>, params: P) -> wasmtime::Result<R>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        if self.suspends {
            handler.call_async(self.store, params).await
        } else {
            // Nothing that it imports can wait, so it needs no stack of its own.
            handler.call(self.store, params)
        }
    }
}

/// A handler that hands back its state alone.
fn plain((handled,): Handled<(NewBytes,)>) -> Result<Returned, String> {
    handled.map(|(state,)| returned(state, Reply::Nothing))
}

fn returned(state: NewBytes, reply: Reply) -> Returned {
    Returned { state: NewState::Replaced(state.map(Payload::from)), reply }
}
