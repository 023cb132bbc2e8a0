//! People: contacts, requests, profiles, finding. (Sections 7.1 to 7.4.)

use serde_json::{Value, json};

use super::super::contact::{
    AddContact, AuthRequest, Block, Blocked, Contact, ContactGroup, ContactList, Invites,
    OldContact, OldDone, OldRequest,
};
use super::super::profile::{DisplayName, Found, Looked, Names, Partial, Profile};
use super::super::settings::{OldOption, PutOption};
use super::Service;
use super::entry::{Entry, Refuses, delete, get, post, put};
use super::sign_in::by_hash;

pub(super) fn services() -> Vec<Service> {
    vec![
        ("contacts.skype.com", Refuses::WithStatus, contacts()),
        ("api.skype.com", Refuses::WithStatus, api()),
        (
            "profile.skype.com",
            Refuses::WithStatus,
            vec![looked(), own("/profile/v1/users/{who}/profile")],
        ),
        ("skypegraph.skype.com", Refuses::WithStatus, graph()),
    ]
}

fn contacts() -> Vec<Entry> {
    let one = "/contacts/v2/users/{who}/contacts/{mri}";
    let blocked = "/contacts/v2/users/{who}/contacts/blocklist/{mri}";
    vec![
        get(
            "/contacts/v1/users/{who}/contacts",
            "Everybody on the list, with fewer words.",
        )
        .by_skypetoken()
        .query("$filter", "`id eq 'name'`, as often as it is wanted with `or` between; anything else is passed over.")
        .gives_list::<Value>("contacts"),
        delete(
            "/contacts/v1/users/{who}/contacts/skype/{name}",
            "Takes somebody off the list, in the old way.",
        )
        .part("name", NAME)
        .by_skypetoken()
        .gives_nothing(200),
        get(
            "/contacts/v2/users/{who}",
            "Contacts, groups of them, and who is blocked.",
        )
        .by_skypetoken()
        .gives::<ContactList>(200, "All of it."),
        get("/contacts/v2/users/{who}/contacts", "Contacts alone.")
            .by_skypetoken()
            .gives_list::<Contact>("contacts"),
        post(
            "/contacts/v2/users/{who}/contacts",
            "Asks somebody to become a contact.",
        )
        .by_skypetoken()
        .asks_or_form::<AddContact>()
        .gives_nothing(200),
        put(one, "Takes somebody on the list who has asked.")
            .by_skypetoken()
            .gives_nothing(200),
        delete(one, "Takes somebody off the list.")
            .by_skypetoken()
            .gives_nothing(200),
        get(
            "/contacts/v2/users/{who}/groups",
            "Groups of contacts alone.",
        )
        .by_skypetoken()
        .gives_list::<ContactGroup>("groups"),
        get("/contacts/v2/users/{who}/blocklist", "Who is blocked.")
            .by_skypetoken()
            .gives_list::<Blocked>("blocklist"),
        put(
            blocked,
            "Blocks somebody, perhaps with a word to the operator.",
        )
        .by_skypetoken()
        .asks_or_form::<Block>()
        .gives_nothing(200),
        delete(blocked, "Blocks them no more.")
            .by_skypetoken()
            .gives_nothing(200),
        get("/contacts/v2/users/{who}/invites", "Who asks.")
            .by_skypetoken()
            .gives::<Invites>(200, "They."),
        put(
            "/contacts/v2/users/{who}/invites/{mri}/{answer}",
            "Answers somebody who asks.",
        )
        .by_skypetoken()
        .gives_nothing(200),
    ]
}

/// Somebody, in an address.
const NAME: &str = "Somebody, by their name without a prefix.";

/// One's own profile, at whatever address.
fn own(path: &'static str) -> Entry {
    get(path, "One's own profile.")
        .by_skypetoken()
        .gives::<Profile>(200, "It.")
}

/// What changes it.
pub(super) fn change(path: &'static str) -> Entry {
    post(path, "Changes one's own profile; what is absent stays.")
        .by_skypetoken()
        .asks::<Partial>()
        .gives_nothing(200)
}

/// One's own picture, and others'.
fn avatar() -> [Entry; 2] {
    const PATH: &str = "/users/{who}/profile/avatar";
    const WHOSE: &str = "One's own name, or that of anybody whose picture is asked for.";
    [
        put(PATH, "One's own picture, at its older address.")
            .by_skypetoken()
            .asks_bytes("application/octet-stream", "The picture.")
            .gives_nothing(200),
        get(PATH, "Somebody's picture, at its older address.")
            .part("who", WHOSE)
            .by(&["skypetoken", "authorization", "authentication", "look"])
            .gives_bytes(),
    ]
}

/// Contacts, in the oldest way.
fn oldest() -> [Entry; 3] {
    let one = "/users/{who}/contacts/{name}";
    [
        get(
            "/users/{who}/contacts",
            "Everybody on the list, in the oldest way.",
        )
        .by_skypetoken()
        .query("hideDetails", "Not looked at.")
        .gives::<Vec<OldContact>>(200, "They."),
        put(
            one,
            "Takes somebody off the list: they are authorized no more.",
        )
        .part("name", NAME)
        .by_skypetoken()
        .gives_nothing(200),
        delete(one, "Takes somebody off the list, in the oldest way.")
            .part("name", NAME)
            .by_skypetoken()
            .gives_nothing(200),
    ]
}

fn api() -> Vec<Entry> {
    const OPTION: &str = "What the setting is called: 1 to 100 bytes.";
    let batch = |path| {
        post(
            path,
            "Profiles of up to 100 people; 403 if nobody of them is here.",
        )
        .by_skypetoken()
        .asks_or_form::<Names>()
        .gives::<Vec<Profile>>(200, "Of whom there are.")
    };
    let mut all = vec![
        by_hash(),
        own("/users/{who}/profile"),
        change("/users/{who}/profile/partial"),
        get("/users/{who}/displayname", "What somebody is called.")
            .part("who", "`self`, or somebody's name.")
            .by_skypetoken()
            .gives::<DisplayName>(200, "It."),
        get("/users/{who}/profile/public", "Somebody's profile.")
            .part("who", NAME)
            .by_skypetoken()
            .gives::<Profile>(200, "It."),
        batch("/users/batch/profiles"),
        batch("/users/{who}/contacts/profiles"),
        get(
            "/users/{who}/contacts/auth-request",
            "Who asks, in the old way.",
        )
        .by_skypetoken()
        .gives::<Vec<AuthRequest>>(200, "They."),
        put(
            "/users/{who}/contacts/auth-request/{name}",
            "Asks somebody, in the old way.",
        )
        .part("name", NAME)
        .by_skypetoken()
        .asks_or_form::<OldRequest>()
        .gives::<OldDone>(201, "Asked."),
        put(
            "/users/{who}/contacts/auth-request/{name}/{answer}",
            "Answers somebody who asks, in the old way.",
        )
        .part("name", NAME)
        .by_skypetoken()
        .gives_nothing(201),
        put(
            "/users/{who}/contacts/{name}/{change}",
            "Blocks somebody or does so no more, in the old way.",
        )
        .part("name", NAME)
        .part("change", "`block` or `unblock`.")
        .by_skypetoken()
        .gives_nothing(201),
        get(
            "/users/{who}/options/{name}",
            "A setting that is a number; 0 if it was never made.",
        )
        .part("name", OPTION)
        .by_skypetoken()
        .gives::<OldOption>(200, "It."),
        post(
            "/users/{who}/options/{name}",
            "Makes a setting that is a number: `integerValue`.",
        )
        .part("name", OPTION)
        .by_skypetoken()
        .asks_or_form::<PutOption>()
        .gives_nothing(200),
        get("/search/users/any", "Somebody by their whole name.")
            .by_skypetoken()
            .query("keyWord", "The name, in any spelling.")
            .gives_json(200, "At most one.", cards()),
    ];
    all.extend(avatar());
    all.extend(oldest());
    all
}

/// What skypeweb of old programs finds.
fn cards() -> Value {
    let text = json!({ "type": "string" });
    let skype = json!({
        "type": "object",
        "required": ["SkypeName", "DisplayName"],
        "properties": { "SkypeName": text, "DisplayName": text },
    });
    let cards = json!({
        "type": "object",
        "required": ["Skype", "CurrentLocation"],
        "properties": { "Skype": skype, "CurrentLocation": { "type": "object" } },
    });
    let one = json!({
        "type": "object", "required": ["ContactCards"], "properties": { "ContactCards": cards },
    });
    json!({ "type": "array", "maxItems": 1, "items": one })
}

fn looked() -> Entry {
    post(
        "/profile/v1/batch/profiles",
        "Profiles of up to 100 people, whether or not there are such.",
    )
    .by_skypetoken()
    .asks_or_form::<Names>()
    .gives::<Vec<Looked>>(200, "One entry for each.")
}

fn graph() -> Vec<Entry> {
    let search = |path| {
        get(path, "Somebody by their whole name.")
            .by_skypetoken()
            .query("searchstring", "The name, in any spelling.")
            .query("requestId", "Comes back in the answer.")
            .gives::<Found>(200, "At most one.")
    };
    vec![
        search("/v2.0/search"),
        search("/search/v1.1/namesearch/swx"),
    ]
}
