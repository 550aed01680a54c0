//! What an actor did, as an event chain in Theater's form.

use super::acts::{Act, ActSeen, Acts};
use crate::actor::{Ended, FailureKind, Input, Reply};
use crate::call::{ChainLink, ChannelName, HostAnswer, HostCall, Opened, RequestName};
use crate::chain::{ChainBuilder, ChainEvent, ChainForm, HostCall as Recorded, Val};
use crate::chain::{ENVIRONMENT, MESSAGING, RANDOM, RUNTIME, TIMING, put_bytes, put_text};
use crate::id::ActorId;
use crate::state::Directory;
use serde_json::json;
use std::borrow::Cow;

/// The chain of one actor: each call of an export, its result, each host call and its result. Times are
/// virtual, in whole milliseconds, and recorded by form A alone.
pub fn chain(acts: &Acts, actor: ActorId, form: ChainForm, directory: &Directory) -> Vec<ChainEvent> {
    let mut chain = ChainBuilder::new(form);
    chain.reserve(acts.of(actor).len());
    // Parameters and results are printed here one after the other, and copied into the payloads from here.
    let mut json = Vec::new();
    let mut at = 0;
    for ActSeen { time, act, .. } in acts.of(actor) {
        at = time.as_millis();
        json.clear();
        match act {
            Act::Called(input) => {
                put_params(&mut json, input, directory.address(actor), form);
                chain.wasm_call(&function(input.export().unwrap_or("init")), &json, at);
            }
            Act::Host(call, answer) => {
                if let Some(call) = recorded(call, answer, directory) {
                    chain.host_call(&call, &output(&call.function, answer), at);
                }
            }
            Act::LeftBehind(call) => {
                if let Some(call) = recorded(call, &HostAnswer::Done, directory) {
                    chain.host_begins(&call, at);
                }
            }
            Act::Ended(export, Ended::Returned(returned), state) => {
                match &returned.reply {
                    Reply::Nothing => json.extend_from_slice(b"null"),
                    Reply::Answer(Some(data)) => put_array(&mut json, None, Some(data)),
                    other => json.extend_from_slice(result(other).to_string().as_bytes()),
                }
                chain.wasm_result(&function(export), state.as_deref(), &json, at);
            }
            Act::Ended(export, Ended::Failed(failure), _) => {
                let mut told = error_text(export, failure.kind, &failure.message);
                if form == ChainForm::B && *export == "init" {
                    told = told.replacen("WebAssembly function (no result)", "state-only function", 1);
                }
                chain.wasm_error(&function(export), &told, at);
            }
            Act::Ended(_, Ended::Awaiting, _) => {}
        }
    }
    if let Some(call) = acts.suspended(actor).and_then(|call| recorded(call, &HostAnswer::Done, directory)) {
        chain.host_begins(&call, at);
    }
    chain.take_events()
}

/// An actor's chain so far, as `runtime.get-chain` gives it: with places for hashes, as generation B does.
pub(super) fn links(acts: &Acts, actor: ActorId, directory: &Directory) -> Vec<ChainLink> {
    let events = chain(acts, actor, ChainForm::B, directory).into_iter();
    let link = |(place, event): (u64, ChainEvent)| ChainLink {
        hash: place,
        parent: place.checked_sub(1),
        event_type: event.event_type.into_owned(),
        data: event.data,
    };
    (0..).zip(events).map(link).collect()
}

fn function(export: &str) -> Cow<'static, str> {
    Cow::Borrowed(match export {
        "init" => "theater:simple/actor.init",
        "handle-send" => "theater:simple/message-server-client.handle-send",
        "handle-request" => "theater:simple/message-server-client.handle-request",
        other => return Cow::Owned(format!("theater:simple/message-server-client.{other}")),
    })
}

/// Appends the parameters of a call as JSON, printed by hand: most of a message is its bytes.
fn put_params(json: &mut Vec<u8>, input: &Input, address: &str, form: ChainForm) {
    match input {
        Input::Init if form == ChainForm::A => put_array(json, Some(address), None),
        Input::Init | Input::Answer(_) => json.extend_from_slice(b"null"),
        Input::Foreign(foreign) => json.extend_from_slice(foreign.params.to_string().as_bytes()),
        Input::Send { data } => put_array(json, None, Some(data)),
        Input::Request { id, data } => put_array(json, Some(&id.to_string()), Some(data)),
        Input::ChannelOpen { channel, data } | Input::ChannelMessage { channel, data } => {
            put_array(json, Some(&channel.to_string()), Some(data))
        }
        Input::ChannelClose { channel } => put_array(json, Some(&channel.to_string()), None),
    }
}

/// Appends an array of a name and some bytes, where there are such.
fn put_array(json: &mut Vec<u8>, name: Option<&str>, data: Option<&[u8]>) {
    let mut put = |text: &[u8]| json.extend_from_slice(text);
    put(b"[");
    if let Some(name) = name {
        put_text(&mut put, name);
    }
    if name.is_some() && data.is_some() {
        put(b",");
    }
    if let Some(data) = data {
        put_bytes(&mut put, data);
    }
    put(b"]");
}

pub(crate) fn result(reply: &Reply) -> serde_json::Value {
    match reply {
        Reply::Nothing => serde_json::Value::Null,
        Reply::Answer(data) => json!([data.as_deref()]),
        Reply::Accept(accept) => json!([accept]),
        Reply::Foreign(json) => serde_json::from_slice(json).unwrap_or_default(),
    }
}

/// The text that Theater records of a failure (its generations A and B).
pub(crate) fn error_text(export: &str, kind: FailureKind, message: &str) -> String {
    let what = match (kind, export) {
        (FailureKind::ReturnedError, _) => return format!("Failed to call function: {message}"),
        (_, "handle-request" | "handle-channel-open") => "WebAssembly function",
        _ => "WebAssembly function (no result)",
    };
    format!("Failed to call function: Failed to call {what}: {message}")
}

/// A call as chains have it; nothing for what no component can call.
pub(crate) fn recorded(call: &HostCall, answer: &HostAnswer, directory: &Directory) -> Option<Recorded> {
    let address = |to: &crate::call::Address| match to {
        crate::call::Address::Id(id) => Val::text(directory.address(*id)),
        crate::call::Address::Text(text) => Val::text(text.as_str()),
        crate::call::Address::Name(name) => {
            Val::text(directory.find(name).map_or(name.as_str(), |id| directory.address(id)))
        }
    };
    let channel = |name: &ChannelName| Val::text(name.to_string());
    let request = |name: &RequestName| Val::text(name.to_string());
    let bytes = |data: &[u8]| Val::bytes(data.to_vec());
    let (interface, input) = match call {
        HostCall::Send { to, data }
        | HostCall::Request { to, data, .. }
        | HostCall::OpenChannel { to, data, .. } => (MESSAGING, vec![address(to), bytes(data)]),
        HostCall::SendOnChannel { channel: name, data } => (MESSAGING, vec![channel(name), bytes(data)]),
        HostCall::CloseChannel { channel: name } => (MESSAGING, vec![channel(name)]),
        HostCall::ListOutstandingRequests => (MESSAGING, vec![]),
        HostCall::RespondToRequest { request: name, data } => (MESSAGING, vec![request(name), bytes(data)]),
        HostCall::CancelRequest { request: name } => (MESSAGING, vec![request(name)]),
        HostCall::Log { text } => (RUNTIME, vec![Val::text(text.as_str())]),
        HostCall::GetChain => (RUNTIME, vec![]),
        HostCall::Shutdown { data } => (RUNTIME, vec![Val::option(data.as_deref().map(bytes))]),
        HostCall::Now => (TIMING, vec![]),
        HostCall::Sleep { span } => (TIMING, vec![Val::U64(span.as_millis())]),
        HostCall::Deadline { at } => (TIMING, vec![Val::U64(at.as_millis())]),
        HostCall::RandomBytes { length } => (RANDOM, vec![Val::U32(*length)]),
        HostCall::RandomRange { min, max } => (RANDOM, vec![Val::U64(*min), Val::U64(*max)]),
        HostCall::RandomFloat | HostCall::GenerateUuid => (RANDOM, vec![]),
        HostCall::GetVar { name } | HostCall::VarExists { name } => {
            (ENVIRONMENT, vec![Val::text(name.as_str())])
        }
        HostCall::ListVars => (ENVIRONMENT, vec![]),
        HostCall::Foreign(foreign) => {
            let (interface, function) = (foreign.interface.clone(), foreign.function.clone());
            return Some(Recorded::new(interface, function, foreign.input.clone()));
        }
        HostCall::Receive { .. } | HostCall::Stop { .. } | HostCall::Unmet { .. } => return None,
    };
    let name = call.name().rsplit('/').next().unwrap_or_default();
    let mut recorded = Recorded::new(interface, name, input);
    if let HostAnswer::Opened(Opened { channel, .. }) = answer {
        recorded.channel = Some(channel.to_string());
    }
    Some(recorded)
}

/// An answer as the value of the function's WIT type; a shutdown as Theater records it.
pub(crate) fn output(function: &str, answer: &HostAnswer) -> Val {
    match answer {
        HostAnswer::Done if function == "log" => Val::unit(),
        HostAnswer::Done if function == "shutdown" => Val::Bool(true),
        HostAnswer::Done => Val::ok(Val::unit()),
        HostAnswer::Number(number) if function == "random-range" => Val::ok(Val::U64(*number)),
        HostAnswer::Number(bits) if function == "random-float" => {
            // The answer is a fraction of 2^53: exact as a float, and so in JSON.
            let fraction = *bits as f64 / (1u64 << 53) as f64;
            Val::ok(Val::Float64(serde_json::Number::from_f64(fraction)))
        }
        HostAnswer::Bytes(data) => Val::ok(Val::bytes(data.to_vec())),
        HostAnswer::Opened(opened) => Val::ok(Val::text(opened.channel.to_string())),
        HostAnswer::Text(text) => Val::ok(Val::text(text.as_str())),
        HostAnswer::MaybeText(text) => Val::option(text.as_deref().map(Val::text)),
        HostAnswer::Requests(ids) => Val::List(ids.iter().map(|id| Val::text(id.to_string())).collect()),
        HostAnswer::Pairs(pairs) => {
            let pair = |(name, value): &(String, String)| {
                Val::Tuple(vec![Val::text(name.as_str()), Val::text(value.as_str())])
            };
            Val::List(pairs.iter().map(pair).collect())
        }
        HostAnswer::Number(number) => Val::U64(*number),
        HostAnswer::Flag(flag) => Val::Bool(*flag),
        HostAnswer::Chain(links) => {
            Val::Record(vec![("events".into(), Val::List(links.iter().map(link).collect()))])
        }
        HostAnswer::Refused(refusal) => Val::err(refusal.to_string()),
        HostAnswer::Received(_) | HostAnswer::Foreign(_) => Val::unit(),
    }
}

fn link(link: &ChainLink) -> Val {
    let event = vec![
        ("event-type".into(), Val::text(link.event_type.as_str())),
        ("parent".into(), Val::option(link.parent.map(Val::U64))),
        ("data".into(), Val::bytes(link.data.clone())),
    ];
    Val::Record(vec![("hash".into(), Val::U64(link.hash)), ("event".into(), Val::Record(event))])
}
