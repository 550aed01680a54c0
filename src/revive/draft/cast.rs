//! What the chains say of the cast of a draft: variables, imports, how a beginning failed, and the profile.

use super::Known;
use super::steps::bytes;
use crate::call::{HostAnswer, HostCall};
use crate::chain::Generation;
use crate::limits::Limits;
use crate::profile::Profile;
use crate::revive::HostMove;
use crate::revive::record::{ChainRecord, Entry};
use crate::revive::replay::trap;
use crate::revive::report::Report;
use crate::scenario::{ActorSpec, ImportSpec, InitFails};

/// The fuel for a call that came to an end where nothing was counted.
const MUCH_FUEL: u64 = 1_000_000_000_000;
const GIGABYTE: u64 = 1 << 30;

/// An actor of the draft.
pub(super) fn spec(actor: &Known<'_>, address: Option<&String>) -> ActorSpec {
    let failed = actor.report.init_failed.as_deref();
    ActorSpec {
        component: Some(actor.component.clone()),
        id: address.cloned(),
        state: actor.report.state.clone().map(|state| bytes(&state)),
        init_fails: failed.map(|message| init_fails(actor.record, message)),
        imports: Some(imports(actor.report)).filter(|imports| !imports.is_empty()),
        ..ActorSpec::default()
    }
}

/// The variables that calls were told of, as they were first: generation A does not keep what one holds.
pub(super) fn environment(actors: &[Known<'_>]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for made in actors.iter().flat_map(|actor| actor.report.script.iter().flatten()).filter(|made| made.sure)
    {
        let told = match (&made.call, &made.answer) {
            (HostCall::GetVar { name }, Some(HostAnswer::MaybeText(Some(text)))) => {
                vec![(name.clone(), text.clone())]
            }
            (HostCall::VarExists { name }, Some(HostAnswer::Flag(true))) => {
                vec![(name.clone(), String::new())]
            }
            (HostCall::ListVars, Some(HostAnswer::Pairs(pairs))) => pairs.clone(),
            _ => continue,
        };
        for (name, text) in told {
            match found.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) if known.is_empty() => *known = text,
                Some(_) => {}
                None => found.push((name, text)),
            }
        }
    }
    found
}

/// What imports that no profile serves gave, as far as a chain holds it.
pub fn imports(report: &Report) -> Vec<ImportSpec> {
    let moves = report.script.iter().flatten();
    let one = |made: &HostMove| match (&made.call, &made.answer) {
        (HostCall::Foreign(call), Some(answer)) => ImportSpec::of(call, answer),
        (HostCall::Now, Some(answer)) => ImportSpec::now(answer),
        _ => None,
    };
    moves.filter_map(one).collect()
}

/// A recorded failure as an actor's own: Theater puts words before it.
pub(in crate::revive) fn init_fails(record: &ChainRecord, message: &str) -> InitFails {
    let told = message.strip_prefix("Failed to call function: ").unwrap_or(message);
    let first = record.calls().next().map(|(place, ..)| place);
    let at_once = first.is_some_and(|place| {
        let end = record.end_of(place).unwrap_or(record.entries.len());
        record.entries[place + 1..end].iter().all(Entry::own)
    });
    match (trap::text(message), at_once) {
        (Some(trap), false) => InitFails::Trap(trap.to_owned()),
        (Some(trap), true) => InitFails::TrapAtOnce(trap.to_owned()),
        (None, false) => InitFails::Error(told.to_owned()),
        (None, true) => InitFails::ErrorAtOnce(told.to_owned()),
    }
}

/// Bounds for what has run once already: it came to an end there, unless a chain says otherwise.
pub(super) fn generous(actors: &[Known<'_>]) -> Limits {
    let endless = actors.iter().any(|actor| actor.report.out_of_fuel);
    Limits {
        fuel: if endless { Limits::default().fuel } else { MUCH_FUEL },
        host_calls: 10_000_000,
        effect_bytes: GIGABYTE,
        state_bytes: GIGABYTE,
        steps: 100_000_000,
        ..Limits::default()
    }
}

/// The profile under which chains like these are made: those of real runtimes tell themselves by set-up events, and by
/// holding no messaging calls.
pub fn profile_of<'a>(records: impl IntoIterator<Item = &'a ChainRecord>) -> Profile {
    let mut found = Profile::Actors;
    for record in records {
        let set_up = record.entries.first().is_some_and(Entry::own);
        found = match record.generation {
            Generation::A if set_up => Profile::Theater02,
            Generation::Between => Profile::Theater03,
            Generation::B if record.silent => Profile::Theater03,
            _ => found,
        };
    }
    found
}
