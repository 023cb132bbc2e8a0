//! What a batch promises.

use futures_util::FutureExt as _;
use hub::id::*;
use hub::store::{Boxed, Keys, Rows, StoreError, Transaction};

use super::keeping::{keys_of, one_of_each};
use super::{Place, commit, rows};

/// Also when it was dropped in the middle of a statement.
pub async fn a_transaction_that_is_dropped_leaves_nothing(place: &dyn Place) {
    let store = place.open().await;
    let rows = one_of_each();
    let mut transaction = store.begin().await.expect("the writer's turn");
    transaction.save(&rows, Pos(60)).await.expect("saved");
    drop(transaction);
    let mut transaction = store.begin().await.expect("the writer's turn");
    assert_eq!(transaction.head(), Pos(0));
    // Given up in the middle; a store that is done at once makes no difference to what is kept.
    let _half = transaction.save(&rows, Pos(60)).now_or_never();
    drop(transaction);

    let other = place.open().await;
    let transaction = other.begin().await.expect("no lock was left behind");
    assert_eq!(transaction.head(), Pos(0));
    drop(transaction);
    assert_eq!(
        store.load(&keys_of(&rows)).await.expect("rows"),
        Rows::default()
    );
    assert_eq!(store.head().await.expect("head"), Pos(0));
}

/// What is not committed is nobody else's.
pub async fn a_transaction_sees_its_own_rows_and_others_do_not(place: &dyn Place) {
    let (store, other) = (place.open().await, place.open().await);
    let keys = Keys {
        accounts: [AccountId(1)].into(),
        ..Keys::default()
    };
    let rows = Rows {
        accounts: vec![rows::account(1)],
        ..Rows::default()
    };
    let mut transaction = store.begin().await.expect("the writer's turn");
    assert_eq!(
        transaction.load(&keys).await.expect("nothing yet"),
        Rows::default()
    );
    transaction.save(&rows, Pos(5)).await.expect("saved");
    assert_eq!(transaction.load(&keys).await.expect("its own"), rows);
    for reader in [&store, &other] {
        assert_eq!(reader.load(&keys).await.expect("not yet"), Rows::default());
        assert_eq!(reader.head().await.expect("not yet"), Pos(0));
    }
    transaction.commit().await.expect("committed");
    for reader in [&store, &other] {
        assert_eq!(reader.load(&keys).await.expect("now"), rows);
        assert_eq!(reader.head().await.expect("now"), Pos(5));
    }
}

/// A head below the one before is our own broken promise.
pub async fn the_head_never_goes_back(place: &dyn Place) {
    let store = place.open().await;
    commit(&*store, &Rows::default(), 60).await;
    let mut transaction = store.begin().await.expect("the writer's turn");
    let error = transaction
        .save(&Rows::default(), Pos(59))
        .await
        .expect_err("below the head");
    assert!(matches!(error, StoreError::Broken(_)), "{error}");
}

/// Two processes: the second begins when the first has ended, and sees what it did.
pub async fn writers_wait_for_each_other(place: &dyn Place) {
    let (store, other) = (place.open().await, place.open().await);
    let mut first = store.begin().await.expect("the writer's turn");
    let mut second = other.begin();
    let mut third = store.begin();
    first.save(&Rows::default(), Pos(1)).await.expect("saved");
    // Time enough for a second one that does not wait: a hundred answers of the same store.
    let answers = async {
        for _ in 0..100 {
            assert_eq!(other.head().await.expect("an answer"), Pos(0));
        }
    };
    tokio::select! {
        _ = &mut second => panic!("the second did not wait for the first"),
        _ = &mut third => panic!("the third did not wait for the first"),
        () = answers => {}
    }
    first.commit().await.expect("committed");
    // Which of the two comes next is the store's affair.
    let (second, third) = tokio::join!(takes_its_turn(second), takes_its_turn(third));
    assert_eq!((second.min(third), second.max(third)), (Pos(1), Pos(2)));
    assert_eq!(store.head().await.expect("head"), Pos(3));
}

/// One step further; the head before it.
async fn takes_its_turn(begin: Boxed<'_, Box<dyn Transaction>>) -> Pos {
    let mut transaction = begin.await.expect("its turn");
    let head = transaction.head();
    let next = Pos(head.0 + 1);
    transaction
        .save(&Rows::default(), next)
        .await
        .expect("saved");
    transaction.commit().await.expect("committed");
    head
}
