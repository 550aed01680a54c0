//! An order of events that explains the chains of several actors of one run.
//!
//! `drive_cast` drives each actor of a scenario from its chain, and `script` makes of that what the actor is to do again. `scripted_cast` plays a whole
//! cast so, and can be put back to any point: `world` is its state; `terms` says what is asked of an order. `event_ranking` says what may happen next there, the likeliest first; `queue_check`
//! sees what stands where it can never be handled as recorded; `send_order`, `identical_messages` and `outside_senders` know who must have sent
//! first. `search` goes through the orders, `schedule` tries it in one way after another, and `follow_order` and `explanation` run what was found with
//! the real cast and compare. Where nothing is found `conflict` says what stands against what, `relaxed_scenario` tries scenarios that say less,
//! and `after_chain_end` lets actors go on where their chains were cut off.

mod after_chain_end;
mod conflict;
mod drive_cast;
mod equal_but_ids;
mod event_ranking;
mod explanation;
mod follow_order;
mod identical_messages;
mod inside_messages;
mod outside_senders;
mod own_ids;
mod queue_check;
mod relaxed_scenario;
mod schedule;
mod script;
mod scripted_cast;
mod search;
mod send_order;
mod shown_state;
mod terms;
mod world;

pub use after_chain_end::{MOST_BEYOND, draft_beyond};
pub use drive_cast::{replay_cast, told_addresses};
pub use explanation::Explained;
pub use relaxed_scenario::schedule_loosely;
pub use schedule::{
    MOST_STEPS, Tied, Woven, quick, schedule, schedule_beyond, schedule_draft, schedule_tied,
};
pub use scripted_cast::Clash;
pub use search::OrderFound;
