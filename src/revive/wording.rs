//! Calls, answers and events for people: on a line, and cut where they are long.

use crate::call::{Given, HostAnswer};
use crate::chain::{Arg, ChainEvent, Decoded, HostCall as ChainCall, Reply, Val, decode, summary};

/// A host call, for people.
pub fn told(call: &ChainCall) -> String {
    let input: Vec<String> = call.input.iter().map(value).collect();
    shortened(&format!("{}({})", call.function, input.join(", ")))
}

fn argument(arg: &Arg) -> String {
    match arg {
        Arg::Val(val) => value(val),
        Arg::Size(size) => format!("{size} bytes"),
    }
}

fn value(val: &Val) -> String {
    match (val.as_text(), val.as_bytes()) {
        (Some(text), _) => format!("{text:?}"),
        (None, Some(bytes)) => format!("{:?}", String::from_utf8_lossy(bytes)),
        _ => serde_json::to_string(val).unwrap_or_default(),
    }
}

/// An answer, for people.
pub fn shown(answer: &HostAnswer) -> String {
    shortened(&match answer {
        HostAnswer::Done => "ok".to_owned(),
        HostAnswer::Bytes(bytes) => format!("ok {:?}", bytes.text()),
        HostAnswer::Text(text) => format!("ok {text}"),
        HostAnswer::Refused(refusal) => format!("error {:?}", refusal.to_string()),
        HostAnswer::Foreign(given) => match &**given {
            Given::Value(value) => value.to_string(),
            Given::Lost { well: true } => "the mildest value".to_owned(),
            Given::Lost { well: false } => "an error".to_owned(),
        },
        other => format!("{other:?}"),
    })
}

const LONGEST: usize = 200;

/// No more than a line.
pub fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let short: String = text.chars().take(LONGEST).collect();
    format!("{short}…")
}

/// An event in full, where its line in a listing would be cut.
pub fn whole(event: &ChainEvent) -> String {
    match decode(event) {
        Decoded::Returned { export, state, result } => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let reply = match Reply::of(&export, &result) {
                Reply::None => "nothing".to_owned(),
                Reply::Request(Some(reply)) => format!("{:?}", text(&reply)),
                _ => text(&result),
            };
            let state = state.map_or_else(|| "none".to_owned(), |state| text(&state));
            format!("return {reply}, state {state}")
        }
        Decoded::Failed { message, .. } => format!("error {message:?}"),
        Decoded::Log { message } => format!("log({message:?})"),
        Decoded::HostBegan { function, input, .. } => {
            let input: Vec<String> = input.iter().map(argument).collect();
            format!("{function}({})", input.join(", "))
        }
        _ => summary(event),
    }
}

/// Two texts, cut so that their first difference can be seen.
pub fn apart(one: &str, other: &str) -> (String, String) {
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let cut = |chars: &[char]| {
        if chars.len() <= LONGEST {
            return chars.iter().collect::<String>();
        }
        let head: String = chars.iter().take(40).collect();
        let from = same.saturating_sub(40).max(40).min(chars.len());
        let window: String = chars[from..].iter().take(LONGEST - 60).collect();
        let (gap, rest) = (if from > 40 { "…" } else { "" }, from + LONGEST - 60);
        format!("{head}{gap}{window}{}", if rest < chars.len() { "…" } else { "" })
    };
    (cut(&a), cut(&b))
}
