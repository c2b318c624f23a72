//! Compares what clients are said to have in the maps with what is there.
//!
//! The kernel programs count whatever they put in and take out. What somebody takes out by hand stays
//! counted, until this puts it right: a count that was wrong in the same way twice, and has not
//! moved in between, is no race but an error.

use std::collections::HashMap;

use ftp_track_common::{
    client::{Client, ClientKey, Share},
    flow::Flow,
    layout::ClientEntry,
    session::Session,
};

use crate::map::{Error, Maps};

/// What was counted, and what was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Difference {
    counted: Client,
    there: Client,
}

/// Counts of one sweep, and the differences of the one before.
#[derive(Debug, Default)]
pub struct Census {
    there: HashMap<ClientKey, Client>,
    before: HashMap<ClientKey, Difference>,
}

impl Census {
    /// A session is in its map.
    pub fn session(&mut self, session: &Session) {
        let key = &session.key;
        let key = match session.share() {
            share if share == Share::Session as u8 => ClientKey::of(&key.client, key.zone),
            share if share == Share::PickUp as u8 => ClientKey::default(),
            _ => return,
        };
        self.there.entry(key).or_default().sessions += 1;
    }

    /// A flow is in its map.
    pub fn flow(&mut self, flow: &Flow) {
        let key = ClientKey::of(&flow.master.client, flow.master.zone);
        self.there.entry(key).or_default().flows += 1;
    }

    /// Puts right what was wrong before and still is; gives how many clients.
    pub fn end(&mut self, maps: &mut Maps) -> Result<usize, Error> {
        let mut counted = HashMap::new();
        for entry in maps.clients.entries() {
            let (key, entry) = entry?;
            counted.insert(key, entry.client);
        }
        let corrections = self.compare(&counted);
        for (key, there) in &corrections {
            if *there == Client::default() {
                maps.clients.remove(key)?;
            } else {
                let client = *there;
                let entry = ClientEntry {
                    client,
                    ..ClientEntry::default()
                };
                maps.clients.insert(key, &entry)?;
            }
        }
        Ok(corrections.len())
    }

    /// The counts that have to be put right.
    fn compare(&mut self, counted: &HashMap<ClientKey, Client>) -> Vec<(ClientKey, Client)> {
        let there = std::mem::take(&mut self.there);
        let mut differences = HashMap::new();
        for key in counted.keys().chain(there.keys()) {
            let difference = Difference {
                counted: counted.get(key).copied().unwrap_or_default(),
                there: there.get(key).copied().unwrap_or_default(),
            };
            if difference.counted != difference.there {
                differences.insert(*key, difference);
            }
        }
        let before = std::mem::replace(&mut self.before, differences);
        let same = |(key, now): (&ClientKey, &Difference)| {
            (before.get(key) == Some(now)).then_some((*key, now.there))
        };
        self.before.iter().filter_map(same).collect()
    }
}

#[cfg(test)]
mod tests {
    use ftp_track_common::address::Address;

    use super::*;

    fn key(last: u8) -> ClientKey {
        ClientKey::of(&Address::from_v4([10, 0, 0, last]), 0)
    }

    fn flows(count: u32) -> Client {
        let mut client = Client::default();
        client.flows = count;
        client
    }

    #[test]
    fn only_what_stays_wrong_is_put_right() {
        let mut census = Census::default();
        let counted = HashMap::from([(key(1), flows(3)), (key(2), flows(1))]);
        let seen = |census: &mut Census, count| {
            census.there = HashMap::from([(key(1), flows(count)), (key(2), flows(1))]);
        };
        seen(&mut census, 2);
        assert_eq!(census.compare(&counted), []);
        seen(&mut census, 1);
        assert_eq!(census.compare(&counted), [], "it moves");
        seen(&mut census, 1);
        assert_eq!(census.compare(&counted), [(key(1), flows(1))]);
        seen(&mut census, 3);
        assert_eq!(census.compare(&counted), [], "right by now");
        seen(&mut census, 1);
        assert_eq!(census.compare(&counted), []);
    }

    #[test]
    fn a_network_is_one_client() {
        let mut census = Census::default();
        for last in [1, 2] {
            let mut octets = [0; 16];
            octets[0] = 0x20;
            octets[15] = last;
            let mut flow = Flow::default();
            flow.master.client = Address::from_v6(octets);
            census.flow(&flow);
        }
        assert_eq!(census.there.len(), 1);
        assert_eq!(census.there.into_values().next(), Some(flows(2)));
    }
}
