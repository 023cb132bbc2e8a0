//! Figures, read as Prometheus reads them.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Person, Server};

/// A page in Prometheus' text format 0.0.4, judged line by line as strictly as `promtool check metrics`.
struct Page {
    kinds: BTreeMap<String, String>,
    samples: BTreeMap<(String, BTreeMap<String, String>), f64>,
}

impl Page {
    async fn read(server: &Server) -> Self {
        let address = server.program.ready.metrics[0];
        let answer = reqwest::get(format!("http://{address}/metrics")).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let kind = answer.headers()["content-type"].to_str().expect("text");
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
        Self::parse(&answer.text().await.expect("a body"))
    }

    fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line ends too");
        let mut page = Self {
            kinds: BTreeMap::new(),
            samples: BTreeMap::new(),
        };
        let (mut helped, mut family) = (BTreeSet::new(), String::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a name and a text");
                assert!(is_name(name) && !help.is_empty(), "{line}");
                assert!(helped.insert(name.to_owned()), "twice: {line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a name and a kind");
                assert!(helped.contains(name), "HELP comes first: {line}");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(
                    (kind == "counter") == name.ends_with("_total"),
                    "counters, and they alone, end so: {line}"
                );
                let old = page.kinds.insert(name.to_owned(), kind.to_owned());
                assert!(old.is_none(), "twice: {line}");
                name.clone_into(&mut family);
            } else {
                page.sample(line, &family);
            }
        }
        page.histograms();
        page
    }

    fn sample(&mut self, line: &str, family: &str) {
        let (series, value) = line.rsplit_once(' ').expect("a series and a value");
        let value: f64 = value.parse().expect("a number");
        assert!(value.is_finite(), "{line}");
        let (name, labels) = match series.split_once('{') {
            None => (series, BTreeMap::new()),
            Some((name, rest)) => {
                let rest = rest.strip_suffix('}').expect("closed");
                let mut labels = BTreeMap::new();
                for pair in rest.split("\",") {
                    let (label, text) = pair.split_once("=\"").expect("label=\"text\"");
                    let text = text.trim_end_matches('"');
                    assert!(is_name(label) && !text.contains(['"', '\n']), "{line}");
                    let old = labels.insert(label.to_owned(), text.to_owned());
                    assert!(old.is_none(), "twice: {line}");
                }
                (name, labels)
            }
        };
        assert!(is_name(name), "{line}");
        let of_family = match self.kinds.get(family).map(String::as_str) {
            Some("histogram") => ["_bucket", "_sum", "_count"]
                .iter()
                .any(|ending| name == format!("{family}{ending}")),
            _ => name == family,
        };
        assert!(of_family, "{line} stands with its family {family}");
        let old = self.samples.insert((name.to_owned(), labels), value);
        assert!(old.is_none(), "twice: {line}");
    }

    fn histograms(&self) {
        for (name, _) in self.kinds.iter().filter(|(_, kind)| *kind == "histogram") {
            let bucket = format!("{name}_bucket");
            let mut buckets: Vec<(f64, f64)> = self
                .samples
                .iter()
                .filter(|((found, _), _)| *found == bucket)
                .map(|((_, labels), count)| (labels["le"].parse().expect("a bound"), *count))
                .collect();
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(buckets.windows(2).all(|two| two[0].1 <= two[1].1), "{name}");
            let last = buckets.last().expect("some");
            assert!(last.0.is_infinite(), "{name} ends with +Inf");
            assert!((last.1 - self.of(&format!("{name}_count"), &[])).abs() < 0.5);
        }
    }

    fn of(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels = labels.iter().map(|&(a, b)| (a.to_owned(), b.to_owned()));
        let key = (name.to_owned(), labels.collect());
        match self.samples.get(&key) {
            Some(value) => *value,
            None => panic!("there is no {key:?}"),
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn watched(config: &mut server::config::Config) {
    config.metrics.listen = Some(vec!["127.0.0.1:0".to_owned()]);
}

#[tokio::test]
async fn figures_say_what_happened_in_the_format_of_prometheus() {
    let server = Server::start_with(watched).await;
    let before = Page::read(&server).await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    for n in 0..3 {
        ana.send(&bob, "hello", &format!("{n}")).await;
    }
    let herself = json!({ "type": "relate", "other": ana.id, "change": "ask" });
    ana.refused(herself).await;
    let socket = ana.socket(None).await;

    let after = Page::read(&server).await;
    let sent = [("command", "send"), ("outcome", "ok")];
    assert!((after.of("skein_commands_total", &sent) - 3.0).abs() < 0.5);
    let refused = [("command", "relate"), ("outcome", "invalid")];
    assert!((after.of("skein_commands_total", &refused) - 1.0).abs() < 0.5);
    assert!(after.of("skein_door_sessions", &[("door", "skein")]) >= 1.0);
    assert!(after.of("skein_people", &[]) >= 1.0);
    assert!(after.of("skein_connections", &[]) >= 1.0);
    for rises in ["skein_written_total", "skein_commit_seconds_count"] {
        assert!(after.of(rises, &[]) > before.of(rises, &[]), "{rises}");
    }
    assert!((after.of("skein_store_up", &[]) - 1.0).abs() < f64::EPSILON);
    for some in [
        "skein_database_bytes",
        "skein_database_log_bytes",
        "skein_disk_free_bytes",
        "process_open_fds",
        "process_resident_memory_bytes",
        "skein_certificate_end_seconds",
    ] {
        assert!(after.of(some, &[]) > 0.0, "{some}");
    }
    for queue in ["writer", "records", "passwords"] {
        let queue = [("queue", queue)];
        let (length, limit) = ("skein_queue_length", "skein_queue_limit");
        assert!(after.of(length, &queue) < after.of(limit, &queue));
    }
    drop(socket);
    server.stop().await;
}

#[tokio::test]
async fn everything_that_the_udp_side_counts_is_told() {
    let server = Server::start_with(watched).await;
    let udp = server.program.udp().expect("it listens");
    let page = Page::read(&server).await;
    for name in [
        "skein_turn_allocations",
        "skein_media_endpoints",
        "skein_turn_relayed_datagrams_total",
        "skein_turn_relayed_bytes_total",
        "skein_turn_inside_datagrams_total",
        "skein_udp_joined_runs_total",
        "skein_udp_joined_datagrams_total",
        "skein_udp_refused_runs_total",
        "skein_media_received_datagrams_total",
        "skein_media_sent_datagrams_total",
    ] {
        page.of(name, &[]);
    }
    let reasons: Vec<_> = udp.counters().dropped.by_reason().collect();
    assert!(reasons.iter().any(|(why, _)| *why == "handed_full"));
    for (why, _) in reasons {
        page.of("skein_udp_dropped_total", &[("why", why)]);
    }

    // Rubbish is counted, and the page says so.
    let to = server.program.ready.udp[0];
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("bound");
    let all = |page: &Page| -> f64 {
        let dropped = page.samples.iter();
        let dropped = dropped.filter(|((name, _), _)| name == "skein_udp_dropped_total");
        dropped.map(|(_, count)| count).sum()
    };
    let begin = std::time::Instant::now();
    let mut page = page;
    while all(&page) < 1.0 {
        assert!(begin.elapsed() < crate::support::PATIENCE, "never counted");
        socket.send_to(&[0x80; 40], to).expect("sent");
        page = Page::read(&server).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn figures_have_a_listener_of_their_own_and_name_nobody() {
    let server = Server::start_with(watched).await;
    let ana = Person::register(&server, "anastasia").await;
    let _socket = ana.socket(None).await;
    // Not at the door of everybody.
    let public = reqwest::get(format!("http://{}/metrics", server.http())).await;
    let public = public.expect("an answer").text().await.expect("a body");
    assert!(!public.contains("skein_commands_total"), "{public}");
    let address = server.program.ready.metrics[0];
    assert_ne!(address, server.http());
    let text = reqwest::get(format!("http://{address}/metrics")).await;
    let text = text.expect("an answer").text().await.expect("a body");
    assert!(!text.contains("anastasia") && !text.contains(&ana.id));
    let other = reqwest::get(format!("http://{address}/v1/skein/server")).await;
    assert_eq!(other.expect("an answer").status(), StatusCode::NOT_FOUND);
    assert!(
        server
            .program
            .ready
            .to_string()
            .contains(&format!("metrics={address}"))
    );
    server.stop().await;
}

#[test]
#[should_panic(expected = "twice")]
fn the_judge_sees_a_series_that_comes_twice() {
    Page::parse("# HELP a b\n# TYPE a gauge\na 1\na 2\n");
}

#[test]
#[should_panic(expected = "stands with its family")]
fn the_judge_sees_a_series_without_a_kind() {
    Page::parse("# HELP a b\n# TYPE a gauge\nb 1\n");
}
