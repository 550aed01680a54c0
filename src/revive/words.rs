//! An event made once more, in the words of the record beside which it is to stand.

use crate::chain::{ChainBuilder, ChainEvent, ChainForm, Decoded, Generation, HostCall, Recorded, Val};
use serde_json::{Value, json};

/// A payload and its event type.
pub type Made = (String, Vec<u8>);

/// What the actor returned, as the event that records it.
pub fn returned(near: &ChainEvent, export: &str, state: Option<&[u8]>, result: &[u8]) -> Made {
    built(near, |chain| chain.wasm_result(export, state, result, 0))
}

/// A failure, as the event that records it.
pub fn failed(near: &ChainEvent, export: &str, message: &str) -> Made {
    built(near, |chain| chain.wasm_error(export, message, 0))
}

/// A host call that begins, in the forms with two events; in generation B there is none.
pub fn began(near: &ChainEvent, call: &HostCall) -> Option<Made> {
    let made = built(near, |chain| chain.host_begins(call, near.timestamp.unwrap_or_default()));
    (!made.0.is_empty()).then_some(made)
}

/// A host call that ended, or in generation B all of it.
pub fn ended(near: &ChainEvent, said: &Decoded, call: &HostCall, output: &Val) -> Made {
    if let Decoded::Host { input: Recorded::Json(_), .. } = said {
        return plain(call, output);
    }
    if near.data.starts_with(PLAIN_LOG) {
        return plain(call, output);
    }
    built(near, |chain| chain.host_ends(call, output, near.timestamp.unwrap_or_default()))
}

const PLAIN_LOG: &[u8] =
    br#"{"category":"HostFunction","interface":"theater:simple/runtime","function":"log","input":["#;

/// A host call of generation B's first days: values as the bytes of their JSON.
fn plain(call: &HostCall, output: &Val) -> Made {
    let bytes = |value: Value| value.to_string().into_bytes();
    let input = match &call.input[..] {
        [] => Value::Null,
        [one] => bare(one),
        many => Value::Array(many.iter().map(bare).collect()),
    };
    let record = json!({
        "category": "HostFunction",
        "interface": call.interface,
        "function": call.function,
        "input": bytes(input),
        "output": bytes(bare(output)),
    });
    (call.event_type(), record.to_string().into_bytes())
}

/// A value without its type.
fn bare(value: &Val) -> Value {
    let one = |value: &Option<Box<Val>>| value.as_deref().map_or(Value::Null, bare);
    match value {
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
        Val::List(items) | Val::Tuple(items) => items.iter().map(bare).collect(),
        Val::Record(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), bare(value))).collect())
        }
        Val::Variant(case, value) => json!({ case: one(value) }),
        Val::Option(value) => one(value),
        Val::Result(Ok(value)) => json!({ "Ok": one(value) }),
        Val::Result(Err(value)) => json!({ "Err": one(value) }),
        Val::Flags(names) => json!(names),
        Val::Resource { .. } => Value::Null,
    }
}

/// The event that `make` appends to a chain of the form that `near` has.
fn built(near: &ChainEvent, make: impl FnOnce(&mut ChainBuilder)) -> Made {
    let generation = Generation::of(near);
    let form = if generation == Generation::B { ChainForm::B } else { ChainForm::A };
    let mut chain = ChainBuilder::new(form);
    make(&mut chain);
    let Some(event) = chain.take_events().pop() else { return (String::new(), Vec::new()) };
    let data = if generation == Generation::Between { tagged(event.data, near) } else { event.data };
    (event.event_type, data)
}

/// A payload of generation A with the `category` of 2026-01-03: a handler's group stands beside it, the runtime's own
/// groups are the category.
fn tagged(data: Vec<u8>, near: &ChainEvent) -> Vec<u8> {
    let group = data.get(2..).and_then(|rest| rest.split(|byte| *byte == b'"').next()).unwrap_or_default();
    let flat = [b"{\"category\":\"", group, b"\","].concat();
    let own = [&b"Wasm"[..], b"Runtime", b"TheaterRuntime"].contains(&group);
    let inner = data.get(group.len() + 4..data.len() - 1).unwrap_or_default();
    if (own || near.data.starts_with(&flat)) && inner.starts_with(b"{") {
        return [&flat, &inner[1..]].concat();
    }
    [b"{\"category\":\"Handler\",", &data[1..]].concat()
}
