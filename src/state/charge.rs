//! What one handled message, and a whole run, may cause.

use super::{Handling, Most, Participant, State};
use crate::id::ActorId;

/// Which bound was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Calls,
    Bytes,
    RunBytes,
}

impl Over {
    pub fn text(self) -> &'static str {
        match self {
            Over::Calls => "more host calls than one message may cause",
            Over::Bytes => "more bytes than one message may cause",
            Over::RunBytes => "more bytes than a whole run may cause",
        }
    }
}

impl State {
    /// Counts calls and bytes of this participant against the bounds of the message that it handles, and of the run.
    pub(crate) fn charge(&mut self, me: ActorId, calls: u32, bytes: u64) -> Result<(), Over> {
        let most = self.most();
        self.participants[me.index()].charge(most, &mut self.bytes, calls, bytes)
    }
}

impl Participant {
    #[inline(always)]
    pub(super) fn charge(&mut self, most: Most, run: &mut u64, calls: u32, bytes: u64) -> Result<(), Over> {
        // A client's script has an end: what it causes is in the scenario.
        let Some(Handling { host_calls, effect_bytes, .. }) = &mut self.handling else { return Ok(()) };
        *host_calls += calls;
        *effect_bytes = effect_bytes.saturating_add(bytes);
        *run = run.saturating_add(bytes);
        if *host_calls > most.host_calls {
            Err(Over::Calls)
        } else if *effect_bytes > most.effect_bytes {
            Err(Over::Bytes)
        } else if *run > most.run_bytes {
            Err(Over::RunBytes)
        } else {
            Ok(())
        }
    }
}
