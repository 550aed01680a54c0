//! Event chains brought back to life: one actor driven from its own chain, and the runs of several
//! explained from all of theirs.
//!
//! [`replay`] makes every recorded call again, in order, with the recorded parameters and the recorded state;
//! each host call is answered from the record, and what the actor does is compared event by event. What a
//! chain does not hold (generation B keeps no messaging calls, none keeps the state that `init` got) is found by trying what
//! would explain what follows, and told to be so.

mod addresses;
mod align;
mod answer;
mod bench;
mod conflict;
mod draft;
mod explain;
mod fits;
mod follow;
mod ids;
mod infer;
mod likely;
mod may;
mod moves;
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
mod supply;
mod tell;
mod trap;
mod words;
mod world;

pub use bench::Clash;
pub use draft::{Known, draft, profile_of};
pub use explain::Explained;
pub use moves::Move;
pub use peers::Peers;
pub use record::{Entry, Record};
pub use replay::{Options, replay};
pub use report::{Divergence, Inferred, Report};
pub use schedule::{MOST_STEPS, Tied, Woven, play, schedule, schedule_draft};
pub use search::Found;
