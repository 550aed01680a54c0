//! What cannot be reconciled, where no order explains the chains.

use super::schedule::Tied;
use super::search::Found;
use crate::scenario::Scenario;

/// The events that stand against each other, line by line.
pub fn conflict(scenario: &Scenario, tied: &[Tied], found: &Found) -> Vec<String> {
    let _ = (scenario, tied, found);
    Vec::new()
}
