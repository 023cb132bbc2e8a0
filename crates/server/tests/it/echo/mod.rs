//! Calls to `echo` and between two people, by the headless client, over real sockets and in real time.

mod melody;

use std::sync::{Arc, Mutex};
use std::time::Instant;

use client::call::{Ended, Outcome, Progress, Wanted, place};
use client::{Connection, Error, News, Server as Address};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use webapi::skein as api;

use crate::support::{PASSWORD, PATIENCE, Person, Server, Socket};
use melody::{likeness, melody};

#[tokio::test(flavor = "multi_thread")]
async fn echo_gives_the_own_voice_back() {
    let server = Server::start().await;
    let heard = sound_test(&server, false).await;
    assert_eq!(
        heard.report.path,
        Some(api::Path::Server),
        "{:?}",
        heard.report.pairs
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn echo_gives_the_own_voice_back_through_the_relay_on_the_same_port() {
    let server = Server::start().await;
    let heard = sound_test(&server, true).await;
    assert_eq!(
        heard.report.path,
        Some(api::Path::Relay),
        "{:?}",
        heard.report.pairs
    );
    let used: Vec<_> = heard
        .report
        .pairs
        .iter()
        .filter(|pair| pair.selected)
        .collect();
    assert_eq!(used.len(), 1);
    assert_eq!(used[0].local.kind, "relay");
    assert!(
        heard
            .report
            .pairs
            .iter()
            .all(|pair| pair.local.kind == "relay"),
        "no other address was tried"
    );
    server.stop().await;
}

/// A whole call, and everything that is to be seen of it afterwards.
async fn sound_test(server: &Server, relay_only: bool) -> Outcome {
    let ana = Person::register(server, "ana").await;
    let mut at_ana = ana.socket(None).await;
    let (spoken, back) = (
        server.folder.path().join("spoken.wav"),
        server.folder.path().join("back.wav"),
    );
    std::fs::write(&spoken, melody()).expect("written");
    let wanted = Wanted {
        to: "Echo".into(),
        relay_only,
        audio_in: Some(spoken),
        audio_out: Some(back.clone()),
        ..Wanted::default()
    };
    let phases = Mutex::new(Vec::new());
    let tell = |progress: Progress| {
        if let Progress::Phase(phase) = progress {
            phases.lock().expect("not poisoned").push(phase);
        }
    };
    let outcome = call(server, "ana", wanted, tell, std::future::pending())
        .await
        .expect("a call");

    assert!(outcome.answered && outcome.connected, "{outcome:?}");
    assert_eq!(outcome.ended, Ended::FarHangUp);
    use api::EchoPhase::{Done, Greeting, Listening, Playing};
    assert_eq!(
        *phases.lock().expect("not poisoned"),
        [Greeting, Listening, Playing, Done]
    );
    let likeness = likeness(&back);
    assert!(
        likeness > 0.7,
        "only {likeness:.2} of what was said came back"
    );
    in_order(
        &outcome.report,
        &[
            "invite",
            "answer",
            "first_check",
            "valid_pair",
            "dtls_connected",
            "first_audio",
            "ended",
        ],
    );
    assert!(outcome.report.clock.samples >= 5 && outcome.report.clock.error < 1_000.0);

    let (card, words) = outcome.sound_test.as_ref().expect("what was measured");
    assert_eq!(card["advice"], "good", "{card}");
    assert!(words.contains("Your sound arrives clear"), "{words}");
    let page: api::ConversationPage = ana.get("conversations").await;
    let last = page.conversations[0].last.as_ref().expect("a message");
    assert!(
        matches!(last.body, api::Body::Card { .. } | api::Body::Call { .. }),
        "{last:?}"
    );

    let key = outcome.key.clone();
    at_ana
        .find_event(|event| match event {
            api::Event::CallRecord { record } if record.key == key && record.reports == 2 => {
                Some(())
            }
            _ => None,
        })
        .await;
    let detail: api::CallDetail = ana.get(&format!("calls/{key}")).await;
    assert_eq!(detail.record.outcome, api::Outcome::Completed);
    let own = detail
        .reports
        .iter()
        .find(|report| report.own)
        .expect("our report");
    assert_eq!(own.report, outcome.report_text, "byte for byte");
    let theirs = detail
        .reports
        .iter()
        .find(|report| !report.own)
        .expect("the report of echo");
    let theirs: api::CallReport = serde_json::from_str(&theirs.report).expect("format 1");
    assert_eq!((theirs.side, theirs.format), (api::Side::Callee, 1));
    in_order(
        &theirs,
        &["ring", "answer", "dtls_connected", "first_audio", "leave"],
    );
    released(server).await;
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn several_people_test_their_sound_at_once_and_hang_up_when_they_like() {
    let server = Server::start().await;
    let names = ["ana", "bob", "eva"];
    let mut calls = Vec::new();
    for name in names {
        Person::register(&server, name).await;
        let hang_up = Arc::new(Notify::new());
        let stop = Arc::clone(&hang_up);
        let tell = move |progress: Progress| {
            if let Progress::Connected { .. } = progress {
                hang_up.notify_one();
            }
        };
        let wanted = Wanted {
            to: "echo".into(),
            ..Wanted::default()
        };
        calls.push(call(&server, name, wanted, tell, async move {
            stop.notified().await
        }));
    }
    for outcome in futures_util::future::join_all(calls).await {
        let outcome = outcome.expect("a call");
        assert!(outcome.connected, "{outcome:?}");
        assert_eq!(outcome.ended, Ended::HangUp);
        assert_eq!(outcome.sound_test, None);
    }
    released(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_calling_at_once_becomes_one_call() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    // Everybody hangs up when both are connected.
    let (connected, _) = watch::channel(0);
    let side = |to: &str| {
        let (tell, mut seen) = (connected.clone(), connected.subscribe());
        let tell = move |progress: Progress| {
            if let Progress::Connected { .. } = progress {
                tell.send_modify(|count| *count += 1);
            }
        };
        let stop = async move {
            let _ = seen.wait_for(|count| *count >= 2).await;
        };
        (
            Wanted {
                to: to.into(),
                ..Wanted::default()
            },
            tell,
            stop,
        )
    };
    let (to_bob, tell_ana, stop_ana) = side("bob");
    let (to_ana, tell_bob, stop_bob) = side("ana");
    // Both are there before either calls.
    let (at_ana, at_bob) = (connect(&server, "ana").await, connect(&server, "bob").await);
    let (at_ana, at_bob) = (at_ana.expect("connected"), at_bob.expect("connected"));
    let (of_ana, of_bob) = tokio::join!(
        place(&at_ana.0, at_ana.1, to_bob, tell_ana, stop_ana),
        place(&at_bob.0, at_bob.1, to_ana, tell_bob, stop_bob)
    );
    let (of_ana, of_bob) = (of_ana.expect("a call"), of_bob.expect("a call"));
    assert!(
        of_ana.connected && of_bob.connected,
        "{of_ana:#?} {of_bob:#?}"
    );
    assert_eq!(of_ana.key, of_bob.key, "it is one call");
    assert_ne!(of_ana.report.side, of_bob.report.side);
    assert_eq!(of_ana.report.path, Some(api::Path::Direct));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_is_none_is_not_answered_and_leaves_nothing_behind() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let echo: api::Found = ana.get("find?name=echo").await;
    let to = json!({ "account": echo.contact.expect("echo").profile.id });
    for (n, offer) in [
        "",
        "nonsense",
        "v=0\r\n",
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n",
    ]
    .into_iter()
    .enumerate()
    {
        let mut socket = ana.socket(None).await;
        let key = format!("{:032x}", n + 1);
        let step = json!({ "type": "invite", "to": to, "media": { "audio": true, "video": false }, "offer": offer });
        socket.send(&json!({ "type": "command", "id": 1, "command": { "type": "call", "key": key, "step": step } })).await;
        let outcome = socket.find_event(|event| match event {
            api::Event::Call {
                call: api::CallEvent::Ended { outcome, .. },
            } => Some(*outcome),
            api::Event::Call {
                call: api::CallEvent::Accepted { .. },
            } => panic!("{offer:?} was accepted"),
            _ => None,
        });
        assert_eq!(outcome.await, api::Outcome::NotAnswered, "{offer:?}");
    }
    released(&server).await;
    server.stop().await;
}

/// An offer as a browser makes it, of a caller who then says nothing more.
const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=mid:0\r\na=sendrecv\r\n\
    a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n\
    a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n\
    a=rtpmap:111 opus/48000/2\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_later_offer_is_answered_by_its_number() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let echo: api::Found = ana.get("find?name=echo").await;
    let to = json!({ "account": echo.contact.expect("echo").profile.id });
    let mut socket = ana.socket(None).await;
    let invite = json!({ "type": "invite", "to": to, "media": { "audio": true, "video": false }, "offer": OFFER });
    let later = OFFER
        .replace("abcd\r", "efgh\r")
        .replace("o=- 1 2 ", "o=- 1 3 ");
    let later = json!({ "type": "description", "kind": "offer", "sdp": later, "offer": 7 });
    for (id, step) in [
        invite,
        json!({ "type": "signal", "data": later.to_string() }),
    ]
    .into_iter()
    .enumerate()
    {
        let command = json!({ "type": "call", "key": format!("{:032x}", 1), "step": step });
        socket
            .send(&json!({ "type": "command", "id": id, "command": command }))
            .await;
        let answered = socket.find_event(|event| match event {
            api::Event::Call {
                call: api::CallEvent::Accepted { .. },
            } => (id == 0).then_some(()),
            api::Event::Call {
                call: api::CallEvent::Signal { data, .. },
            } => match serde_json::from_str(data) {
                Ok(api::Signal::Description { kind, offer, .. }) => {
                    assert_eq!((kind, offer), (api::DescriptionKind::Answer, Some(7)));
                    Some(())
                }
                _ => None,
            },
            _ => None,
        });
        answered.await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_test_their_sound_at_once_and_the_next_is_declined_until_one_hangs_up() {
    let server = Server::start().await;
    let mut callers = Vec::new();
    for n in 0..=64 {
        let caller = Person::register(&server, &format!("caller{n}")).await;
        callers.push((caller.socket(None).await, caller));
    }
    let echo: api::Found = callers[0].1.get("find?name=echo").await;
    let echo = echo.contact.expect("echo").profile.id;
    let calls = async |socket: &mut Socket, n: usize, step: Value| {
        let command = json!({ "type": "call", "key": format!("{:032x}", n + 1), "step": step });
        socket
            .send(&json!({ "type": "command", "id": n, "command": command }))
            .await;
    };
    let invite = || json!({ "type": "invite", "to": { "account": echo }, "media": { "audio": true, "video": false }, "offer": OFFER });
    let outcome = async |socket: &mut Socket| {
        socket
            .find_event(|event| match event {
                api::Event::Call {
                    call: api::CallEvent::Accepted { .. },
                } => Some(None),
                api::Event::Call {
                    call: api::CallEvent::Ended { outcome, .. },
                } => Some(Some(*outcome)),
                _ => None,
            })
            .await
    };
    for (n, (socket, _)) in callers.iter_mut().take(64).enumerate() {
        calls(socket, n, invite()).await;
        assert_eq!(outcome(socket).await, None, "{n} is answered");
    }
    let (socket, _) = &mut callers[64];
    calls(socket, 64, invite()).await;
    assert_eq!(outcome(socket).await, Some(api::Outcome::NotAnswered));
    let (socket, _) = &mut callers[0];
    calls(socket, 0, json!({ "type": "leave", "why": "hang_up" })).await;
    assert!(outcome(socket).await.is_some());
    let (socket, _) = &mut callers[64];
    // Its place is free a moment after it was told that the call is over.
    for n in 65.. {
        assert!(n < 165, "nobody is answered any more");
        calls(socket, n, invite()).await;
        if outcome(socket).await.is_none() {
            break;
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_vanishes_leaves_nothing_behind() {
    let server = Server::start().await;
    Person::register(&server, "ana").await;
    let connected = Arc::new(Notify::new());
    let seen = Arc::clone(&connected);
    let tell = move |progress: Progress| {
        if let Progress::Connected { .. } = progress {
            seen.notify_one();
        }
    };
    let wanted = Wanted {
        to: "echo".into(),
        ..Wanted::default()
    };
    {
        let calling = call(&server, "ana", wanted, tell, std::future::pending());
        tokio::select! {
            outcome = calling => panic!("it ended by itself: {outcome:?}"),
            () = connected.notified() => {}
        }
        // Here everything of the caller's is dropped: sockets, connection, machines. Nobody says goodbye.
    }
    assert_eq!(server.program.udp().expect("UDP").counters().endpoints, 1);
    released_within(&server, 5 * PATIENCE).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_rings_no_longer_than_the_callers_own_patience() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let bob = Person::register(&server, "bob").await;
    ana.befriend(&bob).await;
    let (_address, mut silent) = connect(&server, "bob").await.expect("connected");
    let wanted = Wanted {
        to: "bob".into(),
        patience: std::time::Duration::from_millis(300),
        ..Wanted::default()
    };
    let outcome = call(&server, "ana", wanted, |_| {}, std::future::pending()).await;
    assert_eq!(outcome.expect("a call").ended, Ended::NotAnswered);
    let mut heard = async |what: &str, is: fn(&api::CallEvent) -> bool| {
        let found = async {
            loop {
                if let News::Event(placed) = silent.next().await
                    && let api::Event::Call { call } = placed.event
                    && is(&call)
                {
                    return;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        assert!(found.is_ok(), "no {what}");
    };
    heard("ring", |call| matches!(call, api::CallEvent::Ring { .. })).await;
    heard("end of it", |call| {
        matches!(call, api::CallEvent::RingStopped { .. })
    })
    .await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_and_a_file_that_is_none_are_said_at_once() {
    let server = Server::start().await;
    Person::register(&server, "ana").await;
    let wanted = Wanted {
        to: "nobody-at-all".into(),
        ..Wanted::default()
    };
    let error = call(&server, "ana", wanted, |_| {}, std::future::pending())
        .await
        .expect_err("nobody");
    assert!(matches!(error, Error::UnknownName(_)), "{error}");
    let path = server.folder.path().join("none.wav");
    std::fs::write(&path, "RIFF").expect("written");
    let wanted = Wanted {
        to: "echo".into(),
        audio_in: Some(path),
        ..Wanted::default()
    };
    let error = call(&server, "ana", wanted, |_| {}, std::future::pending())
        .await
        .expect_err("no sound");
    assert!(matches!(error, Error::File { .. }), "{error}");
    server.stop().await;
}

async fn call(
    server: &Server,
    name: &str,
    wanted: Wanted,
    tell: impl FnMut(Progress) + Send,
    stop: impl Future<Output = ()> + Send,
) -> Result<Outcome, Error> {
    let (address, connection) = connect(server, name).await?;
    place(&address, connection, wanted, tell, stop).await
}

async fn connect(server: &Server, name: &str) -> Result<(Address, Connection), Error> {
    let address = Address::new(&format!("http://{}", server.http()), None)?;
    let (address, _) = address.sign_in(name, PASSWORD, "test").await?;
    let connection = Connection::open(&address).await?;
    Ok((address, connection))
}

/// No media endpoint and no allocation is left.
async fn released(server: &Server) {
    released_within(server, PATIENCE).await;
}

async fn released_within(server: &Server, patience: std::time::Duration) {
    let udp = server.program.udp().expect("UDP");
    let began = Instant::now();
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
    loop {
        let counters = udp.counters();
        if counters.endpoints == 0 && counters.allocations == 0 {
            return;
        }
        assert!(began.elapsed() < patience, "{counters:?}");
        ticks.tick().await;
    }
}

fn in_order(report: &api::CallReport, names: &[&str]) {
    let at = |name: &str| {
        report
            .marks
            .iter()
            .find(|mark| mark.name == name)
            .map(|mark| mark.at)
    };
    let times: Vec<_> = names
        .iter()
        .map(|name| at(name).unwrap_or_else(|| panic!("{name} is missing")))
        .collect();
    assert!(times.is_sorted(), "{names:?}: {times:?}");
}
