"""The world of `ci/lab/skype`: a server with the old names, people, and a browser at which they sit."""

import asyncio
import json
import os
import re
import signal
import struct
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from skein import PASSWORD, Failed, Person, Server, Socket, check
from skype_ground import ground
from skype_screen import Browser, Screen, p

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
    """A server, the old names, and people: ann uses a program of another maker, bob sits at a browser, carol and others use our API."""

    def __init__(self) -> None:
        self.count = 0
        self.stack = ExitStack()
        # What is looked at when all steps are through: a name, and what to look at.
        self.at_the_end: list[tuple[str, Callable[[], None]]] = []

    def __enter__(self) -> "World":
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="skein-lab-")))
        self.ground = ground(self.folder)
        exempt = ", ".join(f'"{each}"' for each in self.ground.exempt)
        config = f"[limits]\nexempt = [{exempt}]\nmessages = {{ burst = 60, every_ms = 200 }}\n[skype]\nenabled = true\nhosts = true\n"
        self.server = self.stack.enter_context(Server(config=config, flags=self.ground.flags()))
        self.ground.open(self.server.address("tls"))
        self.stack.callback(self.ground.close)
        certificate = Path(self.server.data) / "tls/certificate.pem"
        check(certificate.exists(), f"there is no {certificate}")
        trust = {"REQUESTS_CA_BUNDLE": str(certificate), "NODE_EXTRA_CA_CERTS": str(certificate)}
        os.environ.update({**self.ground.environment(), **trust})
        self.ann, self.bob, self.carol = (Patient(self.server, name).register() for name in ("ann", "bob", "carol"))
        self.ann.befriend(self.bob)
        self.ann.befriend(self.carol)
        self.bob.befriend(self.carol)
        self.browser = Browser(self.server.url())
        self.stack.callback(self.browser.close)
        self.here = self.between(self.ann, self.bob)
        self.screen = self.browser.enter("bob")
        self.screen.act("chat", self.here)
        return self

    def __exit__(self, *why: object) -> None:
        self.stack.__exit__(*why)

    def path(self, name: str, data: bytes) -> str:
        """A file of that name on the disk, for who sends it from there."""
        self.count += 1
        folder = self.folder / str(self.count)
        folder.mkdir()
        (folder / name).write_bytes(data)
        return str(folder / name)

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

    @contextmanager
    def ringing(self, callee: Person) -> Iterator[threading.Event]:
        """A device of somebody that rings, whoever calls; says when it does."""
        ready, over, rung = threading.Event(), threading.Event(), threading.Event()

        async def ring() -> None:
            rings = await Socket.open(*self.server.address("http"), callee.token)
            await rings.send({"type": "hello", "abilities": {"voice": True, "video": False}})
            await rings.receive()
            ready.set()
            answered: set[str] = set()
            while not over.is_set():
                with suppress(TimeoutError):
                    frame = await asyncio.wait_for(rings.receive(), 0.2)
                    for key in set(re.findall(r'"key": "([0-9a-f]{32})"', json.dumps(frame))) - answered:
                        answered.add(key)
                        step = {"type": "call", "key": key, "step": {"type": "ringing"}}
                        await rings.send({"type": "command", "id": len(answered), "command": step})
                        rung.set()
            await rings.close()

        thread = threading.Thread(target=asyncio.run, args=(ring(),), daemon=True)
        thread.start()
        try:
            check(ready.wait(10), "the device does not come")
            yield rung
        finally:
            over.set()
            thread.join(10)

    def missed_call(self, caller: Screen, callee: Person) -> None:
        """Rings at a device of theirs from a browser, whose person hangs up."""
        with self.ringing(callee) as rung:
            caller.act("call")
            check(rung.wait(10), f"{callee.name}'s device does not ring")
            caller.act("press", "Cancel")


def picture(width: int = 64, height: int = 48) -> bytes:
    """A small PNG (RFC 2083)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"".join(bytes((x * 4 % 256, y * 5 % 256, 128)) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def sound() -> bytes:
    """An eighth of a second of silence as WAV: 8 kHz, 16 bit, mono."""
    data = bytes(2_000)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, 8_000, 16_000, 2, 16, b"data", len(data))
    return head + data


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """What takes longer has failed: the programs themselves wait without end. One inside another ends by whichever is first."""

    def late(*_: object) -> None:
        raise Failed(f"not done after {seconds} s")

    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, late)
    outer = signal.alarm(seconds)  # what is left of the one around, 0 if there is none
    try:
        if 0 < outer < seconds:
            signal.signal(signal.SIGALRM, before)
            signal.alarm(outer)
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        if outer:
            signal.alarm(max(1, outer - int(time.monotonic() - began)))


def until(holds: Callable[[], bool], otherwise: str | Callable[[], str], patience: float = 10.0) -> None:
    """Looks again until it holds: what one side has done reaches the other in its own time."""
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() >= end:
            raise Failed(otherwise if isinstance(otherwise, str) else otherwise())
        time.sleep(0.05)


__all__ = ["PASSWORD", "Failed", "Person", "World", "check", "p", "picture", "sound", "until", "within"]
