//! Load for a TURN relay over UDP, and what the relay did with it, as one line of JSON. `ci/lab/relay` runs it against
//! our relay and others in turn.
//!
//! ```text
//! relay_load --server 127.0.0.1:3478 --user ann --password north --pid 4711 --topology pair --window 8
//! ```
//!
//! Every client has a socket, an allocation and a channel of its own. A *way* goes from one socket to one other:
//!
//! | topology | ways of `--legs` N |
//! |---|---|
//! | `up` | N clients, each to a plain UDP peer of its own |
//! | `down` | N peers, each to its client |
//! | `both` | the two together: 2 N |
//! | `pair` | N clients in N/2 pairs, each to the relayed address of its partner |
//!
//! With `--window` W it is a flood that clocks itself: each way keeps W datagrams under way and sends another when one has
//! arrived. With `--rate` R each way sends R datagrams a second, evenly, all ways in turn. Datagrams are sent one by one, as those
//! of many senders are, and the receivers do not glue them together. The load is one thread, so that it fills one core
//! at most; where it and the relay run is up to who starts them (`taskset`).
//!
//! The figure to compare is datagrams relayed per second of processor time that the process `--pid` used meanwhile.

mod client;
mod figures;
mod flood;
mod paced;
mod ways;

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Parser, ValueEnum};

type Failed = Box<dyn std::error::Error>;

#[derive(Debug, Parser)]
struct Arguments {
    /// The relay.
    #[arg(long)]
    server: SocketAddr,
    #[arg(long)]
    user: String,
    #[arg(long)]
    password: String,
    /// Its process, on this machine.
    #[arg(long)]
    pid: u32,
    #[arg(long, value_enum)]
    topology: Topology,
    #[arg(long, default_value_t = 16)]
    legs: usize,
    /// Flood: datagrams that each way keeps under way.
    #[arg(long, conflicts_with = "rate", required_unless_present = "rate")]
    window: Option<usize>,
    /// Paced: datagrams a second that each way sends.
    #[arg(long)]
    rate: Option<f64>,
    /// Bytes of a datagram, without the header of the channel.
    #[arg(long, default_value_t = 172, value_parser = clap::value_parser!(u16).range(16..=1400))]
    size: u16,
    /// How long to measure.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How long to run before that.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Topology {
    Up,
    Down,
    Both,
    Pair,
}

fn main() -> Result<(), Failed> {
    let arguments = Arguments::parse();
    let spans = figures::Spans {
        warm_up: Duration::try_from_secs_f64(arguments.warm_up)?,
        measured: Duration::try_from_secs_f64(arguments.seconds)?,
    };
    let mut ways = ways::open(&arguments)?;
    let mut figures = figures::Figures::new(arguments.pid, spans);
    match (arguments.window, arguments.rate) {
        (Some(window), _) => flood::run(&mut ways, window, &mut figures)?,
        (None, Some(rate)) => paced::run(&mut ways, rate, &mut figures)?,
        (None, None) => unreachable!("clap asks for one of them"),
    }
    println!("{}", figures.report(&ways)?);
    Ok(())
}
