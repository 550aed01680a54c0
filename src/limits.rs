//! A bound on everything that an actor may use up, and on a run.

use serde::{Deserialize, Serialize};

/// Bounds. What exceeds `steps` or `messages` ends the run; anything else fails the turn with a failure named for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Limits {
    /// Fuel for one handled message of a guest, kept across suspensions (wasmtime's unit: about one
    /// instruction).
    pub fuel: u64,
    /// Bytes of linear memory of one guest, with eight for each element of its tables.
    pub memory_bytes: u64,
    /// Host calls that one handled message, or `init`, may make.
    pub host_calls: u32,
    /// Bytes that one handled message, or `init`, may send, log and answer.
    pub effect_bytes: u64,
    /// Bytes of state that an actor may hand back.
    pub state_bytes: u64,
    /// Steps of a run.
    pub steps: u64,
    /// Messages under way at once, in the whole run.
    pub messages: u64,
    /// Bytes that actors may send, log, answer and say as they fail in the whole run, so that it cannot take all memory.
    pub run_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            fuel: 100_000_000,
            memory_bytes: 64 << 20,
            host_calls: 10_000,
            effect_bytes: 64 << 20,
            state_bytes: 64 << 20,
            steps: 1_000_000,
            messages: 1_000_000,
            run_bytes: 1 << 30,
        }
    }
}

impl Limits {
    /// The usual limits, but as many steps, and bytes in all, as a run takes.
    pub fn unbounded_steps() -> Limits {
        Limits { steps: u64::MAX, run_bytes: u64::MAX, ..Limits::default() }
    }
}
