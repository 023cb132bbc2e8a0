//! What a sound test found, for the chat: figures for programs, and words in the caller's language.

use hub::model::{Block, Body, Inline, Rich};
use media::echo::{Advice, Language, SoundCheck};
use media::report::Measurements;
use serde::Serialize;

/// The card as programs read it.
#[derive(Debug, Serialize)]
struct Card {
    r#type: &'static str,
    level_dbfs: f64,
    loss: f64,
    jitter_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtt_ms: Option<f64>,
    concealed_ms: f64,
    advice: &'static str,
}

/// The message that `echo` leaves.
pub(super) fn body(language: Language, check: &SoundCheck, measured: &Measurements) -> Body {
    let advice = check.advice.first().copied().unwrap_or(Advice::Good);
    let card = Card {
        r#type: "sound_test",
        level_dbfs: tenths(f64::from(check.level_dbfs)),
        // What got lost in either direction is heard here.
        loss: (check.loss.max(check.far_loss.unwrap_or(0.0)) * 1_000.0).round() / 1_000.0,
        jitter_ms: tenths(check.jitter_ms),
        rtt_ms: check.rtt_ms.map(tenths),
        concealed_ms: tenths(measured.audio.concealed_ms),
        advice: advice.key(),
    };
    let words = [
        sentence(language, &format!("call-advice-{}", card.advice)).to_owned(),
        figures(language, &card),
    ];
    let paragraph = |text: String| Block::Paragraph(vec![Inline::Text(text)]);
    let json = serde_json::to_string(&card).expect("a card is plain data");
    Body::Card {
        json,
        words: Rich(words.map(paragraph).into()),
    }
}

/// One line of what was measured, in the words of the browser client.
fn figures(language: Language, card: &Card) -> String {
    let name = |key| sentence(language, key);
    let mut parts = vec![
        format!("{} {:.0} dBFS", name("call-test-level"), card.level_dbfs).replace('-', "−"),
        format!(
            "{} {}",
            name("call-fact-lost"),
            percent(language, card.loss)
        ),
        format!("{} {:.0} ms", name("call-fact-jitter"), card.jitter_ms),
    ];
    if let Some(rtt) = card.rtt_ms {
        parts.push(format!("{} {rtt:.0} ms", name("call-fact-rtt")));
    }
    parts.join(" · ")
}

fn percent(language: Language, share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    match language {
        Language::English => format!("{text}%"),
        Language::PortugueseBrazil => format!("{}%", text.replace('.', ",")),
        Language::PortuguesePortugal => format!("{} %", text.replace('.', ",")),
    }
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A message of the catalogue that browser and server share. Only messages of one line and without variables are
/// asked for; tested.
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
    use media::peer::Peer;

    use super::*;

    const LANGUAGES: [Language; 3] = [
        Language::English,
        Language::PortugueseBrazil,
        Language::PortuguesePortugal,
    ];

    fn check(advice: Advice) -> SoundCheck {
        SoundCheck {
            level_dbfs: -23.44,
            peak_dbfs: -6.0,
            noise_dbfs: -60.0,
            clipped: 0.0,
            active: 0.5,
            loss: 0.0123,
            far_loss: Some(0.002),
            jitter_ms: 2.34,
            rtt_ms: Some(12.0),
            concealment: 0.0,
            advice: vec![advice, Advice::Slow],
        }
    }

    fn measured() -> Measurements {
        let (config, mut rng) = (media::session::Config::default(), sansio::rng::seeded(1));
        Peer::new(std::time::Instant::now(), config, &mut rng)
            .expect("a peer")
            .measurements()
    }

    #[test]
    fn every_advice_has_its_sentence_in_every_language() {
        let all = [
            Advice::Silent,
            Advice::Quiet,
            Advice::Clipped,
            Advice::Noisy,
            Advice::Lossy,
            Advice::Jittery,
            Advice::Slow,
            Advice::Good,
        ];
        for language in LANGUAGES {
            let mut seen = std::collections::HashSet::new();
            for advice in all {
                let text = sentence(language, &format!("call-advice-{}", advice.key()));
                assert!(
                    text.len() > 20 && !text.contains('{'),
                    "{language:?} {advice:?}: {text:?}"
                );
                assert!(
                    seen.insert(text),
                    "{language:?} {advice:?} says what another says"
                );
            }
            for key in [
                "call-test-level",
                "call-fact-lost",
                "call-fact-jitter",
                "call-fact-rtt",
            ] {
                assert!(!sentence(language, key).is_empty(), "{language:?} {key}");
            }
        }
    }

    #[test]
    fn the_card_holds_figures_and_words_without_a_score() {
        let Body::Card { json, words } =
            body(Language::English, &check(Advice::Quiet), &measured())
        else {
            panic!("no card");
        };
        let card: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(card["type"], "sound_test");
        assert_eq!(card["advice"], "quiet");
        assert_eq!(
            (card["level_dbfs"].as_f64(), card["loss"].as_f64()),
            (Some(-23.4), Some(0.012))
        );
        let words = words.cleaned().expect("words that the hub takes").words();
        assert!(
            words.contains("Your microphone is a little quiet"),
            "{words}"
        );
        assert!(
            words.contains("Level −23 dBFS · Lost 1.2% · Jitter 2 ms · Round trip 12 ms"),
            "{words}"
        );
    }

    #[test]
    fn portuguese_writes_its_own_numbers() {
        let line = |language| {
            let Body::Card { words, .. } = body(language, &check(Advice::Good), &measured()) else {
                panic!("no card")
            };
            words.words()
        };
        assert!(line(Language::PortugueseBrazil).contains("1,2%"));
        assert!(line(Language::PortuguesePortugal).contains("1,2 %"));
    }
}
