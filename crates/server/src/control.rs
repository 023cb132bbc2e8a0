//! The operator's hand on a server that runs: a socket in the data folder, for this machine and this user only.
//!
//! One line of JSON asks, one line answers. `skein account` uses it when the server runs, so that a block closes
//! connections at once; else it opens the store itself and does the same.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hub::id::ReportId;
use hub::model::AccountState;
use hub::{Hub, NewAccount};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tracing::{debug, warn};

/// The socket's name in the data folder.
const NAME: &str = "control";
/// The longest line.
const MAX_LINE: u64 = 64 * 1024;
/// One request takes at most so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// Accounts of one page of a list.
const PAGE: u32 = 500;

/// What the operator asks for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// Make an account.
    Add {
        /// Its name.
        name: String,
        /// The name others see; absent: the account name.
        display: Option<String>,
        /// Its password.
        password: String,
        /// A handle in the form of mail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mail: Option<String>,
    },
    /// Set a password.
    Password {
        /// Whose.
        name: String,
        /// To what.
        password: String,
    },
    /// Block, or end a block.
    Block {
        /// Whom.
        name: String,
        /// Whether.
        blocked: bool,
    },
    /// Raise the limits of a bot, or set them back.
    Bot {
        /// Which.
        name: String,
        /// Whether.
        raised: bool,
    },
    /// Delete an account.
    Delete {
        /// Whose.
        name: String,
    },
    /// A page of reports.
    Reports {
        /// Above this id.
        after: i64,
        /// Closed ones too.
        all: bool,
    },
    /// Close a report.
    CloseReport {
        /// Which.
        id: i64,
    },
    /// A page of accounts by name.
    List {
        /// Above this name.
        after: String,
    },
    /// Make an invitation.
    Invite {
        /// How long it holds, in ms; absent: a week.
        lasts_ms: Option<i64>,
        /// How often; absent: once.
        uses: Option<i32>,
    },
    /// A page of invitations by id.
    Invites {
        /// Above this id; empty: from the first.
        after: String,
    },
    /// Revoke an invitation.
    Uninvite {
        /// How its id begins.
        id: String,
    },
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Add { .. } => "add",
            Self::Password { .. } => "password",
            Self::Block { .. } => "block",
            Self::Bot { .. } => "bot",
            Self::Delete { .. } => "delete",
            Self::List { .. } => "list",
            Self::Reports { .. } => "reports",
            Self::CloseReport { .. } => "close report",
            Self::Invite { .. } => "invite",
            Self::Invites { .. } => "invites",
            Self::Uninvite { .. } => "uninvite",
        })
    }
}

/// What it gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// Done; a new recovery code, if there is one.
    Done {
        /// Shown once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recovery_code: Option<String>,
    },
    /// A page of accounts; go on after the last while `more`.
    Accounts {
        /// The page.
        accounts: Vec<Listed>,
        /// Whether there are more.
        more: bool,
    },
    /// A page of reports; go on after the last while `more`.
    Reports {
        /// The page.
        reports: Vec<Report>,
        /// Whether there are more.
        more: bool,
    },
    /// An invitation was made.
    Invited {
        /// What lets somebody in; shown once.
        code: String,
        /// The invitation.
        invite: Invited,
    },
    /// A page of invitations; go on after the last while `more`.
    Invites {
        /// The page.
        invites: Vec<Invited>,
        /// Whether there are more.
        more: bool,
    },
    /// Refused.
    Refused {
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
}

/// What somebody reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its id.
    pub id: i64,
    /// When, in ms.
    pub created: i64,
    /// When it was closed, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<i64>,
    /// `spam`, `harassment`, `impersonation`, `harmful` or `other`.
    pub reason: String,
    /// The account that reports.
    pub reporter: String,
    /// The account that is reported.
    pub about: String,
    /// What the reporter adds.
    pub text: String,
    /// Messages as they stood then.
    pub messages: Vec<QuotedMessage>,
}

/// A message in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedMessage {
    /// Who wrote it.
    pub author: String,
    /// When, in ms.
    pub at: i64,
    /// Its words.
    pub words: String,
}

/// An account in the operator's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The name others see.
    pub display: String,
    /// `active`, `blocked`, `blocked with its owner` or `deleted`.
    pub state: String,
    /// `person`, `bot`, `guest`, `service` or `telephone`.
    pub kind: String,
    /// Whether it is a bot whose limits were raised.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub raised: bool,
    /// When it was made, in ms.
    pub created: i64,
    /// When it was last seen, in ms; 0 if never.
    pub last_seen: i64,
}

/// An invitation in the operator's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// What it is revoked by.
    pub id: String,
    /// Who made it; empty: the operator.
    pub by: String,
    /// When it ends, in ms.
    pub expires: i64,
    /// How often it may still be used.
    pub uses_left: i32,
}

/// Does what the operator asks for.
pub async fn operate(hub: &Hub, request: Request) -> Answer {
    let done = |code: Option<String>| Answer::Done {
        recovery_code: code,
    };
    let outcome = match request {
        Request::Add {
            name,
            display,
            password,
            mail,
        } => {
            let display = display.unwrap_or_else(|| name.clone());
            let who = NewAccount {
                name,
                display,
                password,
                language: None,
            };
            hub.operator_add(who, mail.as_deref())
                .await
                .map(|(_, code)| done(Some(code)))
        }
        Request::Password { name, password } => hub
            .operator_password(&name, password)
            .await
            .map(|code| done(Some(code))),
        Request::Block { name, blocked } => hub
            .operator_block(&name, blocked)
            .await
            .map(|()| done(None)),
        Request::Bot { name, raised } => {
            hub.operator_raise(&name, raised).await.map(|()| done(None))
        }
        Request::Delete { name } => hub.operator_delete(&name).await.map(|()| done(None)),
        Request::Reports { after, all } => {
            hub.operator_reports(ReportId(after), all)
                .await
                .map(|(found, more)| Answer::Reports {
                    reports: found.iter().map(report).collect(),
                    more,
                })
        }
        Request::CloseReport { id } => hub
            .operator_close_report(ReportId(id))
            .await
            .map(|()| done(None)),
        Request::Invite { lasts_ms, uses } => {
            let made = hub.operator_invite(lasts_ms, uses).await;
            made.map(|(code, link)| Answer::Invited {
                code,
                invite: invited(&link, String::new()),
            })
        }
        Request::Invites { after } => {
            let mut hash = [0; 32];
            // What is no id begins the list.
            let _ = hex::decode_to_slice(&after, &mut hash);
            hub.operator_invites(hash).await.map(|found| {
                let more = found.len() == PAGE as usize;
                let invites = found.into_iter().map(|(link, by)| invited(&link, by));
                Answer::Invites {
                    invites: invites.collect(),
                    more,
                }
            })
        }
        Request::Uninvite { id } => hub.operator_uninvite(&id).await.map(|()| done(None)),
        Request::List { after } => hub.operator_list(&after, PAGE).await.map(|found| {
            let more = found.len() == PAGE as usize;
            Answer::Accounts {
                accounts: found.iter().map(listed).collect(),
                more,
            }
        }),
    };
    outcome.unwrap_or_else(|error| Answer::Refused {
        code: error.code.to_owned(),
        message: error.message,
    })
}

fn report(found: &hub::Reported) -> Report {
    let of = &found.report;
    let name = |id| {
        let known = found.people.iter().find(|account| account.id == id);
        known.map_or_else(|| "?".to_owned(), |account| account.name.clone())
    };
    let reason = serde_json::to_value(of.reason).ok();
    Report {
        id: of.id.0,
        created: of.created.0,
        closed: of.closed.map(|at| at.0),
        reason: reason
            .and_then(|reason| reason.as_str().map(str::to_owned))
            .unwrap_or_default(),
        reporter: name(of.reporter),
        about: name(of.about),
        text: of.text.clone(),
        messages: of
            .quotes
            .iter()
            .map(|quote| QuotedMessage {
                author: name(quote.author),
                at: quote.stamp.0,
                words: quote.words.clone(),
            })
            .collect(),
    }
}

fn invited(link: &hub::model::Link, by: String) -> Invited {
    Invited {
        id: hex::encode(link.token_hash),
        by,
        expires: link.expires.unwrap_or_default().0,
        uses_left: link.uses_left.unwrap_or_default(),
    }
}

fn listed(account: &hub::model::Account) -> Listed {
    let kind = serde_json::to_value(account.kind).ok();
    Listed {
        name: account.name.clone(),
        display: account.display.clone(),
        state: match account.state {
            AccountState::Active => "active",
            AccountState::Blocked => "blocked",
            AccountState::BlockedWithOwner => "blocked with its owner",
            AccountState::Deleted | AccountState::Leaving => "deleted",
        }
        .to_owned(),
        kind: kind
            .and_then(|kind| kind.as_str().map(str::to_owned))
            .unwrap_or_default(),
        raised: account.raised,
        created: account.created.0,
        last_seen: account.last_seen.0,
    }
}

/// The socket of a server that runs; removed when dropped.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
}

impl Control {
    /// Opens it in `folder`, whose lock the caller holds. A server without it still serves.
    pub fn open(folder: &Path, hub: Hub, background: &mut JoinSet<()>) -> Option<Self> {
        let path = folder.join(NAME);
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&path).and_then(|listener| {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            Ok(listener)
        });
        match listener {
            Ok(listener) => {
                background.spawn(serve(listener, hub));
                Some(Self { path })
            }
            Err(error) => {
                warn!(%error, "skein account cannot reach this server while it runs");
                None
            }
        }
    }

    /// Asks the server that runs on `folder`; `None` if none does.
    pub async fn ask(folder: &Path, request: &Request) -> Option<std::io::Result<Answer>> {
        let stream = UnixStream::connect(folder.join(NAME)).await.ok()?;
        Some(ask(stream, request).await)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

async fn serve(listener: UnixListener, hub: Hub) {
    loop {
        // One after the other: it is one operator.
        match listener.accept().await {
            Ok((stream, _)) => {
                if tokio::time::timeout(PATIENCE, answer(stream, &hub))
                    .await
                    .is_err()
                {
                    debug!("an operator's request took too long");
                }
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
        }
    }
}

async fn answer(stream: UnixStream, hub: &Hub) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(MAX_LINE))
        .read_line(&mut line)
        .await?;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => operate(hub, request).await,
        Err(_) => Answer::Refused {
            code: "bad_request".to_owned(),
            message: "another version of skein runs there: use its own program".to_owned(),
        },
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    write.write_all(&line).await
}

async fn ask(stream: UnixStream, request: &Request) -> std::io::Result<Answer> {
    let (read, mut write) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    write.write_all(&line).await?;
    let mut answer = String::new();
    let mut read = BufReader::new(read);
    tokio::time::timeout(PATIENCE, read.read_line(&mut answer)).await??;
    Ok(serde_json::from_str(&answer)?)
}
