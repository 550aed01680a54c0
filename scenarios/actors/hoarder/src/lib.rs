//! Counts in its own memory and not in its state: an actor that cannot be replayed from its state. Two instances must not see
//! each other's count, and a fresh instance starts again, which is how hidden state is found.
wit_bindgen::generate!({ path: "../../../wit", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use std::sync::atomic::{AtomicU64, Ordering};
use theater::simple::runtime;

type Bytes = Option<Vec<u8>>;

static HOARD: AtomicU64 = AtomicU64::new(0);

struct Hoarder;

fn hoard() -> u64 {
    let count = HOARD.fetch_add(1, Ordering::Relaxed) + 1;
    runtime::log(&format!("observe hoarded {count}"));
    count
}

impl actor::Guest for Hoarder {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl client::Guest for Hoarder {
    fn handle_send(state: Bytes, _: (Vec<u8>,)) -> Result<(Bytes,), String> {
        hoard();
        Ok((state,))
    }

    fn handle_request(state: Bytes, _: (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        Ok((state, (Some(hoard().to_string().into_bytes()),)))
    }

    fn handle_channel_open(
        state: Bytes,
        _: (String, Vec<u8>),
    ) -> Result<(Bytes, (client::ChannelAccept,)), String> {
        Ok((state, (client::ChannelAccept { accepted: false, message: None },)))
    }

    fn handle_channel_message(state: Bytes, _: (String, Vec<u8>)) -> Result<(Bytes,), String> {
        Ok((state,))
    }

    fn handle_channel_close(state: Bytes, _: (String,)) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

export!(Hoarder);
