//! Video passes through, and `echo` returns it as it came.

use std::time::Duration;

use media::echo::{EchoCall, Language};
use media::peer::{Input, Output, Peer};
use media::session::{Config, VideoCodec, VideoFrame};
use sansio::Machine;
use sansio::sim::{Clock, LinkConfig};

use crate::world::{World, peer};

/// Something that looks like VP8 (RFC 6386 §9.1): a key frame or not, with a start code and size, then filling.
fn vp8(n: u32, keyframe: bool) -> Vec<u8> {
    let mut data = vec![if keyframe { 0x10 } else { 0x11 }, 0, 0];
    if keyframe {
        data.extend_from_slice(&[0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]);
    }
    data.extend_from_slice(&n.to_be_bytes());
    data.extend((0..if keyframe { 6_000u32 } else { 1_500 }).map(|i| (i ^ n) as u8));
    data
}

fn call(link: LinkConfig, seed: u64) -> World<Peer, EchoCall> {
    let clock = Clock::new();
    let a = peer(&clock, true);
    let b = EchoCall::new(
        clock.now(),
        Config::default(),
        Language::English,
        &mut sansio::rng::seeded(2),
    );
    let mut world = World::new(clock, a, b.expect("echo"), link, seed);
    world.negotiate(true);
    assert!(
        world.run(Duration::from_secs(10), World::connected),
        "connected"
    );
    assert!(world.a.session().has_video() && world.b.session().has_video());
    world
}

/// Send three seconds of video; which frames came back, in order.
fn send(world: &mut World<Peer, EchoCall>) -> Vec<VideoFrame> {
    for n in 0..90 {
        let keyframe = n % 30 == 0;
        let frame = VideoFrame::new(
            VideoCodec::Vp8,
            u64::from(n) * 3_000,
            keyframe,
            vp8(n, keyframe),
        );
        world
            .a
            .handle(world.clock.now(), Input::Video(frame))
            .expect("sent");
        world.run_for(Duration::from_micros(33_333));
    }
    world.run_for(Duration::from_secs(2));
    let frames = world.a_said.iter().filter_map(|(_, event)| match event {
        Output::Video(frame) => Some(frame.clone()),
        _ => None,
    });
    frames.collect()
}

#[test]
fn video_comes_back_as_it_was_sent() {
    let mut world = call(LinkConfig::delayed(Duration::from_millis(20)), 31);
    let frames = send(&mut world);
    assert_eq!(frames.len(), 90);
    for (n, frame) in frames.iter().enumerate() {
        assert_eq!(&frame.data[..], vp8(n as u32, n % 30 == 0), "frame {n}");
        assert_eq!(
            (frame.codec, frame.keyframe),
            (VideoCodec::Vp8, n % 30 == 0)
        );
        assert_eq!(frame.time - frames[0].time, n as u64 * 3_000);
    }
    let report = world.b.measurements();
    assert!(
        report.phases.first_video_received.is_some() && report.phases.first_video_sent.is_some()
    );
}

#[test]
fn lost_packets_of_video_are_sent_again() {
    let config = LinkConfig {
        loss: 0.03,
        ..LinkConfig::delayed(Duration::from_millis(20))
    };
    let mut world = call(config, 32);
    let frames = send(&mut world);
    assert!(frames.len() >= 80, "{} frames", frames.len());
    let whole = frames
        .iter()
        .filter(|f| f.data.len() == if f.keyframe { 6_014 } else { 1_507 })
        .count();
    assert_eq!(whole, frames.len(), "what comes is whole");
}

#[test]
fn a_wish_for_a_complete_picture_goes_all_the_way_round() {
    let mut world = call(LinkConfig::delayed(Duration::from_millis(20)), 33);
    send(&mut world);
    let wishes = |world: &World<Peer, EchoCall>| {
        world
            .a_said
            .iter()
            .filter(|(_, e)| matches!(e, Output::KeyframeRequested))
            .count()
    };
    let before = wishes(&world);
    world
        .a
        .handle(world.clock.now(), Input::RequestKeyframe)
        .expect("asked");
    world.run_for(Duration::from_secs(1));
    assert!(
        wishes(&world) > before,
        "echo asks the one whose picture it is"
    );
}

#[test]
fn the_camera_may_be_switched_on_later() {
    let clock = Clock::new();
    let a = peer(&clock, true);
    let b = EchoCall::new(
        clock.now(),
        Config::default(),
        Language::English,
        &mut sansio::rng::seeded(2),
    );
    let mut world = World::new(
        clock,
        a,
        b.expect("echo"),
        LinkConfig::delayed(Duration::from_millis(20)),
        35,
    );
    world.negotiate(false);
    assert!(
        world.run(Duration::from_secs(10), World::connected),
        "connected"
    );
    world.run_for(Duration::from_secs(1));
    let now = world.clock.now();
    assert!(
        world.a.session().create_offer(now, false).is_err(),
        "nothing new"
    );
    let offer = world
        .a
        .session()
        .create_offer(now, true)
        .expect("video is new");
    assert!(
        world.a.session().create_offer(now, true).is_err(),
        "one at a time"
    );
    let answer = world
        .b
        .session()
        .accept_offer(now, &offer)
        .expect("an answer");
    world
        .a
        .session()
        .accept_answer(now, &answer)
        .expect("agreement");
    assert_eq!(send(&mut world).len(), 90);
    assert!(world.connected());
}

#[test]
fn an_offer_with_video_is_answered_by_a_peer_without() {
    let clock = Clock::new();
    let (a, b) = (peer(&clock, true), peer(&clock, false));
    let mut world = World::new(
        clock,
        a,
        b,
        LinkConfig::delayed(Duration::from_millis(20)),
        34,
    );
    world.negotiate(true);
    assert!(
        world.run(Duration::from_secs(5), World::connected),
        "connected"
    );
    assert!(!world.b.session().has_video());
    world.run_for(Duration::from_secs(2));
    assert!(world.a.stats().received > 50, "sound flows");
}

/// A browser that shows its screen beside its camera adds a second section of each kind (RFC 8829 §5.2.2).
fn with_a_screen(offer: &str) -> String {
    let sections: Vec<&str> = offer.split("\r\nm=").skip(1).collect();
    let mids: Vec<&str> = offer
        .lines()
        .filter_map(|line| line.strip_prefix("a=mid:"))
        .collect();
    let mut out = offer.trim_end().to_owned();
    let mut bundle = mids.join(" ");
    for (number, (section, mid)) in sections.iter().zip(&mids).enumerate() {
        let new = format!("screen{number}");
        bundle.push(' ');
        bundle.push_str(&new);
        let section = section
            .trim_end()
            .lines()
            .filter(|line| !line.starts_with("a=ssrc") && !line.starts_with("a=candidate"))
            .collect::<Vec<_>>()
            .join("\r\n")
            .replace(&format!("a=mid:{mid}"), &format!("a=mid:{new}"))
            .replace("a=sendrecv", "a=sendonly");
        out.push_str("\r\nm=");
        out.push_str(&section);
    }
    let old = format!("a=group:BUNDLE {}", mids.join(" "));
    out.replace(&old, &format!("a=group:BUNDLE {bundle}")) + "\r\n"
}

#[test]
fn a_screen_beside_the_camera_is_answered_and_the_call_goes_on() {
    for video in [false, true] {
        let clock = Clock::new();
        let (a, b) = (peer(&clock, true), peer(&clock, video));
        let link = LinkConfig::delayed(Duration::from_millis(20));
        let mut world = World::new(clock, a, b, link, 36);
        let offer = world.negotiate(true);
        assert!(
            world.run(Duration::from_secs(5), World::connected),
            "connected"
        );
        world.run_for(Duration::from_secs(1));
        let now = world.clock.now();
        let answer = world
            .b
            .session()
            .accept_offer(now, &with_a_screen(&offer))
            .expect("a clear answer");
        let sections = |text: &str| text.lines().filter(|line| line.starts_with("m=")).count();
        assert_eq!(sections(&answer), 4, "{answer}");
        let first = |text: &str, what: &str| {
            text.lines()
                .find(|l| l.starts_with(what))
                .map(str::to_owned)
        };
        assert_eq!(first(&answer, "a=mid:"), first(&offer, "a=mid:"));
        assert_eq!(world.b.session().has_video(), video);
        let before = world.b.stats().received;
        world.run_for(Duration::from_secs(2));
        assert!(world.b.stats().received > before + 50, "sound flows on");
        assert!(world.connected());
    }
}
