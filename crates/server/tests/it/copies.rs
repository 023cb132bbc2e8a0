//! A copy of one's own data over a line that is cut: it goes on where it stopped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::login::{said, skein};
use crate::people::opened;
use crate::support::{PASSWORD, Person, Server};

/// Bytes of one file; of no round size.
const SIZE: usize = 1_000_003;

/// A way to the server that lets so many bytes come back and is then cut, with every connection on it.
#[derive(Debug, Default)]
struct Way {
    left: AtomicU64,
    came: AtomicU64,
}

impl Way {
    /// How many bytes came since this was asked last; from now on `left` may.
    fn lets(&self, left: usize) -> u64 {
        self.left.store(left as u64, Ordering::SeqCst);
        self.came.swap(0, Ordering::SeqCst)
    }

    async fn pass(&self, from: TcpStream, to: SocketAddr) {
        let mut to = TcpStream::connect(to).await.expect("the server");
        let (mut near, mut near_back) = from.into_split();
        let (mut far_back, mut far) = to.split();
        let back = async {
            let mut chunk = vec![0; 16 * 1024];
            loop {
                let read = far_back.read(&mut chunk).await.unwrap_or(0);
                let left = self.left.load(Ordering::SeqCst);
                let lets = (read as u64).min(left);
                self.left.store(left - lets, Ordering::SeqCst);
                self.came.fetch_add(lets, Ordering::SeqCst);
                let written = near_back.write_all(&chunk[..lets as usize]).await;
                if read == 0 || lets < read as u64 || written.is_err() {
                    return;
                }
            }
        };
        let there = async {
            let _ended = tokio::io::copy(&mut near, &mut far).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = back => {}
            () = there => {}
        }
    }
}

/// Somebody with two files, who is signed in by `skein login` through a way that is cut.
struct Cut {
    server: Server,
    way: Arc<Way>,
    home: tempfile::TempDir,
    url: String,
    _tasks: JoinSet<()>,
}

impl Cut {
    async fn new() -> Self {
        let server = Server::start().await;
        let ana = Person::register(&server, "ana").await;
        for (name, byte) in [("one.bin", 1), ("two.bin", 2)] {
            ana.upload(&server, name, &vec![byte; SIZE]).await;
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (way, to) = (Arc::new(Way::default()), server.http());
        let passing = Arc::clone(&way);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let way = Arc::clone(&passing);
                connections.spawn(async move { way.pass(stream, to).await });
            }
        });
        way.lets(1 << 30);
        let cut = Self {
            server,
            way,
            home: tempfile::tempdir().expect("a home"),
            url: format!("http://{address}"),
            _tasks: tasks,
        };
        cut.login("ana").await;
        cut
    }

    async fn login(&self, name: &str) {
        let login = ["login", &self.url, name, "--password-stdin"];
        let signed_in = skein(self.home.path(), &login, PASSWORD).await;
        assert_eq!(signed_in.status.code(), Some(0), "{}", said(&signed_in));
        self.way.lets(0);
    }

    fn file(&self) -> PathBuf {
        self.home.path().join("ana.zip")
    }

    fn part(&self) -> PathBuf {
        self.home.path().join("ana.zip.part")
    }

    /// `skein export`, over a way that is cut after so many bytes; its exit code, what it said, and how many bytes came.
    async fn export(&self, lets: usize) -> (Option<i32>, String, u64) {
        self.way.lets(lets);
        let file = self.file();
        let arguments = ["export", file.to_str().expect("letters")];
        let ended = skein(self.home.path(), &arguments, "").await;
        (ended.status.code(), said(&ended), self.way.lets(0))
    }

    /// Everything is in it, and nothing is left beside it.
    fn is_whole(&self) {
        let entries = opened(&std::fs::read(self.file()).expect("the copy"));
        let files: Vec<_> = entries
            .iter()
            .filter(|(name, _)| name.starts_with("files/"))
            .map(|(name, size)| (name.rsplit(' ').next().expect("a name"), size.as_str()))
            .collect();
        let size = SIZE.to_string();
        assert_eq!(files, [("one.bin", &*size), ("two.bin", &*size)]);
        assert!(entries.iter().any(|(name, _)| name == "people.jsonl"));
        assert!(!self.part().exists(), "nothing is left beside it");
    }
}

/// A file of the folder by the end of its name.
fn piece(folder: &Path, which: impl Fn(&str) -> bool) -> PathBuf {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    let found = paths.find(|path| which(path.file_name().and_then(|n| n.to_str()).expect("text")));
    found.expect("a piece")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_cut_goes_on_where_it_stopped() {
    let cut = Cut::new().await;
    // All of the first file, and half of the second one.
    let (code, words, came) = cut.export(SIZE * 3 / 2).await;
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("it goes on"), "{words}");
    assert_eq!(came, SIZE as u64 * 3 / 2);
    assert!(!cut.file().exists(), "half a copy has no name");
    let (code, words, came) = cut.export(1 << 30).await;
    assert_eq!(code, Some(0), "{words}");
    assert!(
        came < SIZE as u64 * 2 / 3,
        "what had come was not fetched again: {came}"
    );
    cut.is_whole();
    cut.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_that_is_not_what_it_was_is_fetched_again() {
    let cut = Cut::new().await;
    let (code, words, _) = cut.export(SIZE * 3 / 2).await;
    assert_eq!(code, Some(1), "{words}");
    let whole = piece(&cut.part(), |name| name.len() == 64);
    let half = piece(&cut.part(), |name| name.ends_with(".half"));
    for path in [whole, half] {
        let mut bytes = std::fs::read(&path).expect("a piece");
        bytes[17] ^= 1;
        std::fs::write(&path, bytes).expect("kept");
    }
    // Half a file that is wrong is known when the rest is there.
    let (code, words, came) = cut.export(1 << 30).await;
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("two.bin"), "{words}");
    assert!(
        words.contains("kept in") && words.contains("ana.zip.part"),
        "{words}"
    );
    assert!(came > SIZE as u64 * 4 / 3, "{came}");
    let (code, words, came) = cut.export(1 << 30).await;
    assert_eq!(code, Some(0), "{words}");
    assert!((SIZE as u64..SIZE as u64 * 4 / 3).contains(&came), "{came}");
    cut.is_whole();
    cut.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_copy_of_somebody_else_is_left_alone() {
    let cut = Cut::new().await;
    Person::register(&cut.server, "bob").await;
    assert_eq!(cut.export(SIZE * 3 / 2).await.0, Some(1));
    cut.way.lets(1 << 30);
    cut.login("bob").await;
    let (code, words, came) = cut.export(1 << 30).await;
    assert_eq!((code, came), (Some(2), 0), "{words}");
    assert!(words.contains("half a copy of ana"), "{words}");
    cut.way.lets(1 << 30);
    cut.login("ana").await;
    assert_eq!(cut.export(1 << 30).await.0, Some(0));
    cut.is_whole();
    cut.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_that_name_is_left_as_it_is() {
    let cut = Cut::new().await;
    let letter = cut.part().join("letter.txt");
    std::fs::create_dir(cut.part()).expect("a folder");
    std::fs::write(&letter, "dear goose").expect("a letter");
    let (code, words, came) = cut.export(1 << 30).await;
    assert_eq!((code, came), (Some(2), 0), "{words}");
    assert!(words.contains("move it away"), "{words}");
    let stays = std::fs::read_to_string(&letter).expect("it stays");
    assert_eq!(stays, "dear goose");
    std::fs::remove_dir_all(cut.part()).expect("moved away");
    cut.server.stop().await;
}
