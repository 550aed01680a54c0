//! What an event says, whichever generation wrote it: for people, for replay, for finding an order.

use super::call::{HostCall, RANDOM, RUNTIME};
use super::decode_a;
use super::event::ChainEvent;
use super::node::Node;
use super::val::Val;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// What an event says.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded {
    /// An export was called.
    Call {
        /// The export, such as `theater:simple/message-server-client.handle-send`.
        export: String,
        /// Its parameters as JSON, without the state: see [`Invocation`].
        params: Vec<u8>,
    },
    /// An export returned.
    Returned {
        /// The export.
        export: String,
        /// The state that it left.
        state: Option<Vec<u8>>,
        /// Its result as JSON, without the state: see [`Reply`].
        result: Vec<u8>,
    },
    /// An export failed, by an error that it returned or by a trap.
    Failed {
        /// The export.
        export: String,
        /// The error's text.
        message: String,
    },
    /// A host call began (generation A).
    HostBegan {
        /// The interface, as in WIT.
        interface: String,
        /// The function.
        function: String,
        /// What is known of its arguments.
        input: Vec<Arg>,
    },
    /// The host call that began last ended (generation A).
    HostEnded {
        /// The interface, as in WIT.
        interface: String,
        /// The function.
        function: String,
        /// What is known of its result.
        answer: Answer,
    },
    /// A host call, whole (generation B).
    Host {
        /// The interface, as in WIT.
        interface: String,
        /// The function.
        function: String,
        /// Its argument, or a tuple of its arguments.
        input: Recorded,
        /// Its result.
        output: Recorded,
    },
    /// The actor logged a line (any generation).
    Log {
        /// The line.
        message: String,
    },
    /// The runtime stopped the actor: the `shutdown` event at the end of a chain.
    Stopped,
    /// The runtime's own note: an actor set up, a replay summed up. The actor has no part in it.
    SetUp {
        /// Which, such as `Message HandlerSetupStart`.
        what: String,
    },
    /// A payload in the CGRF form, which is not decoded here.
    Cgrf,
    /// A payload of no known kind.
    Unknown {
        /// What was expected.
        why: String,
    },
}

/// What a record keeps of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// All of it.
    Val(Val),
    /// How many bytes it has.
    Size(u64),
}

/// What a record keeps of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All of it: what the function returned.
    Val(Val),
    /// A channel was refused. What the caller was told is the runtime's: in this generation
    /// `Channel request rejected by target actor`.
    Refused {
        /// The id that the channel would have had.
        channel: String,
    },
    /// Not enough to give it again.
    Lost {
        /// What is known of it.
        known: String,
    },
}

/// A value in generation B: typed, or in its first days JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// A typed value.
    Val(Val),
    /// JSON, its types to be had from the WIT.
    Json(Vec<u8>),
}

/// What an export of the known interfaces was called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invocation {
    /// `actor.init`, with the actor's own id in generation A.
    Init(Option<String>),
    /// `handle-send` with a message.
    Send(Vec<u8>),
    /// `handle-request` with a request's id and a message.
    Request(String, Vec<u8>),
    /// `handle-channel-open` with a channel's id and a first message.
    ChannelOpen(String, Vec<u8>),
    /// `handle-channel-message` with a channel's id and a message.
    ChannelMessage(String, Vec<u8>),
    /// `handle-channel-close` with a channel's id.
    ChannelClose(String),
    /// Any other, or with other parameters.
    Other,
}

impl Invocation {
    /// Reads the parameters of a call of `export`.
    ///
    /// ```
    /// use rehearsal::chain::Invocation;
    /// let export = "theater:simple/message-server-client.handle-request";
    /// let call = Invocation::of(export, br#"["id-1",[104,105]]"#);
    /// assert_eq!(call, Invocation::Request("id-1".into(), b"hi".to_vec()));
    /// ```
    pub fn of(export: &str, params: &[u8]) -> Invocation {
        if export == "theater:simple/actor.init" {
            return match serde_json::from_slice::<Option<(String,)>>(params) {
                Ok(id) => Invocation::Init(id.map(|(id,)| id)),
                Err(_) => Invocation::Other,
            };
        }
        let pair = || serde_json::from_slice::<(String, Vec<u8>)>(params).ok();
        let found = match export.strip_prefix("theater:simple/message-server-client.") {
            Some("handle-send") => {
                serde_json::from_slice(params).ok().map(|(message,)| Invocation::Send(message))
            }
            Some("handle-request") => pair().map(|(id, message)| Invocation::Request(id, message)),
            Some("handle-channel-open") => pair().map(|(id, message)| Invocation::ChannelOpen(id, message)),
            Some("handle-channel-message") => {
                pair().map(|(id, message)| Invocation::ChannelMessage(id, message))
            }
            Some("handle-channel-close") => {
                serde_json::from_slice(params).ok().map(|(id,)| Invocation::ChannelClose(id))
            }
            _ => None,
        };
        found.unwrap_or(Invocation::Other)
    }
}

/// What an export of the known interfaces returned beside the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    None,
    /// `handle-request`'s answer: none puts it off.
    Request(Option<Vec<u8>>),
    /// `handle-channel-open`'s decision.
    Accept {
        /// Whether the channel is open.
        accepted: bool,
        /// A message back, which Theater drops.
        message: Option<Vec<u8>>,
    },
    /// Any other.
    Other,
}

impl Reply {
    /// Reads the result of `export`.
    ///
    /// ```
    /// use rehearsal::chain::Reply;
    /// let export = "theater:simple/message-server-client.handle-request";
    /// assert_eq!(Reply::of(export, b"[[104,105]]"), Reply::Request(Some(b"hi".to_vec())));
    /// assert_eq!(Reply::of(export, b"[null]"), Reply::Request(None));
    /// ```
    pub fn of(export: &str, result: &[u8]) -> Reply {
        #[derive(serde::Deserialize)]
        struct Accept {
            accepted: bool,
            message: Option<Vec<u8>>,
        }
        if result == b"null" {
            return Reply::None;
        }
        let found = match export.strip_prefix("theater:simple/message-server-client.") {
            Some("handle-request") => {
                serde_json::from_slice(result).ok().map(|(answer,)| Reply::Request(answer))
            }
            Some("handle-channel-open") => serde_json::from_slice(result)
                .ok()
                .map(|(Accept { accepted, message },)| Reply::Accept { accepted, message }),
            _ => None,
        };
        found.unwrap_or(Reply::Other)
    }
}

/// Reads what `event` says.
///
/// ```
/// use rehearsal::chain::{ChainBuilder, ChainForm, Decoded, HostCall, Val, decode};
/// let mut chain = ChainBuilder::new(ChainForm::B);
/// let call = HostCall::new("theater:simple/runtime", "log", vec![Val::text("hello")]);
/// chain.host_call(&call, &Val::unit(), 0);
/// assert_eq!(decode(&chain.events()[0]), Decoded::Log { message: "hello".into() });
/// ```
pub fn decode(event: &ChainEvent) -> Decoded {
    if event.data.starts_with(b"CGRF") {
        return Decoded::Cgrf;
    }
    if event.data.starts_with(b"{\"category\":\"HostFunction\",") {
        return match serde_json::from_slice::<HostFunction>(&event.data) {
            Ok(record) => host(record),
            Err(error) => unknown(&format!("a host call: {error}")),
        };
    }
    let node = match Node::parse(&event.data) {
        Ok(node) => node,
        Err(error) => return unknown(&format!("JSON: {}", error.message())),
    };
    let Node::Map(fields) = &node else { return unknown("an object") };
    let found = match fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>()[..] {
        // Where there is a category, a handler's group stands beside it; else the category is the group.
        ["category", name] => match node.get("category").text() {
            Some("Handler") => decode_a::group(event, name, node.get(name)),
            Some(group) => decode_a::variant(event, group, name, node.get(name)),
            None => None,
        },
        ["category", ..] if !event.event_type.contains('/') => {
            node.get("category").text().map(|category| Decoded::SetUp { what: category.to_string() })
        }
        [group] => decode_a::group(event, group, node.get(group)),
        _ => None,
    };
    found.unwrap_or_else(|| unknown("a payload that Theater makes"))
}

fn unknown(expected: &str) -> Decoded {
    Decoded::Unknown { why: format!("expected {expected}") }
}

/// A host call as generation B records it.
#[derive(serde::Deserialize)]
struct HostFunction {
    interface: String,
    function: String,
    input: Recorded,
    output: Recorded,
}

fn host(record: HostFunction) -> Decoded {
    let HostFunction { interface, function, input, output } = record;
    if interface == RUNTIME && function == "log" {
        let message = match &input {
            Recorded::Val(val) => val.as_text().map(str::to_string),
            Recorded::Json(json) => serde_json::from_slice(json).ok(),
        };
        if let Some(message) = message {
            return Decoded::Log { message };
        }
    }
    Decoded::Host { interface, function, input, output }
}

impl<'de> Deserialize<'de> for Recorded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Recorded, D::Error> {
        deserializer.deserialize_any(RecordedVisitor)
    }
}

struct RecordedVisitor;

impl<'de> Visitor<'de> for RecordedVisitor {
    type Value = Recorded;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a typed value or an array of bytes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Recorded, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(items)).map(Recorded::Json)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Recorded, A::Error> {
        Val::deserialize(MapAccessDeserializer::new(map)).map(Recorded::Val)
    }
}

/// The WIT interface and the function that an event's type names.
pub(crate) fn wit_name(event_type: &str) -> Option<(&str, &str)> {
    let (interface, function) = event_type.rsplit_once('/')?;
    // Theater's generation A files random calls under an interface that does not exist.
    Some((if interface == "theater:simple/random-host" { RANDOM } else { interface }, function))
}

impl Decoded {
    /// The host call that this event begins or holds whole, where all its arguments are recorded.
    pub fn host_call(&self) -> Option<HostCall> {
        let (interface, function, input) = match self {
            Decoded::Log { message } => {
                return Some(HostCall::new(RUNTIME, "log", vec![Val::text(message.as_str())]));
            }
            Decoded::HostBegan { interface, function, input } => {
                let whole = |arg: &Arg| if let Arg::Val(val) = arg { Some(val.clone()) } else { None };
                (interface, function, input.iter().map(whole).collect::<Option<_>>()?)
            }
            Decoded::Host { interface, function, input: Recorded::Val(input), .. } => {
                let input = match input {
                    Val::Tuple(items) => items.clone(),
                    one => vec![one.clone()],
                };
                (interface, function, input)
            }
            _ => return None,
        };
        Some(HostCall::new(interface.clone(), function.clone(), input))
    }

    /// What the host call that this event ends, or holds whole, gave to the actor: its value as the WIT
    /// signature has it, where the record tells.
    pub fn answer(&self) -> Option<Answer> {
        match self {
            Decoded::Log { .. } => Some(Answer::Val(Val::unit())),
            Decoded::HostEnded { answer, .. } => Some(answer.clone()),
            // Of `shutdown` only whether it went well is recorded.
            Decoded::Host { interface, function, output: Recorded::Val(Val::Bool(well)), .. }
                if interface == RUNTIME && function == "shutdown" =>
            {
                let failed = || Answer::Lost { known: "it failed".into() };
                Some(if *well { Answer::Val(Val::ok(Val::unit())) } else { failed() })
            }
            Decoded::Host { output: Recorded::Val(output), .. } => Some(Answer::Val(output.clone())),
            _ => None,
        }
    }
}
