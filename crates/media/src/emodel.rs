//! The E-model (ITU-T G.107, 06/2015): one rating, and a mean opinion, from what is wrong with a connection.
//!
//! The model was made for telephones. Here its parameters are measured where that is possible, and keep the standard's
//! default (table 3) where it is not; [`crate::echo`] says which is which. Symbols are those of the document.
//!
//! ```
//! use media::emodel::Connection;
//!
//! let fine = Connection::default();
//! assert!((fine.rating() - 93.2).abs() < 0.05, "the standard's own figure for its defaults");
//! let lossy = Connection { packet_loss: 0.05, ..fine };
//! assert!(lossy.opinion() < fine.opinion());
//! ```

/// What the model does not let us measure: its defaults.
const RLR: f64 = 2.0;
const STMR: f64 = 15.0;
const DS: f64 = 3.0;
const DR: f64 = 3.0;
const PS: f64 = 35.0;
const PR: f64 = 35.0;
const NFOR: f64 = -64.0;

/// Loss robustness of Opus with redundancy in band. There is no value of ITU-T; this one gives what PESQ gives for our
/// own codec at 5 % of loss (decision 0015).
pub const BPL_OPUS: f64 = 20.0;

/// Loss robustness where nothing is concealed: G.711 without concealment (ITU-T G.113, appendix I).
const BPL_BARE: f64 = 4.3;

/// A connection in the model's terms. The default is the standard's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Connection {
    /// SLR: send loudness rating, in dB; more is quieter.
    pub send_loudness: f64,
    /// Nc: noise, in dBm0p.
    pub noise: f64,
    /// Q: what the signal stands above its own distortion, in dB.
    pub distortion: f64,
    /// TELR: how much quieter the far talker hears itself come back, in dB.
    pub talker_echo: f64,
    /// WEPL: how much quieter the listener hears everything a second time, in dB.
    pub listener_echo: f64,
    /// Tr: how much later the listener hears it, in ms.
    pub listener_echo_delay: f64,
    /// T and Ta: one way, from mouth to ear, in ms.
    pub delay: f64,
    /// Ppl: share of packets lost, 0 to 1.
    pub packet_loss: f64,
    /// BurstR: how much longer losses are than those of chance, 1 and more.
    pub burst_ratio: f64,
    /// Share of the speech that was never sent, 0 to 1: a loss that nothing conceals.
    pub missing: f64,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            send_loudness: 8.0,
            noise: -70.0,
            distortion: 37.0,
            talker_echo: 65.0,
            listener_echo: 110.0,
            listener_echo_delay: 0.0,
            delay: 0.0,
            packet_loss: 0.0,
            burst_ratio: 1.0,
            missing: 0.0,
        }
    }
}

impl Connection {
    /// The rating R, 0 to 100 (§7.1).
    #[must_use]
    pub fn rating(&self) -> f64 {
        let noise = self.all_noise();
        let basic = 15.0 - 1.5 * (self.send_loudness + noise);
        let with_signal = self.too_loud(noise) + self.sidetone() + self.quantising(basic);
        let with_delay = self.talker(noise) + self.listener(basic) + self.absolute_delay();
        (basic - with_signal - with_delay - self.equipment()).clamp(0.0, 100.0)
    }

    /// The mean opinion that it stands for, 1 to 4.5: conversational, estimated (MOS-CQE, annex B).
    #[must_use]
    pub fn opinion(&self) -> f64 {
        let r = self.rating();
        // Below 6.5 the polynomial turns up again.
        if r < 6.5 {
            return 1.0;
        }
        (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).clamp(1.0, 4.5)
    }

    /// OLR.
    fn loudness(&self) -> f64 {
        self.send_loudness + RLR
    }

    /// No: every noise, at the 0 dBr point (7-3 to 7-7).
    fn all_noise(&self) -> f64 {
        let sender = PS - self.send_loudness - DS - 100.0
            + 0.004 * (PS - self.loudness() - DS - 14.0).powi(2);
        let heard_room = PR + 10.0 * (1.0 + 10f64.powf((10.0 - (STMR + DR)) / 10.0)).log10();
        let receiver = RLR - 121.0 + heard_room + 0.008 * (heard_room - 35.0).powi(2);
        power_sum(&[self.noise, sender, receiver, NFOR + RLR])
    }

    /// Iolr (7-9, 7-10).
    fn too_loud(&self, noise: f64) -> f64 {
        let x = (self.loudness() + 0.2 * (64.0 + noise - RLR)) / 8.0;
        20.0 * ((1.0 + x.powi(8)).powf(1.0 / 8.0) - x)
    }

    /// Ist (7-11, 7-12).
    fn sidetone(&self) -> f64 {
        let echo = (-self.delay / 4.0).exp() * 10f64.powf(-self.talker_echo / 10.0);
        let s = -10.0 * (10f64.powf(-STMR / 10.0) + echo).log10();
        let bend = |x: f64, power: f64| (1.0 + x.powf(power)).powf(1.0 / power);
        12.0 * bend(((s - 13.0) / 6.0).abs(), 8.0)
            - 28.0 * bend(((s + 1.0) / 19.4).max(0.0), 35.0)
            - 13.0 * bend(((s - 3.0) / 33.0).max(0.0), 13.0)
            + 29.0
    }

    /// Iq (7-13 to 7-17).
    fn quantising(&self, basic: f64) -> f64 {
        let q = self.distortion;
        let g = 1.07 + 0.258 * q + 0.0602 * q * q;
        let y = (basic - 100.0) / 15.0 + 46.0 / 8.4 - g / 9.0;
        let z = 46.0 / 30.0 - g / 40.0;
        15.0 * (1.0 + 10f64.powf(y) + 10f64.powf(z)).log10()
    }

    /// Idte (7-19 to 7-22).
    fn talker(&self, noise: f64) -> f64 {
        let t = self.delay;
        if t < 1.0 {
            return 0.0;
        }
        let terv = self.talker_echo - 40.0 * ((1.0 + t / 10.0) / (1.0 + t / 150.0)).log10()
            + 6.0 * (-0.3 * t * t).exp();
        let apart = -1.5 * (noise - RLR) - (80.0 + 2.5 * (terv - 14.0));
        (apart / 2.0 + (apart * apart / 4.0 + 100.0).sqrt() - 1.0) * (1.0 - (-t).exp())
    }

    /// Idle (7-25, 7-26).
    fn listener(&self, basic: f64) -> f64 {
        let r = 10.5 * (self.listener_echo + 7.0) * (self.listener_echo_delay + 1.0).powf(-0.25);
        let apart = basic - r;
        apart / 2.0 + (apart * apart / 4.0 + 169.0).sqrt()
    }

    /// Idd (7-27, 7-28).
    fn absolute_delay(&self) -> f64 {
        if self.delay <= 100.0 {
            return 0.0;
        }
        let x = (self.delay / 100.0).log2();
        let bend = |x: f64| (1.0 + x.powi(6)).powf(1.0 / 6.0);
        25.0 * (bend(x) - 3.0 * bend(x / 3.0) + 2.0)
    }

    /// Ie-eff (7-29) with Ie = 0: in the band that the model knows, Opus at our rates takes nothing away.
    fn equipment(&self) -> f64 {
        let effect = |share: f64, robust: f64| {
            let percent = share.clamp(0.0, 1.0) * 100.0;
            95.0 * percent / (percent / self.burst_ratio.max(1.0) + robust)
        };
        effect(self.packet_loss, BPL_OPUS) + effect(self.missing, BPL_BARE)
    }
}

fn power_sum(decibels: &[f64]) -> f64 {
    let sum: f64 = decibels.iter().map(|db| 10f64.powf(db / 10.0)).sum();
    10.0 * sum.log10()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Worked out apart from this code, by the formulas in a few lines of Python, one parameter at a time; 93.2 is the
    /// standard's own figure for its defaults.
    #[test]
    fn the_standard_and_this_agree() {
        let of = Connection::default();
        for (connection, want) in [
            (of, 93.2),
            (
                Connection {
                    delay: 150.0,
                    listener_echo_delay: 300.0,
                    ..of
                },
                89.5,
            ),
            (
                Connection {
                    delay: 300.0,
                    listener_echo_delay: 600.0,
                    ..of
                },
                72.7,
            ),
            (
                Connection {
                    talker_echo: 40.0,
                    delay: 50.0,
                    ..of
                },
                74.0,
            ),
            (
                Connection {
                    talker_echo: 30.0,
                    delay: 150.0,
                    ..of
                },
                27.8,
            ),
            (
                Connection {
                    noise: -53.85,
                    ..of
                },
                81.5,
            ),
            (
                Connection {
                    send_loudness: 18.0,
                    ..of
                },
                78.9,
            ),
            (
                Connection {
                    send_loudness: -6.0,
                    ..of
                },
                81.5,
            ),
            (
                Connection {
                    packet_loss: 0.05,
                    ..of
                },
                74.2,
            ),
            (
                Connection {
                    packet_loss: 0.1,
                    burst_ratio: 2.0,
                    ..of
                },
                55.2,
            ),
            (
                Connection {
                    distortion: 20.0,
                    ..of
                },
                66.7,
            ),
        ] {
            let r = connection.rating();
            assert!((r - want).abs() < 0.4, "{r:.1}, not {want}: {connection:?}");
        }
    }

    #[test]
    fn ratings_map_to_opinions_as_annex_b_says() {
        assert!((Connection::default().opinion() - 4.41).abs() < 0.01);
        let hopeless = Connection {
            noise: 0.0,
            packet_loss: 1.0,
            missing: 1.0,
            ..Connection::default()
        };
        assert_eq!((hopeless.rating(), hopeless.opinion()), (0.0, 1.0));
    }

    proptest! {
        /// More of anything bad never makes an opinion better, whatever else is wrong.
        #[test]
        fn worse_is_never_better(
            noise in -90.0..-10.0f64, distortion in 0.0..37.0f64, talker in 5.0..65.0f64, listener in 5.0..110.0f64,
            delay in 1.0..800.0f64, loss in 0.0..1.0f64, burst in 1.0..8.0f64, missing in 0.0..1.0f64,
            loudness in -10.0..40.0f64, by in 0.0..1.0f64,
        ) {
            let of = Connection {
                send_loudness: loudness, noise, distortion, talker_echo: talker, listener_echo: listener,
                listener_echo_delay: 200.0, delay, packet_loss: loss, burst_ratio: burst, missing,
            };
            for worse in [
                Connection { noise: noise + 20.0 * by, ..of },
                Connection { distortion: distortion * (1.0 - by), ..of },
                Connection { talker_echo: talker * (1.0 - by) + 5.0 * by, ..of },
                Connection { listener_echo: listener * (1.0 - by) + 5.0 * by, ..of },
                Connection { delay: delay + 400.0 * by, ..of },
                Connection { packet_loss: loss + (1.0 - loss) * by, ..of },
                Connection { burst_ratio: burst + 4.0 * by, ..of },
                Connection { missing: missing + (1.0 - missing) * by, ..of },
            ] {
                prop_assert!(worse.rating() <= of.rating() + 1e-6, "{of:?} {} {worse:?} {}", of.rating(), worse.rating());
                prop_assert!(worse.opinion() <= of.opinion() + 1e-6);
            }
        }
    }
}
