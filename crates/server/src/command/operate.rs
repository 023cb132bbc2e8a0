//! What the operator's commands stand on: the server that runs, or a hub of their own while it does not.

use std::sync::Arc;

use hub::event::IceConfig;
use hub::id::{AccountId, CallKey};
use hub::paths::Paths;
use hub::{Hub, Ports};
use tokio::task::JoinSet;

use super::{Failure, say, say_json};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::control::{Answer, Control, Request, operate};
use crate::program::{data_folder, hub_config, open_blobs, open_existing_store, open_store};

/// Does something on the server, or on what it keeps. `begins`: an empty folder becomes a server.
pub(super) fn on_server(
    config: &Config,
    begins: bool,
    run: impl AsyncFnOnce(&mut Server) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::no)?;
    runtime.block_on(async {
        let mut server = Server::find(config, begins).await?;
        let ended = run(&mut server).await;
        server.close().await;
        ended
    })
}

/// Says that it is done, if it is.
pub(super) fn done(answer: Answer, json: bool) -> Result<(), Failure> {
    match answer {
        Answer::Refused { message, .. } => return Err(Failure::No(message)),
        answer if json => say_json(&answer),
        _ => say("done"),
    }
    Ok(())
}

/// The server that runs on the data folder, or a hub of one's own on it.
pub(super) enum Server {
    /// It runs.
    Running { folder: std::path::PathBuf },
    /// It does not.
    Own {
        hub: Hub,
        store: crate::program::Kept,
        work: JoinSet<()>,
    },
}

impl Server {
    async fn find(config: &Config, begins: bool) -> Result<Self, Failure> {
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

    /// Asks for something.
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

    /// A list to its end: `after` asks for what comes behind the last one, `page` gives what came and whether there is more.
    pub(super) async fn all<T>(
        &mut self,
        after: impl Fn(Option<&T>) -> Request,
        page: impl Fn(Answer) -> Result<(Vec<T>, bool), Answer>,
    ) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        loop {
            let (found, more) = match page(self.ask(after(all.last())).await?) {
                Ok(page) => page,
                Err(Answer::Refused { message, .. }) => return Err(Failure::No(message)),
                Err(_) => {
                    let message = "another version of skein runs there: use its own program";
                    return Err(Failure::No(message.to_owned()));
                }
            };
            let ends = found.is_empty() || !more;
            all.extend(found);
            if ends {
                return Ok(all);
            }
        }
    }

    async fn close(self) {
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
