//! The TURN client against relays that forget, refuse, forge and fall silent.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use sansio::Machine;
use sansio::sim::Clock;
use stun::{
    Attribute, Class, Credential, Key, Message, MessageWriter, Method, PasswordAlgorithm,
    PasswordAlgorithmList, TurnClient, TurnClientConfig, TurnError, TurnInput, TurnOutput,
    user_hash,
};

use crate::rig::address;

const P: &str = "198.51.100.9:9000";
const Q: &str = "198.51.100.8:8000";
const ALGORITHMS: PasswordAlgorithmList<'static> = PasswordAlgorithmList(&[0, 2, 0, 0, 0, 1, 0, 0]);

type Rule<'a> = Box<dyn FnMut(Method, &Message<'_>, Duration) -> u16 + 'a>;

/// A relay on paper: what it was asked, and a rule for what it answers (0 for success).
struct Paper<'a> {
    clock: Clock,
    client: TurnClient,
    nonce: &'a str,
    algorithm: PasswordAlgorithm,
    rule: Rule<'a>,
    asked: Vec<(Duration, Method, Option<u16>, Option<u32>)>,
    said: Vec<TurnOutput>,
    data: Vec<Vec<u8>>,
}

impl<'a> Paper<'a> {
    fn new(rule: impl FnMut(Method, &Message<'_>, Duration) -> u16 + 'a) -> Self {
        let clock = Clock::new();
        let credential = Credential {
            username: "ann".to_owned(),
            password: "north".to_owned(),
        };
        let config = TurnClientConfig::new(address("192.0.2.1:3478"), credential);
        let client = TurnClient::new(clock.now(), config, sansio::rng::seeded(1));
        Self {
            clock,
            client,
            nonce: "nonce-1",
            algorithm: PasswordAlgorithm::Md5,
            rule: Box::new(rule),
            asked: Vec::new(),
            said: Vec::new(),
            data: Vec::new(),
        }
    }

    fn key(&self) -> Key {
        Key::long_term(self.algorithm, "ann", "paper", "north")
    }

    fn tell(&mut self, input: TurnInput) {
        self.client
            .handle(self.clock.now(), input)
            .expect("infallible");
        self.drain();
    }

    fn run_to(&mut self, seconds: u64) {
        self.drain();
        let until = self.clock.at(Duration::from_secs(seconds));
        while let Some(due) = self.client.poll_timeout().filter(|due| *due <= until) {
            self.clock.advance_to(due);
            self.tell(TurnInput::Timeout);
        }
        self.clock.advance_to(until);
    }

    /// Answer every request at once.
    fn drain(&mut self) {
        let mut answers = VecDeque::new();
        loop {
            match self.client.poll_output() {
                Some(TurnOutput::Transmit(bytes)) => answers.extend(self.answer(&bytes)),
                Some(other) => self.said.push(other),
                None => {
                    let Some(bytes) = answers.pop_front() else {
                        break;
                    };
                    let input = TurnInput::Datagram(bytes);
                    self.client
                        .handle(self.clock.now(), input)
                        .expect("infallible");
                }
            }
        }
    }

    fn answer(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let Some(message) = Message::decode(bytes)
            .ok()
            .filter(|m| m.class() == Class::Request)
        else {
            self.data.push(bytes.to_vec());
            return None;
        };
        let now = self.clock.elapsed();
        let number = message.attributes().find_map(|a| match a {
            Attribute::ChannelNumber(number) => Some(number),
            _ => None,
        });
        let signed = message.verify(&self.key()).is_ok() && message.nonce() == Some(self.nonce);
        let code = if !message.has_integrity() {
            401
        } else if !signed {
            438
        } else {
            self.asked
                .push((now, message.method(), number, message.lifetime()));
            (self.rule)(message.method(), &message, now)
        };
        if code == 999 {
            return None; // silence
        }
        let class = if code == 0 {
            Class::Success
        } else {
            Class::Error
        };
        let mut writer = MessageWriter::new(class, message.method(), message.id());
        if code == 0 {
            let relayed: SocketAddr = address("203.0.113.5:50000");
            writer
                .attribute(&Attribute::XorRelayedAddress(relayed))
                .attribute(&Attribute::XorMappedAddress(address("198.51.100.1:5000")))
                .attribute(&Attribute::Lifetime(600));
        } else {
            writer.attribute(&Attribute::ErrorCode {
                code,
                reason: "paper",
            });
        }
        if code == 401 || code == 438 {
            writer
                .attribute(&Attribute::Realm("paper"))
                .attribute(&Attribute::Nonce(self.nonce));
            if self.algorithm == PasswordAlgorithm::Sha256 {
                writer.attribute(&Attribute::PasswordAlgorithms(ALGORITHMS));
            }
        } else if self.algorithm == PasswordAlgorithm::Sha256 {
            writer.integrity_sha256(&self.key());
        } else {
            writer.integrity(&self.key());
        }
        Some(writer.finish())
    }

    /// (second, number) of each ChannelBind since the last call.
    fn binds(&mut self) -> Vec<(u64, u16)> {
        let asked = std::mem::take(&mut self.asked);
        asked
            .iter()
            .filter_map(|(at, _, number, _)| Some((at.as_secs(), (*number)?)))
            .collect()
    }
}

#[test]
fn keeps_the_waiting_time_of_a_channel_number_and_of_a_peer() {
    // Both kinds of relay: one refuses another pair until 900 s, one would allow it at 601 s. The client cannot know.
    for free_again in [900, 601] {
        let mut pairs: Vec<(u16, SocketAddr)> = Vec::new();
        let mut paper = Paper::new(move |method, message, now| {
            if method != Method::ChannelBind {
                return 0;
            }
            let number = message.attributes().find_map(|a| match a {
                Attribute::ChannelNumber(number) => Some(number),
                _ => None,
            });
            let pair = (
                number.expect("a number"),
                message.peer_address().expect("a peer"),
            );
            if now >= Duration::from_secs(free_again) {
                pairs.clear();
            }
            let clashes = pairs.iter().any(|p| (p.0 == pair.0) != (p.1 == pair.1));
            if clashes {
                return 400;
            }
            pairs.push(pair);
            0
        });
        paper.tell(TurnInput::Bind(address(P)));
        paper.run_to(1);
        assert_eq!(paper.binds(), [(0, 0x4000)]);
        paper.tell(TurnInput::Forget(address(P)));
        paper.run_to(601);
        assert_eq!(paper.binds(), [], "a forgotten channel is not refreshed");
        // Meanwhile: by Send indication.
        paper.tell(TurnInput::Send {
            peer: address(P),
            data: b"meanwhile".to_vec(),
        });
        let sent = Message::decode(&paper.data[0]).map(|m| m.method());
        assert_eq!(sent, Ok(Method::Send));
        // Another peer gets another number; the same peer the same number.
        paper.tell(TurnInput::Bind(address(Q)));
        assert_eq!(paper.binds(), [(601, 0x4001)]);
        paper.tell(TurnInput::Bind(address(P)));
        assert_eq!(paper.binds(), [(601, 0x4000)]);
        paper.tell(TurnInput::Send {
            peer: address(P),
            data: b"again".to_vec(),
        });
        assert_eq!(paper.data[1], [&[0x40, 0, 0, 5][..], b"again"].concat());
        assert!(!paper.said.contains(&TurnOutput::Lost));
    }
}

#[test]
fn a_number_is_free_five_minutes_after_its_end() {
    let mut paper = Paper::new(|_, _, _| 0);
    paper.tell(TurnInput::Bind(address(P)));
    paper.run_to(1);
    paper.tell(TurnInput::Forget(address(P)));
    paper.run_to(899);
    paper.binds();
    paper.tell(TurnInput::Bind(address(Q)));
    assert_eq!(paper.binds(), [(899, 0x4001)]);
    paper.run_to(901);
    paper.tell(TurnInput::Bind(address("198.51.100.7:7")));
    assert_eq!(paper.binds(), [(901, 0x4000)]);
}

#[test]
fn an_unexpected_400_deletes_the_allocation_and_starts_afresh() {
    let mut binds = 0;
    let mut paper = Paper::new(|method, _, _| {
        binds += u32::from(method == Method::ChannelBind);
        if method == Method::ChannelBind && binds == 1 {
            400
        } else {
            0
        }
    });
    paper.tell(TurnInput::Bind(address(P)));
    paper.run_to(1);
    let methods: Vec<_> = paper
        .asked
        .iter()
        .map(|(_, method, _, life)| (*method, *life))
        .collect();
    let begin = methods
        .iter()
        .position(|m| *m == (Method::Refresh, Some(0)))
        .expect("deleted");
    assert_eq!(methods[begin + 1].0, Method::Allocate);
    assert!(
        methods[begin..]
            .iter()
            .any(|m| m.0 == Method::CreatePermission)
    );
    let lost = paper
        .said
        .iter()
        .position(|said| *said == TurnOutput::Lost)
        .expect("said");
    assert!(matches!(paper.said[lost + 1], TurnOutput::Allocated { .. }));
    assert_eq!(paper.said.last(), Some(&TurnOutput::Bound(address(P))));
}

#[test]
fn a_relay_without_channels_is_used_by_indications() {
    let mut paper = Paper::new(|method, _, _| {
        if method == Method::ChannelBind {
            400
        } else {
            0
        }
    });
    paper.tell(TurnInput::Bind(address(P)));
    paper.run_to(5);
    assert!(paper.client.relayed().is_some());
    paper.data.clear();
    paper.tell(TurnInput::Send {
        peer: address(P),
        data: b"x".to_vec(),
    });
    assert_eq!(
        Message::decode(&paper.data[0]).map(|m| m.method()),
        Ok(Method::Send)
    );
    assert_eq!(
        paper
            .said
            .iter()
            .filter(|said| **said == TurnOutput::Lost)
            .count(),
        2
    );
}

#[test]
fn a_stale_nonce_is_renewed_and_the_request_repeated() {
    let mut paper = Paper::new(|_, _, _| 0);
    paper.run_to(1);
    paper.nonce = "nonce-2";
    paper.tell(TurnInput::Permit(address(P).ip()));
    assert_eq!(
        paper.said.last(),
        Some(&TurnOutput::Permitted(address(P).ip()))
    );
    paper.nonce = "nonce-3";
    paper.run_to(3600);
    assert!(paper.client.relayed().is_some());
    assert!(!paper.said.contains(&TurnOutput::Lost));
}

#[test]
fn a_relay_that_always_finds_the_nonce_stale_is_given_up() {
    let mut paper = Paper::new(|_, _, _| 438);
    paper.run_to(60);
    assert_eq!(paper.said, [TurnOutput::Failed(TurnError::Unauthorized)]);
    assert!(paper.asked.len() <= 5, "{}", paper.asked.len());
}

#[test]
fn a_wrong_password_fails_at_once() {
    let mut paper = Paper::new(|_, _, _| 401);
    paper.run_to(60);
    assert_eq!(paper.said, [TurnOutput::Failed(TurnError::Unauthorized)]);
    assert_eq!(paper.client.poll_timeout(), None);
}

#[test]
fn every_other_refusal_is_told_with_its_code() {
    for code in [300, 403, 440, 442, 486, 500, 508] {
        let mut paper = Paper::new(move |_, _, _| code);
        paper.run_to(60);
        assert_eq!(paper.said, [TurnOutput::Failed(TurnError::Refused(code))]);
    }
}

#[test]
fn an_allocation_left_over_from_before_is_deleted_first() {
    let mut deleted = false;
    let mut paper = Paper::new(|method, message, _| {
        deleted |= method == Method::Refresh && message.lifetime() == Some(0);
        if method == Method::Allocate && !deleted {
            437
        } else {
            0
        }
    });
    paper.run_to(1);
    assert!(matches!(
        paper.said.last(),
        Some(TurnOutput::Allocated { .. })
    ));
}

#[test]
fn an_allocation_that_the_relay_forgot_is_made_anew() {
    let mut paper = Paper::new(|method, message, now| {
        let forgot = now > Duration::from_secs(300) && now < Duration::from_secs(700);
        if method == Method::Refresh && message.lifetime() != Some(0) && forgot {
            437
        } else {
            0
        }
    });
    paper.tell(TurnInput::Permit(address(P).ip()));
    paper.run_to(700);
    let lost = paper
        .said
        .iter()
        .position(|said| *said == TurnOutput::Lost)
        .expect("lost");
    assert!(paper.said[lost..].contains(&TurnOutput::Permitted(address(P).ip())));
}

#[test]
fn a_relay_that_falls_silent_is_given_up() {
    let mut paper = Paper::new(|_, _, now| {
        if now > Duration::from_secs(300) {
            999
        } else {
            0
        }
    });
    paper.run_to(700);
    assert_eq!(
        paper.said.last(),
        Some(&TurnOutput::Failed(TurnError::TimedOut))
    );
}

#[test]
fn the_longer_hash_and_the_hidden_name_are_used_when_the_relay_offers_them() {
    // Both feature bits: 1100_0000... is 'w' in base64.
    let mut hidden = Vec::new();
    let mut paper = Paper::new(|_, message, _| {
        assert!(message.has_sha256());
        hidden.push(message.username().is_none());
        let hash = Attribute::UserHash(user_hash("ann", "paper"));
        assert!(message.attributes().any(|a| a == hash));
        assert!(
            message
                .attributes()
                .any(|a| a == Attribute::PasswordAlgorithms(ALGORITHMS))
        );
        0
    });
    paper.nonce = "obMatJos2wAAAxyz";
    paper.algorithm = PasswordAlgorithm::Sha256;
    paper.run_to(1);
    assert!(matches!(paper.said[..], [TurnOutput::Allocated { .. }]));
    drop(paper);
    assert_eq!(hidden, [true]);
}

#[test]
fn a_list_of_algorithms_that_somebody_took_away_is_noticed() {
    let mut paper = Paper::new(|_, _, _| 0);
    paper.nonce = "obMatJos2gAAAxyz"; // the bit says that there is a list
    paper.run_to(1);
    assert_eq!(paper.said, [TurnOutput::Failed(TurnError::BadAnswer)]);
}

#[test]
fn forged_and_unsigned_answers_are_not_believed() {
    let mut paper = Paper::new(|method, _, _| if method == Method::Allocate { 0 } else { 999 });
    paper.run_to(1);
    paper.said.clear();
    // A permission request hangs; somebody else answers it, unsigned and signed with another key.
    paper
        .client
        .handle(paper.clock.now(), TurnInput::Permit(address(P).ip()))
        .expect("infallible");
    let Some(TurnOutput::Transmit(request)) = paper.client.poll_output() else {
        panic!("no request")
    };
    let id = Message::decode(&request).expect("a request").id();
    for key in [None, Some(Key::short_term("eve"))] {
        let mut writer = MessageWriter::new(Class::Success, Method::CreatePermission, id);
        if let Some(key) = key {
            writer.integrity(&key);
        }
        paper.tell(TurnInput::Datagram(writer.finish()));
    }
    assert_eq!(paper.said, []);
    let mut writer = MessageWriter::new(Class::Success, Method::CreatePermission, id);
    writer.integrity(&paper.key());
    paper.tell(TurnInput::Datagram(writer.finish()));
    assert_eq!(paper.said, [TurnOutput::Permitted(address(P).ip())]);
}
