//! The one error: what went wrong, where, why, and what to do about it.

use std::borrow::Cow;
use std::fmt;

/// Text as one line that a terminal shows as it is: control characters, and those that turn the direction of writing, as
/// `\u001b`.
///
/// ```
/// assert_eq!(rehearsal::error::visible("a\u{1b}[2J\nb"), "a\\u001b[2J\\u000ab");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, &|_| false)
}

/// The same for text of several lines, which stay apart. JSON stays the same JSON.
///
/// ```
/// assert_eq!(rehearsal::error::screened("a\u{1b}[2J\nb"), "a\\u001b[2J\nb");
/// ```
pub fn screened(text: &str) -> Cow<'_, str> {
    escaped(text, &|c| c == '\n' || c == '\t')
}

fn escaped<'t>(text: &'t str, stays: &dyn Fn(char) -> bool) -> Cow<'t, str> {
    let hidden = |c: char| acts(c) && !stays(c);
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if hidden(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// Whether a terminal does something with a character other than to show it.
fn acts(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

/// What sort of error: it decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Bad input or bad usage: exit status 2.
    Input,
    /// A record could not be followed: exit status 3.
    Diverged,
}

/// Where in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: String,
    /// Line and column, from 1, where they are known.
    pub at: Option<(usize, usize)>,
    /// The text of the line.
    pub line: Option<String>,
}

/// An error in rustc's grammar: lower case, no full stop, then the place, notes and help.
///
/// ```
/// use rehearsal::error::Error;
/// let error = Error::input("no actor is called `eco`").help("did you mean `echo`?");
/// assert_eq!(error.to_string(), "error: no actor is called `eco`\nhelp: did you mean `echo`?");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    message: String,
    place: Option<Place>,
    facts: Vec<String>,
    notes: Vec<String>,
    help: Vec<String>,
}

impl Error {
    /// An error of bad input.
    pub fn input(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Input, message)
    }

    /// An error of any sort.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        let message = message.into();
        Error(Box::new(Inner { kind, message, place: None, facts: vec![], notes: vec![], help: vec![] }))
    }

    /// A file that cannot be read or written.
    pub fn io(doing: &str, path: impl fmt::Display, error: &std::io::Error) -> Error {
        Error::input(format!("cannot {doing} `{path}`: {}", plain_io(error)))
    }

    /// The same error of another sort.
    #[must_use]
    pub fn of_kind(mut self, kind: ErrorKind) -> Error {
        self.0.kind = kind;
        self
    }

    /// Adds the file.
    pub fn in_file(mut self, file: impl Into<String>) -> Error {
        match &mut self.0.place {
            Some(place) => place.file = file.into(),
            None => self.0.place = Some(Place { file: file.into(), at: None, line: None }),
        }
        self
    }

    /// Adds line and column, from 1, and the line itself out of `text`.
    ///
    /// ```
    /// use rehearsal::error::Error;
    /// let error = Error::input("expected a text").in_file("a.json").at(2, 9, "{\n\"name\": 3\n}");
    /// assert_eq!(error.to_string(), "error: expected a text\n  --> a.json:2:9\n   |\n 2 | \"name\": 3\n   |         ^");
    /// ```
    pub fn at(mut self, line: usize, column: usize, text: &str) -> Error {
        let shown = text.lines().nth(line.saturating_sub(1)).map(str::to_owned);
        let file = self.0.place.take().map(|place| place.file).unwrap_or_default();
        self.0.place = Some(Place { file, at: Some((line, column)), line: shown });
        self
    }

    /// Adds a line of facts below the place.
    pub fn fact(mut self, text: impl Into<String>) -> Error {
        self.0.facts.push(text.into());
        self
    }

    /// Adds why.
    pub fn note(mut self, text: impl Into<String>) -> Error {
        self.0.notes.push(text.into());
        self
    }

    /// Adds what to do.
    pub fn help(mut self, text: impl Into<String>) -> Error {
        self.0.help.push(text.into());
        self
    }

    /// Adds the nearest of the known names, if one is near.
    pub fn nearest<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
        match nearest(name, known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// The message as [one line](visible): what it quotes may be anything.
    #[must_use]
    pub fn on_one_line(mut self) -> Error {
        self.0.message = visible(&self.0.message).into_owned();
        self
    }

    /// What sort.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, in one line.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }
}

/// The nearest of the known names, if one is near enough to be meant.
///
/// ```
/// use rehearsal::error::nearest;
/// assert_eq!(nearest("eco", ["echo", "alice"]), Some("echo"));
/// assert_eq!(nearest("zebra", ["echo", "alice"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = 1 + name.chars().count() / 3;
    let ranked = known.into_iter().map(|near| (strsim::damerau_levenshtein(name, near), near));
    ranked.filter(|(distance, _)| *distance <= allowed).min().map(|(_, near)| near)
}

pub(crate) fn plain_io(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        std::io::ErrorKind::NotADirectory => "what should be a folder on the way there is a file".into(),
        std::io::ErrorKind::AlreadyExists => "a file is in the way".into(),
        _ => {
            let told = error.to_string();
            told.split(" (os error").next().unwrap_or(&told).to_lowercase()
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        write!(f, "error: {}", screened(&inner.message))?;
        if let Some(place) = &inner.place {
            write!(f, "\n  --> {}", visible(&place.file))?;
            if let Some((line, column)) = place.at {
                write!(f, ":{line}:{column}")?;
                if let Some(text) = &place.line {
                    let gutter = line.to_string();
                    let pad = " ".repeat(gutter.len());
                    let (shown, before) = window(text, column.saturating_sub(1));
                    write!(f, "\n {pad} |\n {gutter} | {shown}\n {pad} | {before}^")?;
                }
            }
        }
        for fact in &inner.facts {
            write!(f, "\n  {}", screened(fact))?;
        }
        for note in &inner.notes {
            write!(f, "\nnote: {}", screened(note))?;
        }
        for help in &inner.help {
            write!(f, "\nhelp: {}", screened(help))?;
        }
        Ok(())
    }
}

/// What is shown of a line that may be long, and what goes before the mark below it: the part around `column` characters.
fn window(line: &str, column: usize) -> (String, String) {
    const LONGEST: usize = 160;
    let length = line.chars().count();
    let start = if length <= LONGEST { 0 } else { column.saturating_sub(LONGEST / 2).min(length - LONGEST) };
    // One sign for each character, so that the mark stands below the right one.
    let plain = |c: char| if acts(c) && c != '\t' { '\u{fffd}' } else { c };
    let shown: String = line.chars().skip(start).take(LONGEST).map(plain).collect();
    let cut = if start > 0 { "..." } else { "" };
    // A tab is as wide below the line as in it.
    let blank = |c: char| if c == '\t' { '\t' } else { ' ' };
    let before: String = shown.chars().take(column - start.min(column)).map(blank).collect();
    let more = if start + LONGEST < length { "..." } else { "" };
    let missing = column.saturating_sub(start + before.chars().count()).min(1);
    (format!("{cut}{shown}{more}"), format!("{}{before}{}", " ".repeat(cut.len()), " ".repeat(missing)))
}

impl std::error::Error for Error {}

/// A result with the one error.
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_points_at_its_place() {
        let text = "{\n  \"name\": 3\n}";
        let error = Error::input("expected a text").in_file("a.json").at(2, 11, text);
        let told = "error: expected a text\n  --> a.json:2:11\n   |\n 2 |   \"name\": 3\n   |           ^";
        assert_eq!(error.to_string(), told);
    }

    #[test]
    fn a_long_line_is_shown_around_its_place() {
        let text = format!("{}x{}", "\ta".repeat(100), "b".repeat(100));
        let told = Error::input("no x").in_file("a.json").at(1, 201, &text).to_string();
        let [shown, mark] = <[&str; 2]>::try_from(&told.lines().collect::<Vec<_>>()[3..5]).unwrap();
        assert_eq!(shown.find('x').unwrap(), mark.find('^').unwrap(), "{told}");
        assert!(shown.contains("| ...") && shown.ends_with("b...") && shown.len() < 180, "{told}");
    }

    #[test]
    fn what_acts_on_a_terminal_is_shown_instead() {
        let error =
            Error::input("no \u{1b}[31m\u{202e}x").note("a\u{7}b").in_file("a\nb").at(1, 3, "\u{1b}\tx");
        let told = "error: no \\u001b[31m\\u202ex\n  --> a\\u000ab:1:3\n   |\n 1 | \u{fffd}\tx\n   |  \t^\nnote: a\\u0007b";
        assert_eq!(error.to_string(), told);
        assert_eq!(Error::input("a\nb").on_one_line().message(), "a\\u000ab");
    }

    #[test]
    fn the_nearest_name_is_found() {
        assert_eq!(nearest("eco", ["echo", "alice"]), Some("echo"));
        assert_eq!(nearest("zzz", ["echo", "alice"]), None);
    }
}
