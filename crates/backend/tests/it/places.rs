//! Where tests keep their stores: a file in a folder of its own, or a database of its own on the server that
//! `SKEIN_TEST_POSTGRES` names (see `ci/with-services`).

use std::path::PathBuf;
use std::sync::Arc;

use backend::contract::Place;
use futures_util::future::BoxFuture;
use hub::store::Store;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// A path to a file, or an address.
pub(crate) struct At(pub(crate) String);

impl At {
    pub(crate) async fn store(&self) -> Result<Arc<dyn Store>, backend::OpenError> {
        if self.0.starts_with("postgres:") {
            backend::postgres::open(&self.0).await
        } else {
            backend::sqlite::open(&PathBuf::from(&self.0)).await
        }
    }
}

impl Place for At {
    fn open(&self) -> BoxFuture<'_, Arc<dyn Store>> {
        Box::pin(async { self.store().await.unwrap_or_else(|error| panic!("{error}")) })
    }
}

pub(crate) async fn in_a_file<T>(test: impl FnOnce(Arc<At>) -> BoxFuture<'static, T>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skein.db");
    test(Arc::new(At(file.to_str().unwrap().to_owned()))).await;
}

pub(crate) async fn on_a_server<T>(test: impl FnOnce(Arc<At>) -> BoxFuture<'static, T>) {
    let Ok(server) = std::env::var("SKEIN_TEST_POSTGRES") else {
        eprintln!("skipped: SKEIN_TEST_POSTGRES is not set");
        return;
    };
    let name = format!("skein_{:016x}", rand::random::<u64>());
    let mut admin = PgConnection::connect(&server).await.unwrap();
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&mut admin).await.unwrap();
    let (before, query) = server
        .split_once('?')
        .map_or((&*server, String::new()), |(a, b)| (a, format!("?{b}")));
    let before = before.rsplit_once('/').unwrap().0;
    test(Arc::new(At(format!("{before}/{name}{query}")))).await;
    let drop = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
    sqlx::query(drop).execute(&mut admin).await.unwrap();
}
