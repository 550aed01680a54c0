//! Actors in native Rust: handlers written as plainly as a guest's, and a few actors that come with the tool.

mod builtin;
mod context;
mod handler;
mod stand_in;
mod typed;

pub(crate) use builtin::refuses;
pub use builtin::{NAMES, builtin};
pub use context::Context;
pub use handler::{Handler, Native};
pub use stand_in::{Answered, Bytes, Told};
pub use typed::{answering, read, write};
