//! Whatever people do to a group, it stays one.

use proptest::prelude::*;

use super::super::tests::{account, world};
use super::super::{Work, decide};
use super::*;
use crate::command::Membership;
use crate::model::{Allowed, Link, MAX_WINDOWS, visible};
use crate::store::{Rows, Tally};

const PEOPLE: i64 = 6;

fn identity(account: i64) -> Identity {
    Identity {
        account: AccountId(account),
        device: DeviceId(account),
    }
}

/// What is decided where the store holds accounts and nothing else; applied, as the writer does.
fn run(world: &mut World, work: &Work) -> Result<Answer, Error> {
    for _ in 0..12 {
        match decide(world, work) {
            Ok((fx, answer)) => {
                world.apply(&fx);
                return Ok(answer);
            }
            Err(Fault::Refused(error)) => return Err(error),
            Err(Fault::Need(keys)) => {
                let nothing = |id: &AccountId| Tally {
                    account: *id,
                    contacts: 0,
                    conversations: 0,
                };
                let rows = Rows {
                    accounts: keys.accounts.iter().map(|id| account(id.0)).collect(),
                    tallies: keys.tallies.iter().map(nothing).collect(),
                    ..Rows::default()
                };
                world.learn(&keys, rows);
            }
        }
    }
    panic!("a decision never had all it needs");
}

fn acts(at: ConversationId) -> impl Strategy<Value = Work> {
    let who = || (1..=PEOPLE).prop_map(identity);
    let to = prop_oneof![
        3 => Just(Membership::Added),
        1 => Just(Membership::Removed),
        1 => Just(Membership::Banned),
        1 => Just(Membership::Unbanned),
        1 => Just(Membership::Ranked(Role::Owner)),
        1 => Just(Membership::Ranked(Role::Admin)),
        1 => Just(Membership::Ranked(Role::Member)),
    ];
    let people = prop::collection::vec((1..=PEOPLE).prop_map(AccountId), 1..3);
    let history = any::<bool>().prop_map(|history| GroupPatch {
        history: Some(history),
        add: Some(Allowed::Admins),
        ..GroupPatch::default()
    });
    prop_oneof![
        6 => (who(), people, to).prop_map(move |(who, people, to)| Work::SetMembers(who, at, people, to)),
        2 => who().prop_map(move |who| Work::Leave(who, at)),
        1 => (who(), history).prop_map(move |(who, patch)| Work::UpdateGroup(who, at, patch)),
        2 => who().prop_map(|who| Work::Join(who, [7; 32])),
        1 => who().prop_map(move |who| Work::PutLink(who, Link {
            token_hash: [7; 32],
            account: who.account,
            conversation: Some(at),
            expires: Some(Timestamp(2_000)),
            uses_left: Some(3),
            approval: false,
        })),
    ]
}

fn holds(world: &World, at: ConversationId) {
    let row = world.conversation(at).expect("known").expect("a group");
    let members: Vec<&Member> = world.members(at).expect("known").collect();
    let inside: Vec<_> = members.iter().filter(|m| m.is_in()).collect();
    assert_eq!(usize::try_from(row.people).expect("a number"), inside.len());
    let owners = inside.iter().filter(|m| m.role == Role::Owner).count();
    assert_eq!(owners == 0, inside.is_empty(), "a group has an owner");
    for member in members {
        let open = member.windows.iter().filter(|w| w.until.is_none()).count();
        assert_eq!(
            open,
            usize::from(member.is_in()),
            "a stay lasts while they are in"
        );
        assert!(member.windows.len() <= MAX_WINDOWS);
        let apart = member.windows.windows(2);
        assert!(
            apart
                .into_iter()
                .all(|w| w[0].until.is_some_and(|until| until <= w[1].from))
        );
        let next = world.effects().next_place();
        assert_eq!(
            visible(&member.windows, next),
            member.is_in(),
            "of what comes now"
        );
    }
}

proptest! {
    #[test]
    fn whatever_is_done_to_a_group_it_has_an_owner_and_its_stays(
        acts in prop::collection::vec(acts(ConversationId(0)), 1..60),
    ) {
        let mut world = world();
        let new = NewGroup {
            title: "Geese".into(),
            members: vec![AccountId(2), AccountId(3)],
            policy: Policy::default(),
            client: ClientId::new("g").expect("short"),
        };
        let made = run(&mut world, &Work::CreateGroup(identity(1), Box::new(new)));
        let Ok(Answer::Value(Value::Conversation(at))) = made else {
            panic!("a group, not {made:?}");
        };
        holds(&world, at);
        for mut act in acts {
            match &mut act {
                Work::SetMembers(_, id, ..) | Work::Leave(_, id) | Work::UpdateGroup(_, id, _) => *id = at,
                Work::PutLink(_, link) => link.conversation = Some(at),
                _ => {}
            }
            // Refused or not.
            let _ = run(&mut world, &act);
            holds(&world, at);
        }
    }
}

#[test]
fn a_message_asks_for_its_writer_and_not_for_all_people() {
    let mut world = world();
    let at = ConversationId(5);
    let work = Work::Send {
        who: identity(1),
        to: crate::command::Target::Conversation(at),
        body: Body::Text(crate::model::Rich::plain("hello")),
        client: ClientId::new("m").expect("short"),
        reply_to: None,
        hints: Vec::new(),
    };
    let Err(Fault::Need(keys)) = decide(&world, &work) else {
        panic!("nothing is known yet");
    };
    let row = Conversation {
        id: at,
        kind: ConversationKind::Named,
        cast: None,
        title: "Geese".into(),
        picture: None,
        policy: Policy::default().kept(),
        head: Pos(0),
        last_message: None,
        last_stamp: Timestamp(0),
        trimmed: Pos(0),
        people: 1_000,
        created: Timestamp(0),
    };
    let mut me = newcomer(at, AccountId(1));
    me.enter(Pos(0), true);
    let rows = Rows {
        accounts: vec![account(1)],
        conversations: vec![row],
        members: vec![me],
        ..Rows::default()
    };
    assert!(keys.rosters.is_empty());
    world.learn(&keys, rows);
    assert!(decide(&world, &work).is_ok(), "in one round");
}
