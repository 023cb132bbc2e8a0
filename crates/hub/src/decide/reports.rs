//! Reports to the operator: made by people, closed by the operator. Nobody hears of them, so they have no place in the log.

use std::collections::{BTreeSet, HashMap};

use super::{Effects, Fault, Identity, World, active};
use crate::error::{Error, Kind};
use crate::id::{AccountId, ClientId, MessageId, ReportId, Timestamp};
use crate::model::{
    AbuseQuote, AbuseReason, AbuseReport, AccountKind, MAX_REPORT_TEXT, MAX_REPORTS, clean_text,
};
use crate::store::{Keys, Rows};

/// A report to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewReport {
    pub(crate) about: AccountId,
    pub(crate) reason: AbuseReason,
    pub(crate) text: String,
    /// Which messages are quoted.
    pub(crate) messages: BTreeSet<MessageId>,
    /// What they said a moment ago; `None` if the reporter could not read all of them. A repeat does not need it.
    pub(crate) quotes: Option<Vec<AbuseQuote>>,
    pub(crate) client: ClientId,
}

/// What a batch knows of reports. Nothing of it is kept for the next one.
#[derive(Debug, Default)]
pub(super) struct Reports {
    by: HashMap<AccountId, Vec<AbuseReport>>,
    single: HashMap<ReportId, Option<AbuseReport>>,
}

impl Reports {
    /// Take in what the store gave for `keys`; what this batch has already changed is kept.
    pub(super) fn learn(&mut self, keys: &Keys, rows: &mut Rows) {
        let found: Vec<AbuseReport> = rows.abuse_reports.drain(..).collect();
        for &reporter in &keys.abuse_reports_by {
            let all = found.iter().filter(|report| report.reporter == reporter);
            let all = || all.clone().cloned().collect();
            self.by.entry(reporter).or_insert_with(all);
        }
        for &id in &keys.abuse_reports {
            let one = || found.iter().find(|report| report.id == id).cloned();
            self.single.entry(id).or_insert_with(one);
        }
    }

    /// Rows that this batch has decided.
    pub(super) fn take(&mut self, rows: &mut Rows) {
        for report in rows.abuse_reports.drain(..) {
            if let Some(all) = self.by.get_mut(&report.reporter) {
                all.retain(|known| known.id != report.id);
                if !report.is_dropped() {
                    all.push(report.clone());
                }
            }
            let kept = Some(report).filter(|report| !report.is_dropped());
            if let Some(report) = kept {
                self.single.insert(report.id, Some(report));
            }
        }
    }
}

impl World {
    fn reports_by(&self, reporter: AccountId) -> Result<&[AbuseReport], Fault> {
        self.reports
            .by
            .get(&reporter)
            .map(Vec::as_slice)
            .ok_or_else(|| {
                need(Keys {
                    abuse_reports_by: BTreeSet::from([reporter]),
                    ..Keys::default()
                })
            })
    }

    fn report(&self, id: ReportId) -> Result<Option<&AbuseReport>, Fault> {
        self.reports
            .single
            .get(&id)
            .map(Option::as_ref)
            .ok_or_else(|| {
                need(Keys {
                    abuse_reports: BTreeSet::from([id]),
                    ..Keys::default()
                })
            })
    }
}

pub(super) fn report(world: &World, who: Identity, new: &NewReport) -> Result<Effects, Fault> {
    active(world, who.account)?;
    let about = match world.account(new.about)? {
        Some(account) if !account.state.is_gone() => account,
        _ => return Err(Error::not_found("account").into()),
    };
    if about.id == who.account {
        return Err(Error::invalid("oneself", "this is you").into());
    }
    if about.kind == AccountKind::Service {
        let message = "this account is a part of the server: tell its operator directly";
        return Err(Error::new(Kind::Forbidden, "built_in", message).into());
    }
    let text = clean_text(&new.text, true);
    let text = text.trim();
    if text.chars().count() > MAX_REPORT_TEXT {
        let message = format!("a report has at most {MAX_REPORT_TEXT} characters: make it shorter");
        return Err(Error::new(Kind::TooLarge, "report_too_long", message)
            .with_limit(MAX_REPORT_TEXT as u64)
            .into());
    }
    if new.reason == AbuseReason::Other && text.is_empty() {
        let message = "say in a few words what it is about";
        return Err(Error::invalid("report_empty", message).into());
    }
    let mine = world.reports_by(who.account)?;
    let mut fx = world.effects();
    let first = mine
        .iter()
        .find(|r| (r.device, &r.client) == (who.device, &new.client));
    if let Some(first) = first {
        let quoted: BTreeSet<MessageId> = first.quotes.iter().map(|q| q.message).collect();
        let same = (first.about, first.reason, first.text.as_str())
            == (new.about, new.reason, text)
            && quoted == new.messages;
        if same {
            return Ok(fx);
        }
        let message = "this device has already sent another report under this id: make a new id";
        return Err(Error::new(Kind::Conflict, "client_id_reused", message).into());
    }
    let Some(quotes) = &new.quotes else {
        return Err(Error::not_found("message").into());
    };
    if mine.len() >= MAX_REPORTS {
        let closed = mine.iter().filter(|report| report.closed.is_some());
        let Some(oldest) = closed.min_by_key(|report| report.id) else {
            let message = format!(
                "the operator has {MAX_REPORTS} reports of yours that wait: wait until one is closed"
            );
            return Err(Error::new(Kind::TooMany, "too_many_reports", message)
                .with_limit(MAX_REPORTS as u64)
                .into());
        };
        fx.rows.abuse_reports.push(AbuseReport {
            closed: Some(Timestamp(0)),
            ..oldest.clone()
        });
    }
    fx.rows.abuse_reports.push(AbuseReport {
        id: ReportId(world.mint()),
        reporter: who.account,
        device: who.device,
        client: new.client.clone(),
        about: new.about,
        reason: new.reason,
        text: text.to_owned(),
        quotes: quotes.clone(),
        created: world.now,
        closed: None,
    });
    Ok(fx)
}

pub(super) fn close(world: &World, id: ReportId) -> Result<Effects, Fault> {
    let Some(report) = world.report(id)? else {
        return Err(Error::not_found("report").into());
    };
    let mut fx = world.effects();
    if report.closed.is_none() {
        fx.rows.abuse_reports.push(AbuseReport {
            closed: Some(world.now),
            ..report.clone()
        });
    }
    Ok(fx)
}

fn need(keys: Keys) -> Fault {
    Fault::Need(Box::new(keys))
}
