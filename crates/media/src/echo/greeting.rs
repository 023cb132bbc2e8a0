//! The spoken greeting, in the caller's language. How it was made: `assets/README.md`.

use crate::echo::packets;
use crate::opus::{Decoder, OpusError};
use crate::pcm::{Frame, SILENCE};

/// Languages in which `echo` speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English, and whoever else.
    #[default]
    English,
    /// Portuguese of Brazil.
    PortugueseBrazil,
    /// Portuguese of Portugal.
    PortuguesePortugal,
}

impl Language {
    /// The language nearest to a tag like `pt-PT` (BCP 47).
    #[must_use]
    pub fn nearest(tag: &str) -> Self {
        let mut parts = tag.split(['-', '_']).map(str::to_ascii_lowercase);
        if parts.next().as_deref() != Some("pt") {
            return Self::English;
        }
        // The other Portuguese-speaking countries write and learn the European norm.
        match parts.find(|part| part.len() == 2).as_deref() {
            None | Some("br") => Self::PortugueseBrazil,
            Some(_) => Self::PortuguesePortugal,
        }
    }

    fn recording(self) -> &'static [u8] {
        match self {
            Self::English => include_bytes!("../../assets/greeting-en.skop"),
            Self::PortugueseBrazil => include_bytes!("../../assets/greeting-pt-BR.skop"),
            Self::PortuguesePortugal => include_bytes!("../../assets/greeting-pt-PT.skop"),
        }
    }
}

/// A greeting being spoken.
#[derive(Debug)]
pub(super) struct Greeting {
    packets: std::vec::IntoIter<&'static [u8]>,
    decoder: Decoder,
}

impl Greeting {
    pub(super) fn new(language: Language) -> Result<Self, OpusError> {
        let packets = packets::decode(language.recording())
            .expect("the recordings in the tree are whole; tested");
        Ok(Self {
            packets: packets.into_iter(),
            decoder: Decoder::new()?,
        })
    }

    /// The next 20 ms; `None` when everything is said.
    pub(super) fn next_frame(&mut self) -> Option<Frame> {
        let packet = self.packets.next()?;
        let mut frame = SILENCE;
        if let Ok(sound) = self.decoder.decode(packet) {
            for (slot, sample) in frame.iter_mut().zip(sound) {
                *slot = *sample;
            }
        }
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::levels::Meter;

    #[test]
    fn the_nearest_language_is_found() {
        for (tag, want) in [
            ("en", Language::English),
            ("en-GB", Language::English),
            ("pt", Language::PortugueseBrazil),
            ("pt-BR", Language::PortugueseBrazil),
            ("pt_BR", Language::PortugueseBrazil),
            ("PT-pt", Language::PortuguesePortugal),
            ("pt-AO", Language::PortuguesePortugal),
            ("pt-Latn-BR", Language::PortugueseBrazil),
            ("", Language::English),
            ("tlh", Language::English),
        ] {
            assert_eq!(Language::nearest(tag), want, "{tag}");
        }
    }

    #[test]
    fn every_greeting_is_whole_small_and_pleasant_to_hear() {
        for language in [
            Language::English,
            Language::PortugueseBrazil,
            Language::PortuguesePortugal,
        ] {
            assert!(language.recording().len() <= 60_000, "{language:?}");
            let mut greeting = Greeting::new(language).expect("greeting");
            let (mut meter, mut frames) = (Meter::new(), 0);
            while let Some(frame) = greeting.next_frame() {
                meter.hear(&frame);
                frames += 1;
            }
            let levels = meter.levels();
            assert!(
                (200..700).contains(&frames),
                "{language:?}: {frames} frames"
            );
            assert!(
                (-28.0..-14.0).contains(&levels.speech_dbfs),
                "{language:?}: {levels:?}"
            );
            assert!(
                levels.clipped == 0.0 && levels.active > 0.5,
                "{language:?}: {levels:?}"
            );
        }
    }
}
