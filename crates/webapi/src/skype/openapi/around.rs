//! What programs ask for beside people and messages. (Section 7.5.)

use serde_json::json;

use super::super::settings::{Agents, EmoticonList, Languages, PeToken, PutOption};
use super::Service;
use super::entry::{Entry, Refuses, delete, get, post, put};

pub(super) fn services() -> Vec<Service> {
    let services: [(&str, Vec<Entry>); 11] = [
        ("flagsapi.skype.com", flags()),
        ("options.skype.com", options()),
        ("consumer.entitlement.skype.com", vec![bought()]),
        ("api.aps.skype.com", vec![agents()]),
        ("dev.microsofttranslator.com", translation()),
        ("urlp.asm.skype.com", vec![preview()]),
        ("a.config.skype.com", configuration()),
        ("static.asm.skype.com", emoticons()),
        ("peoplerecommendations.skype.com", vec![recommended()]),
        ("web.skype.com", web()),
        ("prod.registrar.skype.com", vec![registrations()]),
    ];
    let with = |(host, entries)| (host, Refuses::WithStatus, entries);
    services.into_iter().map(with).collect()
}

fn flags() -> Vec<Entry> {
    const FLAG: &str = "A number up to 255.";
    let numbers =
        json!({ "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 255 } });
    vec![
        get("/flags/v1", "Switches that the program has set.")
            .by_skypetoken()
            .gives_json(200, "Their numbers.", numbers),
        put("/flags/v1/{flag}", "Sets a switch.")
            .part("flag", FLAG)
            .by_skypetoken()
            .gives_nothing(200),
        delete("/flags/v1/{flag}", "Sets it no more.")
            .part("flag", FLAG)
            .by_skypetoken()
            .gives_nothing(200),
    ]
}

fn options() -> Vec<Entry> {
    const NAME: &str = "What the setting is called: 1 to 100 bytes. `calling.skype-call-policy` says who may call, and is not changed here.";
    let path = "/options/v1/users/{who}/options/{name}";
    let value = json!({ "type": "object", "required": ["value"], "properties": { "value": {} } });
    vec![
        get(path, "A setting of the program.")
            .part("name", NAME)
            .by_skypetoken()
            .gives_json(200, "It.", value),
        put(path, "Makes a setting of the program.")
            .part("name", NAME)
            .by_skypetoken()
            .asks_or_form::<PutOption>()
            .gives_nothing(200),
    ]
}

fn bought() -> Entry {
    let nothing = json!({ "type": "array", "maxItems": 0 });
    get("/users/{who}/services", "What one has bought.")
        .by_skypetoken()
        .gives_json(200, "Nothing is sold here.", nothing)
}

fn agents() -> Entry {
    get(
        "/v1/agents",
        "A bot by its name, else the one that is always here.",
    )
    .by_skypetoken()
    .query("agentId", "The name.")
    .gives::<Agents>(200, "At most one.")
}

fn translation() -> Vec<Entry> {
    vec![
        get(
            "/api/languages",
            "Languages between which this server translates.",
        )
        .gives::<Languages>(200, "None."),
        get(
            "/api/skype/translate",
            "A translation, which is refused: no text leaves this server.",
        ),
    ]
}

fn preview() -> Entry {
    get(
        "/v1/url/info",
        "What stands behind a link, which is refused: this server opens none.",
    )
    .by_skypetoken()
}

fn configuration() -> Vec<Entry> {
    const PROGRAM: &str =
        "What is asked for; `SkypePersonalization` says where the emoticons are listed.";
    const VERSION: &str = "Not looked at.";
    let settings =
        json!({ "type": "object", "properties": { "pes_config": { "type": "string" } } });
    vec![
        get(
            "/config/v1/{program}/{version}",
            "What a program reads when it starts.",
        )
        .part("program", PROGRAM)
        .part("version", VERSION)
        .gives_json(200, "Mostly nothing.", settings.clone()),
        get(
            "/config/v1/{program}/{version}/{part}",
            "The same, as SkPy asks.",
        )
        .part("program", VERSION)
        .part("version", VERSION)
        .part("part", PROGRAM)
        .gives_json(200, "Mostly nothing.", settings),
    ]
}

fn emoticons() -> Vec<Entry> {
    vec![
        get(
            "/pes/v1/petoken",
            "A token for the emoticons, which need none.",
        )
        .gives::<PeToken>(200, "Any word."),
        get(
            "/pes/v1/configs/skein",
            "The emoticons, and how they are typed.",
        )
        .gives::<EmoticonList>(200, "They."),
    ]
}

fn recommended() -> Entry {
    let nobody = json!({
        "type": "object", "required": ["results"], "properties": { "results": { "type": "array", "maxItems": 0 } },
    });
    get("/v1.1/recommend", "Whom one may know.")
        .by_skypetoken()
        .gives_json(200, "Nobody.", nobody)
}

fn web() -> Vec<Entry> {
    let eligible = |path| get(path, "Whether one may use the web client.").gives_nothing(200);
    vec![
        post("/api/v1/session-ping", "The program is still there.")
            .by_skypetoken()
            .gives_nothing(200),
        eligible("/api/v2/eligibility-check"),
        eligible("/v1/api/eligibility-check"),
    ]
}

fn registrations() -> Entry {
    post(
        "/v2/registrations",
        "Where a program would be called back, which is not done here.",
    )
    .by_skypetoken()
    .asks::<serde_json::Value>()
    .gives_nothing(202)
}
