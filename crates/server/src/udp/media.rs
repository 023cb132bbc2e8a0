//! What concerns media endpoints. They live with the first thread; the others hand it what may be theirs.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use stun::{Class, Flow, Kind, Message, Method};

use super::MediaDatagram;
use super::common::Handed;
use super::endpoints::Delivery;
use super::handle::{Command, Outgoing};
use super::round::{Payload, Waiting};
use super::shell::Shell;

/// Commands, and datagrams of endpoints, that are taken in one round.
const COMMANDS_A_ROUND: usize = 1024;
const OUTGOING_A_ROUND: usize = 2048;

impl Shell {
    /// Whether a datagram from the front door is no client's of the relay; then it has been dealt with.
    pub(super) fn is_for_an_endpoint(
        &mut self,
        kind: Kind,
        client: SocketAddr,
        local: SocketAddr,
        slot: usize,
    ) -> bool {
        let content = self.round.slots[slot].content();
        if self.place != 0 {
            let may_be = match kind {
                Kind::Stun => self.has_media && may_be_an_endpoints(content),
                Kind::Dtls | Kind::Rtp => true,
                Kind::ChannelData | Kind::Other => false,
            };
            if may_be {
                self.knock_at_home(client, local, slot);
            }
            return may_be;
        }
        let tuple = (client, local);
        let endpoint = match kind {
            Kind::Stun => self.endpoints.claim_stun(self.now, tuple, content),
            Kind::Dtls | Kind::Rtp => {
                let claimed = self.endpoints.claim(self.now, tuple);
                if claimed.is_none() {
                    self.counters.dropped.unknown_media += 1;
                    return true;
                }
                claimed
            }
            Kind::ChannelData | Kind::Other => None,
        };
        if let Some(endpoint) = endpoint {
            self.hand_over(endpoint, client, local, slot);
        }
        endpoint.is_some()
    }

    /// From one of our relayed addresses, from another endpoint, or from another thread's front door, to a media
    /// endpoint of ours: the same questions as at the front door.
    pub(super) fn knock(&mut self, source: SocketAddr, local: SocketAddr, slot: usize) {
        if self.place != 0 {
            return self.knock_at_home(source, local, slot);
        }
        let content = self.round.slots[slot].content();
        let tuple = (source, local);
        let endpoint = match Kind::of(content) {
            Kind::Stun => self.endpoints.claim_stun(self.now, tuple, content),
            _ => self.endpoints.claim(self.now, tuple),
        };
        match endpoint {
            Some(endpoint) => self.hand_over(endpoint, source, local, slot),
            None => self.counters.dropped.unknown_media += 1,
        }
    }

    fn knock_at_home(&mut self, source: SocketAddr, local: SocketAddr, slot: usize) {
        if !self.has_media {
            self.counters.dropped.unknown_media += 1;
            return;
        }
        let bytes = self.round.slots[slot].content().to_vec();
        let knock = Handed::Knock {
            source,
            local,
            bytes,
        };
        self.hand(0, knock);
    }

    fn hand_over(&mut self, endpoint: u64, source: SocketAddr, local: SocketAddr, slot: usize) {
        let bytes = self.round.slots[slot].content().to_vec();
        match self.endpoints.deliver(
            endpoint,
            MediaDatagram {
                source,
                destination: local,
                bytes,
            },
        ) {
            Delivery::Done => self.counters.media_in += 1,
            Delivery::Full => self.counters.dropped.inbox_full += 1,
            Delivery::Gone => self.unregister(endpoint),
        }
    }

    /// What the async side wants; of the first thread only. Both queues are bounded, so this ends; what comes meanwhile
    /// wakes us again.
    pub(super) fn empty_queues(&mut self) {
        for _ in 0..COMMANDS_A_ROUND {
            let queues = self.queues.as_ref();
            let Some(command) = queues.and_then(|queues| queues.commands.try_recv().ok()) else {
                break;
            };
            self.on_command(command);
        }
        for _ in 0..OUTGOING_A_ROUND {
            let queues = self.queues.as_ref();
            let Some(outgoing) = queues.and_then(|queues| queues.outgoing.try_recv().ok()) else {
                return;
            };
            self.on_outgoing(outgoing);
        }
        self.common.threads[self.place].wake();
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Register {
                endpoint,
                ufrag,
                inbox,
            } => {
                self.endpoints.register(endpoint, ufrag, inbox);
                self.tell_media();
            }
            Command::AddUfrag { endpoint, ufrag } => self.endpoints.add_ufrag(endpoint, ufrag),
            Command::Unregister { endpoint } => self.unregister(endpoint),
        }
    }

    fn unregister(&mut self, endpoint: u64) {
        self.endpoints.unregister(endpoint);
        self.tell_media();
    }

    /// Every thread looks with its next round; this one at once.
    fn tell_media(&mut self) {
        let has_media = self.endpoints.len() > 0;
        self.common.has_media.store(has_media, Ordering::Release);
        self.look_for_media();
    }

    fn on_outgoing(&mut self, outgoing: Outgoing) {
        let Outgoing {
            endpoint,
            source,
            destination,
            bytes,
        } = outgoing;
        let Some(index) = self.sockets.advertised(source) else {
            self.counters.dropped.not_sent += 1;
            return;
        };
        self.endpoints
            .learn(self.now, (destination, source), endpoint);
        self.counters.media_out += 1;
        if let Some(place) = self.machine.sibling_of(destination) {
            let (from, to) = (source, destination);
            return self.hand(place, Handed::Cross { from, to, bytes });
        }
        let is_ours = self.sockets.advertised(destination).is_some();
        if !is_ours && !self.machine.is_relayed(destination) {
            self.round.make_room(self.now, &self.sockets);
            let (socket, payload) = (index as u64, Payload::Bytes(bytes));
            let to = destination;
            return self.round.send_later(Waiting {
                socket,
                to,
                payload,
                dont_fragment: false,
            });
        }
        let Some(slot) = self.round.take_in(self.now, &bytes, &self.sockets) else {
            return;
        };
        if is_ours {
            return self.knock(source, destination, slot);
        }
        let flow = Flow::Endpoint {
            from: source,
            to: destination,
        };
        let verdict = self
            .machine
            .relay(self.now, flow, &mut self.round.slots[slot]);
        self.obey(verdict, None, slot);
    }
}

/// A check of ICE, or what is no request: an answer or a keep-alive. The rest is for the relay.
fn may_be_an_endpoints(content: &[u8]) -> bool {
    Message::decode(content).is_ok_and(|message| {
        message.method() == Method::Binding
            && (message.class() != Class::Request || message.username().is_some())
    })
}
