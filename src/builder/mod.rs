//! Rehearsals in a developer's own tests: scenarios built in Rust, runs, and checks that keep their failures.

mod failure;
mod look;
mod rehearsal;
mod stage;
mod steps;

pub use rehearsal::Rehearsal;
pub use stage::{Run, Stage};
pub use steps::{Steps, json};
