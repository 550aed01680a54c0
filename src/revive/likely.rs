//! What a messaging call may have given that generation B did not record: theater.md, section 3, in order of how likely it is.

use super::align;
use super::answer::refused;
use super::record::{Entry, Record};
use super::stage::Asked;
use crate::call::{Address, HostAnswer, HostCall};
use crate::chain::{Decoded, Invocation, Reply};

/// What is known around a call: what the record says of it, and what the peers' chains say.
pub struct Around<'a> {
    /// The chain, and the place of the call in it.
    pub record: &'a Record,
    /// Where the call begins.
    pub from: usize,
    /// The chains of the others.
    pub peers: &'a [Record],
    said: Vec<Vec<u8>>,
}

impl<'a> Around<'a> {
    /// What is known around the call at `from`.
    pub fn new(record: &'a Record, from: usize, peers: &'a [Record]) -> Around<'a> {
        let end = record.end_of(from).unwrap_or(record.entries.len() - 1);
        let said = record.entries[from..=end].iter().skip(1).flat_map(texts).collect();
        Around { record, from, peers, said }
    }

    fn says(&self, text: &str) -> bool {
        let bare = serde_json::Value::from(text).to_string();
        let bare = bare.trim_matches('"').as_bytes();
        self.said.iter().any(|said| !bare.is_empty() && said.windows(bare.len()).any(|window| window == bare))
    }

    /// The answers that `call` may have had after `before`, the likeliest first.
    pub fn answers(&self, call: &HostCall, before: &[Asked]) -> Vec<HostAnswer> {
        let (well, errors) = match call {
            HostCall::Send { to, .. } => (vec![HostAnswer::Done], message_errors(text(to))),
            HostCall::Request { to, data, .. } => {
                let mut well: Vec<HostAnswer> =
                    self.replies(data).map(|b| HostAnswer::Bytes(b.into())).collect();
                if well.is_empty() {
                    well.push(HostAnswer::Bytes(align::mark(before.len()).into()));
                }
                (well, message_errors(text(to)))
            }
            HostCall::OpenChannel { to, data, .. } => (self.channels(data, before), open_errors(text(to))),
            HostCall::SendOnChannel { channel, .. } => {
                (vec![HostAnswer::Done], self.channel_errors(&channel.to_string()))
            }
            HostCall::CloseChannel { channel } => {
                (vec![HostAnswer::Done], self.channel_errors(&channel.to_string()))
            }
            _ => (vec![HostAnswer::Done], Vec::new()),
        };
        // What no address or channel can be is refused, and so for sure.
        let surely = errors.len() == 1 && errors[0].starts_with("Failed to parse");
        let well = if surely { Vec::new() } else { well };
        let (mut likely, mut rest): (Vec<HostAnswer>, Vec<HostAnswer>) = (Vec::new(), Vec::new());
        for error in errors {
            if self.says(&error) { likely.push(refused(error)) } else { rest.push(refused(error)) }
        }
        let mut all = well;
        all.append(&mut likely);
        all.append(&mut rest);
        // What failed once on the same channel or at the same target most likely fails again.
        let same = before
            .iter()
            .rev()
            .find(|asked| target(&asked.call) == target(call) && asked.call.name() == call.name());
        if let Some(Asked { answer: Some(HostAnswer::Refused(refusal)), .. }) = same
            && let Some(place) = all.iter().position(|one| *one == HostAnswer::Refused(refusal.clone()))
        {
            let again = all.remove(place);
            all.insert(0, again);
        }
        all
    }

    /// What the peers answered to a request with these bytes.
    fn replies(&self, data: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        let asked = self.peers.iter().flat_map(|peer| peer.calls().map(move |call| (peer, call)));
        let mut found: Vec<Vec<u8>> = Vec::new();
        for (peer, (place, _, call)) in asked {
            let Invocation::Request(_, asked) = call else { continue };
            if asked != data {
                continue;
            }
            if let Some(Reply::Request(Some(reply))) =
                peer.end_of(place).and_then(|end| reply(&peer.entries[end]))
                && !found.contains(&reply)
            {
                found.push(reply);
            }
        }
        found.into_iter()
    }

    /// The ids that a channel opened with these bytes may have: those that the peers, this call and what follows name.
    fn channels(&self, data: &[u8], before: &[Asked]) -> Vec<HostAnswer> {
        let mut ids: Vec<String> = Vec::new();
        for (_, _, call) in self.peers.iter().flat_map(Record::calls) {
            if let Invocation::ChannelOpen(id, first) = call
                && first == data
            {
                ids.push(id);
            }
        }
        ids.extend(self.said.iter().flat_map(|said| named_channels(said)));
        for entry in self.record.entries.iter().skip(self.from).take(1000) {
            ids.extend(texts(entry).iter().flat_map(|said| named_channels(said)));
        }
        let mut once: Vec<HostAnswer> = Vec::new();
        for id in ids {
            let id = HostAnswer::Text(id);
            let taken = before.iter().any(|asked| asked.answer.as_ref() == Some(&id));
            if !once.contains(&id) && !taken && once.len() < 16 {
                once.push(id);
            }
        }
        if once.is_empty() {
            once.push(HostAnswer::Text(format!(
                "ch_{:016x}",
                0x7175_6573_7300_0000u64 + before.len() as u64
            )));
        }
        once
    }

    fn channel_errors(&self, channel: &str) -> Vec<String> {
        if channel.is_empty() {
            return vec!["Failed to parse channel ID: Channel ID cannot be empty".to_owned()];
        }
        if !channel.starts_with("ch_") {
            return vec!["Failed to parse channel ID: Channel ID must start with 'ch_' prefix".to_owned()];
        }
        let mut errors = vec![
            format!("Channel not found: {channel}"),
            "Sender is not a participant in this channel".to_owned(),
            "channel closed".to_owned(),
        ];
        let gone = "Recipient actor not found: ";
        for said in &self.said {
            let said = String::from_utf8_lossy(said);
            errors.extend(
                said.match_indices(gone)
                    .filter_map(|(at, _)| Some(said.get(at..at + gone.len() + 36)?.to_owned())),
            );
        }
        errors.dedup();
        errors
    }
}

/// The texts of an event in which an answer may show.
fn texts(entry: &Entry) -> Vec<Vec<u8>> {
    match &entry.said {
        Decoded::Returned { state, .. } => {
            let reply = match reply(entry) {
                Some(Reply::Request(reply)) => reply,
                Some(Reply::Accept { message, .. }) => message,
                _ => None,
            };
            state.clone().into_iter().chain(reply).collect()
        }
        Decoded::Failed { message, .. } | Decoded::Log { message } => vec![message.clone().into_bytes()],
        Decoded::Call { params, .. } => vec![params.clone()],
        _ => Vec::new(),
    }
}

/// The reply that an event holds.
pub fn reply(entry: &Entry) -> Option<Reply> {
    match &entry.said {
        Decoded::Returned { export, result, .. } => Some(Reply::of(export, result)),
        _ => None,
    }
}

fn named_channels(said: &[u8]) -> Vec<String> {
    let said = String::from_utf8_lossy(said);
    let ids = said.match_indices("ch_").filter_map(|(at, _)| said.get(at..at + 19));
    let plain = |id: &&str| id[3..].bytes().all(|byte| byte.is_ascii_hexdigit());
    ids.filter(plain).map(str::to_owned).collect()
}

fn text(to: &Address) -> &str {
    if let Address::Text(text) = to { text } else { "" }
}

/// What a call is about: an address, or a channel.
fn target(call: &HostCall) -> Option<String> {
    match call {
        HostCall::Send { to, .. } | HostCall::Request { to, .. } | HostCall::OpenChannel { to, .. } => {
            Some(text(to).to_owned())
        }
        HostCall::SendOnChannel { channel, .. } | HostCall::CloseChannel { channel } => {
            Some(channel.to_string())
        }
        _ => None,
    }
}

fn unparsed(to: &str) -> Option<String> {
    uuid::Uuid::parse_str(to).err().map(|error| format!("Failed to parse actor ID: {error}"))
}

fn message_errors(to: &str) -> Vec<String> {
    match unparsed(to) {
        Some(error) => vec![error],
        None => vec!["channel closed".to_owned(), format!("Actor not found: {}", plain(to))],
    }
}

fn open_errors(to: &str) -> Vec<String> {
    if let Some(error) = unparsed(to) {
        return vec![error];
    }
    vec![
        "Channel request rejected by target actor".to_owned(),
        format!("Error opening channel: Actor not found: Actor({})", plain(to)),
        "Error opening channel: Actor didn't respond to channel open: channel closed".to_owned(),
        "Failed to receive channel open response: channel closed".to_owned(),
        "Channel request rejected".to_owned(),
    ]
}

/// An address as Theater prints it.
fn plain(to: &str) -> String {
    uuid::Uuid::parse_str(to).map_or_else(|_| to.to_owned(), |id| id.to_string())
}
