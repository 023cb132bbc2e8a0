//! What the client makes of what it receives.

use std::time::{Duration, Instant};

use super::peers::MARGIN;
use super::requests::Session;
use super::{Pending, Purpose, Stage, TurnClient, TurnError, TurnOutput};
use crate::codec::{Attribute, ChannelData, Class, Kind, Message, Method};

/// A nonce can go stale while we ask, but not for ever.
const MAX_CHALLENGES: u32 = 3;

impl TurnClient {
    pub(super) fn on_datagram(&mut self, now: Instant, bytes: &[u8]) {
        match Kind::of(bytes) {
            Kind::ChannelData => {
                let Ok(ChannelData { channel, data }) = ChannelData::decode(bytes) else {
                    return;
                };
                let Some(peer) = self.bindings.peer_of(channel) else {
                    return;
                };
                self.outputs.push_back(TurnOutput::Data {
                    peer,
                    data: data.to_vec(),
                });
            }
            Kind::Stun => {
                let Ok(message) = Message::decode(bytes) else {
                    return;
                };
                match message.class() {
                    Class::Indication => self.on_indication(now, &message),
                    Class::Success | Class::Error => self.on_answer(now, &message),
                    Class::Request => {}
                }
            }
            _ => {}
        }
    }

    /// RFC 8656 §11.4: a Data indication counts only from peers we permitted.
    fn on_indication(&mut self, now: Instant, message: &Message<'_>) {
        if message.method() != Method::Data || message.unknown_required().next().is_some() {
            return;
        }
        let (Some(peer), Some((data, _))) = (message.peer_address(), message.data()) else {
            return;
        };
        if self.permissions.has(now, peer.ip()) {
            self.outputs.push_back(TurnOutput::Data {
                peer,
                data: data.to_vec(),
            });
        }
    }

    fn on_answer(&mut self, now: Instant, message: &Message<'_>) {
        let is_it = |pending: &Pending| pending.transaction.id == message.id();
        let Some(at) = self.pending.iter().position(is_it) else {
            return;
        };
        let signed = self
            .session
            .as_ref()
            .is_some_and(|session| session.trusts(message));
        // What is signed wrongly, and a success that is not signed, may come from anybody: go on waiting
        // (RFC 8489 §9.2.5). Errors may come unsigned.
        if !signed && (message.has_integrity() || message.class() == Class::Success) {
            return;
        }
        let Pending {
            purpose,
            challenges,
            ..
        } = self.pending.swap_remove(at);
        match (message.class(), message.error_code()) {
            (Class::Success, _) => self.on_success(now, purpose, message),
            (_, Some(401 | 438)) => self.on_challenge(now, purpose, challenges, message),
            (_, code) => self.on_error(now, purpose, code.unwrap_or(500)),
        }
    }

    fn on_success(&mut self, now: Instant, purpose: Purpose, message: &Message<'_>) {
        match purpose {
            Purpose::Allocate => {
                let relayed = message.attributes().find_map(|attribute| match attribute {
                    Attribute::XorRelayedAddress(address) => Some(address),
                    _ => None,
                });
                let (Some(relayed), Some(mapped)) = (relayed, message.mapped_address()) else {
                    return self.fail(TurnError::BadAnswer);
                };
                let refresh = now + refresh_after(message);
                self.stage = Stage::Allocated { relayed, refresh };
                self.outputs
                    .push_back(TurnOutput::Allocated { relayed, mapped });
            }
            Purpose::Refresh => {
                if let Stage::Allocated { refresh, .. } = &mut self.stage {
                    *refresh = now + refresh_after(message);
                }
                self.restarts = 0; // it has been well for some minutes
            }
            Purpose::Delete => self.deleted(now),
            Purpose::Permit(ip) => {
                if self.permissions.granted(now, ip) {
                    self.outputs.push_back(TurnOutput::Permitted(ip));
                }
            }
            Purpose::Bind { number, peer } => {
                if self.bindings.granted(now, number) {
                    self.outputs.push_back(TurnOutput::Bound(peer));
                }
            }
        }
    }

    /// 401 or 438: take realm and nonce and ask again. A second 401 means that the relay does not want us.
    fn on_challenge(
        &mut self,
        now: Instant,
        purpose: Purpose,
        challenges: u32,
        message: &Message<'_>,
    ) {
        let is_stale = message.error_code() == Some(438);
        let was_signed = self.session.is_some();
        let credential = &self.config.credential;
        let session = Session::from_challenge(message, &credential.username, &credential.password);
        let refused = (was_signed && !is_stale) || challenges >= MAX_CHALLENGES;
        match session {
            Some(session) if !refused => {
                self.session = Some(session);
                self.ask(now, purpose, challenges + 1);
            }
            _ if self.stage == Stage::Closing => self.end(TurnOutput::Closed),
            Some(_) => self.fail(TurnError::Unauthorized),
            None => self.fail(TurnError::BadAnswer),
        }
    }

    fn on_error(&mut self, now: Instant, purpose: Purpose, code: u16) {
        match (purpose, code) {
            // Somebody (we, before a crash) has an allocation by this 5-tuple: delete it and try again.
            (Purpose::Allocate, 437) if self.session.is_some() => self.restart(now),
            (Purpose::Allocate, code) => self.fail(TurnError::Refused(code)),
            (Purpose::Delete, _) => self.deleted(now),
            (Purpose::Refresh, _) => self.restart(now),
            (Purpose::Permit(_) | Purpose::Bind { .. }, 437) => self.restart(now),
            (Purpose::Bind { .. }, 400) => {
                // Once could be a misunderstanding about time; twice and this relay gets no channels from us.
                if self.restarts > 0 {
                    self.bindings.give_up();
                }
                self.restart(now);
            }
            (Purpose::Permit(_), 400) => self.restart(now),
            (Purpose::Permit(ip), code) => {
                self.permissions.refused(ip);
                self.outputs.push_back(TurnOutput::Refused(ip, code));
            }
            // Send indications go on.
            (Purpose::Bind { number, .. }, _) => self.bindings.refused(number),
        }
    }

    fn deleted(&mut self, now: Instant) {
        match self.stage {
            Stage::Restarting => self.allocate_again(now),
            _ => self.end(TurnOutput::Closed),
        }
    }
}

/// A minute before the end, or half-way if it is that short.
fn refresh_after(message: &Message<'_>) -> Duration {
    let lifetime = Duration::from_secs(message.lifetime().unwrap_or(600).into());
    lifetime
        .saturating_sub(MARGIN)
        .max(lifetime / 2)
        .max(Duration::from_secs(1))
}
