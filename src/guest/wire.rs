//! What crosses between host and guest: the records of `theater:simple/types`, and the answers to host calls in the
//! shape that each import has.

use crate::actor::ChannelAccept;
use crate::call::{ChainLink, HostAnswer};
use wasmtime::component::{ComponentType, Lift, Lower};

/// What an import gives that can be refused. A refusal is for the guest to see: an error of wasmtime's would end it.
pub(super) type Told<T> = Result<T, String>;

/// `types.channel-accept`.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct WireAccept {
    accepted: bool,
    message: Option<Vec<u8>>,
}

impl From<WireAccept> for ChannelAccept {
    fn from(accept: WireAccept) -> Self {
        ChannelAccept { accepted: accept.accepted, message: accept.message }
    }
}

/// `types.chain`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct WireChain {
    events: Vec<WireMetaEvent>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct WireMetaEvent {
    hash: u64,
    event: WireEvent,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct WireEvent {
    #[component(name = "event-type")]
    event_type: String,
    parent: Option<u64>,
    data: Vec<u8>,
}

impl From<ChainLink> for WireMetaEvent {
    fn from(link: ChainLink) -> Self {
        let event = WireEvent { event_type: link.event_type, parent: link.parent, data: link.data };
        WireMetaEvent { hash: link.hash, event }
    }
}

/// Something that an import gives, read from the host's answer.
pub(super) trait Read: Sized {
    /// # Errors
    /// An answer of a shape that the call cannot have: an error in the host, never the guest's.
    fn read(answer: HostAnswer) -> wasmtime::Result<Self>;
}

impl<T: Read> Read for Told<T> {
    fn read(answer: HostAnswer) -> wasmtime::Result<Self> {
        match answer {
            HostAnswer::Refused(refusal) => Ok(Err(refusal.to_string())),
            answer => T::read(answer).map(Ok),
        }
    }
}

impl Read for String {
    fn read(answer: HostAnswer) -> wasmtime::Result<Self> {
        match answer {
            HostAnswer::Text(text) => Ok(text),
            HostAnswer::Opened(opened) => Ok(opened.channel.to_string()),
            other => misfit(&other),
        }
    }
}

fn misfit<T>(answer: &HostAnswer) -> wasmtime::Result<T> {
    Err(wasmtime::Error::msg(format!("the host answered with {answer:?}")))
}

macro_rules! read {
    ($($pattern:pat => $value:expr, $result:ty;)*) => {$(
        impl Read for $result {
            #[inline]
            fn read(answer: HostAnswer) -> wasmtime::Result<Self> {
                match answer {
                    $pattern => Ok($value),
                    other => misfit(&other),
                }
            }
        }
    )*};
}

read! {
    HostAnswer::Done => (), ();
    HostAnswer::Bytes(bytes) => bytes.to_vec(), Vec<u8>;
    HostAnswer::Number(number) => number, u64;
    HostAnswer::Number(bits) => bits as f64 * STEP, f64;
    HostAnswer::Flag(flag) => flag, bool;
    HostAnswer::MaybeText(text) => text, Option<String>;
    HostAnswer::Pairs(pairs) => pairs, Vec<(String, String)>;
    HostAnswer::Requests(ids) => ids.iter().map(ToString::to_string).collect(), Vec<String>;
    HostAnswer::Chain(links) => WireChain { events: links.into_iter().map(Into::into).collect() }, WireChain;
}

/// One, as a fraction of two to the 53rd: so many different floats are evenly spread below one.
const STEP: f64 = 1.0 / (1u64 << 53) as f64;
