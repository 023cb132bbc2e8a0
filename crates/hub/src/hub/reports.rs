//! Reports to the operator, and what somebody takes along of their own.

use std::collections::BTreeSet;

use super::{Hub, Session, refuse_device};
use crate::command::Done;
use crate::decide::{NewReport, Work};
use crate::error::{Error, Kind};
use crate::id::{AccountId, MessageId, ObjectId, ReportId};
use crate::model::{
    AbuseQuote, AbuseReport, Account, MAX_ABUSE_QUOTES, Message, Object, QUOTED_CHARS,
};
use crate::store::Keys;
use crate::writer::refuse;

/// Reports of one page of the operator's list.
const PAGE: u32 = 50;
/// Objects of one page of one's own.
const MAX_OBJECTS: u32 = 500;

/// A report with those whom it names.
#[derive(Debug, Clone)]
pub struct Reported {
    /// The report.
    pub report: AbuseReport,
    /// The reporter, the one reported, and who wrote what is quoted.
    pub people: Vec<Account>,
}

impl Session {
    /// Report somebody, with messages as they stand now.
    pub(super) async fn report_abuse(&self, mut new: NewReport) -> Result<Done, Error> {
        self.spend(|b| &mut b.requests)?;
        new.quotes = self.quotes(&new.messages).await?;
        let work = Work::ReportAbuse(self.who, Box::new(new));
        let (pos, _) = self.hub.write(work).await?;
        Ok(Done {
            pos,
            ..Done::default()
        })
    }

    /// Messages to be quoted: only what one can read oneself; `None` if one cannot read all of them, or not any more.
    async fn quotes(&self, ids: &BTreeSet<MessageId>) -> Result<Option<Vec<AbuseQuote>>, Error> {
        if ids.len() > MAX_ABUSE_QUOTES {
            let message =
                format!("a report quotes up to {MAX_ABUSE_QUOTES} messages: choose fewer");
            return Err(Error::new(Kind::TooLarge, "too_many_quotes", message)
                .with_limit(MAX_ABUSE_QUOTES as u64));
        }
        if ids.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let store = &self.hub.inner.store;
        let found = store.visible(self.who.account, ids).await;
        let mut found = found.map_err(|e| refuse(&e))?;
        found.retain(|message| !message.deleted);
        if found.len() < ids.len() {
            return Ok(None);
        }
        found.sort_by_key(|message| message.id);
        Ok(Some(found.iter().map(quote).collect()))
    }

    /// Whether the device is still signed in: whoever reads for minutes asks from time to time.
    ///
    /// # Errors
    /// If it is not, or the account may not be used any more.
    pub async fn still_signed_in(&self) -> Result<(), Error> {
        let keys = Keys {
            devices: [self.who.device].into(),
            accounts: [self.who.account].into(),
            ..Keys::default()
        };
        let rows = self.hub.load(&keys).await?;
        let revoked = rows.devices.first().is_none_or(|d| d.revoked.is_some());
        refuse_device(rows.accounts.first(), self.who, revoked)
    }

    /// Count a copy of one's own data against the budget for it.
    ///
    /// # Errors
    /// `too_many` with the time to wait.
    pub fn spend_export(&self) -> Result<(), Error> {
        self.spend(|b| &mut b.exports)
    }

    /// What one has uploaded, by id above `after`; at most 500.
    ///
    /// # Errors
    /// `unavailable` if the store does not answer.
    pub async fn own_objects(&self, after: ObjectId, limit: u32) -> Result<Vec<Object>, Error> {
        let store = &self.hub.inner.store;
        let limit = limit.clamp(1, MAX_OBJECTS);
        let found = store.objects_of(self.who.account, after, limit).await;
        found.map_err(|e| refuse(&e))
    }
}

fn quote(message: &Message) -> AbuseQuote {
    AbuseQuote {
        message: message.id,
        author: message.author,
        stamp: message.stamp,
        words: message.body.words().chars().take(QUOTED_CHARS).collect(),
    }
}

impl Hub {
    /// Reports by id above `after`, oldest first, and whether there are more.
    ///
    /// # Errors
    /// `unavailable` if the store does not answer.
    pub async fn operator_reports(
        &self,
        after: ReportId,
        with_closed: bool,
    ) -> Result<(Vec<Reported>, bool), Error> {
        let store = &self.inner.store;
        let found = store.abuse_reports(after, with_closed, PAGE + 1).await;
        let mut found = found.map_err(|e| refuse(&e))?;
        let more = found.len() > PAGE as usize;
        found.truncate(PAGE as usize);
        let named = |report: &AbuseReport| -> BTreeSet<AccountId> {
            let authors = report.quotes.iter().map(|quote| quote.author);
            authors.chain([report.reporter, report.about]).collect()
        };
        let keys = Keys {
            accounts: found.iter().flat_map(named).collect(),
            ..Keys::default()
        };
        let accounts = self.load(&keys).await?.accounts;
        let reported = |report: AbuseReport| {
            let ids = named(&report);
            let people = accounts.iter().filter(|a| ids.contains(&a.id));
            Reported {
                people: people.cloned().collect(),
                report,
            }
        };
        Ok((found.into_iter().map(reported).collect(), more))
    }

    /// Close a report; closing it again changes nothing.
    ///
    /// # Errors
    /// `not_found` if there is none.
    pub async fn operator_close_report(&self, id: ReportId) -> Result<(), Error> {
        self.write(Work::CloseReport(id)).await.map(drop)
    }
}
