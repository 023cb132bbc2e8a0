"""Pairs of people who write to each other, as fast as it goes or at a rate: the load of `ci/lab/measure` and `ci/lab/crowd`.

Here over WebSocket to a server of ours; a pair of another protocol offers what `Load` names.

One thread, no JSON parsed per frame: the load shares the machine with the server it measures, and must not be what is
measured. What it skips it counts, so that nothing that is missing goes unseen.
"""

import gc
import os
import selectors
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from skein import API, Metered, Person, Server, check

WINDOW = 60  # at most 64 commands of a connection may wait
TICK = 0.001  # how often a load with a rate looks whether something is due
PATIENCE = 30.0  # for what was sent and has not come
WORDS = "about a hundred letters, as people write them on an ordinary day when nothing much happened."


class Outgoing:
    """A connection that never waits: what the socket does not take is sent later."""

    socket: socket.socket
    unsent: bytearray

    def flush(self) -> None:
        while self.unsent:
            try:
                del self.unsent[: self.socket.send(self.unsent)]
            except BlockingIOError:
                return


class Line(Outgoing):
    """A WebSocket (RFC 6455) of somebody, as much as this load needs: whole texts in, whole texts out, nothing waits."""

    def __init__(self, person: Person) -> None:
        self.socket = socket.create_connection(person.server.address("http"), 20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread, self.unsent = b"", bytearray()
        self.socket.sendall(
            f"GET {API}/socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: skein.v1\r\nAuthorization: Bearer {person.token}\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self.unread:
            self.unread += self._receive()
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        check(b" 101 " in head, f"no WebSocket: {head[:60]!r}")
        self.write(b'{"type":"hello","abilities":{"voice":false,"video":false}}')
        self.flush()
        while not (frames := self.read()):
            pass
        check(frames[0].startswith(b'{"type":"welcome"'), f"not a welcome: {frames[0][:60]!r}")
        self.socket.setblocking(False)

    def close(self) -> None:
        self.socket.close()

    def write(self, text: bytes) -> None:
        """Queues a text; the mask of zeros is a mask (§5.3)."""
        length = len(text)
        head = struct.pack("!BB", 0x81, 0x80 | length) if length < 126 else struct.pack("!BBH", 0x81, 0xFE, length)
        self.unsent += head + b"\0\0\0\0" + text

    def read(self) -> list[bytes]:
        """The texts that are there."""
        try:
            self.unread += self._receive()
        except BlockingIOError:
            return []
        data, at, texts = self.unread, 0, []
        while len(data) >= at + 2:
            length, begin = data[at + 1] & 0x7F, at + 2
            if length == 126:
                length, begin = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                length, begin = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if len(data) < begin + length:
                break
            if data[at] == 0x81:
                texts.append(data[begin : begin + length])
            at = begin + length
        self.unread = data[at:]
        return texts

    def _receive(self) -> bytes:
        received = self.socket.recv(1 << 18)
        check(received != b"", "the server closed a connection")
        return received


@dataclass
class Outcome:
    """What a load saw."""

    sent: int = 0
    seconds: float = 0.0
    server: float = 0.0  # processor seconds
    own: float = 0.0
    others: float = 0.0
    delays: list[float] = field(default_factory=list)
    lateness: list[float] = field(default_factory=list)


class Load:
    """One who writes, and those who read it. What it sends carries `at SECONDS ` by the monotonic clock."""

    sent = answered = 0
    seen = 0  # by all readers together
    due = 0.0
    was_full = False
    writer: "Line"
    readers: "list[Line]"

    def may_write(self) -> bool:
        return self.sent - self.answered < WINDOW

    def missing(self) -> int:
        return self.sent * len(self.readers) - self.seen

    def put(self, at: float) -> None:
        raise NotImplementedError

    def take_answers(self) -> None:
        raise NotImplementedError

    def take_messages(self, reader: "Line", delays: list[float]) -> None:
        raise NotImplementedError

    def close(self) -> None:
        for line in (self.writer, *self.readers):
            line.close()


class Talk(Load):
    """Somebody who writes to somebody else, or into a group, through our API."""

    def __init__(self, writer: Person, readers: list[Person], conversation: str | None = None) -> None:
        self.writer, self.readers = Line(writer), [Line(reader) for reader in readers]
        to = f'"conversation":"{conversation}"' if conversation else f'"account":"{readers[0].account}"'
        self.head = f'{{"type":"command","command":{{"type":"send","to":{{{to}}},"client":"{time.time_ns()}-'

    def put(self, at: float) -> None:
        number = self.sent
        self.writer.write(
            f'{self.head}{number}","body":{{"type":"plain","text":"at {at:.6f} {WORDS}"}}}},"id":{number}}}'.encode()
        )
        self.sent += 1

    def take_answers(self) -> None:
        for text in self.writer.read():
            if text.startswith(b'{"type":"done"'):
                self.answered += 1
            else:
                check(not text.startswith((b'{"type":"error"', b'{"type":"bye"')), f"refused: {text[:200]!r}")

    def take_messages(self, reader: Line, delays: list[float]) -> None:
        texts, now = reader.read(), time.monotonic()
        for text in texts:
            if (begin := text.find(b'"text":"at ')) > 0:
                delays.append(now - float(text[begin + 11 : text.index(b" ", begin + 11)]))
                self.seen += 1
            else:
                check(not text.startswith(b'{"type":"bye"'), f"sent away: {text[:200]!r}")


def talk(server: Server, people: list[tuple[Person, Person]], seconds: float, rate: float | None) -> Outcome:
    """Pairs who write one way over WebSocket, through new connections."""
    return run(server, [Talk(left, [right]) for left, right in people], seconds, rate)


def run(server: Metered, pairs: Sequence[Load], seconds: float, rate: float | None) -> Outcome:
    """Every writer writes: `rate` messages a second over all of them, evenly, or as the answers come. Closes the lines."""
    outcome = Outcome()
    selector = selectors.DefaultSelector()
    for pair in pairs:
        selector.register(pair.writer.socket, selectors.EVENT_READ, pair.take_answers)
        for reader in pair.readers:
            take = partial(pair.take_messages, reader, outcome.delays)
            selector.register(reader.socket, selectors.EVENT_READ, take)
    gc.disable()
    began, machine, cpu, own = time.monotonic(), busy_seconds(), server.cpu_seconds(), time.process_time()
    end, step = began + seconds, len(pairs) / rate if rate else 0.0
    for number, pair in enumerate(pairs):
        pair.due = began + step * number / len(pairs)
    while (now := time.monotonic()) < end or any(pair.missing() or pair.answered < pair.sent for pair in pairs):
        check(now < end + PATIENCE, f"{sum(pair.missing() for pair in pairs)} messages never came")
        if now < end:
            for pair in pairs:
                write(pair, now, step, outcome.lateness)
        for key, _ in selector.select(TICK):
            key.data()
    outcome.seconds, outcome.server = time.monotonic() - began, server.cpu_seconds() - cpu
    outcome.own = time.process_time() - own
    outcome.others = busy_seconds() - machine - outcome.server - outcome.own
    gc.enable()
    outcome.sent = sum(pair.sent for pair in pairs)
    for pair in pairs:
        pair.close()
    return outcome


def write(pair: Load, now: float, step: float, lateness: list[float]) -> None:
    """What is due, or as much as may wait. What the server's slowness held back counts from when it was due."""
    while pair.due <= now and pair.may_write():
        if step:
            lateness.append(0.0 if pair.was_full else now - pair.due)
        pair.put(pair.due if pair.was_full else time.monotonic())
        pair.due += step
        pair.was_full = False
    pair.was_full = bool(step) and pair.due <= now
    pair.writer.flush()


def percentile(ordered: list[float], percent: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else float("nan")


def busy_seconds() -> float:
    """Processor time of this machine that went to anything, or was taken from it."""
    user, nice, system, _, _, interrupt, soft, stolen = map(int, Path("/proc/stat").read_text().split(None, 9)[1:9])
    return (user + nice + system + interrupt + soft + stolen) / os.sysconf("SC_CLK_TCK")
