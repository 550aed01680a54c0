//! Event chains brought back to life: one actor driven from its own chain, and the runs of several
//! explained from all of theirs.
//!
//! [`replay`] makes every recorded call again, in order, with the recorded parameters and the recorded state;
//! each host call is answered from the record, and what the actor does is compared event by event. What a
//! chain does not hold (generation B keeps no messaging calls, none keeps the state that `init` got) is found by trying what
//! would explain what follows, and told to be so.

mod align;
mod answer;
mod draft;
mod drawn;
mod ids;
mod infer;
mod likely;
mod record;
mod replay;
mod report;
mod schedule;
mod stage;
mod tell;
mod weave;
mod words;

pub use draft::{Known, draft, profile_of};
pub use record::{Entry, Record};
pub use replay::{Options, replay};
pub use report::{Divergence, Inferred, Report};
pub use schedule::{Explained, Woven, schedule};
