//! What a sound test found, for the chat: figures for programs, and words in the caller's language.

use hub::model::{Block, Body, Inline, Rich};
use media::echo::{Language, METHOD, SoundCheck};
use media::report::Measurements;
use serde::Serialize;
use webapi::skein::{ScoreCost, SoundTest};

/// The card as programs read it.
#[derive(Debug, Serialize)]
struct Card<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    test: &'a SoundTest,
}

/// Costs below this are nothing, in points.
const LEAST_COST: f64 = 0.05;

/// What was found, as programs read it.
pub(super) fn figures(check: &SoundCheck, measured: &Measurements) -> SoundTest {
    let (voice, network) = (&check.voice, &check.network);
    // The copy in the recording is nearer to the listener than the greeting that came back.
    let echo = match (voice.repeat, check.returned) {
        (Some(copy), _) => Some((copy.delay_ms, copy.below_db)),
        (None, Some(back)) => Some((back.delay_ms, back.below_db)),
        (None, None) => None,
    };
    let of_score = check.score.iter().flat_map(|score| &score.costs);
    SoundTest {
        score: check.score.as_ref().map(|score| tenths(score.opinion)),
        rating: check.score.as_ref().map(|score| tenths(score.rating)),
        method: METHOD.to_owned(),
        costs: of_score
            .filter(|(_, points)| *points >= LEAST_COST)
            .map(|(cause, points)| ScoreCost {
                cause: cause.key().to_owned(),
                points: tenths(*points).max(0.1),
            })
            .collect(),
        level_dbfs: tenths(f64::from(voice.level_dbfs)),
        noise_dbfs: tenths(f64::from(voice.noise_dbfs)),
        snr_db: voice.speaks.then(|| tenths(f64::from(voice.above_noise()))),
        clipped: thousandths(f64::from(voice.clipped)),
        missing: thousandths(f64::from(voice.missing)),
        hum_hz: voice.hum.map(|hum| hum.mains_hz),
        echo_ms: echo.map(|(delay, _)| f64::from(delay).round()),
        echo_below_db: echo.map(|(_, below)| tenths(f64::from(below))),
        // What got lost in either direction is heard here.
        loss: thousandths(network.lost()),
        jitter_ms: tenths(network.jitter_ms),
        rtt_ms: network.rtt_ms.map(tenths),
        concealed_ms: tenths(measured.audio.concealed_ms),
        advice: check
            .advice
            .first()
            .map_or("good", |advice| advice.key())
            .to_owned(),
        findings: check
            .advice
            .iter()
            .map(|advice| advice.key().to_owned())
            .collect(),
    }
}

/// The message that `echo` leaves.
pub(super) fn body(language: Language, test: &SoundTest) -> Body {
    let advice = |finding: &String| sentence(language, &format!("call-advice-{finding}"));
    let mut lines = vec![match test.score {
        Some(score) => sentence(language, "call-test-score")
            .replace("{ $score }", &decimal(language, format!("{score:.1}"))),
        None => sentence(language, "call-test-no-score").to_owned(),
    }];
    lines.extend(test.findings.iter().map(|one| advice(one).to_owned()));
    lines.push(measures(language, test));
    if test.score.is_some() {
        lines.push(sentence(language, "call-test-method").to_owned());
    }
    let paragraph = |text: String| Block::Paragraph(vec![Inline::Text(text)]);
    let card = Card {
        r#type: "sound_test",
        test,
    };
    let json = serde_json::to_string(&card).expect("a card is plain data");
    Body::Card {
        json,
        words: Rich(lines.into_iter().map(paragraph).collect()),
    }
}

/// One line of what was measured, in the words of the browser client.
fn measures(language: Language, test: &SoundTest) -> String {
    let name = |key| sentence(language, key);
    let decibels = |key, level: f64| format!("{} {level:.0} dBFS", name(key)).replace('-', "−");
    let mut parts = vec![
        decibels("call-test-level", test.level_dbfs),
        decibels("call-test-noise", test.noise_dbfs),
        format!(
            "{} {}",
            name("call-fact-lost"),
            percent(language, test.loss)
        ),
        format!("{} {:.0} ms", name("call-fact-jitter"), test.jitter_ms),
    ];
    if let Some(rtt) = test.rtt_ms {
        parts.push(format!("{} {rtt:.0} ms", name("call-fact-rtt")));
    }
    parts.join(" · ")
}

fn decimal(language: Language, text: String) -> String {
    match language {
        Language::English => text,
        Language::PortugueseBrazil | Language::PortuguesePortugal => text.replace('.', ","),
    }
}

fn percent(language: Language, share: f64) -> String {
    let text = decimal(language, format!("{:.1}", share * 100.0));
    match language {
        Language::English | Language::PortugueseBrazil => format!("{text}%"),
        Language::PortuguesePortugal => format!("{text} %"),
    }
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// A message of the catalogue that browser and server share. Only messages of one line are asked for, and only
/// `{ $score }` stands in one; tested.
fn sentence(language: Language, key: &str) -> &'static str {
    let catalogue = match language {
        Language::English => include_str!("../../../../locales/en/call.ftl"),
        Language::PortugueseBrazil => include_str!("../../../../locales/pt-BR/call.ftl"),
        Language::PortuguesePortugal => include_str!("../../../../locales/pt-PT/call.ftl"),
    };
    let of_key = |line: &'static str| {
        line.strip_prefix(key)?
            .trim_start()
            .strip_prefix('=')
            .map(str::trim)
    };
    catalogue.lines().find_map(of_key).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use media::echo::{Advice, Cause, Source};
    use media::peer::Peer;
    use media::voice::{Hum, Voice};

    use super::*;

    const LANGUAGES: [Language; 3] = [
        Language::English,
        Language::PortugueseBrazil,
        Language::PortuguesePortugal,
    ];

    fn found(voice: Voice) -> SoundTest {
        let (config, mut rng) = (media::session::Config::default(), sansio::rng::seeded(1));
        let mut measured = Peer::new(std::time::Instant::now(), config, &mut rng)
            .expect("a peer")
            .measurements();
        measured.rtt_ms = Some(12.0);
        measured.audio.received = 1_000;
        measured.audio.loss = 0.0123;
        measured.audio.jitter_ms = 2.34;
        let check = SoundCheck::new(voice, None, &measured, Source::default());
        figures(&check, &measured)
    }

    fn quiet() -> Voice {
        Voice {
            level_dbfs: -43.44,
            noise_dbfs: -70.0,
            ..Voice::PERFECT
        }
    }

    #[test]
    fn every_advice_and_every_cause_has_its_words_in_every_language() {
        for language in LANGUAGES {
            let mut seen = std::collections::HashSet::new();
            let advice = Advice::ALL.map(|advice| format!("call-advice-{}", advice.key()));
            let cost = Cause::ALL.map(|cause| format!("call-cost-{}", cause.key()));
            for key in advice.iter().chain(&cost) {
                let text = sentence(language, key);
                let least = if advice.contains(key) { 20 } else { 2 };
                assert!(
                    text.len() > least && !text.contains('{'),
                    "{language:?} {key}: {text:?}"
                );
                assert!(
                    seen.insert(text),
                    "{language:?} {key} says what another says"
                );
            }
            for key in [
                "call-test-level",
                "call-test-noise",
                "call-test-method",
                "call-test-no-score",
                "call-fact-lost",
                "call-fact-jitter",
                "call-fact-rtt",
            ] {
                let text = sentence(language, key);
                assert!(
                    !text.is_empty() && !text.contains('{'),
                    "{language:?} {key}"
                );
            }
            let score = sentence(language, "call-test-score");
            assert_eq!(score.matches("{ $score }").count(), 1, "{language:?}");
        }
    }

    #[test]
    fn the_card_holds_a_score_what_it_is_made_of_and_words() {
        let Body::Card { json, words } = body(Language::English, &found(quiet())) else {
            panic!("no card");
        };
        let card: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(card["type"], "sound_test");
        assert_eq!(
            (&card["advice"], &card["method"]),
            (&"quiet".into(), &METHOD.into())
        );
        assert_eq!(card["findings"], serde_json::json!(["quiet"]));
        assert_eq!(card["costs"][0]["cause"], "level");
        assert!(card["costs"][0]["points"].as_f64() > Some(0.5), "{card}");
        assert!(
            (2.0..4.0).contains(&card["score"].as_f64().expect("a score")),
            "{card}"
        );
        assert_eq!(
            (
                card["level_dbfs"].as_f64(),
                card["loss"].as_f64(),
                card["snr_db"].as_f64()
            ),
            (Some(-43.4), Some(0.012), Some(26.6))
        );
        let words = words.cleaned().expect("words that the hub takes").words();
        for part in [
            "of 5",
            "Your microphone is a little quiet",
            "Level −43 dBFS · Noise −70 dBFS · Lost 1.2% · Jitter 2 ms · Round trip 12 ms",
            "G.107",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
        let again: SoundTest = serde_json::from_value(card).expect("a card is a sound test");
        assert_eq!(again, found(quiet()));
    }

    #[test]
    fn where_nobody_spoke_there_is_no_score() {
        let silent = Voice {
            speaks: false,
            level_dbfs: -50.0,
            hum: Some(Hum {
                mains_hz: 60,
                level_dbfs: -51.0,
            }),
            ..Voice::PERFECT
        };
        let test = found(silent);
        assert_eq!(
            (test.score, test.snr_db, test.hum_hz),
            (None, None, Some(60))
        );
        assert_eq!(test.findings, ["device", "hum"]);
        let Body::Card { words, .. } = body(Language::English, &test) else {
            panic!("no card")
        };
        assert!(!words.words().contains("of 5") && !words.words().contains("G.107"));
    }

    #[test]
    fn portuguese_writes_its_own_numbers() {
        let line = |language| {
            let Body::Card { words, .. } = body(language, &found(quiet())) else {
                panic!("no card")
            };
            words.words()
        };
        for (language, share) in [
            (Language::PortugueseBrazil, "1,2%"),
            (Language::PortuguesePortugal, "1,2 %"),
        ] {
            let words = line(language);
            assert!(
                words.contains(share) && words.contains(",") && words.contains(" de 5"),
                "{words}"
            );
        }
    }
}
