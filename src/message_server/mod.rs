//! The message server of an actor: its channels, its outstanding requests, the six messages, and what leaves it.

mod channels;
mod directory;
pub mod functions;
mod message;
mod settle;

pub use crate::actor::ChannelAccept;
pub use channels::{Admission, Asker, ChannelState, Channels};
pub use directory::Directory;
pub use message::*;
pub use settle::Settled;

/// Something went wrong with an actor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActorError {
    /// The actor lacks the function that was to be called.
    #[error("Function not found: {0}")]
    FunctionNotFound(String),
    /// The function did not come to an end of its own.
    #[error("{}: {}", .0.kind.name(), .0.message)]
    Failed(crate::actor::Failure),
    /// The actor is gone.
    #[error("channel closed")]
    ChannelClosed,
}
