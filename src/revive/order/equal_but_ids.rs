//! What a chain has, and what is there: whether it is the same but for ids.

use crate::actor::Input;
use crate::call::HostAnswer;
use crate::chain::Invocation;
use crate::id::RequestId;
use crate::message_server::ActorMessage;
use crate::revive::id_map::Ids;
use crate::revive::wording::shortened;

/// A message as its receiver's chain would have it: the export, the id in it, the bytes.
struct Seen<'a> {
    export: &'static str,
    id: String,
    data: &'a [u8],
}

fn of_message(message: &ActorMessage) -> Option<Seen<'_>> {
    let seen = |export, id: String, data| Some(Seen { export, id, data });
    match message {
        ActorMessage::Send(m) => seen("handle-send", String::new(), &m.data[..]),
        ActorMessage::Request(m) => {
            seen("handle-request", RequestId::of(m.reply_to).to_string(), &m.data[..])
        }
        ActorMessage::ChannelOpen(m) => seen("handle-channel-open", m.channel_id.to_string(), &m.data[..]),
        ActorMessage::ChannelMessage(m) => {
            seen("handle-channel-message", m.channel_id.to_string(), &m.data[..])
        }
        ActorMessage::ChannelClose(m) => seen("handle-channel-close", m.channel_id.to_string(), &[]),
        ActorMessage::ChannelInitiated(_) => None,
    }
}

fn of_input(input: &Input) -> Option<Seen<'_>> {
    let seen = |id: String, data| Some(Seen { export: input.export()?, id, data });
    match input {
        Input::Init => seen(String::new(), &[]),
        Input::Send { data } => seen(String::new(), &data[..]),
        Input::Request { id, data } => seen(id.to_string(), &data[..]),
        Input::ChannelOpen { channel, data } | Input::ChannelMessage { channel, data } => {
            seen(channel.to_string(), &data[..])
        }
        Input::ChannelClose { channel } => seen(channel.to_string(), &[]),
        Input::Answer(_) | Input::Foreign(_) => None,
    }
}

fn same(ids: &mut Ids, seen: &Seen<'_>, call: &Invocation, bind: bool) -> bool {
    let (export, id, data): (_, &str, &[u8]) = match call {
        Invocation::Init(_) => return seen.export == "init",
        Invocation::Send(data) => ("handle-send", "", data),
        Invocation::Request(id, data) => ("handle-request", id, data),
        Invocation::ChannelOpen(id, data) => ("handle-channel-open", id, data),
        Invocation::ChannelMessage(id, data) => ("handle-channel-message", id, data),
        Invocation::ChannelClose(id) => ("handle-channel-close", id, &[]),
        Invocation::Other => return false,
    };
    export == seen.export
        && ids.alike(seen.id.as_bytes(), id.as_bytes(), bind)
        && ids.alike(seen.data, data, bind)
}

/// Whether a message is the one of this call. With `bind` its ids are mapped.
pub fn message(ids: &mut Ids, message: &ActorMessage, call: &Invocation) -> bool {
    of_message(message).is_some_and(|seen| same(ids, &seen, call, false))
}

/// The same of what an export is called with.
pub fn input(ids: &mut Ids, input: &Input, call: &Invocation, bind: bool) -> bool {
    of_input(input).is_some_and(|seen| same(ids, &seen, call, bind))
}

/// Whether an answer is the recorded one.
pub fn answer(ids: &mut Ids, ours: &HostAnswer, theirs: &HostAnswer, bind: bool) -> bool {
    match (ours, theirs) {
        (HostAnswer::Opened(opened), HostAnswer::Text(id)) => {
            ids.alike(opened.channel.to_string().as_bytes(), id.as_bytes(), bind)
        }
        (HostAnswer::Refused(a), HostAnswer::Refused(b)) => {
            ids.alike(a.to_string().as_bytes(), b.to_string().as_bytes(), bind)
        }
        (HostAnswer::Bytes(a), HostAnswer::Bytes(b)) => ids.alike(a, b, bind),
        (HostAnswer::Requests(a), HostAnswer::Requests(b)) => {
            // They are the keys of a hash map there, seeded anew in each process: their order is chance, no other event depends on it but
            // by what the actor made of the list, and that is compared where it shows. So only which they are counts.
            let mut left: Vec<String> = b.iter().map(ToString::to_string).collect();
            a.len() == b.len()
                && a.iter().all(|one| {
                    let one = one.to_string();
                    let found =
                        left.iter().position(|other| ids.alike(one.as_bytes(), other.as_bytes(), false));
                    found.map(|found| left.swap_remove(found)).is_some()
                })
        }
        (HostAnswer::Refused(_), _) | (_, HostAnswer::Refused(_)) => false,
        (HostAnswer::Number(_), HostAnswer::Number(_)) => true,
        _ => std::mem::discriminant(ours) == std::mem::discriminant(theirs),
    }
}

/// A message, for people.
pub fn told(message: &ActorMessage) -> String {
    of_message(message).map_or_else(|| "the note of an opened channel".to_owned(), |seen| line(&seen))
}

/// What an export is called with, for people.
pub fn told_input(input: &Input) -> String {
    of_input(input).map_or_else(|| "an answer".to_owned(), |seen| line(&seen))
}

fn line(seen: &Seen<'_>) -> String {
    let id = if seen.id.is_empty() { String::new() } else { format!("{} ", seen.id) };
    shortened(&format!("{} {id}{:?}", seen.export, String::from_utf8_lossy(seen.data)))
}
