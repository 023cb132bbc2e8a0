use axum::body::Body;

use super::*;
use crate::net::admission::{Admission, Caps};

fn of(host: &str, target: &str) -> Meant {
    told(host, target, None)
}

fn told(host: &str, target: &str, told: Option<&str>) -> Meant {
    seen(host, target, &caller(told, false), &["skein.example"])
}

fn caller(host: Option<&str>, proxied: bool) -> Caller {
    let address = IpAddr::from([127, 0, 0, 1]);
    let caps = Caps {
        total: 1,
        per_address: 1,
        exempt: Vec::new(),
    };
    Caller {
        address,
        exempt: false,
        secure: true,
        proxied,
        host: host.map(str::to_owned),
        ticket: Admission::new(caps).admit(address).expect("room"),
    }
}

fn seen(host: &str, target: &str, caller: &Caller, own: &[&str]) -> Meant {
    let request = Request::builder()
        .uri(target)
        .header(header::HOST, host)
        .body(Body::empty())
        .expect("a request");
    let own: Vec<String> = own.iter().map(|name| (*name).to_owned()).collect();
    meant(&request, caller, &own)
}

fn inside(meant: &Meant) -> String {
    match meant {
        Meant::Old(_, uri) => uri.to_string(),
        Meant::Own => "own".to_owned(),
        Meant::Misdirected(_) => "misdirected".to_owned(),
    }
}

#[test]
fn a_service_is_meant_by_its_host_by_a_prefix_or_by_the_gateways_first_words() {
    let table = [
        (
            "api.skype.com",
            "/users/self/profile",
            "/api/users/self/profile",
        ),
        (
            "API.Skype.com:8443",
            "/users/self/profile",
            "/api/users/self/profile",
        ),
        ("api.skype.com.", "/x", "/api/x"),
        (
            "db3-client-s.gateway.messenger.live.com",
            "/v1/users/ME/endpoints",
            "/gateway/v1/users/ME/endpoints",
        ),
        ("neu1-api.asm.skype.com", "/v1/objects", "/store/v1/objects"),
        ("lw.skype.com", "/", "/web/"),
        (
            "skein.example",
            "/_/api.skype.com/users//self/profile/",
            "/api/users/self/profile",
        ),
        (
            "127.0.0.1:9100",
            "/_/login.skype.com/login?a=b|c",
            "/login/login?a=b|c",
        ),
        (
            "[::1]:9100",
            "/v1/threads/19:ab@thread.skype/",
            "/gateway/v1/threads/19:ab@thread.skype",
        ),
        (
            "localhost",
            "/v1/users/ME/endpoints/%7BAB%7D",
            "/gateway/v1/users/ME/endpoints/%7BAB%7D",
        ),
        ("skein.example", "/v1/skein/me", "own"),
        ("skein.example", "/v1/usersome", "own"),
        ("skein.example", "/_/evil.example/x", "own"),
        ("skein.example", "/", "own"),
        ("evil.example", "/v1/users/ME/endpoints", "misdirected"),
        ("evil.example", "/_/api.skype.com/x", "misdirected"),
        ("evil.example", "/", "own"),
        (
            "x-evil.client-s.gateway.messenger.live.com",
            "/v1/users",
            "misdirected",
        ),
    ];
    for (host, target, wanted) in table {
        assert_eq!(inside(&of(host, target)), wanted, "{host} {target}");
    }
}

#[test]
fn a_trusted_proxy_says_which_host_was_meant() {
    let meant = told("10.0.0.7:8080", "/x", Some("api.skype.com"));
    assert_eq!(inside(&meant), "/api/x");
}

#[test]
fn links_are_reached_as_the_request_was() {
    let outside = |host: &str, target: &str| match of(host, target) {
        Meant::Old(outside, _) => outside,
        other => panic!("an old service: {other:?}"),
    };
    let by_host = outside("db3-client-s.gateway.messenger.live.com:8443", "/v1/users");
    assert_eq!(
        by_host.link(Service::Gateway, "/a"),
        "https://db3-client-s.gateway.messenger.live.com:8443/a"
    );
    assert_eq!(
        by_host.link(Service::Store, "/a"),
        "https://api.asm.skype.com:8443/a"
    );
    assert!(by_host.is_plain());
    let by_prefix = outside("skein.example", "/_/api.skype.com/x");
    assert_eq!(
        by_prefix.link(Service::Api, "/a"),
        "https://skein.example/_/api.skype.com/a"
    );
    assert_eq!(
        by_prefix.link(Service::Gateway, "/a"),
        "https://skein.example/_/client-s.gateway.messenger.live.com/a"
    );
    assert!(!by_prefix.is_plain());
    let cookie = |of: &Outside, name: &str| of.cookie(name, "1", Some(60)).expect("a cookie");
    assert_eq!(
        cookie(&by_host, "a"),
        "a=1; path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
    );
    assert_eq!(
        cookie(&by_prefix, "a"),
        "a=1; path=/_/api.skype.com; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
    );
    assert_eq!(
        cookie(&by_prefix, "__Host-a"),
        "__Host-a=1; path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
    );
    let own = outside("skein.example:9100", "/v1/users");
    assert_eq!(
        own.link(Service::Gateway, "/v1/a"),
        "https://skein.example:9100/v1/a"
    );
    assert_eq!(
        own.link(Service::Store, "/a"),
        "https://skein.example:9100/_/api.asm.skype.com/a"
    );
}

#[test]
fn links_name_this_server_as_its_operator_does_whatever_the_client_calls_it() {
    const TWO: [&str; 2] = ["skein.example", "203.0.113.5"];
    let direct = || caller(None, false);
    let proxied = |told| caller(told, true);
    let table: [(&str, Caller, &[&str], &str); 13] = [
        ("skein.example:8443", direct(), &TWO, "skein.example:8443"),
        ("203.0.113.5:8443", direct(), &TWO, "203.0.113.5:8443"),
        ("198.51.100.66:8443", direct(), &TWO, "skein.example:8443"),
        ("127.0.0.1", direct(), &TWO, "skein.example"),
        (
            "localhost:9100",
            direct(),
            &["2001:db8::9"],
            "[2001:db8::9]:9100",
        ),
        ("[2001:db8::9]", direct(), &["2001:db8::9"], "[2001:db8::9]"),
        // A proxy that does not pass the name on: its port is not that outside.
        ("10.0.0.7:8080", proxied(None), &TWO, "skein.example"),
        (
            "10.0.0.7:8080",
            proxied(Some("skein.example:444")),
            &TWO,
            "skein.example:444",
        ),
        (
            "10.0.0.7:8080",
            proxied(Some("evil.example")),
            &TWO,
            "misdirected",
        ),
        // Nobody named it: an address is the one that was connected to, outside a NAT too.
        ("203.0.113.5:8443", direct(), &[], "203.0.113.5:8443"),
        ("[::1]:9100", direct(), &[], "[::1]:9100"),
        ("evil.example", direct(), &[], "misdirected"),
        ("evil.example", direct(), &TWO, "misdirected"),
    ];
    for (host, caller, own, wanted) in table {
        for target in ["/v1/users/ME/endpoints", "/_/api.skype.com/x"] {
            let named = match seen(host, target, &caller, own) {
                Meant::Old(outside, _) => outside.authority,
                Meant::Misdirected(_) => "misdirected".to_owned(),
                Meant::Own => "own".to_owned(),
            };
            assert_eq!(named, wanted, "{host} of {own:?}");
        }
    }
    let by_host = seen("api.skype.com:8443", "/x", &direct(), &TWO);
    let Meant::Old(outside, _) = by_host else {
        panic!("an old service");
    };
    assert_eq!(
        outside.link(Service::Store, "/a"),
        "https://api.asm.skype.com:8443/a"
    );
}

#[test]
fn every_host_has_its_service_and_its_place_in_the_certificate() {
    let names: Vec<&str> = certificate_names().collect();
    for service in Service::ALL {
        assert_eq!(Service::of_host(service.host()), Some(*service));
        assert!(names.contains(&service.host()));
    }
    assert!(names.contains(&"*.gateway.messenger.live.com"));
}
