//! The message server of an actor: its channels, its outstanding requests, the six messages, and what leaves it.
//!
//! The names are Theater's. Queues of ours stand where tokio's senders and receivers stood, ordered maps where hash maps stood,
//! and nothing here waits: who would, returns to the scheduler.
//!
//! | Theater has | here |
//! |---|---|
//! | `MessageServerHost`, `ChannelState`, `ChannelAccept`, `MessageServerError` | the same names |
//! | `new`, `setup_host_functions`, `add_export_functions`, `start`, `process_message` | methods of [`MessageServerHost`] |
//! | `send`, `request`, `open-channel`, `send-on-channel`, `close-channel` | [`functions`] |
//! | `handle-send` and the other four exports | [`Handler`](crate::native::Handler), or a component's exports |
//! | `mpsc::channel` | [`channel`], with [`Sender`], [`Receiver`] and [`Permit`] |
//! | `ActorHandle`, `ShutdownReceiver`, `ActorMessage`, `TheaterCommand` | the same names |
//!
//! # Security
//!
//! Actors are isolated: a component has a memory of its own, and every word between two actors is an [`ActorMessage`] that
//! a server has validated. Every operation is tracked: it leaves as a [`TheaterCommand`] with its sender's id, or it is refused,
//! and then the host has a line of it. What a handler's error, panic or trap says is for the host and its reports: no
//! other actor is told more than one of the closed texts of [`Refusal`](crate::call::Refusal). Channels are
//! opened, accepted and closed explicitly, by either end.

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
mod serving;
mod settle;
mod shutdown;
mod telling;
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
pub use queue::{Permit, ReceiveError, Receiver, SendError, Sender, channel};
pub use settle::Settled;
pub use shutdown::{ShutdownController, ShutdownReceiver};
