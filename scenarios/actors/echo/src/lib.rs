//! Says everything back, and counts what it was told without being asked.
wit_bindgen::generate!({ path: "../../../wit", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use json::Json;

type Bytes = Option<Vec<u8>>;

struct Echo;

impl actor::Guest for Echo {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl client::Guest for Echo {
    fn handle_send(state: Bytes, _: (Vec<u8>,)) -> Result<(Bytes,), String> {
        // An echo is put wherever something has to answer, so it takes any state.
        let mut state = Json::state(&state).unwrap_or(Json::Object(Vec::new()));
        let sends = state.get("sends").number().unwrap_or(0);
        state.set("sends", Json::Number(sends + 1));
        Ok((state.bytes(),))
    }

    fn handle_request(state: Bytes, (_, body): (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        Ok((state, (Some(body),)))
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

export!(Echo);
