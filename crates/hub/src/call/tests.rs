//! The call machine in virtual time: every order of events that a call can meet.

#![allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]

use std::time::{Duration, Instant};

use sansio::Machine;

use super::*;

mod back;

const ANN: Place = Place {
    account: AccountId(1),
    device: DeviceId(11),
    endpoint: EndpointId(111),
};
const BOB: Place = Place {
    account: AccountId(2),
    device: DeviceId(21),
    endpoint: EndpointId(211),
};
const BOB_PHONE: Place = Place {
    account: AccountId(2),
    device: DeviceId(22),
    endpoint: EndpointId(221),
};

/// A call and the clock it lives by.
struct Lab {
    now: Instant,
    call: Call,
    told: Vec<(EndpointId, CallEvent)>,
    rung: Vec<EndpointId>,
    end: Option<CallEnd>,
}

impl Lab {
    fn ringing(places: &[Place]) -> Self {
        Self::begin(None, places)
    }

    fn begin(unheard: Option<Unheard>, places: &[Place]) -> Self {
        let now = Instant::now();
        let begin = Begin {
            key: CallKey([7; 16]),
            caller: ANN,
            callee: BOB.account,
            media: Media {
                audio: true,
                video: false,
                ..Media::default()
            },
            offer: "offer".into(),
            unheard,
            ring: places.to_vec(),
        };
        let call = Call::begin(now, Timestamp(1_000), begin).expect("a small offer");
        let mut lab = Self {
            now,
            call,
            told: Vec::new(),
            rung: Vec::new(),
            end: None,
        };
        lab.drain();
        lab
    }

    fn drain(&mut self) {
        while let Some(output) = self.call.poll_output() {
            match output {
                Output::Ring { to, .. } => self.rung.push(to.endpoint),
                Output::Tell(to, event) => self.told.push((to, event)),
                Output::Answered => {}
                Output::Ended(end) => {
                    assert_eq!(self.end.replace(end), None, "a call ends once");
                }
            }
        }
    }

    fn feed(&mut self, input: Input) -> Result<(), Error> {
        let done = self.call.handle(self.now, input);
        self.drain();
        done
    }

    fn after(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.call.poll_timeout().filter(|at| *at <= until) {
            self.now = at;
            self.feed(Input::Timeout)
                .expect("time passes without errors");
        }
        self.now = until;
    }

    fn answered(&mut self, from: Place) {
        self.feed(Input::Accept(
            from,
            Media {
                audio: true,
                video: false,
                ..Media::default()
            },
            "answer".into(),
        ))
        .expect("answered");
    }

    fn heard(&self, place: Place, what: impl Fn(&CallEvent) -> bool) -> usize {
        self.told
            .iter()
            .filter(|(to, event)| *to == place.endpoint && what(event))
            .count()
    }

    fn stopped(&self, place: Place, why: StopWhy) -> bool {
        self.heard(
            place,
            |e| matches!(e, CallEvent::RingStopped { why: w, .. } if *w == why),
        ) == 1
    }
}

fn ended(outcome: crate::model::Outcome) -> impl Fn(&CallEvent) -> bool {
    move |event| matches!(event, CallEvent::Ended { outcome: o, .. } if *o == outcome)
}

#[test]
fn the_first_answer_stops_every_other_device() {
    let mut lab = Lab::ringing(&[BOB, BOB_PHONE]);
    assert_eq!(lab.rung, [BOB.endpoint, BOB_PHONE.endpoint]);
    lab.feed(Input::Ringing(BOB)).expect("rings");
    lab.feed(Input::Ringing(BOB_PHONE)).expect("rings");
    assert_eq!(
        lab.heard(ANN, |e| matches!(e, CallEvent::Ringing { devices: 2, .. })),
        1
    );
    lab.answered(BOB);
    assert!(lab.stopped(BOB_PHONE, StopWhy::AnsweredElsewhere));
    let late = lab.feed(Input::Accept(BOB_PHONE, Media::default(), "answer".into()));
    assert_eq!(late.expect_err("too late").code, "already_answered");
    assert_eq!(
        lab.heard(ANN, |e| matches!(e, CallEvent::Accepted { .. })),
        1
    );
}

#[test]
fn a_device_that_comes_while_it_rings_rings_and_one_that_comes_later_does_not() {
    let mut lab = Lab::ringing(&[BOB]);
    lab.after(10);
    lab.feed(Input::Arrived(BOB_PHONE)).expect("arrives");
    assert_eq!(lab.rung, [BOB.endpoint, BOB_PHONE.endpoint]);
    lab.after(21);
    assert_eq!(lab.end, Some(CallEnd::NoAnswer));
    lab.feed(Input::Arrived(Place {
        endpoint: EndpointId(231),
        ..BOB_PHONE
    }))
    .expect("arrives");
    assert_eq!(lab.rung.len(), 2);
}

#[test]
fn no_ring_outlives_its_caller() {
    // Told at once that it is gone, found out after six seconds, or too late; or it says goodbye.
    for (quiet, seconds) in [(Some(0), 10), (Some(6), 4), (Some(15), 0), (None, 0)] {
        let mut lab = Lab::ringing(&[BOB]);
        lab.after(16);
        let vanish = match quiet {
            Some(quiet) => Input::Lost(ANN.endpoint, lab.now - Duration::from_secs(quiet)),
            None => Input::Leave(ANN, false),
        };
        lab.feed(vanish).expect("vanishes");
        if seconds > 0 {
            lab.after(seconds - 1);
            assert_eq!(lab.end, None);
            lab.after(1);
        } else {
            lab.after(0);
        }
        assert_eq!(lab.end, Some(CallEnd::Cancelled));
        assert!(lab.stopped(BOB, StopWhy::Cancelled));
    }
}

#[test]
fn a_caller_whose_connection_comes_back_goes_on_ringing() {
    let mut lab = Lab::ringing(&[BOB]);
    lab.feed(Input::Lost(ANN.endpoint, lab.now)).expect("drops");
    lab.after(4);
    let back = Place {
        endpoint: EndpointId(112),
        ..ANN
    };
    lab.feed(Input::Signal(back, "candidate".into()))
        .expect("back");
    lab.after(20);
    assert_eq!(lab.end, None);
    lab.answered(BOB);
    assert_eq!(
        lab.heard(back, |e| matches!(e, CallEvent::Accepted { .. })),
        1
    );
}

#[test]
fn it_rings_out_after_thirty_seconds() {
    let mut lab = Lab::ringing(&[BOB]);
    lab.after(29);
    assert_eq!(lab.end, None);
    lab.after(1);
    assert_eq!(lab.end, Some(CallEnd::NoAnswer));
    assert!(lab.stopped(BOB, StopWhy::NotAnswered));
    assert_eq!(lab.heard(ANN, ended(crate::model::Outcome::NotAnswered)), 1);
}

#[test]
fn busy_declined_unanswered_and_refused_look_alike_to_the_caller() {
    for unheard in [Unheard::Busy, Unheard::NobodyThere, Unheard::Refused] {
        let mut lab = Lab::begin(Some(unheard), &[]);
        assert!(lab.rung.is_empty());
        lab.after(30);
        assert_eq!(
            lab.heard(ANN, ended(crate::model::Outcome::NotAnswered)),
            1,
            "{unheard:?}"
        );
    }
    let mut lab = Lab::ringing(&[BOB]);
    lab.feed(Input::Decline(BOB)).expect("declines");
    assert_eq!(lab.end, Some(CallEnd::Declined));
    assert_eq!(lab.heard(ANN, ended(crate::model::Outcome::NotAnswered)), 1);
}

#[test]
fn somebody_kept_away_hears_it_ring_for_the_whole_time() {
    let mut lab = Lab::begin(Some(Unheard::Refused), &[]);
    lab.feed(Input::Arrived(BOB)).expect("arrives");
    lab.after(29);
    assert_eq!((lab.end, lab.rung.len()), (None, 0));
    lab.after(1);
    assert_eq!(lab.end, Some(CallEnd::Refused));
}

#[test]
fn early_signals_of_the_caller_wait_for_the_one_who_answers() {
    let mut lab = Lab::ringing(&[BOB, BOB_PHONE]);
    for n in 0..200 {
        lab.feed(Input::Signal(ANN, format!("{n}")))
            .expect("kept, within bounds");
    }
    lab.feed(Input::Signal(BOB, "too early".into()))
        .expect("not passed");
    lab.answered(BOB_PHONE);
    let passed: Vec<String> = lab
        .told
        .iter()
        .filter_map(|(to, event)| match event {
            CallEvent::Signal { data, .. } => Some(format!("{to} {data}")),
            _ => None,
        })
        .collect();
    let expected: Vec<String> = (0..64)
        .map(|n| format!("{} {n}", BOB_PHONE.endpoint))
        .collect();
    assert_eq!(passed, expected);
}

#[test]
fn signals_pass_both_ways_after_the_answer_and_end_with_the_call() {
    let mut lab = Lab::ringing(&[BOB]);
    lab.answered(BOB);
    lab.feed(Input::Signal(BOB, "b".into())).expect("passed");
    lab.feed(Input::Signal(ANN, "a".into())).expect("passed");
    assert_eq!(lab.heard(ANN, |e| matches!(e, CallEvent::Signal { .. })), 1);
    assert_eq!(lab.heard(BOB, |e| matches!(e, CallEvent::Signal { .. })), 1);
    let big = lab.feed(Input::Signal(ANN, "x".repeat(17 * 1024)));
    assert_eq!(big.expect_err("too large").code, "too_large");
    lab.feed(Input::Leave(BOB, false)).expect("hangs up");
    assert_eq!(
        lab.feed(Input::Signal(ANN, "late".into()))
            .expect_err("over")
            .code,
        "call_gone"
    );
}

#[test]
fn a_call_is_live_when_both_ends_have_media_and_completed_when_one_hangs_up() {
    let mut lab = Lab::ringing(&[BOB]);
    lab.answered(BOB);
    lab.feed(Input::Connected(ANN)).expect("connected");
    assert_eq!(lab.heard(ANN, |e| matches!(e, CallEvent::Live { .. })), 0);
    lab.feed(Input::Connected(BOB)).expect("connected");
    lab.feed(Input::Connected(BOB)).expect("again is harmless");
    assert_eq!(lab.heard(ANN, |e| matches!(e, CallEvent::Live { .. })), 1);
    lab.after(3_600);
    lab.feed(Input::Leave(ANN, false)).expect("hangs up");
    assert_eq!(lab.end, Some(CallEnd::Completed));
    assert_eq!(lab.heard(BOB, ended(crate::model::Outcome::Completed)), 1);
}

#[test]
fn a_call_that_never_gets_media_fails_after_twenty_seconds() {
    let mut lab = Lab::ringing(&[BOB]);
    lab.answered(BOB);
    lab.feed(Input::Connected(ANN)).expect("one of two");
    lab.after(20);
    assert_eq!(lab.end, Some(CallEnd::Failed));
}

#[test]
fn an_end_that_stays_away_a_minute_loses_the_call_and_one_that_comes_back_does_not() {
    for back in [false, true] {
        let mut lab = Lab::ringing(&[BOB]);
        lab.answered(BOB);
        lab.feed(Input::Connected(ANN)).expect("connected");
        lab.feed(Input::Connected(BOB)).expect("connected");
        lab.feed(Input::Lost(BOB.endpoint, lab.now)).expect("drops");
        lab.after(30);
        if back {
            let place = Place {
                endpoint: EndpointId(299),
                ..BOB
            };
            lab.feed(Input::Media(
                place,
                Media {
                    audio: true,
                    video: true,
                    ..Media::default()
                },
            ))
            .expect("back");
            assert_eq!(lab.heard(ANN, |e| matches!(e, CallEvent::Media { .. })), 1);
        }
        lab.after(31);
        assert_eq!(lab.end, (!back).then_some(CallEnd::Lost));
    }
}

#[test]
fn a_stranger_cannot_step_into_a_call() {
    let mut lab = Lab::ringing(&[BOB]);
    let eve = Place {
        account: AccountId(3),
        device: DeviceId(31),
        endpoint: EndpointId(311),
    };
    for input in [
        Input::Accept(eve, Media::default(), "answer".into()),
        Input::Decline(eve),
        Input::Signal(eve, "x".into()),
        Input::Leave(eve, false),
    ] {
        assert_eq!(
            lab.feed(input).expect_err("not theirs").kind,
            Kind::NotFound
        );
    }
    assert_eq!(lab.end, None);
}

#[test]
fn the_smaller_key_lives_and_the_other_caller_is_told_which() {
    let mut lab = Lab::ringing(&[BOB]);
    let by = CallKey([1; 16]);
    lab.feed(Input::Supersede(by)).expect("superseded");
    assert_eq!(lab.end, Some(CallEnd::Superseded));
    assert_eq!(
        lab.heard(
            ANN,
            |e| matches!(e, CallEvent::Superseded { by: b, .. } if *b == by)
        ),
        1
    );
    assert_eq!(lab.heard(ANN, |e| matches!(e, CallEvent::Ended { .. })), 0);
    assert!(lab.stopped(BOB, StopWhy::Superseded));
}

#[test]
fn marks_are_folded_and_bounded() {
    let mut lab = Lab::ringing(&[BOB]);
    lab.answered(BOB);
    for n in 0..500 {
        let from = if n % 2 == 0 { ANN } else { BOB };
        lab.feed(Input::Signal(from, "x".into())).expect("passed");
    }
    lab.feed(Input::Leave(ANN, false)).expect("hangs up");
    assert!(lab.call.marks().len() <= 62, "{}", lab.call.marks().len());
    assert_eq!(
        lab.call.marks().last().map(|m| m.name.as_str()),
        Some("end")
    );
}

#[test]
fn the_second_connection_to_drop_prolongs_nothing() {
    let mut lab = Lab::ringing(&[BOB]);
    lab.answered(BOB);
    lab.feed(Input::Connected(ANN)).expect("connected");
    lab.feed(Input::Connected(BOB)).expect("connected");
    lab.feed(Input::Lost(ANN.endpoint, lab.now)).expect("drops");
    lab.after(40);
    lab.feed(Input::Lost(BOB.endpoint, lab.now))
        .expect("drops too");
    lab.after(19);
    assert_eq!(lab.end, None);
    lab.after(1);
    assert_eq!(lab.end, Some(CallEnd::Lost));
}

#[test]
fn somebody_kept_away_hears_one_device_ring() {
    let lab = Lab::begin(Some(Unheard::Refused), &[]);
    let ringing = |e: &CallEvent| matches!(e, CallEvent::Ringing { devices: 1, .. });
    assert_eq!(lab.heard(ANN, ringing), 1);
}

#[test]
fn an_answer_that_is_repeated_is_the_same_answer() {
    let mut lab = Lab::ringing(&[BOB, BOB_PHONE]);
    lab.answered(BOB);
    lab.answered(BOB);
    assert_eq!(
        lab.heard(ANN, |e| matches!(e, CallEvent::Accepted { .. })),
        1
    );
    let media = Media::default();
    let late = lab.feed(Input::Accept(BOB_PHONE, media, "late".into()));
    assert_eq!(late.expect_err("elsewhere").code, "already_answered");
}

#[test]
fn hold_and_the_screen_are_told_and_marked_once() {
    let mut lab = Lab::ringing(&[BOB]);
    lab.answered(BOB);
    let sends = |held, screen| Media {
        audio: true,
        held,
        screen,
        ..Media::default()
    };
    for media in [sends(true, false), sends(true, false), sends(false, true)] {
        lab.feed(Input::Media(BOB, media)).expect("told");
    }
    let names: Vec<&str> = lab.call.marks().iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["invite", "accept", "hold", "resume", "screen"]);
    let held = |e: &CallEvent| matches!(e, CallEvent::Media { media, .. } if media.held);
    assert_eq!((lab.heard(ANN, held), lab.heard(BOB, held)), (2, 0));
}
