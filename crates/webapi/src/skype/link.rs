//! Addresses in answers. Clients take them apart with patterns of their own, so their shape is law. (Sections 3 to 6.)

use super::id::{AsmId, EndpointId, Mri};

/// The scheme, host and prefix under which a request came in, such as `https://db1-client-s.gateway.messenger.live.com`; all
/// addresses of its answer begin with it. Ids stand in them raw, as the service wrote them, but for an endpoint's braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links(String);

impl Links {
    /// With the scheme, and without a slash at the end.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self(base.trim_end_matches('/').to_owned())
    }

    /// Where all begin.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.0
    }

    /// Somebody as a contact, which is also how a message says whom it is from.
    #[must_use]
    pub fn contact(&self, who: &Mri) -> String {
        format!("{}/v1/users/ME/contacts/{who}", self.0)
    }

    /// A person as a member of a thread.
    #[must_use]
    pub fn user(&self, who: &Mri) -> String {
        format!("{}/v1/users/{who}", self.0)
    }

    /// A conversation; between two it is the other one's name as the viewer sees it.
    #[must_use]
    pub fn conversation(&self, id: &Mri) -> String {
        format!("{}/v1/users/ME/conversations/{id}", self.0)
    }

    /// The messages of a conversation.
    #[must_use]
    pub fn messages(&self, conversation: &Mri) -> String {
        format!("{}/messages", self.conversation(conversation))
    }

    /// A message, by its stamp.
    #[must_use]
    pub fn message(&self, conversation: &Mri, stamp: i64) -> String {
        format!("{}/{stamp}", self.messages(conversation))
    }

    /// Where a program says that it has handled a message.
    #[must_use]
    pub fn ack(&self, stamp: i64) -> String {
        format!(
            "{}/v1/users/ME/conversations/ALL/messages/{stamp}/ack",
            self.0
        )
    }

    /// A thread.
    #[must_use]
    pub fn thread(&self, id: &Mri) -> String {
        format!("{}/v1/threads/{id}", self.0)
    }

    /// Whether somebody is there.
    #[must_use]
    pub fn presence(&self, who: &Mri) -> String {
        format!("{}/v1/users/{who}/presenceDocs/messagingService", self.0)
    }

    /// The same as the address of a contact, by which one is told of it.
    #[must_use]
    pub fn contact_presence(&self, who: &Mri) -> String {
        format!("{}/presenceDocs/messagingService", self.contact(who))
    }

    /// What one endpoint says of itself. SkPy splits it at slashes and takes the seventh part after the scheme, with its braces.
    #[must_use]
    pub fn endpoint_presence(&self, who: &Mri, endpoint: EndpointId) -> String {
        format!(
            "{}/v1/users/{who}/endpoints/{endpoint}/presenceDocs/messagingService",
            self.0
        )
    }

    /// An endpoint of one's own, its braces encoded: the address of a registration's answer.
    #[must_use]
    pub fn endpoint(&self, endpoint: EndpointId) -> String {
        format!("{}/v1/users/ME/endpoints/{}", self.0, endpoint.in_path())
    }

    /// The only subscription that an endpoint has.
    #[must_use]
    pub fn subscription(&self) -> String {
        format!("{}/v1/users/ME/endpoints/SELF/subscriptions/0", self.0)
    }

    /// All messages of a conversation that has none yet.
    #[must_use]
    pub fn messages_of(&self, conversation: &Mri, size: usize, view: &str) -> String {
        let messages = self.messages(conversation);
        format!(
            "{messages}?startTime=0&pageSize={size}&view={}",
            in_query(view)
        )
    }

    /// A page of messages that goes on where one ended.
    #[must_use]
    pub fn messages_since(
        &self,
        conversation: &Mri,
        state: &str,
        size: usize,
        view: &str,
    ) -> String {
        let messages = self.messages(conversation);
        format!(
            "{messages}?syncState={state}&pageSize={size}&view={}",
            in_query(view)
        )
    }

    /// A page of conversations that goes on where one ended.
    #[must_use]
    pub fn conversations_since(&self, state: &str, size: usize, view: &str) -> String {
        let view = in_query(view);
        format!(
            "{}/v1/users/ME/conversations?syncState={state}&pageSize={size}&view={view}",
            self.0
        )
    }

    /// A file at the store of objects.
    #[must_use]
    pub fn object(&self, id: AsmId) -> String {
        format!("{}/v1/objects/{id}", self.0)
    }

    /// One view of a file.
    #[must_use]
    pub fn view(&self, id: AsmId, view: &str) -> String {
        format!("{}/views/{view}", self.object(id))
    }

    /// Somebody's picture.
    #[must_use]
    pub fn avatar(&self, name: &str) -> String {
        format!("{}/v1/avatars/{name}/public", self.0)
    }
}

/// Clients ask for such an address as it is, and it holds what they have asked with before.
fn in_query(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
