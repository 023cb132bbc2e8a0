//! The server as a whole: from a configuration to something that runs, and to its orderly end.

mod setup;

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hub::clock::Clock;
use hub::store::Store;
use hub::{Hub, Ports};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};
use webapi::skein as api;

use crate::api::{Door, Exports, Pieces, Polls, router};
use crate::clock::SystemClock;
use crate::config::{Config, Registration};
use crate::control::Control;
use crate::echo::Echo;
use crate::http::Http;
use crate::metrics::{self, Watched};
use crate::net::accept;
use crate::net::admission::Admission;
use crate::net::connection::{self, Entrance};
use crate::net::listen::{self, ListenError};
use crate::net::tls::{CertificateError, Certificates, install_provider};
use crate::skype::{self, Skype};
use crate::udp::{UdpHandle, UdpShell};

pub use setup::{
    BLOBS, RESTORING, STORE_FILE, TLS, certificate_source, data_folder, hub_config, log_file,
    open_blobs, open_existing_store, open_store, server_name,
};
use setup::{advice, bind_http, bind_metrics, caps, facing, own_relay, start_udp, watchers};

/// How long the hub may take to tell everybody that the server stops; the three together stay below 5 s.
const TELL: Duration = Duration::from_millis(1_500);
/// How long connections may take to finish then.
const DRAIN: Duration = Duration::from_secs(2);
/// How long the store may take to write what it holds.
const CLOSE: Duration = Duration::from_millis(1_300);
/// How often the end of the certificate is looked at.
const CERTIFICATE_CHECK: Duration = Duration::from_secs(12 * 3600);

/// Why the server does not start. The text says what to change.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A contradiction in the configuration.
    #[error("{0}")]
    Config(String),
    /// The data folder cannot be used.
    #[error("{}: {source}; change [server] data, or --data", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process uses the data folder.
    #[error("{}: another skein uses this folder; stop it, or give --data another one", .0.display())]
    InUse(PathBuf),
    /// A backup was not put into the data folder to its end.
    #[error("{}: a backup was being restored here and was not finished; empty the folder and restore it again", .0.display())]
    Restoring(PathBuf),
    /// There is no store in the data folder.
    #[error("{}: nothing is kept here; give the server's own folder by --data, or [server] data", .0.display())]
    NothingKept(PathBuf),
    /// The store cannot be opened.
    #[error("the store cannot be opened: {0}")]
    Store(#[from] backend::OpenError),
    /// An address cannot be used.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The UDP port cannot be used.
    #[error("cannot listen for UDP: {0}; change [server] udp, or --udp")]
    Udp(std::io::Error),
    /// There is no certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The hub does not begin.
    #[error("the store does not answer: {0}")]
    Hub(#[from] hub::Error),
}

/// Where the server listens, for the line that says *ready*.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Ready {
    /// Plain HTTP.
    pub http: Vec<SocketAddr>,
    /// HTTPS.
    pub tls: Vec<SocketAddr>,
    /// STUN, TURN, media.
    pub udp: Vec<SocketAddr>,
    /// Figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<SocketAddr>,
    /// SHA-256 of the certificate, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

impl std::fmt::Display for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ready")?;
        let lists = [
            ("http", &self.http),
            ("tls", &self.tls),
            ("udp", &self.udp),
            ("metrics", &self.metrics),
        ];
        for (name, list) in lists {
            for address in list {
                write!(f, " {name}={address}")?;
            }
        }
        match &self.fingerprint {
            Some(fingerprint) => write!(f, " fingerprint={fingerprint}"),
            None => Ok(()),
        }
    }
}

/// A server that runs.
pub struct Program {
    /// Where it listens.
    pub ready: Ready,
    /// Its hub.
    pub hub: Hub,
    udp: Option<UdpShell>,
    certificates: Option<Arc<Certificates>>,
    clock: Arc<dyn Clock>,
    store: Kept,
    tasks: TaskTracker,
    stop: CancellationToken,
    background: JoinSet<()>,
    control: Option<Control>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program")
            .field("ready", &self.ready)
            .finish_non_exhaustive()
    }
}

/// The store with what guards its folder.
pub struct Kept {
    /// The store.
    pub store: Arc<dyn Store>,
    _lock: File,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl Program {
    /// Starts everything; when this returns, signing in works.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::start_by(config, Arc::new(SystemClock)).await
    }

    /// The same by a clock of the caller's.
    pub async fn start_by(config: Config, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        install_provider();
        let files = listen::raise_file_limit();
        let folder = data_folder(&config)?;
        let store = open_store(&config, &folder).await?;
        let http = bind_http(&config)?;
        let tls = listen::tcp("tls", &listen::addresses("tls", &config.server.tls)?)?;
        let watching = bind_metrics(&config)?;
        let certificates = match tls.is_empty() {
            true => None,
            false => Some(Certificates::open(
                certificate_source(&config, &folder),
                clock.wall(),
            )?),
        };

        let secret: [u8; 32] = rand::random();
        let udp = start_udp(&config, &secret)?;
        let relay = own_relay(&config, &clock, secret, udp.as_ref());
        let ports = Ports {
            store: store.store.clone(),
            blobs: open_blobs(&config, &folder)?,
            bus: backend::memory_bus(),
            clock: clock.clone(),
            paths: relay,
            rng: sansio::rng::from_system(),
        };
        let (hub, work) = Hub::start(ports, hub_config(&config, true)).await?;
        let mut background = JoinSet::new();
        for work in work {
            background.spawn(work);
        }

        let ready = Ready {
            http: locals(&http),
            tls: locals(&tls),
            udp: udp
                .iter()
                .flat_map(|udp| udp.addresses())
                .map(|address| address.bound)
                .collect(),
            metrics: locals(&watching),
            fingerprint: certificates
                .as_ref()
                .map(|certificates| certificates.fingerprint()),
        };
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let door = Arc::new(Door {
            hub: hub.clone(),
            clock: clock.clone(),
            facing: Arc::new(facing(&config)),
            name: server_name(&config),
            registration: match config.accounts.registration {
                Registration::Open => api::Registration::Open,
                Registration::Invite => api::Registration::Invite,
                Registration::Closed => api::Registration::Closed,
            },
            members_invite: config.accounts.members_invite,
            offline_shell: config.server.offline_shell,
            certificates: certificates.clone(),
            object_bytes: config.objects.file_bytes,
            pieces: Pieces::default(),
            exports: Exports::default(),
            polls: Polls::default(),
            tasks: tasks.clone(),
            stop: stop.clone(),
            udp: udp.as_ref().map(UdpShell::handle),
        });
        let sweeping = door.clone();
        background.spawn(async move { sweeping.polls.sweep().await });
        if let Some(certificates) = certificates.clone() {
            background.spawn(renew(certificates, clock.clone()));
        }
        if let Some(udp) = &udp {
            // Shutdown waits for it: its calls say goodbye.
            tasks.spawn(Echo::attach(hub.clone(), udp.handle()).await?.run());
        }
        let control = Control::open(&folder, hub.clone(), &mut background);

        let admission = Admission::new(caps(&config, files));
        let watched = Arc::new(Watched {
            hub: hub.clone(),
            admission: admission.clone(),
            udp: udp.as_ref().map(UdpShell::handle),
            certificates: certificates.clone(),
            folder: folder.clone(),
            began: clock.wall().0,
        });
        let figures = Shared {
            admission: Admission::new(watchers()),
            http: Http::new(metrics::router(watched), tasks.clone(), stop.clone()),
            tasks: tasks.clone(),
            stop: stop.clone(),
        };
        for listener in watching {
            figures.accept(listener, Entrance::Plain);
        }
        let old = config.skype.enabled.then(|| {
            let old = Arc::new(Skype::new(door.clone()));
            let (sweeping, clock) = (old.clone(), clock.clone());
            background.spawn(async move { sweeping.endpoints.sweep(clock.as_ref()).await });
            skype::Mounted::new(old)
        });
        let http_side = Http::new(router(door, old), tasks.clone(), stop.clone());
        let shared = Shared {
            admission,
            http: http_side,
            tasks: tasks.clone(),
            stop: stop.clone(),
        };
        for listener in http {
            shared.accept(listener, Entrance::Plain);
        }
        for listener in tls {
            let Some(certificates) = &certificates else {
                break;
            };
            let acceptor = TlsAcceptor::from(certificates.server_config());
            let advice = advice(&config, &listener);
            shared.accept(listener, Entrance::Tls { acceptor, advice });
        }
        info!(version = env!("CARGO_PKG_VERSION"), "the server is ready");
        Ok(Self {
            ready,
            hub,
            udp,
            certificates,
            clock,
            store,
            tasks,
            stop,
            background,
            control,
        })
    }

    /// The UDP side, for media endpoints of this server.
    #[must_use]
    pub fn udp(&self) -> Option<UdpHandle> {
        self.udp.as_ref().map(UdpShell::handle)
    }

    /// Reads the certificate again (SIGHUP).
    pub fn reload(&self) {
        let Some(certificates) = &self.certificates else {
            return;
        };
        match certificates.reload(self.clock.wall()) {
            Ok(()) => info!("the certificate was read again"),
            Err(error) => warn!(%error, "the old certificate stays in use"),
        }
    }

    /// Stops in order: no new connections, everybody is told to come back, what runs may finish, the store is closed.
    pub async fn stop(mut self) {
        info!("the server stops");
        self.stop.cancel();
        drop(self.control.take());
        if tokio::time::timeout(TELL, self.hub.stop()).await.is_err() {
            warn!("the hub did not finish in time");
        }
        self.tasks.close();
        if tokio::time::timeout(DRAIN, self.tasks.wait())
            .await
            .is_err()
        {
            warn!(
                left = self.tasks.len(),
                "connections did not finish in time"
            );
        }
        self.background.shutdown().await;
        if let Some(udp) = self.udp.take() {
            udp.shutdown();
        }
        match tokio::time::timeout(CLOSE, self.store.store.close()).await {
            Ok(Ok(())) => info!("the store is closed"),
            Ok(Err(error)) => error!(%error, "the store did not close"),
            Err(_) => error!("the store did not close in time"),
        }
    }
}

struct Shared {
    admission: Arc<Admission>,
    http: Http,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Shared {
    fn accept(&self, listener: TcpListener, entrance: Entrance) {
        let (http, tasks) = (self.http.clone(), self.tasks.clone());
        let serve = move |stream, peer, ticket| {
            tasks.spawn(connection::serve(
                stream,
                peer,
                ticket,
                entrance.clone(),
                http.clone(),
            ));
        };
        self.tasks.spawn(accept::accept(
            listener,
            self.admission.clone(),
            self.stop.clone(),
            serve,
        ));
    }
}

fn locals(listeners: &[TcpListener]) -> Vec<SocketAddr> {
    listeners
        .iter()
        .filter_map(|listener| listener.local_addr().ok())
        .collect()
}

async fn renew(certificates: Arc<Certificates>, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(CERTIFICATE_CHECK).await;
        if let Err(error) = certificates.reload(clock.wall()) {
            warn!(%error, "the certificate could not be renewed");
        }
    }
}
