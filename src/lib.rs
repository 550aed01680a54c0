//! Rehearsal runs a cast of actors on one thread, in virtual time, and decides every order in which anything happens.
//!
//! The actors are WebAssembly components written for Theater's `theater:simple` interfaces, and actors in native Rust. A run can be
//! repeated exactly, searched for the order that breaks a promise, cut down to the few steps that matter, and rebuilt from the
//! event chains that a real system recorded.
//!
//! # Should I use it
//!
//! For actors and messages: their order, the races of channels that open and close, requests that time out. Not for threads and atomics (loom,
//! shuttle), real sockets and disks (turmoil, madsim), or a protocol that is only a model yet (stateright).
//!
//! # A first test
//!
//! ```
//! use rehearsal::native::{Context, answering};
//! use rehearsal::{Check, Rehearsal, Steps, json, property::Property};
//!
//! let register = || {
//!     let mut value = 0;
//!     answering(async move |context: &Context, write: Option<u64>| {
//!         value = write.unwrap_or(value);
//!         context.observe("value", value);
//!         Ok(value)
//!     })
//! };
//! let adder = || {
//!     answering(async |context: &Context, amount: u64| -> Result<u64, String> {
//!         let value: u64 = context.ask("register", &None::<u64>).await?;
//!         context.ask("register", &Some(value + amount)).await
//!     })
//! };
//! let race = Rehearsal::new("race")
//!     .actor("register", register)
//!     .actor("ann", adder)
//!     .actor("ben", adder)
//!     .client("alice", Steps::new().request("ann", json(1)))
//!     .client("bob", Steps::new().request("ben", json(1)))
//!     .property(Property::always("nothing is lost", |state| {
//!         !state.is_quiet() || state.observed("value").next_back().is_none_or(|value| *value == 2)
//!     }));
//! let failure = Check::new(race).run().unwrap_err().to_string();
//! assert!(failure.contains("nothing is lost"), "{failure}");
//! ```
//!
//! In a `#[test]`, [`check!`] does the same and keeps what it finds beside the test; what is kept runs first. [`Check::strategy`] goes through all orders,
//! where there are finitely many, and is a proof then. `docs/library.md` in the repository goes on from here: property tests, snapshots, fuzz targets,
//! components; and [`examples`] has whole programs.
//!
//! # How to read a failure
//!
//! A failure names the property, then tells the steps: one event a line, with its virtual time and what was in the message. Below stand notes: what was
//! observed, which two deliveries raced, who waits for whom. It ends with the command that repeats it. A [trace] is the same as text that can be
//! committed; [`Check`] and `rehearsal replay` follow it.
//!
//! # What a test needs
//!
//! What stands at the root ([`Rehearsal`], [`Steps`], [`Check`], [`Cases`], [`Stage`], [`Run`]), [`native`] for actors, [`property`] for what must hold, [`chooser`] for
//! answers; perhaps [`chain`] and [`trace`] for what was recorded. The other modules are the engine: public for the command and for those
//! who build on it, and not settled before 1.0.
//!
//! # Architecture
//!
//! **A run is a pure function of the scenario and the answers.** Everything that could go more than one way is asked at [one door](choice), answered by a
//! [chooser], and recorded by name. A seed, a strategy, fuzz bytes, a recorded trace, a search and the shrinker are all just ways to answer.
//!
//! - [`state`] is plain: participants, lanes, calls, timers, virtual time, digests. A [`profile`] says who carries what where; [`run`] is the loop.
//! - An [`actor::Actor`] takes an input and works until it is idle or awaits an answer. `guest` makes one of a component, [`native`] of async handlers.
//! - [`message_server`] has Theater's names for an actor's mailbox, channels and outstanding requests, and the rules that the profile `actors` shares with it.
//! - [`explore`] makes many runs, [`walk`] all that matter, [`mod@shrink`] the smallest one that still fails; [`property`] says what must hold.
//! - [`mod@chain`] reads, verifies and writes event chains; [`revive`] brings them back to life.
//! - [`scenario`] is the JSON form of a cast, [`builder`] the Rust form. [`report`] only makes text.
//!
//! A module imports only from modules above it in the order that `tests/tidy.rs` lists. The test fails where that is broken.
//!
//! Files are read and written around the engine, never by a run: [`load`] reads scenarios, [`mod@chain`] and [`revive`] read event chains, [`builder`] keeps
//! failing cases, `guest` keeps compiled components, and the command does the rest.
//!
//! One run uses no wall clock, no thread, no environment variable and no order of a hash map. Whole runs may be spread over threads; only
//! [`explore`] does that. There is no async runtime in the dependency tree.
//!
//! # Soundness: what a complete search proves
//!
//! `complete` says that every order of deliveries, answers, timers (within the stated budget) and stops of this scenario was run, or is equal to one that was, up to
//! the order of independent steps. Two steps are independent when they touch nothing in common: [`choice::Footprint`] holds the actor, the clock, the queues of a
//! profile's runtime, and what one property sees of several participants. [`walk`] has the argument, and tests that compare reduced and unreduced
//! searches over generated scenarios. It holds under the loose clock and the bounds that the report names, for the clients that the scenario has,
//! and for actors that keep what they know in their own state.
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

/// The programs in `examples/`, as pages. `cargo run --example NAME` runs them.
#[cfg(doc)]
pub mod examples {
    /// Two tellers, a ledger, and the deposit that is lost.
    ///
    /// ```no_run
    #[doc = include_str!("../examples/native_bank.rs")]
    /// ```
    pub mod native_bank {}

    /// Members of a room talk over channels, and leave.
    ///
    /// ```no_run
    #[doc = include_str!("../examples/chat_room.rs")]
    /// ```
    pub mod chat_room {}

    /// WebAssembly components under the same check.
    ///
    #[cfg_attr(feature = "wasm", doc = "```no_run")]
    #[cfg_attr(not(feature = "wasm"), doc = "```text")]
    #[doc = include_str!("../examples/component_property.rs")]
    /// ```
    pub mod component_property {}
}

pub use builder::{
    Cases, Check, CheckError, Checked, Found, Move, Play, Rehearsal, Run, Saved, Stage, Steps, json,
};
pub use explore::Strategy;
pub use walk::Fingerprint;
