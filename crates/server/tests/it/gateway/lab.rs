//! The gateway without sockets, on a hub whose clock is stepped by hand, and programs that are registered there.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use backend::contract::ManualClock;
use hub::command::{Command, Done};
use hub::event::IceConfig;
use hub::id::{AccountId, CallKey, Timestamp};
use hub::model::{DeviceKind, RelationChange};
use hub::paths::Paths;
use hub::{Config, DeviceHello, Hub, Identity, NewAccount, Origin, Ports, Session};
use serde_json::{Value, json};
use server::api::{Door, Exports, Pieces, Polls};
use server::http::{Caller, Facing};
use server::net::admission::{Admission, Caps};
use server::skype::{Outside, Service, Skype, router};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// The host that programs here call.
pub(crate) const HOST: &str = "db1-client-s.gateway.messenger.live.com";
/// All that programs listen to.
pub(crate) const ALL: [&str; 4] = [
    "/v1/users/ME/conversations/ALL/properties",
    "/v1/users/ME/conversations/ALL/messages",
    "/v1/users/ME/contacts/ALL",
    "/v1/threads/ALL",
];
/// Messages alone.
pub(crate) const MESSAGES: [&str; 1] = ["/v1/users/ME/conversations/ALL/messages"];

struct NoRelay;

impl Paths for NoRelay {
    fn ice(&self, _: CallKey, _: AccountId, _: bool, relay_only: bool) -> IceConfig {
        IceConfig {
            servers: Vec::new(),
            relay_only,
        }
    }

    fn end(&self, _: CallKey) {}

    fn end_account(&self, _: AccountId) {}
}

/// A door on a hub of its own.
#[derive(Clone)]
pub(crate) struct Lab {
    pub(crate) hub: Hub,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) skype: Arc<Skype>,
    router: Router,
    admission: Arc<Admission>,
    _kept: Arc<(TempDir, JoinSet<()>)>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Lab {
    pub(crate) async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        static STARTS: AtomicU64 = AtomicU64::new(1);
        let folder = tempfile::tempdir().expect("a folder");
        let store = backend::sqlite::open(&folder.path().join("skein.db")).await;
        let blobs = backend::blobs::BlobLimits {
            keep_free: 0,
            ..backend::blobs::BlobLimits::default()
        };
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
        let ports = Ports {
            store: store.expect("a store"),
            blobs: backend::blobs::folder(&folder.path().join("blobs"), blobs).expect("a folder"),
            bus: backend::memory_bus(),
            clock: clock.clone(),
            paths: Arc::new(NoRelay),
            rng: sansio::rng::seeded(STARTS.fetch_add(1, Ordering::Relaxed)),
        };
        let (hub, work) = Hub::start(ports, config).await.expect("a hub");
        let mut tasks = JoinSet::new();
        for task in work {
            tasks.spawn(task);
        }
        let door = Arc::new(Door {
            hub: hub.clone(),
            clock: clock.clone(),
            facing: Arc::new(Facing::default()),
            name: "Lab".into(),
            registration: webapi::skein::Registration::Open,
            members_invite: true,
            offline_shell: false,
            certificates: None,
            object_bytes: 1 << 20,
            pieces: Pieces::default(),
            exports: Exports::default(),
            polls: Polls::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            udp: None,
        });
        let skype = Arc::new(Skype::new(door));
        Self {
            hub,
            clock,
            router: router(skype.clone()),
            skype,
            admission: Admission::new(Caps {
                total: 1_000,
                per_address: 1_000,
                exempt: Vec::new(),
            }),
            _kept: Arc::new((folder, tasks)),
        }
    }

    /// Somebody with a device, not registered at the gateway yet.
    pub(crate) async fn person(&self, name: &str) -> Robot {
        let who = NewAccount {
            name: name.into(),
            display: name.into(),
            password: crate::support::PASSWORD.into(),
            language: None,
        };
        let device = DeviceHello {
            label: "Lab".into(),
            kind: DeviceKind::Other,
            public_key: None,
            takes_up: false,
        };
        let admitted = self.hub.register(Origin::default(), who, device).await;
        let token = admitted.expect("registered").token;
        let who = self.hub.authenticate(&token).await.expect("its own token");
        let mut robot = Robot {
            lab: self.clone(),
            who,
            name: name.into(),
            skypetoken: String::new(),
            registration: String::new(),
            endpoint: String::new(),
            client_info: None,
            told: Arc::default(),
        };
        robot.sign_in();
        robot
    }

    /// Two people who are contacts, each with a program that listens to all.
    pub(crate) async fn friends(&self) -> (Robot, Robot) {
        let (mut ann, mut bob) = (self.person("ann").await, self.person("bob").await);
        self.befriend(&ann, &bob).await;
        ann.listen(&ALL).await;
        bob.listen(&ALL).await;
        (ann, bob)
    }

    pub(crate) async fn befriend(&self, a: &Robot, b: &Robot) {
        for (who, other, change) in [(a, b, RelationChange::Ask), (b, a, RelationChange::Accept)] {
            let other = other.who.account;
            let relate = Command::Relate {
                other,
                change,
                greeting: None,
            };
            who.command(relate).await;
        }
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let answer = self.raw(request).await;
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("JSON: {text:?}")),
        }
    }

    /// The answer, before its body is taken.
    pub(crate) async fn raw(&self, mut request: Request<Body>) -> axum::response::Response {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let ticket = self.admission.admit(address).expect("room");
        let outside = Outside {
            scheme: "https",
            authority: HOST.into(),
            prefix: String::new(),
            service: {
                let first = request.uri().path().split('/').nth(1);
                let mut all = Service::ALL.iter().copied();
                all.find(|service| Some(service.name()) == first)
                    .unwrap_or(Service::Gateway)
            },
            by_host: true,
        };
        request.extensions_mut().insert(outside);
        request.extensions_mut().insert(Caller {
            address,
            exempt: false,
            secure: true,
            proxied: false,
            ticket,
            host: None,
        });
        self.router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer")
    }

    /// Lets time pass until `what` is done, at most three hours.
    pub(crate) async fn passing<T>(&self, what: impl Future<Output = T>) -> T {
        let mut what = std::pin::pin!(what);
        for _ in 0..10_000 {
            tokio::select! {
                biased;
                done = &mut what => return done,
                () = tokio::task::yield_now() => self.clock.advance(Duration::from_secs(1)),
            }
        }
        panic!("not done in three hours");
    }
}

/// A program of somebody.
#[derive(Clone)]
pub(crate) struct Robot {
    lab: Lab,
    pub(crate) who: Identity,
    pub(crate) name: String,
    pub(crate) skypetoken: String,
    /// The whole value of `Set-RegistrationToken`.
    pub(crate) registration: String,
    /// Its id, with braces.
    pub(crate) endpoint: String,
    pub(crate) client_info: Option<&'static str>,
    /// Told, not looked at yet.
    told: Arc<Mutex<VecDeque<Value>>>,
}

impl Robot {
    /// A fresh skypetoken.
    pub(crate) fn sign_in(&mut self) {
        let token = self.lab.skype.skypetoken(self.who, &self.name);
        self.skypetoken = token.expect("a token").0;
    }

    /// As a browser of theirs.
    pub(crate) fn session(&self) -> Session {
        self.lab.hub.session(self.who, Origin::default())
    }

    pub(crate) async fn command(&self, command: Command) -> Done {
        self.session().command(command).await.expect("done")
    }

    pub(crate) fn mri(&self) -> String {
        format!("8:{}", self.name)
    }

    /// `POST endpoints`.
    pub(crate) async fn ask_to_register(&self) -> Answer {
        let mut request = Request::post("/gateway/v1/users/ME/endpoints")
            .header("Authentication", format!("skypetoken={}", self.skypetoken))
            .header("BehaviorOverride", "redirectAs404");
        if let Some(info) = self.client_info {
            request = request.header("ClientInfo", info);
        }
        let body = Body::from(r#"{"endpointFeatures":"Agent"}"#);
        self.lab.call(request.body(body).expect("a request")).await
    }

    pub(crate) async fn register(&mut self) {
        let answer = self.ask_to_register().await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        let value = answer.headers["set-registrationtoken"]
            .to_str()
            .expect("text");
        self.registration = value.to_owned();
        let (_, endpoint) = value.rsplit_once("endpointId=").expect("the id last");
        self.endpoint = endpoint.to_owned();
    }

    /// Registers and subscribes.
    pub(crate) async fn listen(&mut self, to: &[&str]) {
        self.register().await;
        self.subscribe(to).await;
    }

    pub(crate) async fn subscribe(&self, to: &[&str]) {
        let body =
            json!({ "interestedResources": to, "template": "raw", "channelType": "httpLongPoll" });
        let path = "/v1/users/ME/endpoints/SELF/subscriptions";
        let answer = self.ask(Method::POST, path, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    }

    pub(crate) fn request(&self, method: Method, path: &str, body: &Value) -> Request<Body> {
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        Request::builder()
            .method(method)
            .uri(format!("/gateway{path}"))
            .header("RegistrationToken", &self.registration)
            .header(header::HOST, HOST)
            .body(body)
            .expect("a request")
    }

    /// At another service, with the skypetoken.
    pub(crate) async fn at(&self, path: &str, body: &Value) -> Value {
        let request = Request::post(path).header("X-Skypetoken", &self.skypetoken);
        let request = request
            .body(Body::from(body.to_string()))
            .expect("a request");
        let answer = self.lab.call(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Value) -> Answer {
        self.lab.call(self.request(method, path, &body)).await
    }

    pub(crate) async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        let answer = self.ask(method.clone(), path, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
        answer.body
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.done(Method::GET, path, Value::Null).await
    }

    pub(crate) fn poll_request(&self) -> Request<Body> {
        let path = "/v1/users/ME/endpoints/SELF/subscriptions/0/poll";
        self.request(Method::POST, path, &Value::Null)
    }

    /// One poll.
    pub(crate) async fn poll(&self) -> Vec<Value> {
        let answer = self.lab.call(self.poll_request()).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        events(&answer.body)
    }

    /// The next event.
    async fn next(&self) -> Value {
        loop {
            let told = self.told.lock().expect("whole").pop_front();
            if let Some(event) = told {
                return event;
            }
            let told = self.poll().await;
            self.told.lock().expect("whole").extend(told);
        }
    }

    /// Polls until an event is found; what comes before it is passed over.
    pub(crate) async fn find<T>(&self, mut what: impl FnMut(&Value) -> Option<T>) -> T {
        loop {
            if let Some(found) = what(&self.next().await) {
                return found;
            }
        }
    }

    /// Polls until so many messages of words have come.
    pub(crate) async fn hears(&self, count: usize) -> Vec<Value> {
        let mut heard = Vec::new();
        while heard.len() < count {
            heard.extend(Some(self.next().await).filter(is_words));
        }
        heard
    }

    /// Writes; its id.
    pub(crate) async fn send(&self, to: &str, body: Value) -> String {
        let path = format!("/v1/users/ME/conversations/{to}/messages");
        let answer = self.ask(Method::POST, &path, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        let place = answer.headers[header::LOCATION].to_str().expect("text");
        let (_, id) = place.rsplit_once('/').expect("the id last");
        assert_eq!(
            answer.body["OriginalArrivalTime"],
            id.parse::<i64>().expect("a number")
        );
        id.to_owned()
    }

    pub(crate) async fn say(&self, to: &str, text: &str, client: &str) -> String {
        let body = json!({ "content": text, "messagetype": "RichText", "contenttype": "text", "clientmessageid": client });
        self.send(to, body).await
    }

    /// The newest messages with somebody or in a thread, newest first.
    pub(crate) async fn history(&self, of: &str) -> Vec<Value> {
        let path = format!("/v1/users/ME/conversations/{of}/messages?startTime=0&pageSize=200");
        self.get(&path).await["messages"]
            .as_array()
            .expect("a list")
            .clone()
    }
}

/// The events of an answer.
pub(crate) fn events(body: &Value) -> Vec<Value> {
    body["eventMessages"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

/// Whether an event is a message of words.
pub(crate) fn is_words(event: &Value) -> bool {
    event["resourceType"] == "NewMessage" && event["resource"]["messagetype"] == "RichText"
}

/// What messages say, of events or of history.
pub(crate) fn contents<'v>(of: impl IntoIterator<Item = &'v Value>) -> Vec<String> {
    let content = |one: &Value| {
        let message = one.get("resource").unwrap_or(one);
        message["content"].as_str().expect("text").to_owned()
    };
    of.into_iter().map(content).collect()
}
