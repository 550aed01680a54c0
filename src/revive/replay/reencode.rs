//! An event made once more, in the words of the record beside which it is to stand.

use crate::chain::{
    ChainBuilder, ChainEvent, ChainForm, Decoded, EventHash, Generation, HostCall, Recorded, Val, hash_of,
};
use serde_json::{Value, json};
use std::borrow::Cow;

/// A payload and its event type.
pub type Made = (Cow<'static, str>, Vec<u8>);

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

/// The hash of the event that records such a call whole, with the recorded result: the record's own, if the arguments are its.
pub fn foreign(near: &ChainEvent, said: &Decoded, call: &HostCall) -> EventHash {
    let (event_type, data) = match said {
        Decoded::Host { input: Recorded::Json(_), output: Recorded::Json(output), interface, function } => {
            let call = HostCall::new(interface.clone(), function.clone(), call.input.clone());
            let input = serde_json::to_vec(&input(&call)).unwrap_or_default();
            (call.event_type().into(), recorded(&call, &input, output))
        }
        Decoded::Host { output: Recorded::Val(output), interface, function, .. } => {
            let call = HostCall::new(interface.clone(), function.clone(), call.input.clone());
            ended(near, said, &call, output)
        }
        _ => return EventHash::default(),
    };
    hash_of(&ChainEvent { event_type, data, hash: EventHash::default(), ..near.clone() })
}

/// Whether two events hold the same host call: generation B had JSON first and typed values later, `result`s as they are or only what was in them.
pub fn same_call(one: &Decoded, other: &Decoded) -> bool {
    let whole = |said: &Decoded| match said {
        Decoded::Host { interface, function, input, output } => {
            Some((interface.clone(), function.clone(), meaning(input), meaning(output)))
        }
        _ => None,
    };
    whole(one).is_some_and(|one| whole(other) == Some(one))
}

/// A recorded value, in whatever form.
pub fn meaning(recorded: &Recorded) -> Value {
    let mut value = match recorded {
        Recorded::Val(val) => val.bare(),
        Recorded::Json(json) => serde_json::from_slice(json).unwrap_or_default(),
    };
    loop {
        value = match value {
            Value::Object(mut fields) if fields.len() == 1 && fields.contains_key("Ok") => {
                fields.remove("Ok").unwrap_or_default()
            }
            Value::Array(mut items) if items.len() == 1 => items.remove(0),
            // That it went well.
            Value::Bool(true) => Value::Null,
            Value::Array(items) if items.is_empty() => Value::Null,
            plain => return plain,
        };
    }
}

/// Whether two JSON texts are the same but for how names are spelled.
pub fn spelled_alike(one: &[u8], other: &[u8]) -> bool {
    let read = |text: &[u8]| serde_json::from_slice::<Value>(text).ok().map(plainly);
    one == other || read(one).is_some() && read(one) == read(other)
}

/// JSON with every name and text in small letters and digits; an array of one is that one.
fn plainly(value: Value) -> Value {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    match value {
        Value::Array(items) if items.len() == 1 => {
            items.into_iter().map(plainly).collect::<Vec<_>>().remove(0)
        }
        Value::Array(items) => items.into_iter().map(plainly).collect(),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (plain(&name), plainly(value))).collect())
        }
        other => other,
    }
}

/// A host call of generation B's first days: values as the bytes of their JSON.
fn plain(call: &HostCall, output: &Val) -> Made {
    let bytes = |value: Value| value.to_string().into_bytes();
    (call.event_type().into(), recorded(call, &bytes(input(call)), &bytes(output.bare())))
}

fn input(call: &HostCall) -> Value {
    match &call.input[..] {
        [] => Value::Null,
        [one] => one.bare(),
        many => Value::Array(many.iter().map(Val::bare).collect()),
    }
}

fn recorded(call: &HostCall, input: &[u8], output: &[u8]) -> Vec<u8> {
    let record = json!({
        "category": "HostFunction",
        "interface": call.interface,
        "function": call.function,
        "input": input,
        "output": output,
    });
    record.to_string().into_bytes()
}

/// The event that `make` appends to a chain of the form that `near` has.
fn built(near: &ChainEvent, make: impl FnOnce(&mut ChainBuilder)) -> Made {
    let generation = Generation::of(near);
    let form = if generation == Generation::B { ChainForm::B } else { ChainForm::A };
    let mut chain = ChainBuilder::new(form);
    make(&mut chain);
    let Some(event) = chain.take_events().pop() else { return Made::default() };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_the_same_in_every_form() {
        let host = |input: &str, output: &str| {
            let interface = "theater:simple/random";
            let data = format!(
                r#"{{"category":"HostFunction","interface":"{interface}","function":"random-float","input":{input},"output":{output}}}"#
            );
            crate::chain::decode(&ChainEvent { data: data.into_bytes(), ..ChainEvent::default() })
        };
        let bytes = |text: &str| format!("{:?}", text.as_bytes());
        let typed = host(r#"{"Tuple":[{"U64":5}]}"#, r#"{"Result":{"Ok":{"Float64":0.9011706134313209}}}"#);
        for (input, output) in [
            (r#"{"U64":5}"#.to_owned(), r#"{"Float64":0.9011706134313209}"#.to_owned()),
            (bytes("5"), bytes("0.9011706134313209")),
            (bytes("[5]"), bytes(r#"{"Ok":0.9011706134313209}"#)),
        ] {
            assert!(same_call(&typed, &host(&input, &output)), "{input} {output}");
        }
        for (input, output) in
            [("6", "0.9011706134313209"), ("5", "0.9011706134313208"), ("5", r#"{"Err":"x"}"#)]
        {
            assert!(!same_call(&typed, &host(&bytes(input), &bytes(output))), "{input} {output}");
        }
    }
}
