//! The states that predicates look at, parsed once for each change.

use crate::id::ActorId;
use crate::payload::Payload;
use crate::state::State;
use serde_json::Value;

/// A part of a participant's state.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) actor: ActorId,
    /// A JSON pointer.
    pub(super) pointer: String,
}

/// What was last seen of some participants' states.
#[derive(Debug, Default)]
pub(super) struct Lenses(Vec<Lens>);

#[derive(Debug)]
struct Lens {
    actor: ActorId,
    bytes: Option<Payload>,
    json: Option<Value>,
}

/// Whether these are the same bytes; those of a state that nobody touched are the very same, so that a long
/// state need not be compared.
fn unchanged(one: &Option<Payload>, other: &Option<Payload>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => std::ptr::eq(&one[..], &other[..]) || one == other,
        (None, None) => true,
        _ => false,
    }
}

impl Lenses {
    /// Lenses on these participants.
    pub(super) fn new(actors: impl Iterator<Item = ActorId>) -> Lenses {
        let mut actors: Vec<ActorId> = actors.collect();
        actors.sort_unstable();
        actors.dedup();
        Lenses(actors.into_iter().map(|actor| Lens { actor, bytes: None, json: None }).collect())
    }

    /// Whether nobody's state is looked at.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Looks again; whether anything changed.
    pub(super) fn refresh(&mut self, state: &State) -> bool {
        let mut changed = false;
        for lens in &mut self.0 {
            let bytes = &state.participant(lens.actor).state;
            if !unchanged(bytes, &lens.bytes) {
                lens.json = bytes.as_ref().and_then(Payload::json);
                lens.bytes.clone_from(bytes);
                changed = true;
            }
        }
        changed
    }

    /// The value of a part, if the state is JSON and has it.
    pub(super) fn value(&self, part: &Part) -> Option<&Value> {
        let place = self.0.binary_search_by_key(&part.actor, |lens| lens.actor).ok()?;
        self.0[place].json.as_ref()?.pointer(&part.pointer)
    }

    /// Whether the state is JSON at all.
    pub(super) fn is_json(&self, actor: ActorId) -> bool {
        let place = self.0.binary_search_by_key(&actor, |lens| lens.actor);
        place.is_ok_and(|place| self.0[place].json.is_some())
    }
}
