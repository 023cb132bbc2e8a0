"""Steps that skype-http 0.0.15, unmodified, goes through; after each, the other side is asked by our own API."""

import json
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from skype_world import PASSWORD, Failed, World, check, picture, until, words

DRIVER = Path(__file__).with_name("skype-http") / "drive.mjs"


class Node:
    """A process of Node with the library in it."""

    def __init__(self, w: World) -> None:
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115: it lives as long as the process
        self.process = subprocess.Popen(
            ["node", str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=DRIVER.parent
        )
        self.answers: queue.Queue = queue.Queue()
        self.events: list[dict] = []
        self.number = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            said = json.loads(line)
            if "event" in said:
                self.events.append(said["event"])
            else:
                self.answers.put(said)

    def ask(self, name: str, *args: object) -> object:
        self.number += 1
        self.process.stdin.write(json.dumps({"id": self.number, "name": name, "args": args}) + "\n")
        self.process.stdin.flush()
        try:
            answer = self.answers.get(timeout=45)
        except queue.Empty:
            raise Failed(f"{name}: no answer; {self.last_words()}") from None
        check(answer["id"] == self.number, f"an answer to {answer['id']}, not to {self.number}")
        if "error" in answer:
            raise Refused(f"{name}: {answer['error']}")
        return answer["value"]

    def last_words(self) -> str:
        self.log.seek(0)
        return self.log.read()[-1500:]

    def hear(self, wanted: Callable[[dict], bool], what: str, patience: float = 20) -> dict:
        """An event that is wanted. It never may have stumbled over one."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            for event in list(self.events):
                check(event["type"] != "error", f"skype-http could not take an event: {event.get('error')}")
                if wanted(event):
                    return event
            time.sleep(0.05)
        raise Failed(f"skype-http did not hear {what}; it heard {[each['type'] for each in self.events][-20:]}")

    def close(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Refused(Failed):
    """What the library says when it does not go on."""


def node(w: World) -> Node:
    if not hasattr(w, "with_node"):
        w.with_node = Node(w)
        w.with_node.ask("connect", {"username": "ann", "password": PASSWORD})
        w.with_node.ask("listen")
    return w.with_node


def signs_in(w: World) -> None:
    node(w)
    other = Node(w)
    try:
        other.ask("connect", {"username": "Ann", "password": "wrong"})
    except Refused as refused:
        check("WrongCredentials" in str(refused) or "rong" in str(refused), f"it says: {refused}")
    else:
        raise Failed("a wrong password was good")
    finally:
        other.close()


def people(w: World) -> None:
    n = node(w)
    names = {json.dumps(each) for each in n.ask("getContacts")}
    check(any('"8:bob"' in each for each in names), f"contacts: {names}")
    eve, frank = w.stranger("eve"), w.stranger("frank")
    for each in (eve, frank):
        each.command("relate", other=w.ann.account, change="ask", greeting="hello")
    invites = json.dumps(n.ask("getContactInvites"))
    check(f'"8:{eve.name}"' in invites, f"invites: {invites}")
    n.ask("acceptContactRequest", eve.name)
    n.ask("declineContactRequest", frank.name)
    states = {each["profile"]["id"]: each["state"] for each in w.ann.snapshot()["contacts"]}
    check(states.get(eve.account) == "contact", f"eve: {states.get(eve.account)}")
    check(states.get(frank.account, "none") == "none", f"frank: {states.get(frank.account)}")
    check("Bob" in json.dumps(n.ask("getContact", "bob")), "bob's profile")


def messages(w: World) -> None:
    n, here = node(w), w.between(w.ann, w.bob)
    said = w.word("from skype-http &lt;3 <b>bold</b>")
    sent = n.ask("sendMessage", {"textContent": said}, "8:bob")
    check(isinstance(sent["arrivalTime"], int) and sent["MessageId"].isdigit(), f"{sent}")
    read = words(w.last(w.bob, here))
    check(read == said.replace("&lt;", "<").replace("<b>", "").replace("</b>", ""), f"bob reads {read!r}")
    answer = w.word("from bob <x>")
    w.say(w.bob, here, answer)
    written = answer.replace("<", "&lt;").replace(">", "&gt;")
    heard = n.hear(lambda e: (e["resource"] or {}).get("content") == written, written)["resource"]
    check(heard["from"]["username"] == "bob" and heard["conversation"] == "8:bob", f"{heard['from']} {heard['conversation']}")
    w.bob.command("typing", to={"conversation": here}, typing=True)
    n.hear(lambda e: (e["resource"] or {}).get("type") == "Control/Typing", "that bob types")


def pictures(w: World) -> None:
    n, here = node(w), w.between(w.ann, w.bob)
    file = Path(w.folder.name) / "p.png"
    file.write_bytes(picture())
    n.ask("sendImage", {"file": str(file), "name": "p.png"}, "8:bob")
    body = w.last(w.bob, here)["body"]
    check(body["type"] == "objects" and body["objects"][0]["mime"] == "image/png", f"bob gets {body}")
    id = w.upload(w.bob, "notes.txt", b"notes")
    w.bob.command("send", to={"conversation": here}, client=w.word("c"), body={"type": "objects", "ids": [id]})
    heard = n.hear(lambda e: (e["resource"] or {}).get("original_file_name") == "notes.txt", "bob's file")["resource"]
    check(heard["type"] == "RichText/Media_GenericFile" and heard["file_size"] == 5, f"{heard}")


def conversations(w: World) -> None:
    n, here = node(w), w.between(w.ann, w.bob)
    w.say(w.bob, here, w.word("something"))
    check("8:bob" in {each["id"] for each in n.ask("getConversations")}, "the conversation with bob is not listed")
    check(n.ask("getConversation", "8:bob")["id"] == "8:bob", "the conversation with bob")
    users = {"admins": ["8:ann"], "users": ["8:bob", "8:carol"]}
    thread = str(n.ask("createConversation", users)).rsplit("/", 1)[-1]
    check(thread.startswith("19:"), f"the thread is {thread}")
    topic = w.word("Plans")
    n.ask("setConversationTopic", thread, topic)
    titles = [each.get("group", {}).get("title") for each in w.bob.snapshot()["conversations"]]
    check(topic in titles, f"bob's groups: {titles}")
    check(len(n.ask("getConversation", thread)["members"]) == 3, "three are in it")
    dora = w.stranger("dora")
    dora.befriend(w.ann)
    n.ask("addMemberToConversation", thread, f"8:{dora.name}")
    until(lambda: topic in [each.get("group", {}).get("title") for each in dora.snapshot()["conversations"]], "dora is not in")
    check(str(n.ask("getJoinUrl", thread)).startswith("https://"), "there is no link")


def status(w: World) -> None:
    node(w).ask("setStatus", "Busy")
    until(lambda: w.presence(w.bob, w.ann) == "busy", "bob does not see that ann is busy")
    node(w).ask("setStatus", "Online")


def others_group(w: World) -> None:
    """What it cannot take must not reach it: a group of others, a missed call, a contact that is passed on."""
    n, here = node(w), w.between(w.ann, w.bob)
    made = w.carol.command("create_group", title="x", members=[w.ann.account, w.bob.account], client=w.word("g"))
    group = made["value"]["conversation"]["id"]
    w.carol.command("update_group", conversation=group, title="y")
    w.carol.command("set_members", conversation=group, people=[w.bob.account], to="removed")
    w.missed_call(w.bob, w.ann)
    mine = w.say(w.bob, here, w.word("to be edited"))
    w.bob.command("edit", message=mine["id"], body={"type": "plain", "text": w.word("edited")})
    w.bob.command("delete", message=mine["id"])
    said = w.word("after all that")
    w.say(w.bob, here, said)
    n.hear(lambda e: (e["resource"] or {}).get("content") == said, said)
    in_group = w.word("in the group")
    w.say(w.carol, group, in_group)
    n.hear(lambda e: (e["resource"] or {}).get("content") == in_group, in_group)


STEPS = [
    ("http-sign-in", signs_in), ("http-people", people), ("http-messages", messages), ("http-pictures", pictures),
    ("http-conversations", conversations), ("http-status", status), ("http-others-group", others_group),
]  # fmt: skip
