//! What comes while somebody attaches, and queues that are full.

#![allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]

use super::*;
use crate::decide::tests::account;
use crate::event::{Ephemeral, IceConfig};
use crate::model::Standing;

struct NoRelay;

impl Paths for NoRelay {
    fn ice(&self, _: CallKey, _: AccountId, _: bool, _: bool) -> IceConfig {
        IceConfig::default()
    }

    fn end(&self, _: CallKey) {}

    fn end_account(&self, _: AccountId) {}
}

const WALL: Timestamp = Timestamp(1_000);

fn live() -> Live {
    Live::new(Arc::new(NoRelay), false, Pos(40))
}

fn attach(live: &mut Live, id: i64) -> mpsc::Receiver<Queued> {
    let (queue, heard) = mpsc::channel(SESSION_QUEUE);
    let place = Place {
        account: AccountId(id),
        device: DeviceId(id * 10),
        endpoint: EndpointId(id * 100),
    };
    let now = Instant::now();
    let endpoint = Endpoint {
        place,
        door: "test",
        abilities: Abilities::default(),
        here: false,
        idle: false,
        idle_since: WALL,
        used: now,
        quiet_since: None,
        queue,
    };
    live.attach(now, WALL, Arc::new(account(id)), endpoint);
    heard
}

/// Between `a` and `b`, who are contacts; `standing` is what `b` allows `a`.
fn between(a: i64, b: i64, standing: Standing) -> Between {
    let side = |owner, other, standing| Relation {
        listed: true,
        standing,
        ..Relation::nothing(AccountId(owner), AccountId(other))
    };
    Between {
        mine: side(a, b, Standing::Allowed),
        theirs: side(b, a, standing),
    }
}

fn introduce(live: &mut Live, a: i64, b: i64) {
    let contacts = vec![(AccountId(b), between(a, b, Standing::Allowed))];
    let belongings = Belongings {
        conversations: Vec::new(),
        contacts,
    };
    live.introduce(WALL, account(a), Some(belongings));
}

fn presences(heard: &mut mpsc::Receiver<Queued>) -> Vec<(AccountId, Availability)> {
    std::iter::from_fn(|| heard.try_recv().ok())
        .filter_map(|queued| match queued {
            Queued::Passing(what) => match *what {
                Ephemeral::Presence(p) => Some((p.account, p.availability)),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

#[test]
fn a_block_that_comes_while_somebody_attaches_is_not_overwritten() {
    let mut live = live();
    let _bob = attach(&mut live, 2);
    introduce(&mut live, 2, 1);
    let mut ann = attach(&mut live, 1);
    // Read for Ann before it, brought by the log before she is introduced.
    live.related(
        WALL,
        AccountId(1),
        AccountId(2),
        &between(1, 2, Standing::Blocked),
    );
    introduce(&mut live, 1, 2);
    let seen = live.visible_to(AccountId(1));
    assert!(seen.iter().all(|p| p.account != AccountId(2)), "{seen:?}");
    assert!(
        presences(&mut ann)
            .iter()
            .all(|(who, _)| *who != AccountId(2))
    );
}

#[test]
fn a_relation_that_ends_while_somebody_attaches_stays_ended() {
    let mut live = live();
    let _bob = attach(&mut live, 2);
    introduce(&mut live, 2, 1);
    let _ann = attach(&mut live, 1);
    let nothing = Between {
        mine: Relation::nothing(AccountId(1), AccountId(2)),
        theirs: Relation::nothing(AccountId(2), AccountId(1)),
    };
    live.related(WALL, AccountId(1), AccountId(2), &nothing);
    introduce(&mut live, 1, 2);
    assert_eq!(
        live.people[&AccountId(1)].contacts[&AccountId(2)].mine,
        nothing.mine
    );
}

#[test]
fn whoever_reloads_before_being_introduced_is_announced_all_the_same() {
    let mut live = live();
    let mut bob = attach(&mut live, 2);
    introduce(&mut live, 2, 1);
    let _first = attach(&mut live, 1);
    live.detach(Instant::now(), WALL, EndpointId(100), None);
    let _second = attach(&mut live, 1);
    introduce(&mut live, 1, 2);
    let of_ann = presences(&mut bob)
        .into_iter()
        .filter(|(who, _)| *who == AccountId(1));
    assert_eq!(
        of_ann.collect::<Vec<_>>(),
        [(AccountId(1), Availability::Online)]
    );
}

#[test]
fn an_older_account_does_not_replace_a_newer_one() {
    let mut live = live();
    let _ann = attach(&mut live, 1);
    let person = live.people.get_mut(&AccountId(1)).expect("attached");
    let newer = Account {
        head: Pos(9),
        mood: "new".into(),
        ..account(1)
    };
    person.learn(newer);
    person.learn(account(1));
    assert_eq!(person.account.mood, "new");
}

#[test]
fn whoever_was_added_and_removed_before_the_reader_looked_hears_what_was_said_between() {
    let mut live = live();
    let _bob = attach(&mut live, 2);
    introduce(&mut live, 2, 1);
    // The log was handed out up to 40. Somebody was added at 41 and removed at 45: the store tells of both at once.
    let chat = ConversationId(7);
    let bob = crate::model::Member {
        conversation: chat,
        account: AccountId(2),
        state: crate::model::MemberState::Removed,
        role: crate::model::Role::Member,
        read: None,
        own: crate::model::OwnSettings::default(),
        windows: vec![Window {
            from: Pos(41),
            until: Some(Pos(45)),
        }],
    };
    live.learn_members(chat, std::iter::once(&bob));
    let hears = |live: &Live, pos| {
        let audience = live.audience.get(&chat);
        audience.is_some_and(|audience| audience.at(Pos(pos)).next().is_some())
    };
    let heard: Vec<i64> = (39..48).filter(|pos| hears(&live, *pos)).collect();
    assert_eq!(heard, [41, 42, 43, 44]);
    live.let_go(chat, Pos(42));
    live.reached = Pos(42);
    assert!(hears(&live, 43), "that they go is still to come");
    live.let_go(chat, Pos(45));
    live.reached = Pos(45);
    assert!(live.audience.is_empty());
    live.learn_members(chat, std::iter::once(&bob));
    assert!(live.audience.is_empty(), "it is over");
}

#[test]
fn a_session_is_told_how_far_the_log_was_handed_out_and_no_further() {
    let mut live = live();
    let mut ann = attach(&mut live, 1);
    live.tell_reached();
    assert!(matches!(ann.try_recv(), Ok(Queued::Reached(Pos(40)))));
    live.reached = Pos(41);
    live.tell_reached();
    assert!(matches!(ann.try_recv(), Ok(Queued::Reached(Pos(41)))));
}

#[test]
fn who_is_too_slow_for_a_call_is_found_out() {
    let mut live = live();
    let _ann = attach(&mut live, 1);
    let live_event = || {
        Ephemeral::Call(crate::event::CallEvent::Live {
            key: CallKey([1; 16]),
        })
    };
    for _ in 0..SESSION_QUEUE {
        assert!(live.tell_endpoint(EndpointId(100), live_event()));
    }
    assert!(!live.tell_endpoint(EndpointId(100), live_event()));
    assert!(
        live.tell_endpoint(EndpointId(999), live_event()),
        "nobody misses it"
    );
}

#[test]
fn who_types_on_is_told_of_every_two_seconds_at_most() {
    let mut live = live();
    let mut bob = attach(&mut live, 2);
    let _ann = attach(&mut live, 1);
    let chat = ConversationId(7);
    let member = |account| crate::model::Member {
        conversation: chat,
        account: AccountId(account),
        state: crate::model::MemberState::In,
        role: crate::model::Role::Member,
        read: None,
        own: crate::model::OwnSettings::default(),
        windows: vec![Window {
            from: Pos(0),
            until: None,
        }],
    };
    live.learn_members(chat, [member(1), member(2)].iter());
    let t0 = Instant::now();
    for tenth in 0..40 {
        live.set_typing(
            t0 + Duration::from_millis(tenth * 100),
            chat,
            AccountId(1),
            true,
        );
    }
    let told = std::iter::from_fn(|| bob.try_recv().ok()).count();
    assert_eq!(told, 2);
    // Who is blocked sees nothing of it.
    live.related(
        WALL,
        AccountId(2),
        AccountId(1),
        &between(2, 1, Standing::Blocked),
    );
    while bob.try_recv().is_ok() {}
    live.set_typing(t0 + Duration::from_secs(9), chat, AccountId(1), true);
    assert!(bob.try_recv().is_err());
}

/// A relay that keeps which calls were ended.
#[derive(Default)]
struct Ending(std::sync::Mutex<Vec<CallKey>>);

impl Paths for Ending {
    fn ice(&self, _: CallKey, _: AccountId, _: bool, _: bool) -> IceConfig {
        IceConfig::default()
    }

    fn end(&self, key: CallKey) {
        self.0.lock().expect("whole").push(key);
    }

    fn end_account(&self, _: AccountId) {}
}

/// Who answers the other's call may go on with the addresses that were ready for their own.
#[test]
fn the_relay_of_the_call_that_gave_way_ends_with_the_one_that_lives() {
    let (small, large) = (CallKey([1; 16]), CallKey([9; 16]));
    for (first, second) in [(small, large), (large, small)] {
        let relay = Arc::new(Ending::default());
        let mut live = Live::new(Arc::clone(&relay) as Arc<dyn Paths>, false, Pos(40));
        let _queues = (attach(&mut live, 1), attach(&mut live, 2));
        for endpoint in live.endpoints.values_mut() {
            endpoint.abilities.voice = true;
        }
        let now = Instant::now();
        for (key, from, to) in [(first, 1, 2), (second, 2, 1)] {
            let from = live.endpoints[&EndpointId(from * 100)].place;
            let media = crate::event::Media {
                audio: true,
                ..crate::event::Media::default()
            };
            let request = CallRequest {
                to: crate::command::Target::Conversation(ConversationId(7)),
                media,
                offer: "v=0".to_owned(),
                relay_only: false,
            };
            let begun = crate::decide::Begun {
                conversation: ConversationId(7),
                callee: AccountId(to),
                refused: false,
                known: true,
                over: false,
            };
            let ready = Ready {
                key,
                from,
                request,
                begun,
            };
            live.call_begin(now, WALL, ready).expect("rings or crosses");
        }
        assert_eq!(*relay.0.lock().expect("whole"), [], "both relays stay");
        let caller = if first == small { 1 } else { 2 };
        let place = live.endpoints[&EndpointId(caller * 100)].place;
        live.step(now, WALL, small, crate::call::Input::Leave(place, false))
            .expect("cancelled");
        let mut ended = relay.0.lock().expect("whole").clone();
        ended.sort();
        assert_eq!(ended, [small, large]);
    }
}
