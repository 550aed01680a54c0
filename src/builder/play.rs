//! A client's script that a generator can make: moves over a cast that is named later.

use super::steps::{Steps, json};
use crate::id::Time;
use serde::{Deserialize, Serialize};

/// One move of a generated client. Actors and channels are numbers, taken modulo how many there are, so that every value
/// means something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum Move<B> {
    /// Sends a message to an actor.
    Send(u8, B),
    /// Sends a request to an actor and waits for the answer.
    Request(u8, B),
    /// Asks an actor for a channel; the newest one is what the next two moves use.
    Open(u8, B),
    /// Sends over the channel.
    Say(B),
    /// Closes the channel.
    Close,
    /// Lets this many milliseconds pass.
    Wait(u8),
}

/// A generated client: moves with bodies of the user's own type. With the feature `arbitrary` it is
/// [`Arbitrary`](https://docs.rs/arbitrary), with `proptest` there is a strategy for it.
///
/// ```
/// use rehearsal::{Move, Play};
/// let play = Play(vec![Move::Send(0, 5), Move::Request(3, 6), Move::Say(7)]);
/// assert_eq!(play.steps(&["ledger", "clerk"]).len(), 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Play<B>(
    /// The moves, in order.
    pub Vec<Move<B>>,
);

/// What a message before any `Open` is said over: an id that nobody knows, and the host says so.
const NO_CHANNEL: &str = "ch_none";

impl<B: Serialize> Play<B> {
    /// The script, over these actors; bodies are JSON. Of nobody there is nothing to ask, and the script is empty.
    pub fn steps(&self, cast: &[&str]) -> Steps {
        let mut steps = Steps::new();
        let mut opened = 0;
        if cast.is_empty() {
            return steps;
        }
        let actor = |number: u8| cast[usize::from(number) % cast.len()];
        for step in &self.0 {
            let channel = if opened == 0 { NO_CHANNEL.to_owned() } else { format!("channel{opened}") };
            steps = match step {
                Move::Send(to, body) => steps.send(actor(*to), json(body)),
                Move::Request(to, body) => steps.request(actor(*to), json(body)),
                Move::Open(to, body) => {
                    opened += 1;
                    steps.open_channel(actor(*to), json(body), &format!("channel{opened}"))
                }
                Move::Say(body) => steps.send_on_channel(&channel, json(body)),
                Move::Close => steps.close_channel(&channel),
                Move::Wait(ms) => steps.wait(Time::from_millis(u64::from(*ms))),
            };
        }
        steps
    }
}
