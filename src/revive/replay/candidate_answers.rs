//! What a messaging call may have given that generation B did not record: what Theater's router (c50b1871, 2026-01-14; 30eba8fd,
//! 2026-04-30) tells its callers, in order of how likely it is.

use super::random_bytes;
use super::recorded_answer::{likely_lost, refused};
use super::recorded_host::Asked;
use super::refusals;
use super::text_alignment;
use crate::call::{Address, Given, HostAnswer, HostCall};
use crate::chain::{Decoded, Reply};
use crate::payload::Payload;
use crate::profile::Profile;
use crate::revive::peers::Peers;
use crate::revive::record::{ChainRecord, Entry};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is known around a call: what the record says of it, and what the peers' chains say.
pub struct Around<'a> {
    /// The chain, and the place of the call in it.
    pub record: &'a ChainRecord,
    /// Where the call begins.
    pub from: usize,
    /// The chains of the others.
    pub peers: &'a Peers,
    /// Whose answers these are.
    profile: Option<Profile>,
    said: Vec<Vec<u8>>,
    /// The channels that the state named before the call.
    known: BTreeSet<String>,
}

impl<'a> Around<'a> {
    /// What is known around the call at `from`.
    pub fn new(
        record: &'a ChainRecord,
        from: usize,
        peers: &'a Peers,
        profile: Option<Profile>,
    ) -> Around<'a> {
        let end = record.end_of(from).unwrap_or(record.entries.len() - 1);
        let said = record.entries[from..=end].iter().skip(1).flat_map(texts).collect();
        let before = record.entries[..from].iter().rev().find(|entry| entry.reply().is_some());
        let known = before.into_iter().flat_map(texts).flat_map(|said| named_channels(&said)).collect();
        Around { record, from, peers, profile, said, known }
    }

    fn says(&self, text: &str) -> bool {
        let bare = serde_json::Value::from(text).to_string();
        let bare = bare.trim_matches('"').as_bytes();
        self.said.iter().any(|said| !bare.is_empty() && said.windows(bare.len()).any(|window| window == bare))
    }

    /// The answers that `call` may have had after `before`, the likeliest first.
    pub fn answers(&self, call: &HostCall, before: &[Asked]) -> Vec<HostAnswer> {
        let (well, errors) = match call {
            HostCall::Send { to, .. } => (vec![HostAnswer::Done], refusals::send(self.profile, text(to))),
            HostCall::Request { to, data, .. } => {
                let replies = self.peers.replies(data).iter();
                let mut well: Vec<HostAnswer> =
                    replies.map(|bytes| HostAnswer::Bytes(bytes.as_slice().into())).collect();
                if well.is_empty() {
                    well.push(HostAnswer::Bytes(text_alignment::mark(before.len()).into()));
                }
                (well, refusals::request(self.profile, text(to)))
            }
            HostCall::OpenChannel { to, data, .. } => {
                (self.channels(data, before), refusals::open(self.profile, text(to)))
            }
            HostCall::SendOnChannel { channel, .. } => {
                (vec![HostAnswer::Done], self.channel_errors(&channel.to_string(), "send message on"))
            }
            HostCall::CloseChannel { channel } => {
                (vec![HostAnswer::Done], self.channel_errors(&channel.to_string(), "close"))
            }
            HostCall::Foreign(_) => return self.foreign(),
            HostCall::GetVar { .. } => return variable(call, before),
            HostCall::RandomBytes { length } => {
                let mark =
                    random_bytes::mark(before.len(), *length).map(|mark| HostAnswer::Bytes(mark.into()));
                return [likely_lost(call)].into_iter().chain(mark).collect();
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

    /// What a function that is not served may have given: something mild, an id that is named from here on, or the error that ended
    /// the call.
    fn foreign(&self) -> Vec<HostAnswer> {
        let given = |value: Value| HostAnswer::Foreign(Box::new(Given::Value(value)));
        let mut found = vec![HostAnswer::Foreign(Box::new(Given::Lost { well: true }))];
        for said in &self.said {
            let said = String::from_utf8_lossy(said);
            let named = (0..said.len()).filter_map(|at| said.get(at..at + 36));
            let ids = named.filter(|text| uuid::Uuid::try_parse(text).is_ok());
            found.extend(ids.take(16).map(|id| given(json!(id))));
        }
        let end = self.record.end_of(self.from).map(|end| &self.record.entries[end].said);
        if let Some(Decoded::Failed { message, .. }) = end {
            let text = message.strip_prefix("Failed to call function: ").unwrap_or(message);
            found.push(given(json!({ "Err": text })));
        }
        found.push(HostAnswer::Foreign(Box::new(Given::Lost { well: false })));
        found
    }

    /// The ids that a channel opened with these bytes may have: those that the peers, this call and what follows name.
    fn channels(&self, data: &[u8], before: &[Asked]) -> Vec<HostAnswer> {
        let mut ids: Vec<String> = self.said.iter().flat_map(|said| named_channels(said)).collect();
        // What was known before is hardly the new one's; and what is named last is the newest.
        let known = |id: &String| self.known.contains(id);
        ids.sort_by_key(known);
        let fresh = ids.iter().take_while(|id| !known(id)).count();
        ids[fresh..].reverse();
        for entry in self.record.entries.iter().skip(self.from).take(1000) {
            ids.extend(texts(entry).iter().flat_map(|said| named_channels(said)).filter(|id| !known(id)));
        }
        ids.extend(self.peers.channels(data).iter().filter(|id| !known(id)).cloned());
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

    /// What a call over a channel may have been refused with.
    fn channel_errors(&self, channel: &str, function: &str) -> Vec<String> {
        let mut errors = refusals::channel(self.profile, channel, function);
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

/// What a variable may have held, of which generation A keeps only that it is there: what it held before, or what shows in its place.
fn variable(call: &HostCall, before: &[Asked]) -> Vec<HostAnswer> {
    let held = |text: Vec<u8>| HostAnswer::MaybeText(String::from_utf8(text).ok());
    let known = before.iter().rev().find(|asked| asked.call == *call).and_then(|asked| asked.answer.clone());
    known.into_iter().chain([held(Vec::new()), held(text_alignment::mark(before.len()))]).collect()
}

/// A JSON object less some of its fields: what a state may have been before a call that added them.
pub(super) fn less(state: &[u8]) -> Vec<Vec<u8>> {
    const MOST_FIELDS: usize = 6;
    let Ok(Value::Object(fields)) = serde_json::from_slice(state) else { return Vec::new() };
    if fields.len() > MOST_FIELDS {
        return Vec::new();
    }
    let kept = |set: usize| -> serde_json::Map<String, Value> {
        let fields = fields.iter().enumerate().filter(|(place, _)| set >> place & 1 == 1);
        fields.map(|(_, (name, value))| (name.clone(), value.clone())).collect()
    };
    (1..1usize << fields.len()).rev().map(|set| Value::Object(kept(set)).to_string().into_bytes()).collect()
}

/// The answer to a call that the chain does not hold and nothing is known of.
pub(super) fn mildest(call: &HostCall) -> HostAnswer {
    match call {
        HostCall::Request { .. } => HostAnswer::Bytes(Payload::EMPTY),
        HostCall::OpenChannel { .. } => HostAnswer::Text("ch_0000000000000000".to_owned()),
        HostCall::Foreign(_) => HostAnswer::Foreign(Box::new(Given::Lost { well: true })),
        _ => HostAnswer::Done,
    }
}

/// The texts of an event in which an answer may show.
fn texts(entry: &Entry) -> Vec<Vec<u8>> {
    match &entry.said {
        Decoded::Returned { state, .. } => {
            let reply = match entry.reply() {
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
