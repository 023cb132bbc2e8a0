//! The whole server in this process on free ports, and its clients over real sockets.

mod bad_input;
mod cli;
mod docs;
mod echo;
mod flood;
mod groups;
mod journey;
mod killed;
mod login;
mod logs;
mod objects;
mod pictures;
mod polls;
mod ready;
mod revocation;
mod rich;
mod support;
mod tls;
mod turn;
mod web;
