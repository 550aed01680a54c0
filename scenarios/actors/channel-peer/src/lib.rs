//! Listens on the channels that others open to it. `refuse` turns them away, `welcome` goes with the acceptance, `echo`
//! acknowledges every message. `early`, `slam` and `tell` do, while the opener still waits, what a real runtime loses or
//! deadlocks on: say something on the new channel, close it, send to a third actor.
wit_bindgen::generate!({ path: "../../../wit", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use json::{Json, quote};
use theater::simple::{message_server_host as host, runtime};

type Bytes = Option<Vec<u8>>;

struct Peer;

fn observe(key: &str, value: &Json) {
    runtime::log(&format!("observe {key} {value}"));
}

fn refused(error: String) {
    observe("refused", &Json::Text(error));
}

impl actor::Guest for Peer {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl client::Guest for Peer {
    fn handle_send(state: Bytes, _: (Vec<u8>,)) -> Result<(Bytes,), String> {
        Ok((state,))
    }

    fn handle_request(state: Bytes, (_, body): (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        Ok((state, (Some(body),)))
    }

    fn handle_channel_open(
        state: Bytes,
        (channel, body): (String, Vec<u8>),
    ) -> Result<(Bytes, (client::ChannelAccept,)), String> {
        let config = Json::state(&state)?;
        observe("asked", &quote(&body));
        if let Some(text) = config.get("early").text() {
            host::send_on_channel(&channel, text.as_bytes()).unwrap_or_else(refused);
        }
        if config.get("slam").flag() == Some(true) {
            host::close_channel(&channel).unwrap_or_else(refused);
        }
        if let Some(address) = config.get("tell").text() {
            host::send(address, b"asked").unwrap_or_else(refused);
        }
        let accepted = config.get("refuse").flag() != Some(true);
        let message = config.get("welcome").text().map(|text| text.as_bytes().to_vec());
        Ok((state, (client::ChannelAccept { accepted, message },)))
    }

    fn handle_channel_message(state: Bytes, (channel, body): (String, Vec<u8>)) -> Result<(Bytes,), String> {
        observe("heard", &quote(&body));
        if Json::state(&state)?.get("echo").flag() == Some(true) {
            host::send_on_channel(&channel, &[b"ack:", &body[..]].concat()).unwrap_or_else(refused);
        }
        Ok((state,))
    }

    fn handle_channel_close(state: Bytes, _: (String,)) -> Result<(Bytes,), String> {
        observe("closed", &Json::Flag(true));
        Ok((state,))
    }
}

export!(Peer);
