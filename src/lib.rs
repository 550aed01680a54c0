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
pub mod fuzz;
#[cfg(feature = "wasm")]
pub mod guest;
pub mod id;
pub mod limits;
pub mod load;
pub mod message_server;
pub mod native;
#[doc(hidden)]
pub mod oracle;
pub mod payload;
pub mod port;
pub mod profile;
pub mod property;
#[cfg(feature = "proptest")]
pub mod proptest;
pub mod report;
pub mod revive;
pub mod run;
pub mod scenario;
pub mod shrink;
pub mod state;
pub mod theater;
pub mod trace;
pub mod walk;

pub use builder::{
    Cases, Check, CheckError, Checked, Found, Move, Play, Rehearsal, Run, Saved, Stage, Steps, json,
};
