//! `skein account`: what the operator does to accounts.

use std::io::BufRead as _;

use clap::{Args, Subcommand, ValueEnum};

use super::operate::{Server, done, on_server};
use super::{ConfigFlags, Failure, say, say_json};
use crate::control::{Answer, Listed, Request};

/// Make, list and change accounts. Works while the server runs and while it does not.
#[derive(Debug, Args)]
pub(super) struct Account {
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
    /// Make an account; prints its recovery code
    Add {
        /// 3 to 32 of a-z 0-9 . _ -
        name: String,
        /// The name others see; else the account name
        #[arg(long, value_name = "TEXT")]
        display: Option<String>,
        /// Another name to sign in with, in the form of mail; nothing is sent to it
        #[arg(long, value_name = "ADDRESS")]
        mail: Option<String>,
        /// Read the password from standard input: its first line
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// List all accounts
    List,
    /// Set somebody's password, and sign their devices out; prints a new recovery code
    Passwd {
        /// Whose
        name: String,
        /// Read the password from standard input: its first line
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Keep somebody out; their connections end at once
    Block {
        /// Whom
        name: String,
    },
    /// Let them in again
    Unblock {
        /// Whom
        name: String,
    },
    /// Change what a bot may do
    Bot {
        /// Which
        name: String,
        /// How often it may search, write, call and ask; `raised_bots` of the configuration says how much more
        #[arg(long, value_name = "HOW")]
        limits: BotPace,
    },
    /// Delete an account; its name stays taken, what it wrote to others stays with them
    Delete {
        /// Whose
        name: String,
    },
}

/// How often a bot may do things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BotPace {
    /// As often as anybody
    Usual,
    /// More often
    Raised,
}

impl Account {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.config.read()?;
        let request = match self.what {
            What::Add {
                name,
                display,
                mail,
                password_stdin: _,
            } => Request::Add {
                name,
                display,
                mail,
                password: password()?,
            },
            What::Passwd {
                name,
                password_stdin: _,
            } => Request::Password {
                name,
                password: password()?,
            },
            What::List => Request::List {
                after: String::new(),
            },
            What::Block { name } => Request::Block {
                name,
                blocked: true,
            },
            What::Unblock { name } => Request::Block {
                name,
                blocked: false,
            },
            What::Bot { name, limits } => Request::Bot {
                name,
                raised: limits == BotPace::Raised,
            },
            What::Delete { name } => Request::Delete { name },
        };
        // Only the first account may begin a store: a wrong folder must not become an empty server.
        let begins = matches!(request, Request::Add { .. });
        on_server(&config, begins, async |server| {
            carry_out(server, request, self.json).await
        })
    }
}

async fn carry_out(server: &mut Server, request: Request, json: bool) -> Result<(), Failure> {
    if matches!(request, Request::List { .. }) {
        return list(server, json).await;
    }
    match server.ask(request).await? {
        Answer::Done {
            recovery_code: Some(code),
        } if !json => {
            say(format_args!("done; recovery code, shown once: {code}"));
            Ok(())
        }
        answer => done(answer, json),
    }
}

async fn list(server: &mut Server, json: bool) -> Result<(), Failure> {
    let after = |last: Option<&Listed>| Request::List {
        after: last.map(|last| last.name.clone()).unwrap_or_default(),
    };
    let page = |answer| match answer {
        Answer::Accounts { accounts, more } => Ok((accounts, more)),
        other => Err(other),
    };
    let all = server.all(after, page).await?;
    if json {
        say_json(&all);
        return Ok(());
    }
    for account in &all {
        let limits = if account.raised {
            ", limits raised"
        } else {
            ""
        };
        say(format_args!(
            "{}\t{}\t{}{limits}\t{}",
            account.name, account.state, account.kind, account.display
        ));
    }
    Ok(())
}

fn password() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(Failure::no)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::Misuse(
            "standard input holds no password".to_owned(),
        ));
    }
    Ok(password.to_owned())
}
