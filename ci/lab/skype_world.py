"""Where programs of Skype's web generation find our server under the old names: the ground of `ci/lab/skype`.

A proxy of our own leads every connection to one of the old hosts to the server's TLS port, and refuses all others; so programs
of other makers run unmodified, and nothing leaves this machine. They trust the certificate that the server has made itself.
"""

import asyncio
import hashlib
import http.client
import os
import signal
import socket
import struct
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from skein import EXEMPT, PASSWORD, Failed, Person, Server, Socket, check

CONFIG = f"{EXEMPT}\n[skype]\nenabled = true\nhosts = true\n"
OLD_HOSTS = (".skype.com", ".live.com", ".skypeassets.com", ".microsofttranslator.com")
PIECE = 983_040  # bytes of a piece of an upload


class Proxy(threading.Thread):
    """An HTTP proxy that knows `CONNECT` alone (RFC 9110 §9.3.6)."""

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(daemon=True)
        self.target = target
        self.hosts: set[str] = set()
        self.refused: set[str] = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                received = client.recv(4096)
                if not received or len(head) > 16_384:
                    return
                head += received
            method, address, *_ = head.decode("latin-1").split(" ")
            host, _, port = address.partition(":")
            if method != "CONNECT" or port != "443" or not host.endswith(OLD_HOSTS):
                self.refused.add(address)
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            self.hosts.add(host)
            with socket.create_connection(self.target) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=pour, args=(server, client), daemon=True)
                back.start()
                pour(client, server)
                back.join()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def pour(source: socket.socket, into: socket.socket) -> None:
    """Until either side has gone; then the other hears of it."""
    try:
        while received := source.recv(1 << 16):
            into.sendall(received)
        into.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, into):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Patient(Person):
    """Somebody who may wait for long between two requests: the server closes a connection that is silent."""

    used = 0.0

    def request(self, method: str, path: str, body: object = None) -> dict:
        if time.monotonic() - self.used > 5:
            self.hang_up()
        try:
            return super().request(method, path, body)
        finally:
            self.used = time.monotonic()


class World:
    """A server, the old names, and people: ann uses a program of another maker, everybody else our own API."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> "World":
        self.server = Server(config=CONFIG)
        self.server.__enter__()
        self.folder = tempfile.TemporaryDirectory(prefix="skein-lab-")
        self.proxy = Proxy(self.server.address("tls"))
        self.proxy.start()
        certificate = Path(self.server.data) / "tls/certificate.pem"
        check(certificate.exists(), f"there is no {certificate}")
        self.environment = {
            "HTTPS_PROXY": self.proxy.url, "https_proxy": self.proxy.url, "NO_PROXY": "", "no_proxy": "",
            "REQUESTS_CA_BUNDLE": str(certificate), "NODE_EXTRA_CA_CERTS": str(certificate),
        }  # fmt: skip
        os.environ.update(self.environment)
        self.ann, self.bob, self.carol = (Patient(self.server, name).register() for name in ("ann", "bob", "carol"))
        self.ann.befriend(self.bob)
        self.ann.befriend(self.carol)
        self.bob.befriend(self.carol)
        return self

    def __exit__(self, kind: type | None, value: object, trace: object) -> None:
        self.proxy.close()
        self.folder.cleanup()
        self.server.__exit__(kind, value, trace)

    def word(self, about: str) -> str:
        """Words that were not said before."""
        self.count += 1
        return f"{about} {self.count}"

    def stranger(self, name: str) -> Person:
        self.count += 1
        return Patient(self.server, f"{name}{self.count}").register()

    def between(self, one: Person, other: Person) -> str:
        """The conversation of two."""
        opened = one.command("open_conversation", to={"account": other.account})
        return opened["value"]["conversation"]["id"]

    def last(self, reader: Person, conversation: str) -> dict:
        messages = reader.messages(conversation)
        check(bool(messages), "there is no message")
        return messages[-1]

    def say(self, who: Person, conversation: str, text: str) -> dict:
        self.count += 1
        body = {"type": "plain", "text": text}
        return who.command("send", to={"conversation": conversation}, body=body, client=f"lab-{self.count}")["value"]

    def presence(self, reader: Person, of: Person) -> str:
        """How somebody is for a reader, who is there too: presence is told to those who are connected."""

        async def ask() -> str:
            socket = await reader.socket()
            states = reader.request("GET", "/presence")["presence"]
            await socket.close()
            return next((each["availability"] for each in states if each["account"] == of.account), "offline")

        return asyncio.run(ask())

    def missed_call(self, caller: Person, callee: Person) -> None:
        """Rings at a device of ours, and hangs up."""

        async def ask(socket: Socket, number: int, step: dict) -> None:
            call = {"type": "call", "key": f"{self.count:032x}", "step": step}
            await socket.send({"type": "command", "id": number, "command": call})
            while True:
                frame = await socket.receive()
                check(frame["type"] != "error", f"{step['type']}: {frame.get('error')}")
                if frame["type"] == "done" and frame["id"] == number:
                    return

        async def ring() -> None:
            self.count += 1
            rings = await Socket.open(*self.server.address("http"), callee.token)
            await rings.send({"type": "hello", "abilities": {"voice": True, "video": False}})
            await rings.receive()
            calls = await caller.socket()
            sound = {"audio": True, "video": False, "screen": False}
            invite = {"type": "invite", "to": {"account": callee.account}, "media": sound, "offer": "v=0"}
            await ask(calls, 1, invite)
            await ask(rings, 2, {"type": "ringing"})
            await ask(calls, 3, {"type": "leave", "why": "hang_up"})
            await calls.close()
            await rings.close()

        asyncio.run(ring())

    def upload(self, who: Person, name: str, data: bytes) -> str:
        """A file by our own API; gives its id."""
        self.count += 1
        begun = who.command("begin_object", name=name, size=len(data), client=f"lab-{self.count}")
        object = begun["value"]["object"]["id"]
        for offset in range(0, len(data), PIECE):
            raw(who, "PATCH", f"/objects/{object}", data[offset : offset + PIECE], {"Upload-Offset": str(offset)})
        who.command("finish_object", object=object, sha256=hashlib.sha256(data).hexdigest())
        return object


def raw(who: Person, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> bytes:
    """A request of our API whose body or answer is no JSON."""
    host, port = who.server.address("http")
    connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        connection.request(method, f"/v1/skein{path}", body, {"Authorization": f"Bearer {who.token}", **(headers or {})})
        answer = connection.getresponse()
        data = answer.read()
        check(answer.status < 300, f"{method} {path}: {answer.status} {data[:300]!r}")
        return data
    finally:
        connection.close()


def words(message: dict) -> str:
    """The letters of a message of our API, whatever their marks."""
    return "\n\n".join(filter(None, (block_words(block) for block in message["body"].get("blocks", []))))


def block_words(block: dict) -> str:
    match block["type"]:
        case "paragraph":
            return "".join(inline_words(part) for part in block["inline"])
        case "code":
            return block["text"]
        case "quote":
            return "\n\n".join(block_words(inner) for inner in block["blocks"])
        case _:
            return "\n".join(block_words(inner) for item in block["items"] for inner in item)


def inline_words(part: dict) -> str:
    match part["type"]:
        case "text" | "mono":
            return part["text"]
        case "break":
            return "\n"
        case "emoticon" | "mention":
            return part["name"]
        case _:
            return "".join(inline_words(inner) for inner in part["inline"])


def picture(width: int = 64, height: int = 48) -> bytes:
    """A small PNG (RFC 2083)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"".join(bytes((x * 4 % 256, y * 5 % 256, 128)) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """What takes longer has failed: the programs themselves wait without end."""

    def late(*_: object) -> None:
        raise Failed(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def until(holds: Callable[[], bool], otherwise: str, patience: float = 10.0) -> None:
    """Looks again until it holds: what one side has done reaches the other in its own time."""
    end = time.monotonic() + patience
    while not holds():
        check(time.monotonic() < end, otherwise)
        time.sleep(0.05)


__all__ = ["PASSWORD", "Failed", "Person", "World", "check", "picture", "raw", "until", "within", "words"]
