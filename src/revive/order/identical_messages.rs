//! Who sent which of messages that are all alike.
//!
//! What one actor sends another is handled in the order in which it was sent. So where it is certain which of its other messages were
//! handled where, those between them were handled in between: each has a first place and a last one. Places are given out in
//! order, each to whoever must have one first. That is one assignment of many, and if there is any, this one is as good.

use super::send_order::{Kind, Sent};
use crate::id::ActorId;
use crate::revive::message_key::MessageKey;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Bound::{Excluded, Unbounded};

/// A part of its receiver, and what was sent that begins it.
pub(super) type Pair = ((ActorId, usize), Sent);

/// Where an actor's messages were handled, as far as it is known: in order of sending, and those to one actor alone too.
#[derive(Default)]
struct KnownPlaces {
    all: BTreeMap<ActorId, BTreeMap<(usize, usize), usize>>,
    to: BTreeMap<(ActorId, ActorId), BTreeMap<(usize, usize), usize>>,
}

impl KnownPlaces {
    fn put(&mut self, ((to, part), (from, sent, at)): Pair) {
        self.all.entry(from).or_default().insert((sent, at), part);
        self.to.entry((from, to)).or_default().insert((sent, at), part);
    }

    /// Between which two places of `to` this was handled.
    fn between(&self, to: ActorId, (from, part, at): Sent) -> (Option<usize>, usize) {
        let Some(known) = self.to.get(&(from, to)) else { return (None, usize::MAX) };
        let before = known.range(..(part, at)).next_back().map(|(_, place)| *place);
        let after =
            known.range((Excluded((part, at)), Unbounded)).next().map_or(usize::MAX, |(_, place)| *place);
        (before, after)
    }

    /// Where what the same actor sent next was handled, whoever got it.
    fn next(&self, (from, part, at): Sent) -> usize {
        let after = self.all.get(&from).and_then(|all| all.range((Excluded((part, at)), Unbounded)).next());
        after.map_or(usize::MAX, |(_, place)| *place)
    }
}

/// Who sent what, where as many were handled as were sent: what is certain, and what may be.
pub(super) fn pairs(plain: &BTreeMap<MessageKey, Kind>) -> (Vec<Pair>, Vec<Pair>) {
    let (mut found, mut likely, mut known) = (Vec::new(), Vec::new(), KnownPlaces::default());
    let mut doubtful: Vec<&Kind> = Vec::new();
    for kind in plain.values().filter(|kind| kind.sent.len() == kind.handled.len()) {
        match kind.sent.iter().all(|sent| sent.0 == kind.sent[0].0) {
            true => found.extend(kind.handled.iter().copied().zip(kind.sent.iter().copied())),
            false => doubtful.push(kind),
        }
    }
    found.iter().for_each(|pair| known.put(*pair));
    doubtful.sort_by_key(|kind| kind.sent.len());
    for kind in doubtful {
        let some = given_out(kind, &known);
        some.iter().for_each(|pair| known.put(*pair));
        likely.extend(some);
    }
    (found, likely)
}

/// The places of one kind, given out in order; none if that leads nowhere.
fn given_out(kind: &Kind, known: &KnownPlaces) -> Vec<Pair> {
    let Some((to, _)) = kind.handled.first().copied() else { return Vec::new() };
    let mut jobs: Vec<(Option<usize>, Sent, usize)> = Vec::with_capacity(kind.sent.len());
    for sent in &kind.sent {
        let (first, last) = known.between(to, *sent);
        jobs.push((first, *sent, last));
    }
    jobs.sort();
    let (mut jobs, mut waiting) = (jobs.into_iter().peekable(), BinaryHeap::new());
    let mut given = Vec::with_capacity(kind.handled.len());
    for (to, place) in &kind.handled {
        while let Some((_, sent, last)) = jobs.next_if(|(first, ..)| *first < Some(*place)) {
            waiting.push(Reverse((last, known.next(sent), sent)));
        }
        match waiting.pop() {
            Some(Reverse((last, _, sent))) if last > *place => given.push(((*to, *place), sent)),
            _ => return Vec::new(),
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who sent what was handled by actor 0, place by place: `sent` has the senders' messages in their order, `handled` the receiver's.
    fn check(sent: &[&[&str]], handled: &[&str], expect: &[usize]) {
        let mut plain: BTreeMap<MessageKey, Kind> = BTreeMap::new();
        let key = |text: &str| MessageKey::to(Some(ActorId(0)), "handle-send", text.as_bytes());
        for (from, texts) in sent.iter().enumerate() {
            for (at, text) in texts.iter().enumerate() {
                plain.entry(key(text)).or_default().sent.push((ActorId(from as u32 + 1), 0, at));
            }
        }
        for (part, text) in handled.iter().enumerate() {
            plain.entry(key(text)).or_default().handled.push((ActorId(0), part));
        }
        let (mut found, likely) = pairs(&plain);
        found.extend(likely);
        found.sort();
        assert_eq!(found.iter().map(|(_, sent)| sent.0.index()).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn places_go_to_who_must_have_them_first() {
        // The second must have sent its `t` before its `b`, and the first one's comes after its `a`.
        check(&[&["a", "t"], &["t", "b"]], &["t", "a", "b", "t"], &[2, 1, 2, 1]);
        check(&[&["t", "t", "x"], &["t", "t", "y"]], &["t", "t", "y", "t", "t", "x"], &[2, 2, 2, 1, 1, 1]);
        // All alike: one after the other.
        check(&[&["t", "q"], &["t", "q"]], &["t", "t", "q", "q"], &[1, 2, 1, 2]);
        // Nobody can have sent that.
        check(&[&["t", "a"], &["t", "b"]], &["a", "t", "t", "b"], &[1, 2]);
        // One of them came from somebody else.
        check(&[&["t"], &["t"]], &["t", "t", "t"], &[]);
    }
}
