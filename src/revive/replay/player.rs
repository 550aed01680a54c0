//! Driving one actor from its own chain.

use super::candidate_answers::{Around, mildest};
use super::fuel;
use super::infer_answers::{self, Trial, Tried};
use super::recorded_host::{End, Mismatch, RecordedHost};
use super::recorded_input::{cannot, input};
use crate::actor::{Actor, Ended, Input, Turn};
use crate::call::{HostAnswer, HostCall};
use crate::chain::{Answer, Decoded};
use crate::error::Result;
use crate::payload::Payload;
use crate::profile::Profile;
use crate::revive::peers::Peers;
use crate::revive::record::ChainRecord;
use crate::revive::report::{ChainDivergence, Inferred, Report};
use crate::revive::wording::{shown, told};
use crate::run::{Factory, chains};
use crate::state::Directory;
use std::sync::Arc;

/// What a chain does not say of itself.
#[derive(Clone, Debug, Default)]
pub struct ReplayOptions {
    /// The state that `init` was given; without it, what explains the chain is looked for.
    pub state: Option<Vec<u8>>,
    /// The actor's own address, for an `init` that wants it where the chain has none.
    pub address: Option<String>,
    /// What the chains of those that it talked to say.
    pub peers: Arc<Peers>,
    /// Whose answers are looked for, where the chain holds none: the router's of version 0.3 by default.
    pub profile: Option<Profile>,
    /// Who has which address, for actors that name others in other ways.
    pub directory: Arc<Directory>,
}

/// Drives an actor that `factory` makes from its chain, and compares.
///
/// ```
/// use rehearsal::actor::{Actor, Ended, Input, NewState, Reply, Returned, Turn};
/// use rehearsal::chain::{ChainBuilder, ChainForm, ChainReader, Limits, Opened, write_array};
/// use rehearsal::revive::{ChainRecord, ReplayOptions, replay};
/// use rehearsal::run::Factory;
/// use std::sync::Arc;
///
/// /// Keeps the last message that it got.
/// struct Keeps;
///
/// impl Actor for Keeps {
///     fn turn(&mut self, input: Input, _: &mut Turn<'_>) -> Ended {
///         match input {
///             Input::Send { data } => {
///                 Ended::Returned(Returned { state: NewState::Replaced(Some(data)), reply: Reply::Nothing })
///             }
///             _ => Ended::DONE,
///         }
///     }
/// }
///
/// // As such an actor would have left it: `init`, and a message.
/// let mut chain = ChainBuilder::new(ChainForm::B);
/// chain.wasm_call("theater:simple/actor.init", b"null", 0);
/// chain.wasm_result("theater:simple/actor.init", None, b"null", 0);
/// chain.wasm_call("theater:simple/message-server-client.handle-send", b"[[104,105]]", 0);
/// chain.wasm_result("theater:simple/message-server-client.handle-send", Some(b"hi"), b"null", 0);
/// let mut file = Vec::new();
/// write_array(&mut file, chain.events())?;
/// let events = ChainReader::new(std::io::Cursor::new(file), "a.json", Limits::default())?;
/// let record = ChainRecord::read(Opened { name: "a.json".into(), events: Box::new(events) })?;
///
/// let keeps: Factory = Arc::new(|| Box::new(Keeps));
/// let report = replay(&Arc::new(record), &keeps, &ReplayOptions::default())?;
/// assert!(report.holds());
/// assert_eq!((report.calls, report.matched), (2, 4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the chain asks for something that cannot be made here.
pub fn replay(record: &Arc<ChainRecord>, factory: &Factory, options: &ReplayOptions) -> Result<Report> {
    let address = options.address.clone().or_else(|| record.address());
    let address = address.unwrap_or_else(|| Directory::derived("unknown"));
    let host = RecordedHost::new(record, address, &options.directory);
    let player = Player {
        record,
        factory,
        options,
        actor: factory(),
        host,
        report: Report { address: options.address.clone(), ..blank(record) },
        first: true,
        borne_out: Vec::new(),
    };
    player.play()
}

fn blank(record: &ChainRecord) -> Report {
    let mut notes = Vec::new();
    for gap in record.gaps.iter().take(4) {
        notes.push(record.gap(*gap));
    }
    Report {
        name: record.name.clone(),
        generation: record.generation,
        events: record.entries.len(),
        calls: 0,
        matched: 0,
        by_meaning: 0,
        own: 0,
        traps: 0,
        unrecorded: Default::default(),
        inferred: Vec::new(),
        carried: Vec::new(),
        ends_inside: None,
        stopped: false,
        state: None,
        init_failed: None,
        address: None,
        unsound: None,
        script: Vec::new(),
        notes,
        out_of_fuel: false,
        divergence: None,
    }
}

pub(super) struct Player<'a> {
    pub(super) record: &'a Arc<ChainRecord>,
    pub(super) factory: &'a Factory,
    pub(super) options: &'a ReplayOptions,
    actor: Box<dyn Actor>,
    pub(super) host: RecordedHost,
    pub(super) report: Report,
    first: bool,
    /// Of the answers of the call under way that the chain does not hold: whether it bears them out.
    borne_out: Vec<bool>,
}

impl Player<'_> {
    fn play(mut self) -> Result<Report> {
        if let Some(unsound) = &self.record.unsound {
            let said = crate::chain::summary(&self.record.entries[unsound.place].event);
            let found = Mismatch {
                event: unsound.place,
                recorded: (said.clone(), Some(unsound.hashes.0)),
                made: (said, Some(unsound.hashes.1)),
                notes: vec![format!("the chain itself does not hold: {}", unsound.told)],
                apart: Vec::new(),
            };
            self.diverged(found, None);
            self.report.unsound = Some(unsound.told.clone());
            return Ok(self.report);
        }
        while let Some(place) = self.host.next() {
            let Decoded::Call { export, params } = &self.record.entries[place].said else {
                if let End::Diverged(found) = self.host.unlike(place, "nothing: no call is under way") {
                    self.diverged(*found, None);
                }
                break;
            };
            self.report.calls += 1;
            if !self.call(place, export, params)? {
                break;
            }
        }
        let tally = &self.host.tally;
        let report = &mut self.report;
        (report.matched, report.by_meaning) = (tally.matched, tally.by_meaning);
        (report.own, report.traps, report.stopped) = (tally.own, tally.traps, tally.stopped);
        report.carried.extend(tally.carried.iter().cloned());
        Ok(self.report)
    }

    fn diverged(&mut self, found: Mismatch, call: Option<&str>) {
        let Mismatch { event, recorded, made, notes, apart } = found;
        let call = call.map(|export| (self.report.calls, export.to_owned()));
        self.report.divergence = Some(ChainDivergence { event, call, recorded, made, notes, apart });
    }

    /// Makes one call again; whether the next may follow.
    fn call(&mut self, place: usize, export: &str, params: &[u8]) -> Result<bool> {
        let input = input(export, params).ok_or_else(|| cannot(self.record, place, export))?;
        self.host.carry(place);
        self.host.asked.clear();
        self.host.moves.clear();
        self.borne_out.clear();
        let mut trial = Trial { before: self.host.clone(), export: export.to_owned(), input };
        if std::mem::take(&mut self.first) && !self.begin(place, &mut trial) {
            return Ok(self.report.divergence.is_none());
        }
        if self.reads_untold(place) {
            self.host.guesses = self.infer(place, &trial).into();
        }
        let mut ended = self.actor.turn(trial.input.clone(), &mut Turn::new(&mut self.host));
        self.host.guesses.clear();
        if ended == Ended::Awaiting && self.host.end.is_none() {
            let answers = self.infer(place, &trial);
            ended = self.go_on(answers);
        }
        self.report.out_of_fuel |= fuel::ran_out(&ended);
        self.count();
        if self.host.end.is_none() {
            let compared = match &ended {
                Ended::Returned(returned) => self.host.returned(export, returned),
                Ended::Failed(failure) => self.host.failed(export, failure),
                Ended::Awaiting => Err(End::Over),
            };
            self.host.end = compared.err();
            self.carry_state(&ended);
        }
        Ok(match self.host.end.take() {
            None => true,
            Some(End::Over) => {
                self.report.ends_inside = Some((self.report.calls, export.to_owned()));
                false
            }
            Some(End::Diverged(found)) => {
                self.diverged(*found, Some(export));
                false
            }
        })
    }

    /// Whether a call was told what a variable holds, or drew bytes, and the chain does not tell it.
    fn reads_untold(&self, place: usize) -> bool {
        let end = self.record.end_of(place).unwrap_or(self.record.entries.len() - 1);
        let shows = |function: &str| ["get-var", "random-bytes"].contains(&function);
        let lost = |said: &Decoded| matches!(said, Decoded::HostEnded { function, answer: Answer::Lost { .. }, .. } if shows(function));
        self.record.entries[place..=end].iter().any(|entry| lost(&entry.said))
    }

    /// Finds the answers that the chain does not hold.
    fn infer(&mut self, place: usize, trial: &Trial) -> Vec<HostAnswer> {
        let around = Around::new(self.record, place, &self.options.peers, self.options.profile);
        let tried = infer_answers::search(trial, self.factory, &around);
        self.report.out_of_fuel |= tried.out_of_fuel;
        if tried.agrees {
            let borne_out = infer_answers::doubt(&tried, trial, self.factory, &around);
            self.tell(&tried, &borne_out);
            self.borne_out = borne_out;
        }
        tried.answers()
    }

    fn tell(&mut self, tried: &Tried, borne_out: &[bool]) {
        for (asked, borne_out) in tried.host.asked.iter().zip(borne_out) {
            let Some(answer) = &asked.answer else { continue };
            let what = chains::recorded(&asked.call, answer, &Directory::default());
            self.report.inferred.push(Inferred {
                call: self.report.calls,
                what: what.map_or_else(|| asked.call.name().to_owned(), |call| told(&call)),
                taken: shown(answer),
                borne_out: *borne_out,
            });
        }
    }

    /// Gives the waiting actor what was found, and after that what is mildest.
    fn go_on(&mut self, answers: Vec<HostAnswer>) -> Ended {
        let known = self.host.asked.iter().filter(|asked| asked.answer.is_some()).count();
        self.host.guesses = answers.into_iter().skip(known).collect();
        let mut ended = Ended::Awaiting;
        while ended == Ended::Awaiting && self.host.end.is_none() {
            let Some(last) = self.host.asked.last_mut() else { break };
            let answer = self.host.guesses.pop_front().unwrap_or_else(|| mildest(&last.call));
            last.answer = Some(answer.clone());
            ended = self.actor.turn(Input::Answer(answer), &mut Turn::new(&mut self.host));
        }
        ended
    }

    /// Counts the host calls that the chain does not hold.
    fn count(&mut self) {
        let mut moves = std::mem::take(&mut self.host.moves);
        let unrecorded = moves.iter_mut().filter(|made| made.unrecorded);
        for (place, (made, asked)) in unrecorded.zip(&self.host.asked).enumerate() {
            made.answer.clone_from(&asked.answer);
            made.sure = self.borne_out.get(place).copied().unwrap_or(false);
        }
        self.report.script.push(moves);
        for asked in &self.host.asked {
            let function = match &asked.call {
                HostCall::Foreign(foreign) => &foreign.function,
                call => call.name().rsplit('/').next().unwrap_or_default(),
            };
            *self.report.unrecorded.entry(function.to_owned()).or_default() += 1;
        }
    }

    /// Where all but the state that a call left is as recorded, and it drew bytes that no chain holds, these must be in it: it is taken over.
    fn carry_state(&mut self, ended: &Ended) {
        let Some(End::Diverged(found)) = &self.host.end else { return };
        let place = found.event;
        let drew = |asked: &super::recorded_host::Asked| matches!(asked.call, HostCall::RandomBytes { .. });
        let (Decoded::Returned { state: Some(state), result, .. }, Ended::Returned(returned)) =
            (&self.record.entries[place].said, ended)
        else {
            return;
        };
        let same = chains::result(&returned.reply).to_string().as_bytes() == result;
        if same && self.host.asked.iter().any(drew) {
            self.host.state = Some(Payload::from(&state[..]));
            self.host.at = place + 1;
            self.host.end = None;
            self.host.tally.carried.push(format!(
                "event {place}: the state that the call left was carried over: what it drew is not in the record, nor found in what follows"
            ));
        }
    }
}
