//! From the driver's errors to what the hub and the operator can act on.

use hub::store::StoreError;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

/// Why a store could not be opened; the sentence is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address of the store cannot be read.
    #[error("the address of the store cannot be read: {0}")]
    Address(String),
    /// The store does not answer, or the file cannot be read and written.
    #[error("{place} cannot be opened: {why}")]
    Away {
        /// The file or the server.
        place: String,
        /// What it says.
        why: String,
    },
    /// The disk is full.
    #[error("there is no room for {place}: make room, or give a folder on another disk")]
    Full {
        /// The file.
        place: String,
    },
    /// The file is none of ours.
    #[error("{place} is not a database of Skein: give another path, or move the file away")]
    Foreign {
        /// The file.
        place: String,
    },
    /// The file is torn.
    #[error(
        "{place} is damaged, or a copy that was made while a server wrote to it ({why}): restore a backup (skein \
         restore); only `skein backup` copies what is in use"
    )]
    Damaged {
        /// The file.
        place: String,
        /// What is the matter.
        why: String,
    },
    /// It was made by a newer Skein.
    #[error(
        "{place} was made by a newer Skein (its tables have version {found}, this program knows {known}): \
         install that version or restore a backup"
    )]
    Newer {
        /// The file or the server.
        place: String,
        /// The version of its tables.
        found: i64,
        /// The version that this program makes.
        known: i64,
    },
    /// Its tables are not those that this or an older Skein made.
    #[error("the tables of {place} are not as Skein made them ({why}): restore a backup")]
    Changed {
        /// The file or the server.
        place: String,
        /// What differs.
        why: String,
    },
}

impl OpenError {
    /// What a failed change of the tables means; `known` is the version that this program makes.
    pub(crate) fn from_migration(place: &str, known: i64, error: &MigrateError) -> Self {
        let place = place.to_owned();
        match error {
            MigrateError::VersionMissing(found) => Self::Newer {
                place,
                found: *found,
                known,
            },
            MigrateError::Execute(error) => Self::Away {
                place,
                why: error.to_string(),
            },
            other => Self::Changed {
                place,
                why: other.to_string(),
            },
        }
    }
}

/// What the hub is told of an error of the driver.
pub(crate) fn store_error(error: sqlx::Error) -> StoreError {
    use sqlx::Error as E;
    match &error {
        E::Database(database) if !is_away(database.as_ref()) => {
            StoreError::Broken(error.to_string())
        }
        E::Database(_)
        | E::Io(_)
        | E::Tls(_)
        | E::Protocol(_)
        | E::PoolTimedOut
        | E::PoolClosed
        | E::WorkerCrashed
        | E::BeginFailed => StoreError::Away(error.to_string()),
        _ => StoreError::Broken(error.to_string()),
    }
}

/// Whether the database says that it cannot now, rather than that the statement is wrong.
pub(crate) fn is_away(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else {
        return false;
    };
    if error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .is_some()
    {
        // PostgreSQL appendix A: 08 connection, 25P03 idle transaction ended, 28 sign-in, 3D no such database,
        // 40 rolled back, 53 resources, 55P03 lock not available, 57 operator, 58 system.
        return matches!(&*code, "25P03" | "55P03")
            || ["08", "28", "3D", "40", "53", "57", "58"]
                .iter()
                .any(|class| code.starts_with(class));
    }
    // sqlite.org/rescode.html: BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN; the low byte is the
    // primary code.
    let primary = code.parse::<i32>().unwrap_or(0) & 0xff;
    matches!(primary, 5..=10 | 13 | 14)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_away_and_a_wrong_row_is_broken() {
        let lost = sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(matches!(store_error(lost), StoreError::Away(_)));
        let wrong = sqlx::Error::Decode("no such kind".into());
        assert!(matches!(store_error(wrong), StoreError::Broken(_)));
    }
}
