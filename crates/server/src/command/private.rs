//! A folder of this program's own beside a file of the user's, perhaps where others write, too: nothing in it is taken, followed or
//! removed that this program did not put there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::Path;

use rustix::fs::OFlags;

/// Whether there is such a folder: it belongs to who runs this, nobody else may look into it, and `mark` in it says something, or
/// there is nothing else.
///
/// # Errors
/// What else has the name, and what to do about it.
pub(super) fn is_there(folder: &Path, mark: &str) -> Result<bool, String> {
    let found = match fs::symlink_metadata(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.to_string()),
    };
    let away = "move it away, or give another name";
    if !found.is_dir() {
        return Err(format!(
            "it is no folder, and what has come of a copy would lie in one: {away}"
        ));
    }
    let is_own = found.uid() == rustix::process::geteuid().as_raw();
    if !is_own || found.permissions().mode() & 0o077 != 0 {
        return Err(format!(
            "others have this folder, or may look into it: {away}"
        ));
    }
    let marked = fs::symlink_metadata(folder.join(mark));
    if marked.is_ok_and(|marked| marked.is_file() && marked.len() > 0) {
        return Ok(true);
    }
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        if entry.map_err(|error| error.to_string())?.file_name() != *mark {
            return Err(format!("this folder holds something else: {away}"));
        }
    }
    Ok(true)
}

/// Makes it, for its owner only.
///
/// # Errors
/// Those of the system; also if anything has the name by now.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)
}

/// Removes what `is_own` says by its name, and the folder if that was all. Whoever cannot be removed stays, and is seen.
pub(super) fn remove(folder: &Path, is_own: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(&is_own) {
            let _left = fs::remove_file(entry.path());
        }
    }
    let _left = fs::remove_dir(folder);
}

/// A new file, or the one that is there as it is; for its owner only, and never where a link leads.
///
/// # Errors
/// Those of the system.
pub(super) fn writable(path: &Path) -> io::Result<File> {
    options().read(true).truncate(false).open(path)
}

/// A new file; what an interrupted run left there is written over.
///
/// # Errors
/// Those of the system.
pub(super) fn created(path: &Path) -> io::Result<File> {
    options().truncate(true).open(path)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    options
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::symlink;

    use super::*;

    const MARK: &str = "whose";

    #[test]
    fn nothing_is_taken_for_ones_own_that_has_only_the_name() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("ana.zip.part");
        assert_eq!(is_there(&folder, MARK), Ok(false));
        let refused = |words: &str| {
            let why = is_there(&folder, MARK).expect_err("it is not ours");
            assert!(why.contains(words) && why.contains("another name"), "{why}");
        };
        fs::write(&folder, "a letter").expect("written");
        refused("no folder");
        fs::remove_file(&folder).expect("removed");
        let elsewhere = place.path().join("elsewhere");
        make(&elsewhere).expect("made");
        symlink(&elsewhere, &folder).expect("a link");
        refused("no folder");
        fs::remove_file(&folder).expect("removed");

        make(&folder).expect("made");
        assert_eq!(is_there(&folder, MARK), Ok(true), "nothing is in it");
        // Who was ended before anything was said.
        fs::write(folder.join(MARK), "").expect("written");
        assert_eq!(is_there(&folder, MARK), Ok(true));
        fs::write(folder.join("letter.txt"), "dear goose").expect("written");
        refused("something else");
        fs::write(folder.join(MARK), "ana").expect("written");
        assert_eq!(is_there(&folder, MARK), Ok(true));
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).expect("set");
        refused("others");
    }

    #[test]
    fn what_is_not_ones_own_is_neither_followed_nor_removed() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("ana.zip.part");
        make(&folder).expect("made");
        let letter = place.path().join("letter.txt");
        fs::write(&letter, "dear goose").expect("written");
        let planted = folder.join("lists.new");
        symlink(&letter, &planted).expect("a link");
        created(&planted).expect_err("it leads elsewhere");
        writable(&planted).expect_err("it leads elsewhere");
        fs::write(folder.join("other.txt"), "mine").expect("written");
        remove(&folder, |name| name == "lists.new");
        assert!(!planted.is_symlink() && folder.join("other.txt").exists());
        assert_eq!(fs::read_to_string(&letter).expect("there"), "dear goose");
        remove(&folder, |name| name == "other.txt");
        assert!(!folder.exists());
    }
}
