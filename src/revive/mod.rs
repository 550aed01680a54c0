//! Event chains brought back to life: one actor driven from its own chain, and the runs of several
//! explained from all of theirs.
//!
//! [`replay`] makes every recorded call again, in order, with the recorded parameters and the recorded state;
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

mod addresses;
mod align;
mod alike;
mod answer;
mod assign;
mod before;
mod bench;
mod beyond;
mod cast;
mod causes;
mod conflict;
mod draft;
mod drawn;
mod explain;
mod fits;
mod follow;
mod foreign;
mod fuel;
mod ids;
mod infer;
mod input;
mod lend;
mod likely;
mod loosen;
mod may;
mod missing;
mod moves;
mod outside;
mod own;
mod peers;
mod puts;
mod record;
mod refusals;
mod replay;
mod report;
mod schedule;
mod script;
mod search;
mod shown;
mod stage;
mod stops;
mod strays;
mod supply;
mod tally;
mod tell;
mod trap;
mod words;
mod world;

pub use bench::Clash;
pub use beyond::{MOST_BEYOND, draft_beyond};
pub use cast::{play, told_addresses};
pub use draft::{Known, draft, imports, profile_of};
pub use explain::Explained;
pub use fuel::fuelled;
pub use loosen::schedule_loosely;
pub use missing::STAND_IN;
pub use moves::Move;
pub use peers::Peers;
pub use record::{Entry, Record, Unsound};
pub use replay::{Options, replay};
pub use report::{Divergence, Inferred, Report, unsound};
pub use schedule::{
    MOST_STEPS, Tied, Woven, quick, schedule, schedule_beyond, schedule_draft, schedule_tied,
};
pub use search::Found;
