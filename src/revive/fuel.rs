//! How much fuel a call needs that ran once already.
//!
//! Theater bounds nothing, so what came to an end there may have computed for long; and what never did is a call in which a chain ends,
//! or, in a recording of ours, one that ended when its fuel was used up. So the usual amount is given first, and more only where the
//! chain goes on behind a call for which it was not enough.

use super::record::Record;
use super::replay::{Options, replay};
use super::report::Report;
use crate::actor::{Ended, FailureKind};
use crate::error::Result;
use crate::limits::Limits;
use crate::run::Factory;
use std::sync::Arc;

/// How many times more is given next.
const MORE: u64 = 10;

/// Drives an actor from its chain, with as much fuel as that takes, and no more than `most`: what came of it, and how much it was.
/// `make` gives the actor's factory with so much.
///
/// # Errors
/// When the chain asks for something that cannot be made here, or the actor cannot be made.
pub fn fuelled(
    record: &Arc<Record>,
    most: u64,
    options: &Options,
    make: &mut dyn FnMut(u64) -> Result<Factory>,
) -> Result<(Report, u64)> {
    let mut fuel = Limits::default().fuel.min(most);
    loop {
        let report = replay(record, &make(fuel)?, options)?;
        if report.holds() || !report.out_of_fuel || fuel >= most {
            return Ok((report, fuel));
        }
        fuel = fuel.saturating_mul(MORE).min(most);
    }
}

/// Whether a call ended so.
pub(super) fn ran_out(ended: &Ended) -> bool {
    matches!(ended, Ended::Failed(failure) if failure.kind == FailureKind::EndlessLoop)
}
