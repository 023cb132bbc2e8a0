//! What is kept of calls. Who rings and who is in is decided by [`crate::call`], in memory.

use super::messages::line;
use super::targets::{may_open, pair};
use super::{Answer, Effects, Fault, Identity, World, active};
use crate::command::Target;
use crate::error::{Error, Kind};
use crate::id::{AccountId, CallId, CallKey, ConversationId, EndpointId, Timestamp};
use crate::model::{
    Account, AccountState, Body, CallEnd, CallMark, CallReport, CallRow, CallSide, CastKey,
    ContactState, Member, Relation, Standing, contact_state, may_call,
};
use crate::store::ChangeKind;

/// Bytes of a report.
pub(crate) const MAX_REPORT: usize = 64 * 1024;
/// Marks of a call that are kept.
pub(crate) const MAX_MARKS: usize = 64;

/// A call begins.
#[derive(Debug, Clone)]
pub(crate) struct BeginCall {
    pub(crate) who: Identity,
    pub(crate) key: CallKey,
    pub(crate) to: Target,
    pub(crate) video: bool,
    pub(crate) relay_only: bool,
    pub(crate) owner: i32,
}

/// What the hub needs to know to ring.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    pub(crate) conversation: ConversationId,
    pub(crate) callee: AccountId,
    /// The callee keeps the caller away: nothing rings.
    pub(crate) refused: bool,
    /// The two are contacts, or one is built in: addresses may be shown.
    pub(crate) known: bool,
    /// The same key had already begun, and is over.
    pub(crate) over: bool,
}

/// A call was answered or ended.
#[derive(Debug, Clone)]
pub(crate) struct FinishCall {
    pub(crate) key: CallKey,
    pub(crate) answered: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) end: CallEnd,
    pub(crate) marks: Vec<CallMark>,
}

/// Whom a target means, and whether they may be called.
pub(super) fn begin(world: &World, begin: &BeginCall) -> Result<(Effects, Answer), Fault> {
    let me = active(world, begin.who.account)?;
    let callee = callee(world, me.id, &begin.to)?;
    let other = world.account(callee)?.filter(|a| !a.state.is_gone());
    let other = other.ok_or_else(|| Fault::from(Error::not_found("account")))?;
    let mine = world.relation(me.id, callee)?;
    let theirs = world.relation(callee, me.id)?;
    let refused = theirs.standing == Standing::Blocked || other.state.is_blocked();
    // Who is kept away gets the answer of before: a contact hears it ring, a stranger is refused. An answer that changed
    // would tell of the block.
    let before = Relation {
        standing: match theirs.standing {
            Standing::Blocked if theirs.listed => Standing::Allowed,
            Standing::Blocked => Standing::Neutral,
            standing => standing,
        },
        ..theirs.clone()
    };
    let reachable = Account {
        state: AccountState::Active,
        ..other.clone()
    };
    if !may_call(&reachable, &before) {
        let message = "they have not accepted you as a contact: send a request first";
        return Err(Error::new(Kind::Forbidden, "not_contacts", message).into());
    }
    let built_in = other.kind == crate::model::AccountKind::Service;
    let known = built_in || contact_state(mine, theirs) == ContactState::Contact;
    if let Some(row) = world.call_by_key(begin.key)? {
        if row.caller != me.id || row.callee != callee {
            return Err(Error::new(
                Kind::Conflict,
                "call_key_reused",
                "this call exists already: make a new key",
            )
            .into());
        }
        let begun = Begun {
            conversation: row.conversation,
            callee,
            refused,
            known,
            over: row.end != CallEnd::Open,
        };
        return Ok((world.effects(), Answer::Begun(begun)));
    }
    let mut fx = world.effects();
    if world.cast(CastKey::of(&[me.id, callee]))?.is_none() {
        may_open(world, me.id, &[callee])?;
    }
    let conversation = pair(world, &mut fx, &[me.id, callee])?;
    let id = CallId(world.mint());
    fx.rows.calls.push(CallRow {
        id,
        key: begin.key,
        conversation: conversation.id,
        caller: me.id,
        callee,
        owner: begin.owner,
        video: begin.video,
        started: world.now,
        answered: None,
        ended: None,
        end: CallEnd::Open,
        marks: Vec::new(),
        reports: 0,
        unheard: refused,
        relay_only: begin.relay_only || !known,
    });
    let begun = Begun {
        conversation: conversation.id,
        callee,
        refused,
        known,
        over: false,
    };
    if fx.last().is_some() {
        fx.rows.conversations.push(conversation);
    }
    Ok((fx, Answer::Begun(begun)))
}

fn callee(world: &World, me: AccountId, to: &Target) -> Result<AccountId, Fault> {
    let only_two = || Error::invalid("call_target", "a call goes to one other person");
    match to {
        Target::Cast(people) => match people.as_slice() {
            [one] if *one != me => Ok(*one),
            _ => Err(only_two().into()),
        },
        Target::Conversation(id) => {
            super::together([world.conversation(*id).err(), world.member(*id, me).err()])?;
            let Some(row) = world.conversation(*id)? else {
                return Err(Error::not_found("conversation").into());
            };
            if row.is_named() && world.member(*id, me)?.is_some_and(Member::is_in) {
                let message = "calls in groups are not possible yet: call one of its people";
                return Err(Error::new(Kind::Conflict, "group_call", message).into());
            }
            if row.is_named() {
                return Err(Error::not_found("conversation").into());
            }
            let inside: Vec<_> = world
                .members(*id)?
                .filter(|m| m.is_in())
                .map(|m| m.account)
                .collect();
            if !inside.contains(&me) {
                return Err(Error::not_found("conversation").into());
            }
            match inside
                .iter()
                .filter(|a| **a != me)
                .collect::<Vec<_>>()
                .as_slice()
            {
                [one] => Ok(**one),
                _ => Err(only_two().into()),
            }
        }
    }
}

pub(super) fn finish(world: &World, finish: &FinishCall) -> Result<Effects, Fault> {
    let Some(row) = world.call_by_key(finish.key)? else {
        return Err(Error::not_found("call").into());
    };
    let mut fx = world.effects();
    if row.end != CallEnd::Open {
        return Ok(fx);
    }
    let mut row = row.clone();
    row.answered = row.answered.or(finish.answered);
    row.ended = finish.ended;
    row.end = finish.end;
    // An end may have reported before this was written.
    row.marks.retain(|mark| mark.name == "report");
    row.marks
        .splice(0..0, finish.marks.iter().take(MAX_MARKS).cloned());
    if finish.end == CallEnd::Superseded {
        // The other call's line stands for both.
        fx.rows.calls.push(row);
        return Ok(fx);
    }
    if finish.ended.is_some() {
        let mut conversation = pair(world, &mut fx, &[row.caller, row.callee])?;
        let name = format!("call-{}", row.key);
        line(
            world,
            &mut fx,
            &mut conversation,
            row.caller,
            Body::Call(row.key),
            &name,
            row.unheard.then_some(row.callee),
        )?;
        fx.rows.conversations.push(conversation);
    }
    tell(world, &mut fx, &row)?;
    fx.rows.calls.push(row);
    Ok(fx)
}

pub(super) fn report(
    world: &World,
    who: Identity,
    endpoint: EndpointId,
    key: CallKey,
    text: &str,
) -> Result<Effects, Fault> {
    active(world, who.account)?;
    let row = world.call_by_key(key)?.filter(|row| row.is_of(who.account));
    let Some(row) = row else {
        return Err(Error::not_found("call").into());
    };
    if text.len() > MAX_REPORT {
        let message = format!("a report has at most {MAX_REPORT} bytes");
        return Err(Error::new(Kind::TooLarge, "too_large", message)
            .with_limit(MAX_REPORT as u64)
            .into());
    }
    let format = serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .and_then(|json| json.get("format")?.as_i64())
        .and_then(|format| i32::try_from(format).ok())
        .ok_or_else(|| {
            Error::invalid("report", "a report is a JSON object with a number `format`")
        })?;
    let mut fx = world.effects();
    let side = if who.account == row.caller {
        CallSide::Caller
    } else {
        CallSide::Callee
    };
    let mut row = row.clone();
    if !row
        .marks
        .iter()
        .any(|mark| mark.name == "report" && mark.side == side)
        && row.marks.len() < MAX_MARKS + 2
    {
        row.marks.push(CallMark {
            name: "report".into(),
            side,
            at: world.now,
            count: 1,
        });
        row.reports += 1;
    }
    fx.rows.reports.push(CallReport {
        call: row.id,
        account: who.account,
        endpoint,
        received: world.now,
        format,
        text: text.to_owned(),
        signature: None,
    });
    if row.end != CallEnd::Superseded {
        tell(world, &mut fx, &row)?;
    }
    fx.rows.calls.push(row);
    Ok(fx)
}

/// The histories change of those for whom the call exists.
fn tell(world: &World, fx: &mut Effects, row: &CallRow) -> Result<(), Fault> {
    for id in [row.caller, row.callee]
        .into_iter()
        .filter(|id| row.is_of(*id))
    {
        let pos = fx.change(id, ChangeKind::Call, row.id.0);
        if let Some(account) = world.account(id)? {
            let mut account = account.clone();
            account.head = pos;
            fx.rows.accounts.push(account);
        }
    }
    Ok(())
}
