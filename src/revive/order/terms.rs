//! What is asked of an order that is looked for, and in which ways one is looked for.

use crate::profile::Profile;
use crate::scenario::Scenario;
use crate::state::Clock;

/// What is asked of an order that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What of the chains is to be the run's own.
    pub same: Same,
    /// When timers go off.
    pub timers: Timers,
    /// What of the queues is held to.
    pub certain: Certain,
    /// Whether messages are taken behind operations that never end.
    pub stuck: bool,
    /// Whether who is at the end of its chain goes on: its component plays it.
    pub beyond: bool,
}

/// What of the chains is to be the very same in the run, and not only to stand for it one to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Same {
    /// Nothing.
    Nothing,
    /// Every id.
    Ids,
    /// Every id, and every time.
    IdsAndTimes,
}

/// When timers go off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timers {
    /// When this clock has it.
    By(Clock),
    /// When it suits: their deadlines are made to fit afterwards.
    AtWill,
}

/// What is taken for certain of the queues through which messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certain {
    /// What the chains say of who sent first, and that what waits for the loop that carries messages is handled in that order.
    SendersAndQueue,
    /// The order of the queue alone: who sent what is not always as certain as it looks.
    Queue,
    /// Nothing: something may have come from outside that the chains know nothing of.
    Nothing,
}

impl Terms {
    /// What is asked of any order.
    pub fn least(scenario: &Scenario, at_will: bool) -> Terms {
        let timers = if at_will { Timers::AtWill } else { Timers::By(scenario.setting.clock) };
        let (same, certain) = (Same::Nothing, Certain::SendersAndQueue);
        Terms { same, timers, certain, stuck: false, beyond: false }
    }

    /// The same under a clock that lets anything go off first.
    pub fn under_loose_clock(self) -> Terms {
        match self.timers {
            Timers::By(_) => Terms { timers: Timers::By(Clock::Loose), ..self },
            Timers::AtWill => self,
        }
    }

    /// Whether every id of the chains is the run's own.
    pub fn same_ids(self) -> bool {
        self.same != Same::Nothing
    }

    /// Whether every time of the chains is the run's own.
    pub fn same_times(self) -> bool {
        self.same == Same::IdsAndTimes
    }

    /// Whether timers go off when it suits.
    pub fn at_will(self) -> bool {
        self.timers == Timers::AtWill
    }

    /// Under which clock.
    pub fn clock(self) -> Clock {
        match self.timers {
            Timers::By(clock) => clock,
            Timers::AtWill => Clock::Loose,
        }
    }

    /// Whether what the chains say of who sent first is held to.
    pub fn senders_certain(self) -> bool {
        self.certain == Certain::SendersAndQueue
    }

    /// Whether what waits for the loop that carries messages is looked at.
    pub fn queue_certain(self) -> bool {
        self.certain != Certain::Nothing
    }
}

/// The ways to look for an order, the strictest first.
pub fn ways(scenario: &Scenario, at_will: bool) -> Vec<Terms> {
    let free = Terms::least(scenario, at_will);
    let other = free.under_loose_clock();
    let clocks = || [Some(free), Some(other).filter(|other| *other != free)].into_iter().flatten();
    let timed = clocks().map(|terms| Terms { same: Same::IdsAndTimes, ..terms });
    let strict = timed.chain(clocks().map(|terms| Terms { same: Same::Ids, ..terms }));
    // Where two wait for each other until the runtime gives up, what they sent each other is taken, and never handled.
    let stuck = |terms: Terms| Terms { stuck: true, ..terms };
    let theater = scenario.profile != Profile::Actors;
    let strictly_stuck = [stuck(Terms { same: Same::Ids, ..free })].into_iter().filter(|_| theater);
    let strict = strict.chain(strictly_stuck);
    let less = |terms: Terms| Terms { certain: Certain::Queue, ..terms };
    let last = [Terms { certain: Certain::Nothing, ..free }];
    let waiting = [stuck(free)].into_iter().filter(|_| theater);
    let all = clocks().chain(waiting).chain(clocks().map(less)).chain(last);
    strict.filter(|_| !at_will).chain(all).collect()
}
