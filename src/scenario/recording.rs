//! Runs of a scenario as traces.

use super::Scenario;
use crate::run::Outcome;
use crate::state::Clock;
use crate::trace::{Ending, Header, Trace};

impl Scenario {
    /// What the header of a trace says of a run under this clock.
    pub fn header(&self, seed: u64, strategy: &str, clock: Clock) -> Header {
        let used = self.components.iter();
        Header {
            scenario: self.path.clone(),
            hash: self.hash.clone(),
            seed,
            strategy: strategy.to_owned(),
            profile: self.profile.name().to_owned(),
            clock: if clock == Clock::Strict { "strict" } else { "loose" }.to_owned(),
            components: used.map(|c| (c.actor.clone(), c.path.clone(), c.hash.clone())).collect(),
        }
    }

    /// The trace of a run; nothing when it was not [recorded](crate::run::Keep::trace).
    pub fn trace(&self, header: Header, outcome: &Outcome) -> Option<Trace> {
        let record = outcome.record.as_ref()?;
        Some(Trace::of(header, record, Ending::of(outcome), self.setting.directory.names()))
    }
}
