//! The data path: one datagram in, at most one out. No queue, no heap, no copy.

use std::net::SocketAddr;
use std::time::Instant;

use super::peers::Reach;
use super::slot::Slot;
use super::state::{Allocation, Owner};
use super::{Allocations, Dropped, FiveTuple, Flow, Out, RelayId, Verdict};
use crate::codec::{
    Attribute, CHANNEL_HEADER, ChannelData, Class, Family, HEADER, MAGIC_COOKIE, Message, Method,
    address_length, attribute_type, channel_header, write_xor_address,
};

/// Type of a Send indication (RFC 8656 §17).
const SEND_INDICATION: [u8; 2] = [0x00, 0x16];
/// Type of a Data indication.
const DATA_INDICATION: [u8; 2] = [0x00, 0x17];

impl Allocations {
    /// Where the datagram in `slot` has to go. On [`Verdict::Forward`] the slot holds what to send.
    ///
    /// Whatever is wrong with data is answered by silence (RFC 8656 §11.2, §12.6).
    pub fn relay(&mut self, now: Instant, from: Flow, slot: &mut Slot) -> Verdict {
        let length = slot.content().len();
        let verdict = match from {
            Flow::Client(tuple) => self.client_data(now, tuple, slot),
            Flow::Peer(relay, peer) => self.deliver(now, relay, peer, true, slot),
            Flow::Endpoint { from, to } => self.endpoint_data(now, from, to, slot),
            Flow::Shard { from, to } => match self.by_relayed.get(&to) {
                Some(relay) => self.deliver(now, *relay, from, false, slot),
                None => Verdict::Drop(Dropped::NoAllocation),
            },
        };
        match verdict {
            // The shard that gets it counts it.
            Verdict::Forward {
                out: Out::Shard { .. },
                ..
            } => {}
            Verdict::Forward { out, .. } => {
                self.counters.relayed_packets += 1;
                self.counters.relayed_bytes += length as u64;
                // From a client to a client, from within, or to an endpoint: no relay socket saw it.
                let is_out = matches!(out, Out::Relay(_)) || matches!(from, Flow::Peer(..));
                self.counters.inside_packets += u64::from(!is_out);
            }
            Verdict::Drop(why) => self.counters.count(why),
            Verdict::Control => {}
        }
        verdict
    }

    fn client_data(&self, now: Instant, tuple: FiveTuple, slot: &mut Slot) -> Verdict {
        let content = slot.content();
        match content.first().map(|first| first >> 6) {
            Some(0b01) => self.channel_data(now, tuple, slot),
            Some(0b00) if content[..2.min(content.len())] == SEND_INDICATION => {
                self.send_indication(now, tuple, slot)
            }
            Some(0b00) => Verdict::Control,
            _ => Verdict::Drop(Dropped::Malformed),
        }
    }

    /// RFC 8656 §12.6. The channel was granted with the permission rules; its own expiry alone decides here.
    fn channel_data(&self, now: Instant, tuple: FiveTuple, slot: &mut Slot) -> Verdict {
        let Ok(message) = ChannelData::decode_old(slot.content()) else {
            return Verdict::Drop(Dropped::Malformed);
        };
        let Some(allocation) = self.live(now, &tuple) else {
            return Verdict::Drop(Dropped::NoAllocation);
        };
        let Some(channel) = allocation.channel(now, message.channel) else {
            return Verdict::Drop(Dropped::NoChannel);
        };
        let (peer, reach, length) = (channel.peer, channel.reach, message.data.len());
        slot.narrow(CHANNEL_HEADER, length);
        self.send_on(now, allocation, peer, reach, false, slot)
    }

    /// RFC 8656 §11.2.
    fn send_indication(&self, now: Instant, tuple: FiveTuple, slot: &mut Slot) -> Verdict {
        let Ok(message) = Message::decode(slot.content()) else {
            return Verdict::Drop(Dropped::Malformed);
        };
        let Some(allocation) = self.live(now, &tuple) else {
            return Verdict::Drop(Dropped::NoAllocation);
        };
        let wants_df = message.attributes().any(|a| a == Attribute::DontFragment);
        let (Some(peer), Some((data, at))) = (message.peer_address(), message.data()) else {
            return Verdict::Drop(Dropped::Malformed);
        };
        debug_assert!(message.class() == Class::Indication && message.method() == Method::Send);
        if message.unknown_required().next().is_some() || (wants_df && !self.config.dont_fragment) {
            return Verdict::Drop(Dropped::Malformed);
        }
        let Some(permission) = allocation.permission(now, peer.ip()) else {
            return Verdict::Drop(Dropped::NoPermission);
        };
        let (reach, length) = (permission.reach, data.len());
        slot.narrow(at, length);
        self.send_on(now, allocation, peer, reach, wants_df, slot)
    }

    /// From a client of ours towards `peer`: out of its relay socket, or across to whom we serve ourselves.
    fn send_on(
        &self,
        now: Instant,
        sender: &Allocation,
        peer: SocketAddr,
        reach: Reach,
        dont_fragment: bool,
        slot: &mut Slot,
    ) -> Verdict {
        let Some(relay) = sender.relay_for(peer.ip()) else {
            return Verdict::Drop(Dropped::NoPermission);
        };
        if reach.own {
            let Some(source) = self.relays.get(relay.0).map(|relay| relay.advertised) else {
                return Verdict::Drop(Dropped::NoAllocation);
            };
            if let Some(target) = self.by_relayed.get(&peer) {
                return self.deliver(now, *target, source, false, slot);
            }
            if self.media.contains(&peer) {
                return Verdict::Forward {
                    out: Out::Endpoint { source },
                    to: peer,
                    dont_fragment: false,
                };
            }
            // Loops through our own front door are refused (RFC 8656 §21.1.7).
            if self.is_listening(peer) {
                return Verdict::Drop(Dropped::OwnAddress);
            }
            if let Some(place) = self.sibling_of(peer) {
                return Verdict::Forward {
                    out: Out::Shard { place, source },
                    to: peer,
                    dont_fragment: false,
                };
            }
            if !reach.network {
                return Verdict::Drop(Dropped::OwnAddress);
            }
        }
        Verdict::Forward {
            out: Out::Relay(relay),
            to: peer,
            dont_fragment,
        }
    }

    /// From a media endpoint of this server to a relayed address of this server.
    fn endpoint_data(
        &self,
        now: Instant,
        from: SocketAddr,
        to: SocketAddr,
        slot: &mut Slot,
    ) -> Verdict {
        match self.by_relayed.get(&to) {
            Some(relay) if self.media.contains(&from) => {
                self.deliver(now, *relay, from, false, slot)
            }
            _ => Verdict::Drop(Dropped::NoAllocation),
        }
    }

    /// To the client behind `relay`, if it gave `source` a permission (RFC 8656 §11.3, §12.7).
    fn deliver(
        &self,
        now: Instant,
        relay: RelayId,
        source: SocketAddr,
        from_network: bool,
        slot: &mut Slot,
    ) -> Verdict {
        let owner = self.relays.get(relay.0).map(|relay| relay.owner);
        let Some(Owner::Allocation(key)) = owner else {
            return Verdict::Drop(Dropped::NoAllocation);
        };
        let Some(receiver) = self
            .slab
            .get(key)
            .filter(|allocation| allocation.is_live(now))
        else {
            return Verdict::Drop(Dropped::NoAllocation);
        };
        match receiver.permission(now, source.ip()) {
            // What the rules shut in one direction they shut in the other.
            Some(permission) if permission.reach.network || !from_network => {}
            _ => return Verdict::Drop(Dropped::NoPermission),
        }
        let length = slot.content().len();
        if let Some(channel) = receiver.channel_to(now, source) {
            slot.prepend(CHANNEL_HEADER)
                .copy_from_slice(&channel_header(channel.number, length));
        } else {
            self.write_data_indication(source, slot);
        }
        let FiveTuple { listener, client } = receiver.tuple;
        Verdict::Forward {
            out: Out::Client(listener),
            to: client,
            dont_fragment: false,
        }
    }

    /// A Data indication around what the slot holds (RFC 8656 §11.4).
    fn write_data_indication(&self, source: SocketAddr, slot: &mut Slot) {
        let length = slot.content().len();
        let address = address_length(source.ip());
        let header = HEADER + 4 + address + 4;
        slot.pad();
        let message = header - HEADER + slot.content().len();
        let out = slot.prepend(header);
        let short = |length: usize| {
            u16::try_from(length)
                .expect("a slot is shorter than 64 KiB")
                .to_be_bytes()
        };
        let mut mask = [0; 16];
        mask[..4].copy_from_slice(&MAGIC_COOKIE);
        // An indication is never answered; its id only has to differ from the one before (RFC 8489 §5).
        let count = self.counters.relayed_packets ^ self.indication_mask;
        mask[8..].copy_from_slice(&count.to_be_bytes());
        out[..2].copy_from_slice(&DATA_INDICATION);
        out[2..4].copy_from_slice(&short(message));
        out[4..20].copy_from_slice(&mask);
        out[20..22].copy_from_slice(&attribute_type::XOR_PEER_ADDRESS.to_be_bytes());
        out[22..24].copy_from_slice(&short(address));
        write_xor_address(&mut out[24..24 + address], source, &mask);
        out[24 + address..26 + address].copy_from_slice(&attribute_type::DATA.to_be_bytes());
        out[26 + address..28 + address].copy_from_slice(&short(length));
    }

    fn live(&self, now: Instant, tuple: &FiveTuple) -> Option<&Allocation> {
        let key = self.by_tuple.get(tuple)?;
        self.slab
            .get(*key)
            .filter(|allocation| allocation.is_live(now))
    }

    /// Whether the client's family and the peer's agree with one of its relayed addresses.
    pub(super) fn has_family(&self, allocation: &Allocation, peer: SocketAddr) -> bool {
        allocation.relays[super::state::family_index(Family::of(peer.ip()))].is_some()
    }
}
