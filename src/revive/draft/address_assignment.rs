//! Whose address is which, where messages that are all alike leave it open: as it is told with the fewest messages from outside.

use super::circular_requests;
use crate::revive::record::ChainRecord;
use crate::revive::report::Report;
use std::collections::{BTreeMap, BTreeSet};

/// How many events are gone through in all, trying.
const MOST_EVENTS: usize = 200_000;

/// Changes who has which address, among those whose places are `open` and whom `voted` has more than one address for, as long as fewer
/// messages must have come from outside then.
pub(super) fn better(
    actors: &[(&ChainRecord, &Report)],
    found: &mut [Option<String>],
    open: &[usize],
    voted: &[(String, usize)],
) {
    let mut of: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (to, place) in voted {
        of.entry(to).or_default().insert(*place);
    }
    let doubtful: Vec<(&str, usize)> = of
        .iter()
        .filter(|(_, places)| places.len() > 1)
        .flat_map(|(to, places)| {
            places.iter().filter(|place| open.contains(place)).map(|place| (*to, *place))
        })
        .collect();
    if doubtful.is_empty() {
        return;
    }
    let events: usize = actors.iter().map(|(record, _)| record.entries.len()).sum();
    let mut left = MOST_EVENTS / events.max(1);
    let mut least = circular_requests::outside(actors, found);
    let mut went = true;
    while std::mem::take(&mut went) {
        for (to, place) in &doubtful {
            if left == 0 {
                return;
            }
            if found[*place].as_deref() == Some(to) {
                continue;
            }
            left -= 1;
            let changed = given(found, to, *place);
            let needed = circular_requests::outside(actors, &changed);
            if needed < least {
                (least, went) = (needed, true);
                found.clone_from_slice(&changed);
            }
        }
    }
}

/// The same with `to` at `place`: who had it gets the other.
fn given(found: &[Option<String>], to: &str, place: usize) -> Vec<Option<String>> {
    let mut changed = found.to_vec();
    let had = changed.iter().position(|known| known.as_deref() == Some(to));
    let other = changed[place].replace(to.to_owned());
    if let Some(had) = had {
        changed[had] = other;
    }
    changed
}
