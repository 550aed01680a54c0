//! The scenario file: its shape, as serde reads it and as the JSON Schema tells it.

use super::keyed::{Keyed, keyed};
use super::named::Named;
use crate::limits::Limits;
use crate::property::Spec;
use serde::de::MapAccess;
use serde::{Deserialize, Deserializer, Serialize};

/// A scenario file: a cast, what happens to it, and what must hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a scenario: a JSON object")]
pub struct ScenarioFile {
    /// Where an editor finds the schema; not looked at.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The version of the form: 1.
    pub rehearsal: u32,
    /// A short name.
    pub name: String,
    /// A sentence on what it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Whose delivery rules hold: `actors`, `theater-0.2` or `theater-0.3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// `strict`: latencies order what happens; `loose`: anything ready may happen next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockSpec>,
    /// How long messages take (strict clock).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencySpec>,
    /// How long messages take between some participants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkSpec>,
    /// When calls give up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<TimeoutSpec>,
    /// How often a timer may overtake a ready event under the loose clock; 1 unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_timers: Option<u32>,
    /// Bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Bounds, timeouts and repaired rules of the Theater profiles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theater: Option<super::theater::TheaterSpec>,
    /// What `theater:simple/environment` serves.
    #[serde(default)]
    pub environment: Named<String>,
    /// The cast, in the order in which it starts.
    pub actors: Named<ActorSpec>,
    /// The clients: each a script of steps.
    #[serde(default)]
    pub clients: Named<Vec<Step>>,
    /// What must hold.
    #[serde(default)]
    pub properties: Vec<Spec>,
    /// Properties that hold by default and are not asked for here: `trap`, `deadlock`, `stuck call`, …
    #[serde(default)]
    pub waive: Vec<crate::property::Builtin>,
}

/// The clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ClockSpec {
    /// A discrete-event simulation.
    Strict,
    /// Any ready event may happen next.
    Loose,
}

/// A duration as text: a whole number and `ns`, `us`, `ms`, `s`, `min` or `h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(pub crate::id::Time);

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = crate::id::Time::parse(&text).map(Duration);
        read.ok_or_else(|| {
            serde::de::Error::custom(format!(
                "expected a duration such as \"20ms\" or \"3s\", found {text:?}"
            ))
        })
    }
}

impl Serialize for Duration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]+ ?(ns|us|µs|ms|s|min|h)$" })
    }
}

/// A distribution of latencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LatencySpec {
    /// Always this long.
    Constant(Duration),
    /// Any from the first to the second, all alike.
    Uniform(Duration, Duration),
    /// At least `least`; half of the messages take at most `typical` more, and some a thousand times that.
    LongTailed {
        /// The least.
        least: Duration,
        /// What half of the messages stay below, beyond the least.
        typical: Duration,
    },
}

keyed!(LatencySpec);

impl Keyed for LatencySpec {
    const WHAT: &'static str = "a latency: one of `{\"constant\": …}`, `{\"uniform\": [LEAST, MOST]}` and \
                                `{\"long_tailed\": {\"least\": …, \"typical\": …}}`";
    const KEYS: &'static [&'static str] = &["constant", "uniform", "long_tailed"];

    fn value<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<LatencySpec, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, expecting = "a long tail: `{\"least\": …, \"typical\": …}`")]
        struct LongTail {
            least: Duration,
            typical: Duration,
        }
        Ok(match key {
            "constant" => LatencySpec::Constant(map.next_value()?),
            "uniform" => {
                let Bounds(least, most) = map.next_value()?;
                LatencySpec::Uniform(least, most)
            }
            _ => {
                let LongTail { least, typical } = map.next_value()?;
                LatencySpec::LongTailed { least, typical }
            }
        })
    }
}

/// Two durations.
struct Bounds(Duration, Duration);

impl<'de> Deserialize<'de> for Bounds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bounds: Vec<Duration> = Vec::deserialize(deserializer)?;
        match bounds[..] {
            [least, most] => Ok(Bounds(least, most)),
            _ => Err(serde::de::Error::custom(format_args!(
                "`uniform` is two durations, the least and the most, and here are {}",
                bounds.len()
            ))),
        }
    }
}

/// The latency between two participants, one way.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a link: `{\"from\": …, \"to\": …, \"latency\": …}`")]
pub struct LinkSpec {
    /// The sender's name.
    pub from: String,
    /// The receiver's name.
    pub to: String,
    /// How long its messages take.
    pub latency: LatencySpec,
}

/// When calls give up, in virtual time; without one, never.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "timeouts: `{\"request\": …, \"open_channel\": …}`")]
pub struct TimeoutSpec {
    /// Requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Duration>,
    /// Channels that are being opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_channel: Option<Duration>,
}

/// An actor: a component, or a native actor that comes with the tool.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an actor: `{\"component\": …}` or `{\"native\": …}`")]
pub struct ActorSpec {
    /// A component's file, relative to the scenario's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// A native actor's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<String>,
    /// Its address; without one, a UUID derived from its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its state before `init`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<BytesSpec>,
    /// How its `init` fails, whatever the component does: for what a recording says and does not explain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_fails: Option<super::failing::InitFails>,
    /// What imports that no profile serves give, call by call: as a chain has it. Without it, there may be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imports: Option<Vec<super::imports::ImportSpec>>,
    /// Whether each message is handled by a fresh instance, so that what an actor hides in its memory shows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fresh: bool,
}

/// Bytes, in one of three ways. `${actor.NAME}` becomes that participant's address, `${NAME}` what a client captured; a text
/// in `json` that is nothing but `${NAME}` becomes the JSON value that was captured, be it a number or an object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum BytesSpec {
    /// Text, as UTF-8.
    Text(String),
    /// A JSON value, without spaces.
    Json(serde_json::Value),
    /// Any bytes.
    Base64(String),
}

keyed!(BytesSpec);

impl Keyed for BytesSpec {
    const WHAT: &'static str = "bytes: one of `{\"text\": …}`, `{\"json\": …}` and `{\"base64\": …}`";
    const KEYS: &'static [&'static str] = &["text", "json", "base64"];

    fn value<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<BytesSpec, A::Error> {
        Ok(match key {
            "text" => BytesSpec::Text(map.next_value()?),
            "json" => BytesSpec::Json(map.next_value()?),
            _ => BytesSpec::Base64(map.next_value()?),
        })
    }
}

/// One step of a client: one of the actions, and what goes with it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, expecting = "a step: an object such as `{\"send\": …}`")]
pub struct Step {
    /// Sends a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send: Option<Box<ToSpec>>,
    /// Sends a request, and waits for its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Box<ToSpec>>,
    /// Asks for a channel, and waits for the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_channel: Option<Box<OpenSpec>>,
    /// Sends a message over a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_on_channel: Option<Box<OnChannelSpec>>,
    /// Closes a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_channel: Option<ChannelSpec>,
    /// Lets virtual time pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Duration>,
    /// Asks an actor to stop, between two messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<String>,
    /// Ends an actor at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminate: Option<String>,
    /// With a call: what its outcome must be. Alone: waits for a message that is like this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<Box<ExpectSpec>>,
    /// How long to wait for the outcome, in virtual time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
    /// Keeps parts of what came under names: a JSON pointer for each, `""` for all of it.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub capture: Named<String>,
}

/// A message for somebody.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a message: `{\"to\": …, \"body\": …}`")]
pub struct ToSpec {
    /// A participant's name, or an address.
    pub to: String,
    /// The message.
    #[serde(default = "no_bytes")]
    pub body: BytesSpec,
}

fn no_bytes() -> BytesSpec {
    BytesSpec::Text(String::new())
}

/// A channel to be opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a channel to open: `{\"to\": …, \"body\": …, \"as\": …}`")]
pub struct OpenSpec {
    /// A participant's name, or an address.
    pub to: String,
    /// The first message.
    #[serde(default = "no_bytes")]
    pub body: BytesSpec,
    /// What later steps call the channel; `channel` unless said otherwise.
    #[serde(default = "channel", rename = "as")]
    pub name: String,
}

fn channel() -> String {
    "channel".to_owned()
}

/// A message over a channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a message over a channel: `{\"channel\": …, \"body\": …}`")]
pub struct OnChannelSpec {
    /// What an earlier step called the channel, or a channel's id.
    #[serde(default = "channel")]
    pub channel: String,
    /// The message.
    #[serde(default = "no_bytes")]
    pub body: BytesSpec,
}

/// A channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a channel: `{\"channel\": …}`")]
pub struct ChannelSpec {
    /// What an earlier step called the channel, or a channel's id.
    #[serde(default = "channel")]
    pub channel: String,
}

/// What is expected: at most one of these, and for a message perhaps over which channel. None of them is anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, expecting = "an expectation: an object such as `{\"text\": …}`")]
pub struct ExpectSpec {
    /// This text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// JSON that holds at least this: objects may have more keys.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub json: Option<serde_json::Value>,
    /// These bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// A refusal that contains this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// A channel is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<String>,
    /// Over this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// A value that is there, be it `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(deserializer).map(Some)
}
