//! A recording of a run as text: one event a line, ends in the outcome, readable and fit for `diff`.
//!
//! ```text
//! rehearsal-trace 1 scenario=hello.json hash=5f1d0a9c2b7e seed=0 strategy=random profile=actors clock=loose
//! component echo actors/echo.wasm 0d4c1f09ab23
//! deliver alice -> echo #1 @5be1f3a2c4d58697
//!   about request "hello"
//! answer echo -> alice #1 @8a1b2c3d4e5f6071
//!   about answer "hello"
//! outcome passed steps=2 time=0s digest=8a1b2c3d4e5f6071
//! ```
//!
//! A line that begins with a space tells what a step brought with it and is not read back; `#` begins a comment.

use crate::choice::{Choice, Draw, Purpose};
use crate::chooser::Recorded;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::id::ActorId;
use crate::run::RunRecord;
use std::collections::BTreeMap;
use std::fmt::Write as _;

mod ending;
#[cfg(test)]
mod tests;

pub use ending::Ending;

/// The version of the form.
pub const FORM: u32 = 1;
/// The longest trace that is read, in bytes.
pub const LONGEST: usize = 1 << 30;

/// What a trace's header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The scenario's file.
    pub scenario: String,
    /// The hash of its text.
    pub hash: String,
    /// The seed.
    pub seed: u64,
    /// The strategy.
    pub strategy: String,
    /// The profile.
    pub profile: String,
    /// The clock.
    pub clock: String,
    /// The components: actor, path, hash.
    pub components: Vec<(String, String, String)>,
}

/// A trace: its header, its answers as text, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The header.
    pub header: Header,
    /// The answers and what they brought with them.
    pub lines: Vec<Line>,
    /// The outcome, unless the trace was cut off before it.
    pub ending: Option<Ending>,
}

/// One line between header and outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// An event, and the digest after it.
    Event {
        /// Its name.
        name: String,
        /// The digest.
        digest: Option<u64>,
        /// The line of the file, from 1.
        line: usize,
    },
    /// A number that was drawn.
    Draw {
        /// What for.
        purpose: Purpose,
        /// Whose, by name.
        actor: String,
        /// The number.
        number: u64,
        /// The number of possible answers; 0 stands for 2⁶⁴.
        bound: u64,
        /// The line of the file, from 1.
        line: usize,
    },
    /// What a step brought with it.
    Note(String),
}

fn value(text: &str) -> String {
    let plain = !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c == '"' || c.is_control());
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

impl Trace {
    /// The trace of a run among participants of these names.
    pub fn of(header: Header, record: &RunRecord, ending: Ending, names: &[String]) -> Trace {
        let mut lines = Vec::with_capacity(record.choices.len() + record.notes.len());
        let mut notes = record.notes.iter().peekable();
        let mut step = 0;
        let mut digests = record.digests.iter();
        for choice in &record.choices {
            match choice {
                Choice::Next(event) => {
                    while let Some(note) = notes.next_if(|note| note.step <= step) {
                        lines.push(Line::Note(note.text.clone()));
                    }
                    step += 1;
                    let digest = digests.next().copied();
                    lines.push(Line::Event { name: event.name(names).to_string(), digest, line: 0 });
                }
                Choice::Drew(Draw { purpose, actor, bound }, number) => {
                    let actor = names.get(actor.index()).cloned().unwrap_or_default();
                    lines.push(Line::Draw {
                        purpose: *purpose,
                        actor,
                        number: *number,
                        bound: *bound,
                        line: 0,
                    });
                }
            }
        }
        lines.extend(notes.map(|note| Line::Note(note.text.clone())));
        Trace { header, lines, ending: Some(ending) }
    }

    /// The trace as text.
    pub fn text(&self) -> String {
        let Header { scenario, hash, seed, strategy, profile, clock, components } = &self.header;
        let mut out = format!(
            "rehearsal-trace {FORM} scenario={} hash={} seed={seed} strategy={} profile={} clock={}\n",
            value(scenario),
            value(hash),
            value(strategy),
            value(profile),
            value(clock)
        );
        for (actor, path, hash) in components {
            let _ = writeln!(out, "component {} {} {}", value(actor), value(path), value(hash));
        }
        for line in &self.lines {
            let _ = match line {
                Line::Event { name, digest: Some(digest), .. } => writeln!(out, "{name} @{digest:016x}"),
                Line::Event { name, digest: None, .. } => writeln!(out, "{name}"),
                Line::Draw { purpose, actor, number, bound, .. } => {
                    writeln!(out, "draw {} {actor} {number} below {bound}", purpose.word())
                }
                Line::Note(text) => writeln!(out, "  {text}"),
            };
        }
        if let Some(ending) = &self.ending {
            let _ = writeln!(out, "{ending}");
        }
        out
    }

    /// Reads a trace.
    ///
    /// # Errors
    /// Says the line, and what was expected there.
    ///
    /// ```
    /// use rehearsal::trace::Trace;
    /// let text = "rehearsal-trace 1 scenario=bank.json hash=0 seed=7 strategy=random profile=actors clock=loose\n\
    ///             deliver alice -> teller #1 @00000000000000ff\n  about request \"deposit\"\n";
    /// let trace = Trace::parse(text, "bank.trace").unwrap();
    /// assert_eq!((trace.header.seed, trace.lines.len(), &trace.ending), (7, 2, &None));
    /// assert_eq!(trace.text(), text);
    /// let error = Trace::parse(&text.replace("deliver", "delivr"), "bank.trace").unwrap_err().to_string();
    /// assert!(error.contains("bank.trace:2:1") && error.contains("did you mean `deliver`?"));
    /// ```
    pub fn parse(text: &str, path: &str) -> Result<Trace> {
        if text.len() > LONGEST {
            return Err(Error::input(format!("a trace may have {LONGEST} bytes")).in_file(path));
        }
        let mut trace = Trace::default();
        let mut seen_header = false;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (place, raw) in text.lines().enumerate() {
            let at = |error: Error| {
                let column = column(&error, raw);
                error.on_one_line().in_file(path).at(place + 1, column, text)
            };
            if raw.contains('\r') {
                return Err(at(Error::input(
                    "a line of a trace ends with a line feed, and in this one is another mark",
                )));
            }
            if raw.trim().is_empty() || raw.starts_with('#') {
                continue;
            }
            if !seen_header {
                trace.header = header(raw).map_err(at)?;
                seen_header = true;
            } else if trace.ending.is_some() {
                return Err(at(Error::input("a trace ends with its outcome, and here is more")));
            } else {
                trace.line(raw, place + 1).map_err(at)?;
            }
        }
        match seen_header {
            true => Ok(trace),
            false => Err(Error::input("an empty file is no trace").in_file(path)),
        }
    }

    fn line(&mut self, raw: &str, line: usize) -> Result<()> {
        if let Some(note) = raw.strip_prefix(' ') {
            self.lines.push(Line::Note(note.trim().to_owned()));
            return Ok(());
        }
        let (word, rest) = raw.split_once(' ').unwrap_or((raw, ""));
        match word {
            "component" => {
                let words = tokens(rest)?;
                let [actor, path, hash] = <[String; 3]>::try_from(words)
                    .map_err(|_| Error::input("expected `component ACTOR PATH HASH`"))?;
                self.header.components.push((actor, path, hash));
            }
            "draw" => self.lines.push(draw(rest, line)?),
            "outcome" => self.ending = Some(Ending::parse(&tokens(rest)?)?),
            _ => {
                let text = raw.split(" #").next().map_or(raw, |before| {
                    // A comment after an event is `# …`: a number follows its own `#` at once.
                    raw.find(" # ").map_or(raw, |at| &raw[..at.max(before.len())])
                });
                let (name, digest) = match text.rsplit_once(" @") {
                    Some((name, digits)) => (name, Some(hex(digits.trim())?)),
                    None => (text, None),
                };
                if crate::event::Verb::of(word).is_none() {
                    let error = Error::input(format!("`{word}` begins no line of a trace"));
                    let words =
                        ["deliver", "answer", "fire", "stop", "terminate", "draw", "outcome", "component"];
                    return Err(error.nearest(word, words));
                }
                self.lines.push(Line::Event { name: name.trim().to_owned(), digest, line });
            }
        }
        Ok(())
    }

    /// The answers, among participants of these names.
    ///
    /// # Errors
    /// When a line names somebody who is not there.
    ///
    /// ```
    /// use rehearsal::trace::Trace;
    /// let text = "rehearsal-trace 1 scenario=bank.json\ndeliver alice -> teller #1\ndeliver bob -> teller #1\n";
    /// let trace = Trace::parse(text, "bank.trace").unwrap();
    /// let names = ["teller", "alice"].map(String::from);
    /// let error = trace.answers(&names, "bank.trace").unwrap_err();
    /// assert_eq!(error.message(), "nobody here is called `bob`");
    /// assert_eq!(trace.answers_known(&names).len(), 1);
    /// ```
    pub fn answers(&self, names: &[String], path: &str) -> Result<Vec<Recorded>> {
        self.answers_of(names, path).collect()
    }

    /// The answers that are about participants of these names, and no others: what still applies of a trace of another scenario.
    pub fn answers_known(&self, names: &[String]) -> Vec<Recorded> {
        self.answers_of(names, "").filter_map(Result::ok).collect()
    }

    fn answers_of(&self, names: &[String], path: &str) -> impl Iterator<Item = Result<Recorded>> {
        // Of those with one name the first is meant: the last to be put in.
        let ids = names.iter().enumerate().rev().map(|(place, name)| (name.as_str(), ActorId(place as u32)));
        let ids: BTreeMap<&str, ActorId> = ids.collect();
        self.lines.iter().filter_map(move |line| {
            let find = |name: &str| ids.get(name).copied();
            let (choice, digest, line) = match line {
                Line::Event { name, digest, line } => {
                    (Event::parse_by(name, &find).map(Choice::Next), *digest, *line)
                }
                Line::Draw { purpose, actor, number, bound, line } => {
                    let found = find(actor).ok_or_else(|| format!("nobody here is called `{actor}`"));
                    let draw = |actor| Draw { purpose: *purpose, actor, bound: *bound };
                    (found.map(|actor| Choice::Drew(draw(actor), *number)), None, *line)
                }
                Line::Note(_) => return None,
            };
            Some(choice.map(|choice| Recorded { choice, digest, line }).map_err(|told| {
                let unknown = told.split('`').nth(1).unwrap_or_default().to_owned();
                let error = Error::input(told).in_file(format!("{path}:{line}"));
                error.nearest(&unknown, names.iter().map(String::as_str))
            }))
        })
    }
}

/// Where in a line stands what the error names: the last of the names between backticks that is there.
fn column(error: &Error, raw: &str) -> usize {
    let names: Vec<&str> = error.message().split('`').skip(1).step_by(2).collect();
    let found = names.iter().rev().filter(|name| !name.is_empty()).find_map(|name| raw.find(*name));
    found.map_or(1, |at| raw[..at].chars().count() + 1)
}

/// Words apart by spaces; a word in double quotes is a JSON text, alone or after its first `=`.
fn tokens(text: &str) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let quote = rest[..end].find('"').filter(|&at| at == 0 || rest.find('=') == Some(at - 1));
        let word_end = match quote {
            None => end,
            Some(at) => {
                let mut stream = serde_json::Deserializer::from_str(&rest[at..]).into_iter::<String>();
                match stream.next() {
                    Some(Ok(value)) => {
                        let length = stream.byte_offset();
                        words.push(format!("{}{value}", &rest[..at]));
                        rest = rest[at + length..].trim_start();
                        continue;
                    }
                    _ => return Err(Error::input("a quoted text does not end")),
                }
            }
        };
        words.push(rest[..word_end].to_owned());
        rest = rest[word_end..].trim_start();
    }
    Ok(words)
}

/// What a header says.
const KEYS: [&str; 6] = ["scenario", "hash", "seed", "strategy", "profile", "clock"];

fn header(raw: &str) -> Result<Header> {
    let words = tokens(raw)?;
    let mut words = words.iter();
    if words.next().map(String::as_str) != Some("rehearsal-trace") {
        return Err(Error::input("a trace begins with `rehearsal-trace 1`"));
    }
    match words.next().map(String::as_str) {
        Some("1") => {}
        other => {
            let form = other.unwrap_or("nothing");
            return Err(Error::input(format!("expected form 1 of a trace, found `{form}`")));
        }
    }
    let mut header = Header::default();
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "scenario" => header.scenario = value.to_owned(),
            "hash" => header.hash = value.to_owned(),
            "seed" => header.seed = value.parse().map_err(|_| Error::input("a seed is a whole number"))?,
            "strategy" => header.strategy = value.to_owned(),
            "profile" => header.profile = value.to_owned(),
            "clock" if ["", "strict", "loose"].contains(&value) => header.clock = value.to_owned(),
            "clock" => {
                let told = format!("a clock is `strict` or `loose`, and this is `{value}`");
                return Err(Error::input(told));
            }
            // What a later form of the header says more, it says as another form.
            other => {
                let error = Error::input(format!("the header of a trace has no `{other}`"));
                return Err(error.nearest(other, KEYS));
            }
        }
    }
    if header.scenario.is_empty() {
        return Err(Error::input("the header names no scenario"));
    }
    Ok(header)
}

fn draw(rest: &str, line: usize) -> Result<Line> {
    let wrong = || Error::input("expected `draw PURPOSE ACTOR NUMBER below BOUND`");
    let words: Vec<&str> = rest.split_whitespace().collect();
    let [purpose, actor, number, "below", bound] = words[..] else { return Err(wrong()) };
    Ok(Line::Draw {
        purpose: Purpose::of(purpose).ok_or_else(wrong)?,
        actor: actor.to_owned(),
        number: number.parse().map_err(|_| wrong())?,
        bound: bound.parse().map_err(|_| wrong())?,
        line,
    })
}

fn hex(digits: &str) -> Result<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let read = plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten();
    read.ok_or_else(|| Error::input(format!("`{digits}` is not a digest of up to 16 hex digits")))
}
