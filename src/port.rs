//! The way from inside a suspended computation to the host: a guest's fibre, or an async handler.
//!
//! A future cannot keep a borrow of the host across turns. So the host is lent to the port for the length
//! of each turn, and the port is what the future holds. A lock where no thread ever waits: wasmtime
//! wants what a store holds to be `Send`.

use crate::actor::{Called, FailureKind, Host, Turn};
use crate::call::{HostAnswer, HostCall};
use crate::payload::Payload;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

#[derive(Default)]
struct Inner {
    host: Option<Box<dyn Host>>,
    answer: Option<HostAnswer>,
    stop: Option<(FailureKind, &'static str)>,
}

/// A shared handle to the host that is lent for the turn.
#[derive(Clone, Default)]
pub struct Port(Arc<Mutex<Inner>>);

/// Why a host call gives no answer: the turn must end now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", .0.name(), .1)]
pub struct Stopped(pub FailureKind, pub &'static str);

impl Port {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a host call; the future is ready at once unless the call suspends.
    pub fn call(&self, call: HostCall) -> CallFuture {
        CallFuture { port: self.clone(), call: Some(call) }
    }

    /// Makes a host call at once: its answer, or nothing when it suspends, and then [`answer`](Port::answer)
    /// is what to wait for.
    ///
    /// # Errors
    /// When the turn must end.
    pub fn begin(&self, call: HostCall) -> Result<Option<HostAnswer>, Stopped> {
        match self.make(call) {
            Called::Answered(answer) => Ok(Some(answer)),
            Called::Suspended => Ok(None),
            Called::Stop(kind, text) => Err(Stopped(kind, text)),
        }
    }

    /// The answer to the call that suspended.
    pub fn answer(&self) -> impl Future<Output = HostAnswer> + '_ {
        std::future::poll_fn(|_| match self.inner().answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        })
    }

    /// Makes a host call that is known not to suspend.
    ///
    /// # Errors
    /// When the turn must end.
    pub fn call_now(&self, call: HostCall) -> Result<HostAnswer, Stopped> {
        match self.make(call) {
            Called::Answered(answer) => Ok(answer),
            Called::Stop(kind, text) => Err(Stopped(kind, text)),
            Called::Suspended => Err(Stopped(FailureKind::Trap, "a call suspended where none can")),
        }
    }

    fn make(&self, call: HostCall) -> Called {
        let mut inner = self.inner();
        let called = match &mut inner.host {
            Some(host) => host.call(call),
            None => Called::Stop(FailureKind::Trap, "a host call outside of any turn"),
        };
        if let Called::Stop(kind, text) = called {
            inner.stop = Some((kind, text));
        }
        called
    }

    /// The state that the host keeps for the actor.
    pub fn state(&self) -> Option<Payload> {
        self.inner().host.as_ref().and_then(|host| host.state())
    }

    /// Whether the host ended the turn, and why: then that is the failure, whatever the computation made of it.
    pub fn stopped(&self) -> Option<(FailureKind, &'static str)> {
        self.inner().stop
    }

    /// Lends the host of `turn` to the port, polls `work` once, and gives the host back. `answer`
    /// is what a suspended call was waiting for.
    pub fn poll<T>(
        &self,
        turn: &mut Turn<'_>,
        answer: Option<HostAnswer>,
        work: Pin<&mut (dyn Future<Output = T> + '_)>,
    ) -> Poll<T> {
        {
            let mut inner = self.inner();
            inner.host = Some(turn.host().lend());
            inner.answer = answer;
            inner.stop = None;
        }
        // The host goes back even when the work panics: a native actor's panic is that actor's failure.
        let back = Back { port: self, turn };
        let polled = work.poll(&mut Context::from_waker(Waker::noop()));
        drop(back);
        polled
    }
}

struct Back<'a, 'b> {
    port: &'a Port,
    turn: &'a mut Turn<'b>,
}

impl Drop for Back<'_, '_> {
    fn drop(&mut self) {
        if let Some(host) = self.port.inner().host.take() {
            self.turn.host().take_back(host);
        }
    }
}

/// A host call under way.
pub struct CallFuture {
    port: Port,
    call: Option<HostCall>,
}

impl Future for CallFuture {
    type Output = Result<HostAnswer, Stopped>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(call) = self.call.take() {
            return match self.port.begin(call) {
                Ok(Some(answer)) => Poll::Ready(Ok(answer)),
                Ok(None) => Poll::Pending,
                Err(stopped) => Poll::Ready(Err(stopped)),
            };
        }
        match self.port.inner().answer.take() {
            Some(answer) => Poll::Ready(Ok(answer)),
            None => Poll::Pending,
        }
    }
}
