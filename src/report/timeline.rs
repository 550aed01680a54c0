//! A trace as a timeline.

use crate::error::visible;
use crate::trace::{Line, Trace};
use std::fmt::Write as _;

/// A trace as a timeline: step, virtual time, event, and what it brought with it.
///
/// ```
/// use rehearsal::{report, trace::Trace};
/// let text = "rehearsal-trace 1 scenario=s.json hash=0 seed=0 strategy=fifo\n\
///             deliver alice -> echo #1 @ff\n  about request \"hello\"\n";
/// let told = report::timeline(&Trace::parse(text, "t").unwrap());
/// assert!(told.contains("deliver alice -> echo #1   request \"hello\""));
/// ```
pub fn timeline(trace: &Trace) -> String {
    let (before, rows) = rows(trace);
    told(&before, &rows, usize::MAX)
}

/// One step, as it is shown.
pub(super) struct Row {
    pub time: String,
    pub event: String,
    pub about: Option<String>,
    pub notes: Vec<String>,
}

/// What came before the first step, and the steps.
pub(super) fn rows(trace: &Trace) -> (Vec<String>, Vec<Row>) {
    let mut rows: Vec<Row> = Vec::new();
    let mut before = Vec::new();
    let mut time = "0s".to_owned();
    for line in &trace.lines {
        match line {
            Line::Event { name, .. } => rows.push(Row {
                time: time.clone(),
                event: visible(name).into_owned(),
                about: None,
                notes: vec![],
            }),
            Line::Draw { .. } => {}
            Line::Note(text) => match (rows.last_mut(), text.split_once(' ')) {
                (Some(row), Some(("at", at))) => {
                    time = visible(at).into_owned();
                    row.time.clone_from(&time);
                }
                (Some(row), Some(("about", about))) if row.about.is_none() => {
                    row.about = Some(visible(about).into_owned())
                }
                (Some(row), _) => row.notes.push(visible(text).into_owned()),
                (None, _) => before.push(visible(text).into_owned()),
            },
        }
    }
    (before, rows)
}

/// The table; of more than `most` rows, the first half and the last.
pub(super) fn told(before: &[String], rows: &[Row], most: usize) -> String {
    let width = |of: &dyn Fn(&Row) -> usize, least: usize| rows.iter().map(of).max().unwrap_or(0).max(least);
    let time = width(&|row| row.time.chars().count(), 4);
    let event = width(&|row| row.event.chars().count(), 5);
    let mut out = format!("   step  {:>time$}  event\n", "time");
    let indent = " ".repeat(9 + time + 2);
    for note in before {
        let _ = writeln!(out, "{indent}{note}");
    }
    let (head, tail) = if rows.len() > most { (most / 2, most - most / 2) } else { (rows.len(), 0) };
    for (place, row) in rows.iter().enumerate() {
        if place >= head && place < rows.len() - tail {
            if place == head {
                let _ = writeln!(out, "{:>7}  {} more steps", "...", rows.len() - head - tail);
            }
            continue;
        }
        let about = row.about.as_deref().unwrap_or("");
        let line = format!("{:>7}  {:>time$}  {:<event$}   {about}", place + 1, row.time, row.event);
        let _ = writeln!(out, "{}", line.trim_end());
        for note in &row.notes {
            let _ = writeln!(out, "{indent}  {note}");
        }
    }
    out
}
