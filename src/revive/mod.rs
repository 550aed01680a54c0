//! Event chains brought back to life: one actor driven from its own chain, and the runs of several
//! explained from all of theirs.
//!
//! [`replay()`] makes every recorded call again, in order, with the recorded parameters and the recorded state;
//! each host call is answered from the record, and what the actor does is compared event by event. What a
//! chain does not hold (generation B keeps no messaging calls, none keeps the state that `init` got) is found by trying what
//! would explain what follows, and told to be so.
//!
//! [`schedule`] looks for an order. Each actor is played from a script: what its chain holds and its component, driven from
//! that chain, has shown. So a run in which an order is looked for costs next to nothing, and any point of it can be gone back to: state and
//! rules are copied now and then. Chains are the oracle: a step that one of them contradicts is taken back at once, and what
//! stands in a queue where its receiver's chain has another is seen when it enters the queue. What was handled after what tells who sent
//! first, and nobody is let send before that. States that led nowhere
//! are known again by their content. What was found is then run with the real cast and compared event by event.
//! A chain is held in memory; what else is held does not grow with it, but for the order itself.
//!
//! # Where is what
//!
//! - `record` holds a chain in memory, `peers` what the chains of one run say of each other, `id_map` which id of a run stands for which of the
//!   chains, and `event_pieces` has events in pieces in which ids can be found.
//! - `replay/` drives one actor from its chain. It makes a [`Report`]: what was compared, and every host call that the actor made
//!   ([`HostMove`]).
//! - `draft/` makes a [`ScenarioFile`](crate::scenario::ScenarioFile) of chains and their reports: whose address is which, and what must have come from
//!   outside.
//! - `order/` finds an order of a scenario's events that explains chains and reports, and checks it by a real run. It makes a [`Woven`].
//!
//! So a chain goes from a [`ChainRecord`] by [`replay()`] to a [`Report`]; both make a [`Tied`], once it is known whose they are; and all that are tied go
//! to [`schedule_tied`], or with a [`draft()`] to [`schedule_draft`]. [`schedule`] does all of it for a scenario that is there.

mod draft;
mod event_pieces;
mod id_map;
mod lending;
mod message_key;
mod order;
mod peers;
mod record;
mod replay;
mod report;
mod wording;

pub use draft::{ClientRole, DRAFT_NAME, Known, STAND_IN, draft, imports, profile_of};
pub use order::{
    Clash, Explained, MOST_BEYOND, MOST_STEPS, OrderFound, Tied, Woven, draft_beyond, quick, replay_cast,
    schedule, schedule_beyond, schedule_draft, schedule_loosely, schedule_tied, told_addresses,
};
pub use peers::Peers;
pub use record::{ChainRecord, Entry, Unsound};
pub use replay::{HostMove, ReplayOptions, fuelled, replay};
pub use report::{ChainDivergence, Inferred, Report, unsound};
