//! What programs ask for beside people and messages (section 7.5). Where this server has nothing to give, the answer says so in the
//! shape that programs read.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use hub::command::Command;
use hub::id::AccountId;
use hub::model::{AccountKind, SeenBy};
use hub::{Error, Session};
use serde::Deserialize;
use serde_json::{Value, json};
use webapi::skype::error::api;
use webapi::skype::loose::json_or_form;
use webapi::skype::settings::{
    AgentDescription, Agents, CallOption, CallPolicy, EmoticonList, Languages, OldOption, PeToken,
    Personalization, PutOption, flag, flag_number,
};

use super::{DOOR, Outside, Raw, Service, Skype, SkypeUser, StatusRefusal, below, names, people};

/// The key under which flags are kept.
const FLAGS: &str = "flags";
/// What keys of settings begin with.
const OPTION: &str = "option:";
/// The bot that is always here.
const BUILT_IN: &str = "echo";
/// Longest name of a setting, in bytes.
const MAX_OPTION: usize = 100;
/// Longest value of a setting, in bytes.
const MAX_OPTION_VALUE: usize = 1_000;
/// Whose calls ring.
const CALL_POLICY: &str = "calling.skype-call-policy";

/// The addresses of these services.
pub(super) fn router() -> Router<Arc<Skype>> {
    let flags = Router::new()
        .route("/flags/v1", get(flags))
        .route("/flags/v1/{flag}", put(set_flag).delete(drop_flag));
    let options = Router::new().route(
        "/options/v1/users/{who}/options/{name}",
        get(option).put(set_option),
    );
    let entitlement = Router::new().route("/users/{who}/services", get(services));
    let agents = Router::new().route("/v1/agents", get(agents));
    let translate = Router::new()
        .route("/api/languages", get(languages))
        .route("/api/skype/translate", get(untranslated));
    let urlp = Router::new().route("/v1/url/info", get(no_preview));
    let config = Router::new()
        .route("/config/v1/{program}/{version}", get(config))
        .route("/config/v1/{program}/{version}/{part}", get(config_part));
    let statics = Router::new()
        .route("/pes/v1/petoken", get(petoken))
        .route("/pes/v1/configs/skein", get(emoticons));
    let recommend = Router::new().route("/v1.1/recommend", get(nobody));
    let web = Router::new()
        .route("/api/v1/session-ping", post(empty))
        .route("/api/v2/eligibility-check", get(eligible))
        .route("/v1/api/eligibility-check", get(eligible));
    let registrar = Router::new().route("/v2/registrations", post(registered));
    [
        (Service::Flags, flags),
        (Service::Options, options),
        (Service::Entitlement, entitlement),
        (Service::Agents, agents),
        (Service::Translate, translate),
        (Service::Urlp, urlp),
        (Service::Config, config),
        (Service::Static, statics),
        (Service::Recommend, recommend),
        (Service::Web, web),
        (Service::Registrar, registrar),
    ]
    .into_iter()
    .fold(Router::new(), |all, (service, router)| {
        all.nest(&below(service), router)
    })
}

async fn empty(_: SkypeUser) -> Json<Value> {
    Json(json!({}))
}

/// `GET web.skype.com/api/v2/eligibility-check`: everybody may use the web client.
async fn eligible() -> Json<Value> {
    Json(json!({}))
}

/// `POST prod.registrar.skype.com/v2/registrations`: nothing is pushed to anybody, and programs that poll need no more than the answer.
async fn registered(_: SkypeUser) -> (StatusCode, Json<Value>) {
    (StatusCode::ACCEPTED, Json(json!({})))
}

/// What the door keeps of an account under a key.
async fn kept(session: &Session, key: &str) -> Result<Option<Value>, Error> {
    let states = session.door_states(DOOR, key).await?;
    let state = states.into_iter().find(|state| state.key == key);
    Ok(state.and_then(|state| serde_json::from_slice(&state.value).ok()))
}

async fn keep(session: &Session, key: &str, value: &Value) -> Result<(), Error> {
    let put = Command::PutDoorState {
        door: DOOR,
        key: key.to_owned(),
        value: value.to_string().into_bytes(),
        seen_by: SeenBy::Own,
    };
    session.command(put).await.map(drop)
}

async fn flags_of(session: &Session) -> Result<BTreeSet<u32>, Error> {
    let kept = kept(session, FLAGS).await?;
    Ok(kept
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default())
}

/// `GET /flags/v1`: switches that the program has set.
async fn flags(user: SkypeUser) -> Result<Json<BTreeSet<u32>>, StatusRefusal> {
    Ok(Json(flags_of(&user.session).await?))
}

/// `PUT /flags/v1/{flag}`.
async fn set_flag(user: SkypeUser, Path(flag): Path<String>) -> Result<Json<Value>, StatusRefusal> {
    change_flag(&user.session, &flag, true).await
}

/// `DELETE /flags/v1/{flag}`.
async fn drop_flag(
    user: SkypeUser,
    Path(flag): Path<String>,
) -> Result<Json<Value>, StatusRefusal> {
    change_flag(&user.session, &flag, false).await
}

async fn change_flag(
    session: &Session,
    flag: &str,
    on: bool,
) -> Result<Json<Value>, StatusRefusal> {
    let flag = flag_number(flag).ok_or_else(|| {
        StatusRefusal::malformed(format!("a flag is a number up to {}", flag::LAST))
    })?;
    let mut flags = flags_of(session).await?;
    let changed = if on {
        flags.insert(flag)
    } else {
        flags.remove(&flag)
    };
    if changed {
        keep(session, FLAGS, &json!(flags)).await?;
    }
    Ok(Json(json!({})))
}

/// `GET …/options/{name}`.
async fn option(
    user: SkypeUser,
    Path((who, name)): Path<(String, String)>,
) -> Result<Json<Value>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    if name == CALL_POLICY {
        let value = call_policy(&user.session).await?;
        return Ok(Json(json!(CallOption { value })));
    }
    let value = kept(&user.session, &option_key(&name)?).await?;
    let value = value.ok_or_else(|| {
        StatusRefusal::new(
            StatusCode::NOT_FOUND,
            api::NOT_FOUND,
            "this setting was never made",
        )
    })?;
    Ok(Json(json!({ "value": value })))
}

/// `PUT …/options/{name}`. Whose calls ring is not changed here: it is a setting of the account, not of a program.
async fn set_option(
    user: SkypeUser,
    Path((who, name)): Path<(String, String)>,
    Raw(body): Raw,
) -> Result<Json<Value>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    let asked: PutOption =
        json_or_form(&body).map_err(|_| StatusRefusal::malformed("send {\"value\": …}"))?;
    if name == CALL_POLICY {
        let policy = call_policy(&user.session).await?;
        if asked.call_policy() != Some(policy) {
            let text = "who may call you is chosen in Skein itself; here it stays as it is";
            return Err(StatusRefusal::new(StatusCode::FORBIDDEN, 40_301, text));
        }
        return Ok(Json(json!({})));
    }
    let value = asked.value.or(asked.string_value);
    let value = value.filter(|value| value.len() <= MAX_OPTION_VALUE);
    let value = value.ok_or_else(|| {
        let text = format!("send {{\"value\": …}} with up to {MAX_OPTION_VALUE} bytes");
        StatusRefusal::malformed(text)
    })?;
    keep(&user.session, &option_key(&name)?, &value.into()).await?;
    Ok(Json(json!({})))
}

fn option_key(name: &str) -> Result<String, StatusRefusal> {
    if name.is_empty() || name.len() > MAX_OPTION {
        let text = format!("a setting's name has 1 to {MAX_OPTION} bytes");
        return Err(StatusRefusal::malformed(text));
    }
    Ok(format!("{OPTION}{name}"))
}

async fn call_policy(session: &Session) -> Result<CallPolicy, Error> {
    Ok(if session.me().await?.strangers.call {
        CallPolicy::Everyone
    } else {
        CallPolicy::Contacts
    })
}

/// `GET api.skype.com/users/{me}/options/{name}`: a number; 0 if it was never set.
pub(super) async fn old_option(
    user: SkypeUser,
    Path((who, name)): Path<(String, String)>,
) -> Result<Json<OldOption>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    let kept = kept(&user.session, &option_key(&name)?).await?;
    let option_int = kept.and_then(|value| value.as_i64()).unwrap_or(0);
    Ok(Json(OldOption { option_int }))
}

/// `POST api.skype.com/users/{me}/options/{name}`.
pub(super) async fn set_old_option(
    user: SkypeUser,
    Path((who, name)): Path<(String, String)>,
    Raw(body): Raw,
) -> Result<Json<Value>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    let asked = json_or_form::<PutOption>(&body).ok();
    let number = asked.and_then(|asked| asked.integer_value);
    let number =
        number.ok_or_else(|| StatusRefusal::malformed("integerValue is a whole number"))?;
    keep(&user.session, &option_key(&name)?, &number.into()).await?;
    Ok(Json(json!({})))
}

/// `GET consumer.entitlement…/users/{me}/services`: nothing is sold here.
async fn services(user: SkypeUser, Path(who): Path<String>) -> Result<Json<Value>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    Ok(Json(json!([])))
}

/// Which bot.
#[derive(Debug, Deserialize)]
struct Agent {
    #[serde(rename = "agentId")]
    id: Option<String>,
}

/// `GET api.aps…/v1/agents`: the built-in one, or a bot by its name.
async fn agents(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Query(asked): Query<Agent>,
) -> Result<Json<Agents>, StatusRefusal> {
    let name = asked.id.as_deref().unwrap_or(BUILT_IN);
    let found = user.session.identify(&names::spelling(name)).await?;
    let found: Vec<AccountId> = found.into_iter().collect();
    let mut agents = Vec::new();
    for account in user.session.accounts(&found).await? {
        if matches!(account.kind, AccountKind::Bot | AccountKind::Service) {
            let picture = people::avatar(&skype, &user.outside, user.who, &account)?;
            let name = names::skype_name(&account);
            let developer = &skype.door.name;
            agents.push(AgentDescription::new(
                &name,
                account.shown_name(),
                developer,
                picture,
            ));
        }
    }
    Ok(Json(Agents {
        agent_descriptions: agents,
    }))
}

/// `GET …/api/languages`: none.
async fn languages() -> Json<Languages> {
    Json(Languages::default())
}

/// `GET …/api/skype/translate`.
async fn untranslated() -> Response {
    nothing("this server translates nothing: no text leaves it")
}

/// `GET urlp.asm…/v1/url/info`.
async fn no_preview(_: SkypeUser) -> Response {
    nothing("this server opens no links, so that nobody learns who was sent which")
}

fn nothing(text: &str) -> Response {
    StatusRefusal::new(StatusCode::NOT_FOUND, api::NOT_FOUND, text).into_response()
}

/// `GET a.config…/config/v1/{program}/{version}`. One of them names where the emoticons are listed.
async fn config(outside: Outside, Path((program, _)): Path<(String, String)>) -> Json<Value> {
    if program.eq_ignore_ascii_case("SkypePersonalization") {
        let list = outside.link(Service::Static, "/pes/v1/configs/skein");
        return Json(json!(Personalization { pes_config: list }));
    }
    Json(json!({}))
}

/// `GET a.config…/config/v1/{program}/{version}/{part}`: the same, as SkPy asks.
async fn config_part(
    outside: Outside,
    Path((_, version, part)): Path<(String, String, String)>,
) -> Json<Value> {
    config(outside, Path((part, version))).await
}

/// `GET static.asm…/pes/v1/petoken`, which programs ask for before they sign in: what is below it needs no token.
async fn petoken() -> Json<PeToken> {
    let token = "none".to_owned();
    Json(PeToken { token })
}

/// The emoticons, and how they are typed. Programs bring the pictures.
async fn emoticons() -> Json<EmoticonList> {
    Json(EmoticonList::known())
}

/// `GET peoplerecommendations…/v1.1/recommend`: nobody is recommended to anybody.
async fn nobody(_: SkypeUser) -> Json<Value> {
    Json(json!({ "results": [] }))
}
