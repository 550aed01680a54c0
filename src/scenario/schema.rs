//! The JSON Schema of a scenario file: generated from the types, and what types cannot say put in by hand.
//!
//! What only a look at the whole file can tell (that a name is somebody's, that a channel was opened before) is not in it, nor that a duration
//! fits 64 bits of nanoseconds.

use super::ScenarioFile;
use crate::native;
use crate::profile::Profile;
use crate::property::{Builtin, FAILURES, PREDICATES};
use serde_json::{Value, json};

/// A name: of ASCII letters, digits, `-`, `_` and `.`, and of letters and digits beyond ASCII, which a pattern cannot tell from signs everywhere.
const NAME: &str = r"^[^\u0000-,/:-@\[-^`{-\u007f]+$";
const DURATION: &str = r"^\s*[0-9]+\s*(ns|us|µs|ms|s|min|h)\s*$";
const POINTER: &str = "^(/([^~]|~[01])*)?$";
const BASE64: &str = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";
const ADDRESS: &str = r"^([^$\u0000-\u001f\u007f-\u009f]|\$(?!\{))+$";

const ACTIONS: [&str; 8] =
    ["send", "request", "open_channel", "send_on_channel", "close_channel", "wait", "stop", "terminate"];
const OUTCOMES: [&str; 5] = ["text", "json", "base64", "refused", "closed"];
const KINDS: [&str; 5] = ["always", "never", "eventually", "sometimes", "no"];
const MATCHES: [&str; 7] = ["equals", "not_equals", "one_of", "at_least", "at_most", "contains", "matches"];
/// For these `null` is a value; for any other key it is as if the key were not there.
const ANY_VALUE: [&str; 4] = ["json", "equals", "not_equals", "matches"];

/// The JSON Schema of a scenario file.
pub fn schema() -> Value {
    let mut schema = Value::from(schemars::schema_for!(ScenarioFile));
    bounded(&mut schema);
    for (pointer, more) in by_hand() {
        put(&mut schema, &pointer, more);
    }
    schema
}

/// Puts more keywords into the schema at a pointer, or in another's place.
fn put(schema: &mut Value, pointer: &str, more: Value) {
    let Some(at) = schema.pointer_mut(pointer).and_then(Value::as_object_mut) else {
        unreachable!("the schema has nothing at `{pointer}`")
    };
    let Value::Object(more) = more else { return };
    at.extend(more);
}

/// Whole numbers end where their types do.
fn bounded(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            let most = match keywords.get("format").and_then(Value::as_str) {
                Some("uint32") => Some(json!(u32::MAX)),
                Some("uint64") => Some(json!(u64::MAX)),
                _ => None,
            };
            keywords.values_mut().for_each(bounded);
            keywords.extend(most.map(|most| ("maximum".to_owned(), most)));
        }
        Value::Array(items) => items.iter_mut().for_each(bounded),
        _ => {}
    }
}

fn has(key: &str) -> Value {
    match ANY_VALUE.contains(&key) {
        true => json!({ "required": [key] }),
        false => json!({ "required": [key], "properties": { key: { "not": { "const": null } } } }),
    }
}

fn each(keys: &[&str]) -> Vec<Value> {
    keys.iter().map(|key| has(key)).collect()
}

fn lacks(keys: &[&str]) -> Value {
    json!({ "not": { "anyOf": each(keys) } })
}

fn both(one: &str, other: &str) -> Value {
    json!({ "allOf": [has(one), has(other)] })
}

/// An expectation of these sorts at most.
fn of_sorts(sorts: &[&str]) -> Value {
    let all = OUTCOMES.iter().chain(&["channel"]);
    let others: Vec<&str> = all.copied().filter(|key| !sorts.contains(key)).collect();
    json!({ "properties": { "expect": { "anyOf": [{ "const": null }, lacks(&others)] } } })
}

/// What goes with which action.
fn step() -> Value {
    let alone = json!({ "allOf": [has("expect"), lacks(&ACTIONS)] });
    let unanswered =
        json!({ "properties": { "within": { "const": null }, "capture": { "maxProperties": 0 } } });
    let mut rules: Vec<Value> = Vec::new();
    for action in ACTIONS {
        let then = match action {
            "request" | "open_channel" => of_sorts(&["text", "json", "base64", "refused"]),
            "wait" => json!({ "allOf": [unanswered, lacks(&["expect"])] }),
            _ => json!({ "allOf": [unanswered, of_sorts(&["refused"])] }),
        };
        rules.push(json!({ "if": has(action), "then": then }));
    }
    rules.push(json!({ "if": alone, "then": of_sorts(&["text", "json", "base64", "closed", "channel"]) }));
    let one: Vec<Value> = each(&ACTIONS).into_iter().chain([alone]).collect();
    json!({ "oneOf": one, "allOf": rules })
}

/// A pointer into the schema, and what goes there.
fn by_hand() -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = Vec::new();
    let mut add = |pointer: &str, more: Value| all.push((pointer.to_owned(), more));
    let words = |words: &[&str]| {
        let words = words.iter().map(|word| json!(word)).chain([Value::Null]);
        json!({ "enum": words.collect::<Vec<_>>() })
    };
    let someone = json!({ "minProperties": 1 });
    add(
        "",
        json!({ "anyOf": [{ "properties": { "actors": someone } },
                          { "required": ["clients"], "properties": { "clients": someone } }] }),
    );
    add("/properties/rehearsal", json!({ "const": 1 }));
    add("/properties/profile", words(&Profile::ALL.map(Profile::name)));
    for named in ["NamedOfActorSpec", "NamedOfArray_of_Step"] {
        add(&format!("/$defs/{named}"), json!({ "propertyNames": { "pattern": NAME } }));
    }
    let fresh = json!({ "required": ["fresh"], "properties": { "fresh": { "const": true } } });
    add(
        "/$defs/ActorSpec",
        json!({ "oneOf": each(&["component", "native"]), "if": fresh, "then": has("component") }),
    );
    add("/$defs/ActorSpec/properties/native", words(&native::NAMES));
    add("/$defs/ActorSpec/properties/id", json!({ "pattern": ADDRESS }));
    add("/$defs/Duration", json!({ "pattern": DURATION }));
    add("/$defs/Step", step());
    let captured = json!({ "pattern": NAME, "not": { "pattern": r"^actor\." } });
    add(
        "/$defs/Step/properties/capture",
        json!({ "propertyNames": captured, "additionalProperties": { "pattern": POINTER } }),
    );
    add("/$defs/OpenSpec/properties/as", json!({ "pattern": NAME }));
    let most_one: Vec<Value> = [lacks(&OUTCOMES)].into_iter().chain(each(&OUTCOMES)).collect();
    add("/$defs/ExpectSpec", json!({ "oneOf": most_one, "not": both("closed", "channel") }));
    add("/$defs/ExpectSpec/properties/base64", json!({ "pattern": BASE64 }));
    add("/$defs/BytesSpec/oneOf/2/properties/base64", json!({ "pattern": BASE64 }));
    of_properties(&mut add, &words);
    all
}

fn of_properties(add: &mut dyn FnMut(&str, Value), words: &dyn Fn(&[&str]) -> Value) {
    let name = json!({ "anyOf": each(&["no", "name"]) });
    let goes_with = |key: &str, with: &str| json!({ "if": has(key), "then": has(with) });
    let rules = [name, goes_with("within", "eventually"), goes_with("required", "sometimes")];
    add("/$defs/Spec", json!({ "oneOf": each(&KINDS), "allOf": rules }));
    add("/$defs/Spec/properties/within", json!({ "pattern": DURATION }));
    let titles = Builtin::ALL.map(Builtin::title);
    let names = Builtin::ALL.map(Builtin::name);
    let names: Vec<&str> = names.iter().chain(&titles).copied().collect();
    add("/$defs/Builtin", json!({ "oneOf": [{ "type": "string", "enum": names }] }));
    let says = json!({ "anyOf": each(&MATCHES) });
    for (place, key) in PREDICATES.iter().enumerate() {
        let more = match *key {
            "every" | "count" | "sum" | "lost" | "channels" => says.clone(),
            "all" | "any" => json!({ "minItems": 1 }),
            "same" => json!({ "minItems": 2 }),
            _ => continue,
        };
        add(&format!("/$defs/Predicate/oneOf/{place}/properties/{key}"), more);
    }
    add("/$defs/Answered/properties/count", json!({ "if": { "type": "object" }, "then": says }));
    add("/$defs/Order/properties/values", json!({ "minItems": 1 }));
    add("/$defs/Sum/properties/of", json!({ "minItems": 1 }));
    add("/$defs/Values", json!({ "oneOf": each(&["are", "within"]) }));
    add("/$defs/Answer", json!({ "if": has("refused"), "then": lacks(&MATCHES) }));
    add("/$defs/Refused/anyOf/0", json!({ "const": true }));
    for spot in ["StateIs", "Spot"] {
        add(&format!("/$defs/{spot}/properties/pointer"), json!({ "pattern": POINTER }));
    }
    let sorts = FAILURES.map(|kind| kind.name());
    let hyphened: Vec<String> = sorts.iter().map(|name| name.replace(' ', "-")).collect();
    let sorts: Vec<&str> = sorts.into_iter().chain(hyphened.iter().map(String::as_str)).collect();
    add("/$defs/Failed/properties/kind", words(&sorts));
}
