//! wip
pub mod actor;
pub mod call;
pub mod digest;
pub mod id;
pub mod limits;
pub mod payload;
pub mod port;
