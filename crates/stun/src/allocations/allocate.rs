//! Allocate (RFC 8656 §7.2): from a request to sockets to an answer.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use rand::Rng as _;

use super::group::{Full, Reservation};
use super::ports::PortWish;
use super::reply::{Question, Refusal};
use super::request::requested_family;
use super::state::{Allocation, Auth, Granted, Opening, Owner, Relay, Stage, family_index};
use super::{Allocations, Expiry, OpenError, Output, RelayId, slab};
use crate::codec::{Attribute, Class, Family, Message, Method};
use crate::credentials::owner_of;

/// REQUESTED-TRANSPORT for UDP, the only one that RFC 8656 knows.
const UDP: u8 = 17;
/// Ports that other programs may have taken before we give up.
const MAX_TRIES: usize = 32;

/// What an Allocate request asks for, free of contradictions.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    /// One address of this family; perhaps an IPv6 one beside it.
    Fresh {
        family: Family,
        additional: bool,
        port: PortWish,
    },
    /// The address that was reserved under a token.
    Reserved([u8; 8]),
}

impl Allocations {
    pub(super) fn allocate(
        &mut self,
        now: Instant,
        question: &Question,
        message: &Message<'_>,
        username: Box<str>,
        auth: Auth,
        known: Option<slab::Key>,
    ) {
        if let Some(allocation) = known.and_then(|key| self.slab.get(key)) {
            match &allocation.stage {
                // A retransmission: the same answer again, or the first one still to come.
                Stage::Live(granted) if allocation.request == question.id => {
                    let granted = *granted;
                    self.answer_allocated(now, question, known, granted);
                }
                Stage::Opening(_) if allocation.request == question.id => {}
                _ => self.refuse(question, &auth, Refusal::MISMATCH),
            }
            return;
        }
        let result = wish_of(message)
            .and_then(|wish| self.open(now, question, &wish, message.lifetime(), username, &auth));
        if let Err(refusal) = result {
            self.refuse(question, &auth, refusal);
        }
    }

    fn open(
        &mut self,
        now: Instant,
        question: &Question,
        wish: &Wish,
        lifetime: Option<u32>,
        username: Box<str>,
        auth: &Auth,
    ) -> Result<(), Refusal> {
        let plan = self.plan(now, question, wish)?;
        let (limits, shard) = (&self.config.limits, &self.config.shard);
        shard
            .count(
                owner_of(&username),
                limits.allocations_per_owner,
                limits.allocations,
            )
            .map_err(|full| match full {
                Full::Owner => Refusal::QUOTA,
                Full::All => Refusal::CAPACITY,
            })?;
        let expires = now + self.lifetime_for(lifetime);
        let (port, reserved) = match wish {
            Wish::Fresh { port, .. } => (*port, None),
            // Whoever comes with the token first has it, at whichever shard.
            Wish::Reserved(token) => match shard.unreserve(*token) {
                Some(Reservation { bound, until }) => {
                    // In vain, if another shard has given it.
                    self.expiries.remove(&(until, Expiry::Reservation(*token)));
                    (PortWish::Reserved, Some(bound))
                }
                None => {
                    shard.uncount(owner_of(&username));
                    return Err(Refusal::CAPACITY);
                }
            },
        };
        let opening = Opening {
            waiting: Vec::new(),
            wish: port,
            tried: Vec::new(),
            granted: Granted {
                token: None,
                failed_family: plan.failed_family,
            },
            fingerprint: question.fingerprint,
        };
        let key = self.slab.insert(Allocation {
            tuple: question.from,
            username,
            auth: auth.clone(),
            request: question.id,
            stage: Stage::Opening(opening),
            expires,
            relays: [None; 2],
            permissions: Vec::new(),
            channels: Vec::new(),
        });
        self.by_tuple.insert(question.from, key);
        self.expiries.insert((expires, Expiry::Allocation(key)));
        if let Some(bound) = reserved {
            self.open_reserved(key, bound);
            return Ok(());
        }
        for (place, wish) in plan.places {
            if !self.open_at(key, place, wish) {
                self.place_failed(key, self.config.relays[place].bound);
            }
        }
        self.answer_if_open(now, key);
        Ok(())
    }

    /// Which relay addresses serve this wish, before anything is changed.
    fn plan(&self, now: Instant, question: &Question, wish: &Wish) -> Result<Plan, Refusal> {
        let mut plan = Plan {
            places: Vec::new(),
            failed_family: None,
        };
        match wish {
            Wish::Reserved(token) => {
                let kept = self.config.shard.reserved(*token, now);
                let place = kept.and_then(|bound| self.relay_place(bound.ip()));
                place.ok_or(Refusal::CAPACITY)?;
            }
            Wish::Fresh {
                family,
                additional,
                port,
            } => {
                let place = self
                    .relay_address(question, *family)
                    .ok_or(Refusal::FAMILY)?;
                plan.places.push((place, *port));
                if *additional {
                    match self.relay_address(question, Family::Ipv6) {
                        Some(place) => plan.places.push((place, *port)),
                        None => plan.failed_family = Some((Family::Ipv6, Refusal::FAMILY.code)),
                    }
                }
            }
        }
        Ok(plan)
    }

    /// The relay address for a client: that of the interface it came in by, else the first of the family.
    fn relay_address(&self, question: &Question, family: Family) -> Option<usize> {
        let listener = self.config.listeners.get(question.from.listener.0 as usize);
        let of_family = |ip: IpAddr| Family::of(ip) == family;
        let relays = &self.config.relays;
        listener
            .and_then(|listener| relays.iter().position(|r| r.bound == listener.bound.ip()))
            .filter(|place| of_family(relays[*place].bound))
            .or_else(|| relays.iter().position(|relay| of_family(relay.bound)))
    }

    /// Ask for a socket (two for a reservation) at relay address `place`; `false` if no port is left.
    fn open_at(&mut self, key: slab::Key, place: usize, wish: PortWish) -> bool {
        let Some(Allocation {
            stage: Stage::Opening(opening),
            ..
        }) = self.slab.get(key)
        else {
            return false;
        };
        let Some(port) = self.ports[place].take(&mut self.rng, wish, &opening.tried) else {
            return false;
        };
        let mut relays = vec![self.insert_relay(place, port, Owner::Allocation(key))];
        let mut token = None;
        if wish == PortWish::EvenAndNext {
            let mut fresh = [0; 8];
            self.rng.fill_bytes(&mut fresh);
            // Its socket only shows that the port can be had.
            relays.push(self.insert_relay(place, port + 1, Owner::Reserved { token: fresh }));
            token = Some(fresh);
        }
        if let Some(Allocation {
            stage: Stage::Opening(opening),
            ..
        }) = self.slab.get_mut(key)
        {
            opening.waiting.extend_from_slice(&relays);
            opening.granted.token = token;
        }
        self.ask_to_open(&relays);
        true
    }

    fn ask_to_open(&mut self, relays: &[RelayId]) {
        for &relay in relays {
            if let Some(open) = self.relays.get(relay.0) {
                self.outputs.push_back(Output::Open {
                    relay,
                    address: open.bound,
                });
            }
        }
    }

    /// Ask for the socket of a port that was reserved.
    fn open_reserved(&mut self, key: slab::Key, bound: SocketAddr) {
        let Some(place) = self.relay_place(bound.ip()) else {
            return;
        };
        self.ports[place].adopt(bound.port());
        let relay = self.insert_relay(place, bound.port(), Owner::Allocation(key));
        if let Some(Allocation {
            stage: Stage::Opening(opening),
            ..
        }) = self.slab.get_mut(key)
        {
            opening.waiting.push(relay);
        }
        self.ask_to_open(&[relay]);
    }

    /// Both ports can be had: the second one is kept for its token, by the whole group. It has no socket until somebody comes.
    fn reserve(&mut self, now: Instant, token: [u8; 8]) {
        let Some(id) = self.reserved(token) else {
            return;
        };
        let Some(relay) = self.relays.remove(id.0) else {
            return;
        };
        let until = now + self.config.lifetimes.reservation;
        let bound = relay.bound;
        self.config
            .shard
            .reserve(token, Reservation { bound, until });
        self.expiries.insert((until, Expiry::Reservation(token)));
        self.outputs.push_back(Output::Close { relay: id });
    }

    fn insert_relay(&mut self, place: usize, port: u16, owner: Owner) -> RelayId {
        let address = self.config.relays[place];
        RelayId(self.relays.insert(Relay {
            bound: (address.bound, port).into(),
            advertised: (address.advertised, port).into(),
            owner,
        }))
    }

    pub(super) fn on_opened(&mut self, now: Instant, id: RelayId, result: Result<(), OpenError>) {
        // Closed in the meantime: the shell has been told.
        let Some(relay) = self.relays.get(id.0) else {
            return;
        };
        let (bound, advertised, owner) = (relay.bound, relay.advertised, relay.owner);
        let waits =
            |a: &Allocation| matches!(&a.stage, Stage::Opening(o) if o.waiting.contains(&id));
        let key = match owner {
            Owner::Allocation(key) => Some(key),
            Owner::Reserved { .. } => self
                .slab
                .iter()
                .find(|(_, allocation)| waits(allocation))
                .map(|(key, _)| key),
        };
        let Some(key) = key else { return };
        let Some(allocation) = self.slab.get_mut(key) else {
            return;
        };
        let Stage::Opening(opening) = &mut allocation.stage else {
            return;
        };
        match result {
            Ok(()) => {
                opening.waiting.retain(|waiting| *waiting != id);
                if owner == Owner::Allocation(key) {
                    allocation.relays[family_index(Family::of(bound.ip()))] = Some(id);
                    self.by_relayed.insert(advertised, id);
                }
            }
            Err(error) => {
                opening.tried.push(bound.port());
                let (wish, tries) = (opening.wish, opening.tried.len());
                self.close_all_at(key, bound.ip());
                let again = error == OpenError::PortTaken && tries < MAX_TRIES;
                let place = self.relay_place(bound.ip());
                let opened = again && place.is_some_and(|place| self.open_at(key, place, wish));
                if !opened {
                    self.place_failed(key, bound.ip());
                }
            }
        }
        self.answer_if_open(now, key);
    }

    /// Close what an opening allocation has, or waits for, at one relay address.
    fn close_all_at(&mut self, key: slab::Key, bound: IpAddr) {
        let Some(allocation) = self.slab.get_mut(key) else {
            return;
        };
        let index = family_index(Family::of(bound));
        let mut gone: Vec<RelayId> = allocation.relays[index].take().into_iter().collect();
        if let Stage::Opening(opening) = &mut allocation.stage {
            let relays = &self.relays;
            let is_here = |id: &RelayId| relays.get(id.0).is_some_and(|r| r.bound.ip() == bound);
            gone.extend(opening.waiting.extract_if(.., |id| is_here(id)));
            // A reservation whose partner failed is void, whether it was open yet or not.
            if let Some(token) = opening.granted.token.take() {
                let partner = relays.iter().find(|(_, relay)| {
                    matches!(relay.owner, Owner::Reserved { token: held, .. } if held == token)
                });
                gone.extend(partner.map(|(key, _)| RelayId(key)));
            }
        }
        for relay in gone {
            self.close(relay);
        }
    }

    /// No socket can be had at this relay address: a failure, or only half of one.
    fn place_failed(&mut self, key: slab::Key, bound: IpAddr) {
        let Some(allocation) = self.slab.get_mut(key) else {
            return;
        };
        let Stage::Opening(opening) = &mut allocation.stage else {
            return;
        };
        let family = Family::of(bound);
        opening.granted.failed_family = Some((family, Refusal::CAPACITY.code));
    }

    /// Answer once nothing is waited for.
    fn answer_if_open(&mut self, now: Instant, key: slab::Key) {
        let Some(allocation) = self.slab.get_mut(key) else {
            return;
        };
        let Stage::Opening(opening) = &allocation.stage else {
            return;
        };
        if !opening.waiting.is_empty() {
            return;
        }
        let question = Question {
            from: allocation.tuple,
            method: Method::Allocate,
            id: allocation.request,
            fingerprint: opening.fingerprint,
        };
        if allocation.relays.iter().all(Option::is_none) {
            let auth = allocation.auth.clone();
            self.free(key);
            self.refuse(&question, &auth, Refusal::CAPACITY);
            return;
        }
        let granted = opening.granted;
        allocation.stage = Stage::Live(granted);
        if let Some(token) = granted.token {
            self.reserve(now, token);
        }
        self.answer_allocated(now, &question, Some(key), granted);
    }

    fn answer_allocated(
        &mut self,
        now: Instant,
        question: &Question,
        key: Option<slab::Key>,
        granted: Granted,
    ) {
        let Some(allocation) = key.and_then(|key| self.slab.get(key)) else {
            return;
        };
        let auth = allocation.auth.clone();
        let remaining = allocation.expires.saturating_duration_since(now);
        let mut attributes: Vec<_> = allocation
            .relays
            .iter()
            .flatten()
            .filter_map(|id| self.relays.get(id.0))
            .map(|relay| Attribute::XorRelayedAddress(relay.advertised))
            .collect();
        attributes.push(Attribute::Lifetime(
            remaining.as_millis().div_ceil(1000) as u32
        ));
        attributes.push(Attribute::XorMappedAddress(question.from.client));
        attributes.extend(granted.token.map(Attribute::ReservationToken));
        attributes.extend(granted.failed_family.map(|(family, code)| {
            Attribute::AddressErrorCode {
                family: Some(family),
                code,
                reason: "",
            }
        }));
        self.answer(question, Class::Success, Some(&auth), &attributes);
    }
}

/// What [`Allocations::plan`] found.
#[derive(Debug)]
struct Plan {
    places: Vec<(usize, PortWish)>,
    failed_family: Option<(Family, u16)>,
}

/// Read the request in the order of RFC 8656 §7.2.
fn wish_of(message: &Message<'_>) -> Result<Wish, Refusal> {
    let (mut transport, mut even, mut token, mut additional) = (None, None, None, None);
    for attribute in message.attributes() {
        match attribute {
            Attribute::RequestedTransport(protocol) => transport = transport.or(Some(protocol)),
            Attribute::EvenPort { reserve_next } => even = even.or(Some(reserve_next)),
            Attribute::ReservationToken(bytes) => token = token.or(Some(bytes)),
            Attribute::AdditionalAddressFamily(family) => additional = additional.or(Some(family)),
            _ => {}
        }
    }
    let requested = requested_family(message);
    match transport {
        None => return Err(Refusal::BAD_REQUEST),
        Some(UDP) => {}
        Some(_) => return Err(Refusal::TRANSPORT),
    }
    if let Some(token) = token {
        let contradicts = even.is_some() || requested.is_some() || additional.is_some();
        return if contradicts {
            Err(Refusal::BAD_REQUEST)
        } else {
            Ok(Wish::Reserved(token))
        };
    }
    if additional.is_some() && (requested.is_some() || even == Some(true)) {
        return Err(Refusal::BAD_REQUEST);
    }
    // Only IPv6 can be had in addition (RFC 8656 §7.2).
    if additional.is_some_and(|family| family != Some(Family::Ipv6)) {
        return Err(Refusal::BAD_REQUEST);
    }
    let family = match requested {
        None => Family::Ipv4,
        Some(family) => family.ok_or(Refusal::FAMILY)?,
    };
    let port = match even {
        None => PortWish::Any,
        Some(false) => PortWish::Even,
        Some(true) => PortWish::EvenAndNext,
    };
    Ok(Wish::Fresh {
        family,
        additional: additional.is_some(),
        port,
    })
}
