//! The database goes, and comes back.

use std::time::{Duration, Instant};

use hub::command::Command;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::places::on_a_server;
use crate::scenarios::lab::Lab;

/// Lets nobody in, and ends whoever is; or lets them in again.
async fn open(name: &str, open: bool) {
    let server = std::env::var("SKEIN_TEST_POSTGRES").expect("it was set a moment ago");
    let mut admin = PgConnection::connect(&server).await.expect("the server");
    let rule = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {open}");
    let done = sqlx::query(AssertSqlSafe(rule)).execute(&mut admin).await;
    done.expect("changed");
    if !open {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        let done = sqlx::query(end).bind(name).execute(&mut admin).await;
        done.expect("ended");
    }
}

#[tokio::test]
async fn a_database_that_goes_and_comes_back_loses_nothing_and_needs_no_restart() {
    on_a_server(|at| {
        Box::pin(async move {
            let address = at.0.split('?').next().expect("an address");
            let name = address.rsplit_once('/').expect("a name").1.to_owned();
            let lab = Lab::on(at.store().await.expect("a store")).await;
            let (ann, bob) = lab.friends().await;
            let mut hears = bob.attach(&lab, None).await;
            let before = ann.send(&lab, &bob, "before", "1").await.expect("taken");
            assert_eq!(hears.message().await.1, "before");

            open(&name, false).await;
            let refused = ann.send(&lab, &bob, "meanwhile", "2").await;
            let refused = refused.expect_err("there is nothing to write to");
            assert_eq!(refused.code, "unavailable");
            assert!(lab.hub.ready().await.is_err());
            // Whoever is here stays here.
            let availability = Command::SetIdle(false);
            hears
                .session
                .command(availability)
                .await
                .expect("needs no store");

            open(&name, true).await;
            let begin = Instant::now();
            let again = loop {
                match ann.send(&lab, &bob, "meanwhile", "2").await {
                    Ok(sent) => break sent,
                    Err(error) => assert_eq!(error.code, "unavailable"),
                }
                assert!(begin.elapsed() < Duration::from_secs(20), "it is back");
                tokio::task::yield_now().await;
            };
            assert_eq!(
                hears.message().await.1,
                "meanwhile",
                "the session is the same"
            );
            // Each reader that was cut off says so once, and is made anew.
            let page = loop {
                let session = ann.session(&lab);
                let newest = hub::store::Around::Newest;
                match session.messages(before.conversation, newest, 10).await {
                    Ok((page, _, _)) => break page,
                    Err(error) => assert_eq!(error.code, "unavailable"),
                }
                assert!(begin.elapsed() < Duration::from_secs(20), "it can be read");
            };
            let texts: Vec<String> = page.iter().map(|m| m.message.body.words()).collect();
            assert!(
                texts.ends_with(&["before".into(), "meanwhile".into()]),
                "{texts:?}"
            );
            assert_eq!(page.last().map(|m| m.message.id), Some(again.id));
            while lab.hub.ready().await.is_err() {
                assert!(begin.elapsed() < Duration::from_secs(20), "well again");
            }
        })
    })
    .await;
}
