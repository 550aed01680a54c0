//! What the clients of a draft are there for, and what they are called.

use crate::profile::Profile;
use crate::scenario::Step;

/// What a client of a draft is there for. In a draft that was written its name tells it: no two roles make the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientRole {
    /// It sends an actor what no chain sent.
    Sends,
    /// It tells a stand-in what to send.
    TellsStandIn,
    /// It knows a channel that others have, and sends over it.
    OverChannel,
    /// It may stop an actor, if that explains the chains.
    MayStop,
}

/// What the names of all clients of a draft begin with.
const OUTSIDE: &str = "outside-";
const STOP: &str = "outside-stop-";
const OVER_CHANNEL: &str = "outside-over-channel-";

impl ClientRole {
    /// The role of a client of this name, if it is one that only drafts have.
    pub fn told_by(name: &str) -> Option<ClientRole> {
        match name {
            name if name.starts_with(STOP) => Some(ClientRole::MayStop),
            name if name.starts_with(OVER_CHANNEL) => Some(ClientRole::OverChannel),
            _ => None,
        }
    }

    /// Whether such a client lets all come to rest before each step. What clients send waits in lanes under `actors`; a stop waits for
    /// nobody, and who is told what to send does not wait to be.
    pub(super) fn waits(self, profile: Profile) -> bool {
        profile != Profile::Actors || matches!(self, ClientRole::MayStop | ClientRole::TellsStandIn)
    }
}

/// A client of a draft.
pub(super) struct Client {
    pub role: ClientRole,
    pub name: String,
    pub steps: Vec<Step>,
}

impl Client {
    /// The one that sends an actor what comes one after the other.
    pub fn sends(to: &str, steps: Vec<Step>) -> Client {
        Client { role: ClientRole::Sends, name: sender(to), steps }
    }

    /// The one that sends it this alone; there are so many before it.
    pub fn sends_alone(to: &str, before: usize, step: Step) -> Client {
        let name = format!("{}-{}", sender(to), before + 1);
        Client { role: ClientRole::Sends, name, steps: vec![step] }
    }

    /// The one that tells a stand-in what to send.
    pub fn tells(stand_in: &str, steps: Vec<Step>) -> Client {
        Client { role: ClientRole::TellsStandIn, name: sender(stand_in), steps }
    }

    /// One that sends over a channel that others have; there are so many before it.
    pub fn over_channel(before: usize, step: Step) -> Client {
        let name = format!("{OVER_CHANNEL}{}", before + 1);
        Client { role: ClientRole::OverChannel, name, steps: vec![step] }
    }

    /// The two that may stop an actor: between two messages, and at once.
    pub fn may_stop(actor: &str) -> [Client; 2] {
        let (stop, terminate) = (Some(actor.to_owned()), Some(actor.to_owned()));
        let name = format!("{STOP}{actor}");
        let one = |name: String, step| Client { role: ClientRole::MayStop, name, steps: vec![step] };
        let at_once = one(format!("{name}-at-once"), Step { terminate, ..Step::default() });
        [one(name, Step { stop, ..Step::default() }), at_once]
    }
}

/// What the client is called that sends to an actor: an actor may be called `stop-x`, and that client is not to look like one that
/// stops `x`.
fn sender(to: &str) -> String {
    let name = format!("{OUTSIDE}{to}");
    match ClientRole::told_by(&name) {
        Some(_) => format!("{OUTSIDE}to-{to}"),
        None => name,
    }
}
