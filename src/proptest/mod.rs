//! Property tests over schedules and scripts (feature `proptest`).
//!
//! ```
//! use proptest::prelude::*;
//! use rehearsal::native::{Context, answering};
//! use rehearsal::property::Property;
//! use rehearsal::{Cases, Rehearsal, Steps, json, proptest::{plays, schedules}};
//!
//! let counter = || {
//!     let mut sum = 0;
//!     answering(async move |context: &Context, add: u32| {
//!         sum += add;
//!         context.observe("sum", sum);
//!         Ok(sum)
//!     })
//! };
//! let counting = Rehearsal::new("counting")
//!     .actor("counter", counter)
//!     .client("alice", Steps::new().request("counter", json(1)))
//!     .property(Property::always("the sum grows", |state| {
//!         state.observed("sum").map(|sum| sum.as_u64()).is_sorted()
//!     }));
//! // Built once; what failed before is run first.
//! let cases = Cases::new(counting, rehearsal::beside!());
//! // The schedule first: it is made smaller first.
//! let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
//! proptest!(config, |(schedule in schedules(), bob in plays(0u32..10))| {
//!     cases.check_with([("bob", bob.steps(&["counter"]))], &schedule)?;
//! });
//! ```
//!
//! Inside of a `proptest!` the closure form is best: the cast is built once, before the cases. A failing case is told by its
//! timeline, and kept beside the test.

mod schedule;

pub use schedule::{Schedule, Schedules, schedules, schedules_of};

use crate::builder::{Cases, Move, Play, Steps};
use ::proptest::prelude::*;
use ::proptest::test_runner::TestCaseError;

/// Cases as `proptest!` wants them told.
impl Cases {
    /// [`hold`](Cases::hold), for `?` inside of `proptest!`.
    ///
    /// # Errors
    /// With the story of the failure.
    pub fn check(&self, schedule: &Schedule) -> Result<(), TestCaseError> {
        self.hold(schedule.bytes()).map_err(fail)
    }

    /// [`hold_with`](Cases::hold_with), for `?` inside of `proptest!`.
    ///
    /// # Errors
    /// With the story of the failure.
    pub fn check_with<'a>(
        &self,
        clients: impl IntoIterator<Item = (&'a str, Steps)>,
        schedule: &Schedule,
    ) -> Result<(), TestCaseError> {
        self.hold_with(clients, schedule.bytes()).map_err(fail)
    }
}

fn fail(told: String) -> TestCaseError {
    TestCaseError::fail(format!("\n{told}"))
}

/// Clients of up to eight moves, with bodies of this strategy; they shrink to fewer and milder moves, `Send` being the mildest.
///
/// ```
/// use proptest::{strategy::{Strategy, ValueTree}, test_runner::TestRunner};
/// use rehearsal::{Move, proptest::plays};
/// let mut runner = TestRunner::deterministic();
/// let play = plays(0u8..10).new_tree(&mut runner).unwrap().current();
/// assert!(play.0.len() <= 8);
/// assert!(play.0.iter().all(|step| !matches!(step, Move::Send(_, body) if *body >= 10)));
/// ```
pub fn plays<S>(body: S) -> impl Strategy<Value = Play<S::Value>>
where
    S: Strategy + Clone,
    S::Value: Clone,
{
    ::proptest::collection::vec(moves(body), 0..=8).prop_map(Play)
}

/// One move of a client, with a body of this strategy.
pub fn moves<S>(body: S) -> impl Strategy<Value = Move<S::Value>>
where
    S: Strategy + Clone,
    S::Value: Clone,
{
    prop_oneof![
        4 => (0u8..8, body.clone()).prop_map(|(to, body)| Move::Send(to, body)),
        4 => (0u8..8, body.clone()).prop_map(|(to, body)| Move::Request(to, body)),
        1 => (0u8..8, body.clone()).prop_map(|(to, body)| Move::Open(to, body)),
        1 => body.prop_map(Move::Say),
        1 => Just(Move::Close),
        1 => (0u8..50).prop_map(Move::Wait),
    ]
}
