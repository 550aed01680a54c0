//! What properties and tests look at, by name.

use crate::payload::Payload;
use crate::state::State;
use serde_json::Value;

/// What closures of properties ask most often.
impl State {
    /// The values of all observations with this key so far, in order.
    ///
    /// ```
    /// use rehearsal::property::Property;
    /// let property = Property::always("nothing is paid twice", |state| {
    ///     let paid: Vec<_> = state.observed("paid").collect();
    ///     (1..paid.len()).all(|i| !paid[..i].contains(&paid[i]))
    /// });
    /// # let _ = property;
    /// ```
    pub fn observed<'a>(&'a self, key: &'a str) -> impl DoubleEndedIterator<Item = &'a Value> {
        self.record.observations.iter().filter(move |seen| seen.key == key).map(|seen| &seen.value)
    }

    /// The values of one participant's observations with this key so far, in order.
    pub fn observed_by<'a>(&'a self, name: &str, key: &'a str) -> impl DoubleEndedIterator<Item = &'a Value> {
        let actor = self.setting.directory.find(name);
        let seen = self.record.observations.iter();
        seen.filter(move |seen| seen.key == key && Some(seen.actor) == actor).map(|seen| &seen.value)
    }

    /// The state of an actor as JSON, where it shows any.
    ///
    /// ```
    /// use rehearsal::property::Property;
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, native::builtin};
    /// let counting = Rehearsal::new("counting")
    ///     .actor("counter", || builtin("counter").unwrap())
    ///     .client("alice", Steps::new().send("counter", "").send("counter", ""))
    ///     .property(Property::eventually("two are counted, and all is quiet", |state| {
    ///         state.is_quiet() && state.state_of("counter").is_some_and(|state| state["count"] == 2)
    ///     }));
    /// assert!(counting.stage().unwrap().run(Fifo).passed());
    /// ```
    pub fn state_of(&self, name: &str) -> Option<Value> {
        let actor = self.setting.directory.find(name)?;
        self.participant(actor).state.as_ref().and_then(Payload::json)
    }

    /// Whether nobody is in the middle of a turn, and no message is under way.
    pub fn is_quiet(&self) -> bool {
        self.under_way() == 0 && self.nobody_waits()
    }
}
