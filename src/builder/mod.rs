//! Rehearsals in a developer's own tests: scenarios built in Rust, runs, and checks that keep their failures.

mod check;
mod failure;
mod look;
mod rehearsal;
mod saved;
mod smaller;
mod stage;
mod steps;

pub use check::{Check, CheckError, Checked, Found};
pub use rehearsal::Rehearsal;
pub use saved::Saved;
pub use stage::{Run, Stage};
pub use steps::{Steps, json};
