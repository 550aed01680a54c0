//! wip
#![deny(missing_docs)]
pub mod actor;
pub mod builder;
pub mod call;
pub mod chain;
pub mod choice;
pub mod chooser;
pub mod digest;
pub mod error;
pub mod event;
pub mod explore;
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
pub mod run;
pub mod scenario;
pub mod shrink;
pub mod state;
pub mod theater;
pub mod trace;
pub mod walk;

pub use builder::{Check, CheckError, Checked, Found, Rehearsal, Run, Saved, Stage, Steps, json};
