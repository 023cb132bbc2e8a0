//! Speech through a call with loss, in virtual time: `lossy IN.wav OUT.wav [LOSS] [SEED] [JITTER_MS]`
//!
//! Two whole ends (ICE, DTLS-SRTP, Opus, jitter buffer) with a seeded network between them. What the far end hears is
//! written from the first sample on; figures go to stderr. `ci/speech/loss.sh` judges the result.

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use media::peer::{Input, Output, Peer};
use media::session::{Config, LocalCandidate, State};
use media::wav::{WavReader, WavWriter};
use sansio::Machine;
use sansio::sim::{Clock, Link, LinkConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let number = |n: usize, default: f64| arguments.get(n).map_or(Ok(default), |text| text.parse());
    let [_, input, output, ..] = &arguments[..] else {
        return Err("usage: lossy IN.wav OUT.wav [LOSS] [SEED] [JITTER_MS]".into());
    };
    let (loss, seed, jitter) = (
        number(3, 0.05)?,
        number(4, 1.0)? as u64,
        number(5, 5.0)? as u64,
    );
    let mut source = WavReader::new(BufReader::new(File::open(input)?))?;
    let mut sink = WavWriter::new(BufWriter::new(File::create(output)?))?;

    let mut clock = Clock::new();
    let mut rng = sansio::rng::seeded(seed);
    let mut ends = [
        Peer::new(clock.now(), Config::default(), &mut rng)?,
        Peer::new(clock.now(), Config::default(), &mut rng)?,
    ];
    let addresses: [SocketAddr; 2] = ["10.0.0.1:4000".parse()?, "10.0.0.2:5000".parse()?];
    for (end, address) in ends.iter_mut().zip(addresses) {
        end.session()
            .add_local_candidate(clock.now(), LocalCandidate::Host(address))?;
    }
    let offer = ends[0].session().create_offer(clock.now(), false)?;
    let answer = ends[1].session().accept_offer(clock.now(), &offer)?;
    ends[0].session().accept_answer(clock.now(), &answer)?;

    let delay = Duration::from_millis(40);
    let config = LinkConfig {
        loss,
        jitter: Duration::from_millis(jitter),
        ..LinkConfig::delayed(delay)
    };
    let mut links: [Link<(usize, Bytes)>; 2] =
        [Link::new(config, seed), Link::new(config, seed + 1_000)];
    let mut tail = 0;
    // The file, a second for set-up and half a second for what is still under way; an hour is the bound.
    while tail < 25 && clock.elapsed() < Duration::from_secs(3_600) {
        for from in 0..2 {
            while let Some(said) = ends[from].poll_output() {
                match said {
                    Output::Transmit { bytes, .. } => links[from].send(clock.now(), (from, bytes)),
                    Output::Heard(frame) if from == 1 => sink.write(&*frame)?,
                    Output::Heard(_) if ends[1].session().state() == State::Connected => {
                        match source.next_frame()? {
                            Some((frame, _)) => {
                                ends[0].play(&frame);
                            }
                            None => tail += 1,
                        }
                    }
                    Output::State(State::Failed(why)) => {
                        return Err(format!("the call failed: {why:?}").into());
                    }
                    _ => {}
                }
            }
        }
        let timeouts = ends.iter().map(Peer::poll_timeout);
        let arrivals = links.iter().map(Link::next_arrival);
        clock.advance_to(
            timeouts
                .chain(arrivals)
                .flatten()
                .min()
                .ok_or("the call has ended")?,
        );
        let now = clock.now();
        for to in 0..2 {
            while let Some((from, bytes)) = links[1 - to].receive(now) {
                let (source, destination) = (addresses[from], addresses[to]);
                ends[to].handle(
                    now,
                    Input::Datagram {
                        source,
                        destination,
                        bytes,
                    },
                )?;
            }
            ends[to].handle(now, Input::Timeout)?;
        }
    }
    sink.finish()?;
    let figures = ends[1].measurements().audio;
    eprintln!(
        "loss {:.1} %, recovered {} of {}, guessed {:.1} %, late {}, jitter {:.1} ms, delay {:.0} ms",
        100.0 * figures.loss,
        figures.recovered,
        figures.lost + figures.late,
        100.0 * figures.concealment,
        figures.late,
        figures.jitter_ms,
        figures.delay_ms
    );
    Ok(())
}
