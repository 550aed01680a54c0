//! A component as an actor of the cast.

use super::component::GuestComponent;
use super::instance::ActorInstance;
use crate::actor::{Actor, Ended, Failure, FailureKind, Input, NewState, Returned, Turn};
use crate::limits::Limits;
use crate::payload::Payload;
use crate::port::Port;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// What was handled to its end.
struct Handled {
    /// Can go on handling; none after a failure that leaves the store in pieces.
    instance: Option<ActorInstance>,
    fuel: u64,
    ended: Ended,
}

/// Where a guest is between two turns.
enum Phase {
    /// There is no instance; the next input makes one.
    Absent,
    /// Waits for an input.
    Idle(ActorInstance),
    /// Handles an input, and is suspended in a host call. It owns the instance, so that dropping it at any time is safe.
    Busy(Pin<Box<dyn Future<Output = Handled>>>),
}

/// An actor that is a component, alone in its own memory.
///
/// Its state is the host's: it comes with each input and goes back with each result. What a guest hides in its memory
/// besides lives until it fails or is [`reset`](Actor::reset); see [`fresh_each_time`](Guest::fresh_each_time).
pub struct Guest {
    component: GuestComponent,
    limits: Arc<Limits>,
    fresh: bool,
    port: Port,
    phase: Phase,
    fuel_used: u64,
}

impl Guest {
    /// An actor that runs `component`. The instance is made when it is first needed.
    pub fn new(component: &GuestComponent, limits: &Arc<Limits>) -> Guest {
        Guest {
            component: component.clone(),
            limits: limits.clone(),
            fresh: false,
            port: Port::default(),
            phase: Phase::Absent,
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

    fn begin(&mut self, input: Input, turn: &mut Turn<'_>) -> Pin<Box<dyn Future<Output = Handled>>> {
        let work = Work {
            state: turn.state(),
            address: if matches!(input, Input::Init) { turn.address().to_owned() } else { String::new() },
            input,
            component: self.component.clone(),
            limits: self.limits.clone(),
            port: self.port.clone(),
        };
        match std::mem::replace(&mut self.phase, Phase::Absent) {
            Phase::Idle(instance) => Box::pin(work.run(Some(instance))),
            // Whatever was under way is dropped with its store: that is how a suspended guest is killed.
            Phase::Absent | Phase::Busy(_) => Box::pin(work.run(None)),
        }
    }
}

impl Actor for Guest {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        let (mut work, answer) = match input {
            Input::Answer(answer) => match std::mem::replace(&mut self.phase, Phase::Absent) {
                Phase::Busy(work) => (work, Some(answer)),
                idle => {
                    self.phase = idle;
                    return Ended::failed(FailureKind::Trap, "an answer came that nobody waits for");
                }
            },
            input => (self.begin(input, turn), None),
        };
        match self.port.poll(turn, answer, work.as_mut()) {
            Poll::Pending => {
                self.phase = Phase::Busy(work);
                Ended::Awaiting
            }
            Poll::Ready(handled) => {
                self.fuel_used = handled.fuel;
                self.phase = match handled.instance {
                    Some(instance) if !self.fresh => Phase::Idle(instance),
                    _ => Phase::Absent,
                };
                handled.ended
            }
        }
    }

    fn reset(&mut self) -> bool {
        self.phase = Phase::Absent;
        self.fuel_used = 0;
        true
    }

    /// A guest hands back its state with each result. That it has no other is for
    /// [`fresh_each_time`](Guest::fresh_each_time) to find out.
    fn tells_all(&self) -> bool {
        true
    }
}

/// One input and what is needed to handle it.
struct Work {
    input: Input,
    state: Option<Payload>,
    address: String,
    component: GuestComponent,
    limits: Arc<Limits>,
    port: Port,
}

impl Work {
    /// Handles the input with an instance that there is, or a new one.
    async fn run(self, instance: Option<ActorInstance>) -> Handled {
        let mut instance = match instance {
            Some(instance) => instance,
            None => match self.instantiate().await {
                Ok(instance) => instance,
                Err(failure) => return Handled { instance: None, fuel: 0, ended: Ended::Failed(failure) },
            },
        };
        let handled = match instance.begin() {
            Ok(()) => instance.handle(&self.input, self.state.as_ref(), &self.address).await,
            Err(error) => Err(error),
        };
        let fuel = instance.fuel_used();
        match handled {
            Ok(handled) => Handled { instance: Some(instance), fuel, ended: self.ended(handled) },
            Err(error) => {
                let failure = instance.failure(&error, &self.port);
                Handled { instance: None, fuel, ended: Ended::Failed(failure) }
            }
        }
    }

    async fn instantiate(&self) -> Result<ActorInstance, Failure> {
        let mut instance = ActorInstance::instantiate(&self.component, &self.limits, &self.port).await?;
        match instance.register_all() {
            Ok(()) => Ok(instance),
            Err(error) => Err(instance.failure(&error, &self.port)),
        }
    }

    /// How a turn ended whose handler came back, or was missing.
    fn ended(&self, handled: Option<Result<Returned, String>>) -> Ended {
        match handled {
            Some(Ok(returned)) => match self.excess(&returned.state) {
                Some(excess) => Ended::failed(FailureKind::LimitExceeded, excess),
                None => Ended::Returned(returned),
            },
            Some(Err(error)) => Ended::failed(FailureKind::ReturnedError, error),
            // An actor need not prepare itself.
            None if matches!(self.input, Input::Init) => Ended::DONE,
            None => {
                let name = self.input.export().unwrap_or_default();
                let component = self.component.name();
                Ended::failed(FailureKind::MissingExport, format!("component `{component}` does not export `{name}`"))
            }
        }
    }

    /// What is wrong with a state that is too large.
    fn excess(&self, state: &NewState) -> Option<String> {
        let NewState::Replaced(Some(bytes)) = state else { return None };
        let (length, limit) = (bytes.len() as u64, self.limits.state_bytes);
        (length > limit).then(|| format!("handed back a state of {length} bytes; the limit is {limit}"))
    }
}
