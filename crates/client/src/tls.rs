//! Which certificate is the right one. A server either has a certificate that this system trusts for its name, or a
//! self-made one, which is pinned by its fingerprint when somebody has compared it.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use sha2::{Digest as _, Sha256};
use thiserror::Error as ThisError;

use crate::error::Error;

/// SHA-256 of a certificate (its DER). Written as 64 hexadecimal digits, read also with colons and in capitals.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// Not a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
#[error("a fingerprint is a SHA-256 in 64 hexadecimal digits, with or without colons")]
pub struct NotAFingerprint;

impl Fingerprint {
    /// Of this certificate.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let digits: String = text
            .trim()
            .chars()
            .filter(|c| !matches!(c, ':' | ' '))
            .collect();
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| NotAFingerprint)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What a client believes of one server, and what the last certificate was that it did not believe.
#[derive(Debug)]
pub struct Trust {
    pin: Option<Fingerprint>,
    /// The system's own judgement; absent where the system trusts nobody.
    public: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    refused: Mutex<Option<Fingerprint>>,
}

impl Trust {
    /// Believe this certificate only; without one, whom the system believes.
    #[must_use]
    pub fn new(pin: Option<Fingerprint>) -> Arc<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let public = if pin.is_some() {
            None
        } else {
            system_roots(&provider)
        };
        Arc::new(Self {
            pin,
            public,
            provider,
            refused: Mutex::new(None),
        })
    }

    /// Whom it believes alone, if anybody.
    #[must_use]
    pub fn pin(&self) -> Option<Fingerprint> {
        self.pin
    }

    /// Why the last handshake failed, if it was for the certificate.
    #[must_use]
    pub fn refused(&self) -> Option<Error> {
        let found = self
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        Some(match self.pin {
            Some(pinned) => Error::ChangedCertificate { pinned, found },
            None => Error::UnknownCertificate(found),
        })
    }

    /// A configuration for connections that speak one of `protocols`.
    #[must_use]
    pub fn config(self: &Arc<Self>, protocols: &[&str]) -> ClientConfig {
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .expect("the provider has the cipher suites of TLS 1.2 and 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(self) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
        config
    }

    fn refuse(&self, found: Fingerprint) -> rustls::Error {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
    }
}

fn system_roots(provider: &Arc<CryptoProvider>) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(provider))
        .build()
        .ok()
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found = Fingerprint::of(end_entity);
        if let Some(pin) = self.pin {
            // Names and dates say nothing more: this very certificate was compared by somebody.
            return if pin == found {
                Ok(ServerCertVerified::assertion())
            } else {
                Err(self.refuse(found))
            };
        }
        let judged = self.public.as_ref().map(|public| {
            public.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        });
        match judged {
            Some(Ok(verified)) => Ok(verified),
            Some(Err(_)) | None => Err(self.refuse(found)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_read_as_people_write_them() {
        let plain = "00aabbccddeeff112233445566778899".repeat(2);
        let colons: Vec<String> = plain
            .as_bytes()
            .chunks(2)
            .map(|c| String::from_utf8_lossy(c).to_uppercase())
            .collect();
        let read: Fingerprint = colons.join(":").parse().expect("with colons");
        assert_eq!(read.to_string(), plain);
        assert_eq!(format!(" {plain}\n").parse(), Ok(read));
        for wrong in [
            "",
            "00",
            &plain[2..],
            "zz".repeat(32).as_str(),
            &format!("{plain}00"),
        ] {
            assert_eq!(
                wrong.parse::<Fingerprint>(),
                Err(NotAFingerprint),
                "{wrong}"
            );
        }
    }

    fn certificate() -> CertificateDer<'static> {
        let made =
            rcgen::generate_simple_self_signed(["skein.test".to_owned()]).expect("a certificate");
        made.cert.der().clone()
    }

    fn judge(trust: &Trust, certificate: &CertificateDer<'_>) -> bool {
        let name = ServerName::try_from("skein.test").expect("a name");
        trust
            .verify_server_cert(certificate, &[], &name, &[], UnixTime::now())
            .is_ok()
    }

    #[test]
    fn the_pinned_certificate_is_the_only_one_that_is_believed() {
        let (own, other) = (certificate(), certificate());
        let trust = Trust::new(Some(Fingerprint::of(&own)));
        assert!(judge(&trust, &own));
        assert!(trust.refused().is_none());
        assert!(!judge(&trust, &other));
        match trust.refused() {
            Some(Error::ChangedCertificate { pinned, found }) => {
                assert_eq!(
                    (pinned, found),
                    (Fingerprint::of(&own), Fingerprint::of(&other))
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_self_made_certificate_is_unknown_until_it_is_pinned() {
        let own = certificate();
        let trust = Trust::new(None);
        assert!(!judge(&trust, &own));
        assert!(
            matches!(trust.refused(), Some(Error::UnknownCertificate(found)) if found == Fingerprint::of(&own))
        );
        assert!(trust.refused().is_none(), "it is told once");
    }
}
