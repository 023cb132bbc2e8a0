//! `skein invite`: who may make an account here.

use clap::{Args, Subcommand};

use super::operate::{Server, done, on_server};
use super::{ConfigFlags, Failure, say, say_json};
use crate::config::{Config, Registration};
use crate::control::{Answer, Invited, Request};

const DAY_MS: i64 = 86_400_000;

/// Invite people to this server. Works while the server runs and while it does not.
#[derive(Debug, Args)]
pub(super) struct Invite {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    config: ConfigFlags,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make an invitation; prints its code, and the link if the server has a public name
    New {
        /// How many people it lets in
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=10_000))]
        uses: i32,
        /// After how many days it ends
        #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=365))]
        days: i64,
    },
    /// List all invitations, those of members too
    List,
    /// Revoke an invitation
    Revoke {
        /// Its id, or at least the first eight digits of it
        id: String,
    },
}

impl Invite {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.config.read()?;
        on_server(&config, false, async |server| match self.what {
            What::New { uses, days } => {
                let request = Request::Invite {
                    lasts_ms: Some(days * DAY_MS),
                    uses: Some(uses),
                };
                made(server.ask(request).await?, &config, self.json)
            }
            What::List => list(server, self.json).await,
            What::Revoke { id } => done(server.ask(Request::Uninvite { id }).await?, self.json),
        })
    }
}

fn made(answer: Answer, config: &Config, json: bool) -> Result<(), Failure> {
    let Answer::Invited { code, invite } = answer else {
        return done(answer, json);
    };
    let link = link(config, &code);
    if json {
        say_json(&serde_json::json!({ "code": code, "link": link, "invite": invite }));
        return Ok(());
    }
    say(format_args!("code, shown once: {code}"));
    match link {
        Some(link) => say(format_args!("link: {link}")),
        None => say(
            "link: the address of this server, and behind it /#/register/CODE; set [server] public",
        ),
    }
    if config.accounts.registration != Registration::Invite {
        say(
            "note: [accounts] registration is not \"invite\" in this configuration, so nobody is asked for it",
        );
    }
    Ok(())
}

async fn list(server: &mut Server, json: bool) -> Result<(), Failure> {
    let after = |last: Option<&Invited>| Request::Invites {
        after: last.map(|last| last.id.clone()).unwrap_or_default(),
    };
    let page = |answer| match answer {
        Answer::Invites { invites, more } => Ok((invites, more)),
        other => Err(other),
    };
    let all = server.all(after, page).await?;
    if json {
        say_json(&all);
        return Ok(());
    }
    for Invited {
        id,
        by,
        expires,
        uses_left,
    } in &all
    {
        let by = if by.is_empty() { "operator" } else { by };
        let ends = time::OffsetDateTime::from_unix_timestamp(expires / 1_000);
        let ends = ends.map_or_else(|_| "?".to_owned(), |at| at.date().to_string());
        let id = id.get(..16).unwrap_or(id);
        say(format_args!(
            "{id}\t{by}\tends {ends}\tuses left {uses_left}"
        ));
    }
    Ok(())
}

/// What one sends to whom one invites.
fn link(config: &Config, code: &str) -> Option<String> {
    let host = config.server.public.first()?;
    let host = match host.parse::<std::net::Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => host.clone(),
    };
    let port = config.server.tls.first().and_then(|text| {
        let address: std::net::SocketAddr = text.parse().ok()?;
        Some(address.port())
    });
    Some(match port {
        // Behind a proxy, or on the port that need not be named.
        None | Some(443) => format!("https://{host}/#/register/{code}"),
        Some(port) => format!("https://{host}:{port}/#/register/{code}"),
    })
}
