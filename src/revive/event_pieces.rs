//! An event as a word and the bytes in it, so that two events can be compared piece by piece: ids may be in the bytes.

use crate::chain::{Answer, Arg, Decoded, Invocation, MESSAGING, Recorded, Reply, Val};
use crate::revive::replay::reencode;

/// The pieces of two events that say the same, but not of the same: what was made, and what is recorded.
pub(super) fn apart(made: &Decoded, recorded: &Decoded) -> Vec<(Vec<u8>, Vec<u8>)> {
    let ((ours, our_bytes), (theirs, their_bytes)) = (flat(made), flat(recorded));
    match ours == theirs && our_bytes.len() == their_bytes.len() {
        true => our_bytes.into_iter().zip(their_bytes).filter(|(one, other)| one != other).collect(),
        false => Vec::new(),
    }
}

/// An event as a word and bytes that may hold ids.
pub(super) fn flat(said: &Decoded) -> (String, Vec<Vec<u8>>) {
    match said {
        Decoded::Call { export, params } => {
            let parts = match Invocation::of(export, params) {
                Invocation::Init(_) => vec![],
                Invocation::Send(data) => vec![data],
                Invocation::Request(id, data)
                | Invocation::ChannelOpen(id, data)
                | Invocation::ChannelMessage(id, data) => vec![id.into_bytes(), data],
                Invocation::ChannelClose(id) => vec![id.into_bytes()],
                Invocation::Other => vec![params.clone()],
            };
            (format!("call {export}"), parts)
        }
        Decoded::Returned { export, state, result } => {
            let (word, reply) = match Reply::of(export, result) {
                Reply::Request(Some(reply)) => ("answers", reply),
                Reply::Accept { accepted, message } => {
                    (if accepted { "accepts" } else { "refuses" }, message.unwrap_or_default())
                }
                _ => ("returns", result.clone()),
            };
            let stateless = if state.is_none() { " no state" } else { "" };
            (format!("{export} {word}{stateless}"), vec![state.clone().unwrap_or_default(), reply])
        }
        Decoded::Failed { export, message } => {
            let trapped = message.starts_with("Failed to call function: Failed to call WebAssembly");
            let message = if trapped { "trap" } else { message };
            (format!("{export} fails"), vec![message.as_bytes().to_vec()])
        }
        Decoded::Log { message } => ("log".to_owned(), vec![message.clone().into_bytes()]),
        Decoded::HostBegan { interface, function, input } => {
            let legible = |arg: &Arg| match arg {
                Arg::Val(val) => Arg::Val(legible(val)),
                size => size.clone(),
            };
            let input: Vec<Arg> = input.iter().map(legible).collect();
            (format!("{interface}/{function}"), vec![format!("{input:?}").into_bytes()])
        }
        Decoded::HostEnded { interface, function, answer } => {
            let answer = match answer {
                Answer::Val(val) => Answer::Val(legible(val)),
                other => other.clone(),
            };
            (format!("{interface}/{function} ends"), vec![format!("{answer:?}").into_bytes()])
        }
        // A run has it in today's form.
        Decoded::Host { interface, function, input, output } if interface != MESSAGING => {
            let parts = [input, output].map(|part| reencode::meaning(part).to_string().into_bytes());
            (format!("{interface}/{function}"), parts.to_vec())
        }
        Decoded::Host { interface, function, input, output } => {
            let legible = |part: &Recorded| match part {
                Recorded::Val(val) => Recorded::Val(legible(val)),
                json => json.clone(),
            };
            let parts = [input, output].map(|part| format!("{:?}", legible(part)).into_bytes());
            (format!("{interface}/{function}"), parts.to_vec())
        }
        other => (format!("{other:?}"), Vec::new()),
    }
}

/// A value with its bytes as text, where they are text: ids may be in it.
fn legible(val: &Val) -> Val {
    let all = |items: &[Val]| items.iter().map(legible).collect();
    let inner = |val: &Option<Box<Val>>| val.as_ref().map(|val| Box::new(legible(val)));
    match val {
        Val::Bytes(bytes) => std::str::from_utf8(bytes).map_or_else(|_| val.clone(), Val::text),
        Val::List(items) => Val::List(all(items)),
        Val::Tuple(items) => Val::Tuple(all(items)),
        Val::Option(val) => Val::Option(inner(val)),
        Val::Result(Ok(val)) => Val::Result(Ok(inner(val))),
        Val::Result(Err(val)) => Val::Result(Err(inner(val))),
        other => other.clone(),
    }
}
