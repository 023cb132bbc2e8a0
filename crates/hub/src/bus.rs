//! The port to the other processes of an installation. In-process for one machine.
//!
//! The bus carries hints, never truth: order and content come from the store. A batch may be lost, doubled or come late;
//! its `prev` tells, and the reader fills the gap from the store.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::event::Ephemeral;
use crate::id::Pos;
use crate::store::Happened;

/// What was committed together.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The newest position before it.
    pub prev: Pos,
    /// The newest position of it.
    pub last: Pos,
    /// What happened, in order.
    pub events: Vec<Happened>,
}

/// What travels.
#[derive(Debug, Clone)]
pub enum Packet {
    /// Durable events.
    Batch(Arc<Batch>),
    /// Something that is not kept.
    Live(Arc<Ephemeral>),
}

/// What a subscriber hears.
#[derive(Debug, Clone)]
pub enum Heard {
    /// A packet.
    Packet(Packet),
    /// Packets were dropped since the last one: read the store.
    Lagged,
    /// The bus ended.
    Closed,
}

/// A bus.
pub trait Bus: Send + Sync + 'static {
    /// Tell every process, this one included. Never waits; a slow subscriber lags.
    fn publish(&self, packet: Packet);

    /// Hear everything published from now on.
    fn subscribe(&self) -> Box<dyn Subscription>;
}

/// One subscriber's end.
pub trait Subscription: Send {
    /// The next thing heard.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Heard> + Send + '_>>;
}
