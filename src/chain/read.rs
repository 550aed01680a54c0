//! Reading a chain, whatever the layout of its file, one event at a time.

use super::error::ChainError;
use super::event::{ChainEvent, EventHash};
use super::json;
use super::scan::Scanner;
use super::text::Lines;
use std::fmt;
use std::io::Read;

/// What is read at most, so that no file can take more than its share of memory or time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The bytes of one event's data, and of each of its texts.
    pub event_bytes: usize,
    /// How deep JSON may nest.
    pub depth: usize,
    /// The events of a chain that is kept in folders (20 bytes of memory each); files have no limit.
    pub folder_events: usize,
}

impl Default for Limits {
    /// 64 MiB an event, 128 levels, ten million events in folders.
    fn default() -> Limits {
        Limits { event_bytes: 64 << 20, depth: 128, folder_events: 10_000_000 }
    }
}

/// How a chain is laid out in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A JSON array of events.
    Array,
    /// An object with `events` and `current_hash` (`StateChain`).
    StateChain,
    /// JSON events one after another, with or without line ends between.
    Lines,
    /// Folders `events/`, one file an event, and `chains/`, one file a chain.
    Folders,
    /// The `.chain` files of 0.3.8.
    Writer,
    /// The text of the CLI's `--chain-dir`.
    Cli,
    /// The text with three lines after `---`.
    ThreeLines,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layout::Array => "JSON array",
            Layout::StateChain => "state chain",
            Layout::Lines => "JSON lines",
            Layout::Folders => "events and chains folders",
            Layout::Writer => ".chain file",
            Layout::Cli => "chain-dir text",
            Layout::ThreeLines => "three-line text",
        })
    }
}

/// Why an event's hash cannot be checked: what its file does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The data was decoded by its writer; the bytes that were hashed are gone.
    Decoded,
    /// The data was printed as text, with other bytes replaced.
    Lossy,
    /// The event's type was left out.
    Type,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lost::Decoded => "this layout holds the data decoded, and the hash is over its bytes",
            Lost::Lossy => "this layout holds the data as lossy text, and the hash is over its bytes",
            Lost::Type => "this layout leaves out the event's type, which the hash covers",
        })
    }
}

/// An event as a file held it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Its place in the chain, from 0.
    pub index: u64,
    /// The event. Where `lost` says so, `data` is only fit to be shown.
    pub event: ChainEvent,
    /// Why its hash cannot be checked, if it cannot.
    pub lost: Option<Lost>,
    /// The first field of it that no hash covers, if there is one.
    pub unhashed: Option<String>,
}

impl Stored {
    pub(crate) fn clear(&mut self) {
        let mut data = std::mem::take(&mut self.event.data);
        data.clear();
        self.event = ChainEvent { data, ..ChainEvent::default() };
        self.lost = None;
        self.unhashed = None;
    }
}

/// Events of a chain, in order.
pub trait EventSource {
    /// The next event, which stays readable until the next call; none after the last.
    ///
    /// # Errors
    /// When what comes next is no event, is larger than the limits allow, or cannot be read.
    fn next_event(&mut self) -> Result<Option<&Stored>, ChainError>;
    /// How the chain is laid out.
    fn layout(&self) -> Layout;
    /// The hash of the last event as the layout tells it apart from the events, once all are read:
    /// none if it does not tell; `Some(None)` if it tells that there is no event.
    fn told_head(&self) -> Option<Option<EventHash>>;
}

/// Where in the file the reader stands.
enum State {
    /// Before an element of an array; `first` is the one that has no comma before it.
    Elements {
        first: bool,
        inside_object: bool,
    },
    /// Before an object; its brace and a name may have been taken already, and before that what no hash covers.
    Objects {
        name: Option<String>,
        other: Option<String>,
    },
    Text,
    Done,
}

/// Reads a chain from bytes, its layout told by its first few.
///
/// ```
/// use rehearsal::chain::{ChainReader, EventSource, Layout, Limits};
/// let text = r#"[{"hash":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"event_type":"wasm","data":[123,125]}]"#;
/// let mut reader = ChainReader::new(text.as_bytes(), "a.json", Limits::default())?;
/// assert_eq!(reader.layout(), Layout::Array);
/// assert_eq!(reader.next_event()?.unwrap().event.data, b"{}");
/// assert!(reader.next_event()?.is_none());
/// # Ok::<(), rehearsal::chain::ChainError>(())
/// ```
pub struct ChainReader<R> {
    scanner: Scanner<R>,
    name: String,
    limits: Limits,
    layout: Layout,
    state: State,
    lines: Lines,
    read: u64,
    current: Stored,
    head: Option<Option<EventHash>>,
}

impl<R: Read> ChainReader<R> {
    /// A reader of the chain in `inner`; `name` is told in errors.
    ///
    /// # Errors
    /// When the bytes begin no layout of a chain, or cannot be read.
    pub fn new(inner: R, name: &str, limits: Limits) -> Result<ChainReader<R>, ChainError> {
        let mut scanner = Scanner::new(inner);
        let mut head = None;
        let found = detect(&mut scanner, &limits, &mut head).map_err(|error| error.in_file(name));
        let (layout, state) = found?;
        let (lines, current) = (Lines::default(), Stored::default());
        Ok(ChainReader { scanner, name: name.into(), limits, layout, state, lines, read: 0, current, head })
    }

    /// Takes the next event into `current`; false when there is none.
    fn advance(&mut self) -> Result<bool, ChainError> {
        let (scanner, limits, current) = (&mut self.scanner, &self.limits, &mut self.current);
        let more = match &mut self.state {
            State::Done => return Ok(false),
            State::Text => match self.layout {
                Layout::Writer => self.lines.writer_event(scanner, limits, current)?,
                Layout::Cli => self.lines.cli_event(scanner, limits, current)?,
                _ => self.lines.three_line_event(scanner, limits, current)?,
            },
            State::Objects { name, other } => {
                let (name, other) = (name.take(), other.take());
                let there = name.is_some() || scanner.blank()?.is_some();
                if there {
                    if name.is_none() {
                        scanner.expect(b'{', "an event (`{`)")?;
                    }
                    json::event(scanner, name, limits, current)?;
                    current.unhashed = other.or(current.unhashed.take());
                }
                there
            }
            State::Elements { first, .. } => {
                let there = element(scanner, *first)?;
                *first = false;
                if there {
                    json::event(scanner, None, limits, current)?;
                } else {
                    self.finish_array()?;
                }
                there
            }
        };
        if !more {
            self.state = State::Done;
        }
        Ok(more)
    }

    /// Takes what follows the array of events, to the end of the file.
    fn finish_array(&mut self) -> Result<(), ChainError> {
        if matches!(self.state, State::Elements { inside_object: true, .. }) {
            while let Some(name) = json::next_name(&mut self.scanner, false)? {
                match name.as_str() {
                    "current_hash" if self.head.is_none() => self.head = Some(json::head(&mut self.scanner)?),
                    "current_hash" | "events" => {
                        return Err(self
                            .scanner
                            .error(format!("expected each field once, found `{name}` again")));
                    }
                    _ => json::value(&mut self.scanner, &self.limits, self.limits.depth, &mut None)?,
                }
            }
        }
        match self.scanner.blank()? {
            None => Ok(()),
            Some(_) => Err(self.scanner.expected("the end of the file")),
        }
    }
}

impl<R: Read> EventSource for ChainReader<R> {
    fn next_event(&mut self) -> Result<Option<&Stored>, ChainError> {
        let index = self.read;
        match self.advance() {
            Ok(true) => {
                self.read += 1;
                self.current.index = index;
                Ok(Some(&self.current))
            }
            Ok(false) => Ok(None),
            Err(error) => {
                self.state = State::Done;
                Err(error.at_event(index).in_file(&self.name))
            }
        }
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn told_head(&self) -> Option<Option<EventHash>> {
        self.head
    }
}

/// Takes what stands between the elements of an array and the next `{`; false at its `]`.
fn element<R: Read>(scanner: &mut Scanner<R>, first: bool) -> Result<bool, ChainError> {
    match scanner.blank()? {
        Some(b']') => {
            scanner.bump();
            return Ok(false);
        }
        Some(b',') if !first => scanner.bump(),
        _ if !first => return Err(scanner.expected("`,` or `]`")),
        _ => {}
    }
    scanner.expect(b'{', "an event (`{`)").map(|()| true)
}

/// Tells the layout from the first bytes, and takes the part of them that is no event.
fn detect<R: Read>(
    scanner: &mut Scanner<R>,
    limits: &Limits,
    head: &mut Option<Option<EventHash>>,
) -> Result<(Layout, State), ChainError> {
    // What some editors put before a text: no hash covers it.
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if scanner.starts_with(MARK)? {
        MARK.iter().for_each(|_| scanner.bump());
    }
    match scanner.blank()? {
        Some(b'[') => {
            scanner.bump();
            if matches!(scanner.blank()?, Some(b'0'..=b'9')) {
                let error = scanner.error("expected an event (`{`), found a number");
                return Err(error.note(
                    "a file of `chains/` holds only a hash: its events are in `events/` beside that folder",
                ));
            }
            Ok((Layout::Array, State::Elements { first: true, inside_object: false }))
        }
        Some(b'{') => {
            scanner.bump();
            detect_object(scanner, limits, head)
        }
        Some(b'E') if scanner.starts_with(b"EVENT [")? => Ok((Layout::Cli, State::Text)),
        Some(b'E') if scanner.starts_with(b"EVENT ")? => Ok((Layout::Writer, State::Text)),
        Some(b'-') if scanner.starts_with(b"---")? => Ok((Layout::ThreeLines, State::Text)),
        _ => {
            let wide = scanner.starts_with(b"\xff\xfe")? || scanner.starts_with(b"\xfe\xff")?;
            let error = scanner.expected("an event chain (`[`, `{`, `EVENT` or `---`)");
            Err(if wide { error.note("this is UTF-16, and chains are UTF-8") } else { error })
        }
    }
}

/// Tells a `StateChain` from an event by its fields: other ones may stand before those that tell.
fn detect_object<R: Read>(
    scanner: &mut Scanner<R>,
    limits: &Limits,
    head: &mut Option<Option<EventHash>>,
) -> Result<(Layout, State), ChainError> {
    let (mut name, mut other) = (json::next_name(scanner, true)?, None);
    loop {
        match name.as_deref() {
            Some("events") => {
                scanner.expect(b'[', "an array of events")?;
                return Ok((Layout::StateChain, State::Elements { first: true, inside_object: true }));
            }
            Some("current_hash") if head.is_none() => *head = Some(json::head(scanner)?),
            Some("current_hash") => {
                return Err(scanner.error("expected each field once, found `current_hash` again"));
            }
            Some("hash" | "parent_hash" | "event_type" | "data" | "timestamp" | "description")
                if head.is_none() =>
            {
                return Ok((Layout::Lines, State::Objects { name, other }));
            }
            Some(found) => {
                other.get_or_insert_with(|| found.to_owned());
                json::value(scanner, limits, limits.depth, &mut None)?;
            }
            None => break,
        }
        name = json::next_name(scanner, false)?;
    }
    Err(match other {
        _ if head.is_some() => scanner.error("expected the field `events` beside `current_hash`, found none"),
        Some(other) => {
            let other: String = other.chars().take(48).flat_map(char::escape_debug).collect();
            scanner.error(format!("expected an event or a state chain, found an object with `{other}`"))
        }
        None => scanner.error("expected an event or a state chain, found an empty object"),
    })
}
