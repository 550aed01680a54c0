//! Something that may happen next, by name.
//!
//! An event's identity is made of participants and their own counters, so that it is the same event in
//! every order of the others: traces, sleep sets and sets of racing pairs all rest on that.

use crate::id::ActorId;
use std::fmt;

/// The verb of an event. The order is the canonical one: ordinary events, then timers, then faults.
// Four bytes wide, so that an event has no padding: it is copied in every step, and then in whole words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u32)]
pub enum Verb {
    /// An actor begins: its `init` runs as an event of its own (Theater profiles).
    Start,
    /// The head of a lane reaches its actor and is handled.
    Deliver,
    /// The answer to a call reaches its caller.
    Answer,
    /// The runtime's loop, or the router's, takes its next command (Theater profiles).
    Route,
    /// An actor's mailbox loop takes its next message (Theater profiles).
    Handle,
    /// A spawned task of the runtime runs (Theater profiles).
    Task,
    /// An operation runs that had to queue behind another (Theater profiles).
    Run,
    /// An actor is asked to stop, between two turns.
    Stop,
    /// An actor is ended at once, in the middle of a turn if need be.
    Terminate,
    /// A timer goes off.
    Fire,
    /// A mailbox loop gives up the operation that it waits for (Theater profiles).
    Expire,
}

impl Verb {
    const ALL: [(Verb, &'static str); 11] = [
        (Verb::Start, "start"),
        (Verb::Deliver, "deliver"),
        (Verb::Answer, "answer"),
        (Verb::Route, "route"),
        (Verb::Handle, "handle"),
        (Verb::Task, "task"),
        (Verb::Run, "run"),
        (Verb::Stop, "stop"),
        (Verb::Terminate, "terminate"),
        (Verb::Fire, "fire"),
        (Verb::Expire, "expire"),
    ];

    /// The verb of this place in the order.
    #[inline(always)]
    fn at(place: u32) -> Verb {
        match place {
            0 => Verb::Start,
            1 => Verb::Deliver,
            2 => Verb::Answer,
            3 => Verb::Route,
            4 => Verb::Handle,
            5 => Verb::Task,
            6 => Verb::Run,
            7 => Verb::Stop,
            8 => Verb::Terminate,
            9 => Verb::Fire,
            _ => Verb::Expire,
        }
    }

    /// The verb as traces have it.
    pub fn word(self) -> &'static str {
        Verb::ALL[self as usize].1
    }

    /// The verb of a word of a trace.
    pub fn of(word: &str) -> Option<Verb> {
        Verb::ALL.iter().find(|(_, name)| *name == word).map(|(verb, _)| *verb)
    }
}

/// Something that may happen next.
///
/// `from` and `to` are the participants it is about (equal where there is one alone), and `number` counts
/// within the verb and the two: a lane's messages, a caller's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event {
    /// What happens.
    pub verb: Verb,
    /// Who it comes from.
    pub from: ActorId,
    /// Who it happens to: the turn it causes is this participant's.
    pub to: ActorId,
    /// Which of them, from 1.
    pub number: u32,
}

impl Event {
    /// An event that concerns two participants.
    pub fn new(verb: Verb, from: ActorId, to: ActorId, number: u32) -> Event {
        Event { verb, from, to, number }
    }

    /// What events of one queue share: the verb and the two participants. Strategies give
    /// their priorities to flows.
    pub fn flow(self) -> u128 {
        u128::from(self.verb as u8) << 64 | u128::from(self.from.0) << 32 | u128::from(self.to.0)
    }

    /// One word for a digest.
    pub fn word(self) -> u64 {
        let ends = u64::from(self.from.0) << 32 | u64::from(self.to.0);
        crate::digest::mix(ends, u64::from(self.verb as u8) << 32 | u64::from(self.number))
    }

    /// The event's name among participants of these names: `deliver alice -> echo #1`.
    ///
    /// ```
    /// use rehearsal::event::{Event, Verb};
    /// use rehearsal::id::ActorId;
    /// let names = vec!["echo".to_string(), "alice".to_string()];
    /// let event = Event::new(Verb::Deliver, ActorId(1), ActorId(0), 1);
    /// assert_eq!(event.name(&names).to_string(), "deliver alice -> echo #1");
    /// assert_eq!(Event::parse("deliver alice -> echo #1", &names), Ok(event));
    /// ```
    pub fn name(self, names: &[String]) -> EventName<'_> {
        EventName { event: self, names }
    }

    /// Reads the name of an event.
    ///
    /// # Errors
    /// Says what does not fit: the verb, a participant, the number.
    pub fn parse(text: &str, names: &[String]) -> Result<Event, String> {
        let place = |name: &str| names.iter().position(|known| known == name);
        Event::parse_by(text, &|name| place(name).map(|place| ActorId(place as u32)))
    }

    /// The same where the participants can be found faster than by going through them.
    pub(crate) fn parse_by(text: &str, find: &dyn Fn(&str) -> Option<ActorId>) -> Result<Event, String> {
        let mut words = text.split_whitespace();
        let word = words.next().unwrap_or("");
        let verb = Verb::of(word).ok_or_else(|| format!("`{word}` is not the verb of an event"))?;
        let mut who = || -> Result<ActorId, String> {
            let name = words.next().ok_or("a participant is missing")?;
            find(name).ok_or_else(|| format!("nobody here is called `{name}`"))
        };
        let from = who()?;
        let mut next = words.next();
        let mut to = from;
        if next == Some("->") {
            let name = words.next().ok_or("a participant is missing after `->`")?;
            to = find(name).ok_or_else(|| format!("nobody here is called `{name}`"))?;
            next = words.next();
        }
        let digits = next.and_then(|word| word.strip_prefix('#')).ok_or("`#` and a number are missing")?;
        let number = digits.parse().map_err(|_| format!("`{digits}` is not a number"))?;
        match words.next() {
            Some(extra) => Err(format!("`{extra}` is one word too many")),
            None => Ok(Event { verb, from, to, number }),
        }
    }
}

/// An event in two words, as it is kept among what may happen next. There it is read just after it was written, and four
/// fields that are read as one wide word wait until each of them has reached the cache.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packed {
    ends: u64,
    what: u64,
}

impl Packed {
    #[inline(always)]
    pub fn new(event: Event) -> Packed {
        let Event { verb, from, to, number } = event;
        let ends = u64::from(from.0) << 32 | u64::from(to.0);
        Packed { ends, what: (verb as u64) << 32 | u64::from(number) }
    }

    #[inline(always)]
    pub fn event(self) -> Event {
        let Packed { ends, what } = self;
        let (from, to) = (ActorId((ends >> 32) as u32), ActorId(ends as u32));
        Event { verb: Verb::at((what >> 32) as u32), from, to, number: what as u32 }
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event().fmt(f)
    }
}

/// An event and the names of the participants: what is printed.
pub struct EventName<'a> {
    event: Event,
    names: &'a [String],
}

impl fmt::Display for EventName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Event { verb, from, to, number } = self.event;
        let name = |id: ActorId| self.names.get(id.index()).map_or("?", String::as_str);
        match from == to && verb != Verb::Deliver {
            true => write!(f, "{} {} #{number}", verb.word(), name(from)),
            false => write!(f, "{} {} -> {} #{number}", verb.word(), name(from), name(to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_reads_back() {
        for (place, (verb, word)) in Verb::ALL.into_iter().enumerate() {
            assert_eq!(verb as usize, place);
            assert_eq!(Verb::at(place as u32), verb);
            let event = Event::new(verb, ActorId(1), ActorId(u32::MAX), 3);
            assert_eq!(Packed::new(event).event(), event);
            assert_eq!(Verb::of(word), Some(verb));
        }
    }

    #[test]
    fn what_is_no_event_is_told() {
        let names = vec!["a".to_string()];
        assert_eq!(Event::parse("eat a #1", &names), Err("`eat` is not the verb of an event".into()));
        assert_eq!(Event::parse("fire b #1", &names), Err("nobody here is called `b`".into()));
        assert_eq!(Event::parse("fire a", &names), Err("`#` and a number are missing".into()));
        assert!(Event::parse("fire a #1 now", &names).is_err());
        assert!(Event::parse("deliver a -> a #1", &names).is_ok());
    }
}
