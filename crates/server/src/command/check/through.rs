//! What reaches the server from where people are: a proxy in front of it may refuse what the server itself would take.

use client::Server;
use client::tls::Fingerprint;

use super::{Failure, Findings, State};
use crate::command::login::runtime;

/// The browser client makes its pieces smaller down to this.
const SMALLEST: usize = 16 * 1024;
/// Programs of Skype's web generation send a file in one request; nobody waits here for more than this, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// Looks at the server at this address.
pub(super) fn through(
    findings: &mut Findings,
    url: &str,
    pin: Option<Fingerprint>,
) -> Result<(), Failure> {
    let server = Server::new(url, pin).map_err(Failure::misuse)?;
    runtime()?.block_on(look(findings, url, &server));
    Ok(())
}

async fn look(findings: &mut Findings, url: &str, server: &Server) {
    const WHAT: &str = "through";
    let info = match server.info().await {
        Ok(info) => info,
        Err(error) => return findings.add(WHAT, State::Bad, None, error.to_string()),
    };
    let sentence = format!("{url} leads to {}, version {}", info.name, info.version);
    findings.add(WHAT, State::Good, None, sentence);
    let piece = info.limits.piece_bytes as usize;
    let whole = usize::try_from(info.limits.object_bytes).map_or(LARGEST, |most| most.min(LARGEST));
    let (state, sentence) = match largest(server, piece, whole).await {
        Err(error) => (State::Bad, error.to_string()),
        Ok(0) => (
            State::Bad,
            format!(
                "something before the server refuses files, even in pieces of {SMALLEST} bytes: {RAISE}"
            ),
        ),
        Ok(most) if most < piece => (
            State::Note,
            format!(
                "something before the server refuses what is larger than about {most} bytes; files go in smaller pieces, and slowly: {RAISE}"
            ),
        ),
        Ok(most) if most < whole => (
            State::Note,
            format!(
                "files pass in pieces; programs that send a file in one request, as those of Skype's web generation do, send up to about \
                 {most} bytes: {RAISE}"
            ),
        ),
        Ok(most) => (
            State::Good,
            format!("files pass, also {most} bytes in one request"),
        ),
    };
    findings.add(WHAT, state, None, sentence);
}

/// What an operator does about it.
const RAISE: &str = "raise the limit of the proxy (nginx: client_max_body_size)";

/// The largest request that was seen to come through: of the pieces and their halves, and of doubles up to `whole`; 0 for none.
async fn largest(server: &Server, piece: usize, whole: usize) -> Result<usize, client::Error> {
    let mut size = piece;
    while !server.lets_through(size).await? {
        size /= 2;
        if size < SMALLEST {
            return Ok(0);
        }
    }
    if size < piece {
        return Ok(size);
    }
    while size < whole && server.lets_through((2 * size).min(whole)).await? {
        size = (2 * size).min(whole);
    }
    Ok(size)
}
