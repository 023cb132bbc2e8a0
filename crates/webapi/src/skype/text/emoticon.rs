//! Emoticons: what this dialect calls them, how they are typed, and what we call them. Each row is one picture in both.

/// (its name in `<ss type="…">`, how it is typed, our name). Our names are those that the browser shows as a picture.
const TABLE: [(&str, &str, &str); 126] = [
    ("smile", ":)", "slightly_smiling_face"),
    ("sad", ":(", "slightly_frowning_face"),
    ("laugh", ":D", "smile"),
    ("cool", "B)", "sunglasses"),
    ("surprised", ":O", "open_mouth"),
    ("wink", ";)", "wink"),
    ("cry", ";(", "cry"),
    ("sweat", "(:|", "sweat"),
    ("speechless", ":|", "neutral_face"),
    ("kiss", ":*", "kissing_heart"),
    ("tongueout", ":P", "stuck_out_tongue"),
    ("blush", ":$", "blush"),
    ("wonder", ":^)", "monocle_face"),
    ("sleepy", "|-)", "sleeping"),
    ("dull", "|-(", "pensive"),
    ("inlove", "(inlove)", "heart_eyes"),
    ("evilgrin", "]:)", "smirk"),
    ("fingerscrossed", "(yn)", "crossed_fingers"),
    ("yawn", "(yawn)", "yawning_face"),
    ("puke", ":&", "vomiting_face"),
    ("doh", "(doh)", "facepalm"),
    ("angry", ":@", "rage"),
    ("wasntme", "(wm)", "innocent"),
    ("party", "(party)", "partying_face"),
    ("worry", ":S", "worried"),
    ("mmm", "(mm)", "yum"),
    ("nerd", "8-|", "nerd_face"),
    ("lipssealed", ":x", "zipper_mouth_face"),
    ("hi", "(hi)", "wave"),
    ("devil", "(devil)", "smiling_imp"),
    ("angel", "(angel)", "angel"),
    ("envy", "(envy)", "unamused"),
    ("wait", "(wait)", "raised_hand"),
    ("hug", "(hug)", "hugs"),
    ("makeup", "(makeup)", "lipstick"),
    ("giggle", "(giggle)", "hand_over_mouth"),
    ("clap", "(clap)", "clap"),
    ("think", ":?", "thinking"),
    ("bow", "(bow)", "bow"),
    ("rofl", "(rofl)", "rofl"),
    ("whew", "(whew)", "relieved"),
    ("happy", "(happy)", "grin"),
    ("smirk", "(smirk)", "face_with_raised_eyebrow"),
    ("nod", "(nod)", "nod"),
    ("shake", "(shake)", "shake"),
    ("waiting", "(waiting)", "hourglass_flowing_sand"),
    ("emo", "(emo)", "persevere"),
    ("yes", "(y)", "+1"),
    ("no", "(n)", "-1"),
    ("handshake", "(handshake)", "handshake"),
    ("highfive", "(h5)", "raised_hands"),
    ("heart", "(heart)", "heart"),
    ("lalala", "(lalala)", "hear_no_evil"),
    ("heidy", "(heidy)", "chipmunk"),
    ("flower", "(F)", "rose"),
    ("rain", "(rain)", "cloud_with_rain"),
    ("sun", "(sun)", "sun_with_face"),
    ("time", "(time)", "alarm_clock"),
    ("music", "(music)", "musical_note"),
    ("movie", "(movie)", "clapper"),
    ("phone", "(phone)", "iphone"),
    ("coffee", "(coffee)", "coffee"),
    ("pizza", "(pizza)", "pizza"),
    ("cash", "(cash)", "moneybag"),
    ("muscle", "(flex)", "muscle"),
    ("cake", "(cake)", "birthday"),
    ("beer", "(beer)", "beer"),
    ("drink", "(d)", "cocktail"),
    ("dance", "(dance)", "dancer"),
    ("ninja", "(ninja)", "ninja"),
    ("star", "(*)", "star"),
    ("brokenheart", "(u)", "broken_heart"),
    ("ghost", "(ghost)", "ghost"),
    ("skull", "(skull)", "skull"),
    ("pumpkin", "(pumpkin)", "jack_o_lantern"),
    ("champagne", "(champagne)", "champagne"),
    ("bomb", "(bomb)", "bomb"),
    ("gift", "(gift)", "gift"),
    ("xmastree", "(xmastree)", "christmas_tree"),
    ("santa", "(santa)", "santa"),
    ("snowman", "(snowman)", "snowman"),
    ("turkey", "(turkey)", "turkey"),
    ("cat", "(cat)", "cat"),
    ("dog", "(dog)", "dog"),
    ("monkey", "(monkey)", "monkey_face"),
    ("penguin", "(penguin)", "penguin"),
    ("bug", "(bug)", "bug"),
    ("sheep", "(sheep)", "sheep"),
    ("snail", "(snail)", "snail"),
    ("bee", "(bee)", "bee"),
    ("bunny", "(bunny)", "rabbit"),
    ("fox", "(fox)", "fox_face"),
    ("bear", "(bear)", "bear"),
    ("sloth", "(sloth)", "sloth"),
    ("unicorn", "(unicorn)", "unicorn"),
    ("poop", "(poop)", "hankey"),
    ("fireworks", "(fireworks)", "fireworks"),
    ("rainbow", "(rainbow)", "rainbow"),
    ("fire", "(fire)", "fire"),
    ("idea", "(idea)", "bulb"),
    ("car", "(car)", "car"),
    ("plane", "(plane)", "airplane"),
    ("bike", "(bike)", "bike"),
    ("island", "(island)", "desert_island"),
    ("umbrella", "(umbrella)", "umbrella"),
    ("mail", "(e)", "email"),
    ("camera", "(camera)", "camera"),
    ("computer", "(pc)", "computer"),
    ("games", "(games)", "video_game"),
    ("football", "(football)", "soccer"),
    ("trophy", "(trophy)", "trophy"),
    ("ill", "(ill)", "face_with_thermometer"),
    ("mask", "(mask)", "mask"),
    ("headbang", "(headbang)", "metal"),
    ("victory", "(victory)", "v"),
    ("ok", "(ok)", "ok_hand"),
    ("praying", "(pray)", "pray"),
    ("punch", "(punch)", "fist_oncoming"),
    ("facepalm", "(facepalm)", "man_facepalming"),
    ("shrug", "(shrug)", "shrug"),
    ("eyeroll", "(eyeroll)", "roll_eyes"),
    ("cwl", "(cwl)", "joy"),
    ("bandit", "(bandit)", "japanese_ogre"),
    ("alien", "(alien)", "alien"),
    ("robot", "(robot)", "robot"),
    ("rocket", "(rocket)", "rocket"),
];

/// Names that other versions wrote for the same picture: read, never written.
const ALSO: [(&str, &str); 12] = [
    ("like", "+1"),
    ("thumbsup", "+1"),
    ("dislike", "-1"),
    ("heartblack", "black_heart"),
    ("pray", "pray"),
    ("namaste", "pray"),
    ("bigsmile", "smile"),
    ("crying", "cry"),
    ("thinking", "thinking"),
    ("flex", "muscle"),
    ("bday", "birthday"),
    ("xmas", "christmas_tree"),
];

/// Every emoticon that we know by both names: what this dialect calls it, and how it is typed.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.iter().map(|(id, shortcut, _)| (*id, *shortcut))
}

/// What we call the emoticon `id` of this dialect. One that is in no table keeps its name.
#[must_use]
pub fn ours(id: &str) -> String {
    let in_table = TABLE
        .iter()
        .find(|(of, ..)| *of == id)
        .map(|(_, _, ours)| *ours);
    let also = || ALSO.iter().find(|(of, _)| *of == id).map(|(_, ours)| *ours);
    in_table.or_else(also).unwrap_or(id).to_owned()
}

/// What this dialect calls our emoticon `name`, and how it is typed. `None` if the name means another picture here.
#[must_use]
pub fn theirs(name: &str) -> Option<(&str, String)> {
    if let Some((id, shortcut, _)) = TABLE.iter().find(|(_, _, ours)| *ours == name) {
        return Some((id, (*shortcut).to_owned()));
    }
    (ours(name) == name).then(|| (name, format!("({name})")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_picture_has_one_name_on_each_side() {
        let ids: BTreeSet<_> = TABLE.iter().map(|(id, ..)| id).collect();
        let names: BTreeSet<_> = TABLE.iter().map(|(_, _, ours)| ours).collect();
        assert_eq!((ids.len(), names.len()), (TABLE.len(), TABLE.len()));
        for (id, shortcut, name) in TABLE {
            assert_eq!(ours(id), name);
            assert_eq!(theirs(name), Some((id, shortcut.to_owned())));
        }
        for (id, name) in ALSO {
            assert!(!ids.contains(&id), "{id} is in the table");
            assert_eq!(ours(id), name);
        }
    }

    #[test]
    fn a_name_that_means_another_picture_is_not_written() {
        assert_eq!(theirs("party"), None);
        assert_eq!(theirs("llama"), Some(("llama", "(llama)".to_owned())));
        assert_eq!(ours("llama"), "llama");
    }
}
