//! One text, two tests: a scenario on SQLite and on PostgreSQL.

/// A scenario that is given a fresh store.
macro_rules! on_both {
    ($name:ident, |$store:ident| $body:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "the body names what its file imports")]
            use super::*;

            async fn run($store: std::sync::Arc<dyn hub::store::Store>) {
                $body.await;
            }

            #[tokio::test]
            async fn sqlite() {
                crate::places::in_a_file(|at| {
                    Box::pin(async move { run(at.store().await.expect("a store")).await })
                })
                .await;
            }

            #[tokio::test]
            async fn postgres() {
                crate::places::on_a_server(|at| {
                    Box::pin(async move { run(at.store().await.expect("a store")).await })
                })
                .await;
            }
        }
    };
}
pub(crate) use on_both;
