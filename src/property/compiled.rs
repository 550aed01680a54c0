//! A property, ready to be judged.

use super::rule::{Leaf, Tree, source};
use crate::id::{ActorId, Time};
use crate::state::{State, Watched};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// When a property must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// After the start and after every step.
    Always,
    /// At no time.
    Never,
    /// At least once in every run.
    Eventually {
        /// Not later than this.
        within: Option<Time>,
    },
    /// At least once in some run of a search.
    Sometimes {
        /// Whether a search that never sees it fails.
        required: bool,
    },
}

type Code = Arc<dyn Fn(&State) -> bool + Send + Sync>;

#[derive(Clone)]
pub(super) enum Body {
    /// A predicate.
    Rules(Tree, Vec<Leaf>),
    /// A Rust closure.
    Code(Code),
}

/// A property of a run: a name, when it must hold, and what.
///
/// Properties come from a scenario file ([`compile`](super::compile())) or from Rust:
///
/// ```
/// use rehearsal::property::Property;
/// let small = Property::always("few messages are dropped", |state| state.record.lost < 3);
/// assert_eq!(small.name(), "few messages are dropped");
/// ```
///
/// A closure may look at participants (their states, channels, calls), at what is under way, at the time, and at what the
/// record holds. It must not look at numbers of steps, ages or causes: two orders of independent events differ in them and
/// are one to a search. It must be a function of what it looks at.
#[derive(Clone)]
pub struct Property {
    name: Arc<str>,
    kind: Kind,
    pub(super) body: Body,
    pub(super) sources: u8,
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Property");
        shown.field("name", &self.name).field("kind", &self.kind);
        match &self.body {
            Body::Rules(tree, leaves) => shown.field("tree", tree).field("leaves", leaves).finish(),
            Body::Code(_) => shown.finish_non_exhaustive(),
        }
    }
}

impl Property {
    /// A property that holds after the start and after every step.
    pub fn always(name: &str, holds: impl Fn(&State) -> bool + Send + Sync + 'static) -> Property {
        Property::coded(name, Kind::Always, Arc::new(holds))
    }

    /// A property that never holds.
    pub fn never(name: &str, holds: impl Fn(&State) -> bool + Send + Sync + 'static) -> Property {
        Property::coded(name, Kind::Never, Arc::new(holds))
    }

    /// A property that holds at least once in every run; see [`within`](Property::within).
    ///
    /// ```
    /// use rehearsal::property::Property;
    /// use rehearsal::{Rehearsal, Steps, chooser::Fifo, id::Time, native::builtin};
    /// let paid = |by| {
    ///     let paid = Property::eventually("all is paid", |state| state.observed("got").any(|got| got == "paid"));
    ///     let later = Steps::new().wait(Time::from_millis(20)).send("log", "paid");
    ///     let bank = Rehearsal::new("bank").actor("log", || builtin("log").unwrap()).client("alice", later);
    ///     bank.property(paid.within(Time::from_millis(by))).stage().unwrap().run(Fifo)
    /// };
    /// assert!(paid(30).passed());
    /// assert_eq!(paid(10).violation().unwrap().property, "all is paid");
    /// ```
    pub fn eventually(name: &str, holds: impl Fn(&State) -> bool + Send + Sync + 'static) -> Property {
        Property::coded(name, Kind::Eventually { within: None }, Arc::new(holds))
    }

    /// A property that holds at least once in some run of a search; see [`required`](Property::required).
    pub fn sometimes(name: &str, holds: impl Fn(&State) -> bool + Send + Sync + 'static) -> Property {
        Property::coded(name, Kind::Sometimes { required: false }, Arc::new(holds))
    }

    /// An `eventually` with a time by which it must have held; of another kind it stays as it is.
    pub fn within(mut self, time: Time) -> Property {
        if let Kind::Eventually { within } = &mut self.kind {
            *within = Some(time);
        }
        self
    }

    /// A `sometimes` without which a search fails; of another kind it stays as it is.
    pub fn required(mut self) -> Property {
        if let Kind::Sometimes { required } = &mut self.kind {
            *required = true;
        }
        self
    }

    fn coded(name: &str, kind: Kind, code: Code) -> Property {
        Property { name: name.into(), kind, body: Body::Code(code), sources: source::ALL }
    }

    pub(super) fn ruled(name: &str, kind: Kind, tree: Tree, leaves: Vec<Leaf>) -> Property {
        let sources = leaves.iter().fold(0, |all, leaf| all | leaf.source());
        Property { name: name.into(), kind, body: Body::Rules(tree, leaves), sources }
    }

    /// The name that reports give it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it must hold.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn leaves(&self) -> &[Leaf] {
        match &self.body {
            Body::Rules(_, leaves) => leaves,
            Body::Code(_) => &[],
        }
    }

    /// Whether every step may matter to it: then `states` of what it [watches](watched) names everybody.
    pub fn sees_everything(&self) -> bool {
        let timed = matches!(self.kind, Kind::Eventually { within: Some(_) });
        matches!(self.body, Body::Code(_)) || timed
    }

    /// Whether its verdict over a whole run is the same for every order of independent events: so it is when the
    /// predicate, once it changed, stays as it is, and changes by what happens and not by the order.
    fn any_order(&self) -> bool {
        match &self.body {
            Body::Rules(tree, leaves) => {
                let (rises, falls) = tree.trend(leaves);
                (rises || falls) && !self.sees_everything()
            }
            Body::Code(_) => false,
        }
    }
}

/// For every property, in order: what it sees, if events that it can see must not be taken for independent; else nothing.
///
/// The participants are numbered from 0 to `participants`. A property sees nothing in this sense when
/// - all that it looks at is one participant's: the steps of one are never independent of each other; or
/// - its predicate changes at most once in a run, and by what happens rather than by the order: a number that only grows
///   against one bound, an observation that comes or does not, two equal ones, a failure, a stop. Then the predicate at
///   the end of a run, which is the same for every order of independent events, decides whatever the kind.
///
/// A closure, an `eventually` with a time, and what the number of lost messages is compared with may depend on any step:
/// they watch everybody.
pub fn watched(properties: &[Property], participants: usize) -> Vec<Watched> {
    properties.iter().map(|property| property.watched(participants)).collect()
}

/// What a property looks at, participant by participant.
#[derive(Default)]
struct Sight {
    /// Everybody's doings.
    all: bool,
    keys: BTreeSet<String>,
    /// Whose observations are looked at; nobody in particular is anybody.
    observers: BTreeSet<Option<ActorId>>,
    states: BTreeSet<ActorId>,
    clients: BTreeSet<ActorId>,
}

impl Property {
    fn watched(&self, participants: usize) -> Watched {
        let everybody = (0..participants as u32).map(ActorId);
        let mut sight = Sight { all: self.sees_everything(), ..Sight::default() };
        self.leaves().iter().for_each(|leaf| sight.add(leaf));
        if self.any_order() || sight.is_of_one() {
            return Watched::default();
        }
        let states = if sight.all { everybody.collect() } else { sight.states.into_iter().collect() };
        let replies = sight.clients.into_iter().collect();
        Watched { keys: sight.keys.into_iter().collect(), states, replies }
    }
}

impl Sight {
    fn add(&mut self, leaf: &Leaf) {
        match leaf {
            Leaf::Seen(whose, _) => {
                self.keys.insert(whose.key.clone());
                self.observers.insert(whose.actor);
            }
            Leaf::Reply(client, _) | Leaf::Answered(client, _) => {
                self.clients.insert(*client);
            }
            Leaf::Failed(Some(actor), _) | Leaf::Channels(actor, _) | Leaf::Stopped(actor) => {
                self.states.insert(*actor);
            }
            Leaf::Failed(None, _) | Leaf::Lost(_) => self.all = true,
            Leaf::State(..) | Leaf::Same(_) | Leaf::Sum(..) => {
                self.states.extend(leaf.parts().iter().map(|part| part.actor));
            }
        }
    }

    fn is_of_one(&self) -> bool {
        let named = self.observers.iter().flatten().chain(&self.states).chain(&self.clients);
        let people: BTreeSet<&ActorId> = named.collect();
        !self.all && !self.observers.contains(&None) && people.len() <= 1
    }
}
