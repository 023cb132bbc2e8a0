//! The one sound format inside: 48 kHz, mono, `f32` in [−1, 1], in frames of 20 ms.

use std::time::Duration;

/// Samples in a second.
pub const SAMPLE_RATE: u32 = 48_000;

/// Samples in a [`Frame`]: 20 ms.
pub const FRAME_SAMPLES: usize = 960;

/// How long a [`Frame`] lasts.
pub const FRAME_TIME: Duration = Duration::from_millis(20);

/// Twenty milliseconds of sound.
pub type Frame = [f32; FRAME_SAMPLES];

/// Twenty milliseconds of nothing.
pub const SILENCE: Frame = [0.0; FRAME_SAMPLES];

/// One sample as a 16-bit integer, rounded; what is too loud is clipped, what is not a number is silence.
#[must_use]
pub fn to_i16(sample: f32) -> i16 {
    // `as` saturates and maps NaN to 0.
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

/// One 16-bit sample as a float.
#[must_use]
pub fn from_i16(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}

/// How many samples last as long as `time`.
#[must_use]
pub fn samples_in(time: Duration) -> u64 {
    time.as_micros().min(u128::from(u64::MAX / 48)) as u64 * 48 / 1_000
}

/// How long `samples` last.
#[must_use]
pub fn time_of(samples: u64) -> Duration {
    Duration::from_secs(samples / u64::from(SAMPLE_RATE))
        + Duration::from_nanos(
            samples % u64::from(SAMPLE_RATE) * 1_000_000_000 / u64::from(SAMPLE_RATE),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_survive_the_round_trip_and_loud_samples_clip() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(to_i16(from_i16(sample)), sample);
        }
        assert_eq!(to_i16(1.5), i16::MAX);
        assert_eq!(to_i16(-9.0), i16::MIN);
        assert_eq!(to_i16(f32::NAN), 0);
    }

    #[test]
    fn samples_and_time_agree() {
        assert_eq!(samples_in(FRAME_TIME), FRAME_SAMPLES as u64);
        assert_eq!(time_of(48_000 * 3 + 24_000), Duration::from_millis(3_500));
    }
}
