//! As much JSON as the guests here need: whole numbers only, keys in the order given, errors of one word.
//! serde_json does it all and makes 60 kB of a component of 30;
//! `counter` uses it, to show that it works as well.
use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Flag(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn read(bytes: &[u8]) -> Result<Json, String> {
        let mut reader = Reader { rest: bytes };
        let value = reader.value().ok_or("not JSON")?;
        reader.blank();
        if reader.rest.is_empty() { Ok(value) } else { Err("not JSON".to_string()) }
    }

    /// An actor's state: none and no bytes at all are the empty object.
    pub fn state(bytes: &Option<Vec<u8>>) -> Result<Json, String> {
        match bytes.as_deref() {
            None | Some(b"") => Ok(Json::Object(Vec::new())),
            Some(bytes) => Json::read(bytes).map_err(|e| format!("state: {e}")),
        }
    }

    pub fn bytes(&self) -> Option<Vec<u8>> {
        Some(self.to_string().into_bytes())
    }

    /// The value of a key; null if there is none.
    pub fn get(&self, key: &str) -> &Json {
        let Json::Object(fields) = self else { return &Json::Null };
        fields.iter().find(|(name, _)| name == key).map_or(&Json::Null, |(_, value)| value)
    }

    pub fn set(&mut self, key: &str, value: Json) {
        let Json::Object(fields) = self else { return };
        match fields.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => fields.push((key.to_string(), value)),
        }
    }

    pub fn text(&self) -> Option<&str> {
        if let Json::Text(text) = self { Some(text) } else { None }
    }

    pub fn number(&self) -> Option<i64> {
        if let Json::Number(number) = self { Some(*number) } else { None }
    }

    pub fn flag(&self) -> Option<bool> {
        if let Json::Flag(flag) = self { Some(*flag) } else { None }
    }

    pub fn list(&self) -> &[Json] {
        if let Json::List(list) = self { list } else { &[] }
    }
}

/// Bytes as a JSON text; what is not UTF-8 is replaced.
pub fn quote(bytes: &[u8]) -> Json {
    Json::Text(String::from_utf8_lossy(bytes).into_owned())
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Flag(flag) => f.write_str(if *flag { "true" } else { "false" }),
            Json::Number(number) => write!(f, "{number}"),
            Json::Text(text) => write_text(f, text),
            Json::List(list) => {
                for (i, item) in list.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "[" } else { "," })?;
                }
                f.write_str(if list.is_empty() { "[]" } else { "]" })
            }
            Json::Object(fields) => {
                for (i, (name, value)) in fields.iter().enumerate() {
                    f.write_str(if i == 0 { "{" } else { "," })?;
                    write_text(f, name)?;
                    write!(f, ":{value}")?;
                }
                f.write_str(if fields.is_empty() { "{}" } else { "}" })
            }
        }
    }
}

fn write_text(f: &mut fmt::Formatter, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            c if c < ' ' => write!(f, "\\u{:04x}", c as u32)?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, word: &[u8]) -> bool {
        self.blank();
        let taken = self.rest.strip_prefix(word);
        self.rest = taken.unwrap_or(self.rest);
        taken.is_some()
    }

    fn value(&mut self) -> Option<Json> {
        self.blank();
        match self.rest.first()? {
            b'n' => self.take(b"null").then_some(Json::Null),
            b't' => self.take(b"true").then_some(Json::Flag(true)),
            b'f' => self.take(b"false").then_some(Json::Flag(false)),
            b'"' => self.string().map(Json::Text),
            b'[' => self.items(b"]", Self::value).map(Json::List),
            b'{' => self.items(b"}", Self::field).map(Json::Object),
            _ => self.number(),
        }
    }

    fn field(&mut self) -> Option<(String, Json)> {
        let name = self.string()?;
        self.take(b":").then(|| self.value())?.map(|value| (name, value))
    }

    fn items<T>(&mut self, end: &[u8], item: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.next();
        let mut items = Vec::new();
        if self.take(end) {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            if self.take(end) {
                return Some(items);
            }
            self.take(b",").then_some(())?;
        }
    }

    fn number(&mut self) -> Option<Json> {
        let end = self.rest.iter().position(|b| !matches!(b, b'0'..=b'9' | b'-')).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        std::str::from_utf8(digits).ok()?.parse().ok().map(Json::Number)
    }

    fn string(&mut self) -> Option<String> {
        self.take(b"\"").then_some(())?;
        let mut bytes = Vec::new();
        loop {
            match self.next()? {
                b'"' => return String::from_utf8(bytes).ok(),
                b'\\' => {
                    let c = self.escape()?;
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                byte => bytes.push(byte),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let high = self.unit()?;
                // A pair of surrogates is one character.
                if (0xd800..0xdc00).contains(&high) && self.rest.starts_with(b"\\u") {
                    self.rest = &self.rest[2..];
                    let low = self.unit()?.checked_sub(0xdc00)?;
                    char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)?
                } else {
                    char::from_u32(high)?
                }
            }
            other => other as char,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_the_same() {
        for text in [r#"{"a":[1,-2,{}],"b":"x\"\\\n\u0001é","c":null,"d":true,"e":[]}"#, "3", r#""""#] {
            assert_eq!(Json::read(text.as_bytes()).unwrap().to_string(), text);
        }
        assert_eq!(Json::read(br#" [ "\ud83c\udfad\/" , 1 ] "#).unwrap().to_string(), "[\"🎭/\",1]");
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "{", "[1,]", "{\"a\"}", "1.5", "nul", "\"", "1 2", "\"\\u12\"", "\"\\ud800\\u0041\""]
        {
            assert_eq!(Json::read(text.as_bytes()), Err("not JSON".to_string()), "{text}");
        }
    }
}
