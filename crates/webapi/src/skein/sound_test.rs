//! What `echo` measured, as its card in the chat and the reports of the call hold it.

use super::wire;

wire! {
    /// A sound test. Levels are in dBFS (0 = a full-scale square wave), times in ms, shares 0 to 1.
    pub struct SoundTest {
        /// Estimated mean opinion, 1 to 4.5; absent where nobody spoke.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub score: Option<f64>,
        /// Rating R of the method, 0 to 100.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub rating: Option<f64>,
        /// How it was estimated: `ITU-T G.107`.
        pub method: String,
        /// What each cause would take from a perfect score if it were alone, the dearest first; they do not add up.
        pub costs: Vec<ScoreCost>,
        /// Active speech level (ITU-T P.56, method B); of everything where nobody spoke.
        pub level_dbfs: f64,
        /// What is in the pauses.
        pub noise_dbfs: f64,
        /// How far the speech stands above it, in dB; absent where nobody spoke.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub snr_db: Option<f64>,
        /// Share of the speech at full scale.
        pub clipped: f64,
        /// Share of the speech that was cut out before it was sent.
        pub missing: f64,
        /// Mains that hum in the pauses: 50 or 60 Hz.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub hum_hz: Option<u32>,
        /// An echo: how much later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub echo_ms: Option<f64>,
        /// And how much quieter, in dB.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub echo_below_db: Option<f64>,
        /// Share of packets lost, of the worse direction.
        pub loss: f64,
        /// Interarrival jitter (RFC 3550 §6.4.1).
        pub jitter_ms: f64,
        /// Round trip.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub rtt_ms: Option<f64>,
        /// Sound that was made up.
        pub concealed_ms: f64,
        /// The most useful finding; others may come, and are shown as figures only.
        pub advice: String,
        /// All findings, the most useful first.
        pub findings: Vec<String>,
    }

    /// What one cause takes.
    pub struct ScoreCost {
        /// `level`, `noise`, `clipping`, `echo`, `gaps`, `loss`, `delay`.
        pub cause: String,
        /// Points of the mean opinion.
        pub points: f64,
    }
}
