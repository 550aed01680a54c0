//! Native actors that come with the tool, for scenarios that need no component.

use crate::actor::{Actor, ChannelAccept, Ended, Input, Turn};
use crate::payload::Payload;

/// Their names, as a scenario's `native` has them.
pub const NAMES: [&str; 6] = ["counter", "echo", "log", "register", "sink", "stand-in"];

/// The actor of this name.
///
/// - `counter`, or `sink`: counts what it gets. A request is answered with the count.
/// - `echo`: answers a request with its own words.
/// - `log`: observes every message as `got`.
/// - `register`: holds a text, to be read, written, appended to and swapped.
/// - `stand-in`: answers as its state says, see [`Answered`](super::Answered).
///
/// ```
/// use rehearsal::native::{NAMES, builtin};
/// assert!(NAMES.iter().all(|name| builtin(name).is_some()));
/// assert!(builtin("ecko").is_none());
/// ```
pub fn builtin(name: &str) -> Option<Box<dyn Actor>> {
    Some(match name {
        "counter" | "sink" => Box::new(Counter { count: 0 }),
        "echo" => Box::new(Echo),
        "log" => Box::new(Log),
        "stand-in" => Box::<super::stand_in::StandIn>::default(),
        "register" => Box::new(Register { value: START.to_owned() }),
        _ => return None,
    })
}

/// Counts what it gets; its state is how much that was, whatever the order. A request is answered with the count.
struct Counter {
    count: u64,
}

/// The count in a state that a scenario gives: a number, or an object with one at `count`.
fn count_of(state: &Payload) -> Option<u64> {
    let value = state.json()?;
    value.as_u64().or_else(|| value.get("count")?.as_u64())
}

/// What is wrong with a state that a scenario gives the native actor of this name, if anything.
pub(crate) fn refuses(name: &str, state: &Payload) -> Option<String> {
    match name {
        "counter" | "sink" if count_of(state).is_some() => None,
        "counter" | "sink" => {
            Some(format!("the state of a `{name}` is JSON, a whole number or {{\"count\": N}}"))
        }
        "register" => None,
        "stand-in" if super::stand_in::recorded(state).is_some() => None,
        "stand-in" => {
            Some("the state of a `stand-in` is JSON, a list of `{\"to\": TEXT, \"with\": TEXT}`".to_owned())
        }
        _ => Some(format!("the native actor `{name}` keeps no state")),
    }
}

impl Actor for Counter {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        match input {
            Input::Init => {
                self.count = turn.state().as_ref().and_then(count_of).unwrap_or(0);
                return Ended::DONE;
            }
            Input::Request { .. } => {
                self.count += 1;
                return Ended::reply(self.count.to_string());
            }
            Input::ChannelOpen { .. } => {
                return Ended::accept(ChannelAccept { accepted: true, message: None });
            }
            Input::Send { data } => {
                // Here, where it is known to be nothing but bytes.
                drop(data);
                self.count += 1;
            }
            _ => self.count += 1,
        }
        Ended::DONE
    }

    fn reset(&mut self) -> bool {
        self.count = 0;
        true
    }

    fn state(&self) -> Option<Payload> {
        Some(Payload::from(format!("{{\"count\":{}}}", self.count)))
    }
}

/// Answers a request with its own words.
struct Echo;

impl Actor for Echo {
    fn turn(&mut self, input: Input, _: &mut Turn<'_>) -> Ended {
        match input {
            Input::Request { data, .. } => Ended::reply(data),
            Input::ChannelOpen { .. } => Ended::accept(ChannelAccept::default()),
            _ => Ended::DONE,
        }
    }

    fn reset(&mut self) -> bool {
        true
    }

    fn state(&self) -> Option<Payload> {
        Some(Payload::EMPTY)
    }
}

/// Observes every message as `got`, in the order in which they come.
struct Log;

impl Actor for Log {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        match input {
            Input::Send { data } | Input::ChannelMessage { data, .. } => {
                turn.observe("got", data.text());
                Ended::DONE
            }
            Input::Request { data, .. } => {
                turn.observe("got", data.text());
                Ended::reply(data)
            }
            Input::ChannelOpen { .. } => Ended::accept(ChannelAccept { accepted: true, message: None }),
            _ => Ended::DONE,
        }
    }

    fn reset(&mut self) -> bool {
        true
    }
}

/// What a register holds at first.
const START: &str = "x";

/// Holds a text: `read` answers it, `write TEXT` replaces it, `append TEXT` adds to it, `swap OLD NEW` replaces it if it is OLD
/// and answers `no` if it is not. Each change is observed as `value`; `look WHO` is a `read` that is observed there too. A channel
/// to it begins with what it holds.
struct Register {
    value: String,
}

impl Register {
    fn obey(&mut self, order: &str, turn: &mut Turn<'_>) -> String {
        if let Some(text) = order.strip_prefix("write ") {
            self.value = text.to_owned();
        } else if let Some(text) = order.strip_prefix("append ") {
            self.value.push_str(text);
        } else if let Some((old, new)) = order.strip_prefix("swap ").and_then(|both| both.split_once(' ')) {
            if old != self.value {
                return "no".to_owned();
            }
            self.value = new.to_owned();
        } else {
            if let Some(who) = order.strip_prefix("look ") {
                turn.observe("value", format!("{who} sees {}", self.value));
            }
            return self.value.clone();
        }
        turn.observe("value", &self.value);
        "ok".to_owned()
    }
}

impl Actor for Register {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        match input {
            Input::Request { data, .. } => Ended::reply(self.obey(&data.text(), turn)),
            Input::Send { data } | Input::ChannelMessage { data, .. } => {
                self.obey(&data.text(), turn);
                Ended::DONE
            }
            Input::Init => {
                if let Some(state) = turn.state() {
                    self.value = state.text().into_owned();
                }
                Ended::DONE
            }
            Input::ChannelOpen { .. } => {
                let message = Some(self.value.clone().into_bytes());
                Ended::accept(ChannelAccept { accepted: true, message })
            }
            _ => Ended::DONE,
        }
    }

    fn reset(&mut self) -> bool {
        START.clone_into(&mut self.value);
        true
    }

    fn state(&self) -> Option<Payload> {
        Some(Payload::from(self.value.as_str()))
    }
}
