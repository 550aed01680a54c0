//! A chain for people: one line an event, and what verifying found.

use super::decode::{Answer, Arg, Decoded, Invocation, Recorded, Reply, decode};
use super::error::ChainError;
use super::event::ChainEvent;
use super::read::{EventSource, Stored};
use super::val::Val;
use super::verify::{Verdict, Verifier, VerifyReport};
use std::io::Write;

/// How many letters of a text or of an id are shown.
const SHOWN: usize = 100;

/// Writes a line for each event, its index, short hash, type and what it says, then the report of
/// [`verify`](super::verify()), and gives that report back.
///
/// The text does not depend on the machine or the time.
///
/// # Errors
/// When the chain cannot be read, or `out` cannot be written to. A chain that does not hold is no error.
///
/// ```
/// use rehearsal::chain::{ChainBuilder, ChainForm, ChainReader, Limits, show, write_array};
/// let mut chain = ChainBuilder::new(ChainForm::B);
/// chain.wasm_call("theater:simple/message-server-client.handle-send", b"[[104,105]]", 0);
/// let (mut file, mut text) = (Vec::new(), Vec::new());
/// write_array(&mut file, chain.events())?;
/// let report = show(&mut ChainReader::new(&file[..], "a.json", Limits::default())?, &mut text)?;
/// assert!(report.holds());
/// let text = String::from_utf8(text).unwrap();
/// assert!(text.starts_with("    0  "));
/// assert!(text.contains("  wasm  call theater:simple/message-server-client.handle-send(\"hi\")\n"));
/// # Ok::<(), rehearsal::chain::ChainError>(())
/// ```
pub fn show(source: &mut dyn EventSource, out: &mut dyn Write) -> Result<VerifyReport, ChainError> {
    let failed = |error| ChainError::io("write", error);
    let mut verifier = Verifier::new(source.layout());
    while let Some(stored) = source.next_event()? {
        let verdict = match verifier.take(stored) {
            Verdict::Holds => "",
            Verdict::Broken => "  <- its hash does not hold",
            Verdict::Gap => "  <- does not follow the event before it",
        };
        let kind = if stored.event.event_type.is_empty() { "?" } else { &stored.event.event_type };
        let (index, hash, kind) = (stored.index, stored.event.hash.short(), kind.escape_debug());
        writeln!(out, "{index:5}  {hash}  {kind}  {}{verdict}", said(stored)).map_err(failed)?;
    }
    let report = verifier.finish(source.told_head());
    writeln!(out, "{report}").map_err(failed)?;
    Ok(report)
}

/// A line for each event of a chain in hand: index, short hash, type and what it says. It is as stable as the run is, and fit for a
/// snapshot.
///
/// ```
/// use rehearsal::chain::{ChainBuilder, ChainForm, lines};
/// let mut chain = ChainBuilder::new(ChainForm::B);
/// chain.wasm_call("theater:simple/message-server-client.handle-send", b"[[104,105]]", 0);
/// assert!(lines(chain.events()).ends_with("call theater:simple/message-server-client.handle-send(\"hi\")\n"));
/// ```
pub fn lines(events: &[ChainEvent]) -> String {
    let line = |(index, event): (usize, &ChainEvent)| {
        let (hash, kind) = (event.hash.short(), event.event_type.escape_debug());
        format!("{index:5}  {hash}  {kind}  {}\n", summary(event))
    };
    events.iter().enumerate().map(line).collect()
}

fn said(stored: &Stored) -> String {
    // Where the bytes are lost, what there is in their place is text.
    if stored.lost.is_some() {
        cut(&String::from_utf8_lossy(&stored.event.data))
    } else {
        summary(&stored.event)
    }
}

/// What an event says, in one line.
///
/// ```
/// use rehearsal::chain::{ChainBuilder, ChainForm, summary};
/// let mut chain = ChainBuilder::new(ChainForm::B);
/// chain.wasm_error("theater:simple/actor.init", "out of fuel", 0);
/// assert_eq!(summary(&chain.events()[0]), "error theater:simple/actor.init: \"out of fuel\"");
/// ```
pub fn summary(event: &ChainEvent) -> String {
    match decode(event) {
        Decoded::Call { export, params } => format!("call {export}({})", invocation(&export, &params)),
        Decoded::Returned { export, state, result } => {
            let state = state.map_or_else(|| "none".to_string(), |state| bytes(&state));
            format!("return {export} -> {}, state {state}", reply(&export, &result))
        }
        Decoded::Failed { export, message } => format!("error {export}: {}", text(&message)),
        Decoded::HostBegan { function, input, .. } => {
            let input: Vec<String> = input.iter().map(arg).collect();
            format!("{function}({})", input.join(", "))
        }
        Decoded::HostEnded { function, answer, .. } => format!("{function} -> {}", answered(&answer)),
        Decoded::Host { function, input, output, .. } => {
            let input = match &input {
                Recorded::Val(Val::Tuple(items)) => list(items),
                other => recorded(other),
            };
            format!("{function}({input}) -> {}", recorded(&output))
        }
        Decoded::Log { message } => format!("log {}", text(&message)),
        Decoded::Stopped => "the runtime stopped the actor".to_string(),
        Decoded::SetUp { what } => cut(&what),
        Decoded::Cgrf => format!("CGRF, {} bytes, not decoded", event.data.len()),
        Decoded::Unknown { why } => format!("{}, not decoded: {}", bytes(&event.data), cut(&why)),
    }
}

fn invocation(export: &str, params: &[u8]) -> String {
    match Invocation::of(export, params) {
        Invocation::Init(None) => String::new(),
        Invocation::Init(Some(id)) | Invocation::ChannelClose(id) => text(&id),
        Invocation::Send(message) => bytes(&message),
        Invocation::Request(id, message)
        | Invocation::ChannelOpen(id, message)
        | Invocation::ChannelMessage(id, message) => format!("{}, {}", text(&id), bytes(&message)),
        Invocation::Other => cut(&String::from_utf8_lossy(params)),
    }
}

fn reply(export: &str, result: &[u8]) -> String {
    match Reply::of(export, result) {
        Reply::None => "()".to_string(),
        Reply::Request(Some(answer)) => bytes(&answer),
        Reply::Request(None) => "no answer yet".to_string(),
        Reply::Accept { accepted, message } => {
            let word = if accepted { "accepted" } else { "refused" };
            message.map_or_else(|| word.to_string(), |message| format!("{word} with {}", bytes(&message)))
        }
        Reply::Other => cut(&String::from_utf8_lossy(result)),
    }
}

fn arg(arg: &Arg) -> String {
    match arg {
        Arg::Val(val) => value(val),
        Arg::Size(size) => format!("{size} bytes"),
    }
}

fn answered(answer: &Answer) -> String {
    match answer {
        Answer::Val(val) => value(val),
        Answer::Refused { channel } => format!("refused {}", text(channel)),
        Answer::Lost { known } => format!("not recorded ({})", cut(known)),
    }
}

fn recorded(recorded: &Recorded) -> String {
    match recorded {
        Recorded::Val(val) => value(val),
        Recorded::Json(json) => cut(&String::from_utf8_lossy(json)),
    }
}

fn list(items: &[Val]) -> String {
    // A long list is cut anyway: not all of it need be printed first.
    cut_plain(items.iter().take(SHOWN).map(value).collect::<Vec<_>>().join(", "))
}

fn value(val: &Val) -> String {
    let boxed = |val: &Option<Box<Val>>| val.as_ref().map_or_else(|| "()".to_string(), |val| value(val));
    match val {
        Val::Bool(value) => value.to_string(),
        Val::S8(value) => value.to_string(),
        Val::U8(value) => value.to_string(),
        Val::S16(value) => value.to_string(),
        Val::U16(value) => value.to_string(),
        Val::S32(value) => value.to_string(),
        Val::U32(value) => value.to_string(),
        Val::S64(value) => value.to_string(),
        Val::U64(value) => value.to_string(),
        Val::Float32(value) | Val::Float64(value) => {
            value.as_ref().map_or_else(|| "not finite".to_string(), ToString::to_string)
        }
        Val::Char(value) => format!("{value:?}"),
        Val::String(value) => text(value),
        Val::Bytes(value) => bytes(value),
        Val::List(items) => format!("[{}]", list(items)),
        Val::Tuple(items) => format!("({})", list(items)),
        Val::Record(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .take(SHOWN)
                .map(|(name, val)| format!("{}: {}", cut(name), value(val)))
                .collect();
            cut_plain(format!("{{{}}}", fields.join(", ")))
        }
        Val::Variant(case, None) | Val::Enum(case) => cut(case),
        Val::Variant(case, carried) => format!("{}({})", cut(case), boxed(carried)),
        Val::Option(None) => "none".to_string(),
        Val::Option(some) => format!("some {}", boxed(some)),
        Val::Result(Ok(well)) => format!("ok {}", boxed(well)),
        Val::Result(Err(failed)) => format!("error {}", boxed(failed)),
        Val::Flags(names) => cut(&format!("{{{}}}", names.join(", "))),
        Val::Resource { .. } => "a handle".to_string(),
    }
}

/// Bytes as they are if they are a JSON object or array, in quotes if they are other text, else in
/// hexadecimal.
fn bytes(data: &[u8]) -> String {
    let json = |data| serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok();
    if matches!(data, [b'{' | b'[', ..]) && json(data) {
        let shown = String::from_utf8_lossy(data);
        return match shown.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}… ({} bytes)", one_line(&shown[..end]), data.len()),
            None => one_line(&shown),
        };
    }
    let readable = |shown: &&str| !shown.chars().any(|letter| letter.is_control() && !letter.is_whitespace());
    match std::str::from_utf8(data).ok().filter(readable) {
        Some(shown) => text(shown),
        None => {
            let hex: String = data.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            let more = if data.len() > 16 { "…" } else { "" };
            format!("0x{hex}{more} ({} bytes)", data.len())
        }
    }
}

/// The same text with what would break or hide a line escaped, and quotes as they are.
fn one_line(text: &str) -> String {
    let plain = |letter: char| matches!(letter, '"' | '\'' | '\\');
    text.chars().fold(String::new(), |mut line, letter| {
        if plain(letter) {
            line.push(letter)
        } else {
            line.extend(letter.escape_debug())
        }
        line
    })
}

/// A text in quotes, cut where it is long.
fn text(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}… ({} bytes)", &text[..end], text.len()),
        None => format!("{text:?}"),
    }
}

/// A text without quotes, on one line, cut where it is long.
fn cut(text: &str) -> String {
    let end = text.char_indices().nth(SHOWN * 2 + 1).map_or(text.len(), |(end, _)| end);
    cut_plain(one_line(&text[..end]))
}

fn cut_plain(text: String) -> String {
    match text.char_indices().nth(SHOWN * 2) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
