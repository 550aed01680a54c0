//! Host calls in the words of generation A: an event on entry and one on exit, each with a sentence.
//!
//! Names, field orders and sentences are Theater's, as of its commit bee460b1 (`tests/data/chains/README.md` tells the
//! generations apart, `EVENTS.md` beside it shows one event of each kind). What Theater does not have
//! in this generation (`get-chain`) is recorded as generation B would, in a group `HostFunction`: our own.

use super::call::{ENVIRONMENT, HostCall, MESSAGING, RANDOM, RUNTIME, TIMING};
use super::val::Val;
use serde_json::{Value, json};

/// An event to be: its type, payload and sentence.
pub(crate) struct Draft {
    pub(crate) event_type: String,
    pub(crate) data: Value,
    pub(crate) description: String,
}

/// What is recorded when `call` begins, if anything.
pub(crate) fn begins(call: &HostCall) -> Option<Draft> {
    match &*call.interface {
        MESSAGING => messaging_call(call).map(|(data, said)| draft(call, "Message", data, said)),
        RUNTIME => runtime_call(call).map(|(data, said)| draft(call, "Runtime", data, said)),
        TIMING => timing_call(call).map(|(data, said)| draft(call, "Timing", data, said)),
        RANDOM => random_call(call).map(|(data, said)| draft(call, "Random", data, said)),
        _ => None,
    }
}

/// What is recorded when `call` ends with `output` at `at` (milliseconds since 1970), if anything.
pub(crate) fn ends(call: &HostCall, output: &Val, at: u64) -> Option<Draft> {
    let known = match &*call.interface {
        MESSAGING => Some(("Message", messaging_end(call, output))),
        RUNTIME if call.function == "log" => return None,
        RUNTIME if call.function == "shutdown" => Some(("Runtime", Some(shutdown_end(output)))),
        TIMING => Some(("Timing", timing_end(call, output, at))),
        RANDOM => Some(("Random", random_end(call, output))),
        ENVIRONMENT => Some(("Environment", environment_end(call, output, at))),
        _ => None,
    };
    match known {
        Some((group, Some((data, said)))) => Some(draft(call, group, data, said)),
        _ => Some(ours(call, output)),
    }
}

fn draft(call: &HostCall, group: &str, data: Value, description: String) -> Draft {
    // Theater files random calls under an interface that does not exist.
    let host = if call.interface == RANDOM { "-host" } else { "" };
    let event_type = format!("{}{host}/{}", call.interface, call.function);
    Draft { event_type, data: json!({ group: data }), description }
}

/// The record of a function that this generation does not know.
fn ours(call: &HostCall, output: &Val) -> Draft {
    let (interface, function) = (&call.interface, &call.function);
    let record =
        json!({"interface": interface, "function": function, "input": call.input_val(), "output": output});
    Draft {
        event_type: call.event_type(),
        data: json!({ "HostFunction": record }),
        description: format!("Host call to function '{}'", call.event_type()),
    }
}

type Said = (Value, String);

fn messaging_call(call: &HostCall) -> Option<Said> {
    let (to, message) = (call.text(0), call.bytes(1));
    Some(match &*call.function {
        "send" => (
            json!({"SendMessageCall": {"recipient": to, "message_type": "binary", "data": message}}),
            format!("Sending message to {to}"),
        ),
        "request" => (
            json!({"RequestMessageCall": {"recipient": to, "message_type": "binary", "data": message}}),
            format!("Requesting message from {to}"),
        ),
        "open-channel" => (
            json!({"OpenChannelCall": {"recipient": to, "message_type": "binary", "size": message.len()}}),
            format!("Opening channel to {to}"),
        ),
        "send-on-channel" => (
            json!({"ChannelMessageCall": {"channel_id": to, "msg": message}}),
            format!("Sending message on channel [{to}]: {}", excerpt(message)),
        ),
        "close-channel" => (json!({"CloseChannelCall": {"channel_id": to}}), format!("Closing channel {to}")),
        "list-outstanding-requests" => {
            (json!({"ListOutstandingRequestsCall": {}}), "Listing outstanding requests".to_string())
        }
        "respond-to-request" => (
            json!({"RespondToRequestCall": {"request_id": to, "response_size": message.len()}}),
            format!("Responding to request {to}"),
        ),
        "cancel-request" => {
            (json!({"CancelRequestCall": {"request_id": to}}), format!("Canceling request {to}"))
        }
        _ => return None,
    })
}

/// The first hundred bytes as text; a letter that is cut in two is replaced, as Theater does.
fn excerpt(message: &[u8]) -> String {
    match message.get(..100) {
        Some(first) if message.len() > 100 => format!("{}...", String::from_utf8_lossy(first)),
        _ => String::from_utf8_lossy(message).into_owned(),
    }
}

fn messaging_end(call: &HostCall, output: &Val) -> Option<Said> {
    let to = call.text(0);
    if let Some(error) = output.failure() {
        return Some(messaging_error(call, error));
    }
    let value = output.success()?;
    Some(match &*call.function {
        "send" => (
            json!({"SendMessageResult": {"recipient": to, "success": true}}),
            format!("Successfully sent message to {to}"),
        ),
        "request" => (
            json!({"RequestMessageResult": {"recipient": to, "data": value.as_bytes()?, "success": true}}),
            format!("Successfully received response from {to}"),
        ),
        "open-channel" => opened(to, value.as_text()?, true),
        "send-on-channel" => (
            json!({"ChannelMessageResult": {"channel_id": to, "success": true}}),
            format!("Successfully sent message on channel {to}"),
        ),
        "close-channel" => (
            json!({"CloseChannelResult": {"channel_id": to, "success": true}}),
            format!("Successfully closed channel {to}"),
        ),
        "list-outstanding-requests" => listed(value),
        "respond-to-request" => (
            json!({"RespondToRequestResult": {"request_id": to, "success": true}}),
            format!("Successfully responded to request {to}"),
        ),
        "cancel-request" => (
            json!({"CancelRequestResult": {"request_id": to, "success": true}}),
            format!("Successfully canceled request {to}"),
        ),
        _ => return None,
    })
}

fn opened(to: &str, channel: &str, accepted: bool) -> Said {
    let word = if accepted { "accepted" } else { "rejected" };
    (
        json!({"OpenChannelResult": {"recipient": to, "channel_id": channel, "accepted": accepted}}),
        format!("Channel {channel} to {to} {word}"),
    )
}

fn listed(value: &Val) -> Said {
    let ids: Vec<&str> = match value {
        Val::List(items) => items.iter().filter_map(Val::as_text).collect(),
        _ => Vec::new(),
    };
    let said = format!("Found {} outstanding requests", ids.len());
    (json!({"ListOutstandingRequestsResult": {"request_count": ids.len(), "request_ids": ids}}), said)
}

fn messaging_error(call: &HostCall, error: &str) -> Said {
    let to = call.text(0);
    if let (Some(channel), "open-channel") = (&call.channel, &*call.function) {
        return opened(to, channel, false);
    }
    let unparsed = error.starts_with("Failed to parse");
    let (said, recipient) = match &*call.function {
        "send" if unparsed => (format!("Error sending message to {to}: {error}"), Some(to)),
        "send" => (format!("Failed to send message to {to}: {error}"), Some(to)),
        "request" if unparsed => (format!("Error requesting message from {to}: {error}"), Some(to)),
        "request" if error == "channel closed" => {
            (format!("Failed to receive response from {to}: {error}"), Some(to))
        }
        "request" => (format!("Failed to send request to {to}: {error}"), Some(to)),
        "open-channel" => (format!("Error opening channel to {to}: {error}"), Some(to)),
        "send-on-channel" => (format!("Error sending on channel {to}: {error}"), None),
        "close-channel" => (format!("Error closing channel {to}: {error}"), None),
        "respond-to-request" => (format!("Error responding to request {to}: {error}"), None),
        _ => (format!("Error canceling request {to}: {error}"), None),
    };
    (json!({"Error": {"operation": call.function, "recipient": recipient, "message": error}}), said)
}

fn runtime_call(call: &HostCall) -> Option<Said> {
    match &*call.function {
        "log" => {
            let message = call.text(0);
            Some((json!({"Log": {"level": "info", "message": message}}), format!("Actor log: {message}")))
        }
        "shutdown" => {
            let data = match call.input.first() {
                Some(Val::Option(Some(data))) => data.as_bytes(),
                _ => None,
            };
            Some((json!({"ShutdownCall": {"data": data}}), format!("Actor shutdown with data: {data:?}")))
        }
        _ => None,
    }
}

fn shutdown_end(output: &Val) -> Said {
    let said = match output.failure() {
        None => "Shutdown command sent successfully".to_string(),
        Some(error) => format!("Failed to send shutdown command: {error}"),
    };
    (json!({"ShutdownRequested": {"success": output.failure().is_none()}}), said)
}

fn timing_call(call: &HostCall) -> Option<Said> {
    let number = call.number(0);
    Some(match &*call.function {
        "now" => (json!({"NowCall": {}}), "Getting current timestamp".to_string()),
        "sleep" => (json!({"SleepCall": {"duration": number}}), format!("Sleeping for {number} ms")),
        "deadline" => {
            (json!({"DeadlineCall": {"timestamp": number}}), format!("Waiting until timestamp: {number}"))
        }
        _ => return None,
    })
}

fn timing_end(call: &HostCall, output: &Val, at: u64) -> Option<Said> {
    let number = call.number(0);
    if let Some(error) = output.failure() {
        let function = &call.function;
        let data = json!({"Error": {"operation": function, "message": error}});
        return Some((data, format!("Error in {function} operation: {error}")));
    }
    Some(match &*call.function {
        "now" => {
            let now = output.as_unsigned()?;
            (json!({"NowResult": {"timestamp": now}}), format!("Current timestamp: {now}"))
        }
        "sleep" => (
            json!({"SleepResult": {"duration": number, "success": true}}),
            format!("Successfully slept for {number} ms"),
        ),
        "deadline" => {
            // Virtual time stands at the deadline after a wait: what is later was not waited for.
            let said = match at > number {
                true => "Deadline already passed, continuing immediately".to_string(),
                false => format!("Deadline wait completed at {at}. Target was {number}"),
            };
            (json!({"DeadlineResult": {"timestamp": number, "success": at >= number}}), said)
        }
        _ => return None,
    })
}

fn random_call(call: &HostCall) -> Option<Said> {
    let (first, second) = (call.number(0), call.number(1));
    Some(match &*call.function {
        "random-bytes" => (
            json!({"type": "random_bytes_call", "requested_size": first}),
            format!("Generating {first} random bytes"),
        ),
        "random-range" => (
            json!({"type": "random_range_call", "min": first, "max": second}),
            format!("Generating random number in range {first} to {second}"),
        ),
        "random-float" => {
            (json!({"type": "random_float_call"}), "Generating random float between 0.0 and 1.0".to_string())
        }
        "generate-uuid" => (json!({"type": "generate_uuid_call"}), "Generating random UUID".to_string()),
        _ => return None,
    })
}

fn random_end(call: &HostCall, output: &Val) -> Option<Said> {
    if let Some(error) = output.failure() {
        let what = match &*call.function {
            "random-bytes" => "generating random bytes",
            "random-range" => "generating random range",
            "random-float" => "generating random float",
            _ => "generating UUID",
        };
        let data = json!({"type": "error", "operation": call.function, "message": error});
        return Some((data, format!("Error {what}: {error}")));
    }
    let value = output.success()?;
    let (min, max) = (call.number(0), call.number(1));
    Some(match &*call.function {
        "random-bytes" => {
            let size = value.as_bytes()?.len();
            let data = json!({"type": "random_bytes_result", "generated_size": size, "success": true});
            (data, format!("Successfully generated {size} random bytes"))
        }
        "random-range" => {
            let value = value.as_unsigned()?;
            let data = json!({"type": "random_range_result", "min": min, "max": max, "value": value, "success": true});
            (data, format!("Successfully generated random number {value} in range {min} to {max}"))
        }
        "random-float" => {
            let Val::Float64(Some(value)) = value else { return None };
            let data = json!({"type": "random_float_result", "value": value, "success": true});
            (data, format!("Successfully generated random float: {value}"))
        }
        "generate-uuid" => {
            let uuid = value.as_text()?;
            let data = json!({"type": "generate_uuid_result", "uuid": uuid, "success": true});
            (data, format!("Successfully generated UUID: {uuid}"))
        }
        _ => return None,
    })
}

/// The environment's calls are recorded once, after the fact, with a time as text in the payload too.
fn environment_end(call: &HostCall, output: &Val, at: u64) -> Option<Said> {
    let (name, found, said) = match (&*call.function, output) {
        ("get-var", Val::Option(value)) => {
            let (name, found) = (call.text(0), value.is_some());
            (name.to_string(), found, format!("Environment variable access: {name} (found: {found})"))
        }
        ("exists", Val::Bool(found)) => {
            let name = call.text(0);
            (name.to_string(), *found, format!("Environment variable exists check: {name} (exists: {found})"))
        }
        ("list-vars", Val::List(items)) => {
            let count = items.len();
            let said = format!("Environment variable listing returned {count} accessible variables");
            (format!("(returned {count} variables)"), count > 0, said)
        }
        _ => return None,
    };
    let data = json!({
        "operation": call.function,
        "variable_name": name,
        "success": true,
        "value_found": found,
        "timestamp": rfc3339(at),
    });
    Some((data, said))
}

/// Milliseconds since 1970 as a date and time in UTC, the fraction left out where it is zero.
fn rfc3339(at: u64) -> String {
    let (days, rest) = (at / 86_400_000, at % 86_400_000);
    // Days are counted from March 1st of the year 0, so that a leap day is the last day of its year.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    let fraction = if rest % 1000 == 0 { String::new() } else { format!(".{:03}", rest % 1000) };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_text() {
        for (at, expect) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_752_192_000_001, "2025-07-11T00:00:00.001Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(at), expect);
        }
    }

    #[test]
    fn the_excerpt_is_of_a_hundred_bytes() {
        assert_eq!(excerpt(&[b'a'; 100]), "a".repeat(100));
        assert_eq!(excerpt(&[b'a'; 101]), "a".repeat(100) + "...");
        let cut = [&[b'a'; 99][..], "é".as_bytes()].concat();
        assert_eq!(excerpt(&cut), "a".repeat(99) + "\u{fffd}...");
    }
}
