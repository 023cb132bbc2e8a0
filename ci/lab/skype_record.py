"""Writes down what SkPy 0.11 asks and is answered in one session, for the diagram in `docs/protocols/skype.md`: methods, hosts, paths and
statuses, and the names of what comes back. Nothing that is secret, or that is another each time, is written."""

import io
import re
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from skype_world import PASSWORD, World, check

ABOUT = "# One session of SkPy 0.11 with a server of ours, written by `ci/lab/skype --record`. skype_diagram.py draws it.\n"
# What is another each time has a name instead.
NAMED = [
    (re.compile(r"\{[0-9a-f-]{36}\}"), "ENDPOINT"), (re.compile(r"0-[a-z0-9]+-d\d-[0-9a-f]{32}"), "OBJECT"),
    (re.compile(r"\b\d{13}\b"), "STAMP"),
]  # fmt: skip
# Headers that a program must see.
TOLD = ["Set-RegistrationToken", "Location", "Set-Cookie"]
# What begins with a request.
BEGINS = [
    (r"GET login.skype.com/login/oauth", "Signing in by the form of a Microsoft account"),
    (r"GET api.skype.com/users/self/profile", "Who that is"),
    (r"POST \S+/v1/users/ME/endpoints$", "A place at the gateway, and what to hear of there"),
    (r"GET contacts.skype.com", "People"),
    (r"POST \S+/conversations/8:bob/messages$", "Saying something, and hearing it"),
    (r"POST api.asm.skype.com", "A file, and one that comes back"),
]


class Recorder(HTTPAdapter):
    """Takes part in every exchange of a session."""

    def __init__(self, to: Path) -> None:
        super().__init__()
        self.lines: list[str] = [ABOUT]
        self.to = to
        self.begins = list(BEGINS)
        # What others do once a poll is held: in words, and how.
        self.meanwhile: tuple[str, Callable[[], None]] | None = None

    def send(self, request: requests.PreparedRequest, **more: object) -> requests.Response:
        address = urlsplit(request.url)
        asked = named(f"{request.method} {address.hostname}{unquote(address.path)}")
        for begin in self.begins:
            if re.match(begin[0], asked):
                self.begins.remove(begin)
                self.lines.append(f"\n== {begin[1]}\n")
                break
        self.lines.append(f"> {asked}\n")
        if asked.endswith("/poll") and self.meanwhile:
            words, act = self.meanwhile
            self.meanwhile = None
            self.lines.append(f"* {words}\n")
            threading.Thread(target=act, daemon=True).start()
        answer = super().send(request, **more)
        self.lines.append(f"< {answer.status_code} {holds(answer)}".rstrip() + "\n")
        return answer

    def write(self, secrets: list[str]) -> None:
        written = "".join(self.lines)
        check(not any(secret in written for secret in secrets), "a secret is in the recording: nothing was written")
        self.to.write_text(written)


def named(text: str) -> str:
    for pattern, name in NAMED:
        text = pattern.sub(name, text)
    return text


def holds(answer: requests.Response) -> str:
    """What an answer has in it, by its names alone."""
    told = [each for each in TOLD if each in answer.headers]
    kind = answer.headers.get("Content-Type", "")
    if kind.startswith("application/json"):
        body = answer.json()
        events = [event["resource"].get("messagetype", "") for event in body.get("eventMessages", [])] if isinstance(body, dict) else []
        told += [f"NewMessage {each}" if each else "another event" for each in events] or few(sorted(body))
    elif kind.startswith("text/html"):
        told.append("a page")
    elif kind and answer.content:
        told.append("bytes")
    return ", ".join(told)


def few(names: list[str]) -> list[str]:
    return names if len(names) <= 4 else [*names[:4], "…"]


def record(w: World, to: Path) -> None:
    import skpy

    recorder = Recorder(to)
    sk = skpy.Skype(connect=False)
    sk.conn.sess.mount("https://", recorder)
    sk.conn.liveLogin("ann", PASSWORD)
    sk.conn.endpoints["self"].subscribe()
    chat = sk.contacts["bob"].chat
    chat.sendMsg("hello")
    heard = sk.getEvents()
    check(len(heard) == 1, f"SkPy hears {heard}")
    recorder.meanwhile = "bob answers in a browser", lambda: w.screen.act("write", "hello ann")
    hears(sk, lambda msg: msg.plain == "hello ann").ack()
    chat.sendFile(io.BytesIO(b"notes"), "notes.txt")
    check(len(sk.getEvents()) == 1, "SkPy does not hear of its own file")
    path = w.path("answer.txt", b"notes of bob")
    recorder.meanwhile = "bob sends a file in a browser", lambda: w.screen.act("attach", path)
    event = hears(sk, lambda msg: isinstance(msg, skpy.SkypeFileMsg))
    check(event.msg.fileContent == b"notes of bob", "SkPy gets other bytes")
    recorder.write([PASSWORD, sk.conn.tokens["skype"], sk.conn.tokens["reg"].partition("=")[2]])


def hears(sk: object, wanted: Callable[[object], bool]) -> object:
    """The one event that comes while nothing else happens; that somebody types is passed over."""
    while True:
        for event in sk.getEvents():
            if hasattr(event, "msg") and wanted(event.msg):
                return event
