//! Backups that meet another one, or are killed (case F7).

use std::fs;
use std::path::Path;
use std::process::{Child, Output, Stdio};

use rustix::process::Signal;

use crate::cli::{Running, code, run, skein, text};

fn backup(data: &Path, to: &Path) -> Child {
    let mut command = skein(data, &["backup", to.to_str().expect("text")]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("started")
}

fn is_whole(data: &Path, folder: &Path) -> bool {
    let folder = folder.to_str().expect("text");
    code(&run(data, &["backup", folder, "--verify"], "")) == Some(0)
}

/// A server with an account and some bytes among its files.
fn server(data: &Path) -> Running {
    let server = Running::start(data);
    let added = run(
        data,
        &["account", "add", "ana", "--password-stdin"],
        "seven geese over the lake\n",
    );
    assert_eq!(code(&added), Some(0), "{}", text(&added.stderr));
    server
}

fn ended(child: Child) -> Output {
    child.wait_with_output().expect("ended")
}

#[test]
fn of_two_backups_at_once_each_is_whole_or_says_that_there_is_another() {
    let home = tempfile::tempdir().expect("a folder");
    let data = home.path().join("data");
    let server = server(&data);
    let (one, two) = (home.path().join("one"), home.path().join("two"));
    // To different places: both.
    let both = [backup(&data, &one), backup(&data, &two)].map(ended);
    for (made, to) in both.iter().zip([&one, &two]) {
        assert_eq!(code(made), Some(0), "{}", text(&made.stderr));
        assert!(is_whole(&data, to));
    }
    // To one place: one of them, and the other one says why not.
    let to = home.path().join("both");
    let both = [backup(&data, &to), backup(&data, &to)].map(ended);
    let made = both.iter().filter(|output| code(output) == Some(0)).count();
    assert_eq!(made, 1, "{both:?}");
    for output in both.iter().filter(|output| code(output) != Some(0)) {
        let said = text(&output.stderr);
        assert!(
            said.contains("another backup") || said.contains("exists already"),
            "{said}"
        );
    }
    assert!(is_whole(&data, &to));
    assert!(!home.path().join("both.part").exists());
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn a_backup_that_is_killed_at_any_step_is_none_and_hinders_no_other() {
    let home = tempfile::tempdir().expect("a folder");
    let data = home.path().join("data");
    let server = server(&data);
    let to = home.path().join("backup");
    let part = home.path().join("backup.part");
    // Each is killed as soon as this is there.
    let steps = ["", "lock", "skein.db", "blobs", "backup.json"];
    for step in steps {
        let _ = fs::remove_dir_all(&part);
        let mut child = backup(&data, &to);
        let is_over = |child: &mut Child| child.try_wait().expect("waited").is_some();
        while !part.join(step).exists() && !is_over(&mut child) {
            std::thread::yield_now();
        }
        let _ = child.kill();
        ended(child);
        if to.exists() {
            assert!(
                is_whole(&data, &to),
                "it was quicker than the kill at {step:?}"
            );
            fs::remove_dir_all(&to).expect("removed");
        }
    }
    let last = ended(backup(&data, &to));
    assert_eq!(code(&last), Some(0), "{}", text(&last.stderr));
    assert!(is_whole(&data, &to) && !part.exists());
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
}
