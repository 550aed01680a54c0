//! The message server of an actor: its channels, its outstanding requests, the six messages, and what leaves it.
//!
//! The names are Theater's. Queues of ours stand where tokio's senders and receivers stood, ordered maps where hash maps stood,
//! and nothing here waits: who would, returns to the scheduler.

mod channels;
mod directory;
mod error;
pub mod functions;
mod handle;
mod host;
mod known;
mod message;
mod office;
mod queue;
mod settle;
mod shutdown;
mod wiring;

pub use crate::actor::ChannelAccept;
pub use channels::{Admission, Asker, ChannelState, Channels};
pub use directory::Directory;
pub use error::{ActorError, MessageServerError};
pub use handle::ActorHandle;
pub use host::{MessageServerHost, Served};
pub use known::KnownChannels;
pub use message::*;
pub use office::{Services, Waiting};
pub use queue::{ReceiveError, Receiver, SendError, Sender, channel};
pub use settle::Settled;
pub use shutdown::{ShutdownController, ShutdownReceiver};
