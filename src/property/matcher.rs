//! What a value should be: the words that predicates share.

use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::fmt::{self, Write as _};

/// Defines a JSON object of a scenario that has a matcher's keys beside its own. They are written out rather than
/// flattened, because serde's `flatten` cannot refuse unknown keys.
macro_rules! matching {
    ($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_about])* pub $field: $type,)*
            /// The value is exactly this.
            #[serde(default, deserialize_with = "crate::property::matcher::present")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub equals: Option<serde_json::Value>,
            /// The value is anything but this.
            #[serde(default, deserialize_with = "crate::property::matcher::present")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub not_equals: Option<serde_json::Value>,
            /// The value is one of these.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub one_of: Option<Vec<serde_json::Value>>,
            /// The value is a whole number, and no less.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub at_least: Option<crate::property::Whole>,
            /// The value is a whole number, and no more.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub at_most: Option<crate::property::Whole>,
            /// The value is text that has this in it, or a list that has this text as an item.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub contains: Option<String>,
            /// The value has all of this: of an object, at least these keys; see [`matches`](crate::property::matches).
            #[serde(default, deserialize_with = "crate::property::matcher::present")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub matches: Option<serde_json::Value>,
        }

        impl $name {
            /// Its matcher's keys alone.
            pub fn matcher(&self) -> crate::property::Matcher {
                crate::property::Matcher {
                    equals: self.equals.clone(),
                    not_equals: self.not_equals.clone(),
                    one_of: self.one_of.clone(),
                    at_least: self.at_least,
                    at_most: self.at_most,
                    contains: self.contains.clone(),
                    matches: self.matches.clone(),
                }
            }
        }
    };
}
pub(super) use matching;

matching! {
    /// What a value should be: all the keys that are there must fit, and without any everything does.
    #[derive(Default)]
    Matcher {}
}

/// Reads a value so that `null` is a value and not its absence.
pub(super) fn present<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(source).map(Some)
}

/// A whole number as JSON has it: of 64 bits, with a sign or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "cli", schemars(with = "i64"))]
pub struct Whole(pub i128);

impl Serialize for Whole {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match (i64::try_from(self.0), u64::try_from(self.0)) {
            (Ok(number), _) => to.serialize_i64(number),
            (_, Ok(number)) => to.serialize_u64(number),
            _ => to.serialize_i128(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Whole;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of 64 bits")
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Whole, E> {
                Ok(Whole(number.into()))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Whole, E> {
                Ok(Whole(number.into()))
            }
        }
        source.deserialize_any(Reader).map_err(D::Error::custom)
    }
}

/// Whether `value` has all that `partial` has: of an object at least these keys, each with a value that matches in its
/// turn; of a list as many items, each matching; anything else exactly.
///
/// ```
/// use rehearsal::property::matches;
/// use serde_json::json;
/// assert!(matches(&json!({"to": {"name": "bob"}}), &json!({"to": {"name": "bob", "age": 7}, "amount": 3})));
/// assert!(!matches(&json!([1]), &json!([1, 2])));
/// ```
pub fn matches(partial: &Value, value: &Value) -> bool {
    match (partial, value) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().all(|(key, partial)| found.get(key).is_some_and(|value| matches(partial, value)))
        }
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(p, v)| matches(p, v))
        }
        _ => partial == value,
    }
}

/// A JSON value as a whole number, if it is one.
pub(super) fn whole(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

/// A text that two values share exactly when they are equal: keys sorted, and one zero.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            text.push('{');
            for (key, value) in entries {
                let _ = write!(text, "{key:?}:");
                write_canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Number(number) if number.is_f64() && number.as_f64() == Some(0.0) => text.push_str("0.0"),
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

fn has_text(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text.contains(wanted),
        Value::Array(items) => items.iter().any(|item| item.as_str() == Some(wanted)),
        _ => false,
    }
}

fn fits<T>(wanted: &Option<T>, test: impl Fn(&T) -> bool) -> bool {
    wanted.as_ref().is_none_or(test)
}

impl Matcher {
    /// Whether there is no key at all, so that everything fits.
    pub fn is_empty(&self) -> bool {
        *self == Matcher::default()
    }

    /// Whether this value fits.
    ///
    /// ```
    /// use rehearsal::property::Matcher;
    /// use serde_json::json;
    /// let few: Matcher = serde_json::from_value(json!({"at_least": 2, "at_most": 5})).unwrap();
    /// assert_eq!([1, 2, 5, 6].map(|number| few.admits(&json!(number))), [false, true, true, false]);
    /// assert!(!few.admits(&json!("two")));
    /// assert_eq!(few.to_string(), "at least 2 and at most 5");
    /// ```
    pub fn admits(&self, value: &Value) -> bool {
        fits(&self.equals, |wanted| wanted == value)
            && fits(&self.not_equals, |wanted| wanted != value)
            && fits(&self.one_of, |wanted| wanted.contains(value))
            && fits(&self.at_least, |least| whole(value).is_some_and(|number| number >= least.0))
            && fits(&self.at_most, |most| whole(value).is_some_and(|number| number <= most.0))
            && fits(&self.contains, |wanted| has_text(value, wanted))
            && fits(&self.matches, |partial| matches(partial, value))
    }

    /// Whether this whole number fits; one that JSON's 64 bits cannot hold equals nothing.
    pub fn admits_whole(&self, number: i128) -> bool {
        let value =
            i64::try_from(number).map(Value::from).or_else(|_| u64::try_from(number).map(Value::from));
        if let Ok(value) = value {
            return self.admits(&value);
        }
        let no_other = self.equals.is_none() && self.one_of.is_none() && self.matches.is_none();
        no_other
            && self.contains.is_none()
            && fits(&self.at_least, |least| number >= least.0)
            && fits(&self.at_most, |most| number <= most.0)
    }

    /// A count above which every count fits alike. Counts only grow, so what remembers one need not tell
    /// those above apart.
    pub(super) fn ceiling(&self) -> u64 {
        let values = [&self.equals, &self.not_equals, &self.matches];
        let values = values.into_iter().flatten().chain(self.one_of.iter().flatten()).filter_map(whole);
        let bounds = [self.at_least, self.at_most].into_iter().flatten().map(|bound| bound.0);
        let highest = values.chain(bounds).max().unwrap_or(0).max(0);
        u64::try_from(highest).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Whether a count that grows can only come to fit, and whether it can only cease to.
    pub(super) fn trend(&self) -> (bool, bool) {
        let plain = Matcher { at_least: None, at_most: None, ..self.clone() }.is_empty();
        (plain && self.at_most.is_none(), plain && self.at_least.is_none())
    }
}

impl fmt::Display for Matcher {
    /// What is wanted, in words: `at least 2 and at most 5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &Vec<Value>| Value::Array(values.clone()).to_string();
        let words = [
            self.equals.as_ref().map(|v| v.to_string()),
            self.not_equals.as_ref().map(|v| format!("anything but {v}")),
            self.one_of.as_ref().map(|v| format!("one of {}", list(v))),
            self.at_least.map(|n| format!("at least {}", n.0)),
            self.at_most.map(|n| format!("at most {}", n.0)),
            self.contains.as_ref().map(|text| format!("something with {text:?} in it")),
            self.matches.as_ref().map(|v| format!("something that matches {v}")),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        f.write_str(if words.is_empty() { "anything" } else { "" })?;
        f.write_str(&words.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn admits(matcher: Value, value: Value) -> bool {
        serde_json::from_value::<Matcher>(matcher).expect("a matcher").admits(&value)
    }

    #[test]
    fn each_key_fits_and_does_not() {
        let cases = [
            (json!({"equals": null}), json!(null), json!(0)),
            (json!({"not_equals": 1}), json!(2), json!(1)),
            (json!({"one_of": [1, "a"]}), json!("a"), json!("b")),
            (json!({"at_least": 3}), json!(3), json!(2)),
            (json!({"at_least": -3}), json!(u64::MAX), json!(-4)),
            (json!({"at_most": 3}), json!(-1), json!(3.0)),
            (json!({"contains": "b"}), json!("abc"), json!("ac")),
            (json!({"contains": "b"}), json!(["a", "b"]), json!(["abc"])),
            (json!({"matches": {"a": {"b": 1}}}), json!({"a": {"b": 1, "c": 2}}), json!({"a": {"c": 2}})),
            (json!({"at_least": 1, "at_most": 2}), json!(2), json!(3)),
        ];
        for (matcher, fits, fails) in cases {
            assert!(admits(matcher.clone(), fits), "{matcher}");
            assert!(!admits(matcher.clone(), fails), "{matcher}");
        }
        assert!(admits(json!({}), json!([1])));
    }

    #[test]
    fn errors_are_clear() {
        let error = |text: &str| serde_json::from_str::<Matcher>(text).unwrap_err().to_string();
        assert_eq!(
            error(r#"{"at_least": 1.5}"#),
            "invalid type: floating point `1.5`, expected a whole number of 64 bits at line 1 column 16"
        );
        assert!(
            error(r#"{"at_leest": 1}"#).starts_with("unknown field `at_leest`, expected one of `equals`")
        );
    }

    #[test]
    fn sums_beyond_64_bits_are_compared() {
        let above = Matcher { at_least: Some(Whole(5)), ..Matcher::default() };
        assert!(above.admits_whole(i128::from(u64::MAX) * 2));
        assert!(!above.admits_whole(i128::from(i64::MIN) * 2));
        let equal = Matcher { equals: Some(json!(5)), ..Matcher::default() };
        assert!(!equal.admits_whole(i128::from(u64::MAX) * 2) && equal.admits_whole(5));
    }

    #[test]
    fn counts_above_the_ceiling_fit_alike() {
        for matcher in
            [json!({"equals": 3}), json!({"one_of": [1, 7]}), json!({"at_most": 2}), json!({"not_equals": 4})]
        {
            let matcher: Matcher = serde_json::from_value(matcher).expect("a matcher");
            let top = matcher.ceiling();
            assert!(
                (top..top + 9).all(|n| matcher.admits_whole(n.into()) == matcher.admits_whole(top.into()))
            );
        }
    }

    #[test]
    fn equal_values_have_one_canonical_text() {
        let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        assert_eq!(canonical(&read(r#"{"a":1,"b":[-0.0]}"#)), canonical(&read(r#"{"b":[0.0],"a":1}"#)));
        assert_ne!(canonical(&read("1")), canonical(&read("1.0")));
        assert_ne!(canonical(&read("[1,[2]]")), canonical(&read("[1,2]")));
    }
}
