//! An actor in the form of Theater 0.2, whose `init` is told its own address; it keeps the address and answers with it.
wit_bindgen::generate!({ path: "../../../wit/actor-with-params", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use json::Json;

type Bytes = Option<Vec<u8>>;

struct Named;

impl actor::Guest for Named {
    fn init(state: Bytes, (id,): (String,)) -> Result<(Bytes,), String> {
        let mut state = Json::state(&state)?;
        state.set("id", Json::Text(id));
        Ok((state.bytes(),))
    }
}

impl client::Guest for Named {
    fn handle_send(state: Bytes, _: (Vec<u8>,)) -> Result<(Bytes,), String> {
        Ok((state,))
    }

    fn handle_request(state: Bytes, _: (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        let id = Json::state(&state)?.get("id").text().unwrap_or_default().as_bytes().to_vec();
        Ok((state, (Some(id),)))
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

export!(Named);
