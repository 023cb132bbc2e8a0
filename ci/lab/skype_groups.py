"""Steps of SkPy 0.11 with more than two: groups, links and guests, calls, and what is passed on. Bob sits at a browser."""

import re

from skype_ann import ann, refused
from skype_table import MESSAGES
from skype_world import World, check, p, until


def conversation(of: object, title: str) -> str:
    """The group of that title."""
    found = [each["id"] for each in of.snapshot()["conversations"] if each.get("group", {}).get("title") == title]
    check(bool(found), f"{of.name} is in no group called {title}")
    return found[0]


def groups(w: World) -> None:
    """A group that SkPy makes and changes, as the screen of one who is in it tells it."""
    a = ann(w)
    chat = a.sk.chats.create(members=("bob",), admins=("ann",))
    topic = w.word("Plans <&>")
    chat.setTopic(topic)
    here = conversation(w.bob, topic)
    w.screen.act("chat", here)
    w.screen.see("the title", lambda seen: seen["head"]["title"] == topic)
    w.screen.line(f"Ann named the group “{topic}”.")
    said = w.word("to all")
    chat.sendMsg(said)
    w.screen.reads(p(said), mine=False)
    chat.addMember("carol")
    w.screen.line("Ann added Carol.")
    chat.addMember("carol", admin=True)
    w.screen.line("Ann made Carol admin.")
    chat.addMember("carol")
    w.screen.line("Ann made Carol an ordinary member.")
    check(len(w.screen.act("members")) == 3, f"the details show {w.screen.act('members')}")
    chat.setHistory(True)
    w.screen.line("Ann lets newcomers see what was said before them.")
    again = a.sk.chats[chat.id]
    check({"ann", "bob", "carol"} <= set(again.userIds) and again.topic == topic, f"{again.userIds} {again.topic}")
    answer = w.word("bob to all")
    w.screen.act("write", answer)
    heard = a.message(lambda msg: getattr(msg, "plain", None) == answer, answer)
    check(heard.chatId == chat.id and heard.userId == "bob", f"from {heard.userId} in {heard.chatId}")
    named = w.word("all of you")
    chat.sendMsg(f"{a.skpy.SkypeMsg.mention_all} {named}", rich=True)
    w.screen.reads(f"<p><mention me>@all</mention> {named}</p>", names_me=True)
    check(any(isinstance(each, a.skpy.SkypeMemberMsg) for each in chat.getMsgs()), "no line says who came")
    chat.removeMember("carol")
    w.screen.line("Ann removed Carol.")
    chat.leave()
    w.screen.line("Ann left.")
    until(lambda: "role" not in group(w.ann, here), "ann is still in")


def group(of: object, conversation: str) -> dict:
    found = [each for each in of.snapshot()["conversations"] if each["id"] == conversation]
    return found[0].get("group", {}) if found else {}


def browsers_group(w: World) -> None:
    """What becomes of a group in a browser is a line there, and to SkPy a message of its kind: the rows of the table that only the server
    says, as the screen and the program have them."""
    a = ann(w)
    before = set(a.sk.chats.recent())
    here = w.screen.act("makeGroup", w.word("Bob's <b>"), "Ann")

    def told(row: dict) -> object:
        """SkPy hears what the row says, letter by letter but for the time."""
        kind = getattr(a.skpy, row["skpy"])
        event = a.hear(lambda e: isinstance(getattr(e, "msg", None), kind) and e.msg.chatId not in before, row["name"])
        content = re.sub(r"<eventtime>\d+<", "<eventtime>1714557600123<", event.msg.content)
        check(event.msg.type == row["messagetype"] and content == row["content"], f"{row['name']}: {event.msg.type} {content}")
        check(event.msg.userId == "bob", f"{row['name']}: {event.msg.userId} did it")
        return event.msg

    came = a.hear(lambda e: isinstance(getattr(e, "msg", None), a.skpy.SkypeAddMemberMsg) and e.msg.chatId not in before, "that it was added")
    check(came.msg.userId == "bob", f"{came.msg.userId} added {came.msg.memberId}")
    for name, act in [
        ("a title", ("titleGroup", "New <topic> & more")), ("somebody is added", ("addToGroup", "Carol")),
        ("somebody has another role", ("member", "Carol", "Make admin")),
        ("somebody is removed", ("member", "Carol", "Remove from the group", "Remove")),
    ]:  # fmt: skip
        w.screen.act(*act)
        w.screen.line(MESSAGES[name]["screen"])
        msg = told(MESSAGES[name])
    said = w.word("from SkPy into it")
    a.sk.chats[msg.chatId].sendMsg(said)
    w.screen.reads(p(said))
    w.screen.act("leaveGroup")
    told(MESSAGES["somebody leaves"])
    check("role" in group(w.ann, here), "ann is out too")


# --- links and guests --------------------------------------------------------------------------------------------------


def links(w: World) -> None:
    a = ann(w)
    chat = a.sk.chats.create(members=("bob", "carol"), admins=("ann",))
    chat.setOpen(True)
    url = chat.joinUrl
    check(bool(url), "there is no link")
    found = a.sk.chats.urlToIds(url)
    check(chat.id in found.values(), f"the link leads to {found}")


def guests(w: World) -> None:
    """Somebody without an account comes by the link of a program, and by one of a browser; speaks, hears, and leaves."""
    import skpy

    a = ann(w)
    chat = a.sk.chats.create(members=("bob",), admins=("ann",))
    topic = w.word("Open water")
    chat.setTopic(topic)
    chat.setOpen(True)
    here = conversation(w.bob, topic)
    w.screen.act("chat", here)
    zoe = guest(w, skpy, chat.joinUrl, "Zoe <Z>")
    w.screen.line("Zoe <Z> joined by a link.")
    theirs = zoe.chats[chat.id]
    said = w.word("from zoe <b>")
    theirs.sendMsg(said)
    w.screen.reads(p(said), mine=False)
    check("Zoe <Z>" in w.screen.last()["by"], f"it is by {w.screen.last()['by']}")
    heard = a.message(lambda msg: getattr(msg, "plain", None) == said, said)
    check(heard.userId.startswith("guest:"), f"it is from {heard.userId}")
    zoe.conn.endpoints["self"].subscribe()
    answer = w.word("to zoe")
    w.screen.act("write", answer)
    events: list = []
    until(lambda: events.extend(zoe.getEvents()) or any(answer in str(each.raw) for each in events), "zoe does not hear bob", 45)
    zoe.contacts.sync()
    check(not list(zoe.contacts), f"a guest has contacts: {list(zoe.contacts)}")
    theirs.leave()
    # Who was only a guest is gone then, and their name with them.
    left = ("Zoe <Z> left.", "Deleted account left.")
    w.screen.see("that zoe left", lambda seen: any(line in left for line in seen["lines"]))

    def there() -> list[str]:
        return sorted(a.sk.chats.chat(chat.id).userIds)

    until(lambda: there() == ["ann", "bob"], lambda: f"zoe has left, and in it are {', '.join(there())}")
    # By a link that was made in a browser. Bob is no admin until ann says so.
    chat.addMember("bob", admin=True)
    w.screen.line("Ann made Bob admin.")
    yan = guest(w, skpy, w.screen.act("link"), "Yan")
    w.screen.line("Yan joined by a link.")
    check(str(yan.user.name) == "Yan", f"yan is {yan.user.name}")
    chat.setOpen(False)
    refused(lambda: guest(w, skpy, chat.joinUrl, "Late"), skpy.SkypeApiException)


def guest(w: World, skpy: object, link: str, name: str) -> object:
    sk = skpy.Skype(connect=False)
    sk.conn.guestLogin(link, name)
    check(sk.conn.guest, f"{sk.userId} is no guest")
    return sk


# --- calls, and what is passed on --------------------------------------------------------------------------------------


def calls(w: World) -> None:
    """Bob calls in his browser and gives up; ann's program cannot ring, another device of hers does. The call is in both chats."""
    a = ann(w)
    before = len(w.screen.look()["calls"])
    w.missed_call(w.screen, w.ann)
    ended = a.hear(lambda e: isinstance(e, a.skpy.SkypeCallEvent), "that it is over")
    row = MESSAGES["a call"]
    check((ended.msg.type, ended.msg.content) == (row["messagetype"], row["content"]), f"SkPy hears {ended.msg.content}")
    check(ended.msg.userIds == ["bob"] and ended.msg.state == a.skpy.SkypeCallMsg.State.Missed, f"{ended.msg.userIds}: {ended.msg.state}")
    w.screen.see("the call", lambda seen: len(seen["calls"]) == before + 1 and seen["calls"][-1].startswith(row["screen"]))


STEPS = [
    ("groups", groups), ("browsers-group", browsers_group), ("links", links), ("guests", guests), ("calls", calls),
]  # fmt: skip
