"""Programs of Skype's web generation that hold a poll each, and people at WebSockets of our own API, who write to each other: the
load of `ci/lab/crowd both`.

One thread and one epoll, as in `load`: whoever receives checks that nothing is missing, twice there or out of order.
"""

import gc
import http.client
import json
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import load
from skein import Person, Server, check

WINDOW = 256  # messages on their way, of all together, when it goes as fast as it can
SENDING = 64  # connections over which programs send, as through a proxy; their polls have one each
SOURCE = "127.0.0.2"  # where programs come from: each address has its own 28,000 ports
LISTEN = {"channelType": "httpLongPoll", "template": "raw", "interestedResources": ["/v1/users/ME/conversations/ALL/messages"]}


class Http(load.Outgoing):
    """A kept connection of HTTP/1.1 that never waits: requests go one after the other, each when the one before is answered."""

    def __init__(self, server: Server, answered: Callable[[bytes], None]) -> None:
        self.socket = socket.create_connection(server.address("http"), 20, source_address=(SOURCE, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.unread, self.unsent = b"", bytearray()
        self.waiting: deque[bytes] = deque()
        self.asked = False
        self.answered = answered

    def ask(self, request: bytes) -> None:
        if self.asked:
            self.waiting.append(request)
            return
        self.asked = True
        self.unsent += request
        self.flush()

    def ready(self) -> None:
        try:
            received = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        check(received != b"", "the server closed a connection of a program")
        self.unread += received
        answer = whole(self.unread)
        if answer is None:
            return
        check(self.unread[9:10] == b"2", f"refused: {self.unread[:400]!r}")
        self.unread, self.asked = b"", False
        self.answered(answer)
        if self.waiting and not self.asked:
            self.ask(self.waiting.popleft())


def whole(data: bytes) -> bytes | None:
    """The body of an answer that is there to its end, by its length or in chunks (RFC 9112 §6)."""
    head, there, body = data.partition(b"\r\n\r\n")
    if not there:
        return None
    head = head.lower()
    if (begin := head.find(b"content-length:")) >= 0:
        length = int(head[begin + 15 :].split(b"\r\n", 1)[0])
        return body if len(body) >= length else None
    check(b"transfer-encoding: chunked" in head, f"an answer without a length: {head!r}")
    found = b""
    while True:
        size, there, rest = body.partition(b"\r\n")
        if not there:
            return None
        length = int(size, 16)
        if len(rest) < length + 2:
            return None
        if length == 0:
            return found
        found += rest[:length]
        body = rest[length + 2 :]


@dataclass
class Heard:
    """What has come from one who writes, at one place where it is read."""

    mark: bytes  # what stands in front of its words
    count: int = 0

    def take(self, texts: bytes, now: float, delays: list[float] | None) -> None:
        """Words are `MARK SECONDS NUMBER `, numbers from 0: the next one is the only one that may come."""
        at = texts.find(self.mark)
        while at >= 0:
            begin = at + len(self.mark)
            sent, number, _ = texts[begin : begin + 60].split(b" ", 2)
            check(int(number) == self.count, f"event {number!r} came where {self.count} was next")
            self.count += 1
            if delays is not None:
                delays.append(now - float(sent))
            at = texts.find(self.mark, begin)


class Program:
    """A program of Skype's web generation of somebody: registered, subscribed, one poll always held."""

    def __init__(self, person: Person) -> None:
        self.person, self.sent = person, 0
        kept = http.client.HTTPConnection(*person.server.address("http"), timeout=60)

        def ask(path: str, body: str, headers: dict[str, str]) -> tuple[http.client.HTTPMessage, bytes]:
            kept.request("POST", path, body, headers)
            answer = kept.getresponse()
            text = answer.read()
            check(answer.status < 300, f"{path}: {answer.status} {text!r}")
            return answer.headers, text

        form = {"Content-Type": "application/x-www-form-urlencoded"}
        _, given = ask("/_/edge.skype.com/rps/v1/rps/skypetoken", f"access_token={person.token}", form)
        proof = {"Authentication": f"skypetoken={json.loads(given)['skypetoken']}"}
        headers, _ = ask("/v1/users/ME/endpoints", "{}", proof)
        self.registration = headers["Set-RegistrationToken"].split(";", 1)[0]
        ask("/v1/users/ME/endpoints/SELF/subscriptions", json.dumps(LISTEN), {"RegistrationToken": self.registration})
        kept.close()

    def request(self, path: str, body: bytes = b"") -> bytes:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nRegistrationToken: {self.registration}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def message(self, to: str, words: str) -> bytes:
        body = {"content": words, "messagetype": "Text", "contenttype": "text", "clientmessageid": str(self.sent)}
        return self.request(f"/v1/users/ME/conversations/8:{to}/messages", json.dumps(body).encode())


@dataclass
class Seen:
    """What one run saw."""

    sent: int = 0
    polled: int = 0  # answers of polls
    seconds: float = 0.0
    server: float = 0.0  # processor seconds
    own: float = 0.0
    by_poll: list[float] = field(default_factory=list)
    by_socket: list[float] = field(default_factory=list)


class Pair:
    """A program and somebody at a WebSocket, who write to each other."""

    way: Http  # over which the program sends

    def __init__(self, crowd: "Crowd", program: Program, person: Person) -> None:
        self.crowd, self.program = crowd, program
        self.name = person.name
        self.line = load.Line(person)
        self.written = 0
        self.head = f'{{"type":"command","command":{{"type":"send","to":{{"account":"{program.person.account}"}},"client":"'
        # A program hears what it has written itself, too.
        self.polled, self.echoed = Heard(b'"content":"s '), Heard(b'"content":"p ')
        self.read = Heard(b'"text":"p ')
        self.poll = program.request("/v1/users/ME/endpoints/SELF/subscriptions/0/poll")
        self.held = Http(program.person.server, self.answer_of_poll)
        self.held.ask(self.poll)

    def answer_of_poll(self, answer: bytes) -> None:
        seen, before = self.crowd.seen, self.polled.count
        seen.polled += 1
        self.polled.take(answer, time.monotonic(), seen.by_poll)
        self.echoed.take(answer, 0.0, None)
        self.crowd.under_way -= self.polled.count - before
        self.held.ask(self.poll)

    def ready(self) -> None:
        texts, now = self.line.read(), time.monotonic()
        before = self.read.count
        for text in texts:
            check(not text.startswith((b'{"type":"error"', b'{"type":"bye"')), f"refused or sent away: {text[:300]!r}")
            if text.startswith(b'{"type":"done"'):
                continue
            self.read.take(text, now, self.crowd.seen.by_socket)
        self.crowd.under_way -= self.read.count - before
        self.line.flush()

    def write(self, from_socket: bool, at: float) -> None:
        if from_socket:
            number = self.written
            self.line.write(
                f'{self.head}{number}","body":{{"type":"plain","text":"s {at:.6f} {number} {load.WORDS}"}}}},"id":{number}}}'.encode()
            )
            self.line.flush()
            self.written += 1
        else:
            number = self.program.sent
            self.way.ask(self.program.message(self.name, f"p {at:.6f} {number} {load.WORDS}"))
            self.program.sent += 1

    def is_whole(self) -> bool:
        """Whether everything has come."""
        own = self.program.sent
        return self.polled.count == self.written and self.read.count == own and self.echoed.count == own

    def close(self) -> None:
        self.line.close()
        self.held.socket.close()


class Crowd:
    """All of them at once."""

    def __init__(self, server: Server, programs: list[Program], people: list[Person]) -> None:
        self.server, self.seen, self.under_way = server, Seen(), 0
        self.selector = selectors.DefaultSelector()
        self.ways: list[Http] = []
        self.pairs: list[Pair] = []
        for program, person in zip(programs, people, strict=True):
            pair = Pair(self, program, person)
            self.selector.register(pair.line.socket, selectors.EVENT_READ, pair.ready)
            self.selector.register(pair.held.socket, selectors.EVENT_READ, pair.held.ready)
            self.pairs.append(pair)
        self.turn = 0

    def quiet(self, seconds: float) -> float:
        """Nobody writes: processor seconds of the server a second."""
        self._start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._step(0.1)
        return self._stop().server / seconds

    def run(self, seconds: float, rate: float | None) -> Seen:
        """Both sides write, one after the other: `rate` messages a second of all together, evenly, or as fast as they come."""
        self._connect()
        self._start()
        began = due = time.monotonic()
        end, step = began + seconds, 1 / rate if rate else 0.0
        window = min(WINDOW, 32 * len(self.pairs))
        while (now := time.monotonic()) < end:
            while due <= now if step else self.under_way < window:
                self._write(due if step else now)
                due += step
            self._step(load.TICK)
        while not all(pair.is_whole() for pair in self.pairs):
            check(time.monotonic() < end + load.PATIENCE, f"{self.under_way} messages never came")
            self._step(0.02)
        self._hang_up()
        return self._stop()

    def _connect(self) -> None:
        """The connections for sending, for each run: the server closes one on which nothing is said for some seconds."""
        self.ways = [Http(self.server, lambda _: None) for _ in range(min(SENDING, len(self.pairs)))]
        for way in self.ways:
            self.selector.register(way.socket, selectors.EVENT_READ, way.ready)
        for number, pair in enumerate(self.pairs):
            pair.way = self.ways[number % len(self.ways)]

    def _hang_up(self) -> None:
        for way in self.ways:
            self.selector.unregister(way.socket)
            way.socket.close()
        self.ways = []

    def _write(self, at: float) -> None:
        of, from_socket = divmod(self.turn, 2)
        self.pairs[of % len(self.pairs)].write(bool(from_socket), at)
        self.turn += 1
        self.under_way += 1
        self.seen.sent += 1

    def _step(self, patience: float) -> None:
        for key, _ in self.selector.select(patience):
            key.data()

    def _start(self) -> None:
        self.seen = Seen()
        gc.disable()
        self._began = time.monotonic(), self.server.cpu_seconds(), time.process_time()

    def _stop(self) -> Seen:
        began, server, own = self._began
        gc.enable()
        self.seen.seconds = time.monotonic() - began
        self.seen.server, self.seen.own = self.server.cpu_seconds() - server, time.process_time() - own
        return self.seen

    def close(self) -> None:
        for pair in self.pairs:
            pair.close()
        self._hang_up()
        self.selector.close()
