//! The certificate: self-made at first start, or the operator's own; and what TLS offers.

use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use hub::id::Timestamp;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// A self-made certificate is good for so long: no client refuses it for its length.
const GOOD_FOR_MS: i64 = 820 * DAY_MS;
/// It is made anew so long before its end.
const RENEW_MS: i64 = 30 * DAY_MS;
/// It begins a little in the past, for clients whose clock is slow.
const EARLIER_MS: i64 = DAY_MS;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// The protocols offered by ALPN (RFC 7301 §3.2: when a client names only others, the handshake fails with
/// `no_application_protocol`). A client that names none is told apart by its first bytes.
pub const ALPN: &[&[u8]] = &[b"h2", b"http/1.1"];

/// Why there is no certificate to use.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {message}", path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What is the matter.
        message: String,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
}

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Made and kept by this program.
    SelfMade {
        /// The folder that holds it.
        folder: PathBuf,
        /// The names it must carry: what the operator made public.
        names: Vec<String>,
        /// Names it carries besides when it is made: those of this machine, which may change.
        also: Vec<String>,
    },
    /// The operator's files.
    Files {
        /// The chain, leaf first.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
}

/// The certificate in use; it can be replaced while the server runs.
#[derive(Debug)]
pub struct Certificates {
    source: Source,
    current: RwLock<Arc<Current>>,
}

#[derive(Debug)]
struct Current {
    key: Arc<CertifiedKey>,
    fingerprint: String,
    until: Timestamp,
}

impl Certificates {
    /// Reads the certificate, or makes one.
    pub fn open(source: Source, now: Timestamp) -> Result<Arc<Self>, CertificateError> {
        let current = RwLock::new(Arc::new(load(&source, now)?));
        Ok(Arc::new(Self { source, current }))
    }

    /// Reads it again, and makes a new one if the self-made one ends soon. On an error the old one stays in use.
    pub fn reload(&self, now: Timestamp) -> Result<(), CertificateError> {
        let loaded = Arc::new(load(&self.source, now)?);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.fingerprint != loaded.fingerprint {
            info!(fingerprint = %loaded.fingerprint, "another certificate is in use");
        }
        *current = loaded;
        Ok(())
    }

    /// Lower-case hexadecimal SHA-256 of the leaf.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.current().fingerprint.clone()
    }

    /// When it ends.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.current().until
    }

    /// Whether this program made it.
    #[must_use]
    pub fn is_self_made(&self) -> bool {
        matches!(self.source, Source::SelfMade { .. })
    }

    /// How TLS is spoken with it. Clients that name no host, a number, or somebody else get this certificate too.
    #[must_use]
    pub fn server_config(self: &Arc<Self>) -> Arc<rustls::ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider speaks TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.alpn_protocols = ALPN.iter().map(|name| name.to_vec()).collect();
        match rustls::crypto::aws_lc_rs::Ticketer::new() {
            Ok(ticketer) => config.ticketer = ticketer,
            Err(error) => warn!(%error, "TLS sessions are not resumed"),
        }
        Arc::new(config)
    }

    fn current(&self) -> Arc<Current> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().key.clone())
    }
}

/// Makes AWS-LC the process's provider; harmless when repeated.
pub fn install_provider() {
    // An error says that a provider is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn load(source: &Source, now: Timestamp) -> Result<Current, CertificateError> {
    match source {
        Source::Files { certificate, key } => read(certificate, key),
        Source::SelfMade {
            folder,
            names,
            also,
        } => {
            let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
            if certificate.exists() && key.exists() {
                let current = read(&certificate, &key)?;
                let carried = carried_names(&current.key.cert[0]);
                let ends_soon = current.until.0 - now.0 < RENEW_MS;
                if !ends_soon
                    && names
                        .iter()
                        .all(|name| carried.contains(&name.to_lowercase()))
                {
                    return Ok(current);
                }
                info!(
                    ends_soon,
                    "a new certificate is made: the old one ends soon, or lacks a public name"
                );
            }
            make(folder, &certificate, &key, names.iter().chain(also), now)?;
            read(&certificate, &key)
        }
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Current, CertificateError> {
    let content = |path: &Path, message: String| CertificateError::Content {
        path: path.to_owned(),
        message,
    };
    let text = |path: &Path| {
        fs::read(path).map_err(|source| CertificateError::File {
            path: path.to_owned(),
            source,
        })
    };
    let chain = CertificateDer::pem_slice_iter(&text(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| content(certificate, error.to_string()))?;
    let Some(leaf) = chain.first() else {
        return Err(content(
            certificate,
            "there is no certificate in it".to_owned(),
        ));
    };
    let fingerprint = hex::encode(Sha256::digest(leaf));
    let until = X509Certificate::from_der(leaf)
        .map(|(_, parsed)| Timestamp(parsed.validity().not_after.timestamp().saturating_mul(1000)))
        .map_err(|error| content(certificate, error.to_string()))?;
    let private = PrivateKeyDer::from_pem_slice(&text(key)?)
        .map_err(|error| content(key, format!("no private key: {error}")))?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let key = CertifiedKey::from_der(chain, private, &provider)
        .map_err(|error| content(key, error.to_string()))?;
    Ok(Current {
        key: Arc::new(key),
        fingerprint,
        until,
    })
}

fn make<'a>(
    folder: &Path,
    certificate: &Path,
    key: &Path,
    names: impl Iterator<Item = &'a String>,
    now: Timestamp,
) -> Result<(), CertificateError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CertificateError::File { path, source }
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed(folder))?;
    let mut params = CertificateParams::default();
    for name in names {
        let name = name.to_lowercase();
        let name = match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => match name.trim_end_matches('.').try_into() {
                Ok(name) => SanType::DnsName(name),
                Err(_) => continue,
            },
        };
        if !params.subject_alt_names.contains(&name) {
            params.subject_alt_names.push(name);
        }
    }
    params
        .distinguished_name
        .push(DnType::CommonName, "Skein, self-made");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = date(now.0 - EARLIER_MS);
    params.not_after = date(now.0 + GOOD_FOR_MS);
    let pair = KeyPair::generate()?;
    let made = params.self_signed(&pair)?;
    // The key first: a certificate without its key would not be found whole at the next start.
    replace(key, pair.serialize_pem().as_bytes(), 0o600).map_err(failed(key))?;
    replace(certificate, made.pem().as_bytes(), 0o644).map_err(failed(certificate))
}

fn date(ms: i64) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(ms / 1000).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

/// Writes a file whole or not at all.
fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let _ = fs::remove_file(&temporary);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

fn carried_names(leaf: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(leaf) else {
        return Vec::new();
    };
    let Ok(Some(names)) = parsed.subject_alternative_name() else {
        return Vec::new();
    };
    let names = names
        .value
        .general_names
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_lowercase()),
            GeneralName::IPAddress(bytes) => match bytes.len() {
                4 => <[u8; 4]>::try_from(*bytes)
                    .ok()
                    .map(|b| IpAddr::from(b).to_string()),
                16 => <[u8; 16]>::try_from(*bytes)
                    .ok()
                    .map(|b| IpAddr::from(b).to_string()),
                _ => None,
            },
            _ => None,
        });
    names.collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn source(folder: &Path, names: &[&str]) -> Source {
        Source::SelfMade {
            folder: folder.join("tls"),
            names: names.iter().map(|&name| name.to_owned()).collect(),
            also: vec![
                "localhost".to_owned(),
                "127.0.0.1".to_owned(),
                "::1".to_owned(),
            ],
        }
    }

    #[test]
    fn a_certificate_is_made_once_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let first =
            Certificates::open(source(folder.path(), &["Skein.Example"]), NOW).expect("made");
        let again =
            Certificates::open(source(folder.path(), &["skein.example"]), NOW).expect("kept");
        assert_eq!(first.fingerprint(), again.fingerprint());
        assert_eq!(first.fingerprint().len(), 64);
        let names = carried_names(&first.current().key.cert[0]);
        for name in ["skein.example", "localhost", "127.0.0.1", "::1"] {
            assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
        }
        let mode = fs::metadata(folder.path().join("tls/key.pem"))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn it_is_renewed_before_it_ends_and_when_a_public_name_is_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Certificates::open(source(folder.path(), &[]), NOW).expect("made");
        let before = first.fingerprint();
        first
            .reload(Timestamp(first.until().0 - RENEW_MS - DAY_MS))
            .expect("read");
        assert_eq!(first.fingerprint(), before);
        first
            .reload(Timestamp(first.until().0 - RENEW_MS + DAY_MS))
            .expect("renewed");
        let renewed = first.fingerprint();
        assert_ne!(renewed, before);
        let named = Certificates::open(source(folder.path(), &["new.example"]), NOW).expect("made");
        assert_ne!(named.fingerprint(), renewed);
    }

    #[test]
    fn rubbish_in_the_file_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let certificate = folder.path().join("a.pem");
        fs::write(&certificate, "nothing").expect("written");
        let files = Source::Files {
            certificate: certificate.clone(),
            key: certificate,
        };
        let error = Certificates::open(files, NOW)
            .expect_err("rubbish")
            .to_string();
        assert!(
            error.contains("a.pem") && error.contains("no certificate"),
            "{error}"
        );
    }
}
