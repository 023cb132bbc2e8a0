//! Catching up: two devices, one far behind, kills, slow readers, a bus that forgets.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use backend::contract::ManualClock;
use hub::Sync;
use hub::bus::{Bus, Packet, Subscription};
use hub::event::{Event, Heard, Why};
use hub::id::{Pos, Timestamp};

use super::lab::{Lab, send};
use crate::stores::on_both;

on_both!(
    a_device_that_missed_ten_thousand_events_catches_up_while_new_ones_arrive,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let phone = lab.sign_in(&bob).await;
        let since = phone.session(&lab).head().await.expect("a head");
        let missed: u32 = 10_000;
        let session = ann.session(&lab);
        for chunk in 0..missed / 500 {
            let sends = (0..500).map(|n| {
                session.command(send(bob.id(), "missed", &format!("{}", chunk * 500 + n)))
            });
            for done in futures_util::future::join_all(sends).await {
                done.expect("stored");
            }
        }
        let mut at_phone = phone.attach(&lab, Some(since)).await;
        let writer = async {
            for n in 0..300 {
                ann.send(&lab, &bob, "new", &format!("n{n}"))
                    .await
                    .expect("stored");
            }
        };
        let reader = async {
            let mut seen: Vec<Pos> = Vec::new();
            let mut fresh = 0;
            while fresh < 300 {
                let (id, words) = at_phone.message().await;
                fresh += u32::from(words == "new");
                seen.push(id);
            }
            seen
        };
        let ((), seen) = tokio::join!(writer, reader);
        assert_eq!(seen.len(), 10_300);
        assert!(seen.is_sorted(), "in order");
        assert_eq!(
            seen.iter().collect::<BTreeSet<_>>().len(),
            seen.len(),
            "each once"
        );
    }
);

on_both!(
    a_session_that_reads_too_slowly_is_detached_and_catches_up,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let since = bob.session(&lab).head().await.expect("a head");
        let mut at_bob = bob.attach(&lab, Some(since)).await;
        let session = ann.session(&lab);
        let sends = (0..3_000).map(|n| session.command(send(bob.id(), "flood", &n.to_string())));
        for done in futures_util::future::join_all(sends).await {
            done.expect("stored: a slow reader slows nobody");
        }
        let mut last = since;
        let why = at_bob
            .until(|heard| match heard {
                Heard::Placed(pos, _) => {
                    last = *pos;
                    None
                }
                Heard::Detached(why) => Some(*why),
                _ => None,
            })
            .await;
        assert_eq!(why, Why::TooSlow);
        let mut again = bob.attach(&lab, Some(last)).await;
        let mut missing = 3_000 - count_upto(&bob, &lab, since, last).await;
        while missing > 0 {
            again.message().await;
            missing -= 1;
        }
    }
);

async fn count_upto(who: &super::lab::Person, lab: &Lab, since: Pos, upto: Pos) -> usize {
    let mut after = since;
    let mut count = 0;
    loop {
        let Sync::Events { events, next, more } = who
            .session(lab)
            .since(Some(after), 500)
            .await
            .expect("a page")
        else {
            panic!("not that far behind");
        };
        count += events
            .iter()
            .filter(|(pos, e)| *pos <= upto && matches!(e, Event::Message(_)))
            .count();
        after = next;
        if !more {
            return count;
        }
    }
}

on_both!(
    a_position_that_is_too_old_gives_a_snapshot_and_the_way_on,
    |store| async move {
        let lab = Lab::on(store.clone()).await;
        let (ann, bob) = lab.friends().await;
        let old = bob.session(&lab).head().await.expect("a head");
        let message = ann.send(&lab, &bob, "hello", "1").await.expect("sent");
        store.prune(message.id).await.expect("pruned");
        let mut at_bob = bob.attach(&lab, Some(old)).await;
        assert!(matches!(at_bob.next().await, Heard::Behind));
        let Sync::Snapshot(snapshot) = bob
            .session(&lab)
            .since(Some(old), 100)
            .await
            .expect("a snapshot")
        else {
            panic!("the position is below the floor");
        };
        assert_eq!(snapshot.conversations.len(), 1);
        assert_eq!(
            snapshot.conversations[0].last.as_ref().map(|m| m.id),
            Some(message.id)
        );
        assert_eq!(
            (
                snapshot.conversations[0].unread.messages,
                snapshot.contacts.len()
            ),
            (1, 1)
        );
        let Sync::Events { events, .. } = bob
            .session(&lab)
            .since(Some(snapshot.at), 100)
            .await
            .expect("a page")
        else {
            panic!("a snapshot's position is good");
        };
        assert!(events.is_empty());
    }
);

/// A bus that drops every second packet and repeats every third.
struct Forgetful {
    inner: Arc<dyn Bus>,
    count: AtomicU32,
}

impl Bus for Forgetful {
    fn publish(&self, packet: Packet) {
        let n = self.count.fetch_add(1, Ordering::Relaxed);
        if n.is_multiple_of(2) {
            self.inner.publish(packet.clone());
        }
        if n.is_multiple_of(3) {
            self.inner.publish(packet);
        }
    }

    fn subscribe(&self) -> Box<dyn Subscription> {
        self.inner.subscribe()
    }
}

on_both!(
    a_bus_that_drops_and_repeats_loses_nothing,
    |store| async move {
        let bus = Arc::new(Forgetful {
            inner: backend::memory_bus(),
            count: AtomicU32::new(0),
        });
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
        let lab = Lab::with(store, clock, bus).await;
        let (ann, bob) = lab.friends().await;
        let mut at_bob = bob.attach(&lab, None).await;
        for n in 0..50 {
            ann.send(&lab, &bob, &n.to_string(), &n.to_string())
                .await
                .expect("sent");
        }
        // The store is asked every quarter of a second for what no bus told; time goes on as fast as it answers.
        let passing = async {
            loop {
                lab.clock.advance(std::time::Duration::from_millis(250));
                lab.store.head().await.expect("a head");
            }
        };
        let reading = async {
            for n in 0..50 {
                assert_eq!(at_bob.message().await.1, n.to_string());
            }
        };
        tokio::select! {
            () = passing => {}
            () = reading => {}
        }
    }
);

on_both!(
    two_hubs_on_one_store_see_each_others_messages_in_one_order,
    |store| async move {
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
        let here = Lab::with(store.clone(), clock.clone(), backend::memory_bus()).await;
        let there = Lab::with(store, clock.clone(), backend::memory_bus()).await;
        let (ann, bob) = here.friends().await;
        let mut at_here = bob.attach(&here, None).await;
        let mut at_there = bob.attach(&there, None).await;
        let sends = async {
            for n in 0..20 {
                let lab = if n % 2 == 0 { &here } else { &there };
                ann.send(lab, &bob, "x", &n.to_string())
                    .await
                    .expect("sent");
            }
        };
        let listen = async {
            let mut seen = (Vec::new(), Vec::new());
            for _ in 0..20 {
                seen.0.push(at_here.message().await.0);
                seen.1.push(at_there.message().await.0);
            }
            seen
        };
        // The other hub learns by looking into the store, each quarter of a second. Time goes on as fast as the store answers and
        // no faster: else days would pass during a commit, and what is done once a day would be all that is done.
        let passing = async {
            loop {
                clock.advance(std::time::Duration::from_millis(250));
                here.store.head().await.expect("a head");
            }
        };
        let (a, b) = tokio::select! {
            ((), seen) = async { tokio::join!(sends, listen) } => seen,
            () = passing => unreachable!("time does not end"),
        };
        assert_eq!(a, b);
        assert!(a.is_sorted());
    }
);
