//! Who has which name, and which address.

use crate::call::{Address, Refusal};
use crate::digest;
use crate::id::ActorId;
use sha1::{Digest, Sha1};

/// Marks a free slot.
const NOBODY: u32 = u32::MAX;

/// Names and addresses of the participants.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    names: Vec<String>,
    addresses: Vec<String>,
    by_address: Vec<(String, ActorId)>,
    /// The participants by the digests of their names, in a table with open addressing that is never gone through: native
    /// actors send by name, once for each message. A free slot is nobody's.
    by_name: Vec<u32>,
}

impl Directory {
    /// A directory of these names; a participant without an address of its own gets a UUID derived from
    /// its name.
    pub fn new(participants: impl IntoIterator<Item = (String, Option<String>)>) -> Directory {
        let mut directory = Directory::default();
        for (name, address) in participants {
            let address = address.unwrap_or_else(|| Directory::derived(&name));
            directory.by_address.push((address.clone(), ActorId(directory.names.len() as u32)));
            directory.names.push(name);
            directory.addresses.push(address);
        }
        directory.by_address.sort();
        directory.by_name = vec![NOBODY; (directory.names.len() * 2 + 1).next_power_of_two()];
        for id in 0..directory.names.len() {
            let slot = directory.slot(&directory.names[id]);
            if directory.by_name[slot] == NOBODY {
                directory.by_name[slot] = id as u32;
            }
        }
        directory
    }

    /// The address of a participant that has none of its own: a version 5 UUID of its name.
    ///
    /// ```
    /// use rehearsal::state::Directory;
    /// assert_eq!(Directory::derived("echo"), Directory::derived("echo"));
    /// assert_eq!(Directory::derived("echo").len(), 36);
    /// ```
    pub fn derived(name: &str) -> String {
        let hash = Sha1::new().chain_update(b"rehearsal actor ").chain_update(name).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        uuid::Builder::from_sha1_bytes(bytes).into_uuid().to_string()
    }

    /// All names, in order of the ids.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The name of a participant.
    pub fn name(&self, id: ActorId) -> &str {
        self.names.get(id.index()).map_or("?", String::as_str)
    }

    /// The address of a participant.
    pub fn address(&self, id: ActorId) -> &str {
        self.addresses.get(id.index()).map_or("?", String::as_str)
    }

    /// The participant of this name.
    pub fn find(&self, name: &str) -> Option<ActorId> {
        let id = *self.by_name.get(self.slot(name))?;
        (id != NOBODY).then_some(ActorId(id))
    }

    /// Where a name is in the table, or would be.
    fn slot(&self, name: &str) -> usize {
        let mask = self.by_name.len().saturating_sub(1);
        let mut slot = digest::Digest::of(name.as_bytes()) as usize & mask;
        while let Some(&id) = self.by_name.get(slot)
            && id != NOBODY
            && self.names[id as usize] != name
        {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn lookup(&self, address: &str) -> Option<ActorId> {
        let place = self.by_address.binary_search_by(|(known, _)| known.as_str().cmp(address)).ok()?;
        Some(self.by_address[place].1)
    }

    /// The participant with this address; every form of a UUID is read, as Theater does.
    ///
    /// # Errors
    /// When the text is no address, or nobody's.
    #[inline]
    pub fn resolve(&self, address: &Address) -> Result<ActorId, Refusal> {
        match address {
            Address::Id(id) if id.index() < self.names.len() => Ok(*id),
            other => self.search(other),
        }
    }

    fn search(&self, address: &Address) -> Result<ActorId, Refusal> {
        match address {
            Address::Id(id) => Err(Refusal::UnknownActor(format!("participant {}", id.0))),
            Address::Text(text) => self.resolve_text(text),
            Address::Name(name) => match self.find(name) {
                Some(id) => Ok(id),
                None => self.resolve_text(name).map_err(|_| Refusal::UnknownActor(name.clone())),
            },
        }
    }

    fn resolve_text(&self, text: &str) -> Result<ActorId, Refusal> {
        if let Some(id) = self.lookup(text) {
            return Ok(id);
        }
        let parsed = uuid::Uuid::parse_str(text).map_err(|e| Refusal::BadAddress(e.to_string()))?;
        let plain = parsed.to_string();
        self.lookup(&plain).ok_or(Refusal::UnknownActor(plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_every_form() {
        let id = "1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c";
        let directory = Directory::new([("a".into(), Some(id.into())), ("b".into(), None)]);
        let resolve = |text: &str| directory.resolve(&Address::from(text));
        assert_eq!(resolve(id), Ok(ActorId(0)));
        assert_eq!(resolve(&id.replace('-', "")), Ok(ActorId(0)));
        assert_eq!(resolve(&format!("urn:uuid:{id}")), Ok(ActorId(0)));
        assert_eq!(resolve(&Directory::derived("b")), Ok(ActorId(1)));
    }

    #[test]
    fn what_is_no_address_is_told_as_theater_tells_it() {
        let directory = Directory::new([]);
        let text = |address: &str| directory.resolve(&Address::from(address)).unwrap_err().to_string();
        assert_eq!(
            text(""),
            "Failed to parse actor ID: invalid length: expected length 32 for simple format, found 0"
        );
        assert_eq!(
            text("bob"),
            "Failed to parse actor ID: invalid character: expected an optional prefix of `urn:uuid:` \
             followed by [0-9a-fA-F-], found `o` at 2"
        );
        assert_eq!(
            text("1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c"),
            "Actor not found: 1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c"
        );
    }
}
