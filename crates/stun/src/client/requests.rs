//! What the client sends.

use std::net::SocketAddr;
use std::time::Instant;

use super::{Pending, Purpose, Stage, TurnClient, TurnOutput};
use crate::codec::{
    Attribute, ChannelData, Class, Key, Message, MessageWriter, Method, PasswordAlgorithm,
    PasswordAlgorithmList, TransactionId, user_hash,
};
use crate::transaction::Transaction;

/// What a nonce begins with whose server speaks RFC 8489; four characters of features follow (§9.2).
const NONCE_COOKIE: &str = "obMatJos2";

/// What the relay told us to sign requests with.
#[derive(Debug)]
pub(super) struct Session {
    realm: String,
    nonce: String,
    key: Key,
    algorithm: PasswordAlgorithm,
    /// PASSWORD-ALGORITHMS as it came; present means that the longer hash is used.
    algorithms: Option<Vec<u8>>,
    anonymous: bool,
}

impl Session {
    /// From a 401 or 438; `None` if it cannot be used.
    pub(super) fn from_challenge(
        message: &Message<'_>,
        username: &str,
        password: &str,
    ) -> Option<Self> {
        let (realm, nonce) = (message.realm()?, message.nonce()?);
        let algorithms = message.attributes().find_map(|attribute| match attribute {
            Attribute::PasswordAlgorithms(list) => Some(list),
            _ => None,
        });
        let (offers_algorithms, anonymous) = features(nonce);
        // The nonce says there was a list but there is none: somebody took it away (RFC 8489 §9.2.5).
        if offers_algorithms && algorithms.is_none() {
            return None;
        }
        let algorithm = match algorithms.filter(|_| offers_algorithms) {
            Some(list) => list.known().next()?,
            None => PasswordAlgorithm::Md5,
        };
        Some(Self {
            realm: realm.to_owned(),
            nonce: nonce.to_owned(),
            key: Key::long_term(algorithm, username, realm, password),
            algorithm,
            algorithms: algorithms
                .filter(|_| offers_algorithms)
                .map(|list| list.0.to_vec()),
            anonymous,
        })
    }

    /// Whether `message` was signed by someone who knows our password.
    pub(super) fn trusts(&self, message: &Message<'_>) -> bool {
        message.verify(&self.key).is_ok()
    }

    fn sign(&self, writer: &mut MessageWriter, username: &str) {
        if self.anonymous {
            writer.attribute(&Attribute::UserHash(user_hash(username, &self.realm)));
        } else {
            writer.attribute(&Attribute::Username(username));
        }
        writer
            .attribute(&Attribute::Realm(&self.realm))
            .attribute(&Attribute::Nonce(&self.nonce));
        if let Some(list) = &self.algorithms {
            writer
                .attribute(&Attribute::PasswordAlgorithms(PasswordAlgorithmList(list)))
                .attribute(&Attribute::PasswordAlgorithm(Some(self.algorithm)))
                .integrity_sha256(&self.key);
        } else {
            writer.integrity(&self.key);
        }
    }
}

/// Whether the nonce announces password algorithms and anonymous names: the first two of 24 bits in base64.
fn features(nonce: &str) -> (bool, bool) {
    let first = nonce
        .strip_prefix(NONCE_COOKIE)
        .filter(|rest| rest.len() >= 4);
    let bits = match first.and_then(|rest| rest.bytes().next()) {
        Some(letter @ b'A'..=b'Z') => letter - b'A',
        Some(letter @ b'a'..=b'z') => letter - b'a' + 26,
        Some(digit @ b'0'..=b'9') => digit - b'0' + 52,
        Some(b'+') => 62,
        Some(b'/') => 63,
        _ => 0,
    };
    (bits & 0b10_0000 != 0, bits & 0b01_0000 != 0)
}

impl TurnClient {
    /// Send a request for `purpose`, signed with what we know by now.
    pub(super) fn ask(&mut self, now: Instant, purpose: Purpose, challenges: u32) {
        let id = TransactionId::random(&mut self.rng);
        let bytes = self.write(id, purpose);
        let mut transaction = Transaction::new(now, id, bytes, self.config.first_interval);
        transaction.poll(now);
        self.outputs
            .push_back(TurnOutput::Transmit(transaction.bytes.clone()));
        self.pending.push(Pending {
            purpose,
            transaction,
            challenges,
        });
    }

    fn write(&self, id: TransactionId, purpose: Purpose) -> Vec<u8> {
        let method = match purpose {
            Purpose::Allocate => Method::Allocate,
            Purpose::Refresh | Purpose::Delete => Method::Refresh,
            Purpose::Permit(_) => Method::CreatePermission,
            Purpose::Bind { .. } => Method::ChannelBind,
        };
        let mut writer = MessageWriter::new(Class::Request, method, id);
        match purpose {
            Purpose::Allocate => {
                writer.attribute(&Attribute::RequestedTransport(17));
                if let Some(family) = self.config.family {
                    writer.attribute(&Attribute::RequestedAddressFamily(Some(family)));
                }
            }
            Purpose::Refresh => {}
            Purpose::Delete => {
                writer.attribute(&Attribute::Lifetime(0));
            }
            Purpose::Permit(ip) => {
                writer.attribute(&Attribute::XorPeerAddress(SocketAddr::new(ip, 0)));
            }
            Purpose::Bind { number, peer } => {
                writer
                    .attribute(&Attribute::ChannelNumber(number))
                    .attribute(&Attribute::XorPeerAddress(peer));
            }
        }
        if let Some(session) = &self.session {
            session.sign(&mut writer, &self.config.credential.username);
        }
        writer.finish()
    }

    /// Data for `peer`: by channel if one is bound, else by Send indication (RFC 8656 §11.1, §12.5).
    pub(super) fn send(&mut self, now: Instant, peer: SocketAddr, data: &[u8]) {
        // A Send indication costs 36 to 48 bytes; what does not fit a datagram is lost, as it would be on the way.
        if !matches!(self.stage, Stage::Allocated { .. }) || data.len() > 65_000 {
            return;
        }
        let mut bytes = Vec::with_capacity(data.len() + 48);
        if let Some(channel) = self.bindings.number_for(now, peer) {
            ChannelData { channel, data }.encode(&mut bytes);
        } else if self.permissions.has(now, peer.ip()) {
            let id = TransactionId::random(&mut self.rng);
            let mut writer = MessageWriter::new(Class::Indication, Method::Send, id);
            writer
                .attribute(&Attribute::XorPeerAddress(peer))
                .attribute(&Attribute::Data(data));
            bytes = writer.finish();
        } else {
            return;
        }
        self.outputs.push_back(TurnOutput::Transmit(bytes));
    }
}
