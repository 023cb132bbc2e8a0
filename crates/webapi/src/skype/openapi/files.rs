//! Files, and pictures of people. (Section 9.)

use super::super::asm::{NewObject, ObjectMade, ObjectStatus, TokenAuth};
use super::Service;
use super::entry::{Entry, Refuses, get, post, put};

const BYTES: &str = "application/octet-stream";

pub(super) fn services() -> Vec<Service> {
    vec![
        ("api.asm.skype.com", Refuses::Bare, store()),
        ("avatar.skype.com", Refuses::WithStatus, avatars()),
    ]
}

fn store() -> Vec<Entry> {
    let look = [
        "skypetoken",
        "authorization",
        "authentication",
        "skypetoken_asm",
    ];
    let show = |path| get(path, "The bytes; HEAD too.").by(&look).gives_bytes();
    let status = |path| {
        get(path, "How far a file is.")
            .by(&look)
            .gives::<ObjectStatus>(200, "Ready or not, always with its addresses.")
    };
    vec![
        post("/v1/objects", "Begins a file. Whoever is not known here is left out of the permissions.")
            .by_skypetoken()
            .asks::<NewObject>()
            .gives::<ObjectMade>(201, "It."),
        put("/v1/objects/{id}/content/{view}", "All of the bytes at once, whatever their content type says.")
            .by_skypetoken()
            .asks_bytes(BYTES, "The file.")
            .gives_nothing(201),
        show("/v1/objects/{id}/views/{view}"),
        show("/v1/objects/{id}/view/{view}"),
        status("/v1/objects/{id}/views/{view}/status"),
        status("/v1/objects/{id}/view/{view}/status"),
        post("/v1/skypetokenauth", "A skypetoken becomes a cookie for files.")
            .asks_or_form::<TokenAuth>()
            .answers(204, "It is one.", None)
            .with_header(204, "Set-Cookie", "`skypetoken_asm`."),
        get("/s/i", "The link that a picture's message shows to people; all behind the question mark is the file.")
            .answers(303, "To the picture.", None)
            .with_header(303, "Location", "The picture."),
    ]
}

fn avatars() -> Vec<Entry> {
    let look = ["look", "skypetoken", "authorization", "authentication"];
    vec![
        put("/v1/avatars/{name}", "One's own picture.")
            .part("name", "One's own name.")
            .by_skypetoken()
            .asks_bytes(BYTES, "A picture.")
            .gives_nothing(200),
        get(
            "/v1/avatars/{name}/public",
            "Somebody's picture, small; what is refused is refused without a body.",
        )
        .part("name", "Somebody, by their name without a prefix.")
        .by(&look)
        .query(
            "returnDefaultImage",
            "Not looked at: where there is no picture, none is given.",
        )
        .gives_bytes(),
    ]
}
