//! What somebody reports to the operator.

use super::stored_enum;
use crate::id::{AccountId, ClientId, DeviceId, MessageId, ReportId, Timestamp};

/// Most messages that a report quotes.
pub const MAX_ABUSE_QUOTES: usize = 10;
/// Code points kept of a quoted message.
pub const QUOTED_CHARS: usize = 2_000;
/// Longest text of a report, in code points.
pub const MAX_REPORT_TEXT: usize = 1_000;
/// Reports kept of one reporter; the oldest closed one makes room.
pub const MAX_REPORTS: usize = 20;

stored_enum! {
    /// Why somebody is reported.
    AbuseReason {
        /// Unasked advertising.
        Spam = 0,
        /// Threats, insults, stalking.
        Harassment = 1,
        /// They pretend to be somebody else.
        Impersonation = 2,
        /// Pictures or words that do harm.
        Harmful = 3,
        /// Something else; the text says what.
        Other = 4,
    }
}

/// A message as it stood when it was reported: what is edited or removed later stays here.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AbuseQuote {
    /// Which.
    pub message: MessageId,
    /// Who wrote it.
    pub author: AccountId,
    /// When.
    pub stamp: Timestamp,
    /// Its words, at most [`QUOTED_CHARS`] code points.
    pub words: String,
}

/// A report to the operator. Unique by device and what the device called it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbuseReport {
    /// Its id.
    pub id: ReportId,
    /// Who reports.
    pub reporter: AccountId,
    /// With which device.
    pub device: DeviceId,
    /// What the device called it.
    pub client: ClientId,
    /// Whom.
    pub about: AccountId,
    /// Why.
    pub reason: AbuseReason,
    /// What the reporter adds.
    pub text: String,
    /// At most [`MAX_ABUSE_QUOTES`].
    pub quotes: Vec<AbuseQuote>,
    /// When.
    pub created: Timestamp,
    /// When the operator closed it; a closed one with the time 0 is removed when written.
    pub closed: Option<Timestamp>,
}

impl AbuseReport {
    /// Whether it is removed when written.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        self.closed == Some(Timestamp(0))
    }
}
