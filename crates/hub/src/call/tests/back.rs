//! Ends that go away and come back.

use super::*;

const ANN_AGAIN: Place = Place {
    endpoint: EndpointId(112),
    ..ANN
};
const ANN_PHONE: Place = Place {
    account: AccountId(1),
    device: DeviceId(12),
    endpoint: EndpointId(121),
};
const VOICE: Media = Media {
    audio: true,
    video: false,
    screen: false,
    held: false,
    no_microphone: false,
};

fn talking() -> Lab {
    let mut lab = Lab::ringing(&[BOB]);
    lab.answered(BOB);
    lab.feed(Input::Connected(ANN)).expect("connected");
    lab.feed(Input::Connected(BOB)).expect("connected");
    lab
}

fn adopted() -> Lab {
    let now = Instant::now();
    let adopt = Adopt {
        key: CallKey([7; 16]),
        caller: ANN.account,
        callee: BOB.account,
        marks: Vec::new(),
        known_until: Timestamp(500),
    };
    Lab {
        now,
        call: Call::adopt(now, Timestamp(1_000), adopt),
        told: Vec::new(),
        rung: Vec::new(),
        end: None,
    }
}

fn is_away(left: bool) -> impl Fn(&CallEvent) -> bool {
    move |event| matches!(event, CallEvent::Away { left: l, .. } if *l == left)
}

fn is_joined(still: bool) -> impl Fn(&CallEvent) -> bool {
    move |event| matches!(event, CallEvent::Joined { still_connected: s, .. } if *s == still)
}

#[test]
fn a_page_that_goes_is_waited_for_and_its_next_one_makes_a_new_connection() {
    let mut lab = talking();
    lab.feed(Input::Away(ANN, ANN.endpoint)).expect("goes");
    lab.feed(Input::Lost(ANN.endpoint, lab.now)).expect("went");
    assert_eq!(lab.heard(BOB, is_away(true)), 1);
    assert_eq!(lab.heard(BOB, is_away(false)), 0, "it is said once");
    lab.after(59);
    lab.feed(Input::Join(ANN_AGAIN, VOICE, false))
        .expect("back");
    assert_eq!(lab.heard(BOB, is_joined(false)), 1);
    // How the other one is, for what was not heard meanwhile.
    assert_eq!(lab.heard(ANN_AGAIN, is_joined(true)), 1);
    // The last word of the page before comes late, and is not about this one.
    lab.feed(Input::Away(ANN_AGAIN, ANN.endpoint))
        .expect("late");
    for place in [ANN_AGAIN, BOB] {
        lab.feed(Input::Connected(place)).expect("connected");
    }
    lab.after(120);
    assert_eq!(lab.end, None);
}

#[test]
fn the_word_of_a_page_that_goes_counts_after_its_connection_too() {
    let mut lab = talking();
    lab.feed(Input::Lost(ANN.endpoint, lab.now)).expect("went");
    assert_eq!(lab.heard(BOB, is_away(false)), 1);
    lab.after(5);
    lab.feed(Input::Away(ANN, ANN.endpoint)).expect("goes");
    assert_eq!(lab.heard(BOB, is_away(true)), 1);
    lab.after(54);
    assert_eq!(lab.end, None);
    lab.after(1);
    assert_eq!(lab.end, Some(CallEnd::Lost), "a minute from the first sign");
}

#[test]
fn a_new_connection_that_does_not_come_to_stand_loses_the_call() {
    let mut lab = talking();
    lab.feed(Input::Away(ANN, ANN.endpoint)).expect("goes");
    lab.feed(Input::Join(ANN_AGAIN, VOICE, false))
        .expect("back");
    lab.after(19);
    assert_eq!(lab.end, None);
    lab.after(1);
    assert_eq!(lab.end, Some(CallEnd::Lost), "they have talked");
}

#[test]
fn whoever_is_not_back_within_a_minute_loses_the_call() {
    let mut lab = talking();
    lab.feed(Input::Away(BOB, BOB.endpoint)).expect("goes");
    lab.after(59);
    assert_eq!(lab.end, None);
    lab.after(1);
    assert_eq!(lab.end, Some(CallEnd::Lost));
    let late = lab.feed(Input::Join(BOB, VOICE, false));
    assert_eq!(late.expect_err("over").code, "call_gone");
}

#[test]
fn a_connection_that_is_replaced_before_its_end_was_seen_takes_the_leg() {
    let mut lab = talking();
    lab.feed(Input::Join(ANN_AGAIN, VOICE, true)).expect("back");
    assert_eq!(lab.heard(BOB, is_joined(true)), 1);
    // The old one is told, should it still be there; that it ends then concerns nobody.
    assert_eq!(
        lab.heard(ANN, |e| matches!(e, CallEvent::Elsewhere { .. })),
        1
    );
    lab.feed(Input::Lost(ANN.endpoint, lab.now)).expect("drops");
    assert_eq!(lab.heard(BOB, is_away(false)), 0);
    lab.feed(Input::Signal(ANN_AGAIN, "x".into()))
        .expect("passed");
    assert_eq!(lab.heard(BOB, |e| matches!(e, CallEvent::Signal { .. })), 1);
}

#[test]
fn another_device_takes_the_call_over_only_with_a_connection_of_its_own() {
    let mut lab = talking();
    let claims = lab.feed(Input::Join(ANN_PHONE, VOICE, true));
    assert_eq!(claims.expect_err("not that one").code, "already_answered");
    lab.feed(Input::Join(ANN_PHONE, VOICE, false))
        .expect("moved");
    assert_eq!(
        lab.heard(ANN, |e| matches!(e, CallEvent::Elsewhere { .. })),
        1
    );
    assert_eq!(lab.heard(BOB, is_joined(false)), 1);
    let before = lab.feed(Input::Signal(ANN, "x".into()));
    assert_eq!(before.expect_err("moved").code, "already_answered");
}

#[test]
fn both_pages_go_and_the_second_hears_that_the_first_is_new() {
    let mut lab = talking();
    lab.feed(Input::Away(ANN, ANN.endpoint)).expect("goes");
    lab.feed(Input::Lost(BOB.endpoint, lab.now)).expect("drops");
    lab.feed(Input::Join(ANN_AGAIN, VOICE, false))
        .expect("back");
    assert_eq!(lab.heard(ANN_AGAIN, is_away(false)), 1);
    let bob = Place {
        endpoint: EndpointId(212),
        ..BOB
    };
    lab.feed(Input::Join(bob, VOICE, true)).expect("back");
    assert_eq!(lab.heard(bob, is_joined(false)), 1);
    assert_eq!(lab.heard(ANN_AGAIN, is_joined(true)), 1);
}

#[test]
fn an_adopted_call_lives_again_when_both_say_so() {
    let mut lab = adopted();
    assert!(!lab.call.occupies(ANN.account) && !lab.call.occupies(BOB.account));
    lab.feed(Input::Join(BOB_PHONE, VOICE, true)).expect("back");
    assert!(!lab.call.occupies(ANN.account) && lab.call.occupies(BOB.account));
    assert_eq!(lab.heard(BOB_PHONE, is_away(false)), 1);
    lab.after(50);
    lab.feed(Input::Join(ANN, VOICE, true)).expect("back");
    assert_eq!(lab.heard(BOB_PHONE, is_joined(true)), 1);
    lab.after(600);
    assert_eq!(lab.end, None);
    lab.feed(Input::Leave(ANN, false)).expect("hangs up");
    assert_eq!(lab.end, Some(CallEnd::Completed));
    let names: Vec<_> = lab.call.marks().iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["restart", "back", "back", "leave", "end"]);
}

#[test]
fn an_adopted_call_whose_ends_do_not_come_is_lost_when_it_was_known_last() {
    let mut lab = adopted();
    lab.after(59);
    assert_eq!(lab.end, None);
    lab.after(1);
    assert_eq!(lab.end, Some(CallEnd::Lost));
    assert_eq!(lab.call.known_until(), Some(Timestamp(500)));
    // Somebody who came back knows more: it lasted until the other one was given up.
    let mut lab = adopted();
    lab.feed(Input::Join(ANN, VOICE, true)).expect("back");
    lab.after(60);
    assert_eq!(
        (lab.end, lab.call.known_until()),
        (Some(CallEnd::Lost), None)
    );
}

#[test]
fn an_adopted_call_is_left_by_whoever_was_in_it() {
    let mut lab = adopted();
    let eve = Place {
        account: AccountId(3),
        device: DeviceId(31),
        endpoint: EndpointId(311),
    };
    for input in [Input::Join(eve, VOICE, true), Input::Leave(eve, false)] {
        let refused = lab.feed(input).expect_err("not theirs");
        assert_eq!(refused.kind, Kind::NotFound);
    }
    let left = lab.call.leg_of(BOB.account, BOB.device);
    let place = Place {
        endpoint: left.expect("its leg"),
        ..BOB
    };
    lab.feed(Input::Leave(place, false)).expect("hangs up");
    assert_eq!(lab.end, Some(CallEnd::Completed));
}
