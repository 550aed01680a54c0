//! Answerers of questions. The only place with a generator of random numbers.
//!
//! A [chooser](crate::choice::Chooser) of one's own goes wherever these do:
//!
//! ```
//! use rehearsal::choice::{Chooser, Draw, Halt, Offered};
//! use rehearsal::{Rehearsal, Steps, native::builtin};
//! /// The latest message first: what came about last happens next.
//! struct Newest;
//! impl Chooser for Newest {
//!     fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
//!         let aged = offered.ordinary().iter().enumerate().map(|(place, candidate)| (candidate.age, place));
//!         Ok(aged.max().map_or(0, |(_, place)| place))
//!     }
//!     fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
//!         Ok(0)
//!     }
//! }
//! let race = Rehearsal::new("race")
//!     .actor("log", || builtin("log").unwrap())
//!     .client("alice", Steps::new().send("log", "a"))
//!     .client("bob", Steps::new().send("log", "b"));
//! let run = race.stage().unwrap().run(Newest);
//! assert_eq!(run.observations()[0].value, "b");
//! ```

mod bytes;
mod dice;
mod follow;
mod pct;
mod pos;
mod search;
mod seeded;

pub use bytes::Bytes;
pub use follow::{Guided, Recorded, Replay};
pub use search::{Sampler, Sampling, seed_of};
pub use seeded::{Fifo, Generator, Seeded};
