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

/// The names used in `${NAME}` in these bytes.
pub fn used(bytes: &BytesSpec) -> Vec<String> {
    let names = std::cell::RefCell::new(Vec::new());
    let note = |name: &str| {
        names.borrow_mut().push(name.to_owned());
        Ok(String::new())
    };
    let _ = in_bytes(bytes, &note);
    names.into_inner()
}

/// The bytes, every `${NAME}` in them replaced.
///
/// # Errors
/// As [`replace`], and for what is not base64.
pub fn in_bytes(bytes: &BytesSpec, find: &dyn Fn(&str) -> Result<String>) -> Result<Payload> {
    match bytes {
        BytesSpec::Text(text) => Ok(Payload::from(replace(text, find)?)),
        BytesSpec::Json(value) => {
            let value = in_json(value, &|text| replace(text, find))?;
            let text = serde_json::to_vec(&value).map_err(|e| Error::input(e.to_string()))?;
            Ok(Payload::from(text))
        }
        BytesSpec::Base64(text) => base64::engine::general_purpose::STANDARD
            .decode(text)
            .map(Payload::from)
            .map_err(|e| Error::input(format!("{text:?} is not base64: {e}"))),
    }
}

/// The value, its texts and keys changed.
///
/// # Errors
/// What `change` says.
pub fn in_json(value: &Value, change: &dyn Fn(&str) -> Result<String>) -> Result<Value> {
    Ok(match value {
        Value::String(text) => Value::String(change(text)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| in_json(item, change)).collect::<Result<_>>()?)
        }
        Value::Object(fields) => {
            let replaced = fields.iter().map(|(key, value)| Ok((change(key)?, in_json(value, change)?)));
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
        assert_eq!(in_bytes(&json, &find).unwrap().text(), "{\"k\":[\"X\",1]}");
        assert_eq!(used(&json), ["x"]);
    }
}
