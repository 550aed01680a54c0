//! A scanner over bytes from any reader: a window that is refilled, never a whole file.
//!
//! Chains are mostly arrays of small numbers, so [`Scanner::bytes_array`] is the hot path of all
//! verifying. Lines are counted when the window moves on, not byte by byte.

use super::error::ChainError;
use std::io::{ErrorKind, Read};

/// How much is read at a time.
const WINDOW: usize = 128 * 1024;

/// The room at the window's end under which it is moved on.
const SHIFT: usize = 4096;

/// Reads bytes and knows where it stands.
pub(crate) struct Scanner<R> {
    inner: R,
    window: Box<[u8]>,
    pos: usize,
    end: usize,
    /// Line and column (both from 0) of the window's first byte.
    line: u64,
    column: u64,
    /// How many bytes went before the window.
    gone: u64,
    ended: bool,
}

/// A place in the bytes, cheap to take: line and column are only counted for an error.
#[derive(Clone, Copy)]
pub(crate) struct Mark(u64);

impl<R: Read> Scanner<R> {
    pub(crate) fn new(inner: R) -> Scanner<R> {
        Scanner::small(inner, WINDOW)
    }

    /// A scanner of about `length` bytes, with a window no larger than that needs.
    pub(crate) fn small(inner: R, length: usize) -> Scanner<R> {
        let window = vec![0; length.min(WINDOW) + SHIFT].into_boxed_slice();
        Scanner { inner, window, pos: 0, end: 0, line: 0, column: 0, gone: 0, ended: false }
    }

    /// Where the next byte is.
    #[inline]
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.gone + self.pos as u64)
    }

    /// An error at `mark`, or where the window begins if that is past it.
    pub(crate) fn error_at(&self, mark: Mark, message: impl Into<String>) -> ChainError {
        let read = mark.0.saturating_sub(self.gone) as usize;
        let (line, column) = self.advance(&self.window[..read.min(self.end)]);
        ChainError::new(message).at(line + 1, column + 1)
    }

    /// Line and column after `read`, which begins where the window begins.
    fn advance(&self, read: &[u8]) -> (u64, u64) {
        let breaks = read.iter().filter(|&&byte| byte == b'\n').count() as u64;
        match read.iter().rposition(|&byte| byte == b'\n') {
            Some(last) => (self.line + breaks, (read.len() - last - 1) as u64),
            None => (self.line, self.column + read.len() as u64),
        }
    }

    /// An error at the next byte.
    pub(crate) fn error(&self, message: impl Into<String>) -> ChainError {
        self.error_at(self.mark(), message)
    }

    /// An error that says what stands here instead of `wanted`.
    pub(crate) fn expected(&mut self, wanted: &str) -> ChainError {
        match self.peek() {
            Ok(Some(byte)) => self.error(format!("expected {wanted}, found {}", show_byte(byte))),
            Ok(None) => self.error(format!("expected {wanted}, found the end of the file")),
            Err(error) => error,
        }
    }

    /// Reads on, keeping what is not yet used; false at the end of the file.
    fn refill(&mut self) -> Result<bool, ChainError> {
        // Moved only when little room is left, so that a mark taken a moment ago is still in the window.
        if self.window.len() - self.end < SHIFT {
            (self.line, self.column) = self.advance(&self.window[..self.pos]);
            self.gone += self.pos as u64;
            self.window.copy_within(self.pos..self.end, 0);
            self.end -= self.pos;
            self.pos = 0;
        }
        if self.ended || self.end == self.window.len() {
            return Ok(false);
        }
        loop {
            match self.inner.read(&mut self.window[self.end..]) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(ChainError::io("read", error)),
            }
        }
    }

    /// The next byte, not taken; none at the end of the file.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, ChainError> {
        if self.pos < self.end || self.refill()? {
            return Ok(Some(self.window[self.pos]));
        }
        Ok(None)
    }

    /// Takes the byte that `peek` showed.
    #[inline]
    pub(crate) fn bump(&mut self) {
        self.pos += 1;
    }

    /// Whether the next bytes are `prefix` (a short one); takes nothing.
    pub(crate) fn starts_with(&mut self, prefix: &[u8]) -> Result<bool, ChainError> {
        while self.end - self.pos < prefix.len() {
            if !self.refill()? {
                break;
            }
        }
        Ok(self.window[self.pos..self.end].starts_with(prefix))
    }

    /// Takes white space, and shows what comes after it.
    pub(crate) fn blank(&mut self) -> Result<Option<u8>, ChainError> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.bump(),
                other => return Ok(other),
            }
        }
    }

    /// Takes `byte`, after white space, or says what was wanted.
    pub(crate) fn expect(&mut self, byte: u8, wanted: &str) -> Result<(), ChainError> {
        match self.blank()? {
            Some(found) if found == byte => {
                self.bump();
                Ok(())
            }
            _ => Err(self.expected(wanted)),
        }
    }

    /// Takes a JSON array of bytes into `out`, the `[` first; more than `most` of them is an error.
    pub(crate) fn bytes_array(&mut self, out: &mut Vec<u8>, most: usize) -> Result<(), ChainError> {
        out.clear();
        self.expect(b'[', "an array of bytes")?;
        if self.blank()? == Some(b']') {
            self.bump();
            return Ok(());
        }
        loop {
            self.quick_bytes(out);
            self.blank()?;
            out.push(self.byte_number()?);
            if out.len() > most {
                return Err(self.error(format!("expected at most {most} bytes, found more")));
            }
            match self.blank()? {
                Some(b',') => self.bump(),
                Some(b']') => {
                    self.bump();
                    return Ok(());
                }
                _ => return Err(self.expected("`,` or `]`")),
            }
        }
    }

    /// Takes numbers, each with the comma after it, for as long as all is plain and in the window;
    /// whatever is unusual is left for [`Scanner::byte_number`], which can say what it is.
    #[inline]
    pub(crate) fn quick_bytes(&mut self, out: &mut Vec<u8>) {
        let window = &self.window[self.pos..self.end];
        let mut rest = window;
        loop {
            while let [b' ' | b'\n' | b'\r' | b'\t', after @ ..] = rest {
                rest = after;
            }
            let [a, b, c, d, ..] = *rest else { break };
            let (a, b, c) = (a.wrapping_sub(b'0'), b.wrapping_sub(b'0'), c.wrapping_sub(b'0'));
            const COMMA: u8 = b','.wrapping_sub(b'0');
            let (value, length) = if b == COMMA && a <= 9 {
                (u16::from(a), 2)
            } else if c == COMMA && b <= 9 && a.wrapping_sub(1) < 9 {
                (u16::from(a) * 10 + u16::from(b), 3)
            } else if d == b',' && c <= 9 && b <= 9 && a.wrapping_sub(1) < 9 {
                (u16::from(a) * 100 + u16::from(b) * 10 + u16::from(c), 4)
            } else {
                break;
            };
            let Ok(byte) = u8::try_from(value) else { break };
            out.push(byte);
            rest = &rest[length..];
        }
        self.pos += window.len() - rest.len();
    }

    /// Takes one number of an array of bytes.
    fn byte_number(&mut self) -> Result<u8, ChainError> {
        let mark = self.mark();
        match self.number("a byte (0 to 255)")? {
            value @ 0..=255 => Ok(value as u8),
            value => Err(self.error_at(mark, format!("expected a byte (0 to 255), found `{value}`"))),
        }
    }

    /// Takes a whole number that is not negative.
    pub(crate) fn number(&mut self, wanted: &str) -> Result<u64, ChainError> {
        let Some(first @ b'0'..=b'9') = self.peek()? else { return Err(self.expected(wanted)) };
        self.bump();
        let mut value = u64::from(first - b'0');
        while let Some(digit @ b'0'..=b'9') = self.peek()? {
            let longer = value.checked_mul(10).and_then(|ten| ten.checked_add(u64::from(digit - b'0')));
            match longer {
                Some(longer) if value > 0 => value = longer,
                Some(_) => {
                    return Err(self.error(format!("expected {wanted}, found a number that begins with 0")));
                }
                None => return Err(self.error(format!("expected {wanted}, found a number over 2^64"))),
            }
            self.bump();
        }
        match self.peek()? {
            Some(b'.' | b'e' | b'E') => Err(self.error(format!("expected {wanted}, found a fraction"))),
            _ => Ok(value),
        }
    }

    /// Takes the letters of `word` (`null`, `true`, `false`).
    pub(crate) fn word(&mut self, word: &str) -> Result<(), ChainError> {
        for letter in word.bytes() {
            if self.peek()? != Some(letter) {
                return Err(self.expected(&format!("`{word}`")));
            }
            self.bump();
        }
        Ok(())
    }

    /// Takes bytes up to the first that `stop` says, which stays; appends them to `out`.
    pub(crate) fn take_until(
        &mut self,
        out: &mut Vec<u8>,
        most: usize,
        stop: impl Fn(u8) -> bool,
    ) -> Result<(), ChainError> {
        while self.peek()?.is_some() {
            let window = &self.window[self.pos..self.end];
            let length = window.iter().position(|&byte| stop(byte)).unwrap_or(window.len());
            if length > most.saturating_sub(out.len()) {
                return Err(self.error(format!("expected at most {most} bytes here, found more")));
            }
            out.extend_from_slice(&window[..length]);
            let stopped = length < window.len();
            self.pos += length;
            if stopped {
                break;
            }
        }
        Ok(())
    }

    /// Takes exactly `count` bytes into `out`.
    pub(crate) fn take_exactly(&mut self, out: &mut Vec<u8>, count: usize) -> Result<(), ChainError> {
        out.clear();
        while out.len() < count {
            if self.peek()?.is_none() {
                let found = out.len();
                return Err(self.error(format!(
                    "expected {count} bytes of data, found the end of the file after {found}"
                )));
            }
            let length = (self.end - self.pos).min(count - out.len());
            out.extend_from_slice(&self.window[self.pos..self.pos + length]);
            self.pos += length;
        }
        Ok(())
    }

    /// Takes a line into `out`, without its end; false at the end of the file.
    pub(crate) fn line(&mut self, out: &mut Vec<u8>, most: usize) -> Result<bool, ChainError> {
        out.clear();
        if self.peek()?.is_none() {
            return Ok(false);
        }
        self.take_until(out, most, |byte| byte == b'\n')?;
        if self.peek()?.is_some() {
            self.bump();
        }
        Ok(true)
    }
}

fn show_byte(byte: u8) -> String {
    match byte {
        b'`' | 0..=0x1f | 0x7f.. => format!("the byte 0x{byte:02x}"),
        _ => format!("`{}`", char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every boundary of the window is met.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            self.0 = rest;
            out[0] = *first;
            Ok(1)
        }
    }

    fn check(input: &str, expect: Result<&[u8], &str>) {
        let mut out = Vec::new();
        let whole = Scanner::new(input.as_bytes()).bytes_array(&mut out, 8).map(|()| out.clone());
        let drip = Scanner::new(Drip(input.as_bytes())).bytes_array(&mut out, 8).map(|()| out.clone());
        for found in [whole, drip] {
            let found = found.map_err(|error| error.to_string());
            assert_eq!(found.as_deref().map_err(String::as_str), expect, "{input}");
        }
    }

    #[test]
    fn arrays_of_bytes() {
        check("[]", Ok(&[]));
        check(" [ ] ", Ok(&[]));
        check("[0,9,10,99,100,255]", Ok(&[0, 9, 10, 99, 100, 255]));
        check("[\n  1 ,\t22,\r\n 3]", Ok(&[1, 22, 3]));
        check("[1,256]", Err("expected a byte (0 to 255), found `256`\n  --> (chain):1:4"));
        check("[999,1,1]", Err("expected a byte (0 to 255), found `999`\n  --> (chain):1:2"));
        check(
            "[\n01]",
            Err("expected a byte (0 to 255), found a number that begins with 0\n  --> (chain):2:2"),
        );
        check("[1.5]", Err("expected a byte (0 to 255), found a fraction\n  --> (chain):1:3"));
        check("[-1]", Err("expected a byte (0 to 255), found `-`\n  --> (chain):1:2"));
        check("[1,]", Err("expected a byte (0 to 255), found `]`\n  --> (chain):1:4"));
        check("[1 2]", Err("expected `,` or `]`, found `2`\n  --> (chain):1:4"));
        check("[1,2", Err("expected `,` or `]`, found the end of the file\n  --> (chain):1:5"));
        check("{", Err("expected an array of bytes, found `{`\n  --> (chain):1:1"));
        check("[1,2,3,4,5,6,7,8,9]", Err("expected at most 8 bytes, found more\n  --> (chain):1:19"));
        check(
            "[99999999999999999999]",
            Err("expected a byte (0 to 255), found a number over 2^64\n  --> (chain):1:21"),
        );
    }

    #[test]
    fn a_whole_window_of_numbers_is_read_as_serde_reads_it() {
        let bytes: Vec<u8> = (0..100_000u32).map(|n| (n % 1009 * n % 256) as u8).collect();
        for text in [serde_json::to_string(&bytes).unwrap(), serde_json::to_string_pretty(&bytes).unwrap()] {
            let mut out = Vec::new();
            Scanner::new(text.as_bytes()).bytes_array(&mut out, bytes.len()).unwrap();
            assert!(out == bytes);
        }
    }

    #[test]
    fn lines_are_counted_across_windows() {
        let text = "x\n".repeat(WINDOW) + "yz";
        let mut scanner = Scanner::new(text.as_bytes());
        let mut line = Vec::new();
        for _ in 0..WINDOW {
            assert!(scanner.line(&mut line, 10).unwrap());
        }
        assert_eq!(scanner.peek().unwrap(), Some(b'y'));
        scanner.bump();
        let error = scanner.error("here").to_string();
        assert_eq!(error, format!("here\n  --> (chain):{}:2", WINDOW + 1));
    }
}
