//! Keeps a balance: `read` tells it, `write N` replaces it. It has no `add`, so two who read before either writes lose money;
//! the ledger is right, its interface is not.
wit_bindgen::generate!({ path: "../../../wit", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use json::Json;
use theater::simple::runtime;

type Bytes = Option<Vec<u8>>;

struct Ledger;

impl actor::Guest for Ledger {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl client::Guest for Ledger {
    fn handle_send(state: Bytes, _: (Vec<u8>,)) -> Result<(Bytes,), String> {
        Ok((state,))
    }

    fn handle_request(state: Bytes, (_, body): (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        let mut state = Json::state(&state)?;
        let body = String::from_utf8_lossy(&body);
        let amount = body.strip_prefix("write ").and_then(|n| n.parse::<i64>().ok());
        let answer = match (&*body, amount) {
            ("read", _) => state.get("balance").number().unwrap_or(0).to_string(),
            (_, Some(amount)) => {
                state.set("balance", Json::Number(amount));
                runtime::log(&format!("observe balance {amount}"));
                "ok".to_string()
            }
            _ => "error: neither read nor write N".to_string(),
        };
        Ok((state.bytes(), (Some(answer.into_bytes()),)))
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

export!(Ledger);
