//! The port, over this store's pools.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use hub::id::{AccountId, CallId, ConversationId, MessageId, ObjectId, Pos, ReportId, Timestamp};
use hub::model::{
    AbuseReport, Account, CallReport, CallRow, Conversation, Device, DoorState, Link, Member,
    MemberState, Message, Object, Role, Upto, Window,
};
use hub::store::{
    Around, Boxed, ContactRow, ConversationView, Happened, Keys, MessagePage, Rows, Sought, Store,
    StoreError, Transaction, Unread,
};

use super::{Answer, Db, Pools, history, lists, load, log, marks, objects, save, words};
use crate::error::store_error;

/// A read that takes longer is ended: reads are short by design, and one that hangs keeps SQLite's write-ahead log from
/// being reset.
const READ_TIME: Duration = Duration::from_secs(10);

/// What is kept, in this store.
pub(crate) struct Kept {
    pools: Pools,
    /// Who holds the process number: made anew at every start.
    holder: i64,
}

impl Kept {
    pub(crate) fn new(pools: Pools) -> Self {
        Self {
            pools,
            holder: rand::random(),
        }
    }
}

/// A read of one statement.
macro_rules! one {
    ($self:ident, $conn:ident => $read:expr) => {
        Box::pin(in_time(async move {
            let mut reader = $self.pools.reader().await?;
            let $conn = &mut *reader;
            $read.await
        }))
    };
}

/// A read of several statements that see one state.
macro_rules! same {
    ($self:ident, $conn:ident => $read:expr) => {
        Box::pin(in_time(async move {
            let mut snapshot = $self.pools.snapshot().await?;
            let $conn = &mut *snapshot;
            let answer = $read.await?;
            snapshot.rollback().await?;
            Ok(answer)
        }))
    };
}

/// A write of its own, besides the batches of the hub.
macro_rules! write {
    ($self:ident, $conn:ident => $write:expr) => {{
        let mut transaction = $self.pools.writing().await.map_err(store_error)?;
        let $conn = &mut *transaction;
        let answer = $write.await.map_err(store_error)?;
        transaction.commit().await.map_err(store_error)?;
        $self.pools.committed();
        answer
    }};
}

impl Store for Kept {
    fn begin(&self) -> Boxed<'_, Box<dyn Transaction>> {
        Box::pin(async move {
            let mut open = self.pools.writing().await.map_err(store_error)?;
            let (head, version) = log::head_and_version(&mut open)
                .await
                .map_err(store_error)?;
            let batch = Batch {
                pools: self.pools.clone(),
                open,
                head,
                version,
            };
            Ok(Box::new(batch) as Box<dyn Transaction>)
        })
    }

    fn head(&self) -> Boxed<'_, Pos> {
        one!(self, conn => log::head(conn))
    }

    fn load<'a>(&'a self, keys: &'a Keys) -> Boxed<'a, Rows> {
        same!(self, conn => load::load(conn, keys))
    }

    fn device_by_token<'a>(&'a self, hash: &'a [u8; 32]) -> Boxed<'a, Option<Device>> {
        one!(self, conn => lists::device_by_token(conn, hash))
    }

    fn since(
        &self,
        account: AccountId,
        after: Pos,
        upto: Pos,
        limit: u32,
    ) -> Boxed<'_, Vec<Happened>> {
        same!(self, conn => log::since(conn, account, after, upto, limit))
    }

    fn count_since(&self, account: AccountId, after: Pos, limit: u32) -> Boxed<'_, u32> {
        one!(self, conn => log::count_since(conn, account, after, limit))
    }

    fn log(&self, after: Pos, upto: Pos, limit: u32) -> Boxed<'_, Vec<Happened>> {
        same!(self, conn => log::log(conn, after, upto, limit))
    }

    fn floor(&self) -> Boxed<'_, Pos> {
        one!(self, conn => log::floor(conn))
    }

    fn prune(&self, upto: Pos) -> Boxed<'_, ()> {
        Box::pin(async move {
            // The floor first: whoever reads from below it is told so before anything is missing.
            let floor = write!(self, conn => log::raise_floor(conn, upto));
            let upto = upto.min(floor);
            while write!(self, conn => log::prune_step(conn, upto)) {}
            Ok(())
        })
    }

    fn contacts(
        &self,
        owner: AccountId,
        after: AccountId,
        limit: u32,
    ) -> Boxed<'_, Vec<ContactRow>> {
        same!(self, conn => lists::contacts(conn, owner, after, limit))
    }

    fn conversations(
        &self,
        account: AccountId,
        before: Option<(Pos, ConversationId)>,
        limit: u32,
    ) -> Boxed<'_, Vec<ConversationView>> {
        same!(self, conn => history::conversations(conn, account, before, limit))
    }

    fn conversation(
        &self,
        account: AccountId,
        id: ConversationId,
    ) -> Boxed<'_, Option<ConversationView>> {
        same!(self, conn => history::conversation(conn, account, id))
    }

    fn stays(&self, account: AccountId) -> Boxed<'_, Vec<(ConversationId, Window)>> {
        one!(self, conn => history::stays(conn, account))
    }

    fn members(
        &self,
        id: ConversationId,
        state: MemberState,
        after: Option<(Role, AccountId)>,
        limit: u32,
    ) -> Boxed<'_, Vec<Member>> {
        one!(self, conn => history::ranked(conn, id, state, after, limit))
    }

    fn messages(
        &self,
        account: AccountId,
        conversation: ConversationId,
        around: Around,
        limit: u32,
    ) -> Boxed<'_, MessagePage> {
        same!(self, conn => history::messages(conn, account, conversation, around, limit))
    }

    fn visible<'a>(
        &'a self,
        account: AccountId,
        ids: &'a BTreeSet<MessageId>,
    ) -> Boxed<'a, Vec<Message>> {
        one!(self, conn => marks::visible(conn, account, ids))
    }

    fn unread<'a>(
        &'a self,
        account: AccountId,
        ids: &'a BTreeSet<ConversationId>,
    ) -> Boxed<'a, Vec<(ConversationId, Unread)>> {
        one!(self, conn => marks::unread(conn, account, ids))
    }

    fn index(&self, limit: u32) -> Boxed<'_, Pos> {
        Box::pin(async move {
            let step: Boxed<'_, words::Step> =
                same!(self, conn => words::prepare(conn, limit.max(1)));
            let step = step.await?;
            if step.is_empty() {
                return Ok(step.reached());
            }
            Ok(write!(self, conn => words::keep(conn, &step)))
        })
    }

    fn search<'a>(
        &'a self,
        reader: AccountId,
        sought: &'a Sought,
        limit: u32,
    ) -> Boxed<'a, Vec<MessageId>> {
        same!(self, conn => words::search(conn, reader, sought, limit))
    }

    fn may_read(&self, account: AccountId, object: ObjectId) -> Boxed<'_, bool> {
        one!(self, conn => objects::may_read(conn, account, object))
    }

    fn idle_objects(&self, before: Timestamp, limit: u32) -> Boxed<'_, Vec<Object>> {
        one!(self, conn => objects::idle(conn, before, limit))
    }

    fn used_blobs<'a>(&'a self, blobs: &'a BTreeSet<[u8; 32]>) -> Boxed<'a, BTreeSet<[u8; 32]>> {
        one!(self, conn => objects::used(conn, blobs))
    }

    fn message_at(&self, conversation: ConversationId, upto: Pos) -> Boxed<'_, Option<Upto>> {
        one!(self, conn => history::message_at(conn, conversation, upto))
    }

    fn calls(
        &self,
        account: AccountId,
        before: Option<CallId>,
        limit: u32,
    ) -> Boxed<'_, Vec<CallRow>> {
        one!(self, conn => lists::calls(conn, account, before, limit))
    }

    fn open_calls(&self, owner: Option<i32>) -> Boxed<'_, Vec<CallRow>> {
        one!(self, conn => lists::open_calls(conn, owner))
    }

    fn reports(&self, call: CallId) -> Boxed<'_, Vec<CallReport>> {
        one!(self, conn => lists::reports(conn, call))
    }

    fn common(&self, a: AccountId, b: AccountId, limit: u32) -> Boxed<'_, Vec<Conversation>> {
        one!(self, conn => lists::common(conn, a, b, limit))
    }

    fn objects_of(&self, owner: AccountId, after: ObjectId, limit: u32) -> Boxed<'_, Vec<Object>> {
        one!(self, conn => objects::own(conn, owner, after, limit))
    }

    fn abuse_reports(
        &self,
        after: ReportId,
        with_closed: bool,
        limit: u32,
    ) -> Boxed<'_, Vec<AbuseReport>> {
        one!(self, conn => lists::abuse_reports(conn, after, with_closed, limit))
    }

    fn accounts(&self, after: &str, limit: u32) -> Boxed<'_, Vec<Account>> {
        let after = after.to_owned();
        one!(self, conn => lists::accounts(conn, &after, limit))
    }

    fn leaving(&self, limit: u32) -> Boxed<'_, Vec<AccountId>> {
        one!(self, conn => lists::leaving(conn, limit))
    }

    fn raised(&self, limit: u32) -> Boxed<'_, Vec<AccountId>> {
        one!(self, conn => lists::raised(conn, limit))
    }

    fn late_guests(&self, before: Timestamp, limit: u32) -> Boxed<'_, Vec<AccountId>> {
        one!(self, conn => lists::late_guests(conn, before, limit))
    }

    fn invites(&self, after: [u8; 32], limit: u32) -> Boxed<'_, Vec<Link>> {
        Box::pin(in_time(async move {
            let mut reader = self.pools.reader().await?;
            lists::invites(&mut reader, &after, limit).await
        }))
    }

    fn size(&self) -> Boxed<'_, u64> {
        one!(self, conn => lists::size(conn))
    }

    fn door_states<'a>(
        &'a self,
        account: AccountId,
        door: &'a str,
        prefix: &'a str,
    ) -> Boxed<'a, Vec<DoorState>> {
        one!(self, conn => lists::door_states(conn, account, door, prefix))
    }

    fn setting<'a>(&'a self, key: &'a str) -> Boxed<'a, Option<Vec<u8>>> {
        one!(self, conn => lists::setting(conn, key))
    }

    fn keep_setting<'a>(&'a self, key: &'a str, value: &'a [u8]) -> Boxed<'a, Vec<u8>> {
        Box::pin(async move { Ok(write!(self, conn => lists::keep_setting(conn, key, value))) })
    }

    fn lease_node(&self, now: Timestamp, lease_ms: i64) -> Boxed<'_, u16> {
        Box::pin(async move {
            let node = write!(self, conn => lists::lease_node(conn, self.holder, now, lease_ms));
            node.ok_or_else(|| StoreError::Away("all 1,024 process numbers are taken".into()))
        })
    }

    fn close(&self) -> Boxed<'_, ()> {
        Box::pin(async move { self.pools.close().await.map_err(store_error) })
    }
}

/// The one write transaction. Dropped, it is rolled back.
struct Batch {
    pools: Pools,
    open: sqlx::Transaction<'static, Db>,
    head: Pos,
    version: i64,
}

impl Transaction for Batch {
    fn head(&self) -> Pos {
        self.head
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn load<'a>(&'a mut self, keys: &'a Keys) -> Boxed<'a, Rows> {
        Box::pin(async move { load::load(&mut self.open, keys).await.map_err(store_error) })
    }

    fn save<'a>(&'a mut self, rows: &'a Rows, head: Pos) -> Boxed<'a, ()> {
        Box::pin(async move {
            if head < self.head {
                let text = format!("position {head} after {}", self.head);
                return Err(StoreError::Broken(text));
            }
            save::save(&mut self.open, rows, head)
                .await
                .map_err(store_error)
        })
    }

    fn commit(self: Box<Self>) -> Boxed<'static, ()> {
        Box::pin(async move {
            self.open.commit().await.map_err(store_error)?;
            self.pools.committed();
            Ok(())
        })
    }
}

async fn in_time<T>(read: impl Future<Output = Answer<T>>) -> Result<T, StoreError> {
    match tokio::time::timeout(READ_TIME, read).await {
        Ok(answer) => answer.map_err(store_error),
        Err(_) => {
            let text = format!("a read took longer than {} s", READ_TIME.as_secs());
            Err(StoreError::Away(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case C8.
    #[tokio::test(start_paused = true)]
    async fn a_read_that_hangs_is_ended_and_asked_for_again_later() {
        let begin = tokio::time::Instant::now();
        let hangs = in_time(std::future::pending::<Answer<()>>()).await;
        assert!(matches!(hangs, Err(StoreError::Away(_))), "{hangs:?}");
        assert_eq!(begin.elapsed(), READ_TIME);
    }
}
