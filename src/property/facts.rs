//! Why a predicate holds, or does not: what was seen, in words.

use super::builtin_violations;
use super::history::{Fold, Memory, Whose};
use super::lens::{Lenses, Part};
use super::rule::{self, Leaf, Tree};
use crate::call::HostAnswer;
use crate::id::ActorId;
use crate::state::{State, Status, shown};
use serde_json::Value;

/// A property's leaves at one moment, and what is remembered for them.
pub(super) struct Scene<'a> {
    pub(super) state: &'a State,
    pub(super) lenses: &'a Lenses,
    pub(super) leaves: &'a [Leaf],
    pub(super) memories: &'a [Memory],
}

/// A value as reports show it: long ones are cut.
fn cut(value: &Value) -> String {
    const LONGEST: usize = 120;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

fn counted(count: u64, what: &str) -> String {
    match count {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn list(values: &[Value]) -> String {
    cut(&Value::Array(values.to_vec()))
}

impl Scene<'_> {
    /// Adds why `tree` holds (if `held`) or does not.
    pub(super) fn explain(&self, tree: &Tree, held: bool, told: &mut Vec<String>) {
        match (tree, held) {
            (Tree::Leaf(place), held) => self.leaf(*place, held, told),
            (Tree::Not(inner), held) => self.explain(inner, !held, told),
            // All of them matter to a conjunction that holds, and to an alternative that does not.
            (Tree::All(inner), true) | (Tree::Any(inner), false) => {
                inner.iter().for_each(|tree| self.explain(tree, held, told));
            }
            // Else those that differ.
            (Tree::All(inner), false) | (Tree::Any(inner), true) => {
                let guilty = inner.iter().filter(|tree| self.holds(tree) == held);
                guilty.for_each(|tree| self.explain(tree, held, told));
            }
        }
    }

    fn holds(&self, tree: &Tree) -> bool {
        tree.holds(&|place| self.leaves[place].holds(self.state, self.lenses, &self.memories[place]))
    }

    fn name(&self, id: ActorId) -> &str {
        self.state.name(id)
    }

    fn leaf(&self, place: usize, held: bool, told: &mut Vec<String>) {
        let memory = &self.memories[place];
        match &self.leaves[place] {
            Leaf::Seen(whose, fold) => told.push(self.seen(whose, fold, memory)),
            Leaf::Reply(client, _) => told.push(self.reply(*client, memory)),
            Leaf::Answered(client, matcher) => {
                let (name, count) = (self.name(*client), memory.count);
                let wanted = wanted(matcher, held);
                told.push(format!("`{name}` got {}{wanted}", counted(count, "answer")));
            }
            Leaf::Failed(..) => told.push(self.failed(memory)),
            Leaf::Lost(_) => told.extend(builtin_violations::told_lost(&self.state.record)),
            Leaf::State(part, matcher) => {
                told.push(format!("{}{}", self.part(part), wanted(matcher, held)));
            }
            Leaf::Same(parts) => told.extend(parts.iter().map(|part| self.part(part))),
            Leaf::Sum(parts, matcher) => {
                told.extend(parts.iter().map(|part| self.part(part)));
                told.push(match rule::sum(self.lenses, parts) {
                    Some(total) => format!("the sum is {total}{}", wanted(matcher, held)),
                    None => "there is no sum: not all are whole numbers".into(),
                });
            }
            Leaf::Channels(actor, matcher) => {
                let (name, count) = (self.name(*actor), rule::open_channels(self.state, *actor));
                told.push(format!(
                    "`{name}` has {} open{}",
                    counted(count, "channel"),
                    wanted(matcher, held)
                ));
            }
            Leaf::Stopped(actor) => told.push(match self.state.participant(*actor).status {
                Status::Stopped(why) => format!("`{}` is {why}", self.name(*actor)),
                _ => format!("`{}` has not stopped", self.name(*actor)),
            }),
        }
    }

    /// `` `ledger` observed `paid` 1 at step 2 ``.
    fn at(&self, place: usize) -> String {
        match self.state.record.observations.get(place) {
            Some(seen) => {
                let (name, value) = (self.name(seen.actor), cut(&seen.value));
                format!("`{name}` observed `{}` {value} at step {}", seen.key, seen.step)
            }
            None => "an observation that the record does not have".into(),
        }
    }

    fn nobody(&self, whose: &Whose) -> String {
        match whose.actor {
            Some(actor) => format!("`{}` never observed `{}`", self.name(actor), whose.key),
            None => format!("nobody observed `{}`", whose.key),
        }
    }

    fn seen(&self, whose: &Whose, fold: &Fold, memory: &Memory) -> String {
        let key = &whose.key;
        match (fold, memory.first) {
            (Fold::Observed(_) | Fold::Last(_), Some(place)) => self.at(place),
            (Fold::Observed(matcher), None) => format!("{} with {matcher}", self.nobody(whose)),
            (Fold::Last(_), None) => self.nobody(whose),
            (Fold::Every(matcher), Some(place)) => {
                format!("{}, and each should be {matcher}", self.at(place))
            }
            (Fold::Every(matcher), None) => format!("each `{key}` observed is {matcher}"),
            (Fold::Count(only, matcher), place) => {
                let value = only.as_ref().map_or(String::new(), |value| format!(" {}", cut(value)));
                let last = place.map_or(String::new(), |place| format!("; the last: {}", self.at(place)));
                let verdict = if fold.holds(memory) { "which is" } else { "and it should be" };
                {
                    let times =
                        if memory.count == 0 { "never".into() } else { counted(memory.count, "time") };
                    format!("`{key}`{value} was observed {times}, {verdict} {matcher}{last}")
                }
            }
            (Fold::Are(_) | Fold::Within(_), Some(place)) => {
                format!("{}, which is none of the values that should be", self.at(place))
            }
            (Fold::Within(_), None) => format!("nothing but the values named was observed as `{key}`"),
            (Fold::Are(known), None) => {
                let missing: Vec<&str> = known
                    .iter()
                    .filter(|text| !memory.values.contains_key(*text))
                    .map(String::as_str)
                    .collect();
                match missing.is_empty() {
                    true => format!("exactly the values named were observed as `{key}`"),
                    false => format!("`{key}` was not observed to be {}", missing.join(" or ")),
                }
            }
            (Fold::Order(values), place) => {
                let found = memory.count as usize;
                match (values.get(found), place) {
                    (None, _) => format!("`{key}` was observed in the order {}", list(values)),
                    (Some(next), None) => format!("{} with {}", self.nobody(whose), cut(next)),
                    (Some(next), Some(place)) => {
                        format!("{}, and `{key}` {} did not follow", self.at(place), cut(next))
                    }
                }
            }
            (Fold::Before(first, then), _) => self.before(whose, (first, then), memory),
            (Fold::Distinct, Some(place)) => self.twice(place, memory.second),
            (Fold::Distinct, None) => format!("no `{key}` was observed twice"),
        }
    }

    fn before(&self, whose: &Whose, (first, then): (&Value, &Value), memory: &Memory) -> String {
        match (memory.first, memory.second) {
            (Some(one), Some(other)) if one < other => format!("{}, before {}", self.at(one), self.at(other)),
            (Some(one), Some(other)) => format!("{}, and not before {}", self.at(one), self.at(other)),
            (Some(one), None) => format!("{}, and {} was not observed after it", self.at(one), cut(then)),
            (None, Some(other)) => format!("{}, and not {} before it", self.at(other), cut(first)),
            (None, None) => format!("{} with {} or {}", self.nobody(whose), cut(first), cut(then)),
        }
    }

    fn twice(&self, place: usize, again: Option<usize>) -> String {
        let observations = &self.state.record.observations;
        match (observations.get(place), again.and_then(|again| observations.get(again))) {
            (Some(one), Some(other)) if one.actor == other.actor => {
                format!("{} and again at step {}", self.at(place), other.step)
            }
            (_, Some(other)) => {
                format!("{} and `{}` again at step {}", self.at(place), self.name(other.actor), other.step)
            }
            _ => self.at(place),
        }
    }

    fn reply(&self, client: ActorId, memory: &Memory) -> String {
        let name = self.name(client);
        let Some(seen) = memory.first.and_then(|place| self.state.record.replies.get(place)) else {
            return format!("`{name}` got no such answer");
        };
        let from = seen.from.map_or(String::new(), |from| format!(" from `{}`", self.name(from)));
        match &seen.answer {
            HostAnswer::Refused(refusal) => format!("`{name}` was refused at step {}: {refusal}", seen.step),
            HostAnswer::Bytes(data) => format!("`{name}` got {}{from} at step {}", shown(data), seen.step),
            other => {
                let value = rule::answer(other).unwrap_or_default();
                format!("`{name}` got {}{from} at step {}", cut(&value), seen.step)
            }
        }
    }

    fn failed(&self, memory: &Memory) -> String {
        let seen = memory.first.and_then(|place| self.state.record.failures.get(place));
        seen.map_or_else(
            || "no such failure happened".into(),
            |seen| builtin_violations::failure(self.state, seen),
        )
    }

    fn part(&self, part: &Part) -> String {
        let name = self.name(part.actor);
        match self.lenses.value(part) {
            Some(value) if part.pointer.is_empty() => format!("the state of `{name}` is {}", cut(value)),
            Some(value) => format!("the state of `{name}` has {} at `{}`", cut(value), part.pointer),
            None if self.state.participant(part.actor).state.is_none() => format!("`{name}` shows no state"),
            None if !self.lenses.is_json(part.actor) => format!("the state of `{name}` is not JSON"),
            None => format!("the state of `{name}` has nothing at `{}`", part.pointer),
        }
    }
}

fn wanted(matcher: &super::Matcher, held: bool) -> String {
    if held || matcher.is_empty() { String::new() } else { format!(", and it should be {matcher}") }
}
