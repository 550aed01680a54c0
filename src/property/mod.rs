//! What a run promises: always, never, eventually, sometimes; no trap, no deadlock, no stuck call.
//!
//! A scenario's [`Spec`]s are [compiled](compile()) to [`Property`]s; a Rust test makes them of closures. A [`Monitor`] judges
//! them along a run, after the start and after each step, and once more when nothing can happen any more.
//!
//! ```
//! use rehearsal::property::{Builtins, Monitor, Spec, compile};
//! use rehearsal::state::Directory;
//! let text = r#"{"name": "each is paid once", "always": {"distinct": {"key": "paid"}}}"#;
//! let spec: Spec = serde_json::from_str(text).unwrap();
//! let directory = Directory::new([("ledger".into(), None)]);
//! let (properties, builtins) = compile(&[spec], &[], &directory).unwrap();
//! let monitor = Monitor::new(properties.into(), builtins);
//! assert_eq!(monitor.seen(), [false]);
//! ```
//!
//! A [`Predicate`] is a JSON object with exactly one key, which says what it looks at:
//!
//! ```
//! use rehearsal::property::Predicate;
//! let read = |text| serde_json::from_str::<Predicate>(text);
//! assert!(read(r#"{"last": {"key": "balance", "at_least": 0}}"#).is_ok());
//! assert!(read(r#"{"any": [{"stopped": "teller"}, {"not": {"failed": {"actor": "teller"}}}]}"#).is_ok());
//! let error = read(r#"{"lst": {"key": "balance"}}"#).unwrap_err();
//! assert!(error.to_string().contains("did you mean `last`?"));
//! ```

mod builtin;
mod builtin_violations;
mod compile;
mod compiled;
mod facts;
mod history;
mod lens;
mod matcher;
mod monitor;
mod predicate;
mod rule;
mod spec;
mod verdict;
mod waits;
mod watcher;

#[cfg(test)]
mod tests;

pub use builtin::{Builtin, Builtins};
#[cfg(feature = "cli")]
pub(crate) use compile::FAILURES;
pub use compile::compile;
pub use compiled::{Kind, Property, watched};
pub use matcher::{Matcher, Whole, matches};
pub use monitor::Monitor;
#[cfg(feature = "cli")]
pub(crate) use predicate::KEYS as PREDICATES;
pub use predicate::{
    Answer, Answered, Before, ChannelsOpen, Counted, Distinct, Failed, Order, Predicate, Refused, Seen, Spot,
    StateIs, Sum, Values,
};
pub use spec::{Promise, Spec};
pub use verdict::Violation;
pub use waits::{deadlock, describe_wait, stuck};
