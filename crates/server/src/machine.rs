//! What this machine is: its name, its addresses, its disk.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Its host name, if it has one.
#[must_use]
pub fn host_name() -> Option<String> {
    let name = rustix::system::uname()
        .nodename()
        .to_str()
        .ok()?
        .trim()
        .to_lowercase();
    (!name.is_empty() && name != "(none)").then_some(name)
}

/// The addresses of all its interfaces, without those that are down.
#[must_use]
pub fn addresses() -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = if_addrs::get_if_addrs()
        .map(|interfaces| interfaces.iter().map(|interface| interface.ip()).collect())
        .unwrap_or_default();
    addresses.sort();
    addresses.dedup();
    addresses
}

/// Bytes free at `path` for this program.
#[must_use]
pub fn free_bytes(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Memory that this process holds, where the system tells it in the Linux way.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages.saturating_mul(rustix::param::page_size() as u64))
}

/// Files and sockets that this process has open, where the system tells it in the Linux way.
#[must_use]
pub fn open_files() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
}

/// How many files and sockets it may have open.
#[must_use]
pub fn most_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// Where things are kept if nobody says otherwise: `skein` in the XDG data folder. `None` without a home.
#[must_use]
pub fn data_folder() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    folder("XDG_DATA_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".local/share")))
        .map(|base| base.join("skein"))
}
