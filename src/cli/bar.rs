//! How far a search is: a bar on a terminal, a line now and then elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rehearsal::explore::Progress;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

/// Not on a terminal, a line is written so often.
const QUIET: Duration = Duration::from_secs(30);

/// The progress of a search, on standard error.
pub struct Bar {
    bar: Option<ProgressBar>,
    begun: Instant,
    told: Instant,
    span: Option<Duration>,
}

impl Bar {
    /// A bar for a search that may take so long.
    pub fn new(span: Option<Duration>) -> Bar {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {wide_bar} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Bar { bar, begun: Instant::now(), told: Instant::now(), span }
    }

    /// Shows how far it is.
    pub fn show(&mut self, at: &Progress) {
        match &self.bar {
            Some(bar) => {
                match (at.of, self.span) {
                    (_, Some(span)) => {
                        bar.set_length(span.as_millis() as u64);
                        bar.set_position(self.begun.elapsed().min(span).as_millis() as u64);
                    }
                    (Some(of), None) => {
                        bar.set_length(of);
                        bar.set_position(at.runs);
                    }
                    (None, None) => {}
                }
                bar.set_message(self.message(at));
            }
            None if self.told.elapsed() >= QUIET => {
                self.told = Instant::now();
                super::tell(&self.message(at));
            }
            None => {}
        }
    }

    fn message(&self, at: &Progress) -> String {
        if let Some(runs) = at.shrinking {
            return format!("{} failing, shrinking: {runs} runs", at.failing);
        }
        let passed = self.begun.elapsed().as_millis().max(1);
        let speed = u128::from(at.runs) * 1000 / passed;
        let (fresh, of) = at.fresh;
        let states = at.states.map_or(String::new(), |states| format!(", {states} states"));
        let left = match (at.of, self.span) {
            (_, Some(span)) => Some(span.saturating_sub(self.begun.elapsed()).as_secs()),
            (Some(of), None) => {
                let left = u128::from(of.saturating_sub(at.runs)) / speed.max(1);
                Some(left as u64)
            }
            (None, None) => None,
        };
        let left = left.map_or(String::new(), |left| format!(", {left} s left"));
        format!(
            "{} runs, {speed}/s, {} orders (new in {fresh} of the last {of}){states}, {} failing{left}",
            at.runs, at.distinct, at.failing
        )
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
