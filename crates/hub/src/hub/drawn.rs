//! Messages with all that a reader needs to show them: who wrote them, what they answer, reactions, calls.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Hub;
use super::objects::shared;
use crate::error::Error;
use crate::event::{MessageView, Quoted, Reacted};
use crate::id::{AccountId, CallKey, MessageId, ObjectId};
use crate::model::{Account, Body, CallRow, Message, Object, Reaction};
use crate::store::Keys;
use crate::writer::refuse;

/// What goes along with some messages, as one reader may see it.
#[derive(Default)]
pub(super) struct Company {
    calls: HashMap<CallKey, Arc<CallRow>>,
    quoted: HashMap<MessageId, Arc<Quoted>>,
    reactions: HashMap<MessageId, Vec<Reacted>>,
    objects: HashMap<ObjectId, Arc<Object>>,
}

impl Company {
    /// The message with what goes along.
    pub(super) fn view(
        &self,
        viewer: AccountId,
        message: Arc<Message>,
        author: Arc<Account>,
    ) -> MessageView {
        let shown = !message.deleted;
        MessageView {
            call: call_of(&message).and_then(|key| self.calls.get(&key).cloned()),
            quoted: message
                .reply_to
                .filter(|_| shown)
                .and_then(|id| self.quoted.get(&id).cloned()),
            objects: objects_of(&message)
                .iter()
                .filter_map(|id| self.objects.get(id).cloned())
                .collect(),
            reactions: self
                .reactions
                .get(&message.id)
                .filter(|_| shown)
                .cloned()
                .unwrap_or_default(),
            mentions_reader: shown && message.author != viewer && mentions(&message.body, viewer),
            message,
            author,
        }
    }
}

impl Hub {
    /// Look up what goes along with these messages; nothing is asked of the store for plain words.
    pub(super) async fn company<'m>(
        &self,
        viewer: AccountId,
        messages: impl Iterator<Item = &'m Message>,
    ) -> Result<Company, Error> {
        let mut keys = Keys::default();
        let mut answered: BTreeSet<MessageId> = BTreeSet::new();
        for message in messages.filter(|message| !message.deleted) {
            keys.call_keys.extend(call_of(message));
            keys.objects.extend(objects_of(message));
            answered.extend(message.reply_to);
            if message.reacted {
                keys.reactions.insert(message.id);
            }
        }
        let mut company = Company::default();
        if !keys.is_empty() {
            let rows = self.load(&keys).await?;
            let calls = rows.calls.into_iter();
            company.calls = calls
                .map(|c| (c.key, Arc::new(c.as_seen_by(viewer))))
                .collect();
            company.reactions = reacted(viewer, rows.reactions);
            company.objects = shared(rows.objects).collect();
        }
        if !answered.is_empty() {
            company.quoted = self.quoted(viewer, &answered).await?;
        }
        Ok(company)
    }

    async fn quoted(
        &self,
        viewer: AccountId,
        ids: &BTreeSet<MessageId>,
    ) -> Result<HashMap<MessageId, Arc<Quoted>>, Error> {
        let store = &self.inner.store;
        let found = store.visible(viewer, ids).await.map_err(|e| refuse(&e))?;
        let authors = self
            .profiles(found.iter().map(|m| m.author).collect())
            .await?;
        let quote = |message: &Message| {
            let author = authors.iter().find(|a| a.id == message.author)?;
            Some((message.id, Arc::new(quote(message, author))))
        };
        Ok(found.iter().filter_map(quote).collect())
    }

    /// Draw messages for a page of history.
    pub(super) async fn draw_messages(
        &self,
        viewer: AccountId,
        messages: Vec<Message>,
    ) -> Result<Vec<MessageView>, Error> {
        let authors = self
            .profiles(messages.iter().map(|m| m.author).collect())
            .await?;
        let authors: HashMap<AccountId, Arc<Account>> =
            authors.into_iter().map(|a| (a.id, a)).collect();
        let company = self.company(viewer, messages.iter()).await?;
        let draw = |message: Message| {
            let author = authors.get(&message.author).cloned()?;
            Some(company.view(viewer, Arc::new(message), author))
        };
        Ok(messages.into_iter().filter_map(draw).collect())
    }
}

fn objects_of(message: &Message) -> &[ObjectId] {
    match &message.body {
        Body::Objects(ids, _) if !message.deleted => ids,
        _ => &[],
    }
}

fn call_of(message: &Message) -> Option<CallKey> {
    match message.body {
        Body::Call(key) => Some(key),
        _ => None,
    }
}

fn mentions(body: &Body, viewer: AccountId) -> bool {
    let named = body.mentions();
    named.contains(&None) || named.contains(&Some(viewer))
}

fn quote(message: &Message, author: &Account) -> Quoted {
    let words = if message.deleted {
        String::new()
    } else {
        message.body.words()
    };
    let end = words
        .char_indices()
        .nth(Quoted::WORDS)
        .map(|(index, _)| index);
    Quoted {
        message: message.id,
        author: message.author,
        name: author.shown_name().to_owned(),
        stamp: message.stamp,
        cut: end.is_some(),
        words: words[..end.unwrap_or(words.len())].to_owned(),
        deleted: message.deleted,
    }
}

/// Reactions by message and key: keys and people in the order in which they came.
fn reacted(viewer: AccountId, mut all: Vec<Reaction>) -> HashMap<MessageId, Vec<Reacted>> {
    all.sort_by(|a, b| (a.at, a.account, &a.key).cmp(&(b.at, b.account, &b.key)));
    let mut out: HashMap<MessageId, Vec<Reacted>> = HashMap::new();
    for reaction in all {
        let keys = out.entry(reaction.message).or_default();
        let index = keys.iter().position(|r| r.key == reaction.key);
        let index = index.unwrap_or_else(|| {
            keys.push(Reacted {
                key: reaction.key,
                count: 0,
                mine: false,
                people: Vec::new(),
            });
            keys.len() - 1
        });
        let kept = &mut keys[index];
        kept.count += 1;
        kept.mine |= reaction.account == viewer;
        if kept.people.len() < Reacted::NAMED {
            kept.people.push(reaction.account);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Pos, Timestamp};

    #[test]
    fn reactions_stand_in_the_order_in_which_they_came() {
        let reaction = |account, key: &str, at| Reaction {
            message: Pos(1),
            account: AccountId(account),
            key: key.into(),
            at: Timestamp(at),
        };
        let all = vec![
            reaction(1, "b", 3),
            reaction(2, "a", 9),
            reaction(3, "b", 2),
        ];
        let drawn = reacted(AccountId(1), all);
        let drawn: Vec<_> = drawn[&Pos(1)]
            .iter()
            .map(|r| (r.key.as_str(), r.count, r.mine, r.people.clone()))
            .collect();
        assert_eq!(
            drawn,
            [
                ("b", 2, true, vec![AccountId(3), AccountId(1)]),
                ("a", 1, false, vec![AccountId(2)])
            ]
        );
    }
}
