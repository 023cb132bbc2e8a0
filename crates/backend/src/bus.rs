//! The bus of one process: a bounded broadcast.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use hub::bus::{Bus, Heard, Packet, Subscription};
use tokio::sync::broadcast;

/// Packets that wait for the slowest subscriber; whoever is further behind is told that it lags and reads the store.
const WAITING: usize = 4_096;

/// A bus within this process.
#[must_use]
pub fn memory_bus() -> Arc<dyn Bus> {
    Arc::new(MemoryBus {
        packets: broadcast::Sender::new(WAITING),
    })
}

struct MemoryBus {
    packets: broadcast::Sender<Packet>,
}

impl Bus for MemoryBus {
    fn publish(&self, packet: Packet) {
        // Nobody listening is no error.
        let _ = self.packets.send(packet);
    }

    fn subscribe(&self) -> Box<dyn Subscription> {
        Box::new(Listener {
            packets: self.packets.subscribe(),
        })
    }
}

struct Listener {
    packets: broadcast::Receiver<Packet>,
}

impl Subscription for Listener {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Heard> + Send + '_>> {
        Box::pin(async {
            match self.packets.recv().await {
                Ok(packet) => Heard::Packet(packet),
                Err(broadcast::error::RecvError::Lagged(_)) => Heard::Lagged,
                Err(broadcast::error::RecvError::Closed) => Heard::Closed,
            }
        })
    }
}
