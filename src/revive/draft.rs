//! A scenario drafted from chains alone: the cast from the components, the states that explain their beginnings, and
//! clients that send what no chain sent.

use super::record::Record;
use super::report::Report;
use crate::call::{Address, ChannelName, HostCall};
use crate::chain::{Invocation, Reply};
use crate::scenario::{
    ActorSpec, BytesSpec, ChannelSpec, Named, OnChannelSpec, OpenSpec, ScenarioFile, Step, ToSpec,
};
use std::collections::BTreeMap;

/// One actor of the draft.
pub struct Known<'a> {
    /// Its name.
    pub name: String,
    /// Its component's file, as the scenario is to name it.
    pub component: String,
    /// Its chain.
    pub record: &'a Record,
    /// What came of driving it from its chain: the host calls that it made.
    pub report: &'a Report,
}

/// A message by what its receiver's chain has of it: who gets it, the export, the channel and the bytes.
type Key = (Option<usize>, &'static str, String, Vec<u8>);

/// A scenario in which `actors` may have made their chains.
pub fn draft(actors: &[Known<'_>], profile: &str) -> ScenarioFile {
    let addresses = addresses(actors);
    let mut sent = supply(actors, &addresses);
    let mut clients: Vec<(String, Vec<Step>)> = Vec::new();
    for (place, actor) in actors.iter().enumerate() {
        clients.extend(outside(place, actor, &mut sent));
    }
    if let [(name, _)] = &mut clients[..] {
        "outside".clone_into(name);
    }
    let cast = actors.iter().zip(&addresses).map(|(actor, address)| {
        let state = actor.report.state.clone().map(|state| bytes(&state));
        let spec = ActorSpec {
            component: Some(actor.component.clone()),
            id: address.clone(),
            state,
            ..ActorSpec::default()
        };
        (actor.name.clone(), spec)
    });
    ScenarioFile {
        rehearsal: 1,
        name: "from chains".to_owned(),
        about: Some("Drafted from event chains: what no chain sent is sent by clients.".to_owned()),
        profile: Some(profile.to_owned()),
        clock: None,
        latency: None,
        links: Vec::new(),
        timeouts: None,
        early_timers: None,
        limits: None,
        environment: Named::default(),
        actors: Named(cast.collect()),
        clients: Named(clients),
        properties: Vec::new(),
        waive: Vec::new(),
        theater: None,
    }
}

/// Bytes as a scenario has them: as text where nothing in it would be replaced.
fn bytes(data: &[u8]) -> BytesSpec {
    use base64::Engine as _;
    match std::str::from_utf8(data) {
        Ok(text) if !text.contains("${") => BytesSpec::Text(text.to_owned()),
        _ => BytesSpec::Base64(base64::engine::general_purpose::STANDARD.encode(data)),
    }
}

fn address(to: &Address) -> Option<String> {
    match to {
        Address::Text(text) | Address::Name(text) => {
            uuid::Uuid::parse_str(text).ok().map(|id| id.to_string())
        }
        Address::Id(_) => None,
    }
}

/// Whose address is which: as `init` was told it, else the one to which others send what this actor got.
fn addresses(actors: &[Known<'_>]) -> Vec<Option<String>> {
    let mut found: Vec<Option<String>> = actors.iter().map(|actor| actor.record.address()).collect();
    let mut got: BTreeMap<(&'static str, Vec<u8>), Vec<usize>> = BTreeMap::new();
    for (place, actor) in actors.iter().enumerate() {
        for (_, _, call) in actor.record.calls() {
            let key = match call {
                Invocation::Send(data) => ("handle-send", data),
                Invocation::Request(_, data) => ("handle-request", data),
                Invocation::ChannelOpen(_, data) => ("handle-channel-open", data),
                _ => continue,
            };
            got.entry(key).or_default().push(place);
        }
    }
    let mut votes: BTreeMap<(String, usize), usize> = BTreeMap::new();
    for call in actors.iter().flat_map(|actor| &actor.report.sent) {
        let (to, key) = match call {
            HostCall::Send { to, data } => (to, ("handle-send", data.to_vec())),
            HostCall::Request { to, data, .. } => (to, ("handle-request", data.to_vec())),
            HostCall::OpenChannel { to, data, .. } => (to, ("handle-channel-open", data.to_vec())),
            _ => continue,
        };
        let Some(to) = address(to).filter(|to| !found.contains(&Some(to.clone()))) else { continue };
        for place in got.get(&key).into_iter().flatten() {
            *votes.entry((to.clone(), *place)).or_default() += 1;
        }
    }
    let mut ranked: Vec<((String, usize), usize)> = votes.into_iter().collect();
    ranked.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for ((to, place), _) in ranked {
        if found[place].is_none() && !found.contains(&Some(to.clone())) {
            found[place] = Some(to);
        }
    }
    found
}

/// Which channel is at hand, as text.
fn named(channel: &ChannelName) -> String {
    channel.to_string()
}

/// What the chains send, by what its receiver's chain would have of it.
fn supply(actors: &[Known<'_>], addresses: &[Option<String>]) -> BTreeMap<Key, usize> {
    let mut sent: BTreeMap<Key, usize> = BTreeMap::new();
    let place_of = |to: &Address| {
        let to = address(to);
        to.and_then(|to| addresses.iter().position(|known| known.as_ref() == Some(&to)))
    };
    for call in actors.iter().flat_map(|actor| &actor.report.sent) {
        let (key, count): (Key, usize) = match call {
            HostCall::Send { to, data } => ((place_of(to), "handle-send", String::new(), data.to_vec()), 1),
            HostCall::Request { to, data, .. } => {
                ((place_of(to), "handle-request", String::new(), data.to_vec()), 1)
            }
            HostCall::OpenChannel { to, data, .. } => {
                ((place_of(to), "handle-channel-open", String::new(), data.to_vec()), 1)
            }
            HostCall::SendOnChannel { channel, data } => {
                ((None, "handle-channel-message", named(channel), data.to_vec()), 1)
            }
            // Both ends may be told.
            HostCall::CloseChannel { channel } => {
                ((None, "handle-channel-close", named(channel), Vec::new()), 2)
            }
            _ => continue,
        };
        *sent.entry(key).or_default() += count;
    }
    sent
}

/// The clients that send one actor what no chain sent: one for all that comes one after the other, and one for each
/// request that is answered later and for each channel.
fn outside(place: usize, actor: &Known<'_>, sent: &mut BTreeMap<Key, usize>) -> Vec<(String, Vec<Step>)> {
    let name = format!("outside-{}", actor.name);
    let mut main: Vec<Step> = Vec::new();
    let mut others: Vec<(String, Vec<Step>)> = Vec::new();
    let mut channels: BTreeMap<String, usize> = BTreeMap::new();
    for (at, _, call) in actor.record.calls() {
        let key: Key = match &call {
            Invocation::Send(data) => (Some(place), "handle-send", String::new(), data.clone()),
            Invocation::Request(_, data) => (Some(place), "handle-request", String::new(), data.clone()),
            Invocation::ChannelOpen(_, data) => {
                (Some(place), "handle-channel-open", String::new(), data.clone())
            }
            Invocation::ChannelMessage(id, data) => {
                (None, "handle-channel-message", id.clone(), data.clone())
            }
            Invocation::ChannelClose(id) => (None, "handle-channel-close", id.clone(), Vec::new()),
            _ => continue,
        };
        if let Some(count) = sent.get_mut(&key).filter(|count| **count > 0) {
            *count -= 1;
            continue;
        }
        let to = |data: &[u8]| ToSpec { to: actor.name.clone(), body: bytes(data) };
        match call {
            Invocation::Send(data) => main.push(Step { send: Some(to(&data)), ..Step::default() }),
            Invocation::Request(_, data) => {
                let step = Step { request: Some(to(&data)), ..Step::default() };
                if later(actor.record, at) {
                    others.push((format!("{name}-{}", others.len() + 1), vec![step]));
                } else {
                    main.push(step);
                }
            }
            Invocation::ChannelOpen(id, data) => {
                let open =
                    OpenSpec { to: actor.name.clone(), body: bytes(&data), name: "channel".to_owned() };
                channels.insert(id, others.len());
                let step = Step { open_channel: Some(open), ..Step::default() };
                others.push((format!("{name}-{}", others.len() + 1), vec![step]));
            }
            Invocation::ChannelMessage(id, data) => {
                let spec = OnChannelSpec { channel: "channel".to_owned(), body: bytes(&data) };
                let step = Step { send_on_channel: Some(spec), ..Step::default() };
                if let Some(client) = channels.get(&id) {
                    others[*client].1.push(step);
                }
            }
            Invocation::ChannelClose(id) => {
                let spec = ChannelSpec { channel: "channel".to_owned() };
                let step = Step { close_channel: Some(spec), ..Step::default() };
                if let Some(client) = channels.get(&id) {
                    others[*client].1.push(step);
                }
            }
            _ => {}
        }
    }
    let main = (!main.is_empty()).then_some((name, main));
    main.into_iter().chain(others).collect()
}

/// Whether the request at `at` was not answered by its own handler.
fn later(record: &Record, at: usize) -> bool {
    let end = record.end_of(at).map(|end| super::likely::reply(&record.entries[end]));
    !matches!(end, Some(Some(Reply::Request(Some(_)))))
}
