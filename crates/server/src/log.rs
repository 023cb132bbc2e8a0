//! What the log looks like. It goes to standard error; answers go to standard output.

use std::fmt::Write as _;
use std::io::{self, Write};

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
        .with_writer(|| Plain(io::stderr()))
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

/// Events on their way out: each is one line without anything that a terminal or a reader of lines would obey, whoever the words in
/// it are from.
struct Plain<W>(W);

impl<W: Write> Write for Plain<W> {
    /// One event, which is written whole.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.0.write_all(plain(event).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The event with its control characters spelled, as JSON spells them too.
fn plain(event: &[u8]) -> String {
    let text = String::from_utf8_lossy(event);
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let mut out = String::with_capacity(text.len());
    for c in line.chars() {
        if c.is_control() {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out.push_str(&text[line.len()..]);
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Case C5. What the library leaves as it is: a line's end, which begins a line of somebody else's making, and more.
    #[test]
    fn an_event_is_one_line_that_no_terminal_obeys() {
        let hostile = "ana\u{1b}]0;x\u{7}\0\r\nWARN all is lost\u{9b}2J\u{7f}";
        let log = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        for is_json in [false, true] {
            let kept = log.clone();
            let layer = tracing_subscriber::fmt::layer()
                .with_writer(move || Plain(Kept(kept.clone())))
                .with_ansi(false);
            let registry = tracing_subscriber::registry();
            let event = || tracing::warn!(name = hostile, error = %hostile, "{hostile}");
            if is_json {
                tracing::subscriber::with_default(registry.with(layer.json()), event);
            } else {
                tracing::subscriber::with_default(registry.with(layer), event);
            }
            let line =
                String::from_utf8(std::mem::take(&mut *log.lock().expect("free"))).expect("text");
            let line = line.strip_suffix('\n').expect("an end");
            assert!(!line.contains(char::is_control), "{line:?}");
            assert_eq!(line.matches("all is lost").count(), 3, "{line}");
            if is_json {
                let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
                assert_eq!(value["fields"]["error"], hostile, "nothing is lost");
            }
        }
    }

    /// A log that a test reads afterwards.
    #[derive(Clone, Default)]
    pub(crate) struct Kept(pub(crate) std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("free").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
