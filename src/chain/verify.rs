//! Does a chain hold? Every hash and every link, and what is the first that does not.

use super::error::ChainError;
use super::event::{EventHash, EventHasher, Generation};
use super::read::{EventSource, Layout, Lost, Stored};
use std::collections::BTreeSet;
use std::fmt;

/// How many gaps a report tells one by one; all are counted.
const GAPS_TOLD: usize = 16;

/// A hash that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// An event is not what its hash says.
    Hash {
        /// The event's index, from 0.
        index: u64,
        /// The hash of what the event holds.
        computed: EventHash,
        /// The hash that the record gives it.
        recorded: EventHash,
    },
    /// The last event is not the one that `current_hash` (or the file of `chains/`) names.
    Head {
        /// The hash of the last event; none if there is no event.
        last: Option<EventHash>,
        /// The hash that is told.
        told: Option<EventHash>,
    },
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Break::Hash { index, computed, recorded } => {
                write!(f, "the hash of event {index} does not hold: expected {computed}, found {recorded}")
            }
            Break::Head { last, told } => {
                let (last, told) = (or_none(last), or_none(told));
                write!(f, "the chain's head does not hold: expected {last}, found {told}")
            }
        }
    }
}

/// An event that does not follow the one before it, though its own hash holds (or cannot be checked).
///
/// ```
/// use rehearsal::chain::{ChainBuilder, ChainForm, ChainReader, GapKind, Limits, verify, write_array};
/// let mut chain = ChainBuilder::new(ChainForm::B);
/// for function in ["init", "one", "two"] {
///     chain.wasm_call(function, b"null", 0);
/// }
/// let mut events = chain.take_events();
/// events.remove(1);
/// let mut file = Vec::new();
/// write_array(&mut file, &events)?;
/// let report = verify(&mut ChainReader::new(&file[..], "a.json", Limits::default())?)?;
/// assert!(!report.holds());
/// assert_eq!((report.breaks, report.gaps[0].index, report.gaps[0].kind), (0, 1, GapKind::Missing));
/// # Ok::<(), rehearsal::chain::ChainError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The event's index, from 0.
    pub index: u64,
    /// What its record says is before it.
    pub parent: Option<EventHash>,
    /// What is before it.
    pub before: Option<EventHash>,
    /// What kind of gap.
    pub kind: GapKind,
}

/// What an event that does not follow the one before it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// Events are missing before it.
    Missing,
    /// It is the event before it once more.
    Repeated,
    /// It has the parent that the event before it has.
    Fork,
    /// It has no parent, and is not the first.
    Root,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, parent, before) = (self.index, or_none(&self.parent), or_none(&self.before));
        match (self.kind, self.before) {
            (GapKind::Missing, None) => {
                write!(f, "gap before event {index}: expected no parent, found {parent}")
            }
            (GapKind::Missing, _) => {
                write!(f, "gap before event {index}: expected the parent {before}, found {parent}")
            }
            (GapKind::Repeated, _) => write!(f, "event {index} repeats the event before it, {before}"),
            (GapKind::Fork, _) => {
                write!(
                    f,
                    "event {index} has the parent of the event before it: expected {before}, found {parent}"
                )
            }
            (GapKind::Root, _) => {
                write!(f, "event {index} begins another chain: expected the parent {before}, found none")
            }
        }
    }
}

fn or_none(hash: &Option<EventHash>) -> String {
    hash.as_ref().map_or_else(|| "none".to_string(), EventHash::to_string)
}

/// What verifying a chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// How the chain is laid out.
    pub layout: Layout,
    /// The events read.
    pub events: u64,
    /// The generations that the events speak for; one, in any chain that Theater wrote.
    pub generations: BTreeSet<Generation>,
    /// The recorded hash of the last event.
    pub head: Option<EventHash>,
    /// The first hash that does not hold.
    pub first_break: Option<Break>,
    /// How many hashes do not hold.
    pub breaks: u64,
    /// The first gaps.
    pub gaps: Vec<Gap>,
    /// How many gaps there are.
    pub gap_count: u64,
    /// How many hashes could not be checked, and why (the first reason).
    pub unverified: Option<(u64, Lost)>,
    /// A field that is in some event, and that no hash covers.
    pub unhashed: Option<String>,
}

impl VerifyReport {
    /// Whether nothing was found that does not hold. What could not be checked is not held against it:
    /// see [`VerifyReport::unverified`].
    pub fn holds(&self) -> bool {
        self.breaks == 0 && self.gap_count == 0
    }

    /// The generation as a word or two: `generation A`, or `generations A and B`.
    pub fn generation(&self) -> String {
        let names: Vec<String> = self.generations.iter().map(Generation::to_string).collect();
        match names.len() {
            0 => "no generation".to_string(),
            1 => format!("generation {}", names[0]),
            _ => format!("generations {}", names.join(" and ")),
        }
    }
}

impl fmt::Display for VerifyReport {
    /// A line that says it all, then a line for each thing to know.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match (self.holds(), self.unverified) {
            (false, _) => "does not hold",
            (true, Some(_)) => "cannot be verified",
            (true, None) => "holds",
        };
        let events = if self.events == 1 { "event" } else { "events" };
        write!(f, "{verdict}: {} {events}, {}, {}", self.events, self.generation(), self.layout)?;
        if let Some(head) = self.head {
            write!(f, ", head {head}")?;
        }
        if let Some(first) = &self.first_break {
            write!(f, "\nerror: {first}")?;
        }
        if self.breaks > 1 {
            write!(f, "\nnote: {} hashes do not hold in all", self.breaks)?;
        }
        for gap in &self.gaps {
            write!(f, "\nerror: {gap}")?;
        }
        if self.gap_count > self.gaps.len() as u64 {
            write!(f, "\nnote: {} gaps in all", self.gap_count)?;
        }
        if let Some((count, lost)) = self.unverified {
            write!(f, "\nnote: {count} of {} hashes not checked: {lost}", self.events)?;
        }
        if let Some(field) = &self.unhashed {
            write!(f, "\nnote: the field `{}` is covered by no hash", field.escape_debug())?;
        }
        Ok(())
    }
}

/// What one event's hash and link say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both hold (or the hash cannot be checked, and the link holds).
    Holds,
    /// The hash does not hold.
    Broken,
    /// The hash holds and the link does not.
    Gap,
}

/// Verifies a chain event by event.
pub struct Verifier {
    report: VerifyReport,
    parent: Option<EventHash>,
    hasher: EventHasher,
}

impl Verifier {
    /// A verifier of a chain of which no event was taken yet.
    pub fn new(layout: Layout) -> Verifier {
        let report = VerifyReport {
            layout,
            events: 0,
            generations: BTreeSet::new(),
            head: None,
            first_break: None,
            breaks: 0,
            gaps: Vec::new(),
            gap_count: 0,
            unverified: None,
            unhashed: None,
        };
        Verifier { report, parent: None, hasher: EventHasher::default() }
    }

    /// Takes the next event.
    pub fn take(&mut self, stored: &Stored) -> Verdict {
        let (event, index, before) = (&stored.event, self.report.events, self.report.head);
        let broken = match stored.lost {
            Some(lost) => {
                self.report.unverified.get_or_insert((0, lost)).0 += 1;
                false
            }
            None => {
                let computed = self.hasher.hash(event);
                if computed != event.hash {
                    self.broken(Break::Hash { index, computed, recorded: event.hash });
                }
                computed != event.hash
            }
        };
        let gap = !broken && event.parent_hash != before;
        if gap {
            let kind = match (event.parent_hash, before) {
                (_, Some(before)) if before == event.hash => GapKind::Repeated,
                (None, Some(_)) => GapKind::Root,
                (parent, Some(_)) if parent == self.parent => GapKind::Fork,
                _ => GapKind::Missing,
            };
            self.gap(Gap { index, parent: event.parent_hash, before, kind });
        }
        let generation = if stored.lost.is_some() { Generation::C } else { Generation::of(event) };
        self.report.generations.insert(generation);
        if self.report.unhashed.is_none() {
            self.report.unhashed.clone_from(&stored.unhashed);
        }
        self.report.events += 1;
        self.report.head = Some(event.hash);
        self.parent = event.parent_hash;
        match (broken, gap) {
            (true, _) => Verdict::Broken,
            (false, true) => Verdict::Gap,
            (false, false) => Verdict::Holds,
        }
    }

    /// The report, once all events were taken; `told` is what the layout says the last one is.
    pub fn finish(mut self, told: Option<Option<EventHash>>) -> VerifyReport {
        let last = self.report.head;
        if let Some(told) = told.filter(|told| *told != last) {
            self.broken(Break::Head { last, told });
        }
        self.report
    }

    fn broken(&mut self, broken: Break) {
        self.report.breaks += 1;
        self.report.first_break.get_or_insert(broken);
    }

    fn gap(&mut self, gap: Gap) {
        self.report.gap_count += 1;
        if self.report.gaps.len() < GAPS_TOLD {
            self.report.gaps.push(gap);
        }
    }
}

/// Verifies all of a chain, in memory that does not grow with it.
///
/// # Errors
/// When the chain cannot be read. One that does not hold is no error: the report says so.
///
/// ```
/// use rehearsal::chain::{ChainBuilder, ChainForm, ChainReader, Limits, verify, write_array};
/// let mut chain = ChainBuilder::new(ChainForm::B);
/// chain.wasm_call("theater:simple/actor.init", b"null", 0);
/// let mut file = Vec::new();
/// write_array(&mut file, chain.events())?;
/// let report = verify(&mut ChainReader::new(&file[..], "a.json", Limits::default())?)?;
/// assert!(report.holds());
///
/// let last = file.iter().rposition(|byte| *byte == b'1').unwrap();
/// file[last] = b'2';
/// let report = verify(&mut ChainReader::new(&file[..], "a.json", Limits::default())?)?;
/// assert!(report.to_string().contains("error: the hash of event 0 does not hold: expected "));
/// # Ok::<(), rehearsal::chain::ChainError>(())
/// ```
pub fn verify(source: &mut dyn EventSource) -> Result<VerifyReport, ChainError> {
    let mut verifier = Verifier::new(source.layout());
    while let Some(stored) = source.next_event()? {
        verifier.take(stored);
    }
    Ok(verifier.finish(source.told_head()))
}
