//! The contract suites on both stores and the bus, and what only one of them can show.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod away;
mod blobs;
mod bus;
mod kill;
mod older;
mod opening;
mod places;
mod scenarios;
mod store;
mod stores;
