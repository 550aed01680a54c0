//! wip
pub mod actor;
pub mod call;
pub mod choice;
pub mod digest;
pub mod error;
pub mod event;
pub mod id;
pub mod limits;
pub mod message_server;
pub mod payload;
pub mod port;
pub mod profile;
pub mod property;
pub mod state;
