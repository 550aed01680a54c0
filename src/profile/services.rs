//! What every profile serves alike: logs, the clock, random numbers, the environment.

use crate::actor::{Called, FailureKind};
use crate::call::{HostAnswer, HostCall, Refusal};
use crate::choice::{Choices, Draw, Purpose, Resource};
use crate::id::{ActorId, Time};
use crate::payload::Payload;
use crate::state::{Halted, State, WaitsFor};

/// How many random bytes one call may ask for.
const MOST_RANDOM_BYTES: u32 = 1 << 20;

/// Serves a call that is no message; gives the call back where it is one.
pub fn serve(
    state: &mut State,
    choices: &mut Choices,
    me: ActorId,
    call: HostCall,
) -> Result<Result<Called, HostCall>, Halted> {
    let answer = match call {
        HostCall::Log { text } => {
            state.learn(me, crate::digest::Digest::of(text.as_bytes()));
            state.log(me, &text);
            HostAnswer::Done
        }
        HostCall::Now => {
            state.touch(Resource::Clock, false);
            state.learn(me, state.now.0);
            HostAnswer::Number(state.now.as_millis())
        }
        HostCall::Sleep { span } => return Ok(Ok(sleep(state, me, span))),
        HostCall::Deadline { at } => {
            state.touch(Resource::Clock, false);
            if at <= state.now {
                HostAnswer::Done
            } else {
                return Ok(Ok(sleep(state, me, Time(at.0 - state.now.0))));
            }
        }
        HostCall::RandomBytes { .. } | HostCall::RandomRange { .. } => random(state, choices, me, &call)?,
        HostCall::RandomFloat => HostAnswer::Number(draw(state, choices, me, 1 << 53)?),
        HostCall::GenerateUuid => {
            let bytes = random_bytes(state, choices, me, 16)?;
            let raw: [u8; 16] = bytes.try_into().unwrap_or_default();
            HostAnswer::Text(uuid::Builder::from_random_bytes(raw).into_uuid().to_string())
        }
        HostCall::GetVar { name } => HostAnswer::MaybeText(variable(state, &name)),
        HostCall::VarExists { name } => HostAnswer::Flag(variable(state, &name).is_some()),
        HostCall::ListVars => HostAnswer::Pairs(state.setting.variables.clone()),
        HostCall::Unmet { text } => {
            let step = state.step;
            state.record.note(step, || format!("unmet {}: {text}", state.setting.directory.name(me)));
            state.record.unmet.push((step, me, text));
            state.record.changes += 1;
            HostAnswer::Done
        }
        HostCall::Foreign(_) => {
            let why = "a call that only a record can answer";
            return Ok(Ok(Called::Stop(FailureKind::Trap, why)));
        }
        other => return Ok(Err(other)),
    };
    Ok(Ok(Called::Answered(answer)))
}

fn sleep(state: &mut State, me: ActorId, span: Time) -> Called {
    state.wait(me, WaitsFor::Time, Some(span.into()));
    Called::Suspended
}

fn variable(state: &State, name: &str) -> Option<String> {
    let found = state.setting.variables.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.clone())
}

fn draw(state: &mut State, choices: &mut Choices, me: ActorId, bound: u64) -> Result<u64, Halted> {
    let number = choices.draw(Draw { purpose: Purpose::Random, actor: me, bound }).ok_or(Halted)?;
    state.learn(me, number);
    Ok(number)
}

fn random_bytes(
    state: &mut State,
    choices: &mut Choices,
    me: ActorId,
    length: usize,
) -> Result<Vec<u8>, Halted> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let word = draw(state, choices, me, 0)?.to_le_bytes();
        bytes.extend_from_slice(&word[..word.len().min(length - bytes.len())]);
    }
    Ok(bytes)
}

fn random(
    state: &mut State,
    choices: &mut Choices,
    me: ActorId,
    call: &HostCall,
) -> Result<HostAnswer, Halted> {
    Ok(match *call {
        HostCall::RandomBytes { length } if length > MOST_RANDOM_BYTES => {
            HostAnswer::Refused(Refusal::Invalid("more random bytes than one call may ask for"))
        }
        HostCall::RandomBytes { length } => {
            HostAnswer::Bytes(Payload::from(random_bytes(state, choices, me, length as usize)?))
        }
        HostCall::RandomRange { min, max } if min < max => {
            HostAnswer::Number(min + draw(state, choices, me, max - min)?)
        }
        _ => HostAnswer::Refused(Refusal::Invalid("a range needs a least that is below its most")),
    })
}
