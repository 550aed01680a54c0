//! The text of a scenario as a tree of spans: what is said of a value is told at its place.

use super::tree::{self, Entry, Json, Kind, Node};
use crate::error::{Error, Result};
use serde_json::Value;
use std::borrow::Cow;

/// The longest scenario that is read, in bytes.
const LONGEST: usize = 1 << 28;

/// The most values in it: an object in a body takes 700 bytes, however short its text, and a client's step not many more.
const MOST_VALUES: usize = 2_000_000;

/// A way into the file, from the top; each part lives where it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    up: Option<&'a At<'a>>,
    to: To<'a>,
}

#[derive(Clone, Copy, Debug)]
enum To<'a> {
    Top,
    Key(&'a str),
    Item(usize),
}

impl<'a> At<'a> {
    /// The whole file.
    pub const TOP: At<'static> = At { up: None, to: To::Top };

    /// The value of a key.
    pub fn key(&'a self, key: &'a str) -> At<'a> {
        At { up: Some(self), to: To::Key(key) }
    }

    /// An item of a list, from 0.
    pub fn item(&'a self, place: usize) -> At<'a> {
        At { up: Some(self), to: To::Item(place) }
    }
}

/// A scenario's text and what stands where in it.
pub(super) struct Source<'t> {
    pub text: &'t str,
    path: &'t str,
    top: Option<Node>,
}

impl<'t> Source<'t> {
    /// What was built in Rust has no text to point into.
    pub fn none(path: &'t str) -> Source<'t> {
        Source { text: "", path, top: None }
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// For what is not JSON, and for a key that an object has twice: serde_json would keep the last.
    pub fn read(text: &'t str, path: &'t str) -> Result<Source<'t>> {
        // Some editors begin a file with a mark of its encoding.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > LONGEST {
            return Err(Error::input(format!("a scenario may have {LONGEST} bytes")).in_file(path));
        }
        if most_values(text) > MOST_VALUES {
            return Err(Error::input(format!("a scenario may have {MOST_VALUES} values")).in_file(path));
        }
        if text.trim().is_empty() {
            return Err(Error::input("an empty file is no scenario").in_file(path));
        }
        serde_json::from_str::<Json>(text).map_err(|error| {
            let told = error.to_string();
            let message = plainly(told.split(" at line ").next().unwrap_or(&told));
            Error::input(message).in_file(path).at(error.line(), column(&error, text), text)
        })?;
        let (top, twice) = tree::tree(text);
        let source = Source { text, path, top: Some(top) };
        match twice {
            None => Ok(source),
            Some((key, at)) => {
                Err(source.point(Error::input(format!("the key `{key}` is given twice in one object")), at))
            }
        }
    }

    pub fn top(&self) -> Option<&Node> {
        self.top.as_ref()
    }

    /// Points at the byte `at`.
    pub fn point(&self, error: Error, at: usize) -> Error {
        let error = error.on_one_line();
        let before = &self.text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |before| before.chars().count()) + 1;
        error.in_file(self.path).at(line, column, self.text)
    }

    /// Points at a value, or at the nearest that is there of those it would stand in. What has a place keeps it.
    pub fn at(&self, error: Error, at: &At<'_>) -> Error {
        self.put(error, self.find(at).map(|(_, node)| node.start()))
    }

    /// Points at the key of a value.
    pub fn at_key(&self, error: Error, at: &At<'_>) -> Error {
        self.put(error, self.find(at).map(|(key, node)| key.unwrap_or(node.start())))
    }

    /// Points at what the error names (the last of the names between backticks that is there) among the texts in a value, or
    /// among its keys; else at the value.
    pub fn at_named(&self, error: Error, at: &At<'_>) -> Error {
        let Some((_, node)) = self.find(at) else { return self.put(error, None) };
        let names: Vec<&str> = error.message().split('`').skip(1).step_by(2).collect();
        let found = names.iter().rev().find_map(|name| {
            let is = |text: &str| text == *name;
            self.text_in(node, &is).or_else(|| self.key_in(node, &is))
        });
        self.put(error, Some(found.unwrap_or(node.start())))
    }

    /// Points at the first text or key in a value that has `${name}` in it.
    pub fn at_used(&self, error: Error, at: &At<'_>, name: &str) -> Error {
        let Some((_, node)) = self.find(at) else { return self.put(error, None) };
        let used = format!("${{{name}}}");
        let is = |text: &str| text.contains(&used);
        let found = self.text_in(node, &is).or_else(|| self.key_in(node, &is));
        self.put(error, Some(found.unwrap_or(node.start())))
    }

    fn put(&self, error: Error, at: Option<usize>) -> Error {
        match (error.place(), at) {
            (Some(_), _) => error,
            (None, Some(at)) => self.point(error, at),
            (None, None) => error.on_one_line().in_file(self.path),
        }
    }

    /// A value and where its key stands.
    fn find(&self, at: &At<'_>) -> Option<(Option<usize>, &Node)> {
        let Some(up) = at.up else { return self.top.as_ref().map(|top| (None, top)) };
        let (key, node) = self.find(up)?;
        let inside = match (&node.kind, at.to) {
            (Kind::Object(entries), To::Key(key)) => {
                let entry = entries.iter().find(|entry| self.key(entry) == key);
                entry.map(|entry| (Some(entry.start()), &entry.value))
            }
            (Kind::List(items), To::Item(place)) => items.get(place).map(|item| (None, item)),
            _ => None,
        };
        Some(inside.unwrap_or((key, node)))
    }

    /// The first text in a value that is so.
    fn text_in(&self, node: &Node, is: &dyn Fn(&str) -> bool) -> Option<usize> {
        match &node.kind {
            Kind::Scalar => match self.scalar(node) {
                Value::String(text) if is(&text) => Some(node.start()),
                _ => None,
            },
            Kind::List(items) => items.iter().find_map(|item| self.text_in(item, is)),
            Kind::Object(entries) => entries.iter().find_map(|entry| self.text_in(&entry.value, is)),
        }
    }

    /// Whether the value itself is there.
    pub fn has(&self, at: &At<'_>) -> bool {
        let To::Key(key) = at.to else { return false };
        let found = at.up.and_then(|up| self.find(up));
        found.is_some_and(|(_, node)| match &node.kind {
            Kind::Object(entries) => entries.iter().any(|entry| self.key(entry) == key),
            _ => false,
        })
    }

    /// The whole number that stands there, if one does.
    pub fn number(&self, at: &At<'_>) -> Option<u64> {
        let (_, node) = self.find(at)?;
        self.scalar(node).as_u64()
    }

    /// What a scalar is.
    pub fn scalar(&self, node: &Node) -> Value {
        serde_json::from_str(&self.text[node.start()..node.end()]).unwrap_or_default()
    }

    /// What a key is.
    pub fn key(&self, entry: &Entry) -> Cow<'t, str> {
        tree::key_at(self.text, entry.start())
    }

    /// Where the first key in a value that is so stands.
    fn key_in(&self, node: &Node, is: &dyn Fn(&str) -> bool) -> Option<usize> {
        match &node.kind {
            Kind::Scalar => None,
            Kind::List(items) => items.iter().find_map(|item| self.key_in(item, is)),
            Kind::Object(entries) => {
                let own = entries.iter().find(|entry| is(&self.key(entry))).map(Entry::start);
                own.or_else(|| entries.iter().find_map(|entry| self.key_in(&entry.value, is)))
            }
        }
    }
}

/// No fewer values than a text has, if it is JSON: each but the first comes after one of these.
fn most_values(text: &str) -> usize {
    let mut bytes = text.bytes();
    let (mut values, mut quoted) = (1, false);
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => drop(bytes.next()),
            b',' | b'[' | b'{' if !quoted => values += 1,
            _ => {}
        }
    }
    values
}

/// serde_json's words for what is no JSON, for those who write scenarios.
fn plainly(told: &str) -> String {
    match told {
        "expected value" => "expected a JSON value".to_owned(),
        "recursion limit exceeded" => "lists and objects are in one another more than 127 deep".to_owned(),
        "trailing characters" => "the scenario ends before this, and more follows".to_owned(),
        _ => match told.strip_prefix("EOF while parsing ") {
            Some(what) => format!("the file ends in the middle of {what}"),
            None => told.to_owned(),
        },
    }
}

/// serde_json counts the bytes of a line, and people its characters.
fn column(error: &serde_json::Error, text: &str) -> usize {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let bytes = &line.as_bytes()[..error.column().min(line.len())];
    String::from_utf8_lossy(bytes).chars().count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n  \"a\": [1, {\"b\\u0063\" : \"x\\\"]\", \"d\": \"${e}\"}],\n \"é\": {\"x\": null}, \"f\": \"a\"}";

    fn place(at: impl FnOnce(&Source<'_>) -> Error) -> Option<(usize, usize)> {
        at(&Source::read(TEXT, "t").unwrap()).place().and_then(|place| place.at)
    }

    fn no(name: &str) -> Error {
        Error::input(format!("no `{name}`"))
    }

    #[test]
    fn values_and_keys_are_found_by_their_path() {
        let a = At::TOP.key("a");
        let second = a.item(1);
        assert_eq!(place(|s| s.at(no(""), &a.item(0))), Some((2, 9)));
        assert_eq!(place(|s| s.at(no(""), &second.key("bc"))), Some((2, 25)));
        assert_eq!(place(|s| s.at_key(no(""), &second.key("bc"))), Some((2, 13)));
        assert_eq!(place(|s| s.at(no(""), &At::TOP.key("é").key("x"))), Some((3, 13)));
        // What is not there is told at what it would be in.
        assert_eq!(place(|s| s.at(no(""), &second.key("z"))), Some((2, 12)));
    }

    #[test]
    fn what_an_error_names_is_found_in_texts_before_keys() {
        assert_eq!(place(|s| s.at_named(no("a"), &At::TOP)), Some((3, 25)), "the value and not the key");
        assert_eq!(place(|s| s.at_named(no("d"), &At::TOP)), Some((2, 33)));
        assert_eq!(place(|s| s.at_used(no("x"), &At::TOP, "e")), Some((2, 38)));
        assert_eq!(place(|s| s.at_named(no("nowhere"), &At::TOP.key("f"))), Some((3, 25)));
    }

    #[test]
    fn values_and_steps_are_small() {
        use crate::scenario::{ScriptStep, Step};
        assert!(size_of::<Node>() <= 32 && size_of::<Entry>() <= 40, "two million of them are within bounds");
        assert!(size_of::<Step>() <= 176 && size_of::<ScriptStep>() <= 176, "a million of them are");
    }

    #[test]
    fn numbers_texts_and_depths_that_are_none_are_refused() {
        for text in [r#"{"a":1e999}"#, r#"["\ud800"]"#, r#"[1,]"#, "[01]", "[1] 2"] {
            assert!(Source::read(text, "t").is_err(), "{text}");
        }
        assert!(Source::read(&format!("{}{}", "[".repeat(127), "]".repeat(127)), "t").is_ok());
        assert!(Source::read(&format!("{}{}", "[".repeat(128), "]".repeat(128)), "t").is_err());
    }

    #[test]
    fn values_are_counted_before_they_are_read() {
        assert!(most_values(TEXT) >= 8, "{TEXT}");
        assert_eq!(most_values(r#"["a,[{", "\\\",", {"b": 1}]"#), 5);
        let many = |count: usize| format!("[{}0]", "0,".repeat(count));
        let refused = Source::read(&many(MOST_VALUES), "t").err().unwrap();
        assert_eq!(refused.message(), "a scenario may have 2000000 values");
        assert!(Source::read(&many(1000), "t").is_ok());
        assert!(Source::read(&"[".repeat(1 << 20), "t").is_err(), "as deep as that");
    }

    #[test]
    fn a_key_twice_is_told_at_the_second() {
        let error = Source::read("{\"a\": {\"x\": 1,\n \"\\u0078\": 2}}", "t").err().unwrap();
        assert_eq!(error.message(), "the key `x` is given twice in one object");
        assert_eq!(error.place().and_then(|place| place.at), Some((2, 2)));
    }
}
