//! The whole server in this process on free ports, and its clients over real sockets.

mod backup;
mod bad_input;
mod cli;
mod disk;
mod docs;
mod echo;
mod families;
mod files;
mod flood;
mod groups;
mod journey;
mod killed;
mod login;
mod logs;
mod metrics;
mod objects;
mod pictures;
mod polls;
mod ready;
mod revocation;
mod rich;
mod service;
mod support;
mod tls;
mod turn;
mod web;
