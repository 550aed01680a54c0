//! Writing chains: the JSON array that every generation's tools read.

use super::error::ChainError;
use super::event::ChainEvent;
use std::io::Write;

/// Writes a JSON array of events, one line each, as they come.
///
/// ```
/// use rehearsal::chain::{ArrayWriter, ChainEvent};
/// let mut file = Vec::new();
/// let mut writer = ArrayWriter::new(&mut file);
/// writer.event(&ChainEvent { event_type: "wasm".into(), ..ChainEvent::default() })?;
/// writer.finish()?;
/// assert!(file.starts_with(b"[\n{\"hash\":[0,") && file.ends_with(b"}\n]\n"));
/// # Ok::<(), rehearsal::chain::ChainError>(())
/// ```
pub struct ArrayWriter<W> {
    out: W,
    line: Vec<u8>,
    begun: bool,
}

impl<W: Write> ArrayWriter<W> {
    /// A writer to `out`, which gets a few writes for each event: buffer it if that is dear.
    pub fn new(out: W) -> ArrayWriter<W> {
        ArrayWriter { out, line: Vec::new(), begun: false }
    }

    /// Writes one event, its hash as it is.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn event(&mut self, event: &ChainEvent) -> Result<(), ChainError> {
        self.line.clear();
        self.line.extend_from_slice(if self.begun { b",\n" } else { b"[\n" });
        self.begun = true;
        event.write_json(&mut self.line);
        self.out.write_all(&self.line).map_err(|error| ChainError::io("write", error))
    }

    /// Writes the end of the array.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn finish(mut self) -> Result<(), ChainError> {
        let end: &[u8] = if self.begun { b"\n]\n" } else { b"[]\n" };
        self.out
            .write_all(end)
            .and_then(|()| self.out.flush())
            .map_err(|error| ChainError::io("write", error))
    }
}

/// Writes `events` as a JSON array, one line each.
///
/// # Errors
/// When `out` cannot be written to.
///
/// ```
/// use rehearsal::chain::{ChainBuilder, ChainForm, Limits, open, verify, write_array};
/// let mut chain = ChainBuilder::new(ChainForm::B);
/// chain.wasm_call("theater:simple/actor.init", b"null", 0);
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("a.json");
/// write_array(std::fs::File::create(&path).unwrap(), chain.events())?;
/// let mut chains = open(&path, Limits::default())?;
/// let report = verify(&mut *chains[0].events)?;
/// assert_eq!((chains.len(), report.events, report.head), (1, 1, chain.head()));
/// # Ok::<(), rehearsal::chain::ChainError>(())
/// ```
pub fn write_array(out: impl Write, events: &[ChainEvent]) -> Result<(), ChainError> {
    let mut writer = ArrayWriter::new(out);
    events.iter().try_for_each(|event| writer.event(event))?;
    writer.finish()
}
