//! Whose address is which.

use super::circular_requests;
use crate::call::{Address, HostAnswer, HostCall};
use crate::chain::{Decoded, Invocation, Reply};
use crate::id::ActorId;
use crate::revive::HostMove;
use crate::revive::message_key::{MessageKey, addressee};
use crate::revive::record::ChainRecord;
use crate::revive::report::Report;
use crate::state::Directory;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// An address as Theater prints it.
pub fn address(to: &Address) -> Option<String> {
    match to {
        Address::Text(text) | Address::Name(text) => {
            uuid::Uuid::parse_str(text).ok().map(|id| id.to_string())
        }
        Address::Id(_) => None,
    }
}

/// Who has which address: the cast of a draft is in the order of the chains.
pub(super) fn finder(addresses: &[Option<String>]) -> impl Fn(&Address) -> Option<ActorId> + '_ {
    |to: &Address| {
        let to = address(to)?;
        let place = addresses.iter().position(|known| known.as_ref() == Some(&to))?;
        Some(ActorId(place as u32))
    }
}

/// Addresses at which somebody is, as calls show, and nobody's so far: given to those who have none, who did least first. A chain that was cut off
/// may not have what would tell.
pub fn guessed(actors: &[(&ChainRecord, &Report)], found: &mut [Option<String>]) {
    let there = |made: &&HostMove| match &made.answer {
        Some(HostAnswer::Bytes(_) | HostAnswer::Text(_)) => true,
        Some(HostAnswer::Refused(refusal)) => {
            let text = refusal.to_string();
            !text.contains("not found") && !text.starts_with("Failed to parse")
        }
        _ => false,
    };
    let moves = actors.iter().flat_map(|(_, report)| report.script.iter().flatten()).filter(there);
    let used: BTreeSet<String> = moves.filter_map(|made| addressee(&made.call)).collect();
    let free: Vec<String> = used.into_iter().filter(|to| !found.contains(&Some(to.clone()))).collect();
    let mut nameless: Vec<usize> = (0..actors.len()).filter(|place| found[*place].is_none()).collect();
    nameless.sort_by_key(|place| actors[*place].0.entries.len());
    for (place, to) in nameless.into_iter().zip(free) {
        found[place] = Some(to);
    }
}

/// The one address that an actor's `init` left in its state, if there is one: then it is most likely its own.
fn told(record: &ChainRecord) -> Option<String> {
    let first = record.calls().next().and_then(|(place, ..)| record.end_of(place));
    let Decoded::Returned { state: Some(state), .. } = &record.entries[first?].said else { return None };
    let at = |place: usize| std::str::from_utf8(state.get(place..place + 36)?).ok();
    let ids = (0..state.len()).filter_map(at).filter(|text| uuid::Uuid::try_parse(text).is_ok());
    let ids: BTreeSet<&str> = ids.collect();
    ids.first().filter(|_| ids.len() == 1).map(|id| (*id).to_owned())
}

/// Whose address is which: as `init` was told it, else the one to which others send what this actor got.
pub fn addresses(actors: &[(&ChainRecord, &Report)]) -> Vec<Option<String>> {
    let mut found: Vec<Option<String>> = actors.iter().map(|(record, _)| record.address()).collect();
    // What we record ourselves has addresses that are derived from names, where a scenario gives none.
    let named: BTreeSet<String> =
        actors.iter().flat_map(|(_, report)| report.sent()).filter_map(addressee).collect();
    let derived = |record: &ChainRecord| {
        Directory::derived(&Path::new(&record.name).file_stem().unwrap_or_default().to_string_lossy())
    };
    let named_so = |record: &ChainRecord| named.contains(&derived(record));
    for (found, (record, report)) in found.iter_mut().zip(actors).filter(|(found, _)| found.is_none()) {
        // Without its address its `init` did something else, and was carried over.
        let own = told(record).filter(|told| !report.carried.is_empty() && !named.contains(told));
        *found = own.or_else(|| named_so(record).then(|| derived(record)));
    }
    let mut voted = found.clone();
    vote(actors, &mut voted);
    if !actors.iter().any(|(record, _)| named_so(record)) {
        return voted;
    }
    // So are most likely those that nobody names, unless a scenario gave some actors others.
    let rest = |mut found: Vec<Option<String>>| {
        for (place, (record, _)) in actors.iter().enumerate() {
            let free = !found.contains(&Some(derived(record)));
            found[place].get_or_insert_with(|| if free { derived(record) } else { String::new() });
        }
        found.into_iter().map(|told| told.filter(|told| !told.is_empty())).collect::<Vec<_>>()
    };
    let (plain, voted) = (rest(found), rest(voted));
    match plain != voted
        && circular_requests::outside(actors, &voted) < circular_requests::outside(actors, &plain)
    {
        true => voted,
        false => plain,
    }
}

/// Gives those who have no address the ones to which others send what they got.
fn vote(actors: &[(&ChainRecord, &Report)], found: &mut [Option<String>]) {
    let open: Vec<usize> = (0..found.len()).filter(|place| found[*place].is_none()).collect();
    if open.is_empty() {
        return;
    }
    let got = got(actors);
    let mut votes: BTreeMap<(String, usize), (usize, usize)> = BTreeMap::new();
    let made = actors.iter().enumerate();
    let made =
        made.flat_map(|(from, (_, report))| report.script.iter().flatten().map(move |made| (from, made)));
    for (from, made) in made {
        let Some(to) = addressee(&made.call).filter(|to| !found.contains(&Some(to.clone()))) else {
            continue;
        };
        for (taker, sure) in takers(ActorId(from as u32), made, &got) {
            let place = taker.index();
            // Hardly anybody sends to itself: that counts where nothing else does.
            let (others, own) = votes.entry((to.clone(), place)).or_default();
            *(if place == from { own } else { others }) += if sure { SURE } else { 1 };
        }
    }
    let mut ranked: Vec<((String, usize), (usize, usize))> = votes.into_iter().collect();
    ranked.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let voted: Vec<(String, usize)> = ranked.into_iter().map(|(pair, _)| pair).collect();
    for (to, place) in &voted {
        if found[*place].is_none() && !found.contains(&Some(to.clone())) {
            found[*place] = Some(to.clone());
        }
    }
    super::address_assignment::better(actors, found, &open, &voted);
}

/// How much more it counts who is told the same channel.
const SURE: usize = 1 << 20;

/// Who got what: by message, whoever it was for; each taker with what it answered: bytes, a channel's id, or nothing where that is not told.
type Got = BTreeMap<MessageKey, BTreeMap<ActorId, BTreeSet<Option<Vec<u8>>>>>;

fn got(actors: &[(&ChainRecord, &Report)]) -> Got {
    let mut got = Got::new();
    for (place, (record, _)) in actors.iter().enumerate() {
        let taker = ActorId(place as u32);
        for (at, _, call) in record.calls() {
            let Some(key) = MessageKey::handled_not_over_channel(taker, &call) else { continue };
            let told = match call {
                Invocation::Request(..) => {
                    let end = record.end_of(at).and_then(|end| record.entries[end].reply());
                    if let Some(Reply::Request(told)) = end { told } else { None }
                }
                Invocation::ChannelOpen(id, _) => Some(id.into_bytes()),
                _ => None,
            };
            got.entry(key.for_anybody()).or_default().entry(taker).or_default().insert(told);
        }
    }
    got
}

/// Who may have got what an actor sent, and whether that is sure. Who was answered was answered so, and by another.
fn takers(from: ActorId, made: &HostMove, got: &Got) -> Vec<(ActorId, bool)> {
    let Some(key) = MessageKey::sent_to_anybody(&made.call) else { return Vec::new() };
    let opens = matches!(made.call, HostCall::OpenChannel { .. });
    let told = match (&made.call, &made.answer) {
        (HostCall::Request { .. }, Some(HostAnswer::Bytes(told))) => Some(told.to_vec()),
        (HostCall::OpenChannel { .. }, Some(HostAnswer::Text(id))) => Some(id.clone().into_bytes()),
        _ => None,
    };
    let takers = got.get(&key).into_iter().flatten();
    let fits = |place: ActorId, theirs: &BTreeSet<Option<Vec<u8>>>| {
        told.is_none() || place != from && (theirs.contains(&told) || theirs.contains(&None))
    };
    takers
        .filter(|(place, theirs)| fits(**place, theirs))
        .map(|(place, theirs)| (*place, opens && told.is_some() && theirs.contains(&told)))
        .collect()
}
