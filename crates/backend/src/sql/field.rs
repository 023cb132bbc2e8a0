//! Fields of rows: how each type of the model becomes columns, and comes back.

use hub::id::{
    AccountId, CallId, CallKey, ClientId, ConversationId, DeviceId, EndpointId, ObjectId, Pos,
    ReportId, StreamId, Timestamp,
};
use hub::model::*;
use hub::store::ChangeKind;
use sqlx::{Arguments as _, Row as _};

use super::{Answer, Db, Row};

/// Parameters of a statement.
pub(super) struct Binder {
    arguments: <Db as sqlx::Database>::Arguments,
    failed: Option<sqlx::Error>,
}

impl Binder {
    /// Room for `count` parameters.
    pub(super) fn new(count: usize) -> Self {
        let mut arguments = <Db as sqlx::Database>::Arguments::default();
        arguments.reserve(count, count * 16);
        Self {
            arguments,
            failed: None,
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.arguments.len()
    }

    fn add<'t, T: sqlx::Encode<'t, Db> + sqlx::Type<Db>>(&mut self, value: T) {
        if let Err(error) = self.arguments.add(value) {
            self.failed.get_or_insert(sqlx::Error::Encode(error));
        }
    }

    /// The parameters, if all could be encoded.
    pub(super) fn finish(self) -> Answer<<Db as sqlx::Database>::Arguments> {
        self.failed.map_or(Ok(self.arguments), Err)
    }
}

/// Reads the columns of a row one after the other.
pub(super) struct Cursor<'r> {
    row: &'r Row,
    index: usize,
}

impl<'r> Cursor<'r> {
    /// From the first column on.
    pub(super) fn new(row: &'r Row) -> Self {
        Self { row, index: 0 }
    }

    /// The next field.
    pub(super) fn take<T: Take>(&mut self) -> Answer<T> {
        T::take(self)
    }

    fn next<T: sqlx::Decode<'r, Db> + sqlx::Type<Db>>(&mut self) -> Answer<T> {
        self.index += 1;
        self.row.try_get(self.index - 1)
    }
}

/// What can be a parameter.
pub(super) trait Put {
    /// Adds its columns.
    fn put(&self, to: &mut Binder);
}

/// What can be read from a row.
pub(super) trait Take: Sized {
    /// Takes its columns.
    fn take(from: &mut Cursor<'_>) -> Answer<Self>;
}

fn undecodable(what: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(what.to_string().into())
}

impl<T: Put + ?Sized> Put for &T {
    fn put(&self, to: &mut Binder) {
        (**self).put(to);
    }
}

impl<A: Put, B: Put> Put for (A, B) {
    fn put(&self, to: &mut Binder) {
        self.0.put(to);
        self.1.put(to);
    }
}

impl<A: Put, B: Put, C: Put> Put for (A, B, C) {
    fn put(&self, to: &mut Binder) {
        self.0.put(to);
        self.1.put(to);
        self.2.put(to);
    }
}

macro_rules! plain {
    ($($type:ty)*) => { $(
        impl Put for $type { fn put(&self, to: &mut Binder) { to.add(*self); } }
        impl Take for $type { fn take(from: &mut Cursor<'_>) -> Answer<Self> { from.next() } }
        impl Put for Option<$type> { fn put(&self, to: &mut Binder) { to.add(*self); } }
        impl Take for Option<$type> { fn take(from: &mut Cursor<'_>) -> Answer<Self> { from.next() } }
    )* };
}
plain!(i16 i32 i64 bool);

macro_rules! numbers {
    ($($type:ident)*) => { $(
        impl Put for $type { fn put(&self, to: &mut Binder) { to.add(self.0); } }
        impl Take for $type { fn take(from: &mut Cursor<'_>) -> Answer<Self> { from.next().map(Self) } }
        impl Put for Option<$type> { fn put(&self, to: &mut Binder) { to.add(self.map(|value| value.0)); } }
        impl Take for Option<$type> {
            fn take(from: &mut Cursor<'_>) -> Answer<Self> { Ok(from.next::<Option<i64>>()?.map($type)) }
        }
    )* };
}
numbers!(AccountId CallId ConversationId DeviceId EndpointId ObjectId Pos ReportId StreamId Timestamp);

macro_rules! enums {
    ($($type:ident)*) => { $(
        impl Put for $type { fn put(&self, to: &mut Binder) { to.add(self.stored()); } }
        impl Take for $type {
            fn take(from: &mut Cursor<'_>) -> Answer<Self> {
                let value = from.next::<i16>()?;
                Self::from_stored(value)
                    .ok_or_else(|| undecodable(format_args!("{value} is no {}", stringify!($type))))
            }
        }
    )* };
}
enums!(AccountKind AccountState Availability SecretKind HandleKind DeviceKind Standing ConversationKind MemberState);
enums!(Role ObjectState CallEnd SeenBy ChangeKind AbuseReason);

impl Put for Option<Availability> {
    fn put(&self, to: &mut Binder) {
        to.add(self.map(Availability::stored));
    }
}

impl Take for Option<Availability> {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        from.next::<Option<i16>>()?
            .map(|value| {
                Availability::from_stored(value)
                    .ok_or_else(|| undecodable(format_args!("{value} is no Availability")))
            })
            .transpose()
    }
}

impl Put for Strangers {
    fn put(&self, to: &mut Binder) {
        to.add(self.stored());
    }
}

impl Take for Strangers {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        from.next().map(Self::from_stored)
    }
}

impl Put for Privacy {
    fn put(&self, to: &mut Binder) {
        to.add(self.stored());
    }
}

impl Take for Privacy {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        from.next().map(Self::from_stored)
    }
}

impl Put for str {
    fn put(&self, to: &mut Binder) {
        to.add(self);
    }
}

impl Put for String {
    fn put(&self, to: &mut Binder) {
        to.add(self.as_str());
    }
}

impl Take for String {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        from.next()
    }
}

impl Put for ClientId {
    fn put(&self, to: &mut Binder) {
        to.add(self.as_str());
    }
}

impl Take for ClientId {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        Self::new(from.next::<String>()?).map_err(undecodable)
    }
}

impl Put for [u8] {
    fn put(&self, to: &mut Binder) {
        to.add(self);
    }
}

impl Put for Vec<u8> {
    fn put(&self, to: &mut Binder) {
        to.add(self.as_slice());
    }
}

impl Take for Vec<u8> {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        from.next()
    }
}

impl Put for Option<Vec<u8>> {
    fn put(&self, to: &mut Binder) {
        to.add(self.as_deref());
    }
}

impl Take for Option<Vec<u8>> {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        from.next()
    }
}

impl<const N: usize> Put for [u8; N] {
    fn put(&self, to: &mut Binder) {
        to.add(self.as_slice());
    }
}

impl<const N: usize> Take for [u8; N] {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        exactly(from.next::<&[u8]>()?)
    }
}

impl<const N: usize> Put for Option<[u8; N]> {
    fn put(&self, to: &mut Binder) {
        to.add(self.as_ref().map(<[u8; N]>::as_slice));
    }
}

impl<const N: usize> Take for Option<[u8; N]> {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        from.next::<Option<&[u8]>>()?.map(exactly).transpose()
    }
}

fn exactly<const N: usize>(bytes: &[u8]) -> Answer<[u8; N]> {
    bytes
        .try_into()
        .map_err(|_| undecodable(format_args!("{} bytes where {N} belong", bytes.len())))
}

impl Put for CallKey {
    fn put(&self, to: &mut Binder) {
        self.0.put(to);
    }
}

impl Take for CallKey {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        from.take().map(Self)
    }
}

impl Put for CastKey {
    fn put(&self, to: &mut Binder) {
        self.0.put(to);
    }
}

impl Put for Option<CastKey> {
    fn put(&self, to: &mut Binder) {
        self.map(|key| key.0).put(to);
    }
}

impl Take for Option<CastKey> {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        Ok(from.take::<Option<[u8; 32]>>()?.map(CastKey))
    }
}

macro_rules! trees {
    ($($type:ty)*) => { $(
        impl Put for $type {
            fn put(&self, to: &mut Binder) {
                match serde_json::to_string(self) {
                    Ok(text) => to.add(text.as_str()),
                    Err(error) => { to.failed.get_or_insert(sqlx::Error::Encode(error.into())); }
                }
            }
        }
        impl Take for $type {
            fn take(from: &mut Cursor<'_>) -> Answer<Self> {
                serde_json::from_str(from.next::<&str>()?).map_err(undecodable)
            }
        }
    )* };
}
trees!(Body Vec<CallMark> Vec<AccountId> Vec<AbuseQuote>);

impl Put for Option<Forwarded> {
    fn put(&self, to: &mut Binder) {
        match self.as_ref().map(serde_json::to_string).transpose() {
            Ok(text) => to.add(text.as_deref()),
            Err(error) => {
                to.failed.get_or_insert(sqlx::Error::Encode(error.into()));
            }
        }
    }
}

impl Take for Option<Forwarded> {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        let text = from.next::<Option<&str>>()?;
        text.map(|text| serde_json::from_str(text).map_err(undecodable))
            .transpose()
    }
}

/// Two columns, both null or none.
impl Put for Option<Upto> {
    fn put(&self, to: &mut Binder) {
        self.map(|upto| upto.message).put(to);
        self.map(|upto| upto.stamp).put(to);
    }
}

impl Take for Option<Upto> {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        let (message, stamp) = (
            from.take::<Option<Pos>>()?,
            from.take::<Option<Timestamp>>()?,
        );
        Ok(message
            .zip(stamp)
            .map(|(message, stamp)| Upto { message, stamp }))
    }
}

/// Five columns.
impl Put for OwnSettings {
    fn put(&self, to: &mut Binder) {
        self.muted_until.put(to);
        self.pinned.put(to);
        self.archived.put(to);
        self.draft.put(to);
        self.cleared.put(to);
    }
}

impl Take for OwnSettings {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        Ok(Self {
            muted_until: from.take()?,
            pinned: from.take()?,
            archived: from.take()?,
            draft: from.take()?,
            cleared: from.take()?,
        })
    }
}

/// Not written: windows are rows of their own. Read as one text, "from until" for each, -1 for one that has not ended.
impl Put for Vec<Window> {
    fn put(&self, _: &mut Binder) {}
}

impl Take for Vec<Window> {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        let Some(text) = from.next::<Option<&str>>()? else {
            return Ok(Self::new());
        };
        let window = |stay: &str| {
            let (from, until) = stay.split_once(' ')?;
            let (from, until) = (from.parse().ok()?, until.parse().ok()?);
            Some(Window {
                from: Pos(from),
                until: (until >= 0).then_some(Pos(until)),
            })
        };
        text.split(',')
            .map(|stay| window(stay).ok_or_else(|| undecodable(format_args!("{stay} is no stay"))))
            .collect()
    }
}
