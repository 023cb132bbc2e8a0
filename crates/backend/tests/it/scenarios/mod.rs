//! The hub on both stores, with its clock stepped by hand.

mod accounts;
mod calls;
mod discretion;
mod doors;
mod groups;
mod invites;
pub(crate) mod lab;
mod leaving;
mod messages;
mod objects;
mod own;
mod people;
mod privacy;
mod reports;
mod restarts;
mod rich;
mod robots;
mod search;
mod sync;
mod tickets;
mod waiting;
