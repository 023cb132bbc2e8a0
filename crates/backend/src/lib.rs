//! What the hub's ports plug into: SQLite, PostgreSQL, the in-process bus; and the contract suite.
//!
//! The bytes of objects lie in a folder, [`blobs`]. Both stores run the same statements: the modules of `sql/` are compiled once for each, [`sqlite`] and [`postgres`]
//! hold what a connection of theirs needs, and what is left of differences stands in one file, `dialect.rs`.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let folder = std::env::temp_dir().join(format!("skein-doc-{}", std::process::id()));
//! std::fs::create_dir_all(&folder)?;
//! let store = backend::sqlite::open(&folder.join("skein.db")).await?;
//! assert_eq!(store.head().await?, hub::id::Pos(0), "nothing has happened yet");
//! store.close().await?;
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # })
//! # }
//! ```

pub mod blobs;
mod bus;
#[cfg(feature = "contract")]
pub mod contract;
mod dialect;
mod error;
pub mod postgres;
pub mod sqlite;
mod table;

pub use bus::memory_bus;
pub use error::OpenError;
