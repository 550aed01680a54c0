//! Imports that no profile serves, in a run: answered with what an event chain has of them, in its order. So is the clock of a real system.

use crate::actor::{Actor, Called, Ended, FailureKind, Host, Input, Turn};
use crate::call::{Foreign, Given, HostAnswer, HostCall};
use crate::chain::TIMING;
use crate::payload::Payload;
use crate::run::Factory;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::sync::Arc;

/// Milliseconds since 1970 that no run reaches in virtual time: what is later was told by the clock of a real system.
pub(crate) const REAL: u64 = 100_000_000_000;

/// The answer to one call of an import that no profile serves, or of `theater:simple/timing.now`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportSpec {
    /// The interface.
    pub interface: String,
    /// The function.
    pub function: String,
    /// What it gives; without it, the mildest value of its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives: Option<serde_json::Value>,
    /// Whether it went wrong, where it is not known how.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fails: bool,
}

impl ImportSpec {
    /// The call that got this answer; nothing for an answer of another sort.
    pub fn of(call: &Foreign, answer: &HostAnswer) -> Option<ImportSpec> {
        let HostAnswer::Foreign(given) = answer else { return None };
        let (gives, fails) = match &**given {
            Given::Value(value) => (Some(value.clone()), false),
            Given::Lost { well } => (None, !well),
        };
        Some(ImportSpec { interface: call.interface.clone(), function: call.function.clone(), gives, fails })
    }

    /// The answer of a real clock; in virtual time it would be another.
    pub fn now(answer: &HostAnswer) -> Option<ImportSpec> {
        let HostAnswer::Number(now) = answer else { return None };
        let (interface, function) = (TIMING.to_owned(), "now".to_owned());
        (*now >= REAL).then(|| ImportSpec { interface, function, gives: Some((*now).into()), fails: false })
    }

    fn time(&self) -> Option<u64> {
        let is = self.interface == TIMING && self.function == "now";
        self.gives.as_ref().filter(|_| is)?.as_u64()
    }

    fn answer(&self) -> HostAnswer {
        HostAnswer::Foreign(Box::new(match &self.gives {
            Some(value) => Given::Value(value.clone()),
            None => Given::Lost { well: !self.fails },
        }))
    }
}

struct Answered {
    inner: Box<dyn Actor>,
    answers: Arc<[ImportSpec]>,
    at: usize,
}

impl Actor for Answered {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        let inner = Some(turn.host().lend());
        let mut lent =
            Back { host: Answering { inner, answers: Arc::clone(&self.answers), at: self.at }, turn };
        let ended = self.inner.turn(input, &mut Turn::new(&mut lent.host));
        self.at = lent.host.at;
        ended
    }
    fn reset(&mut self) -> bool {
        self.at = 0;
        self.inner.reset()
    }
    fn state(&self) -> Option<Payload> {
        self.inner.state()
    }
    fn tells_all(&self) -> bool {
        false
    }
    fn reads_chain(&self) -> bool {
        self.inner.reads_chain()
    }
}

/// Gives the host back, also where the actor panics.
struct Back<'a, 'b> {
    host: Answering,
    turn: &'a mut Turn<'b>,
}

impl Drop for Back<'_, '_> {
    fn drop(&mut self) {
        if let Some(inner) = self.host.inner.take() {
            self.turn.host().take_back(inner);
        }
    }
}

/// A host that answers what it can, and hands on the rest.
#[derive(Default)]
struct Answering {
    inner: Option<Box<dyn Host>>,
    answers: Arc<[ImportSpec]>,
    at: usize,
}

impl Answering {
    /// The recorded time, where it is what was asked for next.
    fn time(&self) -> Option<u64> {
        self.answers.get(self.at)?.time()
    }

    fn next(&mut self, call: &Foreign) -> Called {
        match self.answers.get(self.at) {
            Some(next) if call.is(&next.interface, &next.function) => {
                self.at += 1;
                Called::Answered(next.answer())
            }
            Some(_) => Called::Stop(
                FailureKind::Trap,
                "an import is called that the scenario has no answer for here",
            ),
            None => Called::Stop(
                FailureKind::Trap,
                "an import is called for which the scenario has no more answers",
            ),
        }
    }
}

impl Host for Answering {
    fn call(&mut self, call: HostCall) -> Called {
        let time = self.time();
        match (&call, &mut self.inner) {
            // Who has the record itself knows better.
            (HostCall::Foreign(_), Some(inner)) if inner.has_record() => inner.call(call),
            (HostCall::Foreign(foreign), _) => self.next(&foreign.clone()),
            (HostCall::Now, Some(inner)) if inner.has_record() => inner.call(call),
            (HostCall::Now, other) => match (time, other) {
                (Some(now), _) => {
                    self.at += 1;
                    Called::Answered(HostAnswer::Number(now))
                }
                (None, Some(inner)) => inner.call(call),
                (None, None) => Called::Stop(FailureKind::Trap, "a host call outside of any turn"),
            },
            (_, Some(inner)) => inner.call(call),
            (_, None) => Called::Stop(FailureKind::Trap, "a host call outside of any turn"),
        }
    }
    fn state(&self) -> Option<Payload> {
        self.inner.as_ref().and_then(|inner| inner.state())
    }
    fn address(&self) -> &str {
        self.inner.as_ref().map_or("", |inner| inner.address())
    }
    fn lend(&mut self) -> Box<dyn Host> {
        Box::new(std::mem::take(self))
    }
    fn take_back(&mut self, lent: Box<dyn Host>) {
        let lent: Box<dyn Any> = lent;
        if let Ok(lent) = lent.downcast::<Answering>() {
            *self = *lent;
        }
    }
}

/// Makes the same actor, whose imports are answered so.
pub(super) fn answered(factory: Factory, answers: &[ImportSpec]) -> Factory {
    let answers: Arc<[ImportSpec]> = answers.into();
    Arc::new(move || Box::new(Answered { inner: factory(), answers: Arc::clone(&answers), at: 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logs nothing and calls what it is told to.
    struct Caller;

    impl Actor for Caller {
        fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
            let Input::Send { data } = input else { return Ended::DONE };
            let (interface, function) = ("own:kv/store".to_owned(), data.text().into_owned());
            if function == "now" {
                return match turn.call(HostCall::Now) {
                    Called::Answered(answer) => Ended::reply(format!("{answer:?}")),
                    _ => Ended::DONE,
                };
            }
            let call = HostCall::Foreign(Box::new(Foreign { interface, function, input: Vec::new() }));
            match turn.call(call) {
                Called::Answered(answer) => Ended::reply(format!("{answer:?}")),
                Called::Stop(_, why) => Ended::reply(why),
                Called::Suspended => Ended::Awaiting,
            }
        }
    }

    /// Answers everything the same, and knows its place.
    #[derive(Default)]
    struct Plain(u32);

    impl Host for Plain {
        fn call(&mut self, _: HostCall) -> Called {
            self.0 += 1;
            Called::Answered(HostAnswer::Done)
        }
        fn state(&self) -> Option<Payload> {
            None
        }
        fn address(&self) -> &str {
            "here"
        }
        fn lend(&mut self) -> Box<dyn Host> {
            Box::new(std::mem::take(self))
        }
        fn take_back(&mut self, lent: Box<dyn Host>) {
            let lent: Box<dyn Any> = lent;
            *self = *lent.downcast().unwrap();
        }
    }

    #[test]
    fn answers_come_in_their_order_and_no_others() {
        let spec = |function: &str, gives: i32| ImportSpec {
            interface: "own:kv/store".to_owned(),
            function: function.to_owned(),
            gives: Some(gives.into()),
            fails: false,
        };
        let clock = ImportSpec::now(&HostAnswer::Number(REAL)).unwrap();
        assert_eq!(ImportSpec::now(&HostAnswer::Number(REAL - 1)), None);
        let factory =
            answered(Arc::new(|| Box::new(Caller)), &[spec("get", 1), clock.clone(), spec("put", 2), clock]);
        let (mut actor, mut host) = (factory(), Plain(7));
        let mut told = Vec::new();
        for function in ["put", "get", "get", "now", "put", "now", "put", "now"] {
            let input = Input::Send { data: Payload::from(function) };
            let Ended::Returned(returned) = actor.turn(input, &mut Turn::new(&mut host)) else { continue };
            let crate::actor::Reply::Answer(Some(text)) = returned.reply else { continue };
            told.push(text.text().into_owned());
        }
        assert!(told[0].contains("no answer for here") && told[2].contains("no answer for here"), "{told:?}");
        assert!(told[1].contains("Number(1)") && told[4].contains("Number(2)"), "{told:?}");
        assert!(told[3] == told[5] && told[3] == format!("Number({REAL})"), "{told:?}");
        assert!(told[6].contains("no more answers"), "{told:?}");
        assert!(told[7] == "Done" && host.0 == 8, "the host is back, and tells the time: {told:?}");
    }
}
