//! The chains that are text: the `.chain` files of 0.3.8, the CLI's `--chain-dir`, and the form of
//! three lines an event.

use super::error::ChainError;
use super::event::EventHash;
use super::read::{Limits, Lost, Stored};
use super::scan::Scanner;
use std::io::Read;

/// The longest line that is not data: a hash, an event's type, a length.
const LINE: usize = 64 * 1024;

/// Reads text layouts line by line; a line may be looked at and left for later.
#[derive(Default)]
pub(crate) struct Lines {
    held: Option<Vec<u8>>,
    line: Vec<u8>,
}

impl Lines {
    fn next<R: Read>(&mut self, scanner: &mut Scanner<R>, most: usize) -> Result<bool, ChainError> {
        if let Some(held) = self.held.take() {
            self.line = held;
            return Ok(true);
        }
        scanner.line(&mut self.line, most)
    }

    /// The next line as text; `wanted` says what it should have been.
    fn text<R: Read>(&mut self, scanner: &mut Scanner<R>, wanted: &str) -> Result<String, ChainError> {
        let mark = scanner.mark();
        if !self.next(scanner, LINE)? {
            return Err(scanner.error(format!("expected {wanted}, found the end of the file")));
        }
        let at = |_| scanner.error_at(mark, format!("expected {wanted}, found bytes that are not UTF-8"));
        let text = std::str::from_utf8(&self.line).map_err(at)?;
        Ok(text.strip_suffix('\r').unwrap_or(text).to_string())
    }

    /// The next line, which must begin with `prefix`, without it.
    fn after<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        prefix: &str,
        wanted: &str,
    ) -> Result<String, ChainError> {
        let mark = scanner.mark();
        let text = self.text(scanner, wanted)?;
        match text.strip_prefix(prefix) {
            Some(rest) => Ok(rest.to_string()),
            None => Err(scanner.error_at(mark, format!("expected {wanted}, found `{}`", cut(&text)))),
        }
    }

    /// The next line, which must be `prefix` and a hash.
    fn hash<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        prefix: &str,
        wanted: &str,
    ) -> Result<EventHash, ChainError> {
        let mark = scanner.mark();
        let text = self.after(scanner, prefix, wanted)?;
        EventHash::from_hex(&text).ok_or_else(|| scanner.error_at(mark, no_hash(&text)))
    }

    /// The next line, which must name the parent; `root` is said where there is none.
    fn parent<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        root: &str,
    ) -> Result<Option<EventHash>, ChainError> {
        let mark = scanner.mark();
        let text = self.after(scanner, "parent: ", "`parent: ` and a hash")?;
        if text == root {
            return Ok(None);
        }
        EventHash::from_hex(&text).map(Some).ok_or_else(|| scanner.error_at(mark, no_hash(&text)))
    }

    /// Takes empty lines; false at the end of the file.
    fn skip_empty<R: Read>(&mut self, scanner: &mut Scanner<R>) -> Result<bool, ChainError> {
        while self.next(scanner, LINE)? {
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                self.held = Some(std::mem::take(&mut self.line));
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// One event of a `.chain` file of 0.3.8: five lines of head, then the data as it was.
    pub(crate) fn writer_event<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        limits: &Limits,
        out: &mut Stored,
    ) -> Result<bool, ChainError> {
        out.clear();
        if !self.skip_empty(scanner)? {
            return Ok(false);
        }
        out.event.hash = self.hash(scanner, "EVENT ", "`EVENT` and a hash")?;
        let parent = self.hash(scanner, "", "the parent's hash")?;
        // In place of the first event's parent there are forty zeros.
        out.event.parent_hash = Some(parent).filter(|parent| *parent != EventHash::default());
        out.event.event_type = self.text(scanner, "the event's type")?.into();
        let length = self.text(scanner, "the length of the data")?;
        let count = length.parse().ok().filter(|count| *count <= limits.event_bytes);
        let most = limits.event_bytes;
        let Some(count) = count else {
            let wanted = format!("a length of the data of at most {most}");
            return Err(scanner.error(format!("expected {wanted}, found `{}`", cut(&length))));
        };
        if !self.text(scanner, "an empty line")?.is_empty() {
            return Err(scanner.error("expected an empty line before the data, found text"));
        }
        scanner.take_exactly(&mut out.event.data, count)?;
        match scanner.peek()? {
            Some(b'\n') => scanner.bump(),
            None => {}
            _ => return Err(scanner.expected("a new line after the data")),
        }
        Ok(true)
    }

    /// One event of the CLI's `--chain-dir` text. The data was printed as text, what was not UTF-8
    /// replaced, so it is shown and cannot be hashed.
    pub(crate) fn cli_event<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        limits: &Limits,
        out: &mut Stored,
    ) -> Result<bool, ChainError> {
        out.clear();
        out.lost = Some(Lost::Lossy);
        if !self.skip_empty(scanner)? {
            return Ok(false);
        }
        let head = self.text(scanner, "`EVENT [id] hash`")?;
        let Some(found) = cli_head(&head) else {
            return Err(scanner.error(format!("expected `EVENT [id] hash`, found `{}`", cut(&head))));
        };
        out.event.hash = found;
        out.event.parent_hash = self.parent(scanner, "none")?;
        out.event.event_type = self.after(scanner, "type: ", "`type: `")?.into();
        let _size = self.after(scanner, "size: ", "`size: `")?;
        let data = &mut out.event.data;
        while self.next(scanner, limits.event_bytes)? {
            if std::str::from_utf8(&self.line).is_ok_and(|line| cli_head(line).is_some()) {
                self.held = Some(std::mem::take(&mut self.line));
                break;
            }
            if data.len() + self.line.len() >= limits.event_bytes {
                let most = limits.event_bytes;
                return Err(scanner.error(format!("expected an event of at most {most} bytes, found more")));
            }
            data.extend_from_slice(&self.line);
            data.push(b'\n');
        }
        let kept = data.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
        data.truncate(kept);
        Ok(true)
    }

    /// One event of the form with three lines after `---`. The event's type is not in it, so no hash
    /// can be checked.
    pub(crate) fn three_line_event<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        limits: &Limits,
        out: &mut Stored,
    ) -> Result<bool, ChainError> {
        out.clear();
        out.lost = Some(Lost::Type);
        if !self.skip_empty(scanner)? {
            return Ok(false);
        }
        let rule = self.after(scanner, "---", "`---`")?;
        if !rule.is_empty() {
            return Err(scanner.error(format!("expected `---`, found `---{}`", cut(&rule))));
        }
        out.event.hash = self.hash(scanner, "hash: ", "`hash: ` and a hash")?;
        out.event.parent_hash = self.parent(scanner, "root")?;
        if self.next(scanner, limits.event_bytes)? {
            if self.line == b"---" {
                self.held = Some(std::mem::take(&mut self.line));
            } else {
                out.event.data = std::mem::take(&mut self.line);
            }
        }
        Ok(true)
    }
}

/// The hash in a line `EVENT [8 letters of an id] hash`.
fn cli_head(line: &str) -> Option<EventHash> {
    let (_id, hash) = line.trim_end().strip_prefix("EVENT [")?.split_once("] ")?;
    EventHash::from_hex(hash)
}

fn no_hash(text: &str) -> String {
    format!("expected a hash of 40 hexadecimal digits, found `{}`", cut(text))
}

fn cut(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}
