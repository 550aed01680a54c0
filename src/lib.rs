//! wip
#![deny(missing_docs)]
pub mod actor;
pub mod call;
pub mod chain;
pub mod choice;
pub mod chooser;
pub mod digest;
pub mod error;
pub mod event;
#[cfg(feature = "wasm")]
pub mod guest;
pub mod id;
pub mod limits;
pub mod load;
pub mod message_server;
pub mod native;
pub mod payload;
pub mod port;
pub mod profile;
pub mod property;
pub mod report;
pub mod revive;
pub mod run;
pub mod scenario;
pub mod state;
pub mod trace;
