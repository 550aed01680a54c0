//! Event chains: Theater's record of one actor, each event linked to the one before it by its hash.
//!
//! Reading ([`open`], [`ChainReader`]) and verifying ([`verify`]) go event by event, in memory that does
//! not grow with the file.

mod error;
mod event;
mod folder;
mod json;
mod read;
mod scan;
mod text;
mod verify;
mod write;

pub use error::{ChainError, Place};
pub use event::{ChainEvent, EventHash, Generation, hash_of};
pub use folder::{Opened, open};
pub use read::{ChainReader, EventSource, Layout, Limits, Lost, Stored};
pub use verify::{Break, Gap, GapKind, Verdict, Verifier, VerifyReport, verify};
pub use write::{ArrayWriter, write_array};
