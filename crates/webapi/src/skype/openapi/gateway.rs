//! The gateway: endpoints, conversations, messages, threads, presence. (Sections 3 to 6 and 8.)

use serde_json::json;

use super::super::conversation::{ConsumptionHorizons, Conversation, Conversations, Messages};
use super::super::endpoint::{
    Active, EndpointEntry, NewEndpoint, OwnProperties, Poll, Subscribe, Watch,
};
use super::super::message::{Deletion, Edit, NewMessage, Sent};
use super::super::presence::{PresenceList, SetEndpoint, SetPresence, UserPresence};
use super::super::thread::{AddMembers, NewThread, PutMember, Thread};
use super::Service;
use super::entry::{Entry, Refuses, delete, get, post, put};

pub(super) fn services() -> Vec<Service> {
    let rooms = [
        endpoints(),
        conversations(),
        messages(),
        threads(),
        presence(),
    ];
    let all = rooms.into_iter().flatten().collect();
    vec![(
        "client-s.gateway.messenger.live.com",
        Refuses::AsGateway,
        all,
    )]
}

fn endpoints() -> Vec<Entry> {
    const TOKEN: &str = "`registrationToken=R; expires=SECONDS; endpointId={…}`, in this order.";
    const PLACE: &str =
        "Only where the request came to the old host by HTTPS: SkPy breaks at any other.";
    let own = "/v1/users/{user}/endpoints/{endpoint}";
    let again = |entry: Entry| {
        entry
            .by_registration()
            .asks::<NewEndpoint>()
            .gives_nothing(200)
            .with_header(200, "Set-RegistrationToken", TOKEN)
            .with_header(200, "Location", PLACE)
    };
    vec![
        get("/v1/ng/ping", "The server is there.").gives_nothing(200),
        get("/v1/users/{user}/endpoints", "One's own endpoints. Who asks with a skypetoken is registered by it.")
            .by_registration()
            .gives::<Vec<EndpointEntry>>(200, "They.")
            .with_header(200, "Set-RegistrationToken", TOKEN)
            .with_header(200, "Location", PLACE),
        post("/v1/users/{user}/endpoints", "Registers a program.")
            .by_skypetoken()
            .header("LockAndKey", "An answer to a time by a published key; programs that leave it out or answer wrongly are let in.")
            .header("ClientInfo", "Which program it is: some are told less, since they break at it.")
            .asks::<NewEndpoint>()
            .gives_nothing(201)
            .with_header(201, "Set-RegistrationToken", TOKEN)
            .with_header(201, "Location", PLACE),
        again(put(own, "Registers an endpoint again, with a skypetoken also one that is not known.")),
        again(post(own, "The same, as some programs ask.")),
        delete(own, "Ends an endpoint.").by_registration().gives_nothing(200),
        post("/v1/users/{user}/endpoints/{endpoint}/active", "Somebody sits there.")
            .by_registration()
            .asks::<Active>()
            .gives_nothing(201),
        put("/v1/users/{user}/endpoints/{endpoint}/properties", "What a program can do, which changes nothing here.")
            .by_registration()
            .asks::<serde_json::Value>()
            .gives_nothing(200),
        put("/v1/users/{user}/endpoints/{endpoint}/presenceDocs/{document}", "What an endpoint says of itself.")
            .by_registration()
            .asks::<SetEndpoint>()
            .gives_json(200, "The same, with its `selfLink`.", json!({})),
        post("/v1/users/{user}/endpoints/{endpoint}/subscriptions", "What to hear of; a second one replaces the first.")
            .by_registration()
            .asks::<Subscribe>()
            .gives_nothing(201)
            .with_header(201, "Location", "The subscription."),
        put("/v1/users/{user}/endpoints/{endpoint}/subscriptions/{number}", "What to hear of from now on.")
            .by_registration()
            .query("name", "`interestedResources`.")
            .asks::<Subscribe>()
            .gives_nothing(200),
        delete("/v1/users/{user}/endpoints/{endpoint}/subscriptions/{number}", "To hear of nothing more.")
            .by_registration()
            .gives_nothing(200),
        post(
            "/v1/users/{user}/endpoints/{endpoint}/subscriptions/{number}/poll",
            "Waits up to 25 s for what happens. The next poll acknowledges this one; a newer one ends it with `{}`.",
        )
        .by_registration()
        .gives::<Poll>(200, "What has happened."),
        get("/v1/users/{user}/properties", "What one is called.")
            .by_registration()
            .gives::<OwnProperties>(200, "The name without a prefix."),
    ]
}

fn conversations() -> Vec<Entry> {
    vec![
        get("/v1/users/{user}/conversations", "Conversations, the newest activity first.")
            .by_registration()
            .query("startTime", "Nothing older than this, in ms.")
            .query("pageSize", "1 to 200, else 30.")
            .query("targetType", "`Passport|Skype|Lync|Thread|PSTN|Agent`, as many as are wanted; else all.")
            .query("syncState", "Of the page before: what came since, then what is older.")
            .query("view", "Comes back in the link to go on; `msnp24Equivalent`.")
            .gives::<Conversations>(200, "A page of them."),
        get("/v1/users/{user}/conversations/{conversation}", "One of them; one with somebody is always there.")
            .by_registration()
            .gives::<Conversation>(200, "It."),
        put("/v1/users/{user}/conversations/{conversation}/properties", "Puts one's own property of a conversation.")
            .by_registration()
            .query("name", "`alerts`, `alertmatches`, `favorite`, `consumptionhorizon` or `clearedat`; else the first key of the body.")
            .asks::<serde_json::Value>()
            .gives_nothing(200),
    ]
}

fn messages() -> Vec<Entry> {
    let all = "/v1/users/{user}/conversations/{conversation}/messages";
    let one = "/v1/users/{user}/conversations/{conversation}/messages/{message}";
    let reactions = "/v1/users/{user}/conversations/{conversation}/messages/{message}/properties";
    vec![
        get(all, "What was said, the newest first.")
            .by_registration()
            .query("startTime", "Nothing older than this, in ms.")
            .query("pageSize", "1 to 200, else 30.")
            .query("syncState", "Of the page before: what came since, then what is older.")
            .query("view", "Comes back in the link to go on; `msnp24Equivalent`.")
            .gives::<Messages>(200, "A page of it."),
        post(all, "Says something; with `skypeeditedid` it changes what was said, without content it takes it away.")
            .by_registration()
            .asks::<NewMessage>()
            .gives::<Sent>(201, "When it came.")
            .with_header(201, "Location", "The message."),
        delete(all, "Hides what was said, for oneself.").by_registration().gives_nothing(200),
        put(one, "Changes what one has said; without content it is taken away.")
            .by_registration()
            .asks::<NewMessage>()
            .gives::<Edit>(200, "When."),
        delete(one, "Takes away what one has said.").by_registration().gives::<Deletion>(200, "When."),
        post(
            "/v1/users/{user}/conversations/{conversation}/messages/{message}/ack",
            "Nothing is asked here: the next poll acknowledges.",
        )
        .by_registration()
        .gives_nothing(200),
        put(reactions, "Reacts to a message.")
            .by_registration()
            .wanted("name", "`emotions`.")
            .asks::<serde_json::Value>()
            .gives_nothing(200),
        delete(reactions, "Takes a reaction back.")
            .by_registration()
            .wanted("name", "`emotions`.")
            .asks::<serde_json::Value>()
            .gives_nothing(200),
    ]
}

fn threads() -> Vec<Entry> {
    let member = "/v1/threads/{thread}/members/{member}";
    vec![
        post("/v1/threads", "Makes a group.")
            .by_registration()
            .asks::<NewThread>()
            .gives_nothing(201)
            .with_header(201, "Location", "The thread."),
        get("/v1/threads/{thread}", "A thread with its members.").by_registration().gives::<Thread>(200, "It."),
        put("/v1/threads/{thread}/properties", "Puts a property of a group.")
            .by_registration()
            .query("name", "`topic`, `picture`, `joiningenabled`, `historydisclosed` or `moderatedthread`; else the first key of the body.")
            .asks::<serde_json::Value>()
            .gives_nothing(200),
        put(member, "Adds somebody, or gives them a role.")
            .by_registration()
            .asks::<PutMember>()
            .gives_nothing(200),
        post("/v1/threads/{thread}/members", "Adds several, or gives them roles.")
            .by_registration()
            .asks::<AddMembers>()
            .gives_nothing(200),
        delete(member, "Removes somebody, or leaves.").by_registration().gives_nothing(200),
        get("/v1/threads/{thread}/consumptionhorizons", "How far each member has read who tells it.")
            .by_registration()
            .gives::<ConsumptionHorizons>(200, "They."),
    ]
}

fn presence() -> Vec<Entry> {
    const ANYBODY: &str = "`ME`, one's own name, or the MRI of a contact.";
    vec![
        get(
            "/v1/users/{user}/presenceDocs/{document}",
            "Who is there: oneself, or a contact.",
        )
        .part("user", ANYBODY)
        .by_registration()
        .query("view", "Not looked at; skype-http says `expanded`.")
        .gives::<UserPresence>(200, "Their presence."),
        put(
            "/v1/users/{user}/presenceDocs/{document}",
            "Chooses how one is shown.",
        )
        .by_registration()
        .asks::<SetPresence>()
        .gives::<UserPresence>(200, "One's presence."),
        post(
            "/v1/users/{user}/contacts",
            "Watches the presence of these; no list of contacts changes.",
        )
        .by_registration()
        .asks::<Watch>()
        .gives_nothing(200),
        put("/v1/users/{user}/contacts/{contact}", "Watches one more.")
            .by_registration()
            .gives_nothing(200),
        delete(
            "/v1/users/{user}/contacts/{contact}",
            "Watches them no more.",
        )
        .by_registration()
        .gives_nothing(200),
        get(
            "/v1/users/{user}/contacts/ALL/presenceDocs/{document}",
            "The presence of several at once.",
        )
        .by_registration()
        .query(
            "cMri",
            "Whose, by their MRI; as often as there are people, 100 at most.",
        )
        .gives::<PresenceList>(200, "One entry for each."),
    ]
}
