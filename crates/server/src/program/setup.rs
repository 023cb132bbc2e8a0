//! From the configuration to the parts of the server.

use std::fs::{self, File, TryLockError};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use backend::blobs::BlobLimits;
use hub::blobs::Blobs;
use hub::clock::Clock;
use tokio::net::TcpListener;
use tracing::{info, warn};

use super::{Kept, StartError};
use crate::config::{Config, Registration};
use crate::http::Facing;
use crate::machine;
use crate::net::admission::Caps;
use crate::net::listen;
use crate::net::tls::Source;
use crate::paths::{OwnRelay, relay_hosts};
use crate::udp::{UdpConfig, UdpShell};

/// Descriptors that connections leave to the store, the log and the relay.
const RESERVED_FILES: u64 = 128;

/// Where figures are read if nobody says otherwise.
const METRICS: u16 = 9_090;

/// The folder of what people upload, in the data folder.
pub const BLOBS: &str = "blobs";

/// The file of the embedded store in the data folder.
pub const STORE_FILE: &str = "skein.db";

/// The folder of the certificate that the server made, in the data folder.
pub const TLS: &str = "tls";

/// Lies in a data folder while a backup is put into it.
pub const RESTORING: &str = "restoring";

/// As [`open_store`], for what only looks or changes: makes nothing, neither the folder nor an empty store in it.
pub async fn open_existing_store(config: &Config, folder: &Path) -> Result<Kept, StartError> {
    if config.store.postgres.is_none() && !folder.join(STORE_FILE).exists() {
        return Err(StartError::NothingKept(folder.to_owned()));
    }
    open_store(config, folder).await
}

/// Opens what is kept, or begins it, and holds the folder against other processes.
pub async fn open_store(config: &Config, folder: &Path) -> Result<Kept, StartError> {
    let failed = |source| StartError::Folder {
        path: folder.to_owned(),
        source,
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed)?;
    if folder.join(RESTORING).exists() {
        return Err(StartError::Restoring(folder.to_owned()));
    }
    let lock = File::create(folder.join("lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StartError::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    let store = match &config.store.postgres {
        Some(address) => backend::postgres::open(&address.0).await?,
        None => backend::sqlite::open(&folder.join(STORE_FILE)).await?,
    };
    Ok(Kept { store, _lock: lock })
}

/// Opens what people have uploaded, or begins it. The folder is held by [`open_store`].
pub fn open_blobs(config: &Config, folder: &Path) -> Result<Arc<dyn Blobs>, StartError> {
    let limits = BlobLimits {
        keep_free: config.objects.keep_free_bytes,
        pixels: config.objects.picture_pixels,
        pictures: config.objects.picture_threads,
    };
    Ok(backend::blobs::folder(&folder.join(BLOBS), limits)?)
}

/// The data folder of a configuration.
pub fn data_folder(config: &Config) -> Result<PathBuf, StartError> {
    config
        .server
        .data
        .clone()
        .or_else(machine::data_folder)
        .ok_or_else(|| {
            StartError::Config(
                "there is no home folder to keep data in: set [server] data, or --data".to_owned(),
            )
        })
}

/// What the hub takes from the configuration.
#[must_use]
pub fn hub_config(config: &Config, serves: bool) -> hub::Config {
    hub::Config {
        registration: match config.accounts.registration {
            Registration::Open => hub::Registration::Open,
            Registration::Invite => hub::Registration::Invite,
            Registration::Closed => hub::Registration::Closed,
        },
        members_invite: config.accounts.members_invite,
        limits: config.limits.hub(),
        bots: hub::limits::BotLimits {
            bots: config.limits.bots,
            tokens: config.limits.bot_tokens.min(50),
            raised: config.limits.raised_bots.clamp(1, 1_000),
        },
        room: hub::limits::Room {
            object: config.objects.file_bytes,
            account: config.objects.account_bytes,
            all: config.objects.total_bytes,
        },
        relay_only: config.calls.relay_only,
        password_threads: std::thread::available_parallelism()
            .map_or(2, |count| count.get().clamp(1, 8)),
        password_cost: config.password_cost,
        derive: vec![(crate::skype::DOOR, webapi::skype::password_hash)],
        serves,
    }
}

/// Where the certificate of a configuration comes from.
#[must_use]
pub fn certificate_source(config: &Config, folder: &Path) -> Source {
    if let (Some(certificate), Some(key)) =
        (&config.server.certificate, &config.server.certificate_key)
    {
        return Source::Files {
            certificate: certificate.clone(),
            key: key.clone(),
        };
    }
    let mut also = vec!["localhost".to_owned()];
    also.extend(machine::host_name());
    also.extend(machine::addresses().iter().map(ToString::to_string));
    let mut names = config.server.public.clone();
    if config.skype.enabled && config.skype.hosts {
        names.extend(crate::skype::certificate_names().map(str::to_owned));
    }
    Source::SelfMade {
        folder: folder.join(TLS),
        names,
        also,
    }
}

/// The name that people see.
#[must_use]
pub fn server_name(config: &Config) -> String {
    let named = config
        .server
        .name
        .clone()
        .or_else(|| config.server.public.first().cloned());
    named
        .or_else(machine::host_name)
        .unwrap_or_else(|| "Skein".to_owned())
}

pub(super) fn bind_http(config: &Config) -> Result<Vec<TcpListener>, StartError> {
    let addresses = listen::addresses("http", &config.server.http)?;
    let open = addresses.iter().find(|address| !address.ip().is_loopback());
    if let (Some(address), true) = (open, config.server.trusted_proxies.is_empty()) {
        return Err(StartError::Config(format!(
            "plain HTTP on {address} would show passwords to the network: use [server] tls, or name the proxy in \
             front of it in [server] trusted_proxies"
        )));
    }
    Ok(listen::tcp("http", &addresses)?)
}

/// Where figures are read. Without a word of the operator it is a convenience, and gives way to whoever has the port.
pub(super) fn bind_metrics(config: &Config) -> Result<Vec<TcpListener>, StartError> {
    if let Some(list) = &config.metrics.listen {
        let addresses = listen::addresses_of("metrics", "listen", list)?;
        return Ok(listen::tcp("metrics", &addresses)?);
    }
    let usual = [
        SocketAddr::from(([127, 0, 0, 1], METRICS)),
        SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, METRICS)),
    ];
    Ok(listen::tcp("metrics", &usual).unwrap_or_else(|error| {
        info!(%error, "there are no figures to read: [metrics] listen says where else");
        Vec::new()
    }))
}

/// Who reads figures: few, and nobody is signed in.
pub(super) fn watchers() -> Caps {
    Caps {
        total: 32,
        per_address: 32,
        exempt: Vec::new(),
    }
}

/// SQLite's write-ahead log in a data folder.
#[must_use]
pub fn log_file(folder: &Path) -> PathBuf {
    folder.join(format!("{STORE_FILE}-wal"))
}

/// Starts STUN, TURN and the port of media, unless it is turned off.
pub(super) fn start_udp(config: &Config, secret: &[u8]) -> Result<Option<UdpShell>, StartError> {
    let listen = listen::addresses("udp", &config.server.udp)?;
    if listen.is_empty() {
        return Ok(None);
    }
    let turn = &config.turn;
    let mut credentials = stun::Credentials::new().with_secret(secret);
    if let Some(shared) = &turn.shared_secret {
        credentials = credentials.with_secret(shared.0.as_bytes());
    }
    for (name, password) in &turn.users {
        credentials = credentials.with_user(name, &password.0);
    }
    let prefixes = turn.allow_peers.iter().map(|prefix| {
        stun::Prefix::new(prefix.address(), prefix.length())
            .expect("a prefix was checked when it was read")
    });
    let defaults = UdpConfig::default();
    let public = config
        .server
        .public
        .iter()
        .filter_map(|name| name.parse().ok());
    let first_name = || config.server.public.first().cloned();
    let udp = UdpConfig {
        listen,
        public: public.collect(),
        relay_ports: turn.ports[0]..=turn.ports[1],
        realm: turn
            .realm
            .clone()
            .or_else(first_name)
            .unwrap_or_else(|| "skein".to_owned()),
        software: Some(concat!("skein ", env!("CARGO_PKG_VERSION")).to_owned()),
        allow_peers: prefixes.collect(),
        credentials,
        limits: stun::Limits {
            allocations: turn.allocations,
            allocations_per_owner: turn.allocations_per_user,
            ..defaults.limits
        },
        threads: turn.threads,
        coalesce: Duration::from_micros(turn.coalesce_us),
        ..defaults
    };
    crate::udp::start(udp).map(Some).map_err(StartError::Udp)
}

/// The relay as the ends of calls are told of it.
pub(super) fn own_relay(
    config: &Config,
    clock: &Arc<dyn Clock>,
    secret: [u8; 32],
    udp: Option<&UdpShell>,
) -> Arc<OwnRelay> {
    let advertised: Vec<SocketAddr> = udp
        .iter()
        .flat_map(|udp| udp.addresses())
        .map(|address| address.advertised)
        .collect();
    let hosts = relay_hosts(&config.server.public, &advertised, &machine::addresses());
    let handle = udp.map(UdpShell::handle);
    let end_user = move |user: &str| {
        if let Some(handle) = &handle
            && let Err(error) = handle.end_user(user)
        {
            warn!(%error, "the relay was not told that a call ended");
        }
    };
    OwnRelay::new(clock.clone(), secret, hosts, Box::new(end_user))
}

pub(super) fn facing(config: &Config) -> Facing {
    Facing {
        public: config
            .server
            .public
            .iter()
            .map(|name| name.to_lowercase())
            .collect(),
        trusted: config.server.trusted_proxies.clone(),
        exempt: config.limits.exempt.clone(),
    }
}

pub(super) fn caps(config: &Config, files: Option<u64>) -> Caps {
    // A quarter is the relay's (`udp::start`); the reserve is nobody's, so that the store and the log never fail first.
    let most = files.map_or(usize::MAX, |files| {
        let left = (files - files / 4).saturating_sub(RESERVED_FILES);
        usize::try_from(left.max(files / 4)).unwrap_or(usize::MAX)
    });
    let exempt = config
        .limits
        .exempt
        .iter()
        .chain(&config.server.trusted_proxies)
        .copied();
    Caps {
        total: config.limits.connections.min(most),
        per_address: config.limits.connections_per_address,
        exempt: exempt.collect(),
    }
}

/// Where to send people who speak plain HTTP to the TLS port.
pub(super) fn advice(config: &Config, listener: &TcpListener) -> Arc<str> {
    let port = listener.local_addr().map_or(443, |address| address.port());
    let host = config
        .server
        .public
        .first()
        .cloned()
        .unwrap_or_else(|| "this-server".to_owned());
    if port == 443 {
        format!("https://{host}/")
    } else {
        format!("https://{host}:{port}/")
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case F2: connections, the relay and the store never want more files than there are.
    #[test]
    fn connections_leave_a_quarter_of_the_files_to_the_relay_and_the_reserve_to_nobody() {
        let mut config = Config::default();
        config.limits.connections = 5_000;
        let total = |files| caps(&config, files).total;
        assert_eq!(total(None), 5_000, "no limit is known");
        assert_eq!(total(Some(1_000_000)), 5_000, "the operator's own");
        for files in [512, 1_024, 4_096] {
            let expected = files - files / 4 - RESERVED_FILES;
            assert_eq!(total(Some(files)) as u64, expected, "of {files}");
        }
        // Of very few a quarter, whatever the reserve.
        assert_eq!(total(Some(64)), 16);
    }
}
