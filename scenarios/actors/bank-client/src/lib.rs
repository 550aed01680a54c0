//! Deposits `amount` when told `deposit`: asks the ledger for the balance, then writes the sum. Whatever the ledger is told in
//! between is lost.
wit_bindgen::generate!({ path: "../../../wit", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use json::Json;
use theater::simple::{message_server_host as host, runtime};

type Bytes = Option<Vec<u8>>;

struct Client;

fn deposit(config: &Json) -> Result<i64, String> {
    let ledger = config.get("ledger").text().ok_or("no ledger")?;
    let amount = config.get("amount").number().unwrap_or(10);
    let balance = ask(ledger, "read")?.parse::<i64>().map_err(|e| e.to_string())?;
    match &*ask(ledger, &format!("write {}", balance + amount))? {
        "ok" => Ok(amount),
        other => Err(other.to_string()),
    }
}

fn ask(ledger: &str, body: &str) -> Result<String, String> {
    String::from_utf8(host::request(ledger, body.as_bytes())?).map_err(|_| "not a text".to_string())
}

/// Does what it is told, as a send or as a request, and says how it went.
fn obey(state: &Bytes, order: &[u8]) -> Result<String, String> {
    let config = Json::state(state)?;
    if order != b"deposit" {
        return Err("not deposit".to_string());
    }
    Ok(match deposit(&config) {
        Ok(amount) => {
            runtime::log(&format!("observe deposited {amount}"));
            "ok".to_string()
        }
        Err(error) => {
            let answer = format!("error: {error}");
            runtime::log(&format!("observe failed {}", Json::Text(error)));
            answer
        }
    })
}

impl actor::Guest for Client {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl client::Guest for Client {
    fn handle_send(state: Bytes, (body,): (Vec<u8>,)) -> Result<(Bytes,), String> {
        obey(&state, &body)?;
        Ok((state,))
    }

    fn handle_request(state: Bytes, (_, body): (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        let answer = obey(&state, &body)?;
        Ok((state, (Some(answer.into_bytes()),)))
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

export!(Client);
