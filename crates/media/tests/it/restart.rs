//! A network that changes under a call: ways are looked for anew, and sound comes back.

use std::time::Duration;

use media::peer::{Output, Peer};
use media::session::{LocalCandidate, State};
use sansio::sim::{Clock, LinkConfig};

use crate::world::{World, address, amplitude, heard, peer, tone};

fn talking(seed: u64) -> World<Peer, Peer> {
    let clock = Clock::new();
    let (a, b) = (peer(&clock, false), peer(&clock, false));
    let link = LinkConfig::delayed(Duration::from_millis(25));
    let mut world = World::new(clock, a, b, link, seed);
    world.negotiate(false);
    assert!(world.run(Duration::from_secs(5), World::connected));
    talk(&mut world, 2);
    world
}

fn talk(world: &mut World<Peer, Peer>, seconds: usize) {
    let (high, low) = (tone(700.0, 1.0), tone(400.0, 1.0));
    for _ in 0..seconds {
        world.a.play(&high);
        world.b.play(&low);
        world.run_for(Duration::from_secs(1));
    }
}

/// How loud the other one is in the last half second that each heard.
fn last_half_second(world: &World<Peer, Peer>) -> [f32; 2] {
    [(&world.a_said, 400.0), (&world.b_said, 700.0)].map(|(said, pitch)| {
        let sound = heard(said);
        amplitude(&sound[sound.len() - 24_000..], pitch)
    })
}

/// `a` offers to look anew, `b` answers.
fn restart(world: &mut World<Peer, Peer>, gone: &[LocalCandidate]) {
    let now = world.clock.now();
    let before = [
        world.a.session().ufrag().to_owned(),
        world.b.session().ufrag().to_owned(),
    ];
    let offer = world.a.session().restart(now, gone).expect("an offer");
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
    let after = [
        world.a.session().ufrag().to_owned(),
        world.b.session().ufrag().to_owned(),
    ];
    assert!(
        before
            .iter()
            .zip(&after)
            .all(|(before, after)| before != after),
        "new names at both ends"
    );
}

#[test]
fn an_end_with_another_address_is_heard_again_within_three_seconds() {
    for seed in 1..=5 {
        let mut world = talking(seed);
        // The old network is gone, at once and without a word.
        let old = LocalCandidate::Host(world.addresses[0][0]);
        world.addresses[0].clear();
        let lost = world.run(Duration::from_secs(30), |world| {
            world.a.session().state() == State::Disconnected
        });
        assert!(lost, "seed {seed}: the loss is noticed");
        // Another one is there.
        let new = address("10.0.1.1:4001");
        world.addresses[0].push(new);
        let now = world.clock.now();
        world
            .a
            .session()
            .add_local_candidate(now, LocalCandidate::Host(new))
            .expect("an address");
        restart(&mut world, &[old]);
        let back = world.clock.elapsed();
        assert!(
            world.run(Duration::from_secs(3), World::connected),
            "seed {seed}"
        );
        let took = world.clock.elapsed() - back;
        assert!(took < Duration::from_secs(3), "after {took:?}");
        talk(&mut world, 2);
        let loud = last_half_second(&world);
        assert!(loud.iter().all(|loud| *loud > 0.2), "seed {seed}: {loud:?}");
        let pairs = world.b.session().pairs();
        let selected = pairs.iter().find(|pair| pair.selected).expect("one");
        assert_eq!(selected.remote, new);
    }
}

#[test]
fn a_restart_while_all_is_well_interrupts_nothing() {
    let mut world = talking(11);
    for _ in 0..3 {
        restart(&mut world, &[]);
        talk(&mut world, 1);
        let loud = last_half_second(&world);
        assert!(loud.iter().all(|loud| *loud > 0.2), "{loud:?}");
    }
    let lost = |said: &[(Duration, Output)]| {
        said.iter().any(|(_, event)| {
            matches!(event, Output::State(State::Disconnected | State::Failed(_)))
        })
    };
    assert!(!lost(&world.a_said) && !lost(&world.b_said));
}

#[test]
fn an_offer_to_look_anew_that_got_lost_is_made_again() {
    let mut world = talking(12);
    let now = world.clock.now();
    let lost = world.a.session().restart(now, &[]).expect("an offer");
    restart(&mut world, &[]);
    // The answer to the first one comes late, and agrees with nothing.
    let late = world
        .b
        .session()
        .accept_offer(now, &lost)
        .expect("an answer");
    world
        .a
        .session()
        .accept_answer(now, &late)
        .expect_err("no offer waits");
    // Whoever was answered out of turn says so by the next offer.
    restart(&mut world, &[]);
    talk(&mut world, 1);
    let loud = last_half_second(&world);
    assert!(loud.iter().all(|loud| *loud > 0.2), "{loud:?}");
}

#[test]
fn before_the_first_descriptions_there_is_nothing_to_restart() {
    let clock = Clock::new();
    let mut lone = peer(&clock, false);
    lone.session()
        .restart(clock.now(), &[])
        .expect_err("nobody is known");
}
