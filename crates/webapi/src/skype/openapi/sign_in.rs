//! Signing in, by all its ways, and links by which people join. (Sections 2.1 and 6.3.)

use super::super::join::{
    GuestToken, LinkMade, Meeting, NewGuest, NewLink, OldGuest, OldLinkMade, OldMeeting, OldThread,
    Resolve, Resolved,
};
use super::super::sign_in::{CredentialAsked, CredentialType, EdgeLogin, HashLogin, TokenGiven};
use super::Service;
use super::entry::{Entry, Refuses, get, post};
use super::people::change;

const HTML: &str = "text/html";

pub(super) fn services() -> Vec<Service> {
    vec![
        ("login.skype.com", Refuses::WithPage, login()),
        ("login.live.com", Refuses::WithPage, live()),
        (
            "edge.skype.com",
            Refuses::WithStatus,
            vec![edge(), change("/profile/v1/users/{who}/profile/partial")],
        ),
        ("web.skype.com", Refuses::WithPage, vec![proxy()]),
        ("join.skype.com", Refuses::WithStatus, join()),
        ("api.join.skype.com", Refuses::WithStatus, api_join()),
        ("api.scheduler.skype.com", Refuses::WithStatus, scheduler()),
    ]
}

fn login() -> Vec<Entry> {
    const REFRESH: &str =
        "What was given to a program that signed in before: it needs no password.";
    let exchange = |path, summary| {
        post(path, summary).asks_form(&["t"]).gives_text(
            200,
            "The page with `skypetoken`, `expires_in` and `skypeid`, or a script that says why not.",
            HTML,
        )
    };
    let sign_out = |entry: Entry| {
        entry
            .answers(302, "Signed out: the cookie goes, the device stays.", None)
            .with_header(302, "Location", "The older form.")
    };
    vec![
        get(
            "/login",
            "Whoever was signed in is so again; else the older form.",
        )
        .cookie("refresh-token", REFRESH)
        .gives_text(
            200,
            "The page with `skypetoken` and `expires_in`, or with a form.",
            HTML,
        ),
        post("/login", "The older form: name and password.")
            .asks_form(&["username", "password"])
            .gives_text(
                200,
                "The page with `skypetoken` and `expires_in`, or a script that says why not.",
                HTML,
            ),
        get(
            "/login/login",
            "Whoever was signed in goes on with the last step.",
        )
        .cookie("refresh-token", REFRESH)
        .gives_text(
            200,
            "The page with `t`, or a script that says why not.",
            HTML,
        ),
        get("/login/oauth/microsoft", "The first step of the form.")
            .answers(302, "To the form.", None)
            .with_header(302, "Location", "The page of login.live.com."),
        exchange("/login/microsoft", "The last step of the form."),
        exchange(
            "/login/oauth",
            "The last step of the form, at its oldest address.",
        ),
        get(
            "/login/sso",
            "The link that a file's message shows to people.",
        )
        .wanted("docid", "Which file.")
        .answers(303, "To the file.", None)
        .with_header(303, "Location", "The file."),
        sign_out(get("/logout", "The cookie of a program goes.")),
        sign_out(post("/logout", "The cookie of a program goes.")),
    ]
}

fn live() -> Vec<Entry> {
    let soap = |path| {
        post(path, "A token for a name and a password, by SOAP.")
            .asks_bytes(
                "text/xml",
                "An envelope with `Username` and `Password` in its `UsernameToken`.",
            )
            .gives_text(
                200,
                "An envelope with a `BinarySecurityToken`, or with a fault.",
                "text/xml",
            )
    };
    vec![
        get("/login.srf", "The form of a Microsoft account.")
            .gives_text(200, "The page with `PPFT`.", HTML)
            .with_header(
                200,
                "Set-Cookie",
                "`MSPRequ` and `MSPOK`, which the next step must bring.",
            ),
        post(
            "/ppsecure/post.srf",
            "The second step of the form: name and password, or the cookie that it gave before.",
        )
        .cookie("MSPRequ", "What came with the page; also as a header.")
        .cookie(
            "__Host-MSAAUTH",
            "In the place of name and password: what an answer with `t` gave; also as a header.",
        )
        .asks_form(&["login", "passwd", "PPFT"])
        .gives_text(
            200,
            "The page with `t`, or a script that says why not.",
            HTML,
        )
        .with_header(200, "Set-Cookie", "`__Host-MSAAUTH`, where there is a `t`."),
        soap("/RST.srf"),
        soap("/RST2.srf"),
        post(
            "/GetCredentialType.srf",
            "Whether there is an account of this name.",
        )
        .asks_or_form::<CredentialAsked>()
        .gives::<CredentialType>(
            200,
            "Of mail addresses it is always said that they are there.",
        ),
    ]
}

/// A step of `lw.skype.com`, which is this host too.
fn proxy() -> Entry {
    post(
        "/login/oauth/proxy",
        "Between the last two steps of the form, for programs that go this way.",
    )
    .asks_form(&["NAP", "ANON", "t"])
    .gives_text(
        200,
        "The page with `t`, or a script that says why not.",
        HTML,
    )
}

fn edge() -> Entry {
    post(
        "/rps/v1/rps/skypetoken",
        "What SOAP gave becomes a skypetoken. A device's token of our own does as well.",
    )
    .asks_or_form::<EdgeLogin>()
    .gives_json(
        200,
        "A skypetoken (`TokenGiven`), or why there is none (`ApiError`): programs look for either in a body that came with success.",
        serde_json::json!({ "type": "object" }),
    )
}

/// `POST api.skype.com/login/skypetoken`, which shares its host with people.
pub(super) fn by_hash() -> Entry {
    post(
        "/login/skypetoken",
        "A skypetoken for a hash of the name and the password, where the account allows old programs.",
    )
    .asks_or_form::<HashLogin>()
    .gives::<TokenGiven>(200, "A skypetoken.")
}

fn join() -> Vec<Entry> {
    vec![
        get("/{code}", "The page behind a link.")
            .gives_text(200, "A page for people.", HTML)
            .with_header(
                200,
                "Set-Cookie",
                "`csrf_token`, which a guest brings as a header.",
            ),
        post("/api/v2/conversation", "Where a link leads.")
            .asks_or_form::<Resolve>()
            .gives::<Resolved>(200, "The thread."),
        get("/api/v1/meetings/{code}", "The long name of a link.")
            .gives::<OldMeeting>(200, "It, and the thread."),
        get("/guests/leave", "Whoever asks leaves a thread.")
            .by_skypetoken()
            .wanted("threadId", "Which.")
            .gives_nothing(200),
        post("/api/v1/users/guests", "A guest comes, in the older way.")
            .asks::<OldGuest>()
            .gives::<GuestToken>(201, "They are in."),
    ]
}

fn api_join() -> Vec<Entry> {
    vec![
        post(
            "/v1/meetings",
            "A link to a thread: the one there is, or a new one.",
        )
        .by_skypetoken()
        .asks::<NewLink>()
        .gives::<LinkMade>(200, "The link."),
        get("/v1/meetings/{code}", "Where a link leads.").gives::<Meeting>(200, "The thread."),
        post("/v1/threads/{thread}/members", "A guest comes.")
            .header(
                "csrf_token",
                "What came as a cookie with the page behind the link.",
            )
            .asks::<NewGuest>()
            .gives::<GuestToken>(200, "They are in."),
    ]
}

fn scheduler() -> Vec<Entry> {
    let made = post("/threads", "A link to a thread, in the older way.")
        .by_skypetoken()
        .asks::<NewLink>()
        .gives::<OldLinkMade>(200, "The link.");
    let leads = get(
        "/conversation/{code}",
        "Where a link leads, by its long name.",
    )
    .gives::<OldThread>(200, "The thread.");
    vec![made, leads]
}
