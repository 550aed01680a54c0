//! Which of the messages that an actor handled were sent by others whose chains are known.

use super::schedule::Tied;
use super::script::Script;
use crate::call::Address;
use crate::id::ActorId;
use crate::revive::draft::addresses::address;
use crate::revive::message_key::MessageKey;
use crate::scenario::Scenario;
use std::collections::BTreeMap;

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
    let mut sent: BTreeMap<MessageKey, usize> = BTreeMap::new();
    for call in tied.iter().flat_map(|one| one.report.sent()) {
        if let Some(key) = MessageKey::sent_to_actor(call, &find) {
            *sent.entry(key).or_default() += 1;
        }
    }
    let mut handled: BTreeMap<MessageKey, usize> = BTreeMap::new();
    let keys = |place: usize, script: &Script| -> Vec<Option<MessageKey>> {
        script
            .parts
            .iter()
            .map(|part| MessageKey::handled_not_over_channel(ActorId(place as u32), &part.call))
            .collect()
    };
    let all: Vec<Vec<Option<MessageKey>>> = scripts
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
