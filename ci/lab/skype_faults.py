"""Steps at the edges: other names and old ways to sign in, limits, a proxy that cuts what is silent. Programs must go on after them."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests
from lines import Refused
from skype_ground import GATEWAY, Wire
from skype_node import Node
from skype_world import PASSWORD, Failed, World, check, p, until

MOST = 400  # messages until a limit must have been met
IMPATIENT = 1.0  # seconds of silence after which the wire is cut


@contextmanager
def by_wire(w: World, patience: float | None = None) -> Iterator[Wire]:
    """Meanwhile the gateway's name leads to such a proxy, which comes from an address that is not exempt from limits."""
    wire = Wire(w.ground.listener(), w.server.address("tls"), w.ground.strange, patience)
    wire.start()
    w.ground.lead(GATEWAY, wire.listener)
    try:
        yield wire
    finally:
        w.ground.lead(GATEWAY, None)
        wire.close()


def limits(w: World) -> None:
    """Somebody who writes too fast is told so, as each program understands it, and goes on after the pause; others are not touched."""
    import skpy

    hal = w.stranger("hal")
    hal.befriend(w.carol)
    here = w.between(hal, w.carol)
    other = Node()
    try:
        with by_wire(w):
            chat = skpy.Skype(hal.name, PASSWORD).contacts["carol"].chat
            other.ask("connect", {"username": hal.name, "password": PASSWORD})
            again = lambda text: other.ask("sendMessage", {"textContent": text}, "8:carol")  # noqa: E731: it is handed on
            sent, refusal = until_refused(chat.sendMsg, "SkPy", skpy.core.SkypeRateLimitException)
            answer = refusal.args[1]
            check(answer.json()["errorCode"] == 800, f"SkPy is told {answer.text}")
            pause = int(answer.headers["Retry-After"])
            check(1 <= pause <= 60, f"it may go on after {pause} s")
            more, refusal = until_refused(again, "skype-http", Refused)
            check("wrong return code" in str(refusal), f"skype-http says {refusal}")  # it tells no more
            said = w.word("not limited")
            w.screen.act("write", said)
            w.screen.reads(p(said))
            for go_on in (chat.sendMsg, again):
                time.sleep(pause)  # as it was told
                go_on("after the pause")
        heard = [text_of(each) for each in w.carol.messages(here) if each["body"]["type"] == "text"]
        wanted = [*sent, *more, "after the pause", "after the pause"]
        check(heard == wanted, f"carol has {len(heard)} messages of {len(wanted)}, the last {heard[-3:]}")
    finally:
        other.close()


def until_refused(send: Callable[[str], object], who: str, kind: type) -> tuple[list[str], Exception]:
    """Sends until it is refused: what was sent, and the refusal."""
    sent: list[str] = []
    for number in range(MOST):
        text = f"{who} {number}"
        try:
            send(text)
        except kind as refusal:
            return sent, refusal
        sent.append(text)
    raise Failed(f"{who} sent {MOST} messages and met no limit")


def text_of(message: dict) -> str:
    return "".join(part.get("text", "") for block in message["body"]["blocks"] for part in block["inline"])


def cuts(w: World) -> None:
    """A proxy cuts what was silent for a second, polls above all. SkPy comes again by itself; nothing is lost, and nothing comes twice."""
    import skpy

    ivy = w.stranger("ivy")
    ivy.befriend(w.bob)
    here = w.between(ivy, w.bob)
    w.screen.act("chat", here)
    heard: list[str] = []
    with by_wire(w, IMPATIENT) as wire:

        class Program(skpy.SkypeEventLoop):
            def onEvent(self, event: object) -> None:  # noqa: N802: the library's name
                if isinstance(event, skpy.SkypeNewMessageEvent) and event.msg.userId == "bob":
                    heard.append(event.msg.plain)

        program = Program(ivy.name, PASSWORD, autoAck=False)
        program.conn.endpoints["self"].subscribe()
        with turning(program.cycle):
            said = []
            for _ in range(4):
                a_cut(wire)
                said.append(w.word("between two cuts"))
                w.screen.act("write", said[-1])
            until(lambda: len(heard) >= len(said), f"of {said} it heard {heard}")
            a_cut(wire)
            check(heard == said, f"it heard {heard}, not {said}")


def a_cut(wire: Wire) -> None:
    before = wire.cuts
    until(lambda: wire.cuts > before, "no poll was cut")


@contextmanager
def turning(turn: Callable[[], None]) -> Iterator[None]:
    """Takes such a turn again and again meanwhile, in a thread of its own."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            turn()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def silence(w: World) -> None:
    """A poll that has nothing to tell says so before a proxy loses patience with it. Looked at when all steps are through."""
    joe = w.stranger("joe")
    gateway = f"https://{GATEWAY}/v1/users/ME/endpoints"
    given = requests.post("https://edge.skype.com/rps/v1/rps/skypetoken", data={"access_token": joe.token}, timeout=10).json()
    made = requests.post(gateway, headers={"Authentication": f"skypetoken={given['skypetoken']}"}, json={}, timeout=10)
    proof = {"RegistrationToken": made.headers["Set-RegistrationToken"].split(";")[0]}
    wanted = {"channelType": "httpLongPoll", "interestedResources": ["/v1/users/ME/conversations/ALL/messages"]}
    requests.post(f"{gateway}/SELF/subscriptions", headers=proof, json=wanted, timeout=10).raise_for_status()
    answers: list = []

    def poll() -> None:
        try:
            answers.append(requests.post(f"{gateway}/SELF/subscriptions/0/poll", headers=proof, timeout=29).text)
        except requests.RequestException as failed:
            answers.append(repr(failed))

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()

    def ended() -> None:
        thread.join(30)
        check(answers == ["{}"], f"a poll with nothing to tell: {answers}")

    w.at_the_end.append(("silence, its end", ended))


def names(w: World) -> None:
    """Whatever somebody signs in as, they are one and the same, with their contacts."""
    import skpy

    kim = w.stranger("kim")
    kim.befriend(w.bob)
    mail = f"{kim.name}@mail.example"
    page = w.browser.enter(kim.name)
    page.act("handle", mail)
    w.browser.leave(kim.name)
    spellings = [kim.name.upper(), f"live:{kim.name}", mail, f"{kim.name} "]
    for name in spellings:
        sk = skpy.Skype(name, PASSWORD)  # by the form, or by SOAP where it is mail
        check(sk.userId == kim.name, f"as {name!r} SkPy is {sk.userId!r}")
        sk.contacts.sync()
        check("bob" in {each.id for each in sk.contacts}, f"as {name!r} SkPy has contacts {list(sk.contacts)}")
    for name in spellings[1:3]:
        other = Node()
        try:
            check(other.ask("connect", {"username": name, "password": PASSWORD})["username"] == kim.name, f"{name!r} is somebody else")
            check('"8:bob"' in json.dumps(other.ask("getContacts")), f"as {name!r} skype-http has no contacts")
        finally:
            other.close()


def old_hash(w: World) -> None:
    """Programs of 2014 send a hash, in JSON or as a form; once the account allows it in its settings, by each of its names."""
    dan = w.stranger("dan")
    page = w.browser.enter(dan.name)

    def come(password: str, how: str) -> tuple[int, dict]:
        digest = hashlib.md5(f"{dan.name}\nskyper\n{password}".encode()).digest()  # noqa: S324: it is what they send
        body = {"username": dan.name, "passwordHash": base64.b64encode(digest).decode(), "scopes": "client"}
        answer = requests.post("https://api.skype.com/login/skypetoken", **{how: body}, timeout=10)
        return answer.status_code, answer.json()

    for how in ("json", "data"):
        check("skypetoken" not in come(PASSWORD, how)[1], f"{how}: let in before it was allowed")
    page.act("allowOld", PASSWORD)
    for how in ("json", "data"):
        status, given = come(PASSWORD, how)
        check(status == 200 and given["expiresIn"] == 86_400 and given["skypetoken"], f"{how}: {status} {given}")
        status, given = come("wrong", how)
        check(given.get("status", {}).get("code") == 40120, f"{how}, a wrong password: {status} {given}")
    shown = requests.get("https://api.skype.com/users/self/profile", headers={"X-Skypetoken": come(PASSWORD, "json")[1]["skypetoken"]}, timeout=10)
    check(shown.json()["username"] == dan.name, f"it is {shown.text[:200]}")
    w.browser.leave(dan.name)


STEPS = [("names", names), ("old-hash", old_hash), ("limits", limits), ("cuts", cuts)]
BEFORE_ALL = [("silence", silence)]
