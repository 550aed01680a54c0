//! A bound on everything that an actor may use up, and on a run.

use serde::{Deserialize, Serialize};

/// Bounds. What exceeds one of the first five fails the turn with a failure named for it; the others end the run.
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
        }
    }
}

impl Limits {
    /// The usual limits, but as many steps as a run takes.
    pub fn unbounded_steps() -> Limits {
        Limits { steps: u64::MAX, ..Limits::default() }
    }
}
