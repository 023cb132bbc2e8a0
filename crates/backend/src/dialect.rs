//! What differs between the two stores, besides the column types in `migrations/`.

use futures_util::future::BoxFuture;
use sqlx::SqlSafeStr;
use sqlx::error::BoxDynError;
use sqlx::migrate::{Migration, MigrationSource, MigrationType};

use crate::table::Placeholders;

/// One store's way.
pub(crate) trait Dialect: sqlx::Database {
    /// How statements of many rows name their parameters.
    const STYLE: Placeholders;
    /// Begins a short read that sees one state of everything.
    const SNAPSHOT: &'static str;
    /// Keeps the words (`$2`, parted by blanks) of message `$1`.
    const KEEP_WORDS: &'static str;
    /// Up to `$3` messages below `$2` whose words are what the expression `$1` says, newest first.
    const FIND_WORDS: &'static str;
    /// Stands before and behind a word of such an expression.
    const QUOTE: char;
    /// Any word that begins so.
    const BEGINS: &'static str;
    /// Both.
    const AND: &'static str;
    /// Either.
    const OR: &'static str;
    /// How many bytes the database takes.
    const SIZE: &'static str;
    /// The tables, version by version.
    const MIGRATIONS: Migrations;
}

impl Dialect for sqlx::Sqlite {
    const STYLE: Placeholders = Placeholders::Bare;
    // The first read of a deferred transaction fixes what it sees (sqlite.org/isolation.html).
    const SNAPSHOT: &'static str = "BEGIN DEFERRED";
    // sqlite.org/fts5.html §3: words are strings between quotation marks.
    const KEEP_WORDS: &'static str =
        "INSERT OR REPLACE INTO message_word (rowid, words) VALUES ($1, $2)";
    const FIND_WORDS: &'static str = "SELECT rowid FROM message_word WHERE message_word MATCH $1 \
         AND rowid < $2 ORDER BY rowid DESC LIMIT $3";
    const QUOTE: char = '"';
    const BEGINS: &'static str = " *";
    const SIZE: &'static str =
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
    const AND: &'static str = " AND ";
    const OR: &'static str = " OR ";
    const MIGRATIONS: Migrations = Migrations(&[
        (
            1,
            "first tables",
            include_str!("../migrations/sqlite/0001_first_tables.sql"),
        ),
        (
            2,
            "guests and bots",
            include_str!("../migrations/sqlite/0002_guests_and_bots.sql"),
        ),
        (
            3,
            "raised bots",
            include_str!("../migrations/sqlite/0003_raised_bots.sql"),
        ),
    ]);
}

impl Dialect for sqlx::Postgres {
    const STYLE: Placeholders = Placeholders::Numbered;
    const SNAPSHOT: &'static str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    // PostgreSQL manual, "Text Search Types": lexemes stand between apostrophes.
    const KEEP_WORDS: &'static str = "INSERT INTO message_word (rowid, words) \
         VALUES ($1, array_to_tsvector(string_to_array($2, ' '))) \
         ON CONFLICT (rowid) DO UPDATE SET words = excluded.words";
    // The sums keep the planner from walking all messages by their id for the sake of the order.
    const FIND_WORDS: &'static str = "SELECT rowid FROM message_word WHERE words @@ $1::tsquery \
         AND rowid + 0 < $2 ORDER BY rowid + 0 DESC LIMIT $3";
    const QUOTE: char = '\'';
    const BEGINS: &'static str = ":*";
    const SIZE: &'static str = "SELECT pg_database_size(current_database())";
    const AND: &'static str = " & ";
    const OR: &'static str = " | ";
    const MIGRATIONS: Migrations = Migrations(&[
        (
            1,
            "first tables",
            include_str!("../migrations/postgres/0001_first_tables.sql"),
        ),
        (
            2,
            "guests and bots",
            include_str!("../migrations/postgres/0002_guests_and_bots.sql"),
        ),
        (
            3,
            "raised bots",
            include_str!("../migrations/postgres/0003_raised_bots.sql"),
        ),
    ]);
}

/// Versions of the tables: number, name, statements. Forward only; never edited after a release.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migrations(&'static [(i64, &'static str, &'static str)]);

impl Migrations {
    /// The version that this program makes.
    pub(crate) fn newest(self) -> i64 {
        self.0.last().map_or(0, |&(version, ..)| version)
    }
}

impl MigrationSource<'static> for Migrations {
    fn resolve(self) -> BoxFuture<'static, Result<Vec<Migration>, BoxDynError>> {
        let all = self.0.iter().map(|&(version, name, text)| {
            Migration::new(
                version,
                name.into(),
                MigrationType::Simple,
                text.into_sql_str(),
                false,
            )
        });
        Box::pin(std::future::ready(Ok(all.collect())))
    }
}
