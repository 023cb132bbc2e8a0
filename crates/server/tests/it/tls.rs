//! The one TLS port.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::Server;

fn connector(server: &Server, alpn: &[&str]) -> TlsConnector {
    let path = server.folder.path().join("tls/certificate.pem");
    let certificate = CertificateDer::from_pem_file(path).expect("made at the first start");
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

async fn shake(
    server: &Server,
    name: &str,
    alpn: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(server.tls()).await?;
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    connector(server, alpn).connect(name, stream).await
}

async fn get(mut stream: TlsStream<TcpStream>) -> String {
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).expect("text")
}

#[tokio::test]
async fn alpn_chooses_and_without_it_the_first_bytes_do() {
    let server = Server::start().await;
    // A name, a number (which sends no name), HTTP by ALPN, nothing by ALPN.
    for (name, alpn) in [
        ("localhost", &["http/1.1"][..]),
        ("127.0.0.1", &["http/1.1"]),
        ("127.0.0.1", &[]),
    ] {
        let answer = get(shake(&server, name, alpn).await.expect("a handshake")).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("alive\n"),
            "{name} {alpn:?}: {answer}"
        );
    }
    let stream = shake(&server, "localhost", &["h2", "http/1.1"])
        .await
        .expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    // What is spoken here is chosen, whatever else is offered.
    let stream = shake(&server, "localhost", &["stun.turn", "h2"]).await;
    let stream = stream.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    for unknown in [&["irc", "gopher"][..], &["stun.turn"], &["msn"]] {
        let refused = shake(&server, "localhost", unknown).await;
        let refused = refused.expect_err("only unknown ones");
        assert!(
            format!("{refused:?}").contains("NoApplicationProtocol"),
            "{refused:?}"
        );
    }
    // Other bytes than HTTP are another dialect, and there is none yet.
    let mut stream = shake(&server, "localhost", &[]).await.expect("a handshake");
    stream.write_all(b"VER 1 MSNP24\r\n").await.expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    server.stop().await;
}

#[tokio::test]
async fn plain_http_on_the_tls_port_is_told_to_use_https() {
    let server =
        Server::start_with(|config| config.server.public = vec!["skein.example".to_owned()]).await;
    let address: SocketAddr = server.tls();
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: skein.example\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(
        answer.contains(&format!("https://skein.example:{}/", address.port())),
        "{answer}"
    );
    server.stop().await;
}

#[tokio::test]
async fn the_fingerprint_is_kept_over_a_restart_and_told() {
    let server = Server::start().await;
    let fingerprint = server
        .program
        .ready
        .fingerprint
        .clone()
        .expect("there is TLS");
    let info: webapi::skein::ServerInfo = reqwest::get(server.url("server"))
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(info.fingerprint.as_ref(), Some(&fingerprint));
    assert!(
        server
            .program
            .ready
            .to_string()
            .contains(&format!("fingerprint={fingerprint}"))
    );
    let folder = server.stop().await;
    let again = Server::start_in(folder, |_| {}).await;
    assert_eq!(again.program.ready.fingerprint, Some(fingerprint));
    again.stop().await;
}

/// What `openssl s_client` with these arguments is answered on a health check; `None` without openssl.
fn openssl(server: &Server, arguments: &[&str]) -> Option<String> {
    openssl_asks(server, arguments, "localhost", "/healthz")
}

/// The same of a path under a host's name.
fn openssl_asks(server: &Server, arguments: &[&str], host: &str, path: &str) -> Option<String> {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new("openssl")
        .args(["s_client", "-quiet", "-connect", &server.tls().to_string()])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut stdin = child.stdin.take().expect("piped");
    let _ = stdin.write_all(request.as_bytes());
    let output = child.wait_with_output().expect("ended");
    let said = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shakes_hands_with_clients_that_name_nobody_or_a_number() {
    let server = Server::start().await;
    for version in ["-tls1_2", "-tls1_3"] {
        for arguments in [
            &["-noservername"][..],
            &["-servername", "127.0.0.1"],
            &["-servername", "::1"],
            &["-servername", "messenger.hotmail.com"],
            &["-servername", "LOCALHOST"],
            &["-servername", "localhost."],
            &["-servername", "a_b.example"],
            &["-noservername", "-alpn", "http/1.1"],
            &["-noservername", "-alpn", "stun.turn,http/1.1"],
        ] {
            let arguments = [&[version], arguments].concat();
            let Some(said) = openssl(&server, &arguments) else {
                return eprintln!("skipped: there is no openssl");
            };
            assert!(said.contains("HTTP/1.1 200"), "{arguments:?}: {said}");
        }
        let said = openssl(&server, &[version, "-noservername", "-alpn", "irc,gopher"]);
        let said = said.unwrap_or_default().to_lowercase();
        assert!(said.contains("no application protocol"), "{said}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_host_names_are_found_by_their_requests_whatever_the_hello_names() {
    let server = Server::start().await;
    let gateway = "client-s.gateway.messenger.live.com";
    for version in ["-tls1_2", "-tls1_3"] {
        for name in [
            &["-noservername"][..],
            &["-servername", "127.0.0.1"],
            &["-servername", gateway],
            &["-servername", "Client-S.Gateway.Messenger.Live.Com"],
            &["-servername", "elsewhere.example"],
        ] {
            for (host, path, wanted) in [
                (gateway, "/v1/ng/ping", "HTTP/1.1 200"),
                ("api.skype.com", "/users/self/profile", "HTTP/1.1 401"),
                (
                    "api.asm.skype.com",
                    "/v1/objects/0-x/views/imgo",
                    "HTTP/1.1 401",
                ),
            ] {
                let arguments = [&[version], name].concat();
                let Some(said) = openssl_asks(&server, &arguments, host, path) else {
                    return eprintln!("skipped: there is no openssl");
                };
                assert!(said.contains(wanted), "{arguments:?} {host}: {said}");
            }
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_knows_rsa_alone_gets_the_operators_own_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let [key, certificate] = ["key.pem", "chain.pem"].map(|name| folder.path().join(name));
    let made = std::process::Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return eprintln!("skipped: there is no openssl");
    }
    let server = Server::start_with(|config| {
        config.server.certificate = Some(certificate);
        config.server.certificate_key = Some(key);
    })
    .await;
    let rsa = "RSA+SHA256:RSA-PSS+SHA256";
    for version in ["-tls1_2", "-tls1_3"] {
        let arguments = [version, "-noservername", "-sigalgs", rsa];
        let said = openssl(&server, &arguments).expect("there was one");
        assert!(said.contains("HTTP/1.1 200"), "{version}: {said}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_long_hello_in_several_records_is_read_to_its_end() {
    let server = Server::start().await;
    let many: Vec<String> = (0..400).map(|n| format!("nobody-speaks-{n}")).collect();
    let mut alpn: Vec<&str> = many.iter().map(String::as_str).collect();
    alpn.push("http/1.1");
    let path = server.folder.path().join("tls/certificate.pem");
    let certificate = CertificateDer::from_pem_file(path).expect("made at the first start");
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    config.max_fragment_size = Some(512);
    let stream = TcpStream::connect(server.tls()).await.expect("connected");
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let answer = get(stream.await.expect("a handshake")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_ticket_of_the_last_run_is_no_hindrance() {
    let server = Server::start().await;
    // One client with one memory of tickets, over a restart of the server.
    let client = connector(&server, &["http/1.1"]);
    let visit = async |server: &Server| {
        let stream = TcpStream::connect(server.tls()).await.expect("connected");
        let name = ServerName::try_from("localhost").expect("a name");
        get(client.connect(name, stream).await.expect("a handshake")).await
    };
    for _ in 0..2 {
        assert!(visit(&server).await.starts_with("HTTP/1.1 200"));
    }
    let folder = server.stop().await;
    let again = Server::start_in(folder, |_| {}).await;
    assert!(visit(&again).await.starts_with("HTTP/1.1 200"));
    again.stop().await;
}
