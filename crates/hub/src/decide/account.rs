//! Accounts, devices, secrets.

use std::collections::{BTreeMap, BTreeSet};

use super::{Answer, Effects, Fault, Identity, World, active, handles, invites, objects};
use crate::command::{AccountPatch, Which};
use crate::error::{Error, Kind};
use crate::id::{AccountId, DeviceId, Pos, Timestamp};
use crate::model::{
    Account, AccountKind, AccountState, Availability, Device, DeviceKind, HandleKind, Privacy,
    Secret, SecretKind, Strangers, clean_text,
};
use crate::name;
use crate::store::ChangeKind;

/// Most devices of an account that are no programs of other doors; the one unused for longest goes.
const MAX_DEVICES: usize = 50;
/// Most programs of other doors beside them, likewise: however many there are, no device of our own goes for them.
const MAX_PROGRAMS: usize = 20;
/// Longest mood, in code points.
pub(crate) const MAX_MOOD: usize = 140;
/// How long a choice of availability may hold, if it ends: a year, in ms.
const MAX_CHOICE_MS: i64 = 366 * 24 * 3_600 * 1_000;
/// Longest label of a device, in code points.
pub(super) const MAX_LABEL: usize = 60;

/// An account to be made. Names are canonical, secrets are hashed.
#[derive(Debug, Clone)]
pub(crate) struct NewAccount {
    pub(crate) name: String,
    pub(crate) display: String,
    pub(crate) kind: AccountKind,
    pub(crate) language: String,
    pub(crate) password: Option<String>,
    pub(crate) recovery: Option<String>,
    /// The invitation by which it is made, if it needs one.
    pub(crate) invite: Option<[u8; 32]>,
    /// A handle in the form of mail, canonical.
    pub(crate) mail: Option<String>,
}

/// A device that signs in.
#[derive(Debug, Clone)]
pub(crate) struct NewDevice {
    pub(crate) account: AccountId,
    pub(crate) id: DeviceId,
    pub(crate) label: String,
    pub(crate) kind: DeviceKind,
    pub(crate) public_key: Option<[u8; 32]>,
    pub(crate) token_hash: [u8; 32],
    /// It takes up the device that was left by the same program, if there is one that is not among these.
    pub(crate) takes_up: Option<BTreeSet<DeviceId>>,
}

/// Hashes to set.
#[derive(Debug, Clone)]
pub(crate) struct NewSecrets {
    pub(crate) account: AccountId,
    pub(crate) password: Option<String>,
    pub(crate) recovery: Option<String>,
    /// What doors derived from the new password, by spelling: used if the account allows old programs.
    pub(crate) derived: Vec<(String, String)>,
    /// Sign out all devices but this one.
    pub(crate) end_all_but: Option<Option<DeviceId>>,
}

/// What doors derived from a password, by spelling, hashed.
#[derive(Debug, Clone)]
pub(crate) struct NewDerived {
    /// The hash of the password that it was made of.
    pub(crate) seen: String,
    pub(crate) derived: Vec<(String, String)>,
}

pub(super) fn register(world: &World, new: &NewAccount) -> Result<(Effects, Answer), Fault> {
    if world.named(&new.name)?.is_some() {
        return Err(name::refusal(name::Verdict::Taken).into());
    }
    if let Some(mail) = &new.mail
        && world.handle(HandleKind::Mail, mail)?.is_some()
    {
        return Err(handles::taken().into());
    }
    let invite = new.invite.as_ref();
    let invite = invite.map(|hash| invites::used(world, hash)).transpose()?;
    let mut fx = world.effects();
    fx.rows.links.extend(invite);
    let id = AccountId(world.mint());
    let account = fresh(world, &mut fx, id, new);
    fx.rows.accounts.push(account.clone());
    Ok((fx, Answer::Account(Box::new(account))))
}

/// An account that is there from now on, with its secrets and handle. The caller writes its row.
pub(super) fn fresh(world: &World, fx: &mut Effects, id: AccountId, new: &NewAccount) -> Account {
    let pos = fx.change(id, ChangeKind::Account, 0);
    let kinds = [
        (SecretKind::Password, &new.password),
        (SecretKind::Recovery, &new.recovery),
    ];
    for (kind, hash) in kinds {
        if let Some(hash) = hash {
            fx.rows.secrets.push(Secret {
                account: id,
                kind,
                spelling: String::new(),
                hash: hash.clone(),
            });
        }
    }
    let mail = new.mail.as_deref();
    let mail = mail.map(|mail| handles::mail(id, mail, true));
    fx.rows.handles.extend(mail);
    Account {
        id,
        name: new.name.clone(),
        display: new.display.clone(),
        mood: String::new(),
        about: String::new(),
        picture: None,
        kind: new.kind,
        owner: None,
        state: AccountState::Active,
        raised: false,
        chosen: None,
        chosen_until: None,
        strangers: Strangers::default(),
        privacy: Privacy::default(),
        receipts: true,
        language: new.language.clone(),
        head: pos,
        profile_pos: pos,
        delivered: Pos(0),
        created: world.now,
        last_seen: world.now,
    }
}

pub(super) fn add_device(world: &World, new: &NewDevice) -> Result<(Effects, Answer), Fault> {
    let account = active(world, new.account)?.clone();
    let devices = world.devices_of(new.account)?;
    let mut fx = world.effects();
    let label = label(&new.label);
    let left = new.takes_up.as_ref().and_then(|connected| {
        let same =
            |d: &&&Device| d.kind == new.kind && d.label == label && !connected.contains(&d.id);
        devices.iter().filter(same).max_by_key(|d| d.last_used)
    });
    let device = match left {
        // The token that it had is nobody's from here on.
        Some(left) => Device {
            token_hash: new.token_hash,
            public_key: new.public_key.or(left.public_key),
            last_used: world.now,
            ..(*left).clone()
        },
        None => {
            let is_program = |kind| kind == DeviceKind::Program;
            let beside = devices
                .iter()
                .filter(|d| is_program(d.kind) == is_program(new.kind));
            let most = if is_program(new.kind) {
                MAX_PROGRAMS
            } else {
                MAX_DEVICES
            };
            if beside.clone().count() >= most
                && let Some(oldest) = beside.min_by_key(|d| d.last_used)
            {
                revoke(&mut fx, (*oldest).clone());
            }
            device(world, new, label)
        }
    };
    let id = device.id;
    fx.change(new.account, ChangeKind::Device, id.0);
    fx.rows.devices.push(device);
    let mut account = account;
    account.head = fx.last().unwrap_or(account.head);
    fx.rows.accounts.push(account.clone());
    Ok((fx, Answer::Device(Box::new(account), id)))
}

/// The only device of an account that is made by this very decision.
pub(super) fn first_device(world: &World, fx: &mut Effects, new: &NewDevice) {
    fx.change(new.account, ChangeKind::Device, new.id.0);
    let device = device(world, new, label(&new.label));
    fx.rows.devices.push(device);
}

fn device(world: &World, new: &NewDevice, label: String) -> Device {
    Device {
        id: new.id,
        account: new.account,
        label,
        kind: new.kind,
        token_hash: new.token_hash,
        public_key: new.public_key,
        acked: Pos(0),
        created: world.now,
        last_used: world.now,
        revoked: None,
    }
}

/// What a device is called: never nothing.
fn label(text: &str) -> String {
    let label: String = clean_text(text, false).chars().take(MAX_LABEL).collect();
    if label.trim().is_empty() {
        "A device".to_owned()
    } else {
        label
    }
}

pub(super) fn revoke(fx: &mut Effects, mut device: Device) {
    let pos = fx.change(device.account, ChangeKind::Device, device.id.0);
    device.revoked = Some(pos);
    fx.rows.devices.push(device);
}

pub(super) fn set_secrets(world: &World, new: &NewSecrets) -> Result<Effects, Fault> {
    let account = active(world, new.account)?.clone();
    let mut fx = world.effects();
    for (kind, hash) in [
        (SecretKind::Password, &new.password),
        (SecretKind::Recovery, &new.recovery),
    ] {
        if let Some(hash) = hash {
            let account = account.id;
            fx.rows.secrets.push(Secret {
                account,
                kind,
                spelling: String::new(),
                hash: hash.clone(),
            });
        }
    }
    if new.password.is_some() {
        let account = account.id;
        let allows = world.secrets(account)?.iter();
        let allows = allows.into_iter().any(|s| s.kind == SecretKind::Derived);
        // What was made of the password before lets nobody in any more, also if it was turned on a moment ago.
        let derived = if allows { new.derived.as_slice() } else { &[] };
        replace_derived(world, &mut fx, account, derived)?;
    }
    if let Some(keep) = new.end_all_but {
        for device in world.devices_of(account.id)? {
            if Some(device.id) != keep {
                revoke(&mut fx, device.clone());
            }
        }
    }
    close(&mut fx, account);
    Ok(fx)
}

/// What doors derived from the password is this from now on, and nothing else.
pub(super) fn set_derived(
    world: &World,
    account: AccountId,
    new: &NewDerived,
) -> Result<Effects, Fault> {
    let row = active(world, account)?.clone();
    still_the_password(world, account, &new.seen)?;
    let mut fx = world.effects();
    replace_derived(world, &mut fx, account, &new.derived)?;
    if !fx.rows.secrets.is_empty() {
        fx.change(account, ChangeKind::Account, 0);
        close(&mut fx, row);
    }
    Ok(fx)
}

/// Whether the password that was checked is the password still.
pub(super) fn still_the_password(
    world: &World,
    account: AccountId,
    seen: &str,
) -> Result<(), Fault> {
    let mut secrets = world.secrets(account)?.iter();
    if secrets.any(|secret| secret.kind == SecretKind::Password && secret.hash == seen) {
        return Ok(());
    }
    let message = "the password was changed meanwhile: give the new one";
    Err(Error::new(Kind::Unauthorized, "wrong_password", message).into())
}

fn replace_derived(
    world: &World,
    fx: &mut Effects,
    account: AccountId,
    derived: &[(String, String)],
) -> Result<(), Fault> {
    let secret = |spelling: &String, hash: String| Secret {
        account,
        kind: SecretKind::Derived,
        spelling: spelling.clone(),
        hash,
    };
    for old in world.secrets(account)? {
        if old.kind == SecretKind::Derived && derived.iter().all(|(of, _)| *of != old.spelling) {
            fx.rows.secrets.push(secret(&old.spelling, String::new()));
        }
    }
    let new = derived.iter();
    let new = new.map(|(spelling, hash)| secret(spelling, hash.clone()));
    fx.rows.secrets.extend(new);
    Ok(())
}

/// Nobody blocks or deletes what is built in.
pub(super) fn refuse_built_in(account: &Account) -> Result<(), Error> {
    if account.kind == AccountKind::Service {
        let message = "a built-in account cannot be blocked or deleted";
        return Err(Error::new(Kind::Forbidden, "built_in", message));
    }
    Ok(())
}

pub(super) fn end_devices(world: &World, who: Identity, which: Which) -> Result<Effects, Fault> {
    let account = active(world, who.account)?.clone();
    let mut fx = world.effects();
    let devices = world.devices_of(who.account)?;
    let ends = |device: &Device| match which {
        Which::This => device.id == who.device,
        Which::Device(id) => device.id == id,
        Which::Others => device.id != who.device,
        Which::All => true,
    };
    for device in devices.into_iter().filter(|d| ends(d)) {
        revoke(&mut fx, device.clone());
    }
    close(&mut fx, account);
    Ok(fx)
}

pub(super) fn update(world: &World, who: Identity, patch: &AccountPatch) -> Result<Effects, Fault> {
    let before = active(world, who.account)?;
    let mut account = before.clone();
    if let Some(text) = &patch.display {
        account.display = name::display(text)?;
    }
    if let Some(text) = &patch.mood {
        let mood = clean_text(text, false);
        let mood = mood.trim();
        if mood.chars().count() > MAX_MOOD {
            let message = format!("a mood has at most {MAX_MOOD} characters");
            return Err(Error::new(Kind::TooLarge, "mood_too_long", message)
                .with_limit(MAX_MOOD as u64)
                .into());
        }
        mood.clone_into(&mut account.mood);
    }
    if let Some(receipts) = patch.receipts {
        account.receipts = receipts;
    }
    if let Some(language) = &patch.language {
        account.language = language_tag(language)?;
    }
    let wanted = patch.privacy;
    account.privacy = Privacy {
        last_seen: wanted.last_seen.unwrap_or(before.privacy.last_seen),
        picture: wanted.picture.unwrap_or(before.privacy.picture),
        mood: wanted.mood.unwrap_or(before.privacy.mood),
    };
    let mut fx = world.effects();
    if let Some(picture) = patch.picture {
        objects::picture(
            world,
            &mut fx,
            who,
            who.account.into(),
            before.picture,
            picture,
        )?;
        account.picture = picture;
    }
    if account == *before {
        return Ok(fx);
    }
    let pos = fx.change(who.account, ChangeKind::Account, 0);
    // What others see changes with whom it is shown to.
    let seen = |a: &Account| (a.display.clone(), a.mood.clone(), a.picture, a.privacy);
    if seen(&account) != seen(before) {
        account.profile_pos = pos;
    }
    close(&mut fx, account);
    Ok(fx)
}

/// A language tag as it is kept: letters, digits and hyphens (BCP 47), at most 35.
pub(crate) fn language_tag(text: &str) -> Result<String, Error> {
    let fits = (2..=35).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Error::invalid(
            "language",
            "a language is a tag such as en or pt-BR",
        ))
    }
}

pub(super) fn choose(
    world: &World,
    who: Identity,
    value: Option<Availability>,
    until: Option<Timestamp>,
) -> Result<Effects, Fault> {
    if value == Some(Availability::Offline) {
        return Err(Error::invalid("availability", "choose invisible, or sign out").into());
    }
    let latest = world.now.plus_ms(MAX_CHOICE_MS);
    if until.is_some_and(|until| value.is_none() || until <= world.now || until > latest) {
        let message =
            "a choice ends at a time to come, within a year; following the devices has no end";
        return Err(Error::invalid("until", message).into());
    }
    let before = active(world, who.account)?;
    let mut fx = world.effects();
    if (before.chosen, before.chosen_until) != (value, until) {
        let account = Account {
            chosen: value,
            chosen_until: until,
            ..before.clone()
        };
        fx.change(who.account, ChangeKind::Account, 0);
        close(&mut fx, account);
    }
    Ok(fx)
}

pub(super) fn acknowledge(
    world: &World,
    acks: &[(Identity, Pos, Timestamp)],
) -> Result<Effects, Fault> {
    super::together(acks.iter().flat_map(|(who, ..)| {
        [
            world.device(who.device).err(),
            world.account(who.account).err(),
        ]
    }))?;
    let mut fx = world.effects();
    let mut accounts: BTreeMap<AccountId, Account> = BTreeMap::new();
    for &(who, upto, at) in acks {
        let (Some(device), Some(account)) =
            (world.device(who.device)?, world.account(who.account)?)
        else {
            continue;
        };
        // Nobody can have stored what was not yet there.
        let upto = upto.min(world.head());
        if device.acked >= upto && device.last_used >= at {
            continue;
        }
        let device = Device {
            acked: device.acked.max(upto),
            last_used: device.last_used.max(at),
            ..device.clone()
        };
        let account = accounts
            .entry(account.id)
            .or_insert_with(|| account.clone());
        account.delivered = account.delivered.max(device.acked);
        fx.rows.devices.push(device);
    }
    fx.rows.accounts = accounts.into_values().collect();
    Ok(fx)
}

pub(super) fn last_seen(world: &World, id: AccountId, at: Timestamp) -> Result<Effects, Fault> {
    let mut fx = world.effects();
    if let Some(account) = world.account(id)? {
        fx.rows.accounts.push(Account {
            last_seen: account.last_seen.max(at),
            ..account.clone()
        });
    }
    Ok(fx)
}

/// Write the account with the head that the changes before have given its stream.
pub(super) fn close(fx: &mut Effects, mut account: Account) {
    if let Some(pos) = fx.last() {
        account.head = account.head.max(pos);
        fx.rows.accounts.push(account);
    }
}
