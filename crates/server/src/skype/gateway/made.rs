//! Threads that programs asked for a moment ago. This dialect gives a new thread no name of its own, so a request that is sent
//! again after a cut answer is known by what it asks for.

use std::collections::VecDeque;
use std::sync::Mutex;

use hub::id::{ClientId, DeviceId, Timestamp};
use sha2::{Digest as _, Sha256};
use webapi::skype::thread::NewThread;

use crate::lock::lock;

/// For how long the same request means the same thread, in ms.
const HOLDS: i64 = 30_000;
/// Most that are remembered of everybody; the oldest goes.
const MOST: usize = 1_024;

/// What was asked for, and under which name the hub was asked.
#[derive(Debug, Default)]
pub struct Made(Mutex<VecDeque<(Timestamp, [u8; 32], ClientId)>>);

impl Made {
    /// Under which name the hub is asked for this: the one of before, if the same device asked for the same within 30 s; else
    /// `fresh`.
    pub(super) fn name(
        &self,
        device: DeviceId,
        asked: &NewThread,
        now: Timestamp,
        fresh: ClientId,
    ) -> ClientId {
        let asked = digest(device, asked);
        let mut made = lock(&self.0);
        made.retain(|(at, ..)| at.plus_ms(HOLDS) > now);
        if let Some((.., name)) = made.iter().find(|(_, of, _)| *of == asked) {
            return name.clone();
        }
        if made.len() >= MOST {
            made.pop_front();
        }
        made.push_back((now, asked, fresh.clone()));
        fresh
    }

    /// The same request means another thread from now on.
    pub(super) fn forget(&self, name: &ClientId) {
        lock(&self.0).retain(|(_, _, of)| of != name);
    }
}

fn digest(device: DeviceId, asked: &NewThread) -> [u8; 32] {
    let members = asked.members.iter();
    let members: Vec<_> = members.map(|member| (&member.id, &member.role)).collect();
    let text = serde_json::json!([device.0, members, asked.properties]).to_string();
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(topic: &str) -> NewThread {
        let body =
            format!(r#"{{"members":[{{"id":"8:bob"}}],"properties":{{"topic":"{topic}"}}}}"#);
        webapi::skype::loose::json(body.as_bytes()).expect("a thread")
    }

    #[test]
    fn the_same_request_has_the_same_name_for_half_a_minute_and_few_are_remembered() {
        let made = Made::default();
        let mut count = 0;
        let mut name = |device, topic: &str, at| {
            count += 1;
            let fresh = ClientId::new(format!("name-{count}")).expect("short");
            let name = made.name(DeviceId(device), &asked(topic), Timestamp(at), fresh);
            name.as_str().to_owned()
        };
        assert_eq!(name(1, "Geese", 0), "name-1");
        assert_eq!(name(1, "Geese", 29_999), "name-1");
        assert_eq!(name(2, "Geese", 29_999), "name-3", "another device");
        assert_eq!(name(1, "Ducks", 29_999), "name-4", "another title");
        assert_eq!(name(1, "Geese", 30_000), "name-5", "later");
        made.forget(&ClientId::new("name-5").expect("short"));
        assert_eq!(name(1, "Geese", 30_000), "name-6", "it was left");
        for n in 0..2 * MOST as i64 {
            name(n, "Swans", 30_000);
        }
        assert_eq!(lock(&made.0).len(), MOST);
    }
}
