//! A recorded answer, as the actor's host gives it.

use crate::call::{ChainLink, HostAnswer, HostCall, Refusal};
use crate::chain::{Answer, Decoded, Recorded, Val};
use crate::id::RequestId;
use crate::payload::Payload;
use serde_json::Value;

/// Two to the 53rd: floats below one are evenly spread in steps of its inverse.
const STEPS: f64 = (1u64 << 53) as f64;

/// What generation A tells the opener of a refused channel.
const REJECTED: &str = "Channel request rejected by target actor";

/// A refusal with a text of the record.
pub fn refused(text: impl Into<String>) -> HostAnswer {
    HostAnswer::Refused(Refusal::Theater(text.into()))
}

/// The answer to `call` that an event holds, or what is known of an answer that it does not hold whole.
pub fn recorded(call: &HostCall, said: &Decoded) -> Result<HostAnswer, String> {
    if let Decoded::Host { output: Recorded::Json(json), .. } = said {
        let value = serde_json::from_slice(json).unwrap_or(Value::Null);
        return untyped(call, value).ok_or_else(|| "an answer of another type".to_owned());
    }
    match said.answer() {
        Some(Answer::Val(val)) => typed(call, &val).ok_or_else(|| "an answer of another type".to_owned()),
        Some(Answer::Refused { .. }) => Ok(refused(REJECTED)),
        Some(Answer::Lost { known }) => Err(known),
        None => Err("no answer".to_owned()),
    }
}

fn typed(call: &HostCall, val: &Val) -> Option<HostAnswer> {
    if let Some(text) = val.failure() {
        return Some(refused(text));
    }
    let value = val.success()?;
    let text = |val: &Val| val.as_text().map(str::to_owned);
    Some(match call {
        HostCall::Request { .. } | HostCall::RandomBytes { .. } => {
            HostAnswer::Bytes(value.as_bytes()?.into())
        }
        HostCall::OpenChannel { .. } | HostCall::GenerateUuid => HostAnswer::Text(text(value)?),
        HostCall::ListOutstandingRequests => {
            let Val::List(items) = value else { return None };
            let ids = items.iter().map(|id| RequestId::parse(id.as_text()?));
            HostAnswer::Requests(ids.collect::<Option<_>>()?)
        }
        HostCall::Now | HostCall::RandomRange { .. } => HostAnswer::Number(value.as_unsigned()?),
        HostCall::RandomFloat => match value {
            Val::Float64(Some(number)) => HostAnswer::Number((number.as_f64()? * STEPS) as u64),
            _ => return None,
        },
        HostCall::GetVar { .. } => match value {
            Val::Option(found) => HostAnswer::MaybeText(found.as_deref().and_then(text)),
            other => HostAnswer::MaybeText(Some(text(other)?)),
        },
        HostCall::ListVars => {
            let Val::List(items) = value else { return None };
            let pair = |item: &Val| match item {
                Val::Tuple(pair) => Some((text(pair.first()?)?, text(pair.get(1)?)?)),
                _ => None,
            };
            HostAnswer::Pairs(items.iter().map(pair).collect::<Option<_>>()?)
        }
        HostCall::VarExists { .. } => match value {
            Val::Bool(found) => HostAnswer::Flag(*found),
            _ => return None,
        },
        HostCall::GetChain => HostAnswer::Chain(chain(value)?),
        _ => HostAnswer::Done,
    })
}

/// An answer of generation B's first days, which is JSON.
fn untyped(call: &HostCall, value: Value) -> Option<HostAnswer> {
    if let Some(Value::String(text)) = value.get("Err") {
        return Some(refused(text.as_str()));
    }
    let value = value.get("Ok").cloned().unwrap_or(value);
    Some(match call {
        HostCall::Request { .. } | HostCall::RandomBytes { .. } => {
            HostAnswer::Bytes(serde_json::from_value::<Vec<u8>>(value).ok()?.into())
        }
        HostCall::OpenChannel { .. } | HostCall::GenerateUuid => HostAnswer::Text(value.as_str()?.to_owned()),
        HostCall::ListOutstandingRequests => {
            let ids = value.as_array()?.iter().map(|id| RequestId::parse(id.as_str()?));
            HostAnswer::Requests(ids.collect::<Option<_>>()?)
        }
        HostCall::Now | HostCall::RandomRange { .. } => HostAnswer::Number(value.as_u64()?),
        HostCall::RandomFloat => HostAnswer::Number((value.as_f64()? * STEPS) as u64),
        HostCall::GetVar { .. } => HostAnswer::MaybeText(value.as_str().map(str::to_owned)),
        HostCall::ListVars => HostAnswer::Pairs(serde_json::from_value(value).ok()?),
        HostCall::VarExists { .. } => HostAnswer::Flag(value.as_bool()?),
        HostCall::GetChain => return None,
        _ => HostAnswer::Done,
    })
}

fn chain(value: &Val) -> Option<Vec<ChainLink>> {
    let Val::Record(fields) = value else { return None };
    let field = |fields: &[(String, Val)], name: &str| {
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    };
    let items = match field(fields, "events")? {
        Val::List(items) => items,
        _ => return None,
    };
    let link = |item: &Val| {
        let Val::Record(meta) = item else { return None };
        let Val::Record(event) = field(meta, "event")? else { return None };
        let parent = match field(&event, "parent")? {
            Val::Option(parent) => parent.and_then(|parent| parent.as_unsigned()),
            _ => None,
        };
        Some(ChainLink {
            hash: field(meta, "hash")?.as_unsigned()?,
            parent,
            event_type: field(&event, "event-type")?.as_text()?.to_owned(),
            data: field(&event, "data")?.as_bytes()?.to_vec(),
        })
    };
    items.iter().map(link).collect()
}

/// An answer where the record keeps too little of it.
pub fn likely_lost(call: &HostCall) -> HostAnswer {
    match call {
        HostCall::RandomBytes { length } => HostAnswer::Bytes(vec![0; *length as usize % (1 << 26)].into()),
        HostCall::Shutdown { .. } => refused("channel closed"),
        HostCall::GetVar { .. } => HostAnswer::MaybeText(Some(String::new())),
        HostCall::ListVars => HostAnswer::Pairs(Vec::new()),
        HostCall::VarExists { .. } => HostAnswer::Flag(true),
        HostCall::Request { .. } => HostAnswer::Bytes(Payload::EMPTY),
        HostCall::GetChain => HostAnswer::Chain(Vec::new()),
        HostCall::ListOutstandingRequests => HostAnswer::Requests(Vec::new()),
        HostCall::Now | HostCall::RandomRange { .. } | HostCall::RandomFloat => HostAnswer::Number(0),
        HostCall::GenerateUuid | HostCall::OpenChannel { .. } => HostAnswer::Text(String::new()),
        _ => HostAnswer::Done,
    }
}

/// Whether a call was not permitted: then that is all that is recorded of it.
pub fn denied(answer: &Answer) -> bool {
    match answer {
        Answer::Val(val) => val.failure().is_some_and(|text| text.starts_with("Permission denied")),
        _ => false,
    }
}
