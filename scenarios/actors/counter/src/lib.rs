//! Counts: `add` adds one, `get` tells.
wit_bindgen::generate!({ path: "../../../wit", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use serde::{Deserialize, Serialize};
use theater::simple::runtime;

type Bytes = Option<Vec<u8>>;

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    count: u64,
}

impl State {
    fn load(bytes: Bytes) -> Result<State, String> {
        match bytes.as_deref() {
            None | Some(b"") => Ok(State::default()),
            Some(bytes) => serde_json::from_slice(bytes).map_err(|e| format!("state: {e}")),
        }
    }

    fn save(&self) -> Bytes {
        serde_json::to_vec(self).ok()
    }

    fn add(&mut self) {
        self.count += 1;
        runtime::log(&format!("observe count {}", self.count));
    }
}

struct Counter;

impl actor::Guest for Counter {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((State::load(state)?.save(),))
    }
}

impl client::Guest for Counter {
    fn handle_send(state: Bytes, (body,): (Vec<u8>,)) -> Result<(Bytes,), String> {
        let mut state = State::load(state)?;
        if body == b"add" {
            state.add();
        }
        Ok((state.save(),))
    }

    fn handle_request(state: Bytes, (_, body): (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        let mut state = State::load(state)?;
        let answer = match &body[..] {
            b"add" => {
                state.add();
                state.count.to_string()
            }
            b"get" => state.count.to_string(),
            _ => "error: neither add nor get".to_string(),
        };
        Ok((state.save(), (Some(answer.into_bytes()),)))
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

export!(Counter);
