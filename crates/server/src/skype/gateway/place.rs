//! Conversations by the names that this dialect has for them: between two it is the other one, else a thread.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use hub::Session;
use hub::command::Target;
use hub::id::{AccountId, ConversationId, ObjectId};
use hub::model::Account;
use hub::store::ConversationView;
use webapi::skype::{Mri, Network, ThreadId, ThreadKind};

use crate::skype::names;

/// What an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// The conversation with this one, whether or not it was opened.
    With(AccountId),
    /// A thread, with its name.
    Thread(ConversationId, ThreadId),
}

impl Named {
    /// Reads the name of a conversation.
    ///
    /// # Errors
    /// Of the kind [`hub::Kind::NotFound`] if there is nobody of that name; whether one belongs to a thread is not looked at.
    pub(super) async fn of(session: &Session, text: &str) -> Result<Self, hub::Error> {
        let mri = Mri::parse(text).ok_or_else(|| hub::Error::not_found("conversation"))?;
        if mri.network == Network::Thread {
            let thread = mri.as_thread();
            let thread = thread.ok_or_else(|| hub::Error::not_found("conversation"))?;
            return Ok(Self::Thread(ConversationId(thread.id), thread));
        }
        names::somebody(session, text).await.map(Self::With)
    }

    /// Where a message goes.
    pub(super) fn target(self) -> Target {
        match self {
            Self::With(other) => Target::Cast(vec![other]),
            Self::Thread(id, _) => Target::Conversation(id),
        }
    }

    /// How whoever asks names it, before it was opened.
    pub(super) async fn mri(self, session: &Session) -> Result<Mri, hub::Error> {
        match self {
            Self::With(other) => Ok(People::load(session, [other]).await?.mri(other)),
            Self::Thread(_, thread) => Ok(Mri::thread(thread)),
        }
    }

    /// The conversation, if it was opened.
    pub(super) async fn view(
        self,
        session: &Session,
    ) -> Result<Option<ConversationView>, hub::Error> {
        match self {
            Self::With(other) => session.cast(&[other]).await,
            Self::Thread(id, _) => session.conversation(id).await.map(Some),
        }
    }

    /// The conversation.
    ///
    /// # Errors
    /// Of the kind [`hub::Kind::NotFound`] if it was never opened.
    pub(super) async fn known(self, session: &Session) -> Result<ConversationView, hub::Error> {
        let view = self.view(session).await?;
        view.ok_or_else(|| hub::Error::not_found("conversation"))
    }
}

/// A conversation as one viewer names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Which.
    pub(super) id: ConversationId,
    /// Its name.
    pub(super) mri: Mri,
    /// The title, if it is a group.
    pub(super) topic: Option<String>,
    /// The picture, if it is a group that has one.
    pub(super) picture: Option<ObjectId>,
}

impl Place {
    /// How `me` names a conversation; `people` knows its members.
    pub(super) fn of(view: &ConversationView, me: AccountId, people: &People) -> Self {
        let row = &view.conversation;
        let thread = |kind| Mri::thread(ThreadId { kind, id: row.id.0 });
        let mut others = view.members.iter().map(|member| member.account);
        let mri = if row.is_named() {
            thread(ThreadKind::Group)
        } else if view.members.len() > 2 {
            thread(ThreadKind::Cast)
        } else {
            people.mri(others.find(|who| *who != me).unwrap_or(me))
        };
        Self {
            id: row.id,
            mri,
            topic: row.is_named().then(|| row.title.clone()),
            picture: row.picture,
        }
    }

    /// Whether it is a thread, rather than a conversation of two.
    pub(super) fn is_thread(&self) -> bool {
        self.mri.network == Network::Thread
    }
}

/// People by their ids, to be named.
#[derive(Debug, Clone, Default)]
pub(super) struct People(HashMap<AccountId, Arc<Account>>);

impl People {
    /// All of these.
    pub(super) async fn load(
        session: &Session,
        who: impl IntoIterator<Item = AccountId>,
    ) -> Result<Self, hub::Error> {
        let who: BTreeSet<AccountId> = who.into_iter().collect();
        let found = session.names(who).await?;
        Ok(Self(found.into_iter().map(|one| (one.id, one)).collect()))
    }

    /// Somebody's name in this dialect; a name that is nobody's for whom the hub does not know any more.
    pub(super) fn mri(&self, who: AccountId) -> Mri {
        match self.0.get(&who) {
            Some(account) => names::mri(account),
            None => Mri::skype(&format!("gone-{who}")),
        }
    }

    /// The name that people see.
    pub(super) fn display(&self, who: AccountId) -> String {
        let found = self.0.get(&who);
        found.map_or_else(String::new, |account| account.shown_name().to_owned())
    }

    /// The name that people see, by the name in this dialect.
    pub(super) fn called(&self, who: &Mri) -> Option<String> {
        let found = self.0.values().find(|account| names::mri(account) == *who);
        found.map(|account| account.shown_name().to_owned())
    }
}
