"""Steps that skype-http 0.0.15, unmodified, goes through. Bob sits at a browser; what no screen shows is asked by our own API."""

import json
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from xml.sax.saxutils import escape

from lines import Lines, Refused
from skype_groups import conversation
from skype_world import PASSWORD, Failed, World, check, p, picture, sound, until

DRIVER = Path(__file__).with_name("skype-http") / "drive.mjs"


class Node(Lines):
    """A process of Node with the library in it."""

    def __init__(self) -> None:
        super().__init__("skype-http", "node", str(DRIVER), cwd=DRIVER.parent, patience=45)

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


def node(w: World) -> Node:
    if not hasattr(w, "with_node"):
        w.with_node = Node()
        w.with_node.ask("connect", {"username": "ann", "password": PASSWORD})
        w.with_node.ask("listen")
    return w.with_node


def signs_in(w: World) -> None:
    node(w)
    other = Node()
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
    page = w.browser.enter(eve.name)
    page.act("ask", "ann", "hello")
    frank.command("relate", other=w.ann.account, change="ask", greeting="hello")
    invites = json.dumps(n.ask("getContactInvites"))
    check(f'"8:{eve.name}"' in invites, f"invites: {invites}")
    n.ask("acceptContactRequest", eve.name)
    n.ask("declineContactRequest", frank.name)
    until(lambda: "Ann" in {each["name"] for each in page.act("people")["contacts"]}, "eve does not see ann among her contacts")
    w.browser.leave(eve.name)
    states = {each["profile"]["id"]: each["state"] for each in w.ann.snapshot()["contacts"]}
    check(states.get(frank.account, "none") == "none", f"frank: {states.get(frank.account)}")
    check("Bob" in json.dumps(n.ask("getContact", "bob")), "bob's profile")


def messages(w: World) -> None:
    n = node(w)
    said = w.word("from skype-http &lt;3")
    sent = n.ask("sendMessage", {"textContent": f"{said} <b>bold</b> <i>"}, "8:bob")
    check(isinstance(sent["arrivalTime"], int) and sent["MessageId"].isdigit(), f"{sent}")
    w.screen.reads(f"<p>{said} <strong>bold</strong> &lt;i&gt;</p>", mine=False)
    answer = w.word("from bob <x> *bold*")
    w.screen.act("write", answer)
    written = '<b raw_pre="*" raw_post="*">bold</b>'.join(escape(answer).split("*bold*"))
    heard = n.hear(lambda e: (e["resource"] or {}).get("content") == written, written)["resource"]
    check(heard["from"]["username"] == "bob" and heard["conversation"] == "8:bob", f"{heard['from']} {heard['conversation']}")
    w.screen.act("type", "hm")
    n.hear(lambda e: (e["resource"] or {}).get("type") == "Control/Typing", "that bob types")
    w.screen.act("clear")


def pictures(w: World) -> None:
    n = node(w)
    ours = picture()
    n.ask("sendImage", {"file": w.path("p.png", ours), "name": "p.png"}, "8:bob")
    w.screen.see("ann's picture", lambda seen: [each["width"] for each in seen["messages"][-1]["pictures"]] == [64])
    object = w.last(w.bob, w.here)["body"]["objects"][0]
    check(w.screen.act("fetch", f"/v1/skein/objects/{object['id']}/content") == sha256(ours).hexdigest(), "bob gets another picture")
    w.screen.act("attach", w.path("notes.txt", b"notes"))
    heard = n.hear(lambda e: (e["resource"] or {}).get("original_file_name") == "notes.txt", "bob's file")["resource"]
    check(heard["type"] == "RichText/Media_GenericFile" and heard["file_size"] == 5, f"{heard}")


def conversations(w: World) -> None:
    n = node(w)
    w.screen.act("write", w.word("something"))
    check("8:bob" in {each["id"] for each in n.ask("getConversations")}, "the conversation with bob is not listed")
    check(n.ask("getConversation", "8:bob")["id"] == "8:bob", "the conversation with bob")
    users = {"admins": ["8:ann"], "users": ["8:bob", "8:carol"]}
    thread = str(n.ask("createConversation", users)).rsplit("/", 1)[-1]
    check(thread.startswith("19:"), f"the thread is {thread}")
    topic = w.word("Plans")
    n.ask("setConversationTopic", thread, topic)
    w.screen.act("chat", conversation(w.bob, topic))
    w.screen.line(f"Ann named the group “{topic}”.")
    check(len(n.ask("getConversation", thread)["members"]) == 3, "three are in it")
    dora = w.stranger("dora")
    dora.befriend(w.ann)
    n.ask("addMemberToConversation", thread, f"8:{dora.name}")
    w.screen.line(f"Ann added {dora.name.title()}.")
    check(str(n.ask("getJoinUrl", thread)).startswith("https://"), "there is no link")
    said = w.word("into the group")
    n.ask("sendMessage", {"textContent": said}, thread)
    w.screen.reads(p(said))


def status(w: World) -> None:
    node(w).ask("setStatus", "Busy")
    w.screen.see("that ann is busy", lambda seen: seen["head"]["dot"] == "busy")
    node(w).ask("setStatus", "Online")
    w.screen.see("that ann is there", lambda seen: seen["head"]["dot"] == "online")


def others_group(w: World) -> None:
    """What it cannot take must not reach it: a group of others, a missed call, edits and removals, a sound."""
    n = node(w)
    title = w.word("x")
    group = w.screen.act("makeGroup", title, "Ann", "Carol")
    w.screen.act("titleGroup", title + "y")
    w.screen.act("member", "Carol", "Remove from the group", "Remove")
    w.screen.act("chat", w.here)
    w.missed_call(w.screen, w.ann)
    w.screen.act("write", w.word("to be edited"))
    changed = w.word("edited")
    w.screen.act("edit", changed)
    w.screen.act("remove", changed)
    w.screen.act("attach", w.path("voice.wav", sound()))
    said = w.word("after all that")
    w.screen.act("write", said)
    n.hear(lambda e: (e["resource"] or {}).get("content") == said, said)
    w.screen.act("chat", group)
    in_group = w.word("in the group")
    w.screen.act("write", in_group)
    n.hear(lambda e: (e["resource"] or {}).get("content") == in_group, in_group)


STEPS = [
    ("http-sign-in", signs_in), ("http-people", people), ("http-messages", messages), ("http-pictures", pictures),
    ("http-conversations", conversations), ("http-status", status), ("http-others-group", others_group),
]  # fmt: skip
