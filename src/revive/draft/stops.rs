//! Who may have been stopped from outside.

use super::Known;
use super::client_role::Client;
use super::unsent_channel_messages::{self, Stray};
use crate::call::{HostAnswer, HostCall};
use crate::profile::Profile;
use crate::revive::HostMove;
use crate::scenario::ActorSpec;
use std::collections::BTreeSet;

/// The clients that may stop an actor, or who stands in for one.
pub(super) fn stops(
    actors: &[Known<'_>],
    (stand_ins, addresses): (&[(String, ActorSpec)], &[Option<String>]),
    strays: &[Stray],
    profile: Profile,
) -> Vec<Client> {
    // Under `actors` a stop closes the channels of who is stopped.
    let left = if profile == Profile::Actors {
        unsent_channel_messages::left(strays, actors)
    } else {
        BTreeSet::new()
    };
    let mut names: Vec<&str> = Vec::new();
    for (place, (actor, address)) in actors.iter().zip(addresses).enumerate() {
        if stopped(actor, address.as_deref(), actors, left.contains(&place)) {
            names.push(&actor.name);
        }
    }
    for (name, spec) in stand_ins {
        let closed = |made: &HostMove| {
            let refused = matches!(&made.answer, Some(HostAnswer::Refused(_)));
            refused && matches!(made.call, HostCall::Send { .. }) && finds_gone(made, spec.id.as_deref())
        };
        if moves(actors).any(closed) {
            names.push(name);
        }
    }
    names.into_iter().flat_map(Client::may_stop).collect()
}

fn moves<'a>(actors: &'a [Known<'_>]) -> impl Iterator<Item = &'a HostMove> {
    actors.iter().flat_map(|actor| actor.report.script.iter().flatten())
}

/// Whether somebody outside may have stopped an actor: its chain ends so, others found it gone, or it `left` a channel that it did not close;
/// and it did not ask for it.
fn stopped(actor: &Known<'_>, address: Option<&str>, actors: &[Known<'_>], left: bool) -> bool {
    let mut own = actor.report.script.iter().flatten();
    if own.any(|made| matches!(made.call, HostCall::Shutdown { .. })) {
        return false;
    }
    left || actor.report.stopped || moves(actors).any(|made| finds_gone(made, address))
}

/// Whether a call was refused as if the actor of this address were gone.
fn finds_gone(made: &HostMove, address: Option<&str>) -> bool {
    let Some(HostAnswer::Refused(refusal)) = &made.answer else { return false };
    let text = refusal.to_string();
    match &made.call {
        HostCall::Send { to, .. } | HostCall::Request { to, .. } | HostCall::OpenChannel { to, .. } => {
            address.is_some()
                && super::addresses::address(to).as_deref() == address
                && !text.contains("rejected")
                && !text.contains("Cannot open")
        }
        _ => address.is_some_and(|address| text.contains(address)),
    }
}
