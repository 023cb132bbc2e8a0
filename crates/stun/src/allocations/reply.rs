//! Answers to requests.

use std::net::SocketAddr;
use std::time::Instant;

use super::state::Auth;
use super::{Allocations, Dropped, FiveTuple, Output};
use crate::codec::{Attribute, Class, Message, MessageWriter, Method, TransactionId};

/// What an answer repeats from its question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub(super) from: FiveTuple,
    pub(super) method: Method,
    pub(super) id: TransactionId,
    pub(super) fingerprint: bool,
}

impl Question {
    pub(super) fn of(from: FiveTuple, message: &Message<'_>) -> Self {
        Self {
            from,
            method: message.method(),
            id: message.id(),
            fingerprint: message.has_fingerprint(),
        }
    }
}

/// An answer other than success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

impl Refusal {
    pub(super) const BAD_REQUEST: Self = Self::new(400, "Bad Request");
    pub(super) const FORBIDDEN: Self = Self::new(403, "Forbidden");
    pub(super) const MISMATCH: Self = Self::new(437, "Allocation Mismatch");
    pub(super) const FAMILY: Self = Self::new(440, "Address Family not Supported");
    pub(super) const WRONG_USER: Self = Self::new(441, "Wrong Credentials");
    pub(super) const TRANSPORT: Self = Self::new(442, "Unsupported Transport Protocol");
    pub(super) const PEER_FAMILY: Self = Self::new(443, "Peer Address Family Mismatch");
    pub(super) const QUOTA: Self = Self::new(486, "Allocation Quota Reached");
    pub(super) const CAPACITY: Self = Self::new(508, "Insufficient Capacity");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }

    /// Only a number: answers to those who have proved nothing carry no words.
    pub(super) const fn bare(code: u16) -> Self {
        Self::new(code, "")
    }

    fn attribute(self) -> Attribute<'static> {
        let Self { code, reason } = self;
        Attribute::ErrorCode { code, reason }
    }
}

impl Allocations {
    /// The good answer to an authenticated request.
    pub(super) fn accept(
        &mut self,
        question: &Question,
        auth: &Auth,
        attributes: &[Attribute<'_>],
    ) {
        self.answer(question, Class::Success, Some(auth), attributes);
    }

    /// The other answer to an authenticated request.
    pub(super) fn refuse(&mut self, question: &Question, auth: &Auth, refusal: Refusal) {
        self.refuse_with(question, Some(auth), refusal, &[]);
    }

    /// 420: what we would have to know to obey (RFC 8489 §6.3.1).
    pub(super) fn refuse_unknown(
        &mut self,
        question: &Question,
        auth: Option<&Auth>,
        numbers: &[u8],
    ) {
        let unknown = [Attribute::UnknownAttributes(numbers)];
        self.refuse_with(question, auth, Refusal::bare(420), &unknown);
    }

    /// A refusal with what belongs to it.
    pub(super) fn refuse_with(
        &mut self,
        question: &Question,
        auth: Option<&Auth>,
        refusal: Refusal,
        more: &[Attribute<'_>],
    ) {
        let attributes = [&[refusal.attribute()], more].concat();
        self.answer(question, Class::Error, auth, &attributes);
    }

    /// 401 or 438: try (again) with this realm and nonce (RFC 8489 §9.2.4). No reason, no SOFTWARE: such answers go
    /// to addresses that may be forged, so they are as small as can be.
    pub(super) fn challenge(&mut self, now: Instant, question: &Question, code: u16) {
        if !self.may_answer(now, question.from.client) {
            return;
        }
        let nonce = self.nonces.make(now, question.from.client.ip());
        let realm = self.config.realm.clone();
        let more = [Attribute::Realm(&realm), Attribute::Nonce(&nonce)];
        self.refuse_with(question, None, Refusal::bare(code), &more);
    }

    /// Whether an address that has proved nothing gets one more answer now.
    pub(super) fn may_answer(&mut self, now: Instant, client: SocketAddr) -> bool {
        let may = self.answers.take(now, client.ip());
        if !may {
            self.counters.count(Dropped::TooManyAnswers);
        }
        may
    }

    /// An answer, signed and named if its asker has proved who it is.
    pub(super) fn answer(
        &mut self,
        question: &Question,
        class: Class,
        auth: Option<&Auth>,
        attributes: &[Attribute<'_>],
    ) {
        let mut writer = MessageWriter::new(class, question.method, question.id);
        for attribute in attributes {
            writer.attribute(attribute);
        }
        if let Some(auth) = auth {
            if let Some(software) = &self.config.software {
                writer.attribute(&Attribute::Software(software));
            }
            if auth.sha256 {
                writer.integrity_sha256(&auth.key);
            } else {
                writer.integrity(&auth.key);
            }
        }
        let bytes = if question.fingerprint && !question.id.is_classic() {
            writer.finish_with_fingerprint()
        } else {
            writer.finish()
        };
        self.outputs.push_back(Output::Transmit {
            to: question.from,
            bytes,
        });
    }
}
