//! Chains with ids as a real system draws them: every address, channel and request id another one, everywhere.

use super::record;
use rehearsal::chain::{ChainEvent, EventHash};
use rehearsal::id::ActorId;
use rehearsal::revive::ChainRecord;
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Which id became which, one to one; those to be kept became themselves.
pub struct Drawn {
    seed: u64,
    ids: BTreeMap<String, String>,
}

impl Drawn {
    pub fn new(seed: u64, kept: &BTreeSet<String>) -> Drawn {
        Drawn { seed, ids: kept.iter().map(|id| (id.clone(), id.clone())).collect() }
    }

    /// The id that stands for `id` from here on: drawn when it is first asked for.
    fn of(&mut self, id: &str) -> String {
        let number = self.ids.len();
        let draw = || {
            let hash = Sha1::digest(format!("{} {number}", self.seed));
            let sixteen: [u8; 16] = std::array::from_fn(|place| hash[place]);
            if id.starts_with("ch_") {
                let digits: String = sixteen[..8].iter().map(|byte| format!("{byte:02x}")).collect();
                return format!("ch_{digits}");
            }
            uuid::Builder::from_random_bytes(sixteen).into_uuid().to_string()
        };
        self.ids.get(id).cloned().unwrap_or_else(|| {
            let drawn = draw();
            self.ids.insert(id.to_owned(), drawn.clone());
            drawn
        })
    }

    /// Text with the other ids.
    pub fn text(&mut self, text: &str) -> String {
        String::from_utf8(self.plain(text.as_bytes())).expect("ids are text")
    }

    fn plain(&mut self, text: &[u8]) -> Vec<u8> {
        let (mut told, mut at) = (Vec::with_capacity(text.len()), 0);
        while at < text.len() {
            let id = |length: usize| std::str::from_utf8(text.get(at..at + length)?).ok();
            let channel = id(19)
                .filter(|id| id.starts_with("ch_") && id[3..].bytes().all(|digit| digit.is_ascii_hexdigit()));
            let other = id(36).filter(|id| uuid::Uuid::try_parse(id).is_ok());
            match channel.or(other) {
                Some(id) => {
                    told.extend(self.of(id).into_bytes());
                    at += id.len();
                }
                None => {
                    told.push(text[at]);
                    at += 1;
                }
            }
        }
        told
    }

    /// Bytes with the other ids: where they are JSON, also in the bytes that that holds.
    pub fn bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        let value = serde_json::from_slice::<Value>(bytes).ok();
        match value.filter(|value| value.is_array() || value.is_object()) {
            Some(value) if value.to_string().as_bytes() == bytes => {
                self.value(&value).to_string().into_bytes()
            }
            _ => self.plain(bytes),
        }
    }

    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text).into(),
            Value::Object(fields) => {
                let field = |(name, value): (&String, &Value)| (self.text(name), self.value(value));
                Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
            }
            Value::Array(items) => {
                if let Some(bytes) = all(items, Value::as_u64) {
                    return self.bytes(&bytes).into();
                }
                if let Some(bytes) = all(items, |item| item.get("U8")?.as_u64()) {
                    let typed = self.bytes(&bytes).into_iter();
                    return typed.map(|byte| serde_json::json!({ "U8": byte })).collect();
                }
                items.iter().map(|item| self.value(item)).collect()
            }
            plain => plain.clone(),
        }
    }

    /// A chain with the other ids, linked and hashed anew by nothing of ours: SHA-1 over the compact JSON of an event with an empty hash.
    pub fn chain(&mut self, events: &mut [ChainEvent]) {
        let mut before = None;
        for event in events {
            event.data = self.bytes(&event.data);
            if let Some(Some(description)) = &mut event.description {
                *description = self.text(description);
            }
            event.parent_hash = before;
            event.hash = hash(event);
            before = Some(event.hash);
        }
    }
}

fn all(items: &[Value], byte: impl Fn(&Value) -> Option<u64>) -> Option<Vec<u8>> {
    let bytes = items.iter().map(|item| u8::try_from(byte(item)?).ok());
    bytes.collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty())
}

fn hash(event: &ChainEvent) -> EventHash {
    let mut written = Vec::new();
    rehearsal::chain::write_array(&mut written, std::slice::from_ref(event)).expect("written");
    let mut bare: Vec<Value> = serde_json::from_slice(&written).expect("JSON");
    bare[0]["hash"] = serde_json::json!([]);
    EventHash(Sha1::digest(bare[0].to_string()).into())
}

/// Chains whose ids are others, but for those to be `kept`.
pub fn renamed(
    chains: &[(ActorId, Arc<ChainRecord>)],
    kept: &BTreeSet<String>,
) -> Vec<(ActorId, Arc<ChainRecord>)> {
    let mut drawn = Drawn::new(1, kept);
    let one = |(actor, chain): &(ActorId, Arc<ChainRecord>)| {
        let mut events: Vec<ChainEvent> = chain.entries.iter().map(|entry| entry.event.clone()).collect();
        drawn.chain(&mut events);
        let stem = Path::new(&chain.name).file_stem().unwrap().to_string_lossy().into_owned();
        (*actor, Arc::new(record(&stem, &events)))
    };
    chains.iter().map(one).collect()
}
