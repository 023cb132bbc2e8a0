"""A server of ours in a process of its own, and people who use its public API: the ground of the benches in this folder.

Standard library only, so that it shares no code with what it judges.
"""

import asyncio
import base64
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("SKEIN_PROGRAM", TOP / "target/debug/skein"))
API = "/v1/skein"
PASSWORD = "a goose takes turns at the front"
IDLE = 5.0  # seconds; the server closes a connection whose next request does not begin within ten
# The benches go faster than any person; the limits stand, and this address is exempt.
EXEMPT = '[limits]\nexempt = ["127.0.0.0/8", "::1"]\n'


class Failed(Exception):
    """A bench found what must not be."""


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Failed(otherwise)


# --- the server ------------------------------------------------------------------------------------------------------


class Metered:
    """A process whose use of the machine can be read."""

    process: subprocess.Popen | None

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise Failed("no VmRSS")


@dataclass
class Server(Metered):
    """`skein serve` on free ports. `before` goes in front of the command line, for a namespace."""

    config: str = EXEMPT
    flags: list[str] = field(default_factory=lambda: ["--http", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--udp", "127.0.0.1:0"])
    before: list[str] = field(default_factory=list)
    data: Path | None = None
    process: subprocess.Popen | None = None
    addresses: dict[str, list[str]] = field(default_factory=dict)

    def __enter__(self) -> "Server":
        self._folder = tempfile.TemporaryDirectory(prefix="skein-lab-")
        self.data = self.data or Path(self._folder.name) / "data"
        self.start()
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        self.stop()
        if kind is not None:
            print(f"the server's last lines:\n{self.log.read_text()[-3000:]}")
        self._folder.cleanup()

    def start(self) -> None:
        """Returns when the server has said that it is ready."""
        config = Path(self._folder.name) / "skein.toml"
        config.write_text(self.config)
        self.log = Path(self._folder.name) / "log"
        command = [*self.before, str(PROGRAM), "serve", "--config", str(config), "--data", str(self.data), *self.flags, "--json"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"the server ended before it was ready:\n{self.log.read_text()[-2000:]}")
        self.addresses = ready_addresses(line)

    def stop(self, how: int = signal.SIGTERM, patience: float = 20.0) -> int:
        """Ends it and gives its exit status; a server that does not go in time is a failure."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"the server did not stop within {patience} s of signal {how}") from None
        finally:
            self.process.stdout.close()
            self.process = None
        return status

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def address(self, name: str) -> tuple[str, int]:
        """The first address of a listener: `http`, `tls`, `udp`."""
        host, _, port = self.addresses[name][0].rpartition(":")
        return host.strip("[]"), int(port)

    def url(self, name: str = "http") -> str:
        host, port = self.address(name)
        return f"{'https' if name == 'tls' else 'http'}://{host}:{port}"



def ready_addresses(line: str) -> dict[str, list[str]]:
    """The ready line: every listener with its addresses, and the certificate's `fingerprint`."""
    found: dict[str, list[str]] = {}
    for name, value in json.loads(line).items():
        values = value if isinstance(value, list) else [value]
        found[name] = [str(each) for each in values]
    return found


# --- people ----------------------------------------------------------------------------------------------------------


class Refused(Exception):
    """The server's own answer to a request it refused."""

    def __init__(self, status: int, error: dict) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.code = error.get("code")


class Person:
    """Somebody who is signed in with one device, over plain HTTP with connections kept open, or TLS."""

    def __init__(self, server: Server, name: str, door: str = "http") -> None:
        self.server, self.name, self.door = server, name, door
        self.connection: http.client.HTTPConnection | None = None
        self.used = 0.0  # when, by the clock that only goes forward
        self.token = self.account = None

    def register(self) -> "Person":
        return self._admitted("register", display=self.name.title())

    def sign_in(self) -> "Person":
        return self._admitted("sign-in")

    def _admitted(self, how: str, **more: str) -> "Person":
        hello = {"label": "lab", "kind": "bot"}
        answer = self.request("POST", f"/{how}", {"name": self.name, "password": PASSWORD, "device": hello, **more})
        self.token, self.account = answer["token"], answer["account"]["id"]
        return self

    def twin(self) -> "Person":
        """The same device over a connection of its own, for another thread."""
        twin = Person(self.server, self.name, self.door)
        twin.token, twin.account = self.token, self.account
        return twin

    def request(self, method: str, path: str, body: object = None) -> dict:
        sent = json.dumps(body).encode() if body is not None else None
        text = self.raw(method, path, sent, {"Content-Type": "application/json"})
        return json.loads(text) if text else {}

    def raw(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        """One request; a connection that the server has closed is opened again once."""
        if time.monotonic() - self.used > IDLE:
            self.hang_up()
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = connect(self.server, self.door)
                proof = {"Authorization": f"Bearer {self.token}"} if self.token else {}
                self.connection.request(method, API + path, body, {**(headers or {}), **proof})
                answer = self.connection.getresponse()
                text = answer.read()
                self.used = time.monotonic()
                break
            except (OSError, http.client.HTTPException):
                self.hang_up()
                if attempt == 2 or method != "GET":
                    raise
        if answer.status >= 300:
            raise Refused(answer.status, json.loads(text) if text else {})
        return text

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def command(self, type: str, **fields: object) -> dict:
        return self.request("POST", "/command", {"type": type, **fields})

    def send(self, to: "Person", text: str, client: str) -> dict:
        body = {"type": "plain", "text": text}
        return self.command("send", to={"account": to.account}, body=body, client=client)["value"]

    def befriend(self, other: "Person") -> None:
        self.command("relate", other=other.account, change="ask")
        other.command("relate", other=self.account, change="accept")

    def snapshot(self) -> dict:
        """The state now; `at` is where to go on."""
        return self.request("GET", "/sync")["snapshot"]

    def events_since(self, position: str, limit: int = 500) -> list[dict]:
        """All durable events after a position, page by page."""
        events, more = [], True
        while more:
            page = self.request("GET", f"/sync?since={position}&limit={limit}")
            check(page["type"] == "events", f"asked for events since {position}, got a {page['type']}")
            events += page["events"]
            position, more = page["next"], page["more"]
        return events

    def messages(self, conversation: str) -> list[dict]:
        """All messages of a conversation, oldest first."""
        found: list[dict] = []
        earlier, before = True, ""
        while earlier:
            page = self.request("GET", f"/conversations/{conversation}/messages?limit=200{before}")
            found = page["messages"] + found
            earlier = page["earlier"]
            if found:
                before = f"&before={found[0]['id']}"
        return found

    async def socket(self, since: str | None = None, voice: bool = False) -> "Socket":
        socket = await Socket.open(*self.server.address(self.door), self.token, tls=self.door == "tls")
        hello: dict[str, object] = {"type": "hello", "abilities": {"voice": voice, "video": False}}
        if since is not None:
            hello["since"] = since
        await socket.send(hello)
        socket.welcome = await socket.receive()
        check(socket.welcome["type"] == "welcome", f"not a welcome: {socket.welcome}")
        return socket


def connect(server: Server, door: str) -> http.client.HTTPConnection:
    host, port = server.address(door)
    if door == "tls":
        return http.client.HTTPSConnection(host, port, timeout=60, context=any_certificate())
    connection = http.client.HTTPConnection(host, port, timeout=60)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def any_certificate() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


# --- WebSocket (RFC 6455), as much as a client needs ------------------------------------------------------------------


class Closed(Exception):
    """The server closed the connection."""


class Socket:
    """JSON frames over a WebSocket. One task reads, any number write."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.welcome: dict = {}

    @classmethod
    async def open(cls, host: str, port: int, token: str, tls: bool = False) -> "Socket":
        reader, writer = await asyncio.open_connection(host, port, ssl=any_certificate() if tls else None, limit=1 << 20)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {API}/socket HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: skein.v1\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        check(" 101 " in head.splitlines()[0], f"no WebSocket: {head.splitlines()[0]}")
        check("skein.v1" in head, "the server did not name the subprotocol")
        return cls(reader, writer)

    def put(self, value: object) -> None:
        """Queues a frame; clients mask what they send (RFC 6455 §5.3), and a mask of zeros is a mask."""
        payload = json.dumps(value).encode()
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x81, 0x80 | length)
        elif length < 1 << 16:
            head = struct.pack("!BBH", 0x81, 0xFE, length)
        else:
            head = struct.pack("!BBQ", 0x81, 0xFF, length)
        self.writer.write(head + b"\0\0\0\0" + payload)

    async def send(self, value: object) -> None:
        self.put(value)
        await self.writer.drain()

    async def receive(self) -> dict:
        while True:
            try:
                first, second = await self.reader.readexactly(2)
                length = second & 0x7F
                if length == 126:
                    (length,) = struct.unpack("!H", await self.reader.readexactly(2))
                elif length == 127:
                    (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
                payload = await self.reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionError) as gone:
                raise Closed("the connection is gone") from gone
            match first & 0x0F:
                case 1:
                    return json.loads(payload)
                case 8:
                    raise Closed(f"closed: {payload[:2].hex()} {payload[2:]!r}")
                case 9:
                    self.writer.write(struct.pack("!BB", 0x8A, 0x80 | length) + b"\0\0\0\0" + payload)
                case other:
                    check(other == 10, f"a frame of kind {other}")

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await self.writer.wait_closed()


def punctual() -> list[str]:
    """In front of a command whose sound is judged, where we may: other work on the machine is no part of the verdict."""
    return ["chrt", "--rr", "20"] if os.geteuid() == 0 and shutil.which("chrt") else []


# --- a bench ----------------------------------------------------------------------------------------------------------


def seed(given: int | None) -> random.Random:
    """Chance that can be repeated: the seed is printed."""
    number = given if given is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {number}")
    return random.Random(number)


def tell(command: list[str], patience: float, said: str | None = None) -> str:
    """Runs a command to its end and gives what it printed; one that fails is a failure with what it complained of. One that
    takes longer, or whose bench is ended, is asked to stop, so that it takes its own children along."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            printed, complaint = process.communicate(said, patience)
            verdict = f"ended with {process.returncode}"
        except subprocess.TimeoutExpired:
            verdict = f"was not done after {patience} s"
            process.terminate()
            try:
                printed, complaint = process.communicate(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                printed, complaint = process.communicate()
        except BaseException:
            process.terminate()
            raise
    check(verdict == "ended with 0", f"{' '.join(command)}: {verdict}\n{complaint[-3000:]}")
    return printed


def run(name: str, bench: "object") -> None:
    """Runs a bench as a program: prints its verdict, exits 1 when it failed."""
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was made is removed
    try:
        bench()
    except Failed as failure:
        print(f"{name}: FAILED: {failure}")
        raise SystemExit(1) from None
    print(f"{name}: passed in {time.monotonic() - began:.1f} s")
