//! The text of statements over one table, made once and kept: both stores run the same, only the placeholders differ.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// Rows that one statement writes. Few sizes, so that few statements have to be kept prepared.
pub(crate) const WRITE_SIZES: [usize; 4] = [64, 16, 4, 1];
/// Keys that one statement looks for, at most; shorter lists are padded to a power of two.
pub(crate) const FIND_AT_MOST: usize = 256;

/// How a statement names its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Placeholders {
    /// `$1`, `$2`, …
    Numbered,
    /// `?`: SQLite finds the name of the n-th numbered parameter by a walk over all before it, which is dear when one
    /// statement writes 64 rows.
    Bare,
}

/// A table: its name, its columns with those of the key first, and what happens when the key is there already.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// Columns of the key.
    pub(crate) key: &'static [&'static str],
    /// The other columns, in the order in which rows are bound and read.
    pub(crate) rest: &'static [&'static str],
    /// What is read of another table as one more column.
    pub(crate) also: Option<&'static str>,
    /// Only an update that makes this column larger is made.
    pub(crate) rises: Option<&'static str>,
}

impl Table {
    fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.key.iter().chain(self.rest).copied()
    }

    /// How many parameters one row has.
    pub(crate) fn width(&self) -> usize {
        self.key.len() + self.rest.len()
    }

    /// `INSERT … ON CONFLICT … DO UPDATE` of `rows` rows.
    pub(crate) fn upsert(&'static self, style: Placeholders, rows: usize) -> SqlStr {
        kept((self.name, "upsert", rows, style), || {
            let columns: Vec<_> = self.columns().collect();
            let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.name, columns.join(", "));
            groups(&mut sql, style, self.width(), rows);
            let _ = write!(sql, " ON CONFLICT ({}) DO ", self.key.join(", "));
            if self.rest.is_empty() {
                sql.push_str("NOTHING");
                return sql;
            }
            sql.push_str("UPDATE SET ");
            for (index, column) in self.rest.iter().enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                let _ = write!(sql, "{comma}{column} = excluded.{column}");
            }
            if let Some(column) = self.rises {
                let _ = write!(sql, " WHERE excluded.{column} > {}.{column}", self.name);
            }
            sql
        })
    }

    /// `SELECT` of all columns with this `WHERE …`.
    pub(crate) fn select(&'static self, tail: &'static str) -> SqlStr {
        kept((self.name, tail, 0, Placeholders::Numbered), || {
            self.select_text(tail)
        })
    }

    /// `SELECT` of all columns with this `WHERE …`, in which `#` stands for a list of `count` keys of `width` columns.
    pub(crate) fn select_in(
        &'static self,
        tail: &'static str,
        style: Placeholders,
        width: usize,
        count: usize,
    ) -> SqlStr {
        kept((self.name, tail, count, style), || {
            self.select_text(&filled(tail, style, width, count))
        })
    }

    fn select_text(&self, tail: &str) -> String {
        let own = self
            .columns()
            .map(|column| format!("{}.{column}", self.name));
        let columns: Vec<_> = own.chain(self.also.map(str::to_owned)).collect();
        format!(
            "SELECT {} FROM {} WHERE {tail}",
            columns.join(", "),
            self.name
        )
    }
}

/// Any statement in which `#` stands for a list of `count` keys of `width` columns.
pub(crate) fn statement_in(
    text: &'static str,
    style: Placeholders,
    width: usize,
    count: usize,
) -> SqlStr {
    kept(("", text, count, style), || {
        filled(text, style, width, count)
    })
}

fn filled(text: &str, style: Placeholders, width: usize, count: usize) -> String {
    let mut list = String::new();
    if width > 1 {
        // A list of rows is a table of its own, which both stores look up by index.
        list.push_str("VALUES ");
        groups(&mut list, style, width, count);
    } else {
        for n in 1..=count {
            if n > 1 {
                list.push_str(", ");
            }
            placeholder(&mut list, style, n);
        }
    }
    text.replace('#', &list)
}

fn groups(sql: &mut String, style: Placeholders, width: usize, rows: usize) {
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=width {
            if column > 1 {
                sql.push_str(", ");
            }
            placeholder(sql, style, row * width + column);
        }
        sql.push(')');
    }
}

fn placeholder(sql: &mut String, style: Placeholders, n: usize) {
    match style {
        Placeholders::Numbered => {
            let _ = write!(sql, "${n}");
        }
        Placeholders::Bare => sql.push('?'),
    }
}

/// The table, what is done, for how many, and how parameters are named.
type Key = (&'static str, &'static str, usize, Placeholders);

/// Bounded: all parts of the key are constants of this crate, and sizes are a few powers of two.
fn kept(key: Key, make: impl FnOnce() -> String) -> SqlStr {
    static TEXTS: LazyLock<RwLock<HashMap<Key, Arc<str>>>> = LazyLock::new(RwLock::default);
    let known = TEXTS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
        .cloned();
    let text = known.unwrap_or_else(|| {
        let made: Arc<str> = make().into();
        TEXTS
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, Arc::clone(&made));
        made
    });
    // Made of constants only: no text of a peer is ever part of a statement.
    AssertSqlSafe(text).into_sql_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    static THING: Table = Table {
        name: "thing",
        key: &["a", "b"],
        rest: &["pos"],
        also: None,
        rises: Some("pos"),
    };

    #[test]
    fn one_statement_writes_many_rows() {
        assert_eq!(
            THING.upsert(Placeholders::Numbered, 2).as_str(),
            "INSERT INTO thing (a, b, pos) VALUES ($1, $2, $3), ($4, $5, $6) \
             ON CONFLICT (a, b) DO UPDATE SET pos = excluded.pos WHERE excluded.pos > thing.pos"
        );
    }

    #[test]
    fn a_list_of_keys_is_part_of_the_statement() {
        assert_eq!(
            THING
                .select_in("a IN (#)", Placeholders::Numbered, 1, 2)
                .as_str(),
            "SELECT thing.a, thing.b, thing.pos FROM thing WHERE a IN ($1, $2)"
        );
        assert_eq!(
            statement_in(
                "DELETE FROM thing WHERE (a, b) IN (#)",
                Placeholders::Bare,
                2,
                2
            )
            .as_str(),
            "DELETE FROM thing WHERE (a, b) IN (VALUES (?, ?), (?, ?))"
        );
    }
}
