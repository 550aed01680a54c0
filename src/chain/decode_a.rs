//! Payloads of generation A and of the form of 2026-01-03, by group and variant.

use super::call::ENVIRONMENT;
use super::decode::{Answer, Arg, Decoded, Recorded, wit_name};
use super::event::ChainEvent;
use super::node::Node;
use super::val::Val;

/// A group and what it holds: a variant with fields, a variant by name, or tagged from within.
pub(crate) fn group(event: &ChainEvent, group: &str, node: &Node) -> Option<Decoded> {
    match (group, node) {
        ("HostFunction", _) => ours(node),
        ("Random", _) => random(event, node).or_else(|| set_up(event, group, node.get("type").text()?, node)),
        ("Environment", _) => environment(event, node),
        (_, Node::Text(name)) => variant(event, group, name, &Node::Null),
        (_, Node::Map(fields)) => match &fields[..] {
            [(name, node)] => variant(event, group, name, node),
            _ => None,
        },
        _ => None,
    }
}

/// A variant of a group whose name stands in `category`.
pub(crate) fn variant(event: &ChainEvent, group: &str, variant: &str, node: &Node) -> Option<Decoded> {
    let found = match group {
        "Wasm" => wasm(event, variant, node),
        "Message" => message(event, variant, node),
        "Runtime" => runtime(event, variant, node),
        "Timing" => timing(event, variant, node),
        _ => None,
    };
    found.or_else(|| set_up(event, group, variant, node)).or_else(|| {
        // The groups that have words of their own here have no others.
        let told = matches!(group, "Wasm" | "Message" | "Runtime");
        if told { None } else { foreign(event, variant, node) }
    })
}

/// A call of an interface that has no words of its own here (`store`, `supervisor`, `filesystem`, WASI): all of its fields. What a
/// variant is, its name tells in every one of them.
fn foreign(event: &ChainEvent, variant: &str, node: &Node) -> Option<Decoded> {
    let (interface, function) = wit_name(&event.event_type)?;
    // Theater files the beginning of one function under another.
    let function = if variant == "ResumeChildCall" { "resume" } else { function };
    let (interface, function) = (interface.to_owned(), function.to_owned());
    let fields = || Val::Record(fields(node));
    let kind = variant.to_ascii_lowercase();
    if kind.ends_with("call") || kind.ends_with("executed") {
        return Some(Decoded::HostBegan { interface, function, input: vec![Arg::Val(fields())] });
    }
    let answer = match node.get("message").text().or_else(|| node.get("reason").text()) {
        Some(message) if kind == "error" => Val::err(message),
        Some(message) if kind.ends_with("denied") => Val::err(format!("Permission denied: {message}")),
        _ if kind.ends_with("result") || kind.ends_with("completed") => fields(),
        _ => return None,
    };
    Some(Decoded::HostEnded { interface, function, answer: Answer::Val(answer) })
}

fn fields(node: &Node) -> Vec<(String, Val)> {
    match node {
        Node::Map(fields) => fields.iter().map(|(name, node)| (name.clone(), untyped(node))).collect(),
        _ => Vec::new(),
    }
}

/// A value of which only JSON is known.
fn untyped(node: &Node) -> Val {
    match node {
        Node::Null => Val::option(None),
        Node::Bool(value) => Val::Bool(*value),
        Node::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(value), _) => Val::U64(value),
            (None, Some(value)) => Val::S64(value),
            (None, None) => Val::Float64(Some(number.clone())),
        },
        Node::Text(text) => Val::text(text.as_str()),
        Node::Bytes(bytes) => Val::bytes(bytes.clone()),
        Node::List(items) => Val::List(items.iter().map(untyped).collect()),
        Node::Map(_) => Val::Record(fields(node)),
    }
}

/// What the runtime noted of its own doings.
fn set_up(event: &ChainEvent, group: &str, variant: &str, node: &Node) -> Option<Decoded> {
    let own = event.event_type.ends_with("-setup") || !event.event_type.contains('/');
    let of = node.get("function_name").text().map_or_else(String::new, |name| format!(" {name}"));
    own.then(|| Decoded::SetUp { what: format!("{group} {variant}{of}") })
}

fn wasm(event: &ChainEvent, variant: &str, node: &Node) -> Option<Decoded> {
    let export = node.get("function_name").text()?.to_string();
    match variant {
        "WasmCall" if event.event_type == "shutdown" && export == "shutdown" => Some(Decoded::Stopped),
        "WasmCall" => Some(Decoded::Call { export, params: node.get("params").bytes()?.to_vec() }),
        "WasmError" => {
            let message = node.get("message").text()?.to_string();
            Some(Decoded::Failed { export, message })
        }
        "WasmResult" => {
            let (state, result) = match node.get("result") {
                Node::List(pair) => match &pair[..] {
                    [Node::Null, Node::Bytes(result)] => (None, result.clone()),
                    [Node::Bytes(state), Node::Bytes(result)] => (Some(state.clone()), result.clone()),
                    _ => return None,
                },
                _ => return None,
            };
            Some(Decoded::Returned { export, state, result })
        }
        _ => None,
    }
}

fn began(event: &ChainEvent, input: Vec<Arg>) -> Option<Decoded> {
    let (interface, function) = wit_name(&event.event_type)?;
    Some(Decoded::HostBegan { interface: interface.into(), function: function.into(), input })
}

fn ended(event: &ChainEvent, answer: Answer) -> Option<Decoded> {
    let (interface, function) = wit_name(&event.event_type)?;
    Some(Decoded::HostEnded { interface: interface.into(), function: function.into(), answer })
}

/// A call that Theater did not permit, which is filed under a function of its own.
fn denied(event: &ChainEvent, node: &Node) -> Option<Decoded> {
    let (interface, _) = wit_name(&event.event_type)?;
    let function = node.get("operation").text()?.to_string();
    let answer = Answer::Val(Val::err(format!("Permission denied: {}", node.get("reason").text()?)));
    Some(Decoded::HostEnded { interface: interface.into(), function, answer })
}

fn text(node: &Node, field: &str) -> Option<Arg> {
    node.get(field).text().map(|text| Arg::Val(Val::text(text)))
}

fn bytes(node: &Node, field: &str) -> Option<Arg> {
    node.get(field).bytes().map(|bytes| Arg::Val(Val::bytes(bytes.to_vec())))
}

fn size(node: &Node, field: &str) -> Option<Arg> {
    node.get(field).number().map(Arg::Size)
}

fn number(node: &Node, field: &str) -> Option<Arg> {
    node.get(field).number().map(|number| Arg::Val(Val::U64(number)))
}

fn message(event: &ChainEvent, variant: &str, node: &Node) -> Option<Decoded> {
    let input = match variant {
        "SendMessageCall" | "RequestMessageCall" => vec![text(node, "recipient")?, bytes(node, "data")?],
        "OpenChannelCall" => vec![text(node, "recipient")?, size(node, "size")?],
        "ChannelMessageCall" => vec![text(node, "channel_id")?, bytes(node, "msg")?],
        "CloseChannelCall" => vec![text(node, "channel_id")?],
        "ListOutstandingRequestsCall" => vec![],
        "RespondToRequestCall" => vec![text(node, "request_id")?, size(node, "response_size")?],
        "CancelRequestCall" => vec![text(node, "request_id")?],
        _ => return ended(event, message_answer(variant, node)?),
    };
    began(event, input)
}

fn message_answer(variant: &str, node: &Node) -> Option<Answer> {
    let val = match variant {
        "SendMessageResult"
        | "ChannelMessageResult"
        | "CloseChannelResult"
        | "RespondToRequestResult"
        | "CancelRequestResult" => Val::ok(Val::unit()),
        "RequestMessageResult" => Val::ok(Val::bytes(node.get("data").bytes()?.to_vec())),
        "OpenChannelResult" => {
            let channel = node.get("channel_id").text()?.to_string();
            match node.get("accepted") {
                Node::Bool(true) => Val::ok(Val::String(channel)),
                _ => return Some(Answer::Refused { channel }),
            }
        }
        "ListOutstandingRequestsResult" => {
            Val::List(node.get("request_ids").texts()?.into_iter().map(Val::text).collect())
        }
        "Error" => Val::err(node.get("message").text()?),
        _ => return None,
    };
    Some(Answer::Val(val))
}

fn runtime(event: &ChainEvent, variant: &str, node: &Node) -> Option<Decoded> {
    match variant {
        "Log" => Some(Decoded::Log { message: node.get("message").text()?.to_string() }),
        "ShutdownCall" => {
            let data = node.get("data").bytes().map(|data| Val::bytes(data.to_vec()));
            began(event, vec![Arg::Val(Val::option(data))])
        }
        "ShutdownRequested" => {
            let well = node.get("success") == &Node::Bool(true);
            let failed = || Answer::Lost { known: "it failed".into() };
            ended(event, if well { Answer::Val(Val::ok(Val::unit())) } else { failed() })
        }
        "ShuttingDown" => Some(Decoded::Stopped),
        _ => None,
    }
}

fn timing(event: &ChainEvent, variant: &str, node: &Node) -> Option<Decoded> {
    match variant {
        "NowCall" => began(event, vec![]),
        "SleepCall" => began(event, vec![number(node, "duration")?]),
        "DeadlineCall" => began(event, vec![number(node, "timestamp")?]),
        "NowResult" => ended(event, Answer::Val(Val::U64(node.get("timestamp").number()?))),
        "SleepResult" | "DeadlineResult" => ended(event, Answer::Val(Val::ok(Val::unit()))),
        "Error" => ended(event, Answer::Val(Val::err(node.get("message").text()?))),
        "PermissionDenied" => denied(event, node),
        _ => None,
    }
}

/// The random functions tag their variants from within, and do not keep the bytes that they gave.
fn random(event: &ChainEvent, node: &Node) -> Option<Decoded> {
    if event.event_type.starts_with("wasi:") {
        return foreign(event, node.get("type").text()?, node);
    }
    let answer = match node.get("type").text()? {
        "random_bytes_call" => {
            let size = u32::try_from(node.get("requested_size").number()?).ok()?;
            return began(event, vec![Arg::Val(Val::U32(size))]);
        }
        "random_range_call" => return began(event, vec![number(node, "min")?, number(node, "max")?]),
        "random_float_call" | "generate_uuid_call" => return began(event, vec![]),
        "random_bytes_result" => {
            Answer::Lost { known: format!("{} bytes", node.get("generated_size").number()?) }
        }
        "random_range_result" => Answer::Val(Val::ok(Val::U64(node.get("value").number()?))),
        "random_float_result" => match node.get("value") {
            Node::Number(value) => Answer::Val(Val::ok(Val::Float64(Some(value.clone())))),
            _ => return None,
        },
        "generate_uuid_result" => Answer::Val(Val::ok(Val::text(node.get("uuid").text()?))),
        "error" => Answer::Val(Val::err(node.get("message").text()?)),
        "permission_denied" => return denied(event, node),
        _ => return None,
    };
    ended(event, answer)
}

/// The environment's functions record once, after the fact, and not what a variable holds. The form of 2026-01-03 tags its variants from
/// within, and leaves the function to the event's type.
fn environment(event: &ChainEvent, node: &Node) -> Option<Decoded> {
    let operation = match node.get("type").text() {
        Some("get_var") => wit_name(&event.event_type)?.1,
        Some(other) if node.get("operation").text().is_none() => {
            return set_up(event, "Environment", other, node);
        }
        _ => node.get("operation").text()?,
    };
    let name = node.get("variable_name").text().unwrap_or_default();
    let found = node.get("value_found") == &Node::Bool(true);
    // A denied access finds nothing, and is no error.
    let answer = match operation {
        "exists" => Answer::Val(Val::Bool(found)),
        "get-var" if !found => Answer::Val(Val::option(None)),
        "list-vars" if !found => Answer::Val(Val::List(Vec::new())),
        _ => Answer::Lost { known: format!("{operation} {name}") },
    };
    Some(Decoded::HostEnded { interface: ENVIRONMENT.into(), function: operation.into(), answer })
}

/// A host call that generation A has no words for, in our own.
fn ours(node: &Node) -> Option<Decoded> {
    let name = |field| node.get(field).text().map(str::to_string);
    let val = |field| serde_json::from_value(node.get(field).to_json()).ok().map(Recorded::Val);
    Some(Decoded::Host {
        interface: name("interface")?,
        function: name("function")?,
        input: val("input")?,
        output: val("output")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode;
    use super::*;

    fn said(event_type: &str, data: &str) -> Decoded {
        let event_type = event_type.to_owned().into();
        decode(&ChainEvent { event_type, data: data.as_bytes().to_vec(), ..ChainEvent::default() })
    }

    #[test]
    fn the_environment_in_both_forms() {
        let at = r#""timestamp":"2026-01-03T10:00:00.123456789Z""#;
        for (function, found, expect) in [
            ("get-var", false, Answer::Val(Val::option(None))),
            ("get-var", true, Answer::Lost { known: "get-var CITY".into() }),
            ("exists", true, Answer::Val(Val::Bool(true))),
            ("list-vars", false, Answer::Val(Val::List(Vec::new()))),
        ] {
            let rest = format!(r#""variable_name":"CITY","success":true,"value_found":{found},{at}"#);
            let event_type = format!("{ENVIRONMENT}/{function}");
            let older =
                said(&event_type, &format!(r#"{{"Environment":{{"operation":"{function}",{rest}}}}}"#));
            let newer = said(
                &event_type,
                &format!(r#"{{"category":"Handler","Environment":{{"type":"get_var",{rest}}}}}"#),
            );
            let expect = Decoded::HostEnded {
                interface: ENVIRONMENT.into(),
                function: function.into(),
                answer: expect,
            };
            assert_eq!((&older, &newer), (&expect, &expect));
        }
        let denied = r#"{"category":"Handler","Environment":{"type":"permission_denied","operation":"get-var","variable_name":"X","reason":"no"}}"#;
        let Decoded::HostEnded { function, answer, .. } =
            said("theater:simple/environment/permission-denied", denied)
        else {
            panic!("{denied}")
        };
        assert_eq!((function.as_str(), answer), ("get-var", Answer::Val(Val::option(None))));
    }

    #[test]
    fn set_up_that_is_tagged_from_within() {
        for group in ["Environment", "Random"] {
            let data = format!(r#"{{"category":"Handler","{group}":{{"type":"HandlerSetupStart"}}}}"#);
            let what = format!("{group} HandlerSetupStart");
            assert_eq!(said(&format!("{}-setup", group.to_lowercase()), &data), Decoded::SetUp { what });
        }
    }
}
