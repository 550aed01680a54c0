//! Reads values out of a scenario's [`Source`]; what is wrong is told in the scenario's words, at the value that is meant.

use super::source::Source;
use super::tree::{Entry, Kind, Node};
use crate::error::{Error, Result, nearest};
use serde::de::value::{CowStrDeserializer, StringDeserializer};
use serde::de::{
    self, DeserializeSeed, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::Value;
use std::cell::Cell;
use std::fmt;

/// Reads the whole of a source.
///
/// # Errors
/// At the innermost value that is not as it should be.
pub(super) fn read<'t, T: Deserialize<'t>>(source: &'t Source<'_>) -> Result<T> {
    let Some(node) = source.top() else { return Err(Error::input("there is no text")) };
    T::deserialize(Reader { source, node }).map_err(|fault| {
        let error = Error::input(fault.message);
        let error =
            fault.near.into_iter().fold(error, |error, near| error.help(format!("did you mean `{near}`?")));
        source.point(error, fault.at.unwrap_or(node.start()))
    })
}

/// What is wrong, and where once it is known.
#[derive(Debug)]
struct Fault {
    message: String,
    near: Option<String>,
    at: Option<usize>,
}

impl Fault {
    /// The innermost place is the one that is meant.
    fn at(mut self, at: usize) -> Fault {
        self.at = self.at.or(Some(at));
        self
    }

    /// What is told of an object when it is whole is about a key that it names, if it names one that is there.
    fn of(self, node: &Node, source: &Source<'_>) -> Fault {
        let Kind::Object(entries) = &node.kind else { return self.at(node.start()) };
        let key = |name: &str| entries.iter().find(|entry| source.key(entry) == name).map(Entry::start);
        let named = self.message.split('`').skip(1).step_by(2).collect::<Vec<_>>();
        let found = named.into_iter().rev().find_map(key);
        self.at(found.unwrap_or(node.start()))
    }

    fn unknown(what: &str, name: &str, known: &'static [&'static str]) -> Fault {
        let expected = match known {
            [] => "none is known here".to_owned(),
            [one] => format!("expected `{one}`"),
            many => format!("expected one of {}", names(many)),
        };
        let near = nearest(name, known.iter().copied()).map(str::to_owned);
        Fault { message: format!("unknown {what} `{name}`, {expected}"), near, at: None }
    }
}

fn names(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Fault {
        Fault { message: message.to_string(), near: None, at: None }
    }
    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Fault {
        Fault::custom(format_args!("expected {}, found {}", expected(wanted), told(found)))
    }
    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Fault {
        Fault::invalid_type(found, wanted)
    }
    fn invalid_length(length: usize, wanted: &dyn Expected) -> Fault {
        let items = if length == 1 { "item" } else { "items" };
        Fault::custom(format_args!("expected {}, found {length} {items}", expected(wanted)))
    }
    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Fault {
        Fault::unknown("word", name, known)
    }
    fn unknown_field(name: &str, known: &'static [&'static str]) -> Fault {
        Fault::unknown("field", name, known)
    }
    fn missing_field(name: &'static str) -> Fault {
        Fault::custom(format_args!("missing field `{name}`"))
    }
}

/// serde speaks of its own data model, and a scenario's author of JSON.
fn expected(wanted: &dyn Expected) -> String {
    match wanted.to_string().as_str() {
        "u16" | "u32" | "u64" | "usize" => "a whole number, not negative",
        "a nonzero u32" => "a whole number of 1 or more",
        "a string" => "a text",
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list",
        "a map" => "an object",
        other => other.strip_prefix("struct ").map_or(other, |_| "an object"),
    }
    .to_owned()
}

fn told(found: Unexpected<'_>) -> String {
    const LONGEST: usize = 40;
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Str(text) if text.chars().count() > LONGEST => {
            format!("{:?}...", text.chars().take(LONGEST).collect::<String>())
        }
        Unexpected::Str(text) => format!("{text:?}"),
        Unexpected::Unit | Unexpected::Option => "`null`".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        Unexpected::Float(number) => format!("{number:?}"),
        other => other.to_string(),
    }
}

#[derive(Clone, Copy)]
struct Reader<'t> {
    source: &'t Source<'t>,
    node: &'t Node,
}

impl<'t> Reader<'t> {
    fn inside(self, node: &'t Node) -> Reader<'t> {
        Reader { node, ..self }
    }
}

impl<'t> Deserializer<'t> for Reader<'t> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> std::result::Result<V::Value, Fault> {
        // A key that was read and whose value was not is what is wrong.
        let key = Cell::new(None);
        let read = match &self.node.kind {
            Kind::Object(entries) => {
                visitor.visit_map(Entries { reader: self, left: entries.iter(), value: None, key: &key })
            }
            Kind::List(items) => visitor.visit_seq(Items { reader: self, left: items.iter() }),
            Kind::Scalar => match self.source.scalar(self.node) {
                Value::Bool(value) => visitor.visit_bool(value),
                Value::String(text) => visitor.visit_string(text),
                Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                    (Some(number), _, _) => visitor.visit_u64(number),
                    (_, Some(number), _) => visitor.visit_i64(number),
                    (_, _, number) => visitor.visit_f64(number.unwrap_or_default()),
                },
                _ => visitor.visit_unit(),
            },
        };
        read.map_err(|fault| fault.at(key.get().unwrap_or(self.node.start())))
    }

    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> std::result::Result<V::Value, Fault> {
        match matches!(self.node.kind, Kind::Scalar) && self.source.scalar(self.node).is_null() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> std::result::Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    /// serde would take a list for an object whose fields are in order.
    fn deserialize_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Fault> {
        match self.node.kind {
            Kind::List(_) => {
                Err(<Fault as de::Error>::invalid_type(Unexpected::Seq, &visitor).at(self.node.start()))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    /// A word. What is more than that reads itself.
    fn deserialize_enum<V: Visitor<'t>>(
        self,
        name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Fault> {
        let word = String::deserialize(self)?;
        let word: StringDeserializer<Fault> = word.into_deserializer();
        word.deserialize_enum(name, words, visitor).map_err(|fault| fault.at(self.node.start()))
    }

    forward_to_deserialize_any! {
        <V: Visitor<'t>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map identifier ignored_any
    }

    fn deserialize_f32<V: Visitor<'t>>(self, visitor: V) -> std::result::Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    fn deserialize_f64<V: Visitor<'t>>(self, visitor: V) -> std::result::Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }
}

struct Entries<'t, 'k> {
    reader: Reader<'t>,
    left: std::slice::Iter<'t, Entry>,
    value: Option<&'t Node>,
    key: &'k Cell<Option<usize>>,
}

impl<'t> MapAccess<'t> for Entries<'t, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'t>>(
        &mut self,
        seed: K,
    ) -> std::result::Result<Option<K::Value>, Fault> {
        let Some(entry) = self.left.next() else { return Ok(None) };
        self.value = Some(&entry.value);
        self.key.set(Some(entry.start()));
        let key: CowStrDeserializer<'_, Fault> = self.reader.source.key(entry).into_deserializer();
        seed.deserialize(key).map(Some).map_err(|fault| fault.at(entry.start()))
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> std::result::Result<V::Value, Fault> {
        let Some(node) = self.value.take() else { return Err(de::Error::custom("a value before its key")) };
        self.key.set(None);
        seed.deserialize(self.reader.inside(node)).map_err(|fault| fault.of(node, self.reader.source))
    }
}

struct Items<'t> {
    reader: Reader<'t>,
    left: std::slice::Iter<'t, Node>,
}

impl<'t> SeqAccess<'t> for Items<'t> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'t>>(
        &mut self,
        seed: T,
    ) -> std::result::Result<Option<T::Value>, Fault> {
        let Some(node) = self.left.next() else { return Ok(None) };
        seed.deserialize(self.reader.inside(node))
            .map(Some)
            .map_err(|fault| fault.of(node, self.reader.source))
    }
}
