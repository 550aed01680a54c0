//! Rehearsals in a developer's own tests: scenarios built in Rust, runs, and checks that keep their failures.

mod cases;
mod check;
mod failure;
mod generated;
mod look;
mod play;
mod rehearsal;
mod saved;
mod stage;
mod steps;
mod story;

pub use cases::Cases;
pub use check::{Check, CheckError, Checked, Found};
pub use play::{Move, Play};
pub use rehearsal::Rehearsal;
pub use saved::Saved;
pub use stage::{Run, Stage};
pub use steps::{Steps, json};
