//! What the log looks like. It goes to standard error; answers go to standard output.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, LogFormat};

/// Crates below ours that would write frames, statements or descriptions: they say only what goes wrong, whatever the
/// operator asks for.
const QUIET: [&str; 8] = [
    "tungstenite=info",
    "tokio_tungstenite=info",
    "h2=info",
    "hyper=info",
    "hyper_util=info",
    "rustls=info",
    "sqlx=warn",
    "str0m=info",
];

/// Begins to log. `[log] level` that cannot be understood is an error with its text.
pub fn begin(log: &Log) -> Result<(), String> {
    let mut filter = EnvFilter::builder()
        .parse(&log.level)
        .map_err(|error| format!("[log] level: {error}"))?;
    for directive in QUIET {
        filter = filter.add_directive(directive.parse().expect("a directive"));
    }
    sansio::reveal_redacted(log.reveal);
    let registry = tracing_subscriber::registry().with(filter);
    // A closed standard error must not end the program: what cannot be written is left out.
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .with_target(true);
    let begun = match log.format {
        LogFormat::Text => registry.with(layer.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
    };
    // In tests another log may be there already; it stays.
    let _ = begun;
    Ok(())
}
