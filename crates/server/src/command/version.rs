//! `skein version`.

use clap::Args;

use super::{Failure, say, say_json};

/// Say which version this is.
#[derive(Debug, Args)]
pub(super) struct Version {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Version {
    #[allow(clippy::unnecessary_wraps, reason = "all commands have one shape")]
    pub(super) fn run(self) -> Result<(), Failure> {
        let version = env!("CARGO_PKG_VERSION");
        if self.json {
            say_json(&serde_json::json!({ "name": "skein", "version": version }));
        } else {
            say(format_args!("skein {version}"));
        }
        Ok(())
    }
}
