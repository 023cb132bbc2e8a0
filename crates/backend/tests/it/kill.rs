//! Scenario 2: a process that is killed at any step of a batch. What was acknowledged is there, once; what was not is
//! there as a whole or not at all; and the next process goes on.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use backend::contract::{Place as _, rows};
use hub::id::*;
use hub::model::Message;
use hub::store::{Around, Keys, Rows};

use crate::places::{At, in_a_file, on_a_server};

/// Tells the child where the store is.
const PLACE: &str = "SKEIN_TEST_CHILD_PLACE";
const CONVERSATION: ConversationId = ConversationId(100);
const PER_BATCH: i64 = 150;
/// Where the child stops in every batch and waits to be told to go on.
const STEPS: [&str; 5] = ["begun", "loaded", "half saved", "saved", "committed"];

/// Not a test of its own: the process that the tests below start and kill.
#[tokio::test]
async fn the_child_that_writes_until_it_is_killed() {
    let Ok(place) = std::env::var(PLACE) else {
        return;
    };
    let store = At(place).open().await;
    loop {
        let mut transaction = store.begin().await.unwrap();
        step("begun");
        let keys = Keys {
            conversations: [CONVERSATION].into(),
            ..Keys::default()
        };
        let mut conversation = transaction
            .load(&keys)
            .await
            .unwrap()
            .conversations
            .remove(0);
        step("loaded");
        let first = transaction.head().0 + 1;
        let messages: Vec<Arc<Message>> = (first..first + PER_BATCH)
            .map(|id| rows::message(id, CONVERSATION.0, 1).into())
            .collect();
        conversation.head = Pos(first + PER_BATCH - 1);
        let (one, two) = messages.split_at(PER_BATCH as usize / 2);
        let head = conversation.head;
        transaction
            .save(
                &Rows {
                    messages: one.to_vec(),
                    ..Rows::default()
                },
                head,
            )
            .await
            .unwrap();
        step("half saved");
        let rest = Rows {
            messages: two.to_vec(),
            conversations: vec![conversation],
            ..Rows::default()
        };
        transaction.save(&rest, head).await.unwrap();
        step("saved");
        transaction.commit().await.unwrap();
        step("committed");
    }
}

fn step(name: &str) {
    println!("\nstep {name}");
    std::io::stdout().flush().unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

struct Writer {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Writer {
    fn start(place: &At) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "kill::the_child_that_writes_until_it_is_killed",
                "--nocapture",
            ])
            .env(PLACE, &place.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self {
            child,
            to,
            from: BufReader::new(from),
        }
    }

    /// The step at which it stopped.
    fn stopped(&mut self) -> String {
        for line in (&mut self.from).lines() {
            if let Some(step) = line.unwrap().strip_prefix("step ") {
                return step.to_owned();
            }
        }
        panic!("the child ended by itself: {:?}", self.child.wait());
    }

    fn go_on(&mut self) {
        self.to.write_all(b"\n").unwrap();
    }

    /// SIGKILL: nothing is flushed, nothing rolled back.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Whole batches that are there, after checking that each is whole and the rest agrees.
async fn whole_batches(place: &At) -> i64 {
    let store = place.open().await;
    let head = store.head().await.unwrap();
    let log = store.log(Pos(0), Pos(i64::MAX), u32::MAX).await.unwrap();
    let ids: Vec<i64> = log.iter().map(|happened| happened.pos().0).collect();
    let expected: Vec<i64> = (1..=head.0).collect();
    assert!(
        ids == expected,
        "{} messages below a head of {head}",
        ids.len()
    );
    assert_eq!(head.0 % PER_BATCH, 0, "all of a batch or nothing");
    let around = Around::Newest;
    let page = store
        .messages(AccountId(1), CONVERSATION, around, 1)
        .await
        .unwrap();
    assert_eq!(
        page.messages.first().map_or(0, |message| message.id.0),
        head.0
    );
    store.close().await.unwrap();
    head.0 / PER_BATCH
}

async fn killed_at_every_step(place: Arc<At>) {
    let store = place.open().await;
    let start = Rows {
        accounts: vec![rows::account(1)],
        conversations: vec![rows::conversation(CONVERSATION.0, &[1], 0)],
        members: vec![rows::member(CONVERSATION.0, 1, &[(0, None)])],
        ..Rows::default()
    };
    backend::contract::commit(&*store, &start, 0).await;
    store.close().await.unwrap();

    let mut committed = 0;
    for (index, last) in STEPS.iter().enumerate() {
        for at_once in [false, true] {
            let mut writer = Writer::start(&place);
            let mut acknowledged = committed;
            // One whole batch, then up to the step, where it stays; `at_once` kills while the next step is under way.
            let steps = STEPS.iter().chain(&STEPS[..=index]);
            for (place, expected) in steps.enumerate() {
                if place > 0 {
                    writer.go_on();
                }
                assert_eq!(writer.stopped(), *expected);
                acknowledged += i64::from(*expected == "committed");
            }
            if at_once {
                writer.go_on();
            }
            writer.kill();
            let found = whole_batches(&place).await;
            let perhaps = i64::from(at_once && *last == "saved");
            assert!(
                (acknowledged..=acknowledged + perhaps).contains(&found),
                "killed at {last:?}: {acknowledged} acknowledged, {found} found"
            );
            committed = found;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_step_of_a_batch_sqlite_keeps_what_it_acknowledged() {
    in_a_file(|place| Box::pin(killed_at_every_step(place))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_step_of_a_batch_postgresql_keeps_what_it_acknowledged() {
    on_a_server(|place| Box::pin(killed_at_every_step(place))).await;
}
