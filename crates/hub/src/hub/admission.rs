//! Who comes in: registering, signing in, recovering.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Hub, Registration, lock, refuse_device};
use crate::decide::{self, Answer, Identity, Work};
use crate::error::{Error, Kind};
use crate::handle;
use crate::id::{AccountId, DeviceId};
use crate::limits::{Buckets, Limits, Neighbourhood};
use crate::model::{
    Account, AccountKind, AccountState, DeviceKind, HandleKind, Secret, SecretKind,
};
use crate::name::{self, Verdict};
use crate::secret;
use crate::store::Keys;
use crate::writer::refuse;

/// Where a request comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin {
    /// The real client; `None` = inside this process.
    pub address: Option<IpAddr>,
    /// The operator exempts it from budgets.
    pub exempt: bool,
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Any spelling of the name.
    pub name: String,
    /// The name others see.
    pub display: String,
    /// The password.
    pub password: String,
    /// The language in which built-in accounts speak.
    pub language: Option<String>,
}

/// What a device says of itself.
#[derive(Debug, Clone)]
pub struct DeviceHello {
    /// For people.
    pub label: String,
    /// Its kind.
    pub kind: DeviceKind,
    /// Its Ed25519 public key.
    pub public_key: Option<[u8; 32]>,
    /// A program that signs in daily and never out: it takes up the device of the same kind and label that it left, if nothing
    /// of it is connected, with a new token; the old token is dead from then on.
    pub takes_up: bool,
}

/// How somebody shows who they are.
#[derive(Clone)]
pub enum Proof {
    /// The password.
    Password(String),
    /// What a door derives from the name and the password, for programs that do not send the password itself. It lets in only
    /// whoever allows old programs: see [`Command::AllowOldPrograms`](crate::Command::AllowOldPrograms).
    Derived {
        /// Which door, as in [`Config::derive`](super::Config::derive).
        door: &'static str,
        /// The name or handle that the program put into it, in any spelling.
        spelling: String,
        /// What came out.
        value: String,
    },
    /// The link of a group: whoever shows it comes as a guest, under the name `display`, and belongs to this group alone: no
    /// contacts, no search, no other conversation. The name to sign in with is not looked at. It ends when the guest leaves the
    /// group or is removed from it, and after a day without them.
    Link {
        /// The link's token.
        token: String,
        /// The name others see.
        display: String,
    },
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Password(_) => f.write_str("Password(‹hidden›)"),
            Self::Link { .. } => f.write_str("Link(‹hidden›)"),
            Self::Derived { door, .. } => write!(f, "Derived({door}, ‹hidden›)"),
        }
    }
}

/// Somebody is in.
#[derive(Clone)]
pub struct Admitted {
    /// Who.
    pub account: Arc<Account>,
    /// The device that was made, or taken up.
    pub device: DeviceId,
    /// Its token; only its hash is kept.
    pub token: String,
    /// A new recovery code, shown once.
    pub recovery_code: Option<String>,
}

impl std::fmt::Debug for Admitted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admitted")
            .field("account", &self.account.id)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

/// Whether a name can be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameCheck {
    /// Its canonical form, if it has one.
    pub canonical: Option<String>,
    /// Whether.
    pub verdict: Verdict,
    /// A free one close to it.
    pub suggestion: Option<String>,
}

/// The budgets of a process.
pub(super) struct Budgets {
    sign_in_account: Buckets<String>,
    sign_in_address: Buckets<Neighbourhood>,
    pub(super) register: Buckets<Neighbourhood>,
    pub(super) names: Buckets<Neighbourhood>,
    pub(super) search: Buckets<AccountId>,
    pub(super) messages: Buckets<AccountId>,
    pub(super) calls: Buckets<AccountId>,
    pub(super) requests: Buckets<AccountId>,
    pub(super) commands: Buckets<AccountId>,
    pub(super) exports: Buckets<AccountId>,
}

impl Budgets {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            sign_in_account: Buckets::new(limits.sign_in_account),
            sign_in_address: Buckets::new(limits.sign_in_address),
            register: Buckets::new(limits.register_address),
            names: Buckets::new(limits.names_address),
            search: Buckets::new(limits.search),
            messages: Buckets::new(limits.messages),
            calls: Buckets::new(limits.calls),
            requests: Buckets::new(limits.requests),
            commands: Buckets::new(limits.commands),
            exports: Buckets::new(limits.exports),
        }
    }
}

impl Hub {
    /// Take one from a budget, unless the origin is exempt or inside.
    pub(super) fn spend(
        &self,
        from: Origin,
        bucket: impl FnOnce(&mut Budgets) -> &mut Buckets<Neighbourhood>,
    ) -> Result<(), Error> {
        match from.address {
            Some(address) if !from.exempt => {
                let now = self.inner.clock.now();
                bucket(&mut lock(&self.inner.budgets)).take(&address.into(), now)
            }
            _ => Ok(()),
        }
    }

    /// Whether a name can be registered.
    pub async fn check_name(&self, from: Origin, spelling: &str) -> Result<NameCheck, Error> {
        self.spend(from, |b| &mut b.names)?;
        let canonical = match name::canonical(spelling) {
            Ok(canonical) => canonical,
            Err(verdict) => {
                return Ok(NameCheck {
                    canonical: None,
                    verdict,
                    suggestion: None,
                });
            }
        };
        if name::is_reserved(&canonical) {
            return Ok(NameCheck {
                canonical: Some(canonical),
                verdict: Verdict::Reserved,
                suggestion: None,
            });
        }
        let mut names: std::collections::BTreeSet<String> =
            name::suggestions(&canonical).take(30).collect();
        names.insert(canonical.clone());
        let rows = self
            .inner
            .store
            .load(&Keys {
                names,
                ..Keys::default()
            })
            .await
            .map_err(|e| refuse(&e))?;
        let taken = |name: &str| rows.accounts.iter().any(|a| a.name == name);
        if taken(&canonical) {
            let suggestion = name::suggestions(&canonical).take(30).find(|s| !taken(s));
            return Ok(NameCheck {
                canonical: Some(canonical),
                verdict: Verdict::Taken,
                suggestion,
            });
        }
        Ok(NameCheck {
            canonical: Some(canonical),
            verdict: Verdict::Free,
            suggestion: None,
        })
    }

    /// Make an account and sign its first device in.
    pub async fn register(
        &self,
        from: Origin,
        who: NewAccount,
        device: DeviceHello,
    ) -> Result<Admitted, Error> {
        self.register_invited(from, who, None, device).await
    }

    /// The same, for somebody who shows an invitation; where everybody may register it is not looked at.
    pub async fn register_invited(
        &self,
        from: Origin,
        who: NewAccount,
        code: Option<String>,
        device: DeviceHello,
    ) -> Result<Admitted, Error> {
        let invite = match (self.inner.config.registration, code) {
            (Registration::Open, _) => None,
            (Registration::Invite, Some(code)) => Some(secret::invite_hash(&code)),
            (Registration::Invite, None) => {
                let message =
                    "who joins this server was invited: ask somebody who is here for an invitation";
                return Err(Error::new(Kind::Forbidden, "invite_required", message));
            }
            (Registration::Closed, _) => {
                let message = "this server makes no accounts by itself: ask the person who runs it";
                return Err(Error::new(Kind::Forbidden, "registration_closed", message));
            }
        };
        let canonical = name::canonical(&who.name).map_err(name::refusal)?;
        if name::is_reserved(&canonical) {
            return Err(name::refusal(Verdict::Reserved));
        }
        self.spend(from, |b| &mut b.register)?;
        let (account, code) = self.make_account(canonical, who, invite, None).await?;
        self.add_device(account, device, Some(code)).await
    }

    /// The account and its recovery code; `canonical` was checked.
    pub(super) async fn make_account(
        &self,
        canonical: String,
        who: NewAccount,
        invite: Option<[u8; 32]>,
        mail: Option<String>,
    ) -> Result<(Arc<Account>, String), Error> {
        let display = name::display(&who.display)?;
        secret::judge_password(&who.password, &canonical, &display)?;
        let language = match who.language {
            Some(language) => decide::language_tag(&language)?,
            None => "en".to_owned(),
        };
        // Before the costly hashes: a taken name is refused at once; the store's uniqueness decides in the end.
        let keys = Keys {
            names: [canonical.clone()].into(),
            ..Keys::default()
        };
        if !self.load(&keys).await?.accounts.is_empty() {
            return Err(name::refusal(Verdict::Taken));
        }
        if let Some(hash) = invite {
            self.look_at_invite(hash).await?;
        }
        let code = secret::new_code(&mut lock(&self.inner.rng));
        let (password, recovery) = tokio::try_join!(
            self.inner.pool.hash(who.password),
            self.inner.pool.hash(secret::plain_code(&code)),
        )?;
        let new = decide::NewAccount {
            name: canonical,
            display,
            kind: AccountKind::Person,
            language,
            password: Some(password),
            recovery: Some(recovery),
            invite,
            mail,
        };
        match self.write(Work::Register(Box::new(new))).await?.1 {
            Answer::Account(account) => Ok((Arc::new(*account), code)),
            Answer::Value(_) | Answer::Device(..) | Answer::Begun(_) => {
                Err(Error::unavailable("the account was not made: try again"))
            }
        }
    }

    async fn add_device(
        &self,
        account: Arc<Account>,
        hello: DeviceHello,
        recovery_code: Option<String>,
    ) -> Result<Admitted, Error> {
        let (token, token_hash) = secret::new_token(&mut lock(&self.inner.rng));
        let id = DeviceId(lock(&self.inner.mint).next(self.inner.clock.wall()));
        let connected = || {
            self.with_live(|live, _, _| {
                let places = live.endpoints.values().map(|endpoint| endpoint.place);
                let own = places.filter(|place| place.account == account.id);
                own.map(|place| place.device).collect()
            })
        };
        let new = decide::NewDevice {
            account: account.id,
            id,
            label: hello.label,
            kind: hello.kind,
            public_key: hello.public_key,
            token_hash,
            takes_up: hello.takes_up.then(connected),
        };
        match self.write(Work::AddDevice(Box::new(new))).await?.1 {
            Answer::Device(account, device) => Ok(Admitted {
                account: Arc::new(*account),
                device,
                token,
                recovery_code,
            }),
            Answer::Value(_) | Answer::Account(_) | Answer::Begun(_) => {
                Err(Error::unavailable("the device was not made: try again"))
            }
        }
    }

    /// Sign a device in; `spelling` is the name of the account or one of its handles, however it is written.
    pub async fn admit(
        &self,
        from: Origin,
        spelling: &str,
        proof: Proof,
        device: DeviceHello,
    ) -> Result<Admitted, Error> {
        let shown = match proof {
            Proof::Password(password) => Shown::plain(SecretKind::Password, password),
            Proof::Link { token, display } => {
                return Box::pin(self.admit_guest(from, &token, &display, device)).await;
            }
            Proof::Derived {
                door,
                spelling,
                value,
            } => Shown {
                kind: SecretKind::Derived,
                spelling: Secret::derived(door, &canonical(&spelling).unwrap_or_default()),
                secret: value,
            },
        };
        let account = self.prove(from, spelling, shown, None).await?;
        self.add_device(account, device, None).await
    }

    /// The recovery code sets a new password and is replaced by a new code.
    pub async fn recover(
        &self,
        from: Origin,
        spelling: &str,
        code: &str,
        password: &str,
        end_others: bool,
        device: DeviceHello,
    ) -> Result<Admitted, Error> {
        let account = self
            .prove(
                from,
                spelling,
                Shown::plain(SecretKind::Recovery, secret::plain_code(code)),
                None,
            )
            .await?;
        // After the proof and its budgets: judging a password is work too.
        secret::judge_password(password, &account.name, &account.display)?;
        let code = self
            .set_secrets(
                account.id,
                Some(password.to_owned()),
                true,
                end_others.then_some(None),
            )
            .await?;
        self.add_device(account, device, code).await
    }

    /// Set a password, and a new recovery code if asked for; gives the code.
    pub(super) async fn set_secrets(
        &self,
        account: AccountId,
        password: Option<String>,
        new_code: bool,
        end_all_but: Option<Option<DeviceId>>,
    ) -> Result<Option<String>, Error> {
        let derived = match &password {
            Some(password) => self.derived_anew(account, password).await?,
            None => Vec::new(),
        };
        let password = match password {
            Some(password) => Some(self.inner.pool.hash(password).await?),
            None => None,
        };
        let code = new_code.then(|| secret::new_code(&mut lock(&self.inner.rng)));
        let recovery = match &code {
            Some(code) => Some(self.inner.pool.hash(secret::plain_code(code)).await?),
            None => None,
        };
        let secrets = decide::NewSecrets {
            account,
            password,
            recovery,
            derived,
            end_all_but,
        };
        self.write(Work::SetSecrets(secrets)).await?;
        Ok(code)
    }

    /// Who shows a secret: budgets first, the same work whether the name exists or not, one answer for both. Tries are
    /// counted under `budget`, else under the name.
    async fn prove(
        &self,
        from: Origin,
        spelling: &str,
        shown: Shown,
        budget: Option<String>,
    ) -> Result<Arc<Account>, Error> {
        self.spend(from, |b| &mut b.sign_in_address)?;
        let kind = shown.kind;
        if shown.secret.len() > secret::MAX_PASSWORD {
            return Err(wrong(kind));
        }
        let account = self.called(spelling).await?;
        // One budget for all names of an account.
        let budget = budget
            .or_else(|| account.as_ref().map(|account| account.name.clone()))
            .unwrap_or_else(|| canonical(spelling).unwrap_or_default());
        let counted = !from.exempt && from.address.is_some();
        if counted {
            // Taken before the work, so that tries at the same time count too.
            let now = self.inner.clock.now();
            lock(&self.inner.budgets)
                .sign_in_account
                .take(&budget, now)?;
        }
        let right = self.is_right(account.as_ref(), shown).await;
        if counted && !matches!(right, Ok(false)) {
            // Only failures count against the name, so that nobody can lock its owner out by knowing it.
            lock(&self.inner.budgets).sign_in_account.give_back(&budget);
        }
        match (account, right?) {
            (Some(account), true) => match account.state {
                AccountState::Active => Ok(Arc::new(account)),
                AccountState::Blocked | AccountState::BlockedWithOwner => Err(Error::new(
                    Kind::Forbidden,
                    "blocked_account",
                    "this account was blocked by the operator",
                )),
                AccountState::Deleted | AccountState::Leaving => Err(wrong(kind)),
            },
            _ => Err(wrong(kind)),
        }
    }

    /// Who is called so: by name, or by a handle in the form of mail. Deleted and blocked accounts too.
    pub(super) async fn called(&self, spelling: &str) -> Result<Option<Account>, Error> {
        let mut keys = Keys::default();
        match (name::canonical(spelling), handle::mail(spelling)) {
            (Ok(name), _) => keys.names.insert(name),
            (Err(_), Ok(mail)) => keys.handles.insert((HandleKind::Mail, mail)),
            // Nobody: it takes as long.
            (Err(_), Err(_)) => keys.names.insert(String::new()),
        };
        let rows = self.load(&keys).await?;
        match rows.handles.first() {
            Some(handle) => {
                let account = self.account(handle.account).await?;
                Ok(account.map(Arc::unwrap_or_clone))
            }
            None => Ok(rows.accounts.into_iter().next()),
        }
    }

    /// Whether a secret is an account's own; takes the same time for an account that is not there, or has none such.
    async fn is_right(&self, account: Option<&Account>, shown: Shown) -> Result<bool, Error> {
        let hash = match account {
            None => None,
            Some(account) => {
                let keys = Keys {
                    secrets: [account.id].into(),
                    ..Keys::default()
                };
                let mut secrets = self.load(&keys).await?.secrets.into_iter();
                secrets
                    .find(|s| s.kind == shown.kind && s.spelling == shown.spelling)
                    .map(|s| s.hash)
            }
        };
        self.inner.pool.verify(shown.secret, hash).await
    }

    /// Check the password of somebody who is signed in.
    pub(super) async fn recheck(
        &self,
        who: Identity,
        from: Origin,
        password: String,
    ) -> Result<(), Error> {
        let account = self
            .account(who.account)
            .await?
            .ok_or_else(Error::unauthorized)?;
        // Counted by the device: whoever guesses at the name from outside cannot keep its owner from a new password.
        let budget = Some(format!("device:{}", who.device));
        let shown = Shown::plain(SecretKind::Password, password);
        self.prove(from, &account.name, shown, budget)
            .await
            .map(drop)
    }

    /// Whose token this is.
    pub async fn authenticate(&self, token: &str) -> Result<Identity, Error> {
        if !(40..=64).contains(&token.len()) {
            return Err(Error::unauthorized());
        }
        let hash = secret::token_hash(token);
        if let Some(who) = self.inner.known.token(&hash) {
            return Ok(who);
        }
        let generation = self.inner.known.generation();
        let device = self
            .inner
            .store
            .device_by_token(&hash)
            .await
            .map_err(|e| refuse(&e))?;
        let device = device.ok_or_else(Error::unauthorized)?;
        let who = Identity {
            account: device.account,
            device: device.id,
        };
        let account = self.account(who.account).await?;
        refuse_device(account.as_deref(), who, device.revoked.is_some())?;
        self.inner.known.keep_token(generation, hash, who);
        Ok(who)
    }
}

/// A secret that somebody shows.
struct Shown {
    kind: SecretKind,
    /// What it was derived for; empty for passwords and codes.
    spelling: String,
    secret: String,
}

impl Shown {
    fn plain(kind: SecretKind, secret: String) -> Self {
        Self {
            kind,
            spelling: String::new(),
            secret,
        }
    }
}

/// The canonical form of a name or a handle.
fn canonical(spelling: &str) -> Option<String> {
    let name = name::canonical(spelling).ok();
    name.or_else(|| handle::mail(spelling).ok())
}

fn wrong(kind: SecretKind) -> Error {
    match kind {
        SecretKind::Recovery => Error::new(
            Kind::Unauthorized,
            "wrong_code",
            "that name and recovery code do not match: check both",
        ),
        SecretKind::Password | SecretKind::Derived => Error::new(
            Kind::Unauthorized,
            "wrong_password",
            "that name and password do not match: check both, or use your recovery code",
        ),
    }
}
