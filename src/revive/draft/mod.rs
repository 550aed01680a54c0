//! A scenario drafted from chains alone: the cast from the components, the states that explain their beginnings, and
//! clients that send what no chain sent.

mod address_assignment;
pub(super) mod addresses;
mod circular_requests;
mod stand_ins;
pub(super) mod stops;
mod unsent_channel_messages;

use crate::call::{HostAnswer, HostCall};
use crate::chain::{Invocation, Reply};
use crate::id::ActorId;
use crate::limits::Limits;
use crate::revive::HostMove;
use crate::revive::message_key::MessageKey;
use crate::revive::record::Record;
use crate::revive::report::Report;
use crate::scenario::{
    ActorSpec, BytesSpec, ChannelSpec, ImportSpec, InitFails, LikeSpec, Named, OnChannelSpec, OpenSpec,
    ScenarioFile, Step, TheaterSpec, ToSpec,
};
use addresses::addresses;
pub use stand_ins::STAND_IN;
use std::collections::{BTreeMap, BTreeSet};
use stops::{STOPS, stops};
use unsent_channel_messages::Stray;

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

/// A scenario in which `actors` may have made their chains, and what is to be said of what came from outside. Where chains were `cut` off, whose
/// an address is that none of them tells is guessed.
pub fn draft(actors: &[Known<'_>], profile: &str, cut: bool) -> (ScenarioFile, Vec<String>) {
    let chains: Vec<(&Record, &Report)> = actors.iter().map(|actor| (actor.record, actor.report)).collect();
    let mut addresses = addresses(&chains);
    if cut {
        addresses::guessed(&chains, &mut addresses);
    }
    let mut sent = supply(actors, &addresses);
    let forced = circular_requests::forced(&chains, &addresses);
    let stand_ins = stand_ins::stand_ins(actors, &addresses, profile);
    // In the order of the draft's cast.
    addresses.extend(stand_ins.iter().map(|(_, spec)| spec.id.clone()));
    let mut clients: Vec<(String, Vec<Step>)> = Vec::new();
    let mut strays: Vec<Stray> = Vec::new();
    for (place, actor) in actors.iter().enumerate() {
        clients.extend(outside((place, actor), &forced, &mut sent, &mut strays));
    }
    let (over, notes) = unsent_channel_messages::clients(&strays, actors, &addresses, profile);
    clients.extend(over);
    clients.extend(stops(actors, (&stand_ins, &addresses), &strays, profile));
    unsent_channel_messages::in_the_runs_ids(&mut clients, actors, &addresses);
    // What clients send waits in lanes under `actors`; a stop waits for nobody.
    let mut waiting: Vec<_> =
        clients.iter_mut().filter(|(name, _)| profile != "actors" || timed(name)).collect();
    waiting.iter_mut().for_each(|(_, steps)| *steps = paced(std::mem::take(steps)));
    if let [(name, _)] = &mut clients[..] {
        "outside".clone_into(name);
    }
    set_apart(&mut clients, actors);
    // The recordings of the router are older than version 0.3.8, and unlike it in what B is.
    let like = (profile == "theater-0.3").then_some(LikeSpec::B);
    let theater = like.map(|like| TheaterSpec { like: Some(like), ..TheaterSpec::default() });
    let cast = actors.iter().zip(&addresses).map(|(actor, address)| {
        let state = actor.report.state.clone().map(|state| bytes(&state));
        let spec = ActorSpec {
            component: Some(actor.component.clone()),
            id: address.clone(),
            state,
            init_fails: actor.report.init_failed.as_deref().map(|message| init_fails(actor.record, message)),
            imports: Some(imports(actor.report)).filter(|imports| !imports.is_empty()),
            ..ActorSpec::default()
        };
        (actor.name.clone(), spec)
    });
    let cast = cast.chain(stand_ins);
    let file = ScenarioFile {
        schema: None,
        rehearsal: 1,
        name: "from chains".to_owned(),
        about: Some("Drafted from event chains: what no chain sent is sent by clients.".to_owned()),
        profile: Some(profile.to_owned()),
        clock: None,
        latency: None,
        links: Vec::new(),
        timeouts: None,
        early_timers: None,
        limits: Some(generous(actors)),
        theater,
        environment: Named(environment(actors)),
        actors: Named(cast.collect()),
        clients: Named(clients),
        properties: Vec::new(),
        waive: Vec::new(),
    };
    (file, notes)
}

/// Gives no client a name that is taken: an actor may be called `outside` itself, and `outside-a-1` come of `a` and of `a-1`.
fn set_apart(clients: &mut [(String, Vec<Step>)], actors: &[Known<'_>]) {
    let mut taken: BTreeSet<String> = actors.iter().map(|actor| actor.name.clone()).collect();
    for (name, _) in clients {
        while !taken.insert(name.clone()) {
            name.push('_');
        }
    }
}

/// The variables that calls were told of, as they were first: generation A does not keep what one holds.
fn environment(actors: &[Known<'_>]) -> Vec<(String, String)> {
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
pub(super) fn init_fails(record: &Record, message: &str) -> InitFails {
    let told = message.strip_prefix("Failed to call function: ").unwrap_or(message);
    let first = record.calls().next().map(|(place, ..)| place);
    let at_once = first.is_some_and(|place| {
        let end = record.end_of(place).unwrap_or(record.entries.len());
        record.entries[place + 1..end].iter().all(crate::revive::record::Entry::own)
    });
    match (crate::revive::replay::trap::text(message), at_once) {
        (Some(trap), false) => InitFails::Trap(trap.to_owned()),
        (Some(trap), true) => InitFails::TrapAtOnce(trap.to_owned()),
        (None, false) => InitFails::Error(told.to_owned()),
        (None, true) => InitFails::ErrorAtOnce(told.to_owned()),
    }
}

/// Bounds for what has run once already: it came to an end there, unless a chain says otherwise.
fn generous(actors: &[Known<'_>]) -> Limits {
    let endless = actors.iter().any(|actor| actor.report.out_of_fuel);
    Limits {
        fuel: if endless { Limits::default().fuel } else { 1_000_000_000_000 },
        host_calls: 10_000_000,
        effect_bytes: 1 << 30,
        state_bytes: 1 << 30,
        steps: 100_000_000,
        ..Limits::default()
    }
}

/// The profile under which chains like these are made: those of real runtimes tell themselves by set-up events, and by
/// holding no messaging calls.
pub fn profile_of<'a>(records: impl IntoIterator<Item = &'a Record>) -> &'static str {
    use crate::chain::Generation;
    let mut found = "actors";
    for record in records {
        let set_up = record.entries.first().is_some_and(crate::revive::record::Entry::own);
        found = match record.generation {
            Generation::A if set_up => "theater-0.2",
            Generation::Between => "theater-0.3",
            Generation::B if record.silent => "theater-0.3",
            _ => found,
        };
    }
    found
}

/// A script that lets all come to rest before each step: in Theater what comes from outside enters a mailbox at once, and all
/// of it would be there before anything else.
pub(super) fn paced(steps: Vec<Step>) -> Vec<Step> {
    let pause =
        || Step { wait: Some(crate::scenario::Duration(crate::id::Time::from_millis(1))), ..Step::default() };
    steps.into_iter().flat_map(|step| [pause(), step]).collect()
}

/// Bytes as a scenario has them: as text where nothing in it would be replaced.
pub(super) fn bytes(data: &[u8]) -> BytesSpec {
    use base64::Engine as _;
    match std::str::from_utf8(data) {
        Ok(text) if !text.contains("${") => BytesSpec::Text(text.to_owned()),
        _ => BytesSpec::Base64(base64::engine::general_purpose::STANDARD.encode(data)),
    }
}

/// Whether a client waits under `actors` too: a stop waits for nobody, and a stand-in that is told what to send does not wait to be.
fn timed(name: &str) -> bool {
    name.starts_with(STOPS)
        || name.strip_prefix("outside-").is_some_and(|to| to.starts_with(stand_ins::STAND_IN))
}

/// What the chains send, by what its receiver's chain would have of it.
fn supply(actors: &[Known<'_>], addresses: &[Option<String>]) -> BTreeMap<MessageKey, usize> {
    let mut sent: BTreeMap<MessageKey, usize> = BTreeMap::new();
    let find = addresses::finder(addresses);
    let calls = actors.iter().flat_map(|actor| actor.report.sent());
    for key in calls.filter_map(|call| MessageKey::sent(call, &find)) {
        let count = key.receivers();
        *sent.entry(key).or_default() += count;
    }
    sent
}

/// The clients that send one actor what no chain sent: one for all that comes one after the other, and one for each
/// request that is answered later and for each channel.
fn outside(
    (place, actor): (usize, &Known<'_>),
    forced: &BTreeSet<(usize, usize)>,
    sent: &mut BTreeMap<MessageKey, usize>,
    strays: &mut Vec<Stray>,
) -> Vec<(String, Vec<Step>)> {
    let name = format!("outside-{}", actor.name);
    let mut main: Vec<Step> = Vec::new();
    let mut others: Vec<(String, Vec<Step>)> = Vec::new();
    let mut channels: BTreeMap<String, usize> = BTreeMap::new();
    let mut scripts = actor.report.script.iter();
    for (at, _, call) in actor.record.calls() {
        let moves = scripts.next().map_or(&[][..], Vec::as_slice);
        let Some(key) = MessageKey::handled(ActorId(place as u32), &call) else { continue };
        let inside = !forced.contains(&(place, at));
        if let Some(count) = sent.get_mut(&key).filter(|count| inside && **count > 0) {
            *count -= 1;
            continue;
        }
        let asks_alone = own_client(actor.record, (at, &call), moves);
        let to = |data: &[u8]| Box::new(ToSpec { to: actor.name.clone(), body: bytes(data) });
        match call {
            Invocation::Send(data) => main.push(Step { send: Some(to(&data)), ..Step::default() }),
            Invocation::Request(_, data) => {
                let step = Step { request: Some(to(&data)), ..Step::default() };
                if asks_alone {
                    others.push((format!("{name}-{}", others.len() + 1), vec![step]));
                } else {
                    main.push(step);
                }
            }
            Invocation::ChannelOpen(id, data) => {
                let open =
                    OpenSpec { to: actor.name.clone(), body: bytes(&data), name: "channel".to_owned() };
                channels.insert(id, others.len());
                let step = Step { open_channel: Some(Box::new(open)), ..Step::default() };
                others.push((format!("{name}-{}", others.len() + 1), vec![step]));
            }
            Invocation::ChannelMessage(id, data) => {
                let spec = OnChannelSpec { channel: "channel".to_owned(), body: bytes(&data) };
                let step = Step { send_on_channel: Some(Box::new(spec)), ..Step::default() };
                match channels.get(&id) {
                    Some(client) => others[*client].1.push(step),
                    None => strays.push(Stray { actor: place, place: at, channel: id, data: Some(data) }),
                }
            }
            Invocation::ChannelClose(id) => {
                let spec = ChannelSpec { channel: "channel".to_owned() };
                let step = Step { close_channel: Some(spec), ..Step::default() };
                match channels.get(&id) {
                    Some(client) => others[*client].1.push(step),
                    None => strays.push(Stray { actor: place, place: at, channel: id, data: None }),
                }
            }
            _ => {}
        }
    }
    let main = (!main.is_empty()).then_some((name, main));
    main.into_iter().chain(others).collect()
}

/// Whether the message of the call at `at` is sent by a client of its own.
pub(super) fn own_client(record: &Record, (at, call): (usize, &Invocation), moves: &[HostMove]) -> bool {
    match call {
        Invocation::Request(..) => waits(moves) || later(record, at),
        Invocation::ChannelOpen(..) => true,
        _ => false,
    }
}

/// Whether a handler waited for others: meanwhile more may have come from outside, behind it.
fn waits(moves: &[HostMove]) -> bool {
    moves.iter().any(|made| made.call.name().starts_with(crate::chain::MESSAGING))
}

/// Whether the request at `at` was not answered by its own handler.
fn later(record: &Record, at: usize) -> bool {
    let end = record.end_of(at).map(|end| record.entries[end].reply());
    !matches!(end, Some(Some(Reply::Request(Some(_)))))
}
