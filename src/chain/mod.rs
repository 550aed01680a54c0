//! Event chains: Theater's record of one actor, each event linked to the one before it by its hash.
//!
//! Reading ([`open`], [`ChainReader`]) and verifying ([`verify`]) go event by event, in memory that does
//! not grow with the file.

mod build;
mod call;
mod decode;
mod decode_a;
mod error;
mod event;
mod folder;
mod form_a;
mod json;
mod node;
mod read;
mod scan;
mod show;
mod text;
mod val;
mod verify;
mod write;

pub use build::{ChainBuilder, ChainForm};
pub use call::{ENVIRONMENT, HostCall, MESSAGING, RANDOM, RUNTIME, TIMING};
pub use decode::{Answer, Arg, Decoded, Invocation, Recorded, Reply, decode};
pub use error::{ChainError, Place};
pub use event::{ChainEvent, EventHash, Generation, hash_of};
pub(crate) use event::{put_bytes, put_text};
pub use folder::{Opened, open};
pub use read::{ChainReader, EventSource, Layout, Limits, Lost, Stored};
pub use show::{lines, show, summary};
pub use val::Val;
pub use verify::{Break, Gap, GapKind, Verdict, Verifier, VerifyReport, verify};
pub use write::{ArrayWriter, write_array};
