//! Requests other than Allocate: Binding, Refresh, CreatePermission, ChannelBind.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::authenticate::Authenticated;
use super::peers::Reach;
use super::reply::{Question, Refusal};
use super::state::{Allocation, Auth, Channel, Permission, family_index};
use super::{Allocations, Dropped, Expiry, FiveTuple, slab};
use crate::codec::{
    Attribute, Class, Family, MAX_OLD_CHANNEL, MIN_CHANNEL, Message, Method, attribute_type,
    is_channel,
};

impl Allocations {
    /// A STUN message from a client that is no Send indication.
    pub(super) fn on_message(&mut self, now: Instant, from: FiveTuple, bytes: &[u8]) {
        let Ok(message) = Message::decode(bytes) else {
            self.counters.count(Dropped::Malformed);
            return;
        };
        // Answers and indications want no answer from a server; a Binding indication only keeps a NAT open.
        if message.class() != Class::Request {
            return;
        }
        let question = Question::of(from, &message);
        match message.method() {
            Method::Binding => self.binding(now, &question, &message),
            Method::Allocate | Method::Refresh | Method::CreatePermission | Method::ChannelBind => {
                self.turn(now, &question, &message)
            }
            Method::Send | Method::Data | Method::Other(_) => {
                self.counters.count(Dropped::Malformed);
            }
        }
    }

    /// RFC 8489 §6.3.1, and RFC 3489 §8.2 for those who know no cookie.
    fn binding(&mut self, now: Instant, question: &Question, message: &Message<'_>) {
        // A check of ICE for a media endpoint that is not, or no longer, here: nobody could sign its answer.
        if message.username().is_some() {
            self.counters.count(Dropped::NoAllocation);
            return;
        }
        if !self.may_answer(now, question.from.client) {
            return;
        }
        let mut unknown = unknown_attributes(message, false);
        // A classic client that asks for an answer from elsewhere has to learn that there is none (RFC 3489 §8.2 via
        // RFC 5780 §6.1: 420).
        if message
            .attributes()
            .any(|a| matches!(a, Attribute::ChangeRequest(flags) if flags & 6 != 0))
        {
            unknown.extend_from_slice(&attribute_type::CHANGE_REQUEST.to_be_bytes());
        }
        if !unknown.is_empty() {
            self.refuse_unknown(question, None, &unknown);
            return;
        }
        let client = question.from.client;
        let mapped = if question.id.is_classic() {
            Attribute::MappedAddress(client)
        } else {
            Attribute::XorMappedAddress(client)
        };
        self.answer(question, Class::Success, None, &[mapped]);
    }

    fn turn(&mut self, now: Instant, question: &Question, message: &Message<'_>) {
        let Some(Authenticated {
            username,
            auth,
            allocation,
        }) = self.authenticate(now, question, message)
        else {
            return;
        };
        let unknown = unknown_attributes(message, self.config.dont_fragment);
        if !unknown.is_empty() {
            self.refuse_unknown(question, Some(&auth), &unknown);
            return;
        }
        if question.method == Method::Allocate {
            self.allocate(now, question, message, username, auth, allocation);
            return;
        }
        let known = allocation
            .and_then(|key| self.slab.get(key).map(|allocation| (key, allocation)))
            .filter(|(_, allocation)| allocation.is_live(now));
        let outcome = match known {
            None => Err(Refusal::MISMATCH),
            // RFC 8656 §5: an allocation belongs to the user who made it.
            Some((_, allocation)) if allocation.username != username => Err(Refusal::WRONG_USER),
            Some((key, _)) => match question.method {
                Method::Refresh => self.refresh(now, question, &auth, message, key),
                Method::CreatePermission => self.create_permission(now, message, key).map(|()| {
                    self.accept(question, &auth, &[]);
                }),
                _ => self.channel_bind(now, message, key).map(|()| {
                    self.accept(question, &auth, &[]);
                }),
            },
        };
        if let Err(refusal) = outcome {
            self.refuse(question, &auth, refusal);
        }
    }

    /// RFC 8656 §8.2.
    fn refresh(
        &mut self,
        now: Instant,
        question: &Question,
        auth: &Auth,
        message: &Message<'_>,
        key: slab::Key,
    ) -> Result<(), Refusal> {
        let family = requested_family(message);
        let lifetime = self.lifetime_for(message.lifetime());
        let Some(allocation) = self.slab.get_mut(key) else {
            return Err(Refusal::MISMATCH);
        };
        if let Some(family) = family {
            let family = family.ok_or(Refusal::PEER_FAMILY)?;
            let relay = allocation.relays[family_index(family)].ok_or(Refusal::PEER_FAMILY)?;
            let is_last = allocation.relays.iter().flatten().count() == 1;
            if message.lifetime() == Some(0) && !is_last {
                // Only this one of the two relayed addresses goes.
                allocation.relays[family_index(family)] = None;
                allocation
                    .permissions
                    .retain(|p| Family::of(p.ip) != family);
                allocation
                    .channels
                    .retain(|c| Family::of(c.peer.ip()) != family);
                self.close(relay);
                self.accept(question, auth, &[Attribute::Lifetime(0)]);
                return Ok(());
            }
        }
        if message.lifetime() == Some(0) {
            self.free(key);
            self.accept(question, auth, &[Attribute::Lifetime(0)]);
            return Ok(());
        }
        let old = std::mem::replace(&mut allocation.expires, now + lifetime);
        self.expiries.remove(&(old, Expiry::Allocation(key)));
        self.expiries
            .insert((now + lifetime, Expiry::Allocation(key)));
        self.accept(
            question,
            auth,
            &[Attribute::Lifetime(lifetime.as_secs() as u32)],
        );
        Ok(())
    }

    /// RFC 8656 §10.2: all of them, or none.
    fn create_permission(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        key: slab::Key,
    ) -> Result<(), Refusal> {
        let mut wanted = Vec::new();
        for attribute in message.attributes() {
            if let Attribute::XorPeerAddress(peer) = attribute {
                wanted.push(self.grant(key, peer)?);
            }
        }
        if wanted.is_empty() {
            return Err(Refusal::BAD_REQUEST);
        }
        for (peer, reach) in wanted {
            self.permit(now, key, peer, reach)?;
        }
        Ok(())
    }

    /// RFC 8656 §12.2.
    fn channel_bind(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        key: slab::Key,
    ) -> Result<(), Refusal> {
        let number = message.attributes().find_map(|attribute| match attribute {
            Attribute::ChannelNumber(number) => Some(number),
            _ => None,
        });
        let (Some(number), Some(peer)) = (number, message.peer_address()) else {
            return Err(Refusal::BAD_REQUEST);
        };
        if !is_channel(number) && !self.may_use_old_channel(key, number) {
            return Err(Refusal::BAD_REQUEST);
        }
        let (peer, reach) = self.grant(key, peer)?;
        let (most, until) = (
            self.config.limits.channels,
            now + self.config.lifetimes.channel,
        );
        let allocation = self.slab.get_mut(key).ok_or(Refusal::MISMATCH)?;
        allocation.channels.retain(|channel| now < channel.until);
        let clashes = |c: &Channel| (c.number == number) != (c.peer == peer);
        if allocation.channels.iter().any(clashes) {
            return Err(Refusal::BAD_REQUEST);
        }
        let is_new = !allocation
            .channels
            .iter()
            .any(|channel| channel.number == number);
        if is_new && allocation.channels.len() >= most {
            return Err(Refusal::CAPACITY);
        }
        // The permission first: without room for it there is no channel either.
        self.permit(now, key, peer, reach)?;
        let allocation = self.slab.get_mut(key).ok_or(Refusal::MISMATCH)?;
        allocation
            .channels
            .retain(|channel| channel.number != number);
        allocation.channels.push(Channel {
            number,
            peer,
            reach,
            until,
        });
        Ok(())
    }

    fn may_use_old_channel(&self, key: slab::Key, number: u16) -> bool {
        let is_fixed = |a: &Allocation| self.config.credentials.is_fixed(&a.username);
        self.config.old_channels
            && (MIN_CHANNEL..=MAX_OLD_CHANNEL).contains(&number)
            && self.slab.get(key).is_some_and(is_fixed)
    }

    /// Whether this allocation may have a permission for `peer`, and how that reaches it.
    fn grant(&self, key: slab::Key, peer: SocketAddr) -> Result<(SocketAddr, Reach), Refusal> {
        let allocation = self.slab.get(key).ok_or(Refusal::MISMATCH)?;
        if !self.has_family(allocation, peer) {
            return Err(Refusal::PEER_FAMILY);
        }
        let reach = self.rules.reach(peer.ip()).ok_or(Refusal::FORBIDDEN)?;
        if self.is_listening(peer) && !self.media.contains(&peer) {
            return Err(Refusal::FORBIDDEN);
        }
        Ok((peer, reach))
    }

    fn permit(
        &mut self,
        now: Instant,
        key: slab::Key,
        peer: SocketAddr,
        reach: Reach,
    ) -> Result<(), Refusal> {
        let until = now + self.config.lifetimes.permission;
        let most = self.config.limits.permissions;
        let allocation = self.slab.get_mut(key).ok_or(Refusal::MISMATCH)?;
        let permission = Permission {
            ip: peer.ip(),
            reach,
            until,
        };
        if allocation.permit(now, permission, most) {
            Ok(())
        } else {
            Err(Refusal::CAPACITY)
        }
    }

    /// How long an allocation lives whose client asks for `wish` seconds (RFC 8656 §7.2, §8.2).
    pub(super) fn lifetime_for(&self, wish: Option<u32>) -> Duration {
        let lifetimes = &self.config.lifetimes;
        let wish = wish.map_or(lifetimes.allocation, |seconds| {
            Duration::from_secs(seconds.into())
        });
        wish.min(lifetimes.longest_allocation)
            .max(lifetimes.allocation)
    }
}

/// REQUESTED-ADDRESS-FAMILY; the inner `None` is a family that nobody knows.
pub(super) fn requested_family(message: &Message<'_>) -> Option<Option<Family>> {
    message.attributes().find_map(|attribute| match attribute {
        Attribute::RequestedAddressFamily(family) => Some(family),
        _ => None,
    })
}

/// The value of UNKNOWN-ATTRIBUTES: what we would have to know to obey.
fn unknown_attributes(message: &Message<'_>, dont_fragment: bool) -> Vec<u8> {
    let wants_df = message.attributes().any(|a| a == Attribute::DontFragment);
    let df = (wants_df && !dont_fragment).then_some(attribute_type::DONT_FRAGMENT);
    message
        .unknown_required()
        .chain(df)
        .flat_map(u16::to_be_bytes)
        .collect()
}
