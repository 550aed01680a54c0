//! How the call of an export went that is driven from a chain, and what was counted.

use crate::call::{HostAnswer, HostCall};
use crate::chain::EventHash;

/// Why a call of an export went no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The chain ends here.
    Over,
    /// The actor did something else.
    Diverged(Box<Mismatch>),
}

/// Both sides of a divergence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The event's place.
    pub event: usize,
    /// What the record says.
    pub recorded: (String, Option<EventHash>),
    /// What the actor did.
    pub made: (String, Option<EventHash>),
    /// Why.
    pub notes: Vec<String>,
    /// What was made and what is recorded, piece by piece, where both say the same of something else.
    pub apart: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Events with the recorded hash, of the same meaning, of the runtime's own, and traps.
    pub matched: usize,
    pub by_meaning: usize,
    pub own: usize,
    pub traps: usize,
    /// Whether the runtime stopped the actor.
    pub stopped: bool,
    /// What was carried over, and why.
    pub carried: Vec<String>,
}

/// A host call that the chain does not hold.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The call.
    pub call: HostCall,
    /// What it was answered with.
    pub answer: Option<HostAnswer>,
}
