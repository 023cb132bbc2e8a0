//! Which figures there are.

use hub::figures::{COMMIT_BOUNDS, Figures};

use super::Watched;
use super::text::Page;
use crate::command::backup;
use crate::machine;
use crate::program::log_file;
use crate::udp::UdpCounters;

/// All of them, now.
pub(super) async fn page(watched: &Watched) -> String {
    let mut page = Page::default();
    let name = "skein_build_info";
    page.family(name, "gauge", "Which version runs.");
    page.sample(name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
    process(&mut page, watched);
    connections(&mut page, watched);
    hub(&mut page, &watched.hub.figures());
    kept(&mut page, watched).await;
    if let Some(udp) = &watched.udp {
        relay(&mut page, &udp.counters(), udp.is_running());
    }
    page.finish()
}

fn process(page: &mut Page, watched: &Watched) {
    let help = "When the server began, in seconds since 1970.";
    page.gauge("process_start_time_seconds", help, seconds(watched.began));
    if let Some(bytes) = machine::resident_bytes() {
        let help = "Memory that the program holds.";
        page.gauge("process_resident_memory_bytes", help, bytes);
    }
    let (open, most) = (machine::open_files(), machine::most_files());
    if let Some(open) = open {
        page.gauge("process_open_fds", "Files and sockets that are open.", open);
    }
    if let Some(most) = most {
        page.gauge("process_max_fds", "How many may be.", most);
    }
}

fn connections(page: &mut Page, watched: &Watched) {
    let admission = &watched.admission;
    let help = "Connections that are open.";
    page.gauge("skein_connections", help, admission.open());
    let help = "Connections that were refused because there were too many.";
    page.counter("skein_connections_refused_total", help, admission.refused());
    let help = "Times that the system could not give a connection: no descriptors, no memory.";
    page.counter("skein_accept_errors_total", help, admission.errors());
    if let Some(certificates) = &watched.certificates {
        let help = "When the certificate ends, in seconds since 1970.";
        let until = seconds(certificates.until().0);
        page.gauge("skein_certificate_end_seconds", help, until);
    }
}

fn hub(page: &mut Page, figures: &Figures) {
    let name = "skein_door_sessions";
    page.family(name, "gauge", "Devices that are here, by door.");
    for (door, count) in &figures.sessions {
        page.sample(name, &[("door", door)], count);
    }
    let help = "Accounts that have a device here.";
    page.gauge("skein_people", help, figures.people);
    page.gauge("skein_calls", "Calls that ring or run.", figures.calls);
    let name = "skein_commands_total";
    page.family(name, "counter", "Commands, by kind and what came of them.");
    for ((kind, outcome), count) in &figures.commands {
        page.sample(name, &[("command", kind), ("outcome", outcome)], count);
    }
    page.histogram(
        "skein_commit_seconds",
        "How long transactions took, from the first read to the disk.",
        &COMMIT_BOUNDS,
        &figures.commits.counts,
        figures.commits.sum,
    );
    let help = "Pieces of work that were written; many share one transaction.";
    page.counter("skein_written_total", help, figures.written);
    let help = "Transactions that the store did not take.";
    page.counter("skein_commits_failed_total", help, figures.failed);
    let (length, limit) = ("skein_queue_length", "skein_queue_limit");
    page.family(length, "gauge", "What waits, by queue.");
    for queue in &figures.queues {
        page.sample(length, &[("queue", queue.name)], queue.length);
    }
    page.family(limit, "gauge", "How much may wait, by queue.");
    for queue in &figures.queues {
        page.sample(limit, &[("queue", queue.name)], queue.limit);
    }
}

async fn kept(page: &mut Page, watched: &Watched) {
    let sizes = watched.hub.sizes().await;
    let help = "Whether the store answers.";
    page.gauge("skein_store_up", help, u8::from(sizes.is_ok()));
    if let Ok((database, uploads)) = sizes {
        page.gauge("skein_database_bytes", "Bytes of the database.", database);
        let help =
            "Bytes of files and pictures, those that are still being sent as they were promised.";
        page.gauge("skein_objects_bytes", help, uploads.bytes);
        page.gauge("skein_objects", "Files and pictures.", uploads.objects);
    }
    if let Ok(log) = std::fs::metadata(log_file(&watched.folder)) {
        let help = "Bytes of SQLite's write-ahead log; it grows while a long read keeps it.";
        page.gauge("skein_database_log_bytes", help, log.len());
    }
    if let Some(free) = machine::free_bytes(&watched.folder) {
        let help = "Bytes of the disk that are free for the data folder.";
        page.gauge("skein_disk_free_bytes", help, free);
    }
    if let Some(at) = backup::last(&watched.folder) {
        let help = "When the last backup was finished, in seconds since 1970.";
        page.gauge("skein_backup_end_seconds", help, seconds(at));
    }
}

fn relay(page: &mut Page, udp: &UdpCounters, runs: bool) {
    let help = "Whether the UDP side runs.";
    page.gauge("skein_udp_up", help, u8::from(runs));
    page.gauge("skein_turn_allocations", "Allocations.", udp.allocations);
    let help = "Media endpoints of this server.";
    page.gauge("skein_media_endpoints", help, udp.endpoints);
    for (name, help, value) in [
        (
            "skein_turn_relayed_datagrams_total",
            "Datagrams that the relay sent on.",
            udp.relayed_packets,
        ),
        (
            "skein_turn_relayed_bytes_total",
            "Their bytes.",
            udp.relayed_bytes,
        ),
        (
            "skein_turn_inside_datagrams_total",
            "Those of them that went to another allocation or endpoint of this server, without the network.",
            udp.inside_packets,
        ),
        (
            "skein_udp_joined_runs_total",
            "Runs of datagrams that the kernel took as one.",
            udp.joined_runs,
        ),
        (
            "skein_udp_joined_datagrams_total",
            "The datagrams of those.",
            udp.joined_packets,
        ),
        (
            "skein_udp_refused_runs_total",
            "Runs that a route did not take as one, so that they went out one by one.",
            udp.refused_runs,
        ),
        (
            "skein_media_received_datagrams_total",
            "Datagrams given to media endpoints of this server.",
            udp.media_in,
        ),
        (
            "skein_media_sent_datagrams_total",
            "Datagrams sent for media endpoints of this server.",
            udp.media_out,
        ),
    ] {
        page.counter(name, help, value);
    }
    let name = "skein_udp_dropped_total";
    page.family(
        name,
        "counter",
        "Datagrams that came to nothing, by reason.",
    );
    for (why, count) in udp.dropped.by_reason() {
        page.sample(name, &[("why", why)], count);
    }
}

/// Seconds of a time in ms, with its fraction.
fn seconds(ms: i64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a time in ms has 43 bits for some hundred years yet"
    )]
    let ms = ms as f64;
    ms / 1_000.0
}
