//! From this API to the hub.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hub::command::{
    AccountPatch, Command, ContactPatch, GroupPatch, LeaveWhy, MessageRef, NewGroup, OwnPatch,
    PrivacyPatch, Step, Target, Which,
};
use hub::event::Media;
use hub::id::{AccountId, ClientId, ObjectId, Pos, Timestamp};
use hub::model::{
    AbuseReason, Availability, Body, DeviceKind, Policy, RelationChange, Rich, Shown,
};
use webapi::skein as api;

use super::groups::{link_id, membership, who_may};
use crate::http::Refusal;
use crate::translate::{id, rich};

/// A position as it was given out.
pub fn position(text: &str) -> Result<Pos, Refusal> {
    text.parse()
        .map_err(|_| Refusal::bad_request("this is no position: give back what you were given"))
}

/// Where a message or call goes.
pub fn target(to: &api::Target) -> Result<Target, Refusal> {
    Ok(match to {
        api::Target::Account(account) => Target::Cast(vec![id("account", &account.0)?]),
        api::Target::Conversation(conversation) => {
            Target::Conversation(id("conversation", &conversation.0)?)
        }
    })
}

/// What a device says of itself.
pub fn device_hello(hello: api::DeviceHello) -> Result<hub::DeviceHello, Refusal> {
    let public_key = hello
        .public_key
        .map(|text| {
            let bytes = STANDARD
                .decode(text)
                .ok()
                .and_then(|bytes| bytes.try_into().ok());
            bytes.ok_or_else(|| Refusal::bad_request("public_key wants the base64 of 32 bytes"))
        })
        .transpose()?;
    let kind = match hello.kind {
        api::DeviceKind::Browser => DeviceKind::Browser,
        api::DeviceKind::Terminal => DeviceKind::Terminal,
        api::DeviceKind::Phone => DeviceKind::Phone,
        api::DeviceKind::Bot => DeviceKind::Bot,
        // Who signs in here is none: it would take up what a program of the other door left.
        api::DeviceKind::Other | api::DeviceKind::Program => DeviceKind::Other,
    };
    Ok(hub::DeviceHello {
        label: hello.label,
        kind,
        public_key,
        takes_up: false,
    })
}

/// A picture that is chosen; an empty id takes it away.
fn chosen(picture: Option<api::ObjectId>) -> Result<Option<Option<ObjectId>>, Refusal> {
    let one = |of: api::ObjectId| match of.0.as_str() {
        "" => Ok(None),
        text => id("file", text).map(Some),
    };
    Ok(picture.map(one).transpose()?)
}

/// A command.
pub fn command(command: api::Command) -> Result<Command, Refusal> {
    use api::Command as C;
    Ok(match command {
        C::UpdateAccount {
            display,
            mood,
            receipts,
            picture,
            language,
            privacy,
        } => Command::UpdateAccount(AccountPatch {
            display,
            mood,
            receipts,
            picture: chosen(picture)?,
            language,
            privacy: privacy.map(shown).unwrap_or_default(),
        }),
        C::SetAvailability {
            availability: value,
            until,
        } => Command::SetAvailability {
            value: value.map(availability),
            until: until.map(Timestamp),
        },
        C::SetHandle {
            value,
            on,
            password,
        } => Command::SetHandle {
            value,
            on,
            password,
        },
        C::AllowOldPrograms { on, password } => Command::AllowOldPrograms { on, password },
        C::MakeBot { name, display } => Command::MakeBot { name, display },
        C::RenameBot { bot, display } => Command::RenameBot {
            bot: id("bot", &bot.0)?,
            display,
        },
        C::DeleteBot { bot } => Command::DeleteBot(id("bot", &bot.0)?),
        C::MakeBotToken { bot, label } => Command::MakeBotToken {
            bot: id("bot", &bot.0)?,
            label,
        },
        C::EndBotToken { bot, token } => Command::EndBotToken {
            bot: id("bot", &bot.0)?,
            token: id("token", &token.0)?,
        },
        C::SetIdle { idle } => Command::SetIdle(idle),
        C::SetPassword {
            current,
            new,
            end_others,
        } => Command::SetPassword {
            current,
            new,
            end_others,
        },
        C::NewRecoveryCode { password } => Command::NewRecoveryCode { password },
        C::EndDevice { device } => Command::EndDevice(Which::Device(id("device", &device.0)?)),
        C::EndOtherDevices => Command::EndDevice(Which::Others),
        C::Relate {
            other,
            change,
            greeting,
        } => Command::Relate {
            other: id("account", &other.0)?,
            change: relate(change),
            greeting,
        },
        C::SetContact {
            other,
            nickname,
            note,
            favourite,
        } => Command::SetContact {
            other: id("account", &other.0)?,
            patch: ContactPatch {
                nickname,
                note,
                favourite,
            },
        },
        C::ReportAbuse {
            about,
            reason: why,
            text,
            messages,
            client,
        } => Command::ReportAbuse {
            about: id("account", &about.0)?,
            reason: reason(why),
            text,
            messages: messages
                .iter()
                .map(|of| id("message", &of.0))
                .collect::<Result<_, _>>()?,
            client: client_id(client)?,
        },
        C::OpenConversation { to } => Command::Open(target(&to)?),
        C::Send {
            to,
            body: sent,
            client,
            reply_to,
        } => Command::Send {
            to: target(&to)?,
            body: body(sent)?,
            client: client_id(client)?,
            reply_to: reply_to.map(|of| id("message", &of.0)).transpose()?,
            hints: Vec::new(),
        },
        C::Forward {
            message,
            to,
            client,
        } => Command::Forward {
            of: MessageRef::Id(id("message", &message.0)?),
            to: target(&to)?,
            client: client_id(client)?,
        },
        C::React { message, key, on } => Command::React {
            of: MessageRef::Id(id("message", &message.0)?),
            key,
            on,
        },
        C::SetOwn {
            conversation,
            muted_until,
            pinned,
            archived,
            draft,
        } => Command::SetOwn {
            conversation: id("conversation", &conversation.0)?,
            patch: OwnPatch {
                muted_until: muted_until.map(Timestamp),
                pinned,
                archived,
                draft,
                cleared: None,
            },
        },
        C::Edit {
            message,
            body: sent,
        } => Command::Edit {
            of: MessageRef::Id(id("message", &message.0)?),
            body: body(sent)?,
        },
        C::Delete { message } => Command::Delete {
            of: MessageRef::Id(id("message", &message.0)?),
        },
        C::CreateGroup {
            title,
            members,
            rules,
            client,
        } => Command::CreateGroup(Box::new(NewGroup {
            title,
            members: people(&members)?,
            policy: rules.map(policy).unwrap_or_default(),
            client: client_id(client)?,
        })),
        C::UpdateGroup {
            conversation,
            title,
            picture,
            rules,
        } => Command::UpdateGroup {
            conversation: id("conversation", &conversation.0)?,
            patch: GroupPatch {
                title,
                picture: chosen(picture)?,
                post: rules.map(|rules| policy(rules).post),
                add: rules.map(|rules| policy(rules).add),
                history: rules.map(|rules| rules.history),
            },
        },
        C::SetMembers {
            conversation,
            people: who,
            to,
        } => Command::SetMembers {
            conversation: id("conversation", &conversation.0)?,
            who: people(&who)?,
            to: membership(to),
        },
        C::LeaveGroup { conversation } => Command::Leave {
            conversation: id("conversation", &conversation.0)?,
        },
        C::MakeLink {
            conversation,
            expires,
            uses,
        } => Command::PutLink {
            conversation: id("conversation", &conversation.0)?,
            expires: expires.map(Timestamp),
            uses: uses.map(|uses| i32::try_from(uses).unwrap_or(i32::MAX)),
        },
        C::RevokeLink { conversation, link } => Command::DropLink {
            conversation: id("conversation", &conversation.0)?,
            link: link_id(&link)?,
        },
        C::JoinGroup { token } => Command::Join { token },
        C::MarkRead { conversation, upto } => Command::MarkRead {
            conversation: id("conversation", &conversation.0)?,
            upto: MessageRef::Id(id("message", &upto.0)?),
        },
        C::Typing { to, typing } => Command::Typing {
            to: target(&to)?,
            typing,
        },
        C::Ack { upto } => Command::Ack(position(&upto.0)?),
        C::BeginObject { name, size, client } => Command::BeginObject {
            name,
            size,
            client: client_id(client)?,
        },
        C::FinishObject { object, sha256 } => {
            let mut hash = [0; 32];
            hex::decode_to_slice(sha256, &mut hash)
                .map_err(|_| Refusal::bad_request("sha256 wants 64 hexadecimal digits"))?;
            Command::FinishObject {
                id: id("file", &object.0)?,
                sha256: hash,
            }
        }
        C::DropObject { object } => Command::DropObject(id("file", &object.0)?),
        C::Call { key, step: taken } => Command::Call {
            key: id("call", &key.0)?,
            step: step(taken)?,
        },
        C::ReportCall { key, report } => Command::ReportCall {
            key: id("call", &key.0)?,
            report,
        },
    })
}

fn shown(change: api::PrivacyChange) -> PrivacyPatch {
    let to = |to: api::Shown| match to {
        api::Shown::Everyone => Shown::Everyone,
        api::Shown::Contacts => Shown::Contacts,
        api::Shown::Nobody => Shown::Nobody,
    };
    PrivacyPatch {
        last_seen: change.last_seen.map(to),
        picture: change.picture.map(to),
        mood: change.mood.map(to),
    }
}

fn reason(why: api::AbuseReason) -> AbuseReason {
    match why {
        api::AbuseReason::Spam => AbuseReason::Spam,
        api::AbuseReason::Harassment => AbuseReason::Harassment,
        api::AbuseReason::Impersonation => AbuseReason::Impersonation,
        api::AbuseReason::Harmful => AbuseReason::Harmful,
        api::AbuseReason::Other => AbuseReason::Other,
    }
}

fn people(named: &[api::AccountId]) -> Result<Vec<AccountId>, Refusal> {
    let ids = named.iter().map(|who| id("account", &who.0));
    Ok(ids.collect::<Result<_, _>>()?)
}

fn policy(rules: api::GroupRules) -> Policy {
    Policy {
        post: who_may(rules.post),
        add: who_may(rules.add),
        history: rules.history,
    }
}

fn client_id(text: String) -> Result<ClientId, Refusal> {
    ClientId::new(text).map_err(|_| Refusal::bad_request("client wants 1 to 64 bytes"))
}

fn availability(value: api::Availability) -> Availability {
    match value {
        api::Availability::Online => Availability::Online,
        api::Availability::Away => Availability::Away,
        api::Availability::Busy => Availability::Busy,
        api::Availability::Invisible => Availability::Invisible,
        api::Availability::Offline => Availability::Offline,
    }
}

fn relate(change: api::Relate) -> RelationChange {
    match change {
        api::Relate::Ask => RelationChange::Ask,
        api::Relate::Accept => RelationChange::Accept,
        api::Relate::Decline => RelationChange::Decline,
        api::Relate::Block => RelationChange::Block,
        api::Relate::Unblock => RelationChange::Unblock,
        api::Relate::Remove => RelationChange::Remove,
    }
}

fn step(step: api::Step) -> Result<Step, Refusal> {
    Ok(match step {
        api::Step::Prepare {
            to,
            media: _,
            relay_only,
        } => Step::Prepare {
            to: target(&to)?,
            relay_only,
        },
        api::Step::Invite {
            to,
            media: sent,
            offer,
            relay_only,
        } => Step::Invite {
            to: target(&to)?,
            media: media(sent),
            offer,
            relay_only,
        },
        api::Step::Ringing => Step::Ringing,
        api::Step::Accept {
            media: sent,
            answer,
        } => Step::Accept {
            media: media(sent),
            answer,
        },
        api::Step::Decline => Step::Decline,
        api::Step::Signal { data } => Step::Signal { data },
        api::Step::Media { media: sent } => Step::Media(media(sent)),
        api::Step::Connected => Step::Connected,
        api::Step::Join {
            media: sent,
            still_connected,
        } => Step::Join {
            media: media(sent),
            still_connected,
        },
        api::Step::Away { endpoint } => Step::Away {
            endpoint: id("endpoint", &endpoint.0)?,
        },
        api::Step::Leave { why } => Step::Leave(match why {
            api::LeaveWhy::HangUp => LeaveWhy::HangUp,
            api::LeaveWhy::PageClosed => LeaveWhy::PageClosed,
            api::LeaveWhy::NoPath | api::LeaveWhy::NoSeal | api::LeaveWhy::NoDevice => {
                LeaveWhy::Failed
            }
        }),
    })
}

fn media(media: api::Media) -> Media {
    Media {
        audio: media.audio,
        video: media.video,
        screen: media.screen,
        held: media.held,
        no_microphone: media.no_microphone,
    }
}

fn body(body: api::SendBody) -> Result<Body, Refusal> {
    Ok(match body {
        api::SendBody::Plain { text } => Body::Text(Rich::plain(&text)),
        api::SendBody::Text { blocks: sent } => Body::Text(rich(sent)?),
        api::SendBody::Objects { ids, blocks: sent } => {
            let ids = ids.iter().map(|of| id("file", &of.0));
            Body::Objects(ids.collect::<Result<_, _>>()?, rich(sent)?)
        }
    })
}
