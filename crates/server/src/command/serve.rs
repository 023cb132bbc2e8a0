//! `skein serve`.

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

use super::{ConfigFlags, Failure, say, say_json};
use crate::log;
use crate::program::{Program, StartError};

/// Be the server.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    config: ConfigFlags,
    /// Plain HTTP, on loopback or behind a trusted proxy; port 0 picks a free one; may be repeated
    #[arg(long, value_name = "ADDR")]
    http: Vec<String>,
    /// HTTPS; may be repeated
    #[arg(long, value_name = "ADDR")]
    tls: Vec<String>,
    /// STUN, TURN and media; may be repeated
    #[arg(long, value_name = "ADDR")]
    udp: Vec<String>,
    /// Say `ready` as JSON
    #[arg(long)]
    json: bool,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut config = self.config.read()?;
        for (flag, key) in [
            (self.http, &mut config.server.http),
            (self.tls, &mut config.server.tls),
            (self.udp, &mut config.server.udp),
        ] {
            if !flag.is_empty() {
                *key = flag;
            }
        }
        log::begin(&config.log).map_err(Failure::misuse)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(Failure::no)?;
        let ended = runtime.block_on(async {
            // Before anything else, so that a signal during the start is not lost; as process 1 nothing else would
            // listen to it.
            let mut signals = Signals::new().map_err(Failure::no)?;
            let mut hang_up = signal(SignalKind::hangup()).map_err(Failure::no)?;
            let starting = Program::start(config);
            let program = tokio::select! {
                started = starting => started.map_err(|error| match error {
                    StartError::Config(message) => Failure::Misuse(message),
                    StartError::Listen(crate::net::listen::ListenError::Address { .. }) => Failure::misuse(error),
                    error => Failure::no(error),
                })?,
                () = signals.stop() => return Ok(()),
            };
            if self.json {
                say_json(&program.ready);
            } else {
                say(&program.ready);
            }
            loop {
                tokio::select! {
                    () = signals.stop() => break,
                    _ = hang_up.recv() => program.reload(),
                }
            }
            tokio::select! {
                () = program.stop() => Ok(()),
                () = signals.stop() => Err(Failure::No("stopped at once, before everybody was told".to_owned())),
            }
        });
        // Nothing that is left may hold the process: a password that is being hashed, a connection that did not drain.
        runtime.shutdown_background();
        ended
    }
}

/// The signals that end a server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// Comes back when the server is asked to stop.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.quit.recv() => {}
        }
        info!("asked to stop; asked once more it stops at once");
    }
}
