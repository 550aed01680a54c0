//! One actor driven from its own chain.
//!
//! `player` goes through the chain call by call. Its actor has `recorded_host` for a host, which answers from the record and compares:
//! what the actor did is put down again in the record's words (`reencode`) and hashed. `recorded_input` and `recorded_answer` read what the
//! chain holds. What it does not hold is found by trying: `first_state` finds what the first call was given, and `infer_answers` looks for
//! other answers among `candidate_answers`, and reads them off what follows with `text_alignment` and `random_bytes`.

mod candidate_answers;
mod first_state;
mod fuel;
mod host_moves;
mod infer_answers;
mod player;
mod random_bytes;
mod recorded_answer;
mod recorded_host;
mod recorded_input;
pub(super) mod reencode;
mod refusals;
mod tally;
mod text_alignment;
pub(super) mod trap;
mod unserved_calls;

pub use fuel::fuelled;
pub use host_moves::HostMove;
pub use player::{ReplayOptions, replay};
