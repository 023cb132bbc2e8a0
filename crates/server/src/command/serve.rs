//! `skein serve`.

use std::time::Duration;

use clap::Args;
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Interval, interval};
use tracing::{debug, info, warn};

use super::{ConfigFlags, Failure, say, say_json};
use crate::log;
use crate::program::{Program, StartError};

/// How long the store may take to answer before it counts as away; well below half of the watchdog's time.
const LIFE: Duration = Duration::from_secs(2);

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
    /// Figures for Prometheus; may be repeated
    #[arg(long, value_name = "ADDR")]
    metrics: Vec<String>,
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
        if !self.metrics.is_empty() {
            config.metrics.listen = Some(self.metrics);
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
            tell_manager(&[NotifyState::Ready, NotifyState::Status("serving")]);
            if self.json {
                say_json(&program.ready);
            } else {
                say(&program.ready);
            }
            let mut alive = Alive::new();
            loop {
                tokio::select! {
                    () = signals.stop() => break,
                    _ = hang_up.recv() => program.reload(),
                    () = alive.due() => alive.tell(&program).await,
                }
            }
            tell_manager(&[NotifyState::Stopping, NotifyState::Status("telling everybody to come back")]);
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

/// Tells the service manager, if one started this and wants to hear it (sd_notify(3)).
fn tell_manager(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        debug!(%error, "the service manager was not told");
    }
}

/// The sign of life that a service manager may ask for (systemd.service(5), WatchdogSec).
struct Alive {
    every: Option<Interval>,
}

impl Alive {
    fn new() -> Self {
        // Twice in the time after which it gives up.
        let every = sd_notify::watchdog_enabled().filter(|time| !time.is_zero());
        Self {
            every: every.map(|time| interval(time / 2)),
        }
    }

    async fn due(&mut self) {
        match &mut self.every {
            Some(every) => drop(every.tick().await),
            None => std::future::pending().await,
        }
    }

    /// Silent when the UDP side has ended, or nothing here runs any more: then a new start is what helps. It does not bring
    /// back a store that is away; that is only said.
    async fn tell(&mut self, program: &Program) {
        if program.udp().is_some_and(|udp| !udp.is_running()) {
            return warn!("the UDP side has ended: the service manager starts this server anew");
        }
        let answers = tokio::time::timeout(LIFE, program.hub.ready()).await;
        let status = match answers {
            Ok(Ok(())) => "serving",
            Ok(Err(_)) | Err(_) => "the store does not answer",
        };
        tell_manager(&[NotifyState::Watchdog, NotifyState::Status(status)]);
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
