//! Random bytes that a chain does not keep: generation A tells how many there were. What the actor made of them may show them, raw or as text.

use super::text_alignment;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// How many bytes are looked for at most.
const MOST: usize = 4096;

/// A way to write bytes down, and back.
struct Way {
    write: fn(&[u8]) -> Vec<u8>,
    read: fn(&[u8], usize) -> Option<Vec<u8>>,
    /// Whether so many bytes are always as long when written.
    fixed: bool,
}

const WAYS: [Way; 11] = [
    Way { write: <[u8]>::to_vec, read: |text, _| Some(text.to_vec()), fixed: true },
    Way { write: |bytes| hexadecimal(bytes, ""), read: |text, _| from_hexadecimal(text, 0), fixed: true },
    Way { write: capitals, read: |text, _| from_hexadecimal(text, 0), fixed: true },
    Way { write: |bytes| hexadecimal(bytes, ":"), read: |text, _| from_hexadecimal(text, 1), fixed: true },
    Way { write: |bytes| hexadecimal(bytes, " "), read: |text, _| from_hexadecimal(text, 1), fixed: true },
    Way { write: |bytes| STANDARD_NO_PAD.encode(bytes).into(), read: from_base64, fixed: true },
    Way { write: |bytes| URL_SAFE_NO_PAD.encode(bytes).into(), read: from_base64, fixed: true },
    Way { write: |bytes| decimals(bytes, ","), read: from_decimals, fixed: false },
    Way { write: |bytes| decimals(bytes, ", "), read: from_decimals, fixed: false },
    Way { write: number, read: |text, length| from_number(text, length), fixed: false },
    Way {
        write: |bytes| number(&reversed(bytes)),
        read: |text, length| Some(reversed(&from_number(text, length)?)),
        fixed: false,
    },
];

fn reversed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}

fn hexadecimal(bytes: &[u8], between: &str) -> Vec<u8> {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between).into()
}

fn capitals(bytes: &[u8]) -> Vec<u8> {
    hexadecimal(bytes, "").to_ascii_uppercase()
}

/// Two digits a byte, so many characters apart.
fn from_hexadecimal(text: &[u8], between: usize) -> Option<Vec<u8>> {
    let digits = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair.get(..2)?).ok()?;
        u8::from_str_radix(pair, 16).ok()
    };
    text.chunks(2 + between).map(digits).collect()
}

fn from_base64(text: &[u8], _: usize) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()
}

fn decimals(bytes: &[u8], between: &str) -> Vec<u8> {
    bytes.iter().map(ToString::to_string).collect::<Vec<_>>().join(between).into()
}

fn from_decimals(text: &[u8], _: usize) -> Option<Vec<u8>> {
    std::str::from_utf8(text).ok()?.split(',').map(|one| one.trim().parse().ok()).collect()
}

/// As one number, the lowest byte first.
fn number(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() > 8 {
        return Vec::new();
    }
    let word = bytes.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
    word.to_string().into()
}

fn from_number(text: &[u8], length: usize) -> Option<Vec<u8>> {
    let word: u64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let bytes = word.to_le_bytes();
    let fits = length <= 8 && bytes[length..].iter().all(|byte| *byte == 0);
    fits.then(|| bytes[..length].to_vec())
}

/// The bytes that are given in place of the `number`th answer, so that they are known again; none where there are too many.
pub(super) fn mark(number: usize, length: u32) -> Option<Vec<u8>> {
    let length = usize::try_from(length).ok().filter(|length| (1..=MOST).contains(length))?;
    let byte = |place: usize| (crate::digest::mix(number as u64 + 1, place as u64) >> 24) as u8;
    // The highest bits are set: a number is then as long as any.
    Some((0..length).map(|place| byte(place) | 0x80).collect())
}

/// What `recorded` has where `made` has `mark`, in whatever way it is written.
pub(super) fn behind(made: &[u8], recorded: &[u8], mark: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for way in &WAYS {
        let written = (way.write)(mark);
        if written.is_empty() {
            continue;
        }
        let texts = match way.fixed {
            true => text_alignment::beside(made, recorded, &written),
            false => text_alignment::behind(made, recorded, &written),
        };
        let read = texts.iter().filter_map(|text| (way.read)(text, mark.len()));
        for bytes in read.filter(|bytes| bytes.len() == mark.len()) {
            if !found.contains(&bytes) {
                found.push(bytes);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_off_however_they_are_written() {
        for length in [1, 3, 4, 8, 16] {
            let (given, real) = (mark(0, length).unwrap(), mark(7, length).unwrap());
            for (which, way) in WAYS.iter().enumerate() {
                let text = |bytes: &[u8]| [b"log \"", &(way.write)(bytes)[..], b"\" and more"].concat();
                // No number has more than eight bytes.
                let found = behind(&text(&given), &text(&real), &given);
                assert_eq!(found.contains(&real), !(way.write)(&given).is_empty(), "{which} {length}");
            }
        }
    }

    #[test]
    fn what_is_not_written_is_not_found() {
        let given = mark(0, 4).unwrap();
        assert!(behind(b"nothing of it", b"nothing of it", &given).is_empty());
        assert!(behind(&given, b"xy", &given).is_empty(), "too short");
        assert!(mark(0, 0).is_none() && mark(0, 1 << 20).is_none());
    }
}
