//! Finding what was said.

use backend::contract::{commit, rows};
use hub::command::{Command, MessageRef, Target};
use hub::id::{ConversationId, MessageId, Pos};
use hub::model::{Body, Rich};
use hub::store::Rows;
use hub::{Found, Origin};

use super::lab::{Lab, Person, edit};
use crate::stores::on_both;

async fn search(who: &Person, lab: &Lab, question: &str, at: Option<ConversationId>) -> Found {
    let found = who.session(lab).search(question, at, None, 50).await;
    let found = found.expect("an answer");
    assert!(found.whole, "what was answered is found");
    found
}

fn ids(found: &Found) -> Vec<MessageId> {
    found.messages.iter().map(|view| view.message.id).collect()
}

on_both!(
    what_was_said_is_found_at_once_by_whom_it_concerns,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let cat = lab.person("cat").await;
        lab.befriend(&ann, &cat).await;
        let to_bob = ann.send(&lab, &bob, "Manhã em São Tomé", "1").await;
        let to_bob = to_bob.expect("sent");
        let to_cat = ann.send(&lab, &cat, "sao paulo, MANHA", "2").await;
        let to_cat = to_cat.expect("sent");
        let found = search(&ann, &lab, "manha são", None).await;
        assert_eq!(ids(&found), [to_cat.id, to_bob.id]);
        assert_eq!(found.messages[0].author.id, ann.id());
        assert_eq!(found.next, None);
        let here = Some(to_bob.conversation);
        assert_eq!(ids(&search(&bob, &lab, "MAN", None).await), [to_bob.id]);
        assert_eq!(ids(&search(&ann, &lab, "man", here).await), [to_bob.id]);
        let elsewhere = cat.session(&lab).search("man", here, None, 50).await;
        assert_eq!(elsewhere.expect_err("no member").code, "not_found");

        // Edited and removed: as it is now.
        ann.session(&lab)
            .command(edit(to_bob.id, "Tarde em Tomé"))
            .await
            .expect("edited");
        let of = MessageRef::Id(to_cat.id);
        ann.session(&lab)
            .command(Command::Delete { of })
            .await
            .expect("removed");
        assert_eq!(ids(&search(&ann, &lab, "manha", None).await), []);
        assert_eq!(ids(&search(&bob, &lab, "tarde", None).await), [to_bob.id]);
        // And so after a restart that came before the follower.
        let last = bob.send(&lab, &ann, "a tarde", "3").await.expect("sent");
        let lab = lab.killed().await;
        let found = search(&ann, &lab, "tarde", None).await;
        assert_eq!(ids(&found), [last.id, to_bob.id]);
    }
);

on_both!(
    a_search_heeds_stays_and_goes_on_page_by_page,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let head = lab.store.head().await.expect("a place").0;
        let at = ConversationId(900);
        // She was there for the first 300 and for the last 10 of 700; every other has the word.
        let stays = [(0, Some(head + 301)), (head + 691, None)];
        let messages = (1..=700).map(|n| hub::model::Message {
            body: Body::Text(Rich::plain(if n % 2 == 0 { "a goose" } else { "nothing" })),
            ..rows::message(head + n, at.0, 77)
        });
        let batch = Rows {
            accounts: vec![rows::account(77)],
            conversations: vec![rows::conversation(at.0, &[], head + 700)],
            members: vec![rows::member(at.0, ann.id().0, &stays)],
            messages: messages.map(Into::into).collect(),
            ..Rows::default()
        };
        commit(&*lab.store, &batch, head + 700).await;
        // What another process wrote is seen by and by; a command of one's own waits for all before it.
        let open = Command::Open(Target::Cast(Vec::new()));
        ann.session(&lab).command(open).await.expect("opened");
        let expected: Vec<MessageId> = (1..=700)
            .rev()
            .filter(|n| n % 2 == 0 && (*n <= 300 || *n >= 691))
            .map(|n| Pos(head + n))
            .collect();
        for limit in [1, 7, 50] {
            let (mut all, mut before) = (Vec::new(), None);
            loop {
                let page = ann
                    .session(&lab)
                    .search("goose", Some(at), before, limit)
                    .await;
                let page = page.expect("a page");
                assert!(page.messages.len() <= limit as usize);
                all.extend(ids(&page));
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(all, expected, "pages of {limit}");
        }
        // What the index does not know yet is looked at once more: these changes are told to nobody.
        let edited = hub::model::Message {
            body: Body::Text(Rich::plain("a swan")),
            ..rows::message(head + 700, at.0, 77)
        };
        let removed = hub::model::Message {
            deleted: true,
            ..rows::message(head + 698, at.0, 77)
        };
        let batch = Rows {
            messages: vec![edited.into(), removed.into()],
            ..Rows::default()
        };
        let now = lab.store.head().await.expect("a place").0;
        commit(&*lab.store, &batch, now).await;
        let found = search(&ann, &lab, "goose", Some(at)).await;
        assert_eq!(ids(&found)[..2], expected[2..4]);
    }
);

on_both!(
    questions_are_bounded_and_too_many_wait,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let ask = async |question: &str| ann.session(&lab).search(question, None, None, 9).await;
        assert_eq!(
            ask(" ?! ").await.expect_err("no word").code,
            "question_empty"
        );
        let long = ask(&"x".repeat(401)).await.expect_err("too long");
        assert_eq!((long.code, long.limit), ("question_too_long", Some(400)));
        let origin = Origin {
            address: Some([192, 0, 2, 1].into()),
            ..Origin::default()
        };
        let session = lab.hub.session(ann.who, origin);
        let mut refused = None;
        for _ in 0..31 {
            refused = session.search("geese", None, None, 9).await.err();
        }
        let refused = refused.expect("the thirty-first has to wait");
        assert_eq!(refused.code, "too_many");
        let wait = refused.retry_after.expect("how long");
        lab.clock.advance(wait);
        session
            .search("geese", None, None, 9)
            .await
            .expect("after that");
    }
);
