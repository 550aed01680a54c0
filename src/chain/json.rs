//! Events as JSON objects, and what stands around them, read from a scanner.

use super::error::ChainError;
use super::event::EventHash;
use super::read::{Limits, Lost, Stored};
use super::scan::Scanner;
use std::io::Read;

/// The longest name of a field that is read at all.
const NAME: usize = 256;

/// The fields of an event, as bits of what has been seen.
const FIELDS: [&str; 6] = ["hash", "parent_hash", "event_type", "data", "timestamp", "description"];

/// How the fields of an event were met: which ones, and whether its hashes are hexadecimal text.
#[derive(Default)]
struct Seen {
    fields: u8,
    hex: bool,
    /// The data was some other JSON than an array of bytes.
    other_data: bool,
}

/// Takes one event, the `{` already taken, and its first field's name too if `first` has it.
pub(crate) fn event<R: Read>(
    scanner: &mut Scanner<R>,
    first: Option<String>,
    limits: &Limits,
    out: &mut Stored,
) -> Result<(), ChainError> {
    out.clear();
    let mut seen = Seen::default();
    let mut name = match first {
        Some(name) => Some(name),
        None => next_name(scanner, true)?,
    };
    while let Some(field) = name {
        one_field(scanner, &field, limits, out, &mut seen)?;
        name = next_name(scanner, false)?;
    }
    for required in ["hash", "event_type", "data"] {
        if FIELDS.iter().position(|field| *field == required).is_some_and(|bit| seen.fields & 1 << bit == 0) {
            return Err(scanner.error(format!("expected an event with the field `{required}`, found none")));
        }
    }
    if seen.other_data && !seen.hex {
        return Err(scanner.error("expected an array of bytes as `data`, found other JSON"));
    }
    out.lost = seen.other_data.then_some(Lost::Decoded);
    Ok(())
}

/// Takes `,` and a name and `:`, or the `}` that ends the object; `first` takes no comma.
pub(crate) fn next_name<R: Read>(
    scanner: &mut Scanner<R>,
    first: bool,
) -> Result<Option<String>, ChainError> {
    match scanner.blank()? {
        Some(b'}') => {
            scanner.bump();
            return Ok(None);
        }
        Some(b',') if !first => scanner.bump(),
        _ if !first => return Err(scanner.expected("`,` or `}`")),
        _ => {}
    }
    scanner.blank()?;
    let name = string(scanner, NAME, "the name of a field")?;
    scanner.expect(b':', "`:`")?;
    scanner.blank()?;
    Ok(Some(name))
}

fn one_field<R: Read>(
    scanner: &mut Scanner<R>,
    field: &str,
    limits: &Limits,
    out: &mut Stored,
    seen: &mut Seen,
) -> Result<(), ChainError> {
    let Some(bit) = FIELDS.iter().position(|known| *known == field) else {
        out.unhashed.get_or_insert_with(|| field.to_string());
        return value(scanner, limits, limits.depth, &mut None);
    };
    if seen.fields & 1 << bit != 0 {
        return Err(scanner.error(format!("expected each field once, found `{field}` again")));
    }
    seen.fields |= 1 << bit;
    let event = &mut out.event;
    match field {
        "hash" => {
            seen.hex = scanner.peek()? == Some(b'"');
            event.hash = hash(scanner)?;
        }
        "parent_hash" => event.parent_hash = or_null(scanner, hash)?,
        "event_type" => event.event_type = string(scanner, limits.event_bytes, "a text")?.into(),
        "timestamp" => event.timestamp = Some(scanner.number("a time in milliseconds")?),
        "description" => {
            let text = |scanner: &mut Scanner<R>| string(scanner, limits.event_bytes, "a text or null");
            event.description = Some(or_null(scanner, text)?);
        }
        _ => data(scanner, limits, &mut event.data, seen)?,
    }
    Ok(())
}

/// Takes the `data` of an event. A writer of hexadecimal hashes may have decoded it to any JSON:
/// that is kept as text, unless it is an array of bytes after all.
fn data<R: Read>(
    scanner: &mut Scanner<R>,
    limits: &Limits,
    out: &mut Vec<u8>,
    seen: &mut Seen,
) -> Result<(), ChainError> {
    if !seen.hex && scanner.peek()? == Some(b'[') {
        return scanner.bytes_array(out, limits.event_bytes);
    }
    out.clear();
    let mut text = Some(std::mem::take(out));
    value(scanner, limits, limits.depth, &mut text)?;
    let text = text.unwrap_or_default();
    let mut bytes = Scanner::small(&text[..], text.len());
    seen.other_data = bytes.bytes_array(out, limits.event_bytes).is_err();
    if seen.other_data {
        *out = text;
    }
    Ok(())
}

fn or_null<R: Read, T>(
    scanner: &mut Scanner<R>,
    read: impl FnOnce(&mut Scanner<R>) -> Result<T, ChainError>,
) -> Result<Option<T>, ChainError> {
    if scanner.peek()? == Some(b'n') {
        return scanner.word("null").map(|()| None);
    }
    read(scanner).map(Some)
}

/// Takes a hash: an array of 20 bytes, or 40 hexadecimal digits.
pub(crate) fn hash<R: Read>(scanner: &mut Scanner<R>) -> Result<EventHash, ChainError> {
    let mark = scanner.mark();
    if scanner.peek()? == Some(b'"') {
        let text = string(scanner, NAME, "a hash")?;
        let wrong = || format!("expected a hash of 40 hexadecimal digits, found `{}`", shorten(&text));
        return EventHash::from_hex(&text).ok_or_else(|| scanner.error_at(mark, wrong()));
    }
    if scanner.peek()? != Some(b'[') {
        return Err(scanner.expected("a hash (an array of 20 bytes)"));
    }
    let mut bytes = Vec::with_capacity(32);
    scanner.bytes_array(&mut bytes, NAME)?;
    EventHash::from_bytes(&bytes).map_err(|error| scanner.error_at(mark, error.message()))
}

/// What `current_hash` and the files of `chains/` hold: a hash, or `null` for an empty chain.
pub(crate) fn head<R: Read>(scanner: &mut Scanner<R>) -> Result<Option<EventHash>, ChainError> {
    scanner.blank()?;
    or_null(scanner, hash)
}

/// Takes a string of at most `most` bytes.
pub(crate) fn string<R: Read>(
    scanner: &mut Scanner<R>,
    most: usize,
    wanted: &str,
) -> Result<String, ChainError> {
    if scanner.peek()? != Some(b'"') {
        return Err(scanner.expected(wanted));
    }
    let mark = scanner.mark();
    scanner.bump();
    let mut bytes = Vec::new();
    loop {
        scanner.take_until(&mut bytes, most, |byte| byte == b'"' || byte == b'\\' || byte < 0x20)?;
        match scanner.peek()? {
            Some(b'"') => {
                scanner.bump();
                break;
            }
            Some(b'\\') => {
                scanner.bump();
                escape(scanner, &mut bytes)?;
                if bytes.len() > most {
                    return Err(scanner.error(format!("expected at most {most} bytes here, found more")));
                }
            }
            _ => return Err(scanner.expected("`\"`")),
        }
    }
    let at = |error: std::string::FromUtf8Error| {
        let upto = error.utf8_error().valid_up_to();
        scanner.error_at(mark, format!("expected UTF-8, found other bytes {upto} bytes into a text"))
    };
    String::from_utf8(bytes).map_err(at)
}

fn escape<R: Read>(scanner: &mut Scanner<R>, out: &mut Vec<u8>) -> Result<(), ChainError> {
    let letter = scanner.peek()?;
    let plain = match letter {
        Some(b'"' | b'\\' | b'/') => letter,
        Some(b'b') => Some(8),
        Some(b'f') => Some(12),
        Some(b'n') => Some(b'\n'),
        Some(b'r') => Some(b'\r'),
        Some(b't') => Some(b'\t'),
        Some(b'u') => None,
        _ => return Err(scanner.expected("an escape")),
    };
    scanner.bump();
    match plain {
        Some(byte) => out.push(byte),
        None => {
            let letter = unicode(scanner)?;
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Ok(())
}

/// Takes what follows `\u`, and a second escape where the first is half of a pair.
fn unicode<R: Read>(scanner: &mut Scanner<R>) -> Result<char, ChainError> {
    let high = four_digits(scanner)?;
    if !(0xd800..0xdc00).contains(&high) {
        return char::from_u32(high).ok_or_else(|| scanner.error("expected a letter, found half of a pair"));
    }
    if !scanner.starts_with(b"\\u")? {
        return Err(scanner.expected("the other half of a pair"));
    }
    scanner.bump();
    scanner.bump();
    let low = four_digits(scanner)?;
    if !(0xdc00..0xe000).contains(&low) {
        return Err(scanner.error("expected the other half of a pair, found another letter"));
    }
    let joined = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    char::from_u32(joined).ok_or_else(|| scanner.error("expected a letter, found no such one"))
}

fn four_digits<R: Read>(scanner: &mut Scanner<R>) -> Result<u32, ChainError> {
    let mut value = 0;
    for _ in 0..4 {
        let digit = scanner.peek()?.and_then(|byte| char::from(byte).to_digit(16));
        let Some(digit) = digit else { return Err(scanner.expected("four hexadecimal digits")) };
        value = value * 16 + digit;
        scanner.bump();
    }
    Ok(value)
}

/// Takes any JSON value, `depth` levels deep at most, and copies it compactly to `out` if there is one.
pub(crate) fn value<R: Read>(
    scanner: &mut Scanner<R>,
    limits: &Limits,
    depth: usize,
    out: &mut Option<Vec<u8>>,
) -> Result<(), ChainError> {
    if depth == 0 {
        let levels = limits.depth;
        return Err(scanner.error(format!("expected JSON at most {levels} levels deep, found deeper")));
    }
    if out.as_ref().is_some_and(|out| out.len() > limits.event_bytes) {
        let most = limits.event_bytes;
        return Err(scanner.error(format!("expected an event of at most {most} bytes, found a longer one")));
    }
    match scanner.blank()? {
        Some(b'{') => collection(scanner, limits, depth, out, b'}'),
        Some(b'[') => collection(scanner, limits, depth, out, b']'),
        Some(b'"') => text(scanner, limits, out),
        Some(b't') => copy_word(scanner, out, "true"),
        Some(b'f') => copy_word(scanner, out, "false"),
        Some(b'n') => copy_word(scanner, out, "null"),
        Some(b'-' | b'0'..=b'9') => {
            let (_, digits) = number(scanner)?;
            put(out, &digits);
            Ok(())
        }
        _ => Err(scanner.expected("a JSON value")),
    }
}

/// Takes a number of any kind, and its text.
pub(crate) fn number<R: Read>(scanner: &mut Scanner<R>) -> Result<(serde_json::Number, Vec<u8>), ChainError> {
    let mark = scanner.mark();
    let mut digits = Vec::new();
    let end = |byte: u8| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    scanner.take_until(&mut digits, NAME, end)?;
    match serde_json::from_slice(&digits) {
        Ok(number) => Ok((number, digits)),
        Err(_) if digits.is_empty() => Err(scanner.expected("a JSON value")),
        Err(_) => Err(scanner.error_at(mark, "expected a number, found something like one")),
    }
}

fn collection<R: Read>(
    scanner: &mut Scanner<R>,
    limits: &Limits,
    depth: usize,
    out: &mut Option<Vec<u8>>,
    end: u8,
) -> Result<(), ChainError> {
    put(out, if end == b'}' { b"{" } else { b"[" });
    scanner.bump();
    if scanner.blank()? == Some(end) {
        scanner.bump();
        put(out, &[end]);
        return Ok(());
    }
    loop {
        if end == b'}' {
            scanner.blank()?;
            text(scanner, limits, out)?;
            scanner.expect(b':', "`:`")?;
            put(out, b":");
        }
        value(scanner, limits, depth - 1, out)?;
        match scanner.blank()? {
            Some(b',') => scanner.bump(),
            Some(byte) if byte == end => {
                scanner.bump();
                put(out, &[end]);
                return Ok(());
            }
            _ => return Err(scanner.expected(if end == b'}' { "`,` or `}`" } else { "`,` or `]`" })),
        }
        put(out, b",");
    }
}

fn text<R: Read>(
    scanner: &mut Scanner<R>,
    limits: &Limits,
    out: &mut Option<Vec<u8>>,
) -> Result<(), ChainError> {
    let text = string(scanner, limits.event_bytes, "a text")?;
    if let Some(out) = out {
        super::event::put_text(&mut |bytes| out.extend_from_slice(bytes), &text);
    }
    Ok(())
}

fn copy_word<R: Read>(
    scanner: &mut Scanner<R>,
    out: &mut Option<Vec<u8>>,
    word: &str,
) -> Result<(), ChainError> {
    scanner.word(word)?;
    put(out, word.as_bytes());
    Ok(())
}

fn put(out: &mut Option<Vec<u8>>, bytes: &[u8]) {
    if let Some(out) = out {
        out.extend_from_slice(bytes);
    }
}

fn shorten(text: &str) -> String {
    let shown: String = text.chars().take(48).flat_map(char::escape_debug).collect();
    if text.chars().count() > 48 { shown + "…" } else { shown }
}
