//! Which of the messages that an actor handled were sent by others whose chains are known.

use super::schedule::Tied;
use super::script::Script;
use crate::call::{Address, HostCall};
use crate::chain::Invocation;
use crate::id::ActorId;
use crate::revive::draft::addresses::address;
use crate::scenario::Scenario;
use std::collections::BTreeMap;

/// A message by what its receiver's chain would have of it.
pub type Key = (ActorId, &'static str, Vec<u8>);

/// A call as such a key; nothing for what comes over channels.
pub fn key_of(actor: ActorId, call: &Invocation) -> Option<Key> {
    Some(match call {
        Invocation::Send(data) => (actor, "handle-send", data.clone()),
        Invocation::Request(_, data) => (actor, "handle-request", data.clone()),
        Invocation::ChannelOpen(_, data) => (actor, "handle-channel-open", data.clone()),
        _ => return None,
    })
}

/// A host call as such a key, with who has the address.
pub fn sent_key(call: &HostCall, find: &dyn Fn(&Address) -> Option<ActorId>) -> Option<Key> {
    let (to, export, data) = match call {
        HostCall::Send { to, data } => (to, "handle-send", data),
        HostCall::Request { to, data, .. } => (to, "handle-request", data),
        HostCall::OpenChannel { to, data, .. } => (to, "handle-channel-open", data),
        _ => return None,
    };
    Some((find(to)?, export, data.to_vec()))
}

/// Who has which address: by the scenario, or by the chains, which [told](super::drive_cast::told) it.
pub fn finder<'a>(
    scenario: &'a Scenario,
    tied: &[Tied],
    told: &'a [Option<String>],
) -> impl Fn(&Address) -> Option<ActorId> + 'a {
    let all = tied.iter().zip(told);
    let told: BTreeMap<&str, ActorId> =
        all.filter_map(|(one, told)| Some((told.as_deref()?, one.actor))).collect();
    move |to: &Address| {
        let recorded = || told.get(&*address(to)?).copied();
        scenario.setting.directory.resolve(to).ok().or_else(recorded)
    }
}

/// Marks the calls for whose messages there are enough senders among the chains.
pub fn mark(scenario: &Scenario, tied: &[Tied], told: &[Option<String>], scripts: &mut [Option<Script>]) {
    let find = finder(scenario, tied, told);
    let mut sent: BTreeMap<Key, usize> = BTreeMap::new();
    for call in tied.iter().flat_map(|one| one.report.sent()) {
        if let Some(key) = sent_key(call, &find) {
            *sent.entry(key).or_default() += 1;
        }
    }
    let mut handled: BTreeMap<Key, usize> = BTreeMap::new();
    let keys = |place: usize, script: &Script| -> Vec<Option<Key>> {
        script.parts.iter().map(|part| key_of(ActorId(place as u32), &part.call)).collect()
    };
    let all: Vec<Vec<Option<Key>>> = scripts
        .iter()
        .enumerate()
        .map(|(place, script)| script.as_ref().map(|script| keys(place, script)).unwrap_or_default())
        .collect();
    for key in all.iter().flatten().flatten() {
        *handled.entry(key.clone()).or_default() += 1;
    }
    for (script, keys) in scripts.iter_mut().zip(all) {
        let parts = script.iter_mut().flat_map(|script| &mut script.parts);
        for (part, key) in parts.zip(keys) {
            part.inside = key.is_some_and(|key| sent.get(&key) >= handled.get(&key));
        }
    }
}
