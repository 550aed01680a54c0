//! Names of things: participants, calls, requests, channels, and virtual time.
//!
//! Ids are derived from their owner and the owner's counter, never drawn: two equal orders must
//! give equal ids, or no fingerprint would ever match.

use crate::digest::mix;
use std::fmt;

/// A participant of a run: an actor of the cast, or a client. Its number is its place in the
/// scenario, actors first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u32);

impl ActorId {
    /// The place of this participant in the scenario, as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An outstanding call of a participant: a request, an opening channel, or a sleep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId {
    /// Who waits for the answer.
    pub owner: ActorId,
    /// The owner's own count of calls, from 1.
    pub number: u32,
}

/// The id under which the receiver of a request knows it; its text is a UUID, as in Theater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u128);

impl RequestId {
    /// The id of the request that the caller knows as `call`.
    ///
    /// ```
    /// use rehearsal::id::{ActorId, CallId, RequestId};
    /// let call = CallId { owner: ActorId(3), number: 1 };
    /// assert_eq!(RequestId::of(call), RequestId::of(call));
    /// assert_eq!(RequestId::parse(&RequestId::of(call).to_string()), Some(RequestId::of(call)));
    /// ```
    pub fn of(call: CallId) -> RequestId {
        let seed = u64::from(call.owner.0) << 32 | u64::from(call.number);
        let (high, low) = (mix(seed, 0x7265_7175), mix(seed, 0x6573_7421));
        let raw = u128::from(high) << 64 | u128::from(low);
        RequestId(uuid::Builder::from_random_bytes(raw.to_be_bytes()).into_uuid().as_u128())
    }

    /// Reads the text of an id, or gives nothing for what is not one.
    pub fn parse(text: &str) -> Option<RequestId> {
        uuid::Uuid::parse_str(text).ok().map(|id| RequestId(id.as_u128()))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_u128(self.0).fmt(f)
    }
}

/// A channel between two participants; its text is `ch_` and sixteen hex digits, as in Theater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub u64);

impl ChannelId {
    /// The id of the `number`th channel that `opener` opens to `target`.
    ///
    /// ```
    /// use rehearsal::id::{ActorId, ChannelId};
    /// let (alice, bob) = (ActorId(0), ActorId(1));
    /// assert_eq!(ChannelId::of(alice, bob, 1), ChannelId::of(alice, bob, 1));
    /// assert_ne!(ChannelId::of(alice, bob, 1), ChannelId::of(bob, alice, 1));
    /// ```
    pub fn of(opener: ActorId, target: ActorId, number: u32) -> ChannelId {
        let ends = u64::from(opener.0) << 32 | u64::from(target.0);
        ChannelId(mix(ends, u64::from(number) ^ 0x6368_616e))
    }

    /// Reads the text of an id, or gives nothing for what is not one of ours.
    ///
    /// ```
    /// use rehearsal::id::ChannelId;
    /// assert_eq!(ChannelId::parse("ch_00000000000000ff"), Some(ChannelId(255)));
    /// assert_eq!(ChannelId::parse("ff"), None);
    /// ```
    pub fn parse(text: &str) -> Option<ChannelId> {
        let digits = text.strip_prefix("ch_")?;
        let plain = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        plain.then(|| u64::from_str_radix(digits, 16).ok().map(ChannelId))?
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ch_{:016x}", self.0)
    }
}

/// Virtual time, or a span of it, in nanoseconds. Nothing ever really waits for it.
///
/// ```
/// use rehearsal::id::Time;
/// let later = Time::from_millis(1_500).after(Time::parse("2s").unwrap());
/// assert_eq!((later.as_millis(), later.to_string().as_str()), (3_500, "3500ms"));
/// assert!(Time::ZERO < later);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// The start of every run.
    pub const ZERO: Time = Time(0);
    const UNITS: [(&'static str, u64); 6] = [
        ("h", 3_600_000_000_000),
        ("min", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
    ];

    /// A span of whole milliseconds; what would overflow is the longest span there is.
    pub fn from_millis(ms: u64) -> Time {
        Time(ms.saturating_mul(1_000_000))
    }

    /// Whole milliseconds, rounded down.
    pub fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// This time and `span` more, or the last time there is.
    pub fn after(self, span: Time) -> Time {
        Time(self.0.saturating_add(span.0))
    }

    /// Reads a duration: a whole number and a unit (`ns`, `us`, `ms`, `s`, `min`, `h`).
    ///
    /// ```
    /// use rehearsal::id::Time;
    /// assert_eq!(Time::parse("20ms"), Some(Time(20_000_000)));
    /// assert_eq!(Time::parse("soon"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Time> {
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit())?;
        let (digits, unit) = text.split_at(split);
        let unit = if unit.trim() == "µs" { "us" } else { unit.trim() };
        let scale = Self::UNITS.iter().find(|(name, _)| *name == unit)?.1;
        digits.parse::<u64>().ok()?.checked_mul(scale).map(Time)
    }
}

impl fmt::Display for Time {
    /// The largest unit that tells the time exactly: `1500ms`, `2s`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = Time::UNITS.iter().filter(|(name, _)| *name != "h" && *name != "min");
        match exact.into_iter().find(|(_, scale)| self.0.is_multiple_of(*scale)) {
            Some((name, scale)) => write!(f, "{}{}", self.0 / scale, name),
            None => write!(f, "{}ns", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back_what_they_print() {
        for ns in [0, 1, 999, 1_000, 20_000_000, 1_500_000_000, 3_000_000_000_000] {
            assert_eq!(Time::parse(&Time(ns).to_string()), Some(Time(ns)));
        }
        assert_eq!(Time(1_500_000_000).to_string(), "1500ms");
        assert_eq!(Time::parse("3 min"), Some(Time(180_000_000_000)));
        assert_eq!(Time::parse("99999999999999999999s"), None);
    }

    #[test]
    fn ids_differ_by_owner_and_number() {
        let id = |owner, number| RequestId::of(CallId { owner: ActorId(owner), number });
        assert_ne!(id(1, 2), id(2, 1));
        assert_ne!(ChannelId::of(ActorId(0), ActorId(1), 1), ChannelId::of(ActorId(1), ActorId(0), 1));
    }
}
