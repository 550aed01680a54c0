//! As much of JSON Schema as our own schema uses; what it does not know it refuses to pass over.

use serde_json::{Map, Value};

/// Whether a value is as the schema says.
pub fn valid(root: &Value, value: &Value) -> bool {
    fits(root, root, value)
}

fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    match schema {
        Value::Bool(any) => *any,
        Value::Object(keywords) => {
            keywords.iter().all(|(word, with)| holds(root, keywords, word, with, value))
        }
        _ => panic!("no schema: {schema}"),
    }
}

fn holds(root: &Value, all: &Map<String, Value>, word: &str, with: &Value, value: &Value) -> bool {
    let list = || with.as_array().expect("a list");
    let many = |value: &Value| list().iter().filter(|schema| fits(root, schema, value)).count();
    let size = |least: bool, found: Option<usize>| {
        let bound = with.as_u64().expect("a number") as usize;
        found.is_none_or(|found| if least { found >= bound } else { found <= bound })
    };
    match word {
        "$schema" | "$defs" | "title" | "description" | "default" | "format" | "then" => true,
        "$ref" => {
            let pointer = with.as_str().expect("a reference").trim_start_matches('#');
            fits(root, root.pointer(pointer).expect("what is referred to"), value)
        }
        "type" => match with {
            Value::Array(types) => types.iter().any(|one| is_a(one, value)),
            one => is_a(one, value),
        },
        "const" => value == with,
        "enum" => list().contains(value),
        "oneOf" => many(value) == 1,
        "anyOf" => many(value) >= 1,
        "allOf" => many(value) == list().len(),
        "not" => !fits(root, with, value),
        "if" => !fits(root, with, value) || fits(root, &all["then"], value),
        "required" => value
            .as_object()
            .is_none_or(|object| list().iter().all(|key| object.contains_key(key.as_str().expect("a key")))),
        "properties" => value.as_object().is_none_or(|object| {
            let known = with.as_object().expect("an object");
            known.iter().all(|(key, schema)| object.get(key).is_none_or(|value| fits(root, schema, value)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|object| {
            let known = |key: &String| all.get("properties").is_some_and(|known| known.get(key).is_some());
            object.iter().all(|(key, value)| known(key) || fits(root, with, value))
        }),
        "propertyNames" => value
            .as_object()
            .is_none_or(|object| object.keys().all(|key| fits(root, with, &Value::from(key.as_str())))),
        "items" => value.as_array().is_none_or(|items| {
            let before = all.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
            items.iter().skip(before).all(|item| fits(root, with, item))
        }),
        "prefixItems" => value
            .as_array()
            .is_none_or(|items| items.iter().zip(list()).all(|(item, schema)| fits(root, schema, item))),
        "minItems" | "maxItems" => size(word == "minItems", value.as_array().map(Vec::len)),
        "minProperties" | "maxProperties" => size(word == "minProperties", value.as_object().map(Map::len)),
        "minimum" => value.as_i64().is_none_or(|number| number >= with.as_i64().expect("a number")),
        "maximum" => value.as_u64().is_none_or(|number| number <= with.as_u64().expect("a number")),
        "pattern" => value.as_str().is_none_or(|text| pattern(with.as_str().expect("a pattern"), text)),
        other => panic!("the validator does not know `{other}`"),
    }
}

fn is_a(name: &Value, value: &Value) -> bool {
    match name.as_str().expect("a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the validator does not know the type `{other}`"),
    }
}

/// What the patterns of our schema say, by hand: a test has no regular expressions.
fn pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        r"^\s*[0-9]+\s*(ns|us|µs|ms|s|min|h)\s*$" => {
            let unit = text.trim().trim_start_matches(|c: char| c.is_ascii_digit());
            let begins = text.trim().starts_with(|c: char| c.is_ascii_digit());
            begins && ["ns", "us", "µs", "ms", "s", "min", "h"].contains(&unit.trim())
        }
        "^(/([^~]|~[01])*)?$" => {
            let escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
            text.is_empty() || text.starts_with('/') && escaped
        }
        r"^[^\u0000-,/:-@\[-^`{-\u007f]+$" => {
            let plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.".contains(c);
            !text.is_empty() && text.chars().all(plain)
        }
        r"^actor\." => text.starts_with("actor."),
        r"^([^$\u0000-\u001f\u007f-\u009f]|\$(?!\{))+$" => {
            !text.is_empty() && !text.contains(char::is_control) && !text.contains("${")
        }
        "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$" => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "+/".contains(c);
            let digits = text.trim_end_matches('=');
            let left = match text.len() - digits.len() {
                0 => "",
                1 => "AEIMQUYcgkosw048",
                2 => "AQgw",
                _ => return false,
            };
            let ends = left.is_empty() || digits.ends_with(|c| left.contains(c));
            text.len().is_multiple_of(4) && digits.chars().all(plain) && ends
        }
        other => panic!("the validator does not know the pattern `{other}`"),
    }
}
