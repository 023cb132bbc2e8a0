//! Messages of Skype's web generation other than words: whatever comes is read, and what was written is read alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use webapi::skype::message::{Content, NewMessage, Wording};
use webapi::skype::{Client, Mri, loose, profile};

const KINDS: [&str; 12] = [
    "Text",
    "RichText",
    "RichText/UriObject",
    "RichText/Media_Video",
    "RichText/Contacts",
    "RichText/Location",
    "RichText/Media_Card",
    "Event/Call",
    "ThreadActivity/AddMember",
    "ThreadActivity/RoleUpdate",
    "ThreadActivity/TopicUpdate",
    "RichText/Sms",
];

fuzz_target!(|data: &[u8]| {
    let content = String::from_utf8_lossy(data);
    for kind in KINDS {
        let read = Content::read(kind, &content);
        let (kind, written) = read.write(Wording::default(), None);
        let again = Content::read(&kind, &written);
        let (kind_again, written_again) = again.write(Wording::default(), None);
        assert_eq!(kind_again, kind);
        let third = Content::read(&kind_again, &written_again);
        assert_eq!(third, again);
    }
    if let Ok(message) = loose::json::<NewMessage>(data) {
        let hints = message.hints();
        assert!(hints.to_bytes().len() <= webapi::skype::message::MAX_HINTS);
        let _content = message.read();
    }
    let _names = profile::names_asked(data);
    let _client = Client::recognise(Some(&content), Some(&content));
    if let Some(who) = Mri::parse(&content) {
        assert_eq!(Mri::parse(&who.to_string()), Some(who));
    }
});
