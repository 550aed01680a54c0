//! A component value with its type, as generation B records the inputs and outputs of host calls.

use super::event::{decimal, put_text};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde_json::{Number, Value, json};
use std::fmt;

/// A component value. Its JSON names the type: `{"U64":42}`, `{"List":[{"U8":104},{"U8":105}]}`,
/// `{"Result":{"Ok":{"Tuple":[]}}}`, `{"Option":null}`.
///
/// ```
/// use rehearsal::chain::Val;
/// let output = Val::ok(Val::bytes(b"hi".to_vec()));
/// let json = r#"{"Result":{"Ok":{"List":[{"U8":104},{"U8":105}]}}}"#;
/// assert_eq!(serde_json::to_string(&output).unwrap(), json);
/// assert_eq!(serde_json::from_str::<Val>(json).unwrap(), output);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Val {
    /// `bool`
    Bool(bool),
    /// `s8`
    S8(i8),
    /// `u8`
    U8(u8),
    /// `s16`
    S16(i16),
    /// `u16`
    U16(u16),
    /// `s32`
    S32(i32),
    /// `u32`
    U32(u32),
    /// `s64`
    S64(i64),
    /// `u64`
    U64(u64),
    /// `f32`; none where it is not finite, which JSON cannot say.
    Float32(Option<Number>),
    /// `f64`; none where it is not finite.
    Float64(Option<Number>),
    /// `char`
    Char(char),
    /// `string`
    String(String),
    /// `list<u8>` with something in it; make it with [`Val::bytes`].
    #[serde(rename = "List", serialize_with = "typed_bytes")]
    Bytes(Vec<u8>),
    /// Any other `list`, or an empty one.
    List(Vec<Val>),
    /// `record`: names and values.
    Record(Vec<(String, Val)>),
    /// `tuple`; an empty one is also how nothing is recorded.
    Tuple(Vec<Val>),
    /// `variant`: the case, and what it carries.
    Variant(String, Option<Box<Val>>),
    /// `enum`: the case.
    Enum(String),
    /// `option`
    Option(Option<Box<Val>>),
    /// `result`
    Result(Result<Option<Box<Val>>, Option<Box<Val>>>),
    /// `flags`: those that are set.
    Flags(Vec<String>),
    /// A handle, which means nothing outside its run.
    Resource {
        /// Whether it was passed to be kept.
        owned: bool,
    },
}

impl Val {
    /// Nothing: what a function without a result gives.
    pub fn unit() -> Val {
        Val::Tuple(Vec::new())
    }

    /// A `list<u8>`.
    pub fn bytes(bytes: Vec<u8>) -> Val {
        if bytes.is_empty() { Val::List(Vec::new()) } else { Val::Bytes(bytes) }
    }

    /// A `string`.
    pub fn text(text: impl Into<String>) -> Val {
        Val::String(text.into())
    }

    /// A `result` that is well, as Theater records it.
    pub fn ok(value: Val) -> Val {
        Val::Result(Ok(Some(Box::new(value))))
    }

    /// A `result` that failed with `message`.
    pub fn err(message: impl Into<String>) -> Val {
        Val::Result(Err(Some(Box::new(Val::text(message)))))
    }

    /// An `option`.
    pub fn option(value: Option<Val>) -> Val {
        Val::Option(value.map(Box::new))
    }

    /// The bytes of a `list<u8>`, an empty list of any kind included.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Val::Bytes(bytes) => Some(bytes),
            Val::List(items) if items.is_empty() => Some(&[]),
            _ => None,
        }
    }

    /// Appends the same JSON that `serde` gives, the commonest kinds printed by hand: a byte costs a tenth of it so.
    pub(crate) fn push_json(&self, json: &mut Vec<u8>) {
        match self {
            Val::Bytes(bytes) => push_typed_bytes(json, bytes),
            Val::String(text) => {
                json.extend_from_slice(b"{\"String\":");
                put_text(&mut |text| json.extend_from_slice(text), text);
                json.push(b'}');
            }
            Val::Tuple(values) => Val::push_tuple(values, json),
            Val::Result(Ok(Some(value))) => {
                json.extend_from_slice(b"{\"Result\":{\"Ok\":");
                value.push_json(json);
                json.extend_from_slice(b"}}");
            }
            // Writing to memory does not fail.
            other => drop(serde_json::to_writer(json, other)),
        }
    }

    /// What [`push_json`](Val::push_json) appends for a tuple of these.
    pub(crate) fn push_tuple(values: &[Val], json: &mut Vec<u8>) {
        json.extend_from_slice(b"{\"Tuple\":[");
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                json.push(b',');
            }
            value.push_json(json);
        }
        json.extend_from_slice(b"]}");
    }

    /// The text of a `string`.
    pub fn as_text(&self) -> Option<&str> {
        if let Val::String(text) = self { Some(text) } else { None }
    }

    /// The number of an unsigned integer of any width.
    pub fn as_unsigned(&self) -> Option<u64> {
        match self {
            Val::U8(value) => Some(u64::from(*value)),
            Val::U16(value) => Some(u64::from(*value)),
            Val::U32(value) => Some(u64::from(*value)),
            Val::U64(value) => Some(*value),
            _ => None,
        }
    }

    /// The message of a `result` that failed, if it is one with a text.
    pub fn failure(&self) -> Option<&str> {
        match self {
            Val::Result(Err(Some(message))) => message.as_text(),
            _ => None,
        }
    }

    /// The value without its type, as JSON: how generation B recorded it in its first days.
    pub fn bare(&self) -> Value {
        let one = |value: &Option<Box<Val>>| value.as_deref().map_or(Value::Null, Val::bare);
        match self {
            Val::Bool(value) => json!(value),
            Val::U8(value) => json!(value),
            Val::U16(value) => json!(value),
            Val::U32(value) => json!(value),
            Val::U64(value) => json!(value),
            Val::S8(value) => json!(value),
            Val::S16(value) => json!(value),
            Val::S32(value) => json!(value),
            Val::S64(value) => json!(value),
            Val::Float32(value) | Val::Float64(value) => json!(value),
            Val::Char(value) => json!(value),
            Val::String(value) | Val::Enum(value) => json!(value),
            Val::Bytes(value) => json!(value),
            Val::Tuple(items) if items.is_empty() => Value::Null,
            Val::List(items) | Val::Tuple(items) => items.iter().map(Val::bare).collect(),
            Val::Record(fields) => {
                Value::Object(fields.iter().map(|(name, value)| (name.clone(), value.bare())).collect())
            }
            Val::Variant(case, value) => json!({ case: one(value) }),
            Val::Option(value) => one(value),
            Val::Result(Ok(value)) => json!({ "Ok": one(value) }),
            Val::Result(Err(value)) => json!({ "Err": one(value) }),
            Val::Flags(names) => json!(names),
            Val::Resource { .. } => Value::Null,
        }
    }

    /// What a `result` that is well holds, or the value itself if it is no `result`; none of a failed one.
    pub fn success(&self) -> Option<&Val> {
        const UNIT: &Val = &Val::Tuple(Vec::new());
        match self {
            Val::Result(Ok(Some(value))) => Some(value),
            Val::Result(Ok(None)) => Some(UNIT),
            Val::Result(Err(_)) => None,
            other => Some(other),
        }
    }
}

fn typed_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(bytes.iter().map(|byte| Val::U8(*byte)))
}

fn push_typed_bytes(json: &mut Vec<u8>, bytes: &[u8]) {
    json.reserve(16 + 11 * bytes.len());
    json.extend_from_slice(b"{\"List\":[");
    for (place, &byte) in bytes.iter().enumerate() {
        if place > 0 {
            json.push(b',');
        }
        json.extend_from_slice(b"{\"U8\":");
        json.extend_from_slice(decimal(byte));
        json.push(b'}');
    }
    json.extend_from_slice(b"]}");
}

/// The same as [`Val`] with its two kinds of list as one, which is how it is read.
#[derive(serde::Deserialize)]
#[serde(rename = "Val")]
enum Wire {
    Bool(bool),
    S8(i8),
    U8(u8),
    S16(i16),
    U16(u16),
    S32(i32),
    U32(u32),
    S64(i64),
    U64(u64),
    Float32(Option<Number>),
    Float64(Option<Number>),
    Char(char),
    String(String),
    List(Items),
    Record(Vec<(String, Val)>),
    Tuple(Vec<Val>),
    Variant(String, Option<Box<Val>>),
    Enum(String),
    Option(Option<Box<Val>>),
    Result(Result<Option<Box<Val>>, Option<Box<Val>>>),
    Flags(Vec<String>),
    Resource { owned: bool },
}

impl<'de> Deserialize<'de> for Val {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Val, D::Error> {
        Ok(match Wire::deserialize(deserializer)? {
            Wire::Bool(value) => Val::Bool(value),
            Wire::S8(value) => Val::S8(value),
            Wire::U8(value) => Val::U8(value),
            Wire::S16(value) => Val::S16(value),
            Wire::U16(value) => Val::U16(value),
            Wire::S32(value) => Val::S32(value),
            Wire::U32(value) => Val::U32(value),
            Wire::S64(value) => Val::S64(value),
            Wire::U64(value) => Val::U64(value),
            Wire::Float32(value) => Val::Float32(value),
            Wire::Float64(value) => Val::Float64(value),
            Wire::Char(value) => Val::Char(value),
            Wire::String(value) => Val::String(value),
            Wire::List(items) => items.0,
            Wire::Record(fields) => Val::Record(fields),
            Wire::Tuple(items) => Val::Tuple(items),
            Wire::Variant(case, value) => Val::Variant(case, value),
            Wire::Enum(case) => Val::Enum(case),
            Wire::Option(value) => Val::Option(value),
            Wire::Result(value) => Val::Result(value),
            Wire::Flags(names) => Val::Flags(names),
            Wire::Resource { owned } => Val::Resource { owned },
        })
    }
}

/// The items of a list, kept as plain bytes for as long as they are bytes: a message of a megabyte
/// must not become a million values.
struct Items(Val);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Items, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor)
    }
}

struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Items, A::Error> {
        let mut bytes = Vec::new();
        while let Some(item) = items.next_element()? {
            if let Val::U8(byte) = item {
                bytes.push(byte);
                continue;
            }
            let mut values: Vec<Val> = bytes.into_iter().map(Val::U8).collect();
            values.push(item);
            while let Some(item) = items.next_element()? {
                values.push(item);
            }
            return Ok(Items(Val::List(values)));
        }
        Ok(Items(Val::bytes(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUPLE: &str = r#"{"Tuple":[{"String":"x"},{"List":[{"U8":0},{"U8":10}]}]}"#;

    #[test]
    fn each_kind_is_written_with_its_type_and_read_again() {
        let number = |text: &str| Some(serde_json::from_str(text).unwrap());
        let record = vec![("a".to_string(), Val::U8(1)), ("b".to_string(), Val::Bool(true))];
        let cases = [
            (Val::unit(), r#"{"Tuple":[]}"#),
            (Val::bytes(vec![]), r#"{"List":[]}"#),
            (Val::bytes(vec![98, 255]), r#"{"List":[{"U8":98},{"U8":255}]}"#),
            (Val::List(vec![Val::text("a")]), r#"{"List":[{"String":"a"}]}"#),
            (Val::option(None), r#"{"Option":null}"#),
            (Val::option(Some(Val::U64(u64::MAX))), r#"{"Option":{"U64":18446744073709551615}}"#),
            (Val::ok(Val::unit()), r#"{"Result":{"Ok":{"Tuple":[]}}}"#),
            (Val::text("a\"b\n"), r#"{"String":"a\"b\n"}"#),
            (Val::Tuple(vec![Val::text("x"), Val::bytes(vec![0, 10])]), TUPLE),
            (Val::err("no"), r#"{"Result":{"Err":{"String":"no"}}}"#),
            (Val::Result(Ok(None)), r#"{"Result":{"Ok":null}}"#),
            (Val::Record(record), r#"{"Record":[["a",{"U8":1}],["b",{"Bool":true}]]}"#),
            (Val::Variant("x".into(), None), r#"{"Variant":["x",null]}"#),
            (Val::Enum("y".into()), r#"{"Enum":"y"}"#),
            (Val::Flags(vec!["f".into()]), r#"{"Flags":["f"]}"#),
            (Val::S64(-1), r#"{"S64":-1}"#),
            (Val::Float64(number("0.5")), r#"{"Float64":0.5}"#),
            (Val::Float32(None), r#"{"Float32":null}"#),
            (Val::Char('é'), r#"{"Char":"é"}"#),
            (Val::Resource { owned: true }, r#"{"Resource":{"owned":true}}"#),
        ];
        for (val, json) in cases {
            assert_eq!(serde_json::to_string(&val).unwrap(), json);
            let mut pushed = Vec::new();
            val.push_json(&mut pushed);
            assert_eq!(String::from_utf8(pushed).unwrap(), json);
            assert_eq!(serde_json::from_str::<Val>(json).unwrap(), val, "{json}");
        }
    }

    #[test]
    fn a_list_that_only_begins_with_bytes_is_a_list() {
        let list = Val::List(vec![Val::U8(1), Val::U16(2), Val::U8(3)]);
        let json = serde_json::to_string(&list).unwrap();
        assert_eq!(serde_json::from_str::<Val>(&json).unwrap(), list);
    }
}
