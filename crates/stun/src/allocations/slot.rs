//! A buffer with room before and after the datagram, so that headers are written in place.

/// Room before a received datagram: a Data indication with an IPv6 address needs 48 bytes.
pub const HEADROOM: usize = 64;
/// Room after it: an attribute is padded to four bytes.
pub const TAIL: usize = 3;

/// One datagram on its way through the relay.
#[derive(Debug)]
pub struct Slot {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Slot {
    /// A slot for datagrams of up to `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let bytes = vec![0; HEADROOM + capacity + TAIL].into_boxed_slice();
        Self {
            bytes,
            start: HEADROOM,
            end: HEADROOM,
        }
    }

    /// Where to receive into.
    pub fn receive_area(&mut self) -> &mut [u8] {
        let end = self.bytes.len() - TAIL;
        &mut self.bytes[HEADROOM..end]
    }

    /// A datagram of `length` bytes has been received into [`receive_area`](Self::receive_area).
    pub fn received(&mut self, length: usize) {
        let most = self.bytes.len() - TAIL - HEADROOM;
        self.start = HEADROOM;
        self.end = HEADROOM + length.min(most);
    }

    /// Put a copy of `datagram` in; `false` if it is too long.
    pub fn fill(&mut self, datagram: &[u8]) -> bool {
        let Some(area) = self.receive_area().get_mut(..datagram.len()) else {
            return false;
        };
        area.copy_from_slice(datagram);
        self.received(datagram.len());
        true
    }

    /// The datagram as it is now: what came in, or what is to go out.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Keep only `length` bytes from `at` on.
    pub(super) fn narrow(&mut self, at: usize, length: usize) {
        self.start = (self.start + at).min(self.end);
        self.end = (self.start + length).min(self.end);
    }

    /// Room for `length` bytes directly before the content, which then belong to it.
    pub(super) fn prepend(&mut self, length: usize) -> &mut [u8] {
        let end = self.start;
        self.start = end
            .checked_sub(length)
            .expect("headroom holds the longest header");
        &mut self.bytes[self.start..end]
    }

    /// Zeros after the content until it is a multiple of four bytes long.
    pub(super) fn pad(&mut self) {
        let end = self.start + (self.end - self.start).next_multiple_of(4);
        self.bytes[self.end..end].fill(0);
        self.end = end;
    }
}
