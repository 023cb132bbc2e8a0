//! What an operator can set: one TOML file whose every key is optional.
//!
//! The doc lines below are the manual: `docs/skein.example.toml` is made from them (see [`example`]), and
//! [`read`] uses them to say which key was meant. A flag wins over `SKEIN_SECTION__KEY`, which wins over the file.

mod example;
mod read;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

pub use example::example;
pub use read::{ConfigError, read};
pub use values::{LogFormat, Prefix, Rate, Registration, Secret, masked};

/// The manual of one section.
#[derive(Debug, Clone, Copy)]
pub struct SectionManual {
    /// Its name, as in `[name]`.
    pub name: &'static str,
    /// What it is for, line by line.
    pub doc: &'static [&'static str],
    /// Its keys.
    pub keys: &'static [KeyManual],
}

/// The manual of one key.
#[derive(Debug, Clone, Copy)]
pub struct KeyManual {
    /// Its name.
    pub name: &'static str,
    /// What it does, line by line.
    pub doc: &'static [&'static str],
    /// Its default, or an example where there is none, as TOML.
    pub example: &'static str,
}

macro_rules! settings {
    ($(
        $(#[doc = $section_doc:literal])*
        $section:ident: $Section:ident {
            $( $(#[doc = $key_doc:literal])* $key:ident: $type:ty = $default:expr, $example:literal; )*
        }
    )*) => {
        /// Everything an operator can set.
        #[derive(Debug, Clone, PartialEq, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Config {
            $( $(#[doc = $section_doc])* pub $section: $Section, )*
            /// What the hash of a password costs. No file can say so; tests that make many people do.
            #[serde(skip)]
            pub password_cost: hub::PasswordCost,
        }

        $(
            $(#[doc = $section_doc])*
            #[derive(Debug, Clone, PartialEq, Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $Section { $( $(#[doc = $key_doc])* pub $key: $type, )* }

            impl Default for $Section {
                fn default() -> Self { Self { $( $key: $default, )* } }
            }
        )*

        /// The manual, section by section.
        pub const MANUAL: &[SectionManual] = &[ $( SectionManual {
            name: stringify!($section),
            doc: &[$($section_doc),*],
            keys: &[ $( KeyManual { name: stringify!($key), doc: &[$($key_doc),*], example: $example } ),* ],
        } ),* ];
    };
}

settings! {
    /// Who this server is, and where it listens.
    server: Server {
        /// The name people see for this server. Absent: its first public name, else the name of the machine.
        name: Option<String> = None, r#""Rua Direita""#;
        /// The outside names and addresses of this server. They go into the certificate, into relayed addresses and
        /// into the addresses that calls use. Needed behind a 1:1 NAT, in a cloud, and for people outside.
        public: Vec<String> = Vec::new(), r#"["skein.example", "203.0.113.5"]"#;
        /// Plain HTTP: only on loopback, or behind a trusted proxy. An empty list turns it off. Port 0 picks a free one.
        http: Vec<String> = strings(&["127.0.0.1:8080", "[::1]:8080"]), r#"["127.0.0.1:8080", "[::1]:8080"]"#;
        /// HTTPS, and later every other dialect that must look like it. One of the two ports to open.
        tls: Vec<String> = strings(&["0.0.0.0:8443", "[::]:8443"]), r#"["0.0.0.0:8443", "[::]:8443"]"#;
        /// STUN, TURN and the media of this server. The other port to open.
        udp: Vec<String> = strings(&["0.0.0.0:3478", "[::]:3478"]), r#"["0.0.0.0:3478", "[::]:3478"]"#;
        /// Proxies in front of this server: only they are believed when they name the client (`X-Forwarded-For`,
        /// `Forwarded`).
        trusted_proxies: Vec<Prefix> = Vec::new(), r#"["10.0.0.7"]"#;
        /// Where everything is kept. Absent: `skein` in the XDG data folder.
        data: Option<PathBuf> = None, r#""/var/lib/skein""#;
        /// A certificate of your own (PEM, leaf first) instead of the self-made one; read again on SIGHUP.
        certificate: Option<PathBuf> = None, r#""/etc/skein/fullchain.pem""#;
        /// The private key that belongs to it (PEM).
        certificate_key: Option<PathBuf> = None, r#""/etc/skein/privkey.pem""#;
        /// Whether browsers keep the client's own files, so that it starts without a network. `false` ends that for every
        /// browser at its next visit, and deletes what it has kept.
        offline_shell: bool = true, "true";
    }

    /// What is kept where. Without this section: one SQLite file in the data folder.
    store: StoreSection {
        /// The address of a PostgreSQL database; everything is kept there instead.
        postgres: Option<Secret> = None, r#""postgres://skein:password@db.example/skein""#;
        /// A file that holds this address.
        postgres_file: Option<PathBuf> = None, r#""/run/secrets/skein-postgres""#;
    }

    /// Signing up.
    accounts: Accounts {
        /// `open`: everybody who can reach the server may register. `invite`: whoever has an invitation, made by
        /// `skein invite`. `closed`: only `skein account add` makes accounts.
        registration: Registration = Registration::Open, r#""open""#;
        /// Let members invite people too, each up to 20 invitations at the same time.
        members_invite: bool = false, "false";
    }

    /// The relay (TURN).
    turn: Turn {
        /// Inside networks that the relay may reach. Without it the relay refuses every address that is not public,
        /// so that nobody can use it to reach machines behind your firewall.
        allow_peers: Vec<Prefix> = Vec::new(), r#"["10.0.0.0/8"]"#;
        /// Fixed users for programs of other makers: name and password.
        users: BTreeMap<String, Secret> = BTreeMap::new(), r#"{ meeting = "a long password" }"#;
        /// A file with more of them: lines of `name = "password"`.
        users_file: Option<PathBuf> = None, r#""/run/secrets/skein-turn-users""#;
        /// The secret for time-limited credentials of programs of other makers (`EXPIRY:NAME`).
        shared_secret: Option<Secret> = None, r#""a long random text""#;
        /// A file that holds this secret.
        shared_secret_file: Option<PathBuf> = None, r#""/run/secrets/skein-turn""#;
        /// The realm. Absent: the first public name, else `skein`.
        realm: Option<String> = None, r#""skein.example""#;
        /// Ports of relayed addresses, lowest and highest.
        ports: [u16; 2] = [49152, 65535], "[49152, 65535]";
        /// Allocations at the same time, in all.
        allocations: usize = 10_000, "10000";
        /// Allocations at the same time, for one user.
        allocations_per_user: usize = 20, "20";
        /// Threads that relay, at most 64. 0: one below four cores, else half as many as there are cores.
        threads: usize = 0, "0";
        /// Microseconds that a thread waits after a round of 2 to 63 datagrams, so that more go out at once: with many
        /// calls the relay needs up to half the processor time, and each datagram is late by as much at most. A lone
        /// datagram never waits. 0 turns it off; at most 10000.
        coalesce_us: u64 = 500, "500";
    }

    /// Files and pictures that people send. Their bytes lie in the data folder, with PostgreSQL too.
    objects: Objects {
        /// Bytes of one file.
        file_bytes: i64 = 268_435_456, "268435456";
        /// Bytes of all files of one account.
        account_bytes: i64 = 2_147_483_648, "2147483648";
        /// Bytes of all files.
        total_bytes: i64 = 21_474_836_480, "21474836480";
        /// Bytes of the disk that files leave free, so that messages always find room.
        keep_free_bytes: u64 = 268_435_456, "268435456";
        /// Pixels of a picture; more is refused before anything is decoded. Each picture that is being cleaned takes
        /// up to eight bytes of memory a pixel.
        picture_pixels: u64 = 50_000_000, "50000000";
        /// Pictures that are cleaned at the same time, at most 16.
        picture_threads: usize = 1, "1";
    }

    /// The door of programs that speak Skype's web dialect (2014 to 2025).
    skype: SkypeSection {
        /// Answer them: by the old services' names, and by `/_/NAME/` in front of their paths on this server's own.
        enabled: bool = true, "true";
        /// Put the old services' names into the self-made certificate, for programs whose names are led here by a hosts file or
        /// a name server of your own. Whoever trusts this certificate takes this server for those services.
        hosts: bool = false, "false";
    }

    /// Calls.
    calls: Calls {
        /// Let all media go through the relay, so that nobody's address is ever shown to the other side.
        relay_only: bool = false, "false";
    }

    /// How often and how much.
    limits: LimitsSection {
        /// Clients that are not counted by address: your own office, a monitor.
        exempt: Vec<Prefix> = Vec::new(), r#"["10.0.0.0/8"]"#;
        /// Connections at the same time, in all.
        connections: usize = 100_000, "100000";
        /// Connections at the same time from one address (an IPv6 /64 counts as one). Over it, the oldest one on
        /// which nobody has signed in gives way.
        connections_per_address: usize = 512, "512";
        /// Failed sign-ins and recoveries for one account: so many at once, then one more each `every_ms`.
        sign_in_account: Rate = Rate::of(|limits| limits.sign_in_account), "{ burst = 10, every_ms = 30000 }";
        /// Sign-ins and recoveries from one address.
        sign_in_address: Rate = Rate::of(|limits| limits.sign_in_address), "{ burst = 30, every_ms = 6000 }";
        /// Registrations from one address.
        register_address: Rate = Rate::of(|limits| limits.register_address), "{ burst = 10, every_ms = 60000 }";
        /// Questions from one address whether a name is free.
        names_address: Rate = Rate::of(|limits| limits.names_address), "{ burst = 60, every_ms = 1000 }";
        /// Searches by one account.
        search: Rate = Rate::of(|limits| limits.search), "{ burst = 30, every_ms = 2000 }";
        /// Messages by one account.
        messages: Rate = Rate::of(|limits| limits.messages), "{ burst = 120, every_ms = 200 }";
        /// Calls by one account.
        calls: Rate = Rate::of(|limits| limits.calls), "{ burst = 20, every_ms = 6000 }";
        /// Contact requests by one account.
        requests: Rate = Rate::of(|limits| limits.requests), "{ burst = 30, every_ms = 30000 }";
        /// Commands of all kinds by one account, those above included.
        commands: Rate = Rate::of(|limits| limits.commands), "{ burst = 600, every_ms = 50 }";
        /// Copies of their own data, per account
        exports: Rate = Rate::of(|limits| limits.exports), "{ burst = 5, every_ms = 3600000 }";
        /// Bots of one owner.
        bots: u32 = 10, "10";
        /// Tokens of one bot; never more than 50.
        bot_tokens: u32 = 5, "5";
        /// How many times as often as others a bot may search, write, call and ask that `skein account bot NAME --limits raised`
        /// named; at most 1000.
        raised_bots: u32 = 10, "10";
    }

    /// Figures for Prometheus and its like, at `/metrics`.
    metrics: Metrics {
        /// Where. They are counts and sizes, nothing about anybody; still, anybody who reaches the port reads them. An
        /// empty list turns it off. Absent: port 9090 on loopback, unless another program has it.
        listen: Option<Vec<String>> = None, r#"["127.0.0.1:9090"]"#;
    }

    /// What the log says. It never holds messages, passwords or tokens.
    log: Log {
        /// `error`, `warn`, `info`, `debug`, `trace`, or by part: `info,server=debug`.
        level: String = "info".to_owned(), r#""info""#;
        /// `text` for people, `json` for programs.
        format: LogFormat = LogFormat::Text, r#""text""#;
        /// Show names and addresses of people in the log.
        reveal: bool = false, "false";
    }
}

impl LimitsSection {
    /// The budgets of the hub.
    #[must_use]
    pub fn hub(&self) -> hub::limits::Limits {
        hub::limits::Limits {
            sign_in_account: self.sign_in_account.into(),
            sign_in_address: self.sign_in_address.into(),
            register_address: self.register_address.into(),
            names_address: self.names_address.into(),
            search: self.search.into(),
            messages: self.messages.into(),
            calls: self.calls.into(),
            requests: self.requests.into(),
            commands: self.commands.into(),
            exports: self.exports.into(),
        }
    }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|&text| text.to_owned()).collect()
}
