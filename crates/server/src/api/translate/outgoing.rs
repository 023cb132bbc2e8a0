//! From the hub to this API, as one account sees it.

use hub::event::{CallEvent, ContactView, Ephemeral, Event, IceConfig, Presence, StopWhy};
use hub::id::AccountId;
use hub::model::{
    Account, AccountKind, Availability, CallRow, ContactState, Device, DeviceKind, Object,
    ObjectState, Outcome, Shown, Standing, outcome_for,
};
use hub::name::Verdict;
use webapi::skein as api;

use super::messages::{conversation, message, own, unread, upto};

/// One's own account.
pub fn account(own: &hub::OwnAccount) -> api::Account {
    let of = &own.account;
    api::Account {
        id: id!(of.id),
        name: of.name.clone(),
        display: of.display.clone(),
        mood: of.mood.clone(),
        picture: of.picture.map(|id| id!(id)),
        chosen: of.chosen.map(availability),
        chosen_until: of.chosen_until.map(|at| at.0),
        privacy: api::Privacy {
            last_seen: shown(of.privacy.last_seen),
            picture: shown(of.privacy.picture),
            mood: shown(of.privacy.mood),
        },
        receipts: of.receipts,
        language: (!of.language.is_empty()).then(|| of.language.clone()),
        handles: own.handles.clone(),
        old_programs: own.old_programs,
        created: of.created.0,
    }
}

fn shown(to: Shown) -> api::Shown {
    match to {
        Shown::Everyone => api::Shown::Everyone,
        Shown::Contacts => api::Shown::Contacts,
        Shown::Nobody => api::Shown::Nobody,
    }
}

/// What the hub gave of an account: details that the reader may not know are not in it.
pub fn profile(of: &Account) -> api::Profile {
    api::Profile {
        id: id!(of.id),
        // It stays taken, and concerns nobody any more.
        name: if of.state.is_gone() {
            String::new()
        } else {
            of.name.clone()
        },
        display: of.display.clone(),
        deleted: of.state.is_gone().then_some(true),
        kind: match of.kind {
            AccountKind::Person => api::AccountKind::Person,
            AccountKind::Bot => api::AccountKind::Bot,
            AccountKind::Guest => api::AccountKind::Guest,
            AccountKind::Service => api::AccountKind::Service,
            AccountKind::Telephone => api::AccountKind::Telephone,
        },
        mood: kept(&of.mood),
        picture: of.picture.map(|id| id!(id)),
    }
}

/// A file or picture, of which so many bytes are kept.
pub fn object(of: &Object, kept: u64) -> api::ObjectInfo {
    api::ObjectInfo {
        id: id!(of.id),
        name: of.name.clone(),
        size: of.size,
        state: match of.state {
            ObjectState::Uploading => api::ObjectState::Uploading,
            ObjectState::Ready | ObjectState::Gone => api::ObjectState::Ready,
        },
        offset: i64::try_from(kept).unwrap_or(i64::MAX),
        mime: (!of.mime.is_empty()).then(|| of.mime.clone()),
        picture: of.is_picture(),
        width: of.width,
        height: of.height,
        preview: of.preview,
        sha256: of.sha256.map(hex::encode),
    }
}

/// How somebody stands to the reader.
pub fn contact(view: &ContactView) -> api::Contact {
    api::Contact {
        profile: profile(&view.account),
        state: match view.state {
            ContactState::None => api::ContactState::None,
            ContactState::Outgoing => api::ContactState::Outgoing,
            ContactState::Incoming => api::ContactState::Incoming,
            ContactState::Contact => api::ContactState::Contact,
        },
        blocked: view.mine.standing == Standing::Blocked,
        nickname: kept(&view.mine.nickname),
        note: kept(&view.mine.note),
        favourite: view.mine.favourite,
        greeting: (!view.greeting.is_empty()).then(|| view.greeting.clone()),
        since: view.since.0,
    }
}

fn kept(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Somebody's profile card.
pub fn card(of: &hub::Card) -> api::Card {
    api::Card {
        contact: contact(&of.contact),
        presence: of.presence.as_ref().map(presence),
        last_seen: of.last_seen.map(|at| at.0),
        common: of
            .common
            .iter()
            .map(|group| api::CommonGroup {
                conversation: id!(group.id),
                title: group.title.clone(),
            })
            .collect(),
    }
}

/// Whether somebody is there.
pub fn presence(of: &Presence) -> api::Presence {
    api::Presence {
        account: id!(of.account),
        availability: availability(of.availability),
        in_call: of.in_call,
        since: of.since.map(|at| at.0),
    }
}

/// Values of presence.
fn availability(value: Availability) -> api::Availability {
    match value {
        Availability::Online => api::Availability::Online,
        Availability::Away => api::Availability::Away,
        Availability::Busy => api::Availability::Busy,
        Availability::Invisible => api::Availability::Invisible,
        Availability::Offline => api::Availability::Offline,
    }
}

/// Whether a name can be registered.
pub fn name_check(check: hub::NameCheck) -> api::NameCheck {
    api::NameCheck {
        canonical: check.canonical,
        verdict: match check.verdict {
            Verdict::Free => api::NameVerdict::Free,
            Verdict::Taken => api::NameVerdict::Taken,
            Verdict::Reserved => api::NameVerdict::Reserved,
            Verdict::TooShort => api::NameVerdict::TooShort,
            Verdict::TooLong => api::NameVerdict::TooLong,
            Verdict::Characters => api::NameVerdict::Characters,
        },
        suggestion: check.suggestion,
    }
}

/// One of the reader's devices.
pub fn device(of: &Device, this: bool, connections: u32) -> api::Device {
    api::Device {
        id: id!(of.id),
        label: of.label.clone(),
        kind: match of.kind {
            DeviceKind::Browser => api::DeviceKind::Browser,
            DeviceKind::Terminal => api::DeviceKind::Terminal,
            DeviceKind::Phone => api::DeviceKind::Phone,
            DeviceKind::Bot => api::DeviceKind::Bot,
            DeviceKind::Other => api::DeviceKind::Other,
            DeviceKind::Program => api::DeviceKind::Program,
        },
        created: of.created.0,
        last_used: of.last_used.0,
        this,
        connections,
        has_key: of.public_key.is_some(),
    }
}

/// A call as `reader` may know it.
pub fn call_record(row: &CallRow, reader: AccountId) -> api::CallRecord {
    let outgoing = row.caller == reader;
    api::CallRecord {
        key: id!(row.key),
        conversation: id!(row.conversation),
        peer: id!(if outgoing { row.callee } else { row.caller }),
        outgoing,
        video: row.video,
        started: row.started.0,
        answered: row.answered.map(|at| at.0),
        ended: row.ended.map(|at| at.0),
        outcome: outcome(outcome_for(row.end, outgoing)),
        reports: u32::try_from(row.reports).unwrap_or(0),
    }
}

fn outcome(of: Outcome) -> api::Outcome {
    match of {
        Outcome::Open => api::Outcome::Open,
        Outcome::Completed => api::Outcome::Completed,
        Outcome::NotAnswered => api::Outcome::NotAnswered,
        Outcome::Cancelled => api::Outcome::Cancelled,
        Outcome::Missed => api::Outcome::Missed,
        Outcome::MissedBusy => api::Outcome::MissedBusy,
        Outcome::Declined => api::Outcome::Declined,
        Outcome::Failed => api::Outcome::Failed,
        Outcome::Lost => api::Outcome::Lost,
    }
}

/// Something durable. `connections` of a device are the caller's to look up.
pub fn event(
    of: &Event,
    reader: AccountId,
    this: hub::id::DeviceId,
    connections: u32,
) -> api::Event {
    match of {
        Event::Message(view) => api::Event::Message {
            message: message(view, reader),
            author: profile(&view.author),
            profiles: Vec::new(),
        },
        Event::Conversation(view) => api::Event::Conversation {
            conversation: conversation(view, reader),
            profiles: Vec::new(),
        },
        Event::Read {
            conversation,
            account,
            upto: mark,
            left,
        } => api::Event::Read {
            conversation: id!(conversation),
            account: id!(account),
            upto: upto(*mark),
            left: left.map(unread),
        },
        Event::Own {
            conversation,
            own: settings,
        } => api::Event::Own {
            conversation: id!(conversation),
            own: own(settings),
        },
        Event::Account(own) => api::Event::Account {
            account: account(own),
        },
        Event::Device(row) => api::Event::Device {
            device: device(row, row.id == this, connections),
        },
        Event::DeviceEnded(id) => api::Event::DeviceEnded { device: id!(id) },
        Event::Contact(view) => api::Event::Contact {
            contact: contact(view),
        },
        Event::Call(row) => api::Event::CallRecord {
            record: call_record(row, reader),
        },
    }
}

/// Something that is not kept.
pub fn ephemeral(of: &Ephemeral) -> api::Event {
    match of {
        Ephemeral::Presence(value) => api::Event::Presence {
            presence: presence(value),
        },
        Ephemeral::Typing {
            conversation,
            account,
            typing,
        } => api::Event::Typing {
            conversation: id!(conversation),
            account: id!(account),
            typing: *typing,
        },
        Ephemeral::Delivered {
            conversation,
            account,
            upto: mark,
        } => api::Event::Delivered {
            conversation: id!(conversation),
            account: id!(account),
            upto: upto(*mark),
        },
        Ephemeral::Call(value) => api::Event::Call {
            call: call_event(value),
        },
    }
}

/// What the hub says of a call.
fn call_event(of: &CallEvent) -> api::CallEvent {
    match of {
        CallEvent::Ring {
            key,
            from,
            conversation,
            media: sent,
            offer,
            silent,
            ice: paths,
            expires_in,
        } => api::CallEvent::Ring {
            key: id!(key),
            from: id!(from),
            conversation: id!(conversation),
            media: media(*sent),
            offer: offer.to_string(),
            silent: *silent,
            ice: ice(paths),
            expires_in: *expires_in,
        },
        CallEvent::RingStopped { key, why } => api::CallEvent::RingStopped {
            key: id!(key),
            why: match why {
                StopWhy::AnsweredElsewhere => api::StopWhy::AnsweredElsewhere,
                StopWhy::DeclinedElsewhere => api::StopWhy::DeclinedElsewhere,
                StopWhy::Cancelled => api::StopWhy::Cancelled,
                StopWhy::NotAnswered => api::StopWhy::NotAnswered,
                StopWhy::Superseded => api::StopWhy::Superseded,
                StopWhy::Ended => api::StopWhy::Ended,
            },
        },
        CallEvent::Ringing { key, devices } => api::CallEvent::Ringing {
            key: id!(key),
            devices: *devices,
        },
        CallEvent::Accepted {
            key,
            endpoint,
            media: sent,
            answer,
        } => api::CallEvent::Accepted {
            key: id!(key),
            endpoint: id!(endpoint),
            media: media(*sent),
            answer: answer.to_string(),
        },
        CallEvent::Signal { key, from, data } => api::CallEvent::Signal {
            key: id!(key),
            from: id!(from),
            data: data.to_string(),
        },
        CallEvent::Media {
            key,
            from,
            media: sent,
        } => api::CallEvent::Media {
            key: id!(key),
            from: id!(from),
            media: media(*sent),
        },
        CallEvent::Live { key } => api::CallEvent::Live { key: id!(key) },
        CallEvent::Elsewhere { key } => api::CallEvent::Elsewhere { key: id!(key) },
        CallEvent::Away {
            key,
            left,
            expires_in,
        } => api::CallEvent::Away {
            key: id!(key),
            left: *left,
            expires_in: *expires_in,
        },
        CallEvent::Joined {
            key,
            from,
            media: sent,
            still_connected,
        } => api::CallEvent::Joined {
            key: id!(key),
            from: id!(from),
            media: media(*sent),
            still_connected: *still_connected,
        },
        CallEvent::Ended { key, outcome: end } => api::CallEvent::Ended {
            key: id!(key),
            outcome: outcome(*end),
        },
        CallEvent::Superseded { key, by } => api::CallEvent::Superseded {
            key: id!(key),
            by: id!(by),
        },
    }
}

fn media(of: hub::event::Media) -> api::Media {
    api::Media {
        audio: of.audio,
        video: of.video,
        screen: of.screen,
        held: of.held,
        no_microphone: of.no_microphone,
    }
}

/// How to look for paths.
pub fn ice(config: &IceConfig) -> api::IceConfig {
    let servers = config.servers.iter().map(|server| {
        let (username, credential) = server.credentials.clone().unzip();
        api::IceServer {
            urls: server.urls.clone(),
            username,
            credential,
        }
    });
    api::IceConfig {
        servers: servers.collect(),
        relay_only: config.relay_only,
    }
}

/// The state of everything a client shows first.
pub fn snapshot(of: &hub::Snapshot, reader: AccountId) -> api::Snapshot {
    api::Snapshot {
        at: id!(of.at),
        account: account(&of.account),
        conversations: of
            .conversations
            .iter()
            .map(|view| conversation(view, reader))
            .collect(),
        more_conversations: of.more_conversations,
        contacts: of.contacts.iter().map(contact).collect(),
        more_contacts: of.more_contacts,
        profiles: of.profiles.iter().map(|other| profile(other)).collect(),
    }
}
