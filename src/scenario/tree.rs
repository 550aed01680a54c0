//! JSON as a tree of places: what stands where, and no values.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;

/// A JSON value, by where it stands in the text. There may be millions: places are as short as the longest scenario lets them be.
#[derive(Debug)]
pub(super) struct Node {
    start: u32,
    end: u32,
    pub kind: Kind,
}

impl Node {
    /// Where it begins.
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// Where it ends.
    pub fn end(&self) -> usize {
        self.end as usize
    }
}

/// What is in a value.
#[derive(Debug)]
pub(super) enum Kind {
    /// Nothing: it is a text, a number, `true`, `false` or `null`.
    Scalar,
    List(Box<[Node]>),
    Object(Box<[Entry]>),
}

/// Where a key of an object stands, and its value.
#[derive(Debug)]
pub(super) struct Entry {
    start: u32,
    pub value: Node,
}

impl Entry {
    /// Where the key begins.
    pub fn start(&self) -> usize {
        self.start as usize
    }
}

/// The tree of text that is JSON, as [`Json`] found, and the first key that an object has twice, with its place.
pub(super) fn tree(text: &str) -> (Node, Option<(String, usize)>) {
    let mut parser = Parser { text, at: 0, twice: None };
    (parser.value(), parser.twice)
}

/// The text that begins at the quote `at`, in what is JSON.
pub(super) fn key_at(text: &str, at: usize) -> Cow<'_, str> {
    let quoted = &text[at..];
    let inside = quoted.get(1..).unwrap_or_default();
    match inside.find(['"', '\\']) {
        Some(end) if inside.as_bytes()[end] == b'"' => Cow::Borrowed(&inside[..end]),
        _ => {
            let mut one = serde_json::Deserializer::from_str(quoted);
            Cow::Owned(String::deserialize(&mut one).unwrap_or_default())
        }
    }
}

/// Any JSON, looked at and not kept.
pub(super) struct Json;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Json, D::Error> {
        // Not what serde ignores: that may be as deep as it likes, and have numbers that are none.
        deserializer.deserialize_any(Json)
    }
}

impl<'de> Visitor<'de> for Json {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> std::result::Result<Json, E> {
        Ok(Json)
    }
    fn visit_bool<E>(self, _: bool) -> std::result::Result<Json, E> {
        Ok(Json)
    }
    fn visit_i64<E>(self, _: i64) -> std::result::Result<Json, E> {
        Ok(Json)
    }
    fn visit_u64<E>(self, _: u64) -> std::result::Result<Json, E> {
        Ok(Json)
    }
    fn visit_f64<E>(self, _: f64) -> std::result::Result<Json, E> {
        Ok(Json)
    }
    fn visit_str<E>(self, _: &str) -> std::result::Result<Json, E> {
        Ok(Json)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Json, A::Error> {
        while let Some(Json) = items.next_element()? {}
        Ok(Json)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> std::result::Result<Json, A::Error> {
        while let Some((Json, Json)) = entries.next_entry()? {}
        Ok(Json)
    }
}

/// Reads text that serde_json has found to be JSON, and no deeper than it reads.
struct Parser<'t> {
    text: &'t str,
    at: usize,
    /// The first key that an object has twice.
    twice: Option<(String, usize)>,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn value(&mut self) -> Node {
        let first = self.next();
        let start = self.at;
        let kind = match first {
            Some(b'{') => self.object(),
            Some(b'[') => self.list(),
            Some(b'"') => self.string(),
            _ => {
                let ends = |c: u8| c.is_ascii_whitespace() || b",]}".contains(&c);
                let rest = &self.text.as_bytes()[start..];
                self.at += rest.iter().position(|c| ends(*c)).unwrap_or(rest.len());
                Kind::Scalar
            }
        };
        Node { start: start as u32, end: self.at as u32, kind }
    }

    fn string(&mut self) -> Kind {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                break;
            }
        }
        self.at = self.at.min(bytes.len());
        Kind::Scalar
    }

    fn list(&mut self) -> Kind {
        let mut items = Vec::new();
        self.at += 1;
        while let Some(byte) = self.next() {
            match byte {
                b',' => self.at += 1,
                b']' => break,
                _ => items.push(self.value()),
            }
        }
        self.at += 1;
        Kind::List(items.into_boxed_slice())
    }

    fn object(&mut self) -> Kind {
        let mut entries: Vec<Entry> = Vec::new();
        let mut known = std::collections::BTreeSet::new();
        self.at += 1;
        while let Some(byte) = self.next() {
            match byte {
                b',' => self.at += 1,
                b'"' => {
                    let start = self.at;
                    self.string();
                    let key = key_at(self.text, start);
                    if known.contains(&key) && self.twice.is_none() {
                        self.twice = Some((key.clone().into_owned(), start));
                    }
                    known.insert(key);
                    self.next();
                    self.at += 1; // The colon.
                    entries.push(Entry { start: start as u32, value: self.value() });
                }
                _ => break,
            }
        }
        self.at += 1;
        Kind::Object(entries.into_boxed_slice())
    }
}
