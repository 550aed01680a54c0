//! `${…}` in texts: addresses of participants, and what a client captured.

use super::file::BytesSpec;
use crate::error::{Error, Result};
use crate::payload::Payload;
use base64::Engine as _;
use serde_json::Value;

/// Replaces every `${NAME}` by what `find` gives for it; `$${` stands for `${`.
///
/// # Errors
/// What `find` says, and a `${` without its end.
pub fn replace(text: &str, find: &dyn Fn(&str) -> Result<String>) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at - 1]);
            out.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let after = &rest[at + 2..];
        let end = after.find('}').ok_or_else(|| Error::input(format!("`${{` without `}}` in {text:?}")))?;
        out.push_str(&find(&after[..end])?);
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The same for the names that `find` has something for; the others, and `$${`, are left for later.
///
/// # Errors
/// As [`replace`].
pub fn partly(text: &str, find: &dyn Fn(&str) -> Result<Option<String>>) -> Result<String> {
    // What is left is escaped by what is put in for it: the dollar of `$${` goes and comes back.
    let kept = |name: &str| Ok(find(name)?.unwrap_or_else(|| format!("${{{name}}}")));
    let parts: Vec<String> = text.split("$${").map(|part| replace(part, &kept)).collect::<Result<_>>()?;
    Ok(parts.join("$${"))
}

/// A text of JSON with what was found in it: where it is one `${NAME}` and nothing else, the value itself.
///
/// # Errors
/// As [`replace`].
pub fn put(text: &str, find: &dyn Fn(&str) -> Result<Value>) -> Result<Value> {
    let alone = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    match alone.filter(|name| !name.contains('}')) {
        Some(name) => find(name),
        None => replace(text, &|name| find(name).map(as_text)).map(Value::String),
    }
}

/// A value within a text: a text as it is, anything else as JSON.
pub fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The names used in `${NAME}` in these bytes.
pub fn used(bytes: &BytesSpec) -> Vec<String> {
    let names = std::cell::RefCell::new(Vec::new());
    let note = |name: &str| {
        names.borrow_mut().push(name.to_owned());
        Ok(Value::Null)
    };
    let _ = in_bytes(bytes, &note);
    names.into_inner()
}

/// Whether there is anything to be replaced in these bytes.
pub fn mentions(bytes: &BytesSpec) -> bool {
    fn in_value(value: &Value) -> bool {
        match value {
            Value::String(text) => in_text(text),
            Value::Array(items) => items.iter().any(in_value),
            Value::Object(fields) => fields.iter().any(|(key, value)| in_text(key) || in_value(value)),
            _ => false,
        }
    }
    match bytes {
        BytesSpec::Text(text) => in_text(text),
        BytesSpec::Json(value) => in_value(value),
        BytesSpec::Base64(_) => false,
    }
}

fn in_text(text: &str) -> bool {
    text.contains("${")
}

/// What to do about a text that is no JSON pointer.
pub fn no_pointer(pointer: &str) -> Option<String> {
    let escaped = |rest: &str| rest.starts_with('0') || rest.starts_with('1');
    match pointer.chars().next() {
        Some(first) if first != '/' => {
            Some(format!("a JSON pointer begins with `/`: `/{}`", pointer.replace('.', "/")))
        }
        _ if pointer.split('~').skip(1).all(escaped) => None,
        _ => Some("in a JSON pointer `~0` stands for `~`, and `~1` for `/`".to_owned()),
    }
}

/// The bytes, every `${NAME}` in them replaced.
///
/// # Errors
/// As [`replace`], and for what is not base64.
pub fn in_bytes(bytes: &BytesSpec, find: &dyn Fn(&str) -> Result<Value>) -> Result<Payload> {
    match bytes {
        BytesSpec::Text(text) => Ok(Payload::from(replace(text, &|name| find(name).map(as_text))?)),
        BytesSpec::Json(value) => {
            let mut text = Vec::new();
            write(value, &|text| put(text, find), &mut text)?;
            Ok(Payload::from(text))
        }
        BytesSpec::Base64(text) => base64::engine::general_purpose::STANDARD
            .decode(text)
            .map(Payload::from)
            .map_err(|e| Error::input(format!("`base64` cannot be decoded: {}", base64_told(&e)))),
    }
}

/// Writes what [`in_json`] makes of a value, and makes it only where something is replaced.
fn write(value: &Value, change: &dyn Fn(&str) -> Result<Value>, out: &mut Vec<u8>) -> Result<()> {
    match value {
        Value::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                out.extend((place > 0).then_some(b','));
                write(item, change, out)?;
            }
            out.push(b']');
            Ok(())
        }
        // A key that changes may come elsewhere.
        Value::Object(fields) if !fields.keys().any(|key| in_text(key)) => {
            out.push(b'{');
            for (place, (key, value)) in fields.iter().enumerate() {
                out.extend((place > 0).then_some(b','));
                write_plain(key, out)?;
                out.push(b':');
                write(value, change, out)?;
            }
            out.push(b'}');
            Ok(())
        }
        Value::String(text) if !in_text(text) => write_plain(text, out),
        other => write_plain(&in_json(other, change)?, out),
    }
}

fn write_plain<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(out, value).map_err(|error| Error::input(error.to_string()))
}

/// base64's own sentence, as part of ours.
pub fn base64_told(error: &base64::DecodeError) -> String {
    let told = error.to_string();
    told.trim_end_matches('.').to_owned()
}

/// The value, its texts changed, and its keys as texts.
///
/// # Errors
/// What `change` says.
pub fn in_json(value: &Value, change: &dyn Fn(&str) -> Result<Value>) -> Result<Value> {
    Ok(match value {
        Value::String(text) => change(text)?,
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| in_json(item, change)).collect::<Result<_>>()?)
        }
        Value::Object(fields) => {
            let replaced =
                fields.iter().map(|(key, value)| Ok((change(key).map(as_text)?, in_json(value, change)?)));
            Value::Object(replaced.collect::<Result<_>>()?)
        }
        other => other.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_escapes_kept() {
        let find = |name: &str| Ok(name.to_uppercase());
        assert_eq!(replace("a ${b} $${c} ${d}", &find).unwrap(), "a B ${c} D");
        assert!(replace("a ${b", &find).is_err());
        let json = BytesSpec::Json(serde_json::json!({"k": ["${x}", 1]}));
        assert_eq!(in_bytes(&json, &|name| find(name).map(Value::from)).unwrap().text(), "{\"k\":[\"X\",1]}");
        assert_eq!(used(&json), ["x"]);
    }

    #[test]
    fn what_is_written_at_once_is_what_would_be_made_first() {
        let find = |name: &str| Ok(Value::from(name.to_uppercase()));
        let change = |text: &str| put(text, &find);
        let values = serde_json::json!([
            {"b": 1.5, "a\"": [null, true, -3], "": {}},
            {"${z}": 1, "b": "${x}", "$${a}": {"c": "é\n${y}"}},
            [[], "${x}", "plain"],
            "\u{1}"
        ]);
        let made = serde_json::to_string(&in_json(&values, &change).unwrap()).unwrap();
        let spec = BytesSpec::Json(values);
        assert_eq!(in_bytes(&spec, &find).unwrap().text(), made);
        assert!(made.contains("Z") && mentions(&spec));
        assert!(!mentions(&BytesSpec::Json(serde_json::json!({"a": ["$", "{b}"]}))));
        let broken = BytesSpec::Json(serde_json::json!([{"${a": 1}]));
        assert!(mentions(&broken) && in_bytes(&broken, &find).is_err());
    }

    #[test]
    fn a_name_alone_in_json_is_the_value_itself() {
        let find = |_: &str| Ok(serde_json::json!({"n": 3}));
        let json = serde_json::json!(["${x}", " ${x}", "${x}${x}", "$${x}", {"${x}": "${x}"}]);
        let told = in_json(&json, &|text| put(text, &find)).unwrap().to_string();
        let (value, text) = (r#"{"n":3}"#, r#"{\"n\":3}"#);
        let expected = format!(r#"[{value}," {text}","{text}{text}","${{x}}",{{"{text}":{value}}}]"#);
        assert_eq!(told, expected);
        assert_eq!(in_bytes(&BytesSpec::Text("${x}".into()), &find).unwrap().text(), value);
    }
}
