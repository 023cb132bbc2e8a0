//! `skein reports`: what people have reported to the operator.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use time::OffsetDateTime;

use super::operate::{Server, done, on_server};
use super::{ConfigFlags, Failure, say, say_json};
use crate::control::{Answer, Report, Request};

/// List what people have reported, oldest first, and close what is done. Works while the server runs and while it does not.
#[derive(Debug, Args)]
pub(super) struct Reports {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    config: ConfigFlags,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List reports; without a command, the open ones are listed
    List {
        /// Closed ones too
        #[arg(long)]
        all: bool,
    },
    /// Close a report: it leaves the list of open ones
    Close {
        /// Its number in the list
        id: i64,
    },
}

impl Reports {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.config.read()?;
        on_server(&config, false, async |server| match self.what {
            Some(What::Close { id }) => {
                let answer = server.ask(Request::CloseReport { id }).await?;
                done(answer, self.json)
            }
            Some(What::List { all }) => list(server, all, self.json).await,
            None => list(server, false, self.json).await,
        })
    }
}

async fn list(server: &mut Server, all: bool, json: bool) -> Result<(), Failure> {
    let after = |last: Option<&Report>| Request::Reports {
        after: last.map_or(0, |last| last.id),
        all,
    };
    let page = |answer| match answer {
        Answer::Reports { reports, more } => Ok((reports, more)),
        other => Err(other),
    };
    let found = server.all(after, page).await?;
    if json {
        say_json(&found);
    } else if found.is_empty() {
        say(if all { "no reports" } else { "no open reports" });
    } else {
        found.iter().for_each(|report| say(shown(report)));
    }
    Ok(())
}

/// One line that says who, whom and why; below it what they wrote, each line set in.
fn shown(report: &Report) -> String {
    let mut out = format!(
        "{}\t{}\t{}\t{} reports {}",
        report.id,
        day(report.created),
        report.reason,
        report.reporter,
        report.about
    );
    if let Some(closed) = report.closed {
        let _ = write!(out, "\tclosed {}", day(closed));
    }
    for line in report.text.lines() {
        let _ = write!(out, "\n    {line}");
    }
    for message in &report.messages {
        let _ = write!(out, "\n    {} {}:", day(message.at), message.author);
        for line in message.words.lines() {
            let _ = write!(out, "\n      | {line}");
        }
    }
    out
}

fn day(ms: i64) -> String {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(ms.div_euclid(1_000)) else {
        return ms.to_string();
    };
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second) = at.to_hms();
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::QuotedMessage;

    #[test]
    fn nothing_that_people_write_stands_at_the_beginning_of_a_line() {
        let report = Report {
            id: 7,
            created: 1_795_747_510_000,
            closed: None,
            reason: "spam".into(),
            reporter: "ann".into(),
            about: "bob".into(),
            text: "again\n8\tforged".into(),
            messages: vec![QuotedMessage {
                author: "bob".into(),
                at: 1_795_747_500_000,
                words: "buy\n9\tforged".into(),
            }],
        };
        let text = shown(&report);
        assert!(text.starts_with("7\t2026-11-27T02:45:10Z\tspam\tann reports bob\n"));
        assert!(
            text.lines().skip(1).all(|line| line.starts_with("    ")),
            "{text}"
        );
    }
}
