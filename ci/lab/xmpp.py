"""An ejabberd of its own, and pairs who write to each other through it: the peer of `ci/lab/crowd`.

XMPP as RFC 6120 and XEP-0198 have it, as much as a load needs; in clear, over loopback.
"""

import base64
import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import load
from skein import PASSWORD, Failed, Metered, check

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")
SCHEMA = Path("/usr/share/ejabberd/sql/lite.sql")
ACK_EVERY = 10  # messages for which one acknowledgement is asked
STREAM = b"<stream:stream to='localhost' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
CONFIG = """
hosts: [localhost]
loglevel: error
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, backlog: 4096}}
auth_method: internal
{store}
modules:
  mod_stream_mgmt: {{}}
  mod_register: {{ip_access: all}}
  mod_offline: {{}}
{archive}
registration_timeout: infinity
shaper: {{}}
"""
ARCHIVE = "  mod_mam: {default: always, access_preferences: none}"
# What each way of keeping means, as its documentation and its files say.
WAYS = {
    "mnesia": "every message in a table of Mnesia that is written without a transaction; acknowledged before it is on disk",
    "sqlite": "every message in SQLite, a transaction each; acknowledged before it is written",
    "nothing": "no message is kept once it is delivered",
}


def is_there(way: str) -> bool:
    driver = way != "sqlite" or any(LIBRARIES.glob("p1_sqlite3-*")) or any(Path("/usr/lib/erlang/lib").glob("p1_sqlite3-*"))
    return shutil.which("erl") is not None and any(LIBRARIES.glob("ejabberd-*")) and driver


class Ejabberd(Metered):
    """The server, with its own folder; it keeps messages as `way` says."""

    def __init__(self, way: str) -> None:
        self.way = way

    def __enter__(self) -> "Ejabberd":
        self._folder = tempfile.TemporaryDirectory(prefix="skein-lab-")
        folder = Path(self._folder.name)
        self.port = free_port()
        store = archive = ""
        if self.way == "sqlite":
            database = folder / "messages.db"
            with contextlib.closing(sqlite3.connect(database)) as made:
                made.executescript(SCHEMA.read_text())
            store = f"sql_type: sqlite\nsql_database: {database}"
        if self.way != "nothing":
            archive = f"{ARCHIVE[:-1]}, db_type: {'sql' if self.way == 'sqlite' else 'mnesia'}}}"
        config = folder / "ejabberd.yml"
        config.write_text(CONFIG.format(port=self.port, store=store, archive=archive))
        environment = {
            **os.environ, "HOME": str(folder), "EJABBERD_CONFIG_PATH": str(config), "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
            "ERL_MAX_PORTS": "65536", "ERL_CRASH_DUMP_SECONDS": "0",
        }
        command = ["erl", "-noinput", "+K", "true", "+Q", "65536", "+P", "1000000", "-mnesia", "dir", f'"{folder}/spool"', "-s", "ejabberd"]
        for library in [*LIBRARIES.glob("*/ebin")]:
            command += ["-pa", str(library)]
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        self._await(folder)
        return self

    def _await(self, folder: Path) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            check(self.process.poll() is None, f"ejabberd ended:\n{self.log.read_text()[-2000:]}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        told = folder / "ejabberd.log"
        raise Failed(f"ejabberd did not come up:\n{told.read_text()[-2000:] if told.exists() else self.log.read_text()[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._folder.cleanup()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Line(load.Outgoing):
    """A stream of somebody, signed in; made by registering when `new`. With `acks` it can ask what the server has handled."""

    def __init__(self, server: Ejabberd, name: str, new: bool = False, acks: bool = False) -> None:
        self.name = name
        self.socket = socket.create_connection(("127.0.0.1", server.port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread, self.unsent = b"", bytearray()
        self._ask(STREAM, b"</stream:features>")
        if new:
            fields = f"<username>{name}</username><password>{PASSWORD}</password>"
            self._ask(f"<iq type='set' id='r'><query xmlns='jabber:iq:register'>{fields}</query></iq>".encode(), b"id='r'")
        secret = base64.b64encode(f"\0{name}\0{PASSWORD}".encode()).decode()
        self._ask(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>".encode(), b"<success")
        self._ask(STREAM, b"</stream:features>")
        self._ask(b"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", b"</jid>")
        if acks:
            self._ask(b"<enable xmlns='urn:xmpp:sm:3'/>", b"<enabled")
        self._ask(b"<presence/>", b"<presence")
        self.socket.setblocking(False)

    def _ask(self, words: bytes, until: bytes) -> None:
        self.socket.sendall(words)
        found = b""
        while until not in found:
            received = self.socket.recv(1 << 16)
            check(received != b"", f"ejabberd closed the stream: {found[-300:]!r}")
            found += received
            check(b"<failure" not in found and b"type='error'" not in found, f"ejabberd refused: {found[-300:]!r}")

    def close(self) -> None:
        """Says so: a stream that only breaks is kept for some minutes."""
        self.socket.setblocking(True)
        with contextlib.suppress(OSError):
            self.socket.sendall(b"</stream:stream>")
        self.socket.close()

    def write(self, words: bytes) -> None:
        self.unsent += words

    def take(self) -> bytes:
        """All that is there, with what was left over."""
        try:
            received = self.socket.recv(1 << 18)
        except BlockingIOError:
            return self.unread
        check(received != b"", "ejabberd closed a connection")
        self.unread += received
        return self.unread


class Talk(load.Load):
    """One who writes to one other."""

    def __init__(self, server: Ejabberd, left: str, right: str) -> None:
        self.writer, self.readers = Line(server, left, acks=True), [Line(server, right)]
        self.to = right

    def put(self, at: float) -> None:
        self.sent += 1
        asks = "<r xmlns='urn:xmpp:sm:3'/>" if self.sent % ACK_EVERY == 0 else ""
        self.writer.write(
            f"<message to='{self.to}@localhost' type='chat' id='{self.sent}'><body>at {at:.6f} {load.WORDS}</body></message>{asks}".encode()
        )

    def take_answers(self) -> None:
        found = self.writer.take()
        for handled in re.finditer(rb"<a [^>]*h='(\d+)'", found):
            # The presence is the first stanza that is counted.
            self.answered = max(self.answered, min(self.sent, int(handled[1]) - 1))
        check(b"<stream:error" not in found and b"type='error'" not in found, f"refused: {found[:300]!r}")
        self.writer.unread = found[found.rfind(b"<") :] if b">" not in found[found.rfind(b"<") :] else b""

    def take_messages(self, reader: Line, delays: list[float]) -> None:
        found, now, end = reader.take(), time.monotonic(), 0
        while (begin := found.find(b"<body>at ", end)) >= 0 and (close := found.find(b"</message>", begin)) >= 0:
            delays.append(now - float(found[begin + 9 : found.index(b" ", begin + 9)]))
            self.seen += 1
            end = close
        # What has arrived needs no acknowledgement more.
        self.answered = max(self.answered, self.seen)
        reader.unread = found[end:]
