//! The way to an actor: calls a function of it.

use super::error::{ActorError, MessageServerError};
use super::host::MessageServerHost;
use super::office::Desk;
use crate::actor::{Actor, Ended, FailureKind, Input, NewState, Reply, Turn, panic_text};
use crate::id::{ActorId, ChannelId, RequestId};
use crate::payload::Payload;
use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// A handle to one actor, native or a component: clones of it are handles to the same.
///
/// ```
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal::id::ActorId;
/// use rehearsal::message_server::{ActorHandle, MessageServerHost, channel};
/// use rehearsal::native::builtin;
///
/// let ((mailbox_tx, mailbox_rx), (theater_tx, _theater_rx)) = (channel(1), channel(1));
/// let mut server = MessageServerHost::new(mailbox_tx, mailbox_rx, theater_tx);
/// let actor = ActorHandle::new(ActorId(0), builtin("counter").expect("it comes with the tool"));
/// let () = actor.call_function(&mut server, "theater:simple/actor.init", ())?;
/// let () = actor.call_function(&mut server, "handle-send", (b"one",))?;
/// assert_eq!(actor.state().and_then(|state| state.json()), Some(serde_json::json!({ "count": 1 })));
/// actor.stop();
/// let error = actor.call_function::<_, ()>(&mut server, "handle-send", (b"two",)).unwrap_err();
/// assert_eq!(error.to_string(), "Actor error: channel closed");
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
#[derive(Clone)]
pub struct ActorHandle {
    id: ActorId,
    inner: Rc<RefCell<Inner>>,
}

struct Inner {
    actor: Box<dyn Actor>,
    state: Option<Payload>,
    gone: bool,
}

impl ActorHandle {
    /// A handle to `actor`, which is known as `id` in the [`Directory`](super::Directory).
    pub fn new(id: ActorId, actor: Box<dyn Actor>) -> ActorHandle {
        ActorHandle { id, inner: Rc::new(RefCell::new(Inner { actor, state: None, gone: false })) }
    }

    /// The same, with the state that the host keeps for the actor.
    pub fn with_state(self, state: impl Into<Payload>) -> ActorHandle {
        self.inner.borrow_mut().state = Some(state.into());
        self
    }

    /// Which actor.
    pub fn id(&self) -> ActorId {
        self.id
    }

    /// The state that the host keeps for the actor, or the actor's own word on it.
    pub fn state(&self) -> Option<Payload> {
        let inner = self.inner.borrow();
        inner.actor.state().or_else(|| inner.state.clone())
    }

    /// Ends the actor: whatever is called on it from now on fails with [`ActorError::ChannelClosed`].
    pub fn stop(&self) {
        self.inner.borrow_mut().gone = true;
    }

    /// Whether the actor is ended.
    pub fn is_stopped(&self) -> bool {
        self.inner.borrow().gone
    }

    /// Calls an exported function by its name, with or without its interface: `init` or one of the five handlers.
    /// Parameters and result are those of the chains: a tuple of the function's parameters without the state, bytes as
    /// lists of numbers; the result without the state, too. The actor's host calls are `server`'s to serve.
    ///
    /// # Errors
    /// [`SerializationError`](MessageServerError::SerializationError) when the parameters or the result do not fit;
    /// [`ActorError`](MessageServerError::ActorError) when there is no such function, or it failed;
    /// [`HandlerError`](MessageServerError::HandlerError) when the actor is in the middle of another, or came to wait in
    /// this one, whose result is then lost.
    pub fn call_function<P: Serialize, R: DeserializeOwned>(
        &self,
        server: &mut MessageServerHost,
        function: &str,
        params: P,
    ) -> Result<R, MessageServerError> {
        let input = input(function, serde_json::to_value(params)?)?;
        let result = match server.run(self, input)? {
            Reply::Nothing | Reply::Foreign(_) => Value::Null,
            Reply::Answer(data) => serde_json::to_value((data.as_deref(),))?,
            Reply::Accept(accept) => serde_json::to_value((accept,))?,
        };
        Ok(serde_json::from_value(result)?)
    }

    /// One turn: its host calls are served at `desk`, and its state is kept.
    pub(super) fn turn(&self, desk: &mut Desk, input: Input) -> Result<Ended, ActorError> {
        let inner = &mut *self.inner.borrow_mut();
        if inner.gone {
            return Err(ActorError::ChannelClosed);
        }
        desk.office().state.clone_from(&inner.state);
        let actor = &mut inner.actor;
        let turned = catch_unwind(AssertUnwindSafe(|| actor.turn(input, &mut Turn::new(desk))));
        let ended = match turned {
            Ok(ended) => ended,
            Err(panic) => {
                // What a panic leaves behind is nobody's state: the actor begins anew, or not at all.
                inner.gone = !inner.actor.reset();
                Ended::failed(FailureKind::Trap, panic_text(&*panic))
            }
        };
        if let Ended::Returned(returned) = &ended
            && let NewState::Replaced(state) = &returned.state
        {
            inner.state.clone_from(state);
        }
        Ok(ended)
    }

    /// Ends what the actor is in the middle of: it begins anew, or is gone where it cannot.
    pub(super) fn abandon(&self) {
        let inner = &mut *self.inner.borrow_mut();
        inner.gone |= !inner.actor.reset();
    }
}

impl std::fmt::Debug for ActorHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActorHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The input that calls a function with these parameters.
fn input(function: &str, params: Value) -> Result<Input, MessageServerError> {
    type Named = (String, Vec<u8>);
    let channel = |text: &str| {
        ChannelId::parse(text).ok_or_else(|| serde_json::Error::custom(format!("`{text}` names no channel")))
    };
    let name = function.strip_prefix("theater:simple/message-server-client.").unwrap_or(function);
    let name = name.strip_prefix("theater:simple/actor.").unwrap_or(name);
    Ok(match name {
        "init" => Input::Init,
        "handle-send" => {
            let (data,): (Vec<u8>,) = serde_json::from_value(params)?;
            Input::Send { data: data.into() }
        }
        "handle-request" => {
            let (id, data): Named = serde_json::from_value(params)?;
            let id = RequestId::parse(&id)
                .ok_or_else(|| serde_json::Error::custom(format!("`{id}` names no request")))?;
            Input::Request { id, data: data.into() }
        }
        "handle-channel-open" => {
            let (id, data): Named = serde_json::from_value(params)?;
            Input::ChannelOpen { channel: channel(&id)?, data: data.into() }
        }
        "handle-channel-message" => {
            let (id, data): Named = serde_json::from_value(params)?;
            Input::ChannelMessage { channel: channel(&id)?, data: data.into() }
        }
        "handle-channel-close" => {
            let (id,): (String,) = serde_json::from_value(params)?;
            Input::ChannelClose { channel: channel(&id)? }
        }
        _ => return Err(ActorError::FunctionNotFound(function.to_owned()).into()),
    })
}
