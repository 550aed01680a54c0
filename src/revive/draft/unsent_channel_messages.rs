//! What came over channels that actors opened, and no chain sent: from somebody outside who is told the channel's id.
//!
//! Only generation A (Theater bee460b1) hands on what comes from nobody at either end, and then to both: its loop sends a message to every
//! registered participant but its sender, and does not look whether that is one. Elsewhere the other end must have sent it: where its
//! chain is not there, who stands in for it is told to. Where it is, that is said, and not drafted.

use super::Known;
use super::addresses::{address, finder};
use super::client_role::Client;
use super::steps::bytes;
use crate::call::{HostAnswer, HostCall};
use crate::chain::Invocation;
use crate::id::{ActorId, ChannelId};
use crate::native::{Bytes, Told};
use crate::profile::Profile;
use crate::scenario::{ActorSpec, BytesSpec, ChannelSpec, OnChannelSpec, Step, ToSpec};
use std::collections::{BTreeMap, BTreeSet};

/// One such call: whose, where, over which channel, and the message; none for a close.
pub(super) struct Stray {
    pub actor: usize,
    pub place: usize,
    pub channel: String,
    pub data: Option<Vec<u8>>,
}

/// What came over which channel; nothing for a close.
type Message<'a> = (&'a str, Option<&'a [u8]>);

/// The clients that send them, and what is to be said of those that nobody can have sent.
pub(super) fn clients(
    strays: &[Stray],
    actors: &[Known<'_>],
    (stand_ins, addresses): (&[(String, ActorSpec)], &[Option<String>]),
    profile: Profile,
) -> (Vec<Client>, Vec<String>) {
    let (mut clients, mut notes) = (Vec::new(), Vec::new());
    let ids = ids(actors, addresses);
    let mut through_ends: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    // What reached both ends was sent once.
    let mut counts: BTreeMap<Message<'_>, BTreeMap<usize, usize>> = BTreeMap::new();
    for stray in strays {
        let name = &actors[stray.actor].name;
        let which = format!("event {} of `{name}` came over channel {}", stray.place, stray.channel);
        let known = ids.get(&stray.channel);
        let stand_in =
            known.and_then(|(id, end)| Some((id, &stand_ins.get(end.checked_sub(actors.len())?)?.0)));
        if let Some((id, stand_in)) = stand_in {
            notes.push(format!("{which}, no chain sent it: `{stand_in}` is told to by a client"));
            let step = through(stand_in.clone(), *id, stray.data.as_deref());
            through_ends.entry(stand_in.clone()).or_default().push(step);
            continue;
        }
        // There a stop closes the channels of who is stopped.
        if profile == Profile::Actors && stray.data.is_none() {
            continue;
        }
        let Some((id, _)) = known.filter(|_| profile == Profile::Theater02) else {
            let why = match profile {
                Profile::Theater02 => "who opened it cannot be told from the chains",
                _ => "only the two ends of a channel can send over it there",
            };
            notes.push(format!(
                "{which}, no chain sent it, and no client can under `{}`: {why}",
                profile.name()
            ));
            continue;
        };
        let of = counts.entry((&stray.channel, stray.data.as_deref())).or_default();
        *of.entry(stray.actor).or_default() += 1;
        let here = of[&stray.actor];
        if of.iter().any(|(other, count)| *other != stray.actor && *count >= here) {
            continue;
        }
        notes.push(format!("{which}, no chain sent it: it is sent by a client that knows the channel"));
        let channel = id.to_string();
        let step = match &stray.data {
            Some(data) => {
                let spec = OnChannelSpec { channel, body: bytes(data) };
                Step { send_on_channel: Some(Box::new(spec)), ..Step::default() }
            }
            None => Step { close_channel: Some(ChannelSpec { channel }), ..Step::default() },
        };
        clients.push(Client::over_channel(clients.len(), step));
    }
    clients.extend(through_ends.into_iter().map(|(end, steps)| Client::tells(&end, steps)));
    (clients, notes)
}

/// Tells a stand-in what to do at its end of a channel.
fn through(stand_in: String, channel: ChannelId, data: Option<&[u8]>) -> Step {
    let told = Told { over: channel.to_string(), send: data.map(Bytes::of) };
    let body = bytes(&serde_json::to_vec(&told).unwrap_or_default());
    Step { send: Some(Box::new(ToSpec { to: stand_in, body })), ..Step::default() }
}

/// Where what comes from outside names a channel that an actor opened, it is to be the one of the run.
pub(super) fn in_the_runs_ids(clients: &mut [Client], actors: &[Known<'_>], addresses: &[Option<String>]) {
    let ids = ids(actors, addresses);
    for step in clients.iter_mut().flat_map(|client| &mut client.steps) {
        let to = step.send.as_mut().map(|to| &mut to.body);
        let to = to.or(step.request.as_mut().map(|to| &mut to.body));
        let to = to.or(step.open_channel.as_mut().map(|open| &mut open.body));
        let Some(BytesSpec::Text(text)) = to.or(step.send_on_channel.as_mut().map(|over| &mut over.body))
        else {
            continue;
        };
        for (theirs, ours) in ids.iter().filter(|(theirs, _)| !theirs.is_empty()) {
            if text.contains("ch_") && text.contains(theirs.as_str()) {
                *text = text.replace(theirs.as_str(), &ours.0.to_string());
            }
        }
    }
}

/// Who is at the other end of a channel whose close nobody sent.
pub(super) fn left(strays: &[Stray], actors: &[Known<'_>]) -> BTreeSet<usize> {
    let closed: BTreeSet<(&str, usize)> =
        strays.iter().filter(|one| one.data.is_none()).map(|one| (one.channel.as_str(), one.actor)).collect();
    let mut ends: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (place, actor) in actors.iter().enumerate() {
        for (_, _, call) in actor.record.calls() {
            if let Invocation::ChannelOpen(id, _) = call {
                ends.entry(id).or_default().insert(place);
            }
        }
        for made in actor.report.script.iter().flatten() {
            if let (HostCall::OpenChannel { .. }, Some(HostAnswer::Text(id))) = (&made.call, &made.answer) {
                ends.entry(id.clone()).or_default().insert(place);
            }
        }
    }
    let others = |(channel, who): (&str, usize)| {
        let ends = ends.get(channel).into_iter().flatten();
        ends.copied().filter(move |end| *end != who).collect::<Vec<_>>()
    };
    closed.into_iter().flat_map(others).collect()
}

/// The channels that actors opened, by the ids of the chains: the ids that they have in a run of the draft, whose cast is in the order
/// of the chains; and who is at their other end.
fn ids(actors: &[Known<'_>], addresses: &[Option<String>]) -> BTreeMap<String, (ChannelId, usize)> {
    let (mut found, find) = (BTreeMap::new(), finder(addresses));
    for (opener, actor) in actors.iter().enumerate() {
        let mut opened = 0;
        for made in actor.report.script.iter().flatten() {
            let HostCall::OpenChannel { to, .. } = &made.call else { continue };
            if address(to).is_none() {
                continue;
            }
            opened += 1;
            let opener = ActorId(opener as u32);
            let target = find(to).unwrap_or(opener);
            let id = ChannelId::of(opener, target, opened);
            if let Some(HostAnswer::Text(channel)) = &made.answer {
                found.insert(channel.clone(), (id, target.index()));
            }
        }
    }
    found
}
