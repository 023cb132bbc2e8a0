//! "What is my address?": the Binding client (RFC 8489 §6, RFC 3489 for its oldest purpose).

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Instant;

use sansio::Machine;
use thiserror::Error;

use crate::codec::{Class, Message, MessageWriter, Method, TransactionId};
use crate::transaction::{Due, FIRST_INTERVAL, Transaction};

/// Asks one server once; lives until the answer or the time-out after 39.5 seconds.
#[derive(Debug)]
pub struct BindingClient {
    server: SocketAddr,
    transaction: Option<Transaction>,
    outputs: VecDeque<BindingOutput>,
}

/// What can happen to a [`BindingClient`].
#[derive(Debug)]
pub enum BindingInput {
    /// A datagram came in by the socket that asks.
    Datagram {
        /// From here.
        from: SocketAddr,
        /// These bytes.
        bytes: Vec<u8>,
    },
    /// [`Machine::poll_timeout`] has come.
    Timeout,
}

/// What a [`BindingClient`] wants done, and says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindingOutput {
    /// Send `bytes` to the server.
    Transmit {
        /// The server.
        to: SocketAddr,
        /// The request.
        bytes: Vec<u8>,
    },
    /// The end: our address as the server sees it, or why we do not know it.
    Done(Result<SocketAddr, BindingError>),
}

/// Why an address was not learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BindingError {
    /// Nobody answered.
    #[error("the STUN server did not answer")]
    TimedOut,
    /// The server refused, with this code.
    #[error("the STUN server answered with error {0}")]
    Refused(u16),
    /// The answer said nothing of an address.
    #[error("the STUN server's answer holds no address")]
    NoAddress,
}

impl BindingClient {
    /// Ask `server`; the first request is due at once, so poll for it.
    pub fn new(now: Instant, server: SocketAddr, rng: &mut impl rand::Rng) -> Self {
        let id = TransactionId::random(rng);
        let bytes = MessageWriter::new(Class::Request, Method::Binding, id).finish();
        let transaction = Transaction::new(now, id, bytes, FIRST_INTERVAL);
        let mut client = Self {
            server,
            transaction: Some(transaction),
            outputs: VecDeque::new(),
        };
        client.on_time(now);
        client
    }

    fn on_time(&mut self, now: Instant) {
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        match transaction.poll(now) {
            Due::Nothing => {}
            Due::Send => {
                let bytes = transaction.bytes.clone();
                self.outputs.push_back(BindingOutput::Transmit {
                    to: self.server,
                    bytes,
                });
            }
            Due::GiveUp => self.finish(Err(BindingError::TimedOut)),
        }
    }

    fn on_datagram(&mut self, from: SocketAddr, bytes: &[u8]) {
        let Some(transaction) = &self.transaction else {
            return;
        };
        let Ok(message) = Message::decode(bytes) else {
            return;
        };
        if from != self.server
            || message.id() != transaction.id
            || message.method() != Method::Binding
        {
            return;
        }
        match message.class() {
            Class::Success => {
                self.finish(message.mapped_address().ok_or(BindingError::NoAddress));
            }
            Class::Error => {
                self.finish(Err(BindingError::Refused(
                    message.error_code().unwrap_or(500),
                )));
            }
            Class::Request | Class::Indication => {}
        }
    }

    fn finish(&mut self, result: Result<SocketAddr, BindingError>) {
        self.transaction = None;
        self.outputs.push_back(BindingOutput::Done(result));
    }
}

impl Machine for BindingClient {
    type Input = BindingInput;
    type Output = BindingOutput;
    type Error = Infallible;

    fn handle(&mut self, now: Instant, input: BindingInput) -> Result<(), Infallible> {
        match input {
            BindingInput::Datagram { from, bytes } => self.on_datagram(from, &bytes),
            BindingInput::Timeout => self.on_time(now),
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<BindingOutput> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.transaction.as_ref().map(Transaction::due)
    }
}
