//! Calls that no profile serves, answered from the record and compared with it.
//!
//! Generation B has them as values, with their types or without; generation A in words of its own for each interface, and not all of
//! it. So what the record has of the arguments must be among those that the actor gave, in whatever form.

use super::recorded_host::{End, RecordedHost};
use super::reencode;
use crate::actor::Called;
use crate::call::{Foreign, Given, HostAnswer, HostCall};
use crate::chain::{Answer, Arg, Decoded, HostCall as ChainCall, Recorded, Val, hash_of};
use crate::revive::record::ChainRecord;
use crate::revive::wording::told;
use serde_json::{Map, Value};

impl RecordedHost {
    /// A call of a function that is not served.
    pub(super) fn foreign(&mut self, call: &Foreign, chain_call: &ChainCall) -> Result<Called, End> {
        let record = self.record();
        let Some(place) = self.next() else { return Err(End::Over) };
        match &record.entries[place].said {
            Decoded::Host { interface, function, input, output } if call.is(interface, function) => {
                let recorded = match input {
                    Recorded::Val(input) => input.bare(),
                    Recorded::Json(json) => serde_json::from_slice(json).unwrap_or_default(),
                };
                self.arguments(place, call, chain_call, &recorded, true)?;
                Ok(answered(match output {
                    Recorded::Val(output) => output.bare(),
                    Recorded::Json(json) => serde_json::from_slice(json).unwrap_or_default(),
                }))
            }
            Decoded::HostBegan { interface, function, input } if call.is(interface, function) => {
                let fields = match &input[..] {
                    [Arg::Val(Val::Record(fields))] => fields.clone(),
                    _ => Vec::new(),
                };
                self.arguments(place, call, chain_call, &Val::Record(fields.clone()).bare(), false)?;
                self.foreign_end(call, chain_call, &fields)
            }
            Decoded::HostEnded { interface, function, .. } if call.is(interface, function) => {
                self.foreign_end(call, chain_call, &[])
            }
            // What a recording never has was not recorded there.
            _ if !has(&record, call) => Ok(self.unrecorded(&HostCall::Foreign(Box::new(call.clone())))),
            _ => Err(self.unlike(place, told(chain_call))),
        }
    }

    /// The end of a call that began, with these fields.
    fn foreign_end(
        &mut self,
        call: &Foreign,
        chain_call: &ChainCall,
        began: &[(String, Val)],
    ) -> Result<Called, End> {
        let record = self.record();
        let Some(place) = self.next() else { return Err(End::Over) };
        match &record.entries[place].said {
            Decoded::HostEnded { interface, function, answer: Answer::Val(val) }
                if call.is(interface, function) =>
            {
                self.tally.by_meaning += 1;
                self.at = place + 1;
                let Val::Record(fields) = val else { return Ok(answered(val.bare())) };
                let fresh = fresh(fields, began);
                if let [(name, _)] = &fresh[..]
                    && (name.ends_with("count") || name.ends_with("size"))
                {
                    let told = told(chain_call);
                    self.tally.carried.push(format!(
                        "event {place}: of the answer to {told} only {name} is in the record: so many zeros were given"
                    ));
                }
                Ok(answered(match &fresh[..] {
                    [] => Value::Null,
                    [(_, one)] => one.clone(),
                    _ => Value::Object(fresh.into_iter().collect::<Map<String, Value>>()),
                }))
            }
            // Where nothing is recorded of its end, it did not go well.
            _ => Ok(self.lost(place, chain_call)),
        }
    }

    /// An answer that the record does not hold.
    fn lost(&mut self, place: usize, chain_call: &ChainCall) -> Called {
        let told = told(chain_call);
        self.tally.carried.push(format!(
            "event {place}: the answer to {told} is not in the record, only its beginning is: an error was given"
        ));
        Called::Answered(HostAnswer::Foreign(Box::new(Given::Lost { well: false })))
    }

    /// Compares the arguments with what the event at `place` has of them.
    fn arguments(
        &mut self,
        place: usize,
        call: &Foreign,
        chain_call: &ChainCall,
        recorded: &Value,
        whole: bool,
    ) -> Result<(), End> {
        let record = self.record();
        let entry = &record.entries[place];
        if whole && reencode::foreign(&entry.event, &entry.said, chain_call) == hash_of(&entry.event) {
            self.tally.matched += 1;
        } else if among(recorded, &call.input, whole) {
            self.tally.by_meaning += 1;
        } else {
            return Err(self.unlike(place, told(chain_call)));
        }
        self.at = place + 1;
        Ok(())
    }
}

fn answered(value: Value) -> Called {
    Called::Answered(HostAnswer::Foreign(Box::new(Given::Value(value))))
}

/// Whether a recording has any event of a call.
fn has(record: &ChainRecord, call: &Foreign) -> bool {
    record.entries.iter().any(|entry| match &entry.said {
        Decoded::Host { interface, function, .. }
        | Decoded::HostBegan { interface, function, .. }
        | Decoded::HostEnded { interface, function, .. } => call.is(interface, function),
        _ => false,
    })
}

/// What a result has that the call did not: the arguments are told again, and that it went well.
fn fresh(ended: &[(String, Val)], began: &[(String, Val)]) -> Vec<(String, Value)> {
    let new =
        ended.iter().filter(|field| !began.contains(field) && field.0 != "success" && field.0 != "type");
    new.map(|(name, val)| (name.clone(), val.bare())).collect()
}

/// Whether all that a record has of the arguments is among those that were given: in their order where it has them whole.
fn among(recorded: &Value, given: &[Val], whole: bool) -> bool {
    let mut theirs = Vec::new();
    leaves(recorded, &mut theirs);
    let mut ours = Vec::new();
    given.iter().for_each(|val| leaves(&val.bare(), &mut ours));
    if whole {
        let mut left = ours.iter();
        return theirs.iter().all(|leaf| left.any(|one| one == leaf));
    }
    // Sizes stand for bytes, paths may be longer than they were given, and some of it is the host's own.
    let sizes: Vec<String> = given.iter().filter_map(size).map(|size| size.to_string()).collect();
    let held = |leaf: &String| {
        leaf.is_empty()
            || ours.iter().any(|one| one == leaf || one.len() > 3 && leaf.ends_with(one.as_str()))
            || sizes.contains(leaf)
    };
    theirs.iter().all(held)
}

fn size(val: &Val) -> Option<usize> {
    val.as_bytes().map(<[u8]>::len).or_else(|| val.as_text().map(str::len))
}

/// The plain values in a value, as letters and digits: names are spelled in more than one way.
fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(fields) => {
            fields.iter().filter(|(name, _)| *name != "type").for_each(|(_, value)| leaves(value, found))
        }
        Value::String(text) => found.push(text.clone()),
        other => found.push(other.to_string()),
    }
}
