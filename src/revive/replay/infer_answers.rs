//! Finding the answers that a chain does not hold: answers are tried until what the actor makes of them is what
//! the record says.

use super::candidate_answers::Around;
use super::fuel;
use super::random_bytes;
use super::recorded_host::{Asked, End, RecordedHost};
use super::text_alignment;
use crate::actor::{Ended, Input, NewState, Reply, Turn};
use crate::call::{Given, HostAnswer, HostCall};
use crate::chain::{Decoded, Reply as ChainReply};
use crate::run::{Factory, chains};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many times one call of an export is tried.
const MOST_RUNS: usize = 4000;
/// How many ways to go on are kept in mind.
const MOST_WAITING: usize = 100_000;
/// How many answers of one call of an export are tried otherwise, to see whether the record bears them out.
const MOST_DOUBTED: usize = 16;
/// How many tries may use up their fuel.
const MOST_SPENT: usize = 3;

/// One call of an export, to be tried.
#[derive(Clone)]
pub struct Trial {
    /// The host as it stands before the call.
    pub before: RecordedHost,
    /// The export.
    pub export: String,
    /// Its input.
    pub input: Input,
}

/// How a trial went.
pub struct Tried {
    /// The host after it.
    pub host: RecordedHost,
    /// Nothing that was done differs from the record.
    pub agrees: bool,
    /// How much of it agrees: events, then bytes.
    pub score: (usize, usize),
    /// All but the state that the export left is as recorded.
    pub all_but_state: bool,
    /// Whether its fuel was used up, or that of one tried before it.
    pub out_of_fuel: bool,
    /// What was made and what is recorded, where they differ.
    differs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Tried {
    /// The answers that it was given.
    pub fn answers(&self) -> Vec<HostAnswer> {
        self.host.asked.iter().filter_map(|asked| asked.answer.clone()).collect()
    }
}

/// Tries a call with these answers, and the likeliest ones after them. A new actor does it: the real one must not see it.
pub fn attempt(trial: &Trial, factory: &Factory, around: &Around<'_>, answers: &[HostAnswer]) -> Tried {
    let mut actor = factory();
    let mut host = trial.before.clone();
    host.guesses = answers.iter().cloned().collect();
    let mut ended = actor.turn(trial.input.clone(), &mut Turn::new(&mut host));
    while ended == Ended::Awaiting && host.end.is_none() {
        let Some((last, before)) = host.asked.split_last() else { break };
        let Some(answer) = around.answers(&last.call, before).into_iter().next() else { break };
        if let Some(last) = host.asked.last_mut() {
            last.answer = Some(answer.clone());
        }
        ended = actor.turn(Input::Answer(answer), &mut Turn::new(&mut host));
    }
    judge(trial, host, &ended)
}

fn judge(trial: &Trial, mut host: RecordedHost, ended: &Ended) -> Tried {
    let place = host.next();
    let mut differs = Vec::new();
    if host.end.is_none() {
        let compared = match ended {
            Ended::Returned(returned) => host.returned(&trial.export, returned),
            Ended::Failed(failure) => host.failed(&trial.export, failure),
            Ended::Awaiting => Err(End::Over),
        };
        host.end = compared.err();
    }
    let mut all_but_state = false;
    if let (Some(End::Diverged(_)), Some(place)) = (&host.end, place) {
        differs = apart(&host, place, ended);
        all_but_state = match (&host.record().entries[place].said, ended) {
            (Decoded::Returned { result, .. }, Ended::Returned(returned)) => {
                chains::result(&returned.reply).to_string().as_bytes() == result
            }
            _ => false,
        };
    }
    let agrees = matches!(host.end, None | Some(End::Over));
    let bytes = differs.iter().map(|(made, recorded)| text_alignment::common(made, recorded)).sum();
    Tried { score: (host.at, bytes), host, agrees, all_but_state, out_of_fuel: fuel::ran_out(ended), differs }
}

/// What was made and what is recorded at `place`, piece by piece.
fn apart(host: &RecordedHost, place: usize, ended: &Ended) -> Vec<(Vec<u8>, Vec<u8>)> {
    let record = host.record();
    let entry = &record.entries[place];
    let mut pairs = Vec::new();
    match (&entry.said, ended) {
        (Decoded::Log { message }, _) => {
            if let Some(line) = &host.logged {
                pairs.push((line.clone().into_bytes(), message.clone().into_bytes()));
            }
        }
        (Decoded::Returned { state, .. }, Ended::Returned(returned)) => {
            if let (NewState::Replaced(Some(made)), Some(state)) = (&returned.state, state) {
                pairs.push((made.to_vec(), state.clone()));
            }
            let recorded = entry.reply();
            if let (Reply::Answer(Some(made)), Some(ChainReply::Request(Some(recorded)))) =
                (&returned.reply, recorded)
            {
                pairs.push((made.to_vec(), recorded));
            }
        }
        (Decoded::Failed { message, .. }, Ended::Failed(failure)) => {
            let recorded = message.strip_prefix("Failed to call function: ").unwrap_or(message);
            pairs.push((failure.message.clone().into_bytes(), recorded.as_bytes().to_vec()));
        }
        _ => {}
    }
    pairs
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    score: (usize, usize),
    fewest: Reverse<usize>,
    first: Reverse<usize>,
}

/// A way to go on: the answers of an attempt, and another one at a place.
struct Way {
    given: Arc<[HostAnswer]>,
    place: usize,
    other: HostAnswer,
}

type Waiting = BTreeMap<Rank, Way>;

/// Searches for answers with which the call agrees with the record: the closest attempts first, one changed answer at a
/// time. The best attempt, and whether it agrees.
pub fn search(trial: &Trial, factory: &Factory, around: &Around<'_>) -> Tried {
    let mut waiting = Waiting::new();
    let mut best = attempt(trial, factory, around, &[]);
    if best.agrees {
        return best;
    }
    let mut count = 0;
    let mut spent = usize::from(best.out_of_fuel);
    expand(&best, 0, 0, around, &mut waiting, &mut count);
    for _ in 0..MOST_RUNS {
        let next = if spent < MOST_SPENT { waiting.pop_last() } else { None };
        let Some((rank, way)) = next else { break };
        let answers = [&way.given[..way.place], &[way.other]].concat();
        let tried = attempt(trial, factory, around, &answers);
        if tried.agrees {
            return tried;
        }
        spent += usize::from(tried.out_of_fuel);
        expand(&tried, answers.len(), rank.fewest.0, around, &mut waiting, &mut count);
        if tried.score > best.score {
            best = tried;
        }
    }
    best.out_of_fuel = spent > 0;
    best
}

/// The ways to go on from an attempt: each answer after the first `fixed` changed to each other likely one.
fn expand(
    tried: &Tried,
    fixed: usize,
    changed: usize,
    around: &Around<'_>,
    waiting: &mut Waiting,
    count: &mut usize,
) {
    let given: Arc<[HostAnswer]> = tried.answers().into();
    // What was given last on purpose may have been a mark.
    for place in fixed.saturating_sub(1)..given.len() {
        let asked = &tried.host.asked[place];
        let mut others = read_off(tried, asked, place);
        if place >= fixed {
            others.extend(around.answers(&asked.call, &tried.host.asked[..place]));
        }
        others.retain(|other| *other != given[place]);
        for other in others {
            if waiting.len() >= MOST_WAITING {
                return;
            }
            *count += 1;
            let rank = Rank { score: tried.score, fewest: Reverse(changed + 1), first: Reverse(*count) };
            waiting.insert(rank, Way { given: Arc::clone(&given), place, other });
        }
    }
}

/// The answers that the record shows where this attempt shows its mark.
fn read_off(tried: &Tried, asked: &Asked, place: usize) -> Vec<HostAnswer> {
    if let (HostCall::RandomBytes { length }, Some(HostAnswer::Bytes(given))) = (&asked.call, &asked.answer) {
        let Some(mark) = random_bytes::mark(place, *length).filter(|mark| given[..] == mark[..]) else {
            return Vec::new();
        };
        let found =
            tried.differs.iter().flat_map(|(made, recorded)| random_bytes::behind(made, recorded, &mark));
        return found.map(|bytes| HostAnswer::Bytes(bytes.into())).collect();
    }
    let mark = text_alignment::mark(place);
    let marked = match (&asked.call, &asked.answer) {
        (HostCall::Request { .. }, Some(HostAnswer::Bytes(bytes))) => bytes[..] == mark[..],
        (HostCall::GetVar { .. }, Some(HostAnswer::MaybeText(Some(text)))) => text.as_bytes() == mark,
        _ => false,
    };
    let pairs = tried.differs.iter().filter(|_| marked);
    let found = pairs.flat_map(|(made, recorded)| text_alignment::behind(made, recorded, &mark));
    let answer = |bytes: Vec<u8>| match &asked.call {
        HostCall::GetVar { .. } => {
            String::from_utf8(bytes).ok().map(|text| HostAnswer::MaybeText(Some(text)))
        }
        _ => Some(HostAnswer::Bytes(bytes.into())),
    };
    found.filter_map(answer).collect()
}

/// For each answer of an attempt that agrees, whether the record bears it out: another one would not agree.
pub fn doubt(tried: &Tried, trial: &Trial, factory: &Factory, around: &Around<'_>) -> Vec<bool> {
    let given = tried.answers();
    let doubted = given.iter().enumerate().map(|(place, answer)| {
        if place >= MOST_DOUBTED {
            return false;
        }
        let call = &tried.host.asked[place].call;
        let other = match answer {
            HostAnswer::Foreign(given) => HostAnswer::Foreign(Box::new(Given::Lost {
                well: !matches!(**given, Given::Lost { well: true } | Given::Value(_)),
            })),
            HostAnswer::Refused(_) => well(call),
            HostAnswer::MaybeText(_) => HostAnswer::MaybeText(Some("something else".to_owned())),
            HostAnswer::Bytes(bytes) if matches!(call, HostCall::RandomBytes { .. }) => {
                HostAnswer::Bytes(bytes.iter().map(|byte| !byte).collect::<Vec<u8>>().into())
            }
            _ => super::recorded_answer::refused("something else"),
        };
        let answers = [&given[..place], &[other], &given[place + 1..]].concat();
        !attempt(trial, factory, around, &answers).agrees
    });
    doubted.collect()
}

/// An answer to a call that went well.
fn well(call: &HostCall) -> HostAnswer {
    match call {
        HostCall::Request { .. } => HostAnswer::Bytes(text_alignment::mark(0).into()),
        HostCall::OpenChannel { .. } => HostAnswer::Text("ch_0000000000000000".to_owned()),
        HostCall::GetVar { .. } => HostAnswer::MaybeText(Some(String::new())),
        _ => HostAnswer::Done,
    }
}
