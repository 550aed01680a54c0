//! What can be wrong with a file that should hold an event chain, and where.

use std::fmt;
use std::io;

/// Where in a file something is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it; empty when the chain did not come from a file.
    pub file: String,
    /// The line, from 1; none where lines mean nothing (a folder, a file that cannot be opened).
    pub line: Option<u64>,
    /// The column in bytes, from 1.
    pub column: Option<u64>,
    /// The index of the event being read, from 0.
    pub event: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = if self.file.is_empty() { "(chain)" } else { &self.file };
        f.write_str(file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        match self.event {
            Some(event) => write!(f, ", event {event}"),
            None => Ok(()),
        }
    }
}

#[derive(Debug)]
struct Inner {
    message: String,
    place: Place,
    notes: Vec<String>,
    source: Option<io::Error>,
}

/// A chain that cannot be read: what was expected, what was found, and where.
///
/// A chain that can be read and does not hold is no error: see
/// [`VerifyReport`](super::VerifyReport).
///
/// ```
/// use rehearsal::chain::{ChainReader, EventSource, Limits};
/// let text = "[{\"hash\":7}]";
/// let error = ChainReader::new(text.as_bytes(), "a.json", Limits::default())
///     .and_then(|mut chain| chain.next_event().map(drop))
///     .unwrap_err();
/// assert_eq!((error.place().file.as_str(), error.place().line, error.place().event), ("a.json", Some(1), Some(0)));
/// ```
#[derive(Debug)]
pub struct ChainError(Box<Inner>);

impl ChainError {
    /// An error with `message` and no place yet.
    pub fn new(message: impl Into<String>) -> ChainError {
        let inner =
            Inner { message: message.into(), place: Place::default(), notes: Vec::new(), source: None };
        ChainError(Box::new(inner))
    }

    /// An error of reading or writing, while doing what `doing` says.
    pub fn io(doing: &str, source: io::Error) -> ChainError {
        let mut error = ChainError::new(format!("cannot {doing}: {}", crate::error::plain_io(&source)));
        error.0.source = Some(source);
        error
    }

    /// The same error, with a place in a file's text.
    pub(crate) fn at(mut self, line: u64, column: u64) -> ChainError {
        self.0.place.line = Some(line);
        self.0.place.column = Some(column);
        self
    }

    /// The same error, with the file that it is about (unless it already names one).
    pub fn in_file(mut self, file: &str) -> ChainError {
        if self.0.place.file.is_empty() {
            self.0.place.file = file.to_string();
        }
        self
    }

    /// The same error, with the index of the event being read (unless it already names one).
    pub fn at_event(mut self, event: u64) -> ChainError {
        self.0.place.event.get_or_insert(event);
        self
    }

    /// The same error, with a reason or a hint.
    pub fn note(mut self, note: impl Into<String>) -> ChainError {
        self.0.notes.push(note.into());
        self
    }

    /// What was expected and what was found; one line, lower case, no full stop.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// Why, and what to do about it.
    pub fn notes(&self) -> &[String] {
        &self.0.notes
    }
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  --> {}", self.0.message, self.0.place)?;
        self.0.notes.iter().try_for_each(|note| write!(f, "\nnote: {note}"))
    }
}

impl std::error::Error for ChainError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_and_where() {
        let error = ChainError::new("expected a byte, found `300`").at(3, 14).at_event(5).in_file("a.json");
        assert_eq!(error.to_string(), "expected a byte, found `300`\n  --> a.json:3:14, event 5");
        let outer = error.in_file("b.json").at_event(9).note("why");
        assert_eq!(outer.place().file, "a.json");
        assert_eq!(outer.place().event, Some(5));
        assert!(outer.to_string().ends_with("\nnote: why"));
    }
}
