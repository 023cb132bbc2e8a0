//! A TURN client with one channel. It asks for no more than that, and in the plainest words, so that any relay understands.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use stun::{
    Attribute, Class, Credential, Key, Message, MessageWriter, Method, PasswordAlgorithm,
    TransactionId,
};

use crate::Failed;

/// How long an answer may take before the request is sent again, and how often it is.
const PATIENCE: Duration = Duration::from_millis(500);
const TRIES: usize = 10;
/// REQUESTED-TRANSPORT: UDP.
const UDP: u8 = 17;
/// The one that we bind (RFC 8656 §12: from here on).
const CHANNEL: u16 = 0x4000;

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) socket: UdpSocket,
    pub(crate) relayed: SocketAddr,
    server: SocketAddr,
    credential: Credential,
    realm: String,
    nonce: String,
    requests: u32,
}

impl Client {
    /// With an allocation. On loopback each `number` has an address of its own, as clients have: relays limit what one
    /// address may ask.
    pub(crate) fn allocate(
        server: SocketAddr,
        credential: Credential,
        number: usize,
    ) -> Result<Self, Failed> {
        let ip: IpAddr = match server.ip() {
            IpAddr::V4(ip) if ip.is_loopback() => {
                let [.., third, fourth] = u32::try_from(number + 1)?.to_be_bytes();
                Ipv4Addr::new(127, 1, third, fourth).into()
            }
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((ip, 0))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut client = Self {
            socket,
            relayed: server,
            server,
            credential,
            realm: String::new(),
            nonce: String::new(),
            requests: 0,
        };
        let answer = client.ask(Method::Allocate, &[Attribute::RequestedTransport(UDP)])?;
        let relayed =
            Message::decode(&answer)?
                .attributes()
                .find_map(|attribute| match attribute {
                    Attribute::XorRelayedAddress(relayed) => Some(relayed),
                    _ => None,
                });
        client.relayed = relayed.ok_or("an allocation without an address")?;
        Ok(client)
    }

    /// The number of a channel to `peer`.
    pub(crate) fn bind(&mut self, peer: SocketAddr) -> Result<u16, Failed> {
        let wish = [
            Attribute::ChannelNumber(CHANNEL),
            Attribute::XorPeerAddress(peer),
        ];
        self.ask(Method::ChannelBind, &wish)?;
        Ok(CHANNEL)
    }

    /// The success that answers a request; a challenge is met once (RFC 8489 §9.2).
    fn ask(&mut self, method: Method, wish: &[Attribute<'_>]) -> Result<Vec<u8>, Failed> {
        for _ in 0..2 {
            let bytes = self.exchange(method, wish)?;
            let answer = Message::decode(&bytes)?;
            if answer.class() == Class::Success {
                return Ok(bytes);
            }
            match answer.error_code() {
                Some(401 | 438) => {
                    for attribute in answer.attributes() {
                        match attribute {
                            Attribute::Realm(realm) => realm.clone_into(&mut self.realm),
                            Attribute::Nonce(nonce) => nonce.clone_into(&mut self.nonce),
                            _ => {}
                        }
                    }
                }
                code => return Err(format!("the relay answers {method:?} with {code:?}").into()),
            }
        }
        Err("the relay does not take the credentials".into())
    }

    fn exchange(&mut self, method: Method, wish: &[Attribute<'_>]) -> Result<Vec<u8>, Failed> {
        self.requests += 1;
        let mut id = [0x5A; 12];
        id[..4].copy_from_slice(&self.requests.to_be_bytes());
        let id = TransactionId::new(id);
        let mut writer = MessageWriter::new(Class::Request, method, id);
        for attribute in wish {
            writer.attribute(attribute);
        }
        let Credential { username, password } = &self.credential;
        if !self.nonce.is_empty() {
            let key = Key::long_term(PasswordAlgorithm::Md5, username, &self.realm, password);
            writer
                .attribute(&Attribute::Username(username))
                .attribute(&Attribute::Realm(&self.realm))
                .attribute(&Attribute::Nonce(&self.nonce))
                .integrity(&key);
        }
        let request = writer.finish();
        let mut buffer = [0; 2048];
        for _ in 0..TRIES {
            self.socket.send_to(&request, self.server)?;
            while let Ok((length, _)) = self.socket.recv_from(&mut buffer) {
                if Message::decode(&buffer[..length]).is_ok_and(|answer| answer.id() == id) {
                    return Ok(buffer[..length].to_vec());
                }
            }
        }
        Err(format!("the relay does not answer {method:?}").into())
    }
}
