//! Pages of lists that programs read newest first, and the mark by which they go on (section 6.4 of the dialect).
//!
//! SkPy's contract: the next page holds first what came since the page before it, then what is older; when nothing is left it is
//! empty. So a mark says both ends of what was seen. It is sealed for the device it was given to: one that was made up, or belongs
//! to another list, is refused.

use hub::Identity;
use hub::id::{ConversationId, Pos, Timestamp};

use webapi::skype::error::gateway::BAD_SYNC_STATE;

use crate::skype::{GatewayRefusal, Skype};

/// What the seal is for.
const PURPOSE: &str = "skype: page";
/// How long a mark holds, in ms: a program keeps it as long as it runs.
const HOLDS: i64 = 30 * 24 * 3_600_000;
/// What was seen of a list: `newest` and everything down to `oldest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    /// Of which conversation; 0 for the list of conversations.
    pub(super) list: ConversationId,
    /// The newest that was seen.
    pub(super) newest: Pos,
    /// Down to here.
    pub(super) oldest: Pos,
    /// The conversation at `oldest`, in the list of conversations.
    pub(super) at: ConversationId,
    /// The bound that the first page was asked with, in ms.
    pub(super) from: Timestamp,
}

impl Seen {
    /// The mark, as letters for an address.
    pub(super) fn seal(&self, skype: &Skype, who: Identity) -> Result<String, hub::Error> {
        let numbers = [
            self.list.0,
            self.newest.0,
            self.oldest.0,
            self.at.0,
            self.from.0,
        ];
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_be_bytes())
            .collect();
        let ends = skype.now().plus_ms(HOLDS);
        let ticket = skype.door.hub.ticket(who, PURPOSE, &bytes, ends)?;
        Ok(hex::encode(ticket))
    }

    /// Reads a mark that was given to this device for this list.
    pub(super) async fn open(
        skype: &Skype,
        who: Identity,
        list: ConversationId,
        text: &str,
    ) -> Result<Self, GatewayRefusal> {
        let opened = async {
            let ticket = hex::decode(text).ok()?;
            let redeemed = skype.door.hub.redeem(PURPOSE, &ticket).await.ok()?;
            let of = |index: usize| {
                let bytes = redeemed.extra.get(index * 8..index * 8 + 8)?;
                bytes.try_into().ok().map(i64::from_be_bytes)
            };
            let seen = Self {
                list: ConversationId(of(0)?),
                newest: Pos(of(1)?),
                oldest: Pos(of(2)?),
                at: ConversationId(of(3)?),
                from: Timestamp(of(4)?),
            };
            (seen.list == list && redeemed.who == who).then_some(seen)
        };
        opened.await.ok_or_else(|| {
            let message = "this syncState was not given out for this list: begin again without it";
            GatewayRefusal::new(axum::http::StatusCode::BAD_REQUEST, BAD_SYNC_STATE, message)
        })
    }
}
