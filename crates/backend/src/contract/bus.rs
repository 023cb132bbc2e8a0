//! What a bus must hold.

use std::sync::Arc;

use futures_util::FutureExt as _;
use hub::bus::{Batch, Bus, Heard, Packet};
use hub::id::Pos;

fn batch(last: i64) -> Packet {
    Packet::Batch(Arc::new(Batch {
        prev: Pos(last - 1),
        last: Pos(last),
        events: Vec::new(),
    }))
}

fn place(heard: &Heard) -> Option<i64> {
    match heard {
        Heard::Packet(Packet::Batch(batch)) => Some(batch.last.0),
        _ => None,
    }
}

/// All subscribers, and no earlier packet.
pub async fn every_subscriber_hears_everything_from_then_on_in_order(bus: &dyn Bus) {
    bus.publish(batch(1));
    let mut first = bus.subscribe();
    bus.publish(batch(2));
    let mut second = bus.subscribe();
    bus.publish(batch(3));
    for expected in [2, 3] {
        assert_eq!(place(&first.next().await), Some(expected));
    }
    assert_eq!(place(&second.next().await), Some(3));
    assert!(
        first.next().now_or_never().is_none(),
        "nothing else was published"
    );
}

/// A subscriber that does not listen costs a bounded memory; it is told, and goes on with the newest.
pub async fn who_does_not_listen_lags_and_goes_on(bus: &dyn Bus) {
    let mut slow = bus.subscribe();
    let last = 20_000;
    for n in 1..=last {
        bus.publish(batch(n));
    }
    assert!(
        matches!(slow.next().await, Heard::Lagged),
        "20,000 packets are not kept for it"
    );
    let mut heard = Vec::new();
    while heard.last() != Some(&last) {
        heard.push(place(&slow.next().await).expect("a batch"));
    }
    assert!(
        heard.windows(2).all(|pair| pair[0] + 1 == pair[1]),
        "without a further gap"
    );
}

/// A subscriber that waits wakes up; one that is dropped is forgotten.
pub async fn who_waits_is_woken(bus: &dyn Bus) {
    let mut waiting = bus.subscribe();
    drop(bus.subscribe());
    let next = waiting.next();
    bus.publish(batch(1));
    assert_eq!(place(&next.await), Some(1));
}
