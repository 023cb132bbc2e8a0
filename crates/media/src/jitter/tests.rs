use std::time::Instant;

use proptest::prelude::*;
use rand::RngExt;

use super::*;
use crate::levels::rms_dbfs;
use crate::opus::Encoder;
use crate::pcm::{FRAME_SAMPLES, FRAME_TIME, Frame, SILENCE};
use crate::test_sound::{sine, speechlike};

#[allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
fn begin() -> Instant {
    Instant::now()
}

/// Ten seconds of speech-like sound as packets.
fn packets(seconds: f32) -> Vec<Arc<[u8]>> {
    let mut encoder = Encoder::new().expect("encoder");
    encoder.expect_loss(0.1);
    speechlike(seconds)
        .as_chunks::<FRAME_SAMPLES>()
        .0
        .iter()
        .map(|frame| encoder.encode(frame).expect("packet").into())
        .collect()
}

/// What the network does to one packet: `None` loses it, else how long it takes (twice: a duplicate).
type Fate = Vec<Duration>;

/// Send `packets` through `fate` and play them for as long; numbers begin close to their end, to wrap around.
fn run(packets: &[Arc<[u8]>], mut fate: impl FnMut(usize) -> Fate) -> (Stats, Vec<Frame>) {
    let t0 = begin();
    let mut arrivals: Vec<(Duration, usize)> = Vec::new();
    for n in 0..packets.len() {
        arrivals.extend(
            fate(n)
                .into_iter()
                .map(|delay| (FRAME_TIME * n as u32 + delay, n)),
        );
    }
    arrivals.sort();
    let mut arrivals = arrivals.into_iter().peekable();
    let mut playout = Playout::new().expect("playout");
    let mut heard = Vec::new();
    for tick in 0..packets.len() as u32 + 25 {
        let now = FRAME_TIME * tick + Duration::from_millis(7);
        while let Some((at, n)) = arrivals.next_if(|(at, _)| *at <= now) {
            playout.insert(t0 + at, packet(n, packets[n].clone()));
        }
        heard.push(playout.pull(t0 + now));
        assert!(playout.waiting() <= buffer::MAX_PACKETS);
    }
    (playout.stats(), heard)
}

fn packet(n: usize, payload: Arc<[u8]>) -> Packet {
    Packet {
        ssrc: 7,
        sequence: 65_500u16.wrapping_add(n as u16),
        timestamp: (u32::MAX - 48_000).wrapping_add(n as u32 * 960),
        payload,
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn on_a_quiet_network_nothing_is_made_up_and_the_delay_is_short() {
    let (stats, heard) = run(&packets(10.0), |_| vec![ms(30)]);
    assert_eq!(
        (stats.received, stats.missing, stats.late, stats.duplicates),
        (500, 0, 0, 0),
        "{stats:?}"
    );
    // After the last packet nothing comes any more; before that nothing may be made up.
    assert!(stats.concealed() <= ms(25 * 20), "{stats:?}");
    assert!(stats.delay >= ms(40) && stats.delay <= ms(85), "{stats:?}");
    assert!(stats.jitter < ms(1), "{stats:?}");
    assert!(rms_dbfs(heard.as_flattened()) > -35.0);
}

#[test]
fn lost_packets_are_recovered_from_the_next_one() {
    let (stats, _) = run(&packets(10.0), |n| {
        if n % 10 == 5 { vec![] } else { vec![ms(30)] }
    });
    assert_eq!(
        (stats.received, stats.missing, stats.recovered),
        (450, 50, 50),
        "{stats:?}"
    );
    assert!((stats.loss() - 0.1).abs() < 0.001);
}

#[test]
fn of_two_lost_in_a_row_the_second_is_recovered_and_the_first_guessed() {
    let (stats, _) = run(&packets(10.0), |n| {
        if n % 20 < 2 && n > 20 {
            vec![]
        } else {
            vec![ms(30)]
        }
    });
    assert_eq!((stats.missing, stats.recovered), (47, 24), "{stats:?}");
}

#[test]
fn packets_that_overtake_each_other_are_put_in_order() {
    let all = packets(6.0);
    // Every pair changes places; the way is up to 25 ms longer for the first.
    let (stats, _) = run(&all, |n| vec![if n % 2 == 0 { ms(55) } else { ms(30) }]);
    assert_eq!((stats.received, stats.missing), (300, 0), "{stats:?}");
    assert!(stats.jitter > ms(10), "{stats:?}");
}

#[test]
fn duplicates_are_counted_and_not_played() {
    let (stats, _) = run(&packets(4.0), |_| vec![ms(30), ms(33), ms(120)]);
    assert_eq!(
        (stats.received, stats.duplicates, stats.missing),
        (200, 400, 0),
        "{stats:?}"
    );
}

#[test]
fn the_delay_follows_a_network_that_gets_worse_and_comes_back() {
    let mut rng = sansio::rng::seeded(11);
    let all = packets(40.0);
    let (stats, _) = run(&all, |n| {
        vec![if (500..1_000).contains(&n) {
            ms(20 + rng.random_range(0..120))
        } else {
            ms(20)
        }]
    });
    assert_eq!(stats.lost(), 0, "{stats:?}");
    // The first late ones are the price of learning.
    assert!(stats.late < 12, "{stats:?}");
    assert!(
        stats.dropped_samples > 0,
        "silence was used to shorten the delay: {stats:?}"
    );
    assert!(stats.delay < ms(110), "{stats:?}");
}

#[test]
fn clocks_that_run_apart_are_mended_in_silence() {
    for parts_per_thousand in [-2i64, 2] {
        let mut encoder = Encoder::new().expect("encoder");
        // Speech for two seconds, then a pause of one.
        let talk = speechlike(2.0);
        let mut playout = Playout::new().expect("playout");
        let t0 = begin();
        let mut sent = 0usize;
        for tick in 0..6_000u32 {
            let now = t0 + FRAME_TIME * tick;
            let due = i64::from(tick) * (1_000 + parts_per_thousand) / 1_000;
            while (sent as i64) <= due {
                let at = (sent % 150) * FRAME_SAMPLES;
                let frame = talk
                    .get(at..at + FRAME_SAMPLES)
                    .map_or(SILENCE, |f| f.try_into().expect("a frame"));
                playout.insert(
                    now,
                    packet(sent, encoder.encode(&frame).expect("packet").into()),
                );
                sent += 1;
            }
            playout.pull(now + ms(10));
        }
        let stats = playout.stats();
        // Two minutes at 2 ‰ are 240 ms.
        assert!(
            stats.delay >= ms(20) && stats.delay < ms(150),
            "{parts_per_thousand}: {stats:?}"
        );
        assert_eq!(stats.lost(), 0, "{parts_per_thousand}: {stats:?}");
        assert!(
            stats.concealed() <= ms(200),
            "{parts_per_thousand}: {stats:?}"
        );
    }
}

#[test]
fn a_long_hole_fades_out_and_sound_comes_back() {
    let loud = sine(300.0, 0.3);
    let mut encoder = Encoder::new().expect("encoder");
    let all: Vec<Arc<[u8]>> = (0..200)
        .map(|_| encoder.encode(&loud).expect("packet").into())
        .collect();
    let (stats, heard) = run(&all, |n| {
        if (50..100).contains(&n) {
            vec![]
        } else {
            vec![ms(20)]
        }
    });
    let level = |frame: usize| rms_dbfs(&heard[frame]);
    assert!(level(40) > -20.0);
    assert!(
        level(53) > -40.0,
        "concealment goes on at first: {}",
        level(53)
    );
    assert!(level(75) < -80.0, "and is silent in the end: {}", level(75));
    assert!(level(120) > -20.0, "sound is back: {}", level(120));
    assert_eq!(stats.missing, 50, "{stats:?}");
    assert!(
        stats.delay < ms(120),
        "a hole does not lengthen the delay: {stats:?}"
    );
}

#[test]
fn a_burst_after_a_stall_does_not_leave_a_long_delay() {
    let (stats, _) = run(&packets(12.0), |n| {
        // Nothing for a second, then everything at once.
        vec![if (200..250).contains(&n) {
            ms(20 + 20 * (250 - n as u64))
        } else {
            ms(20)
        }]
    });
    assert_eq!(stats.lost(), 0, "{stats:?}");
    assert!(stats.delay < ms(500), "{stats:?}");
}

#[test]
fn a_delay_that_ran_away_is_cut_even_without_silence() {
    let loud = sine(300.0, 0.3);
    let mut encoder = Encoder::new().expect("encoder");
    let all: Vec<Arc<[u8]>> = (0..700)
        .map(|_| encoder.encode(&loud).expect("packet").into())
        .collect();
    let (stats, _) = run(&all, |n| {
        vec![if (200..250).contains(&n) {
            ms(20 + 20 * (250 - n as u64))
        } else {
            ms(20)
        }]
    });
    assert!(
        stats.dropped_samples > 0 && stats.delay < ms(400),
        "{stats:?}"
    );
}

#[test]
fn pauses_in_sending_are_no_loss() {
    let t0 = begin();
    let all = packets(4.0);
    let mut playout = Playout::new().expect("playout");
    for tick in 0..300u32 {
        let now = t0 + FRAME_TIME * tick;
        // Numbers go on without a hole while time stamps skip a second.
        let n = match tick {
            0..100 => Some(tick),
            150..250 => Some(tick - 50),
            _ => None,
        };
        if let Some(n) = n {
            let mut packet = packet(tick as usize, all[n as usize].clone());
            packet.sequence = 65_500u16.wrapping_add(n as u16);
            playout.insert(now, packet);
        }
        playout.pull(now + ms(5));
    }
    let stats = playout.stats();
    assert_eq!(
        (stats.missing, stats.received, stats.restarts),
        (0, 200, 0),
        "{stats:?}"
    );
}

#[test]
fn another_sender_and_jumping_time_stamps_start_anew() {
    let t0 = begin();
    let all = packets(6.0);
    let mut playout = Playout::new().expect("playout");
    let mut loudest = -100.0f32;
    for tick in 0..300u32 {
        let now = t0 + FRAME_TIME * tick;
        let mut packet = packet(tick as usize, all[tick as usize].clone());
        if tick >= 100 {
            packet.timestamp = packet.timestamp.wrapping_add(1 << 30);
        }
        if tick >= 200 {
            packet.ssrc = 99;
            packet.sequence = packet.sequence.wrapping_add(12_345);
        }
        playout.insert(now, packet);
        let frame = playout.pull(now + ms(5));
        if tick > 250 {
            loudest = loudest.max(rms_dbfs(&frame));
        }
    }
    let stats = playout.stats();
    assert_eq!((stats.restarts, stats.malformed), (2, 1), "{stats:?}");
    assert!(stats.concealed() < ms(100), "{stats:?}");
    assert!(loudest > -35.0, "{loudest}");
}

#[test]
fn a_single_stray_packet_changes_nothing() {
    let t0 = begin();
    let all = packets(2.0);
    let mut playout = Playout::new().expect("playout");
    for (n, payload) in all.iter().enumerate() {
        let now = t0 + FRAME_TIME * n as u32;
        playout.insert(now, packet(n, payload.clone()));
        if n % 20 == 9 {
            let mut stray = packet(n, payload.clone());
            stray.timestamp ^= 0x4000_0000 + n as u32 * 0x10_0000;
            playout.insert(now, stray);
            playout.insert(
                now,
                Packet {
                    payload: Arc::from(&b""[..]),
                    ..packet(n, payload.clone())
                },
            );
        }
        playout.pull(now + ms(5));
    }
    let stats = playout.stats();
    assert_eq!(
        (stats.restarts, stats.malformed, stats.missing),
        (0, 10, 0),
        "{stats:?}"
    );
}

#[test]
fn packets_of_sixty_milliseconds_play_too() {
    let mut opus = ::opus::Encoder::new(48_000, ::opus::Channels::Mono, ::opus::Application::Voip)
        .expect("encoder");
    opus.set_inband_fec(true).expect("setting");
    opus.set_packet_loss_perc(20).expect("setting");
    let sound = speechlike(6.0);
    let t0 = begin();
    let mut playout = Playout::new().expect("playout");
    let mut packets = sound
        .chunks_exact(2_880)
        .map(|c| opus.encode_vec_float(c, 1_275).expect("packet"));
    for tick in 0..300u32 {
        let now = t0 + FRAME_TIME * tick;
        if tick % 3 == 0 {
            let n = tick / 3;
            let payload = packets.next().expect("enough").into();
            if n % 10 != 5 {
                playout.insert(
                    now,
                    Packet {
                        ssrc: 1,
                        sequence: n as u16,
                        timestamp: n * 2_880,
                        payload,
                    },
                );
            }
        }
        playout.pull(now + ms(5));
    }
    let stats = playout.stats();
    assert_eq!(
        (stats.received, stats.missing, stats.recovered),
        (90, 10, 10),
        "{stats:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever arrives whenever: 960 finite samples each time, bounded memory, figures that add up.
    #[test]
    fn anything_may_arrive(
        events in proptest::collection::vec((any::<u16>(), 0u32..3_000_000, 0u8..4, 0u64..90, any::<u8>()), 1..150)
    ) {
        let mut now = begin();
        let mut playout = Playout::new().expect("playout");
        let voice = packets(0.2);
        for (sequence, timestamp, kind, wait, byte) in events {
            let payload: Arc<[u8]> = match kind {
                0 => vec![byte; usize::from(byte)].into(),
                1 => vec![byte].into(),
                _ => voice[usize::from(byte) % voice.len()].clone(),
            };
            playout.insert(now, Packet { ssrc: u32::from(byte & 1), sequence, timestamp, payload });
            now += ms(wait);
            let frame = playout.pull(now);
            prop_assert!(frame.iter().all(|s| s.is_finite()));
            prop_assert!(playout.waiting() <= buffer::MAX_PACKETS);
            let stats = playout.stats();
            prop_assert!(stats.concealed_samples <= stats.played_samples + 2 * 5_760 + 960);
            prop_assert!(stats.recovered <= stats.missing + stats.late + stats.received);
        }
    }

    /// Any loss pattern: every packet is played, recovered or guessed, and the sound stays in step with the time.
    #[test]
    fn losses_never_shift_the_time(pattern in proptest::collection::vec(0u8..10, 100..200)) {
        let all = packets(2.0);
        let count = pattern.len().min(all.len());
        let (stats, heard) = run(&all[..count], |n| if pattern[n] < 2 { vec![] } else { vec![ms(15)] });
        let lost = pattern[..count].iter().filter(|p| **p < 2).count() as u64;
        let edge = pattern[..count].iter().take_while(|p| **p < 2).count() as u64
            + pattern[..count].iter().rev().take_while(|p| **p < 2).count() as u64;
        prop_assert_eq!(stats.received, count as u64 - lost);
        prop_assert_eq!(stats.missing, lost - edge.min(lost));
        prop_assert_eq!(heard.len(), count + 25);
    }
}
