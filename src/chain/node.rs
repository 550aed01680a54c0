//! JSON of a payload, with arrays of bytes kept as bytes: most of a payload is such arrays, and a
//! value for each byte would take thirty times the memory.

use super::error::ChainError;
use super::json;
use super::read::Limits;
use super::scan::Scanner;
use serde_json::{Number, Value};

/// How many values other than bytes one payload may have.
const MOST: usize = 1_000_000;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    /// An array of numbers from 0 to 255, or an empty one.
    Bytes(Vec<u8>),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Reads all of `text`.
    pub(crate) fn parse(text: &[u8]) -> Result<Node, ChainError> {
        let limits = Limits { event_bytes: text.len(), ..Limits::default() };
        let mut scanner = Scanner::small(text, text.len());
        let node = node(&mut scanner, &mut Budget { values: MOST, limits }, limits.depth)?;
        match scanner.blank()? {
            None => Ok(node),
            Some(_) => Err(scanner.expected("the end of the payload")),
        }
    }

    /// The value of a field, or null where there is none.
    pub(crate) fn get(&self, name: &str) -> &Node {
        match self {
            Node::Map(fields) => {
                fields.iter().find(|(field, _)| field == name).map_or(&Node::Null, |(_, node)| node)
            }
            _ => &Node::Null,
        }
    }

    /// The same as a value of `serde_json`.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Number(number) => Value::Number(number.clone()),
            Node::Text(text) => Value::String(text.clone()),
            Node::Bytes(bytes) => Value::Array(bytes.iter().map(|byte| Value::from(*byte)).collect()),
            Node::List(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Node::Map(fields) => {
                Value::Object(fields.iter().map(|(name, node)| (name.clone(), node.to_json())).collect())
            }
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let Node::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        if let Node::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    pub(crate) fn number(&self) -> Option<u64> {
        if let Node::Number(number) = self { number.as_u64() } else { None }
    }

    /// The texts of an array that has only texts.
    pub(crate) fn texts(&self) -> Option<Vec<&str>> {
        match self {
            Node::Bytes(none) if none.is_empty() => Some(Vec::new()),
            Node::List(items) => items.iter().map(Node::text).collect(),
            _ => None,
        }
    }
}

/// What is left to spend, and how deep is allowed.
struct Budget {
    values: usize,
    limits: Limits,
}

fn node(scanner: &mut Scanner<&[u8]>, budget: &mut Budget, depth: usize) -> Result<Node, ChainError> {
    if depth == 0 || budget.values == 0 {
        return Err(scanner.error("expected a smaller payload, found one too deep or with too many values"));
    }
    budget.values -= 1;
    let most = budget.limits.event_bytes;
    Ok(match scanner.blank()? {
        Some(b'{') => map(scanner, budget, depth)?,
        Some(b'[') => list(scanner, budget, depth)?,
        Some(b'"') => Node::Text(json::string(scanner, most, "a text")?),
        Some(b't') => scanner.word("true").map(|()| Node::Bool(true))?,
        Some(b'f') => scanner.word("false").map(|()| Node::Bool(false))?,
        Some(b'n') => scanner.word("null").map(|()| Node::Null)?,
        Some(_) => Node::Number(json::number(scanner)?.0),
        None => return Err(scanner.expected("a JSON value")),
    })
}

fn map(scanner: &mut Scanner<&[u8]>, budget: &mut Budget, depth: usize) -> Result<Node, ChainError> {
    scanner.bump();
    let mut fields = Vec::new();
    while let Some(name) = json::next_name(scanner, fields.is_empty())? {
        fields.push((name, node(scanner, budget, depth - 1)?));
    }
    Ok(Node::Map(fields))
}

fn list(scanner: &mut Scanner<&[u8]>, budget: &mut Budget, depth: usize) -> Result<Node, ChainError> {
    scanner.bump();
    let (mut bytes, mut nodes) = (Vec::new(), Vec::new());
    if scanner.blank()? == Some(b']') {
        scanner.bump();
        return Ok(Node::Bytes(bytes));
    }
    loop {
        if nodes.is_empty() {
            scanner.quick_bytes(&mut bytes);
        }
        let next = node(scanner, budget, depth - 1)?;
        match next.number().map(u8::try_from) {
            Some(Ok(byte)) if nodes.is_empty() => {
                bytes.push(byte);
                budget.values += 1;
            }
            _ => {
                // It was no array of bytes after all: what was read of it becomes values.
                let room = budget.values.checked_sub(bytes.len());
                budget.values =
                    room.ok_or_else(|| scanner.error("expected a smaller payload, found too many values"))?;
                nodes.extend(bytes.drain(..).map(|byte| Node::Number(byte.into())));
                nodes.push(next);
            }
        }
        match scanner.blank()? {
            Some(b',') => scanner.bump(),
            Some(b']') => break,
            _ => return Err(scanner.expected("`,` or `]`")),
        }
    }
    scanner.bump();
    Ok(if nodes.is_empty() { Node::Bytes(bytes) } else { Node::List(nodes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_read_to_the_last_bit() {
        // serde_json without its feature `float_roundtrip` reads the number before.
        let text = "0.9011706134313209";
        assert_eq!(Node::parse(text.as_bytes()).unwrap().to_json().to_string(), text);
        assert_eq!(serde_json::from_str::<Value>(text).unwrap().to_string(), text);
    }

    #[test]
    fn bytes_stay_bytes_and_other_lists_become_lists() {
        let parse = |json: &str| Node::parse(json.as_bytes()).map_err(|error| error.message().to_string());
        assert_eq!(parse("[1, 2,255]"), Ok(Node::Bytes(vec![1, 2, 255])));
        assert_eq!(parse("[]"), Ok(Node::Bytes(vec![])));
        let two = vec![Node::Number(1.into()), Node::Number(256.into())];
        assert_eq!(parse("[1,256]"), Ok(Node::List(two)));
        let node =
            parse(r#"{"a":["x","y"],"b":null,"c":18446744073709551615,"d":[[1],1.5e3,-2,true]}"#).unwrap();
        assert_eq!(node.get("a").texts(), Some(vec!["x", "y"]));
        assert_eq!(node.get("c").number(), Some(u64::MAX));
        assert_eq!(node.get("nothing"), &Node::Null);
        assert!(parse("[1,2").is_err() && parse("{} x").is_err() && parse("[1,]").is_err());
        assert!(parse(&("[".repeat(200) + &"]".repeat(200))).unwrap_err().contains("too deep"));
        assert!(parse(&format!("[{}[]]", "[],".repeat(MOST))).unwrap_err().contains("too many"));
    }
}
