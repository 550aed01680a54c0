//! wip
pub mod actor;
pub mod call;
pub mod choice;
pub mod digest;
pub mod event;
#[cfg(feature = "wasm")]
pub mod guest;
pub mod id;
pub mod limits;
pub mod payload;
pub mod port;
