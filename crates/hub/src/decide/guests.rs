//! Guests: who comes to one group by its link without an account of their own. They belong to nothing else, and what they may
//! ask for is said here, once for all doors.

use super::{Answer, Effects, Fault, NewAccount, NewDevice, Work, World, account, groups};
use crate::command::Target;
use crate::error::{Error, Kind};
use crate::model::AccountKind;
use crate::name;

/// A guest to be made: their account, their one device, and the link by which they come.
#[derive(Debug, Clone)]
pub(crate) struct NewGuest {
    /// The account's id is minted before, so that every round of the decision asks about the same one.
    pub(crate) account: NewAccount,
    pub(crate) device: NewDevice,
    pub(crate) link: [u8; 32],
}

/// Somebody comes by a link: all of it or nothing.
pub(super) fn come(world: &World, new: &NewGuest) -> Result<(Effects, Answer), Fault> {
    if world.named(&new.account.name)?.is_some() {
        return Err(name::refusal(name::Verdict::Taken).into());
    }
    let id = new.device.account;
    let mut fx = world.effects();
    let mut guest = account::fresh(world, &mut fx, id, &new.account);
    groups::come(world, &mut fx, id, &new.link)?;
    account::first_device(world, &mut fx, &new.device);
    guest.head = fx.last().unwrap_or(guest.head);
    fx.rows.accounts.push(guest.clone());
    Ok((fx, Answer::Device(Box::new(guest), new.device.id)))
}

/// Refuses what a guest may not ask for. Asked after the decision, which has met the asker's account.
pub(super) fn refuse(world: &World, work: &Work) -> Result<(), Fault> {
    let Some(who) = work.asker() else {
        return Ok(());
    };
    let is_guest = world
        .account(who)?
        .is_some_and(|account| account.kind == AccountKind::Guest);
    if is_guest && !may(work) {
        return Err(refusal().into());
    }
    Ok(())
}

/// What a guest is told.
pub(crate) fn refusal() -> Error {
    let message = "a guest has this group and nothing else here: make an account for more";
    Error::new(Kind::Forbidden, "guest", message)
}

fn may(work: &Work) -> bool {
    match work {
        Work::EndDevice(..)
        | Work::UpdateAccount(..)
        | Work::SetAvailability(..)
        | Work::Acknowledge(_)
        | Work::LastSeen(..)
        | Work::ReportAbuse(..)
        | Work::React { .. }
        | Work::SetOwn(..)
        | Work::Leave(..)
        | Work::Edit(..)
        | Work::Delete(..)
        | Work::MarkRead(..)
        | Work::PutDoorState(..)
        | Work::BeginObject(..)
        | Work::SizeObject(..)
        | Work::ReadyObject { .. }
        | Work::NameObject(..)
        | Work::DropObject(..) => true,
        Work::Send { to, .. } | Work::Forward { to, .. } | Work::Open(_, to) => is_place(to),
        Work::GrantObject(_, _, to) => to.iter().all(is_place),
        Work::Register(..)
        | Work::Guest(..)
        | Work::MakeBot(..)
        | Work::RenameBot(..)
        | Work::MakeBotToken(..)
        | Work::EndBotToken(..)
        | Work::AddDevice(..)
        | Work::SetSecrets(..)
        | Work::Block(..)
        | Work::Raise(..)
        | Work::Leaving(..)
        | Work::SetHandle(..)
        | Work::SetDerived(..)
        | Work::PutInvite(..)
        | Work::DropInvite(..)
        | Work::Relate { .. }
        | Work::SetContact(..)
        | Work::PutContactGroup(..)
        | Work::DropContactGroup(..)
        | Work::CloseReport(..)
        | Work::CreateGroup(..)
        | Work::UpdateGroup(..)
        | Work::SetMembers(..)
        | Work::PutLink(..)
        | Work::DropLink(..)
        | Work::Join(..)
        | Work::CollectObjects(..)
        | Work::BeginCall(..)
        | Work::FinishCall(..)
        | Work::ReportCall { .. } => false,
    }
}

/// A conversation that is there: a guest belongs to one alone.
fn is_place(to: &Target) -> bool {
    matches!(to, Target::Conversation(_))
}
