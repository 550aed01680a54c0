//! Predicates, as a scenario file has them.

use super::matcher::{Matcher, matching};
use crate::error::nearest;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::fmt;

/// Something that holds after a step, or does not: a JSON object with exactly one of these keys.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Predicate {
    /// Some observation fits.
    Observed(Seen),
    /// Every observation fits.
    Every(Seen),
    /// There is an observation, and the last one fits.
    Last(Seen),
    /// The number of observations fits.
    Count(Counted),
    /// The values observed are exactly these, or among these.
    Values(Values),
    /// These values were observed, in this order.
    Order(Order),
    /// One value was first observed before another was; both were.
    Before(Before),
    /// No value was observed twice.
    Distinct(Distinct),
    /// A participant's state is JSON, and fits.
    State(StateIs),
    /// Parts of states are there and equal.
    Same(Vec<Spot>),
    /// Parts of states are whole numbers, and their sum fits.
    Sum(Sum),
    /// Some answer that a client got fits.
    Reply(Answer),
    /// The number of answers that a client got fits; a refusal is not counted.
    Answered(Answered),
    /// The number of messages that were dropped fits.
    Lost(Matcher),
    /// The number of channels that a participant has open fits.
    Channels(ChannelsOpen),
    /// This participant has stopped.
    Stopped(String),
    /// A turn failed.
    Failed(Failed),
    /// This does not hold.
    Not(Box<Predicate>),
    /// All of these hold.
    All(Vec<Predicate>),
    /// One of these holds.
    Any(Vec<Predicate>),
}

matching! {
    /// Observations, and what each should be.
    Seen {
        /// Their key.
        key: String,
        /// Whose they are; without it, anybody's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
    }
}

matching! {
    /// Observations, and how many there should be.
    Counted {
        /// Their key.
        key: String,
        /// Whose they are; without it, anybody's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
        /// Only those with this value count.
        #[serde(default, deserialize_with = "super::matcher::present")]
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
    }
}

matching! {
    /// A part of a participant's state, and what it should be.
    StateIs {
        /// The participant.
        actor: String,
        /// A JSON pointer into its state; without it, the whole.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pointer: String,
    }
}

matching! {
    /// Parts of states, and what their sum should be.
    Sum {
        /// The parts.
        of: Vec<Spot>,
    }
}

matching! {
    /// An answer of a client: its bytes as JSON where they are JSON, else as text.
    Answer {
        /// The client.
        client: String,
        /// It is a refusal, or one that says this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<Refused>,
    }
}

matching! {
    /// How many channels a participant should have open.
    ChannelsOpen {
        /// The participant.
        actor: String,
    }
}

/// The set of values observed: `are` or `within`, not both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// The observations' key.
    pub key: String,
    /// Whose they are; without it, anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Each of these was observed, and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub are: Option<Vec<Value>>,
    /// Nothing but these was observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Vec<Value>>,
}

/// Values observed in an order; others may lie between.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The observations' key.
    pub key: String,
    /// Whose they are; without it, anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The values.
    pub values: Vec<Value>,
}

/// Two values observed, one before the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The observations' key.
    pub key: String,
    /// Whose they are; without it, anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The value that is seen first.
    pub first: Value,
    /// The value that is seen later.
    pub then: Value,
}

/// Observations of which no two are equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Distinct {
    /// The observations' key.
    pub key: String,
    /// Whose they are; without it, anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// A part of a participant's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Spot {
    /// The participant.
    pub actor: String,
    /// A JSON pointer into its state; without it, the whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pointer: String,
}

/// How often a client was answered; without `count`, at least once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The client.
    pub client: String,
    /// What the number should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Matcher>,
}

/// A failed turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// Whose; without it, anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The sort of failure by name, such as `trap` or `endless loop`; without it, any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// `true` for any refusal, or text that it must contain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Refused {
    /// Any.
    Any(bool),
    /// One that says this.
    Saying(String),
}

impl<'de> Deserialize<'de> for Refused {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Refused;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`true`, or a text that the refusal contains")
            }
            fn visit_bool<E: serde::de::Error>(self, any: bool) -> Result<Refused, E> {
                match any {
                    true => Ok(Refused::Any(true)),
                    false => Err(E::invalid_value(serde::de::Unexpected::Bool(false), &self)),
                }
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Refused, E> {
                Ok(Refused::Saying(text.to_owned()))
            }
        }
        source.deserialize_any(Reader)
    }
}

/// The keys, in the order of the variants.
pub(crate) const KEYS: [&str; 20] = [
    "observed", "every", "last", "count", "values", "order", "before", "distinct", "state", "same", "sum",
    "reply", "answered", "lost", "channels", "stopped", "failed", "not", "all", "any",
];

fn unknown(key: &str) -> String {
    let near = nearest(key, KEYS).map(|near| format!("did you mean `{near}`?"));
    let told = near.unwrap_or_else(|| format!("expected one of `{}`", KEYS.join("`, `")));
    format!("`{key}` is not the key of a predicate; {told}")
}

/// By hand, for errors that say what a predicate is: serde's own for an enum speak of variants.
impl<'de> Deserialize<'de> for Predicate {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Predicate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a predicate: an object with exactly one key, such as `observed` or `all`")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Predicate, A::Error> {
                let Some(key) = map.next_key::<String>()? else {
                    return Err(A::Error::invalid_length(0, &self));
                };
                let predicate = body(&key, &mut map)?;
                match map.next_key::<String>()? {
                    None => Ok(predicate),
                    Some(other) => Err(A::Error::custom(format_args!(
                        "a predicate has exactly one key, and this has `{key}` and `{other}`; join two predicates with `all` or `any`"
                    ))),
                }
            }
        }
        source.deserialize_map(Reader)
    }
}

fn body<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Predicate, A::Error> {
    Ok(match key {
        "observed" => Predicate::Observed(map.next_value()?),
        "every" => Predicate::Every(map.next_value()?),
        "last" => Predicate::Last(map.next_value()?),
        "count" => Predicate::Count(map.next_value()?),
        "values" => Predicate::Values(map.next_value()?),
        "order" => Predicate::Order(map.next_value()?),
        "before" => Predicate::Before(map.next_value()?),
        "distinct" => Predicate::Distinct(map.next_value()?),
        "state" => Predicate::State(map.next_value()?),
        "same" => Predicate::Same(map.next_value()?),
        "sum" => Predicate::Sum(map.next_value()?),
        "reply" => Predicate::Reply(map.next_value()?),
        "answered" => Predicate::Answered(map.next_value()?),
        "lost" => Predicate::Lost(map.next_value()?),
        "channels" => Predicate::Channels(map.next_value()?),
        "stopped" => Predicate::Stopped(map.next_value()?),
        "failed" => Predicate::Failed(map.next_value()?),
        "not" => Predicate::Not(map.next_value()?),
        "all" => Predicate::All(map.next_value()?),
        "any" => Predicate::Any(map.next_value()?),
        other => return Err(A::Error::custom(unknown(other))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_a_predicate_is() {
        let error = |text: &str| serde_json::from_str::<Predicate>(text).unwrap_err().to_string();
        assert!(error("{}").contains("expected a predicate: an object with exactly one key"));
        assert!(error("3").contains("expected a predicate: an object with exactly one key"));
        assert!(
            error(r#"{"obsrved": {}}"#)
                .starts_with("`obsrved` is not the key of a predicate; did you mean `observed`?")
        );
        assert!(error(r#"{"zzzzzzzzz": {}}"#).contains("expected one of `observed`, `every`"));
        assert!(error(r#"{"stopped": "a", "all": []}"#).contains("this has `stopped` and `all`"));
        assert!(
            error(r#"{"observed": {"kee": "a"}}"#).starts_with("unknown field `kee`, expected one of `key`")
        );
        assert!(error(r#"{"reply": {"client": "a", "refused": false}}"#).contains("`true`, or a text"));
    }

    #[test]
    fn every_key_is_known_and_written_as_it_is_read() {
        let seen = r#"{"key":"k","equals":null}"#;
        let bodies = [
            seen,
            seen,
            seen,
            r#"{"key":"k","value":1,"at_most":1}"#,
            r#"{"key":"k","are":[1]}"#,
            r#"{"key":"k","values":[1]}"#,
            r#"{"key":"k","first":1,"then":2}"#,
            r#"{"key":"k","actor":"a"}"#,
            r#"{"actor":"a","pointer":"/x"}"#,
            r#"[{"actor":"a"}]"#,
            r#"{"of":[{"actor":"a"}],"equals":1}"#,
            r#"{"client":"c","refused":true}"#,
            r#"{"client":"c","count":{"equals":1}}"#,
            r#"{"at_most":0}"#,
            r#"{"actor":"a","equals":1}"#,
            r#""a""#,
            r#"{"kind":"trap"}"#,
            r#"{"stopped":"a"}"#,
            "[]",
            "[]",
        ];
        for (key, body) in KEYS.into_iter().zip(bodies) {
            let text = format!("{{\"{key}\":{body}}}");
            let read: Predicate = serde_json::from_str(&text).expect(&text);
            assert_eq!(serde_json::to_string(&read).expect("JSON"), text);
        }
    }
}
