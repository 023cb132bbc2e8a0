//! The description of this API as an OpenAPI 3.1 document.
//!
//! The functions below are never called: each holds the description of one address, beside the types it speaks of.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use super::*;

/// The document, as pretty JSON with a line feed at its end.
#[must_use]
pub fn document() -> String {
    let mut text = Api::openapi()
        .to_pretty_json()
        .expect("a description is plain data");
    text.push('\n');
    text
}

/// Bytes as they are.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "only its description is used")]
struct Bytes(String);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Skein",
        description = "Skein's own API. Ids and positions are opaque strings; times are ms since 1970 in UTC. \
            How signing in, sockets, long polls and catching up work is told in docs/protocols/api.md.",
    ),
    paths(
        server, name, register, sign_in, recover, sign_out, delete_account, invites, invite, uninvite, command, me, sync,
        contacts, presence, find, card, export,
        conversations, conversation, members, links, link, messages, search, devices, bots, calls, call, object, write,
        content, preview, endpoint, poll, socket,
    ),
    components(schemas(ClientFrame, ServerFrame, Signal, CallReport, MarkName)),
    modifiers(&Doors),
)]
struct Api;

/// The two ways to show that a device is signed in.
struct Doors;

impl Modify for Doors {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token of a device, for programs."))
            .build();
        let cookie = ApiKeyValue::with_description(
            "__Host-skein",
            "HttpOnly, SameSite=Strict, for pages of this server; its name is `skein` over plain HTTP.",
        );
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// Describes an address that everybody may use.
macro_rules! open {
    ($(#[$doc:meta])* $name:ident: $method:ident $path:literal $(($($body:tt)*))? -> $answer:ty $(, params $params:tt)?) => {
        $(#[$doc])*
        #[utoipa::path(
            $method, path = $path, operation_id = stringify!($name), $(request_body = $($body)*,)?
            $(params $params,)?
            responses(
                (status = 200, description = "Done.", body = $answer),
                (status = "default", description = "Refused: see `kind` and `code`.", body = ApiError),
            ),
        )]
        #[allow(dead_code, reason = "only its description is used")]
        fn $name() {}
    };
}

/// Describes an address for a device that is signed in.
macro_rules! signed_in {
    ($(#[$doc:meta])* $name:ident: $method:ident $path:literal $(($($body:tt)*))? -> $answer:ty $(, params $params:tt)?) => {
        $(#[$doc])*
        #[utoipa::path(
            $method, path = $path, operation_id = stringify!($name), $(request_body = $($body)*,)?
            $(params $params,)?
            security(("token" = []), ("cookie" = [])),
            responses(
                (status = 200, description = "Done.", body = $answer),
                (status = "default", description = "Refused: see `kind` and `code`.", body = ApiError),
            ),
        )]
        #[allow(dead_code, reason = "only its description is used")]
        fn $name() {}
    };
}

open! {
    /// What a client shows before anybody signs in.
    server: get "/v1/skein/server" -> ServerInfo
}
open! {
    /// Whether a name can be registered.
    name: get "/v1/skein/names/{name}" -> NameCheck,
    params(("name" = String, Path, description = "Any spelling."))
}
open! {
    /// Make an account, and sign this device in.
    register: post "/v1/skein/register" (Register) -> SignedIn
}
open! {
    /// Sign this device in.
    sign_in: post "/v1/skein/sign-in" (SignIn) -> SignedIn
}
open! {
    /// Set a new password with the recovery code, and sign this device in.
    recover: post "/v1/skein/recover" (Recover) -> SignedIn
}
signed_in! {
    /// Sign this device out; its connections end, and the cookie goes.
    sign_out: post "/v1/skein/sign-out" -> Done
}
signed_in! {
    /// Delete the account that is signed in, which cannot be taken back. All its devices are signed out.
    delete_account: post "/v1/skein/delete-account" (DeleteAccount) -> Done
}
signed_in! {
    /// One's own invitations to this server.
    invites: get "/v1/skein/invites" -> Invites
}
signed_in! {
    /// One's own bots and their tokens.
    bots: get "/v1/skein/bots" -> Bots
}
signed_in! {
    /// Invite somebody to this server, where members may.
    invite: post "/v1/skein/invites" (NewInvite) -> Invite
}
signed_in! {
    /// Revoke an invitation of one's own.
    uninvite: delete "/v1/skein/invites/{id}" -> Done,
    params(("id" = String, Path, description = "Its id."))
}
signed_in! {
    /// Do something.
    command: post "/v1/skein/command" (Command) -> Done,
    params(("endpoint" = Option<String>, Query, description = "Given by this endpoint, which polls: calls need one."))
}
signed_in! {
    /// One's own account.
    me: get "/v1/skein/me" -> Account
}
signed_in! {
    /// Durable events after a position, or a snapshot when it is too old, or none was given.
    sync: get "/v1/skein/sync" -> Sync,
    params(
        ("since" = Option<String>, Query, description = "Go on from here."),
        ("limit" = Option<u32>, Query, description = "At most so many events: 1 to 1,000, else 200."),
    )
}
signed_in! {
    /// Contacts and requests.
    contacts: get "/v1/skein/contacts" -> ContactPage,
    params(
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 500, else 100."),
    )
}
signed_in! {
    /// Who is there.
    presence: get "/v1/skein/presence" -> PresenceList,
    params(
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 500, else 500."),
    )
}
signed_in! {
    /// Find somebody by the exact name.
    find: get "/v1/skein/find" -> Found,
    params(("name" = String, Query, description = "Any spelling of the whole name."))
}
signed_in! {
    /// Somebody's profile card.
    card: get "/v1/skein/accounts/{id}" -> Card,
    params(("id" = String, Path, description = "Their id."))
}

/// A copy of one's own data as one ZIP file, made while it is sent; docs/protocols/export.md tells what is in it. It has no length
/// beforehand: a connection that breaks leaves a file without an end, which no program opens.
#[utoipa::path(
    get, path = "/v1/skein/export", operation_id = "export",
    security(("token" = []), ("cookie" = [])),
    params(
        ("files" = Option<bool>, Query, description = "`false`: without the bytes of files; they are at `objects/{id}/content`."),
    ),
    responses(
        (status = 200, description = "All of it.", body = Bytes, content_type = "application/zip"),
        (status = "default", description = "Refused: see `kind` and `code`.", body = ApiError),
    ),
)]
#[allow(dead_code, reason = "only its description is used")]
fn export() {}

signed_in! {
    /// Conversations, newest first.
    conversations: get "/v1/skein/conversations" -> ConversationPage,
    params(
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 100, else 50."),
    )
}
signed_in! {
    /// One conversation.
    conversation: get "/v1/skein/conversations/{id}" -> Conversation,
    params(("id" = String, Path, description = "Its id."))
}
signed_in! {
    /// Who is in a conversation: owners, admins, members. Or, for owners and admins, who may not come back to a group.
    members: get "/v1/skein/conversations/{id}/members" -> MemberPage,
    params(
        ("id" = String, Path, description = "The conversation."),
        ("banned" = Option<bool>, Query, description = "Those who may not come back."),
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 200, else 100."),
    )
}
signed_in! {
    /// The links to a group; for its owners and admins.
    links: get "/v1/skein/conversations/{id}/links" -> LinkList,
    params(("id" = String, Path, description = "The group."))
}
signed_in! {
    /// Where a link leads, before joining.
    link: post "/v1/skein/link" (LinkToken) -> LinkPreview
}
signed_in! {
    /// Messages of a conversation, oldest first; the newest ones unless told otherwise.
    messages: get "/v1/skein/conversations/{id}/messages" -> MessagePage,
    params(
        ("id" = String, Path, description = "The conversation."),
        ("before" = Option<String>, Query, description = "Only older than this message."),
        ("after" = Option<String>, Query, description = "Only newer than this message."),
        ("around" = Option<String>, Query, description = "With this message in the middle; `unread`: with the oldest unread one in the middle, the newest if all are read."),
        ("limit" = Option<u32>, Query, description = "1 to 200, else 50."),
    )
}
signed_in! {
    /// Messages with all these words, or words that begin so, newest first; case and accents do not count.
    search: get "/v1/skein/search" -> SearchPage,
    params(
        ("question" = String, Query, description = "At most 400 bytes; the eight longest words of it count."),
        ("conversation" = Option<String>, Query, description = "Only there; else in the thousand newest conversations."),
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 50, else 20."),
    )
}
signed_in! {
    /// One's own devices.
    devices: get "/v1/skein/devices" -> DeviceList
}
signed_in! {
    /// Calls, newest first.
    calls: get "/v1/skein/calls" -> CallPage,
    params(
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 100, else 50."),
    )
}
signed_in! {
    /// A call with its reports.
    call: get "/v1/skein/calls/{key}" -> CallDetail,
    params(("key" = String, Path, description = "Its key."))
}
signed_in! {
    /// What is known of a file; its own uploads with how far they are, also in the header `Upload-Offset`.
    object: get "/v1/skein/objects/{id}" -> ObjectInfo,
    params(("id" = String, Path, description = "Its id."))
}

/// Keep a piece of an upload, at most 983,040 bytes. At another offset than the kept one: 409 `offset`, with the right one in
/// the header `Upload-Offset`.
#[utoipa::path(
    patch, path = "/v1/skein/objects/{id}", operation_id = "write",
    request_body(content = Bytes, content_type = "application/octet-stream"),
    params(
        ("id" = String, Path, description = "The object that was begun."),
        ("upload-offset" = i64, Header, description = "Where the piece begins."),
    ),
    security(("token" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "Kept.", body = Written),
        (status = "default", description = "Refused: see `kind` and `code`.", body = ApiError),
    ),
)]
#[allow(dead_code, reason = "only its description is used")]
fn write() {}

/// The bytes of a file. Ranges and conditions are answered (RFC 9110 §13, §14); HEAD too. Pictures are inline, all else is
/// an attachment; nothing runs.
#[utoipa::path(
    get, path = "/v1/skein/objects/{id}/content", operation_id = "content",
    params(
        ("id" = String, Path, description = "Its id."),
        ("download" = Option<String>, Query, description = "Present: a picture is an attachment too."),
    ),
    security(("token" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "All of it.", content(
            (Bytes = "application/*"), (Bytes = "image/*"), (Bytes = "audio/*"), (Bytes = "video/*"),
        )),
        (status = 206, description = "The range that was asked for.", content(
            (Bytes = "application/*"), (Bytes = "image/*"), (Bytes = "audio/*"), (Bytes = "video/*"),
        )),
        (status = "default", description = "Refused: see `kind` and `code`.", body = ApiError),
    ),
)]
#[allow(dead_code, reason = "only its description is used")]
fn content() {}

/// A smaller picture that does not move, at most 640 pixels on a side, where `preview` says that there is one; of other pictures,
/// which are small themselves, the whole. Answered like the bytes.
#[utoipa::path(
    get, path = "/v1/skein/objects/{id}/preview", operation_id = "preview",
    params(("id" = String, Path, description = "Its id.")),
    security(("token" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "A picture.", content(
            (Bytes = "image/jpeg"), (Bytes = "image/png"), (Bytes = "image/gif"), (Bytes = "image/webp"),
        )),
        (status = "default", description = "Refused: see `kind` and `code`.", body = ApiError),
    ),
)]
#[allow(dead_code, reason = "only its description is used")]
fn preview() {}

signed_in! {
    /// Begin to hear of events by long polls. An endpoint that is not polled for 60 s ends.
    endpoint: post "/v1/skein/endpoint" (OpenEndpoint) -> EndpointOpened
}
signed_in! {
    /// Wait for events. Each poll acknowledges what the one before it gave.
    poll: get "/v1/skein/poll" -> Polled,
    params(
        ("endpoint" = String, Query, description = "The endpoint."),
        ("after" = Option<String>, Query, description = "`next` of the poll before."),
        ("seen" = Option<i64>, Query, description = "`seq` of the poll before."),
        ("wait" = Option<u32>, Query, description = "Wait so many seconds at most: 0 to 25, else 25."),
    )
}

/// The WebSocket. Frames of the client are `ClientFrame`, those of the server `ServerFrame`, each a JSON text.
#[utoipa::path(
    get, path = "/v1/skein/socket", operation_id = "socket",
    security(("token" = []), ("cookie" = [])),
    responses(
        (status = 101, description = "Both sides speak `skein.v1` now."),
        (status = "default", description = "Refused: see `kind` and `code`.", body = ApiError),
    ),
)]
#[allow(dead_code, reason = "only its description is used")]
fn socket() {}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/protocols/openapi.json"
    );

    /// `SKEIN_UPDATE=1 cargo test -p webapi openapi` writes it anew.
    #[test]
    fn the_kept_document_is_what_the_types_say() {
        let text = document();
        if std::env::var_os("SKEIN_UPDATE").is_some() {
            std::fs::write(PATH, &text).expect("docs can be written");
        }
        let kept = std::fs::read_to_string(PATH).unwrap_or_default();
        assert!(
            kept == text,
            "docs/protocols/openapi.json is stale: run with SKEIN_UPDATE=1"
        );
    }

    #[test]
    fn the_document_is_openapi_3_1_and_complete() {
        let document: serde_json::Value = serde_json::from_str(&document()).expect("JSON");
        assert!(
            document["openapi"]
                .as_str()
                .expect("a version")
                .starts_with("3.1")
        );
        let paths = document["paths"].as_object().expect("paths");
        assert_eq!(paths.len(), 34);
        let text = document.to_string();
        for (reference, _) in text.match_indices("#/components/schemas/") {
            let name = &text[reference + "#/components/schemas/".len()..];
            let name = &name[..name.find('"').expect("a string ends")];
            assert!(
                document["components"]["schemas"].get(name).is_some(),
                "{name} is described"
            );
        }
    }
}
