//! Which of the old services a request means, and how links in its answer are written.
//!
//! Programs of the web generation know some thirty hosts. A request means one of them by the name in `Host`, by a prefix
//! `/_/HOST` in front of the path (for programs whose addresses can be changed but whose names cannot be led here), or, for the
//! gateway alone, by its own first words on this server's name. Everything else is this server's own.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderValue, Uri, header};

use crate::http::Caller;

/// What stands in front of a host in a path.
const PREFIX: &str = "/_/";
/// First words of the gateway's addresses; our own are `/v1/skein`.
const GATEWAY: [&str; 3] = ["/v1/users", "/v1/threads", "/v1/ng"];
/// The end of the name of every gateway, `bn1-client-s.gateway.messenger.live.com` and its like.
const GATEWAYS: &str = "client-s.gateway.messenger.live.com";
/// The end of the name of every store of files, `neu1-api.asm.skype.com` and its like.
const STORES: &str = "api.asm.skype.com";

macro_rules! services {
    ($( $(#[doc = $doc:literal])* $service:ident: $name:literal, $host:literal; )*) => {
        /// One of the old services.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Service { $( $(#[doc = $doc])* $service, )* }

        impl Service {
            /// All of them.
            pub const ALL: &[Self] = &[ $( Self::$service, )* ];

            /// The first word of its addresses inside this program.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Self::$service => $name, )* }
            }

            /// The host it is known by.
            #[must_use]
            pub fn host(self) -> &'static str {
                match self { $( Self::$service => $host, )* }
            }
        }
    };
}

services! {
    /// Pages of signing in, exchange of tokens, signing out.
    Login: "login", "login.skype.com";
    /// The form and the SOAP call of a Microsoft account.
    Live: "live", "login.live.com";
    /// From the token of the SOAP call to a skypetoken.
    Edge: "edge", "edge.skype.com";
    /// Profiles, old calls for contacts, the old sign-in by a hash.
    Api: "api", "api.skype.com";
    /// The list of contacts.
    Contacts: "contacts", "contacts.skype.com";
    /// Endpoints, conversations, presence.
    Gateway: "gateway", "client-s.gateway.messenger.live.com";
    /// Files and pictures.
    Store: "store", "api.asm.skype.com";
    /// What stands behind a link.
    Urlp: "urlp", "urlp.asm.skype.com";
    /// Emoticons.
    Static: "static", "static.asm.skype.com";
    /// Pictures of people.
    Avatar: "avatar", "avatar.skype.com";
    /// Profiles of people whom one need not know.
    Profile: "profile", "profile.skype.com";
    /// Finding people.
    Graph: "graph", "skypegraph.skype.com";
    /// People one may know.
    Recommend: "recommend", "peoplerecommendations.skype.com";
    /// Links by which people join.
    Join: "join", "join.skype.com";
    /// Guests.
    ApiJoin: "apijoin", "api.join.skype.com";
    /// Older links by which people join.
    Scheduler: "scheduler", "api.scheduler.skype.com";
    /// Bots.
    Agents: "agents", "api.aps.skype.com";
    /// Where programs ask to be called back, which is not done here.
    Registrar: "registrar", "prod.registrar.skype.com";
    /// Switches of the client.
    Flags: "flags", "flagsapi.skype.com";
    /// Settings.
    Options: "options", "options.skype.com";
    /// Bought services.
    Entitlement: "entitlement", "consumer.entitlement.skype.com";
    /// Translation.
    Translate: "translate", "dev.microsofttranslator.com";
    /// What clients read when they start.
    Config: "config", "a.config.skype.com";
    /// The page of the web client.
    Web: "web", "web.skype.com";
}

/// Other names of the same services.
const ALSO: [(&str, Service); 2] = [
    ("lw.skype.com", Service::Web),
    ("static-asm.secure.skypeassets.com", Service::Static),
];

impl Service {
    /// The service of a host, without its port.
    #[must_use]
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let named = Self::ALL.iter().find(|service| service.host() == host);
        let also = || ALSO.iter().find(|(name, _)| *name == host);
        named
            .copied()
            .or_else(|| also().map(|(_, service)| *service))
            .or_else(|| is_sibling(&host, GATEWAYS).then_some(Self::Gateway))
            .or_else(|| is_sibling(&host, STORES).then_some(Self::Store))
    }
}

/// Whether a host is `WORD-` in front of `end`.
fn is_sibling(host: &str, end: &str) -> bool {
    host.strip_suffix(end)
        .and_then(|front| front.strip_suffix('-'))
        .is_some_and(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

/// The names of all these hosts, for a certificate. The last two stand for the gateways and stores of all places.
pub fn certificate_names() -> impl Iterator<Item = &'static str> {
    let named = Service::ALL.iter().map(|service| service.host());
    let also = ALSO.iter().map(|(name, _)| *name);
    named
        .chain(also)
        .chain(["*.gateway.messenger.live.com", "*.asm.skype.com"])
}

/// How a request came in, and so how links in its answer are written: under the same scheme and prefix, and under the name that the
/// client used if that is one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// `https` or `http`, as the client sees it.
    pub scheme: &'static str,
    /// The host and port of this server in links.
    pub authority: String,
    /// `/_/HOST` if the request came so; else empty.
    pub prefix: String,
    /// The service that was meant.
    pub service: Service,
    /// Whether the client named the service's own host, rather than this server's.
    pub by_host: bool,
}

impl Outside {
    /// The absolute address of a path of a service, reachable in the same way as this request was. `path` begins with `/`.
    #[must_use]
    pub fn link(&self, service: Service, path: &str) -> String {
        let (scheme, authority) = (self.scheme, &self.authority);
        if service == self.service {
            return format!("{scheme}://{authority}{}{path}", self.prefix);
        }
        let host = service.host();
        if self.by_host {
            let port = authority
                .parse::<Authority>()
                .ok()
                .and_then(|authority| authority.port_u16());
            return match port {
                Some(port) => format!("{scheme}://{host}:{port}{path}"),
                None => format!("{scheme}://{host}{path}"),
            };
        }
        // On this server's own name the gateway alone needs no prefix, and only if the request had none either.
        if service == Service::Gateway && self.prefix.is_empty() {
            return format!("{scheme}://{authority}{path}");
        }
        format!("{scheme}://{authority}{PREFIX}{host}{path}")
    }

    /// What absolute addresses of a service begin with.
    #[must_use]
    pub fn base(&self, service: Service) -> String {
        self.link(service, "")
    }

    /// A cookie of the pages that people and programs see, for this service alone; without `seconds` it goes with the program.
    #[must_use]
    pub fn cookie(&self, name: &str, value: &str, seconds: Option<i64>) -> Option<HeaderValue> {
        let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let (is_secure, is_of_host) = (self.scheme == "https", name.starts_with("__Host-"));
        let secure = if is_secure { "; Secure" } else { "" };
        // What is called so is taken only for the whole host (RFC 6265bis §4.1.3.2).
        let path = if self.prefix.is_empty() || is_of_host {
            "/"
        } else {
            &self.prefix
        };
        let cookie = format!("{name}={value}; path={path}; HttpOnly; SameSite=Lax{age}{secure}");
        HeaderValue::try_from(cookie).ok()
    }

    /// Whether links look as the old service wrote them: HTTPS and no prefix. Some programs break at any other `Location`.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.scheme == "https" && self.prefix.is_empty()
    }
}

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meant {
    /// This server's own pages and API.
    Own,
    /// One of the old services, at this address inside the program.
    Old(Outside, Uri),
    /// It names a host that this server is not: an answer of this service would carry that name into links.
    Misdirected(Service),
}

/// What a request is for; `own` are the outside names of this server.
#[must_use]
pub(super) fn meant(request: &Request, caller: &Caller, own: &[String]) -> Meant {
    let told = caller.host.as_deref();
    // The port of a proxy's own request is the one inside.
    let is_port_outside = told.is_some() || !caller.proxied;
    let authority = authority(request, told);
    let host = authority.as_ref().map_or("", Authority::host);
    let path = request.uri().path();
    let query = request.uri().query();
    let scheme = if caller.secure { "https" } else { "http" };
    let outside = |service, prefix: &str, by_host| Outside {
        scheme,
        authority: match &authority {
            Some(name) if by_host => name.as_str().to_ascii_lowercase(),
            Some(name) => in_links(name, own, is_port_outside),
            None => String::new(),
        },
        prefix: prefix.to_owned(),
        service,
        by_host,
    };
    if let Some(service) = Service::of_host(host) {
        return old(outside(service, "", true), path, query);
    }
    let (outside, path) = if let Some(rest) = path.strip_prefix(PREFIX) {
        let (named, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let Some(service) = Service::of_host(named) else {
            return Meant::Own;
        };
        (outside(service, &format!("{PREFIX}{named}"), false), rest)
    } else if is_gateway(&tidy(path)) {
        (outside(Service::Gateway, "", false), path)
    } else {
        return Meant::Own;
    };
    if is_own(host, own) {
        old(outside, path, query)
    } else {
        Meant::Misdirected(outside.service)
    }
}

/// How links name this server. Where the operator named it, by one of these names: that which the client used, else the first; so
/// nobody chooses what stands in a link. Where not, as the client did, which [`is_own`] has looked at.
fn in_links(named: &Authority, own: &[String], is_port_outside: bool) -> String {
    let host = bare(named.host());
    let first = own.first().filter(|_| !own.contains(&host));
    let Some(first) = first else {
        return named.as_str().to_ascii_lowercase();
    };
    let first = match first.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => first.clone(),
    };
    match named.port_u16().filter(|_| is_port_outside) {
        Some(port) => format!("{first}:{port}"),
        None => first,
    }
}

/// A host as the operator writes it.
fn bare(host: &str) -> String {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.');
    host.to_ascii_lowercase()
}

fn old(outside: Outside, path: &str, query: Option<&str>) -> Meant {
    let mut inside = format!("/{}{}", outside.service.name(), tidy(path));
    if let Some(query) = query {
        inside.push('?');
        inside.push_str(query);
    }
    match inside.parse::<PathAndQuery>() {
        Ok(inside) => Meant::Old(outside, Uri::from(inside)),
        Err(_) => Meant::Own,
    }
}

/// The name that the client used: of a trusted proxy's telling, else of the address itself (RFC 9113 §8.3.1), else of `Host`.
fn authority(request: &Request, told: Option<&str>) -> Option<Authority> {
    let parsed = |text: &str| {
        let authority: Authority = text.trim().parse().ok()?;
        (!authority.as_str().contains('@')).then_some(authority)
    };
    if let Some(told) = told {
        return parsed(told);
    }
    if let Some(authority) = request.uri().authority() {
        return parsed(authority.as_str());
    }
    parsed(request.headers().get(header::HOST)?.to_str().ok()?)
}

/// Whether a host is this server: an address, this machine, or one of its outside names. Any address is, since behind a NAT the one
/// outside is none of this machine's; a browser names none but the one that it connects to, so nobody else can have chosen it.
fn is_own(host: &str, own: &[String]) -> bool {
    let host = bare(host);
    host == "localhost"
        || host.parse::<IpAddr>().is_ok()
        || own.contains(&host)
        || crate::machine::host_name().is_some_and(|name| name.eq_ignore_ascii_case(&host))
}

fn is_gateway(path: &str) -> bool {
    GATEWAY.iter().any(|first| {
        path.strip_prefix(first)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// A path without doubled slashes and without one at its end, which some programs write.
fn tidy(path: &str) -> String {
    let mut tidied = String::with_capacity(path.len() + 1);
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        tidied.push('/');
        tidied.push_str(segment);
    }
    if tidied.is_empty() {
        tidied.push('/');
    }
    tidied
}

#[cfg(test)]
mod tests;
