//! One event of a chain, its hash, and the generation of Theater that wrote it.

use super::error::ChainError;
use sha1::{Digest, Sha1};
use std::borrow::Cow;
use std::fmt;

/// The SHA-1 of an event: its name, and its place in the chain.
///
/// ```
/// use rehearsal::chain::EventHash;
/// let hash = EventHash::from_hex("ae87f8a79202e394bf74680d12f35147b306f241").unwrap();
/// assert_eq!(hash.short(), "ae87f8a7");
/// assert_eq!(EventHash::from_hex("ae87"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventHash(pub [u8; 20]);

impl EventHash {
    /// Reads 40 hexadecimal digits, or gives nothing for what is not a hash.
    pub fn from_hex(text: &str) -> Option<EventHash> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 20 || !rest.is_empty() {
            return None;
        }
        let mut hash = EventHash::default();
        for (byte, [high, low]) in hash.0.iter_mut().zip(pairs) {
            let digit = |letter: u8| char::from(letter).to_digit(16);
            *byte = (digit(*high)? * 16 + digit(*low)?) as u8;
        }
        Some(hash)
    }

    /// The hash in `bytes`, if there are 20 of them.
    pub fn from_bytes(bytes: &[u8]) -> Result<EventHash, ChainError> {
        let wrong = || ChainError::new(format!("expected a hash of 20 bytes, found {}", bytes.len()));
        bytes.try_into().map(EventHash).map_err(|_| wrong())
    }

    /// The first eight hexadecimal digits.
    pub fn short(&self) -> String {
        self.0[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One event, as Theater's `ChainEvent`: every field but the hash is hashed.
///
/// `timestamp` and `description` are there in the generations that have the fields at all; a
/// `description` that the file holds as `null` is `Some(None)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainEvent {
    /// The hash that the record gives this event.
    pub hash: EventHash,
    /// The hash of the event before it; none for the first.
    pub parent_hash: Option<EventHash>,
    /// What kind of event: `wasm`, or the host function's `interface/function`, or a runtime's own.
    pub event_type: Cow<'static, str>,
    /// The payload: JSON in the generations A and B, CGRF in C.
    pub data: Vec<u8>,
    /// When, in milliseconds since 1970 (generation A only).
    pub timestamp: Option<u64>,
    /// A sentence for people (generation A only).
    pub description: Option<Option<String>>,
}

/// The hash that Theater gives an event: SHA-1 over its compact JSON with an empty `hash`.
///
/// ```
/// use rehearsal::chain::{ChainEvent, hash_of};
/// let data = br#"{"category":"Wasm","WasmCall":{"function_name":"theater:simple/message-server-client.handle-send","params":[91,91,49,93,93]}}"#;
/// let event = ChainEvent { event_type: "wasm".into(), data: data.to_vec(), ..ChainEvent::default() };
/// assert_eq!(hash_of(&event).to_string(), "ae87f8a79202e394bf74680d12f35147b306f241");
/// ```
pub fn hash_of(event: &ChainEvent) -> EventHash {
    EventHasher::default().hash(event)
}

/// Hashes events one after the other, as [`hash_of`] does. The text of an event is gathered from its many small parts, since
/// SHA-1 takes whole blocks faster; the room for it is made once.
#[derive(Clone)]
pub(super) struct EventHasher {
    sha: Sha1,
    text: [u8; GATHERED],
    length: usize,
}

const GATHERED: usize = 1024;

impl Default for EventHasher {
    fn default() -> EventHasher {
        EventHasher { sha: Sha1::new(), text: [0; GATHERED], length: 0 }
    }
}

impl fmt::Debug for EventHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventHasher").finish_non_exhaustive()
    }
}

impl EventHasher {
    /// The hash of `event`, whatever its own says.
    pub(super) fn hash(&mut self, event: &ChainEvent) -> EventHash {
        event.serialise(None, &mut |bytes| self.put(bytes));
        self.sha.update(&self.text[..std::mem::take(&mut self.length)]);
        EventHash(self.sha.finalize_reset().into())
    }

    // In line, so that the parts whose length is known are written and not copied by a call.
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        match self.text[self.length..].get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.length += bytes.len();
            }
            None => self.make_room(bytes),
        }
    }

    #[inline(never)]
    fn make_room(&mut self, bytes: &[u8]) {
        self.sha.update(&self.text[..std::mem::take(&mut self.length)]);
        match self.text.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.length = bytes.len();
            }
            None => self.sha.update(bytes),
        }
    }
}

impl ChainEvent {
    /// Appends the event's compact JSON, fields in Theater's order, to `out`.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        self.serialise(Some(&self.hash), &mut |bytes| out.extend_from_slice(bytes));
    }

    /// Sets `hash` to what the rest of the event says.
    pub fn seal(&mut self) {
        self.hash = hash_of(self);
    }

    fn serialise(&self, hash: Option<&EventHash>, put: &mut impl FnMut(&[u8])) {
        match hash {
            Some(hash) => {
                put(b"{\"hash\":");
                put_bytes(put, &hash.0);
                put(b",\"parent_hash\":");
            }
            None => put(b"{\"hash\":[],\"parent_hash\":"),
        }
        match &self.parent_hash {
            Some(parent) => put_bytes(put, &parent.0),
            None => put(b"null"),
        }
        put(b",\"event_type\":");
        put_text(put, &self.event_type);
        put(b",\"data\":");
        put_bytes(put, &self.data);
        if let Some(timestamp) = self.timestamp {
            put(format!(",\"timestamp\":{timestamp}").as_bytes());
        }
        if let Some(description) = &self.description {
            put(b",\"description\":");
            match description {
                Some(text) => put_text(put, text),
                None => put(b"null"),
            }
        }
        put(b"}");
    }
}

/// Each byte's decimal digits and a comma, and how many there are of them: what `serde_json` would
/// print, made once, since verifying is mostly printing again what was read.
static NUMBERS: ([[u8; 4]; 256], [u8; 256]) = {
    let (mut text, mut length, mut n) = ([*b",,,,"; 256], [0; 256], 0);
    while n < 256 {
        let digits = [b'0' + (n / 100) as u8, b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];
        let mut from = if n >= 100 {
            0
        } else if n >= 10 {
            1
        } else {
            2
        };
        length[n] = (3 - from + 1) as u8;
        let mut to = 0;
        while from < 3 {
            text[n][to] = digits[from];
            from += 1;
            to += 1;
        }
        n += 1;
    }
    (text, length)
};

/// The decimal digits of a byte.
#[inline]
pub(crate) fn decimal(byte: u8) -> &'static [u8] {
    let byte = usize::from(byte);
    &NUMBERS.0[byte][..usize::from(NUMBERS.1[byte]) - 1]
}

/// How many bytes are printed at a time: their text fits a small buffer on the stack.
const CHUNK: usize = 128;

/// Gives `put` the JSON array of `bytes`.
pub(crate) fn put_bytes(put: &mut impl FnMut(&[u8]), bytes: &[u8]) {
    put(b"[");
    let mut text = [0; CHUNK * 4];
    let mut left = bytes.len();
    for chunk in bytes.chunks(CHUNK) {
        let mut end = 0;
        for &byte in chunk {
            text[end..end + 4].copy_from_slice(&NUMBERS.0[usize::from(byte)]);
            end += usize::from(NUMBERS.1[usize::from(byte)]);
        }
        left -= chunk.len();
        put(&text[..end - usize::from(left == 0)]);
    }
    put(b"]");
}

/// Gives `put` the JSON string of `text`.
pub(crate) fn put_text(put: &mut impl FnMut(&[u8]), text: &str) {
    let plain = text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        put(b"\"");
        put(text.as_bytes());
        put(b"\"");
    } else {
        put(serde_json::Value::from(text).to_string().as_bytes());
    }
}

/// Which Theater wrote an event. Its commits: A bee460b1 (2025-07-10), Between 215241d5 (2026-01-03), B c50b1871 (2026-01-14),
/// C 30eba8fd (version 0.3.8, 2026-04-30).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    /// Mid 2025: `timestamp` and `description`; payloads tagged by their group alone.
    A,
    /// January 2026, before the fields were dropped: A's fields and host calls, payloads with a `category`.
    Between,
    /// January 2026: four fields, one event per host call.
    B,
    /// April 2026 (0.3.8): four fields, payloads in the CGRF binary form.
    C,
}

impl Generation {
    /// The generation that the fields and the payload of one event speak for.
    pub fn of(event: &ChainEvent) -> Generation {
        let dated = event.timestamp.is_some() || event.description.is_some();
        match dated {
            true if event.data.starts_with(b"{\"category\":") => Generation::Between,
            true => Generation::A,
            false if event.data.starts_with(b"CGRF") => Generation::C,
            false => Generation::B,
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Generation::A => "A",
            Generation::Between => "2026-01-03",
            Generation::B => "B",
            Generation::C => "C",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = r#"{"WasmCall":{"function_name":"theater:simple/message-server-client.handle-send","params":[91,91,49,93,93]}}"#;

    fn event(data: &str) -> ChainEvent {
        ChainEvent { event_type: "wasm".into(), data: data.into(), ..ChainEvent::default() }
    }

    #[test]
    fn the_vector_of_generation_a() {
        let mut first = event(&format!(r#"{{"Wasm":{CALL}}}"#));
        first.timestamp = Some(1_752_192_000_000);
        let text = "Wasm call to function 'theater:simple/message-server-client.handle-send'";
        first.description = Some(Some(text.into()));
        assert_eq!(hash_of(&first).to_string(), "096133c942cdcabc2a4324436d48bdee50a31937");
        assert_eq!(Generation::of(&first), Generation::A);
    }

    #[test]
    fn the_vectors_of_generation_b() {
        let mut first = event(&CALL.replacen('{', r#"{"category":"Wasm","#, 1));
        first.seal();
        assert_eq!(first.hash.to_string(), "ae87f8a79202e394bf74680d12f35147b306f241");
        let mut next = event(
            r#"{"category":"Wasm","WasmResult":{"function_name":"theater:simple/message-server-client.handle-send","result":[null,[110,117,108,108]]}}"#,
        );
        next.parent_hash = Some(first.hash);
        assert_eq!(hash_of(&next).to_string(), "31d9d5c678623f39769604f2c57d2fbd384e46f0");
        assert_eq!(Generation::of(&next), Generation::B);
    }

    #[test]
    fn the_json_is_what_serde_would_print() {
        let data: Vec<u8> = (0..2000u32).map(|n| (n * 7 % 256) as u8).collect();
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2000] {
            let mut printed = Vec::new();
            put_bytes(&mut |bytes| printed.extend_from_slice(bytes), &data[..length]);
            assert_eq!(printed, serde_json::to_vec(&data[..length]).unwrap(), "{length}");
        }
        for text in ["", "plain", "a\"b\\c", "tab\tnul\0", "é\u{7f}\u{2028}"] {
            let mut printed = Vec::new();
            put_text(&mut |bytes| printed.extend_from_slice(bytes), text);
            assert_eq!(printed, serde_json::to_vec(text).unwrap(), "{text:?}");
        }
    }
}
