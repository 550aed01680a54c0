//! Actors that are WebAssembly components, written for Theater's `theater:simple` interfaces. The only place that
//! names wasmtime.
//!
//! A [`GuestComponent`] is compiled once and shared; a [`Guest`] is one actor with a store of its own. An exported
//! handler runs on a fibre: an import that must wait suspends it, the turn ends as awaiting, and the answer resumes it.
//! So several guests may be suspended at once, and answered in any order, on one thread.
//!
//! Making an instance costs more than most messages, so it is kept when its guest is dropped or reset, and set back when
//! the next of its component begins: its variables by functions added to the component, its memory by pages.
//!
//! What could differ between two machines or two runs is off: NaNs are canonical, relaxed SIMD and threads are off,
//! code uses no feature of the processor, and fuel, which counts instructions, stands in for time.
//!
//! Deliberately absent from live runs: WASI, resources, `Val`s (typed calls are an order of magnitude faster), and any thread. A component that is
//! driven from its chain may import anything: what the chain has of it answers.

mod actor;
mod cache;
mod component;
mod engine;
mod error;
mod failure;
mod fit;
mod foreign;
mod idle;
mod instance;
mod interface;
mod limiter;
mod linker;
mod memory;
mod set_back;
mod source;
mod wire;
#[cfg(test)]
mod wit;

pub use actor::Guest;
pub use cache::Cache;
pub use component::{ActorComponent, GuestComponent, Outcome};
pub use engine::{Engine, MOST_GUESTS, Settings};
pub use error::LoadError;
pub use instance::ActorInstance;
pub use interface::{ACTOR, MESSAGE_SERVER_CLIENT, MESSAGE_SERVER_HOST};
pub use source::{Origin, Source};
