//! `skein account`: what the operator does to accounts.

use std::io::BufRead as _;
use std::sync::Arc;

use clap::{Args, Subcommand};
use hub::event::IceConfig;
use hub::id::{AccountId, CallKey};
use hub::paths::Paths;
use hub::{Hub, Ports};
use tokio::task::JoinSet;

use super::{ConfigFlags, Failure, say, say_json};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::control::{Answer, Control, Listed, Request, operate};
use crate::program::{data_folder, hub_config, open_blobs, open_existing_store, open_store};

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
    /// Delete an account; its name stays taken, what it wrote to others stays with them
    Delete {
        /// Whose
        name: String,
    },
}

impl Account {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.config.read()?;
        let request = match self.what {
            What::Add {
                name,
                display,
                password_stdin: _,
            } => Request::Add {
                name,
                display,
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
            What::Delete { name } => Request::Delete { name },
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(Failure::no)?;
        runtime.block_on(async {
            // Only the first account may begin a store: a wrong folder must not become an empty server.
            let begins = matches!(request, Request::Add { .. });
            let mut server = Server::find(&config, begins).await?;
            let ended = carry_out(&mut server, request, self.json).await;
            server.close().await;
            ended
        })
    }
}

async fn carry_out(server: &mut Server, request: Request, json: bool) -> Result<(), Failure> {
    let is_list = matches!(request, Request::List { .. });
    let mut answer = server.ask(request).await?;
    let mut all: Vec<Listed> = Vec::new();
    while let Answer::Accounts { accounts, more } = answer {
        let next = accounts
            .last()
            .map(|last| last.name.clone())
            .filter(|_| more);
        all.extend(accounts);
        answer = match next {
            Some(after) => server.ask(Request::List { after }).await?,
            None => Answer::Done {
                recovery_code: None,
            },
        };
    }
    match answer {
        Answer::Refused { message, .. } => Err(Failure::No(message)),
        _ if is_list && json => {
            say_json(&all);
            Ok(())
        }
        _ if is_list => {
            for account in &all {
                say(format_args!(
                    "{}\t{}\t{}\t{}",
                    account.name, account.state, account.kind, account.display
                ));
            }
            Ok(())
        }
        answer if json => {
            say_json(&answer);
            Ok(())
        }
        Answer::Done {
            recovery_code: Some(code),
        } => {
            say(format_args!("done; recovery code, shown once: {code}"));
            Ok(())
        }
        Answer::Done {
            recovery_code: None,
        }
        | Answer::Accounts { .. }
        | Answer::Reports { .. }
        | Answer::Invited { .. }
        | Answer::Invites { .. } => {
            say("done");
            Ok(())
        }
    }
}

/// The server that runs on the data folder, or a hub of one's own on it.
pub(super) enum Server {
    Running {
        folder: std::path::PathBuf,
    },
    Own {
        hub: Hub,
        store: crate::program::Kept,
        work: JoinSet<()>,
    },
}

impl Server {
    pub(super) async fn find(config: &Config, begins: bool) -> Result<Self, Failure> {
        let folder = data_folder(config).map_err(Failure::misuse)?;
        let probe = Request::List {
            after: "\u{10ffff}".to_owned(),
        };
        if Control::ask(&folder, &probe)
            .await
            .is_some_and(|answer| answer.is_ok())
        {
            return Ok(Self::Running { folder });
        }
        let store = if begins {
            open_store(config, &folder).await
        } else {
            open_existing_store(config, &folder).await
        };
        let store = store.map_err(Failure::no)?;
        let ports = Ports {
            store: store.store.clone(),
            blobs: open_blobs(config, &folder).map_err(Failure::no)?,
            bus: backend::memory_bus(),
            clock: Arc::new(SystemClock),
            paths: Arc::new(NoRelay),
            rng: sansio::rng::from_system(),
        };
        let (hub, tasks) = Hub::start(ports, hub_config(config, false))
            .await
            .map_err(Failure::no)?;
        let mut work = JoinSet::new();
        for task in tasks {
            work.spawn(task);
        }
        Ok(Self::Own { hub, store, work })
    }

    pub(super) async fn ask(&mut self, request: Request) -> Result<Answer, Failure> {
        match self {
            Self::Running { folder } => match Control::ask(folder, &request).await {
                Some(answer) => answer.map_err(Failure::no),
                None => Err(Failure::No(
                    "the server stopped meanwhile: try again".to_owned(),
                )),
            },
            Self::Own { hub, .. } => Ok(operate(hub, request).await),
        }
    }

    pub(super) async fn close(self) {
        if let Self::Own {
            hub,
            store,
            mut work,
        } = self
        {
            hub.stop().await;
            work.shutdown().await;
            let _ = store.store.close().await;
        }
    }
}

/// Nobody calls while only the operator is here.
#[derive(Debug)]
struct NoRelay;

impl Paths for NoRelay {
    fn ice(&self, _: CallKey, _: AccountId, _: bool, relay_only: bool) -> IceConfig {
        IceConfig {
            servers: Vec::new(),
            relay_only,
        }
    }

    fn end(&self, _: CallKey) {}

    fn end_account(&self, _: AccountId) {}
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
