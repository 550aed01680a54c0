//! The bytes of a message: cheap to pass on, and without an allocation when they are few.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// How many bytes a payload holds in place.
const INLINE: usize = 15;

// Three words, the tag one of them: a message is moved again and again, and then in whole words.
#[derive(Clone)]
#[repr(u64)]
enum Repr {
    Inline(Short),
    Shared(Arc<[u8]>),
}

#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Short {
    bytes: [u8; INLINE],
    length: u8,
}

/// The bytes of a message, a reply or a state; immutable, and cheap to clone.
///
/// ```
/// use rehearsal::payload::Payload;
/// let greeting = Payload::from("hello");
/// assert_eq!(&greeting[..], b"hello");
/// assert_eq!(greeting.text(), "hello");
/// ```
#[derive(Clone)]
pub struct Payload(Repr);

impl Payload {
    /// No bytes at all.
    pub const EMPTY: Payload = Payload(Repr::Inline(Short { bytes: [0; INLINE], length: 0 }));

    /// The bytes as text, what is not UTF-8 replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self)
    }

    /// The bytes as a JSON value, where they are one.
    ///
    /// ```
    /// use rehearsal::payload::Payload;
    /// assert_eq!(Payload::from(r#"{"amount": 3}"#).json().unwrap()["amount"], 3);
    /// assert_eq!(Payload::from("three").json(), None);
    /// ```
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(self).ok()
    }
}

impl Default for Payload {
    fn default() -> Self {
        Payload::EMPTY
    }
}

impl Deref for Payload {
    type Target = [u8];
    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline(short) => &short.bytes[..usize::from(short.length)],
            Repr::Shared(bytes) => bytes,
        }
    }
}

impl From<&[u8]> for Payload {
    #[inline]
    fn from(bytes: &[u8]) -> Self {
        if bytes.len() <= INLINE {
            let mut short = Short { bytes: [0; INLINE], length: bytes.len() as u8 };
            short.bytes[..bytes.len()].copy_from_slice(bytes);
            Payload(Repr::Inline(short))
        } else {
            Payload(Repr::Shared(bytes.into()))
        }
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        if bytes.len() <= INLINE { Payload::from(&bytes[..]) } else { Payload(Repr::Shared(bytes.into())) }
    }
}

impl From<&str> for Payload {
    fn from(text: &str) -> Self {
        Payload::from(text.as_bytes())
    }
}

impl From<String> for Payload {
    fn from(text: String) -> Self {
        Payload::from(text.into_bytes())
    }
}

impl<const N: usize> From<&[u8; N]> for Payload {
    fn from(bytes: &[u8; N]) -> Self {
        Payload::from(&bytes[..])
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Payload) -> bool {
        self[..] == other[..]
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_bytes_are_alike() {
        for length in [0, 1, INLINE, INLINE + 1, 1000] {
            let bytes = vec![7; length];
            assert_eq!(&Payload::from(bytes.clone())[..], &bytes[..]);
            assert_eq!(Payload::from(&bytes[..]), Payload::from(bytes));
        }
    }
}
