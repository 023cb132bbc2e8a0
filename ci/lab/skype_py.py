"""Steps that SkPy 0.11, unmodified, goes through; after each, the other side is asked by our own API."""

import asyncio
import io
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from skype_world import PASSWORD, Failed, World, check, picture, raw, until, within, words

HARD = 'a < b && c &amp; <b>x</b> "quoted" é 😀'


class Ann:
    """Ann with SkPy: signed in once, and what it has heard."""

    def __init__(self) -> None:
        import skpy  # only now: it reads the environment that the world has made

        self.skpy = skpy
        self.sk = skpy.Skype("ann", PASSWORD)
        self.heard: deque = deque()
        self.sk.conn.endpoints["self"].subscribe()
        self.sk.subscribePresence()

    def hear(self, wanted: Callable[[object], bool], what: str, patience: int = 45) -> object:
        """The next event that is wanted; what came before it and was not asked for yet stays."""
        with within(patience):
            passed: list = []
            try:
                while True:
                    while self.heard:
                        event = self.heard.popleft()
                        if wanted(event):
                            return event
                        passed.append(event)
                    self.heard.extend(self.sk.getEvents())
            except Failed as late:
                kinds = [f"{type(each).__name__} {each.raw.get('resource', {}).get('messagetype', '')}" for each in passed]
                raise Failed(f"SkPy did not hear {what}: {late}; it heard {kinds}") from None
            finally:
                self.heard.extendleft(reversed(passed[-50:]))

    def message(self, content: Callable[[object], bool], what: str) -> object:
        def wanted(event: object) -> bool:
            return isinstance(event, self.skpy.SkypeNewMessageEvent) and content(event.msg)

        return self.hear(wanted, what).msg


def ann(w: World) -> Ann:
    if not hasattr(w, "with_skpy"):
        w.with_skpy = Ann()
    return w.with_skpy


def refused(act: Callable[[], object], *kinds: type) -> str:
    try:
        act()
    except kinds as refusal:
        return str(refusal.args[0])
    raise Failed("it was not refused")


# --- signing in --------------------------------------------------------------------------------------------------------


def by_the_form(w: World) -> None:
    check(ann(w).sk.userId == "ann", f"SkPy is {ann(w).sk.userId}")
    check(ann(w).sk.conn.connected, "SkPy says that it is not connected")


def by_soap(w: World) -> None:
    import skpy

    for name in ("ann", "Ann", "ANN "):
        sk = skpy.Skype(connect=False)
        sk.conn.soapLogin(name, PASSWORD)
        check(sk.userId == "ann", f"signed in as {name!r}, SkPy is {sk.userId!r}")


def by_the_hash(w: World) -> None:
    """Only once the account allows it."""
    import skpy

    dan = w.stranger("dan")
    sk = skpy.Skype(connect=False)
    way = skpy.conn.SkypeAPIAuthProvider(sk.conn)
    refused(lambda: way.auth(dan.name, PASSWORD), skpy.SkypeAuthException, skpy.SkypeApiException)
    dan.command("allow_old_programs", on=True, password=PASSWORD)
    token, expiry = way.auth(dan.name, PASSWORD)
    check(bool(token) and expiry > datetime.now() + timedelta(hours=1), f"a token until {expiry}")
    refused(lambda: way.auth(dan.name, "wrong"), skpy.SkypeAuthException, skpy.SkypeApiException)


def wrong_passwords(w: World) -> None:
    import skpy

    wrong = (skpy.SkypeAuthException, skpy.SkypeApiException)
    said = refused(lambda: skpy.Skype("bob", "wrong"), *wrong)
    check("incorrect" in said, f"by the form SkPy says: {said}")
    sk = skpy.Skype(connect=False)
    said = refused(lambda: sk.conn.soapLogin("bob", "wrong"), *wrong)
    check("FailedAuthentication" in said, f"by SOAP SkPy says: {said}")
    way = skpy.conn.SkypeLiveAuthProvider(sk.conn)
    check(way.checkUser("bob"), "there is a bob")
    check(not way.checkUser("nobody-of-this-name"), "there is nobody of that name")


def tokens_again(w: World) -> None:
    """Tokens that were kept are good; with an expired registration SkPy registers anew; a skypetoken is exchanged."""
    import skpy

    kept = ann(w).sk.conn.writeTokenToStr()
    again = skpy.Skype(connect=False)
    again.conn.readTokenFromStr(kept)
    check(again.user.id == "ann", f"SkPy is {again.user.id}")
    lines = kept.splitlines()
    lines[4] = "1"
    expired = skpy.Skype(connect=False)
    expired.conn.readTokenFromStr("\n".join(lines) + "\n")
    expired.conn.endpoints["self"].subscribe()
    check(expired.conn.connected and expired.conn.tokens["reg"] != lines[3], "SkPy did not register anew")
    expired.conn.refreshSkypeToken()
    check(expired.user.id == "ann", "the token that was exchanged is somebody else's")


# --- people ------------------------------------------------------------------------------------------------------------


def contacts(w: World) -> None:
    sk = ann(w).sk
    sk.contacts.sync()
    check({each.id for each in sk.contacts} >= {"bob", "carol"}, f"contacts: {[each.id for each in sk.contacts]}")
    bob = sk.contacts.contact("bob")
    check(bob is not None and bob.authorised and str(bob.name) == "Bob", f"bob: {bob!r}")
    check(sk.contacts.user("carol") is not None, "carol's public profile")
    check(sk.contacts.user("nobody-of-this-name") is None, "a profile of nobody")
    check("carol" in {each.id for each in sk.contacts.search("carol")}, "carol was not found")
    check(sk.user.id == "ann" and str(sk.user.name) == "Ann", f"ann: {sk.user!r}")


def requests(w: World) -> None:
    sk = ann(w).sk
    eve, frank = w.stranger("eve"), w.stranger("frank")
    for each in (eve, frank):
        each.command("relate", other=w.ann.account, change="ask", greeting="hello & <hi>")
    asked = {each.userId: each for each in sk.contacts.requests()}
    check({eve.name, frank.name} <= set(asked), f"requests: {list(asked)}")
    check(asked[eve.name].greeting == "hello & <hi>", f"greeting: {asked[eve.name].greeting}")
    asked[eve.name].accept()
    asked[frank.name].reject()
    check(state(eve, w.ann) == "contact", f"eve: {state(eve, w.ann)}")
    check(state(w.ann, frank) == "none", f"frank: {state(w.ann, frank)}")
    grace = w.stranger("grace")
    sk.contacts.user(grace.name).invite("let us talk")
    check(state(grace, w.ann) == "incoming", f"grace: {state(grace, w.ann)}")
    user = sk.contacts.user(grace.name)
    user.block()
    check(contact(w.ann, grace)["blocked"], "grace is not blocked")
    user.unblock()
    check(not contact(w.ann, grace)["blocked"], "grace is still blocked")


def contact(of: object, other: object) -> dict:
    found = [each for each in of.snapshot()["contacts"] if each["profile"]["id"] == other.account]
    return found[0] if found else {"state": "none", "blocked": False}


def state(of: object, other: object) -> str:
    return contact(of, other)["state"]


# --- messages ----------------------------------------------------------------------------------------------------------


def both_ways(w: World) -> None:
    a, here = ann(w), w.between(w.ann, w.bob)
    chat = a.sk.contacts["bob"].chat
    said = w.word(f"{chat.id} from SkPy: a < b && c")
    sent = chat.sendMsg(said)
    last = w.last(w.bob, here)
    check(words(last) == said, f"bob reads {words(last)!r}")
    echo = a.message(lambda msg: getattr(msg, "plain", None) == said, "its own message")
    check(echo.clientId == sent.clientId, "the echo has another client id")
    answer = w.word(f"from bob: {HARD}")
    w.say(w.bob, here, answer)
    heard = a.message(lambda msg: getattr(msg, "plain", None) == answer, answer)
    check(heard.userId == "bob" and heard.chatId == "8:bob", f"from {heard.userId} in {heard.chatId}")


def marks(w: World) -> None:
    a, here = ann(w), w.between(w.ann, w.bob)
    msg = a.skpy.SkypeMsg
    rich = f"{msg.bold('b')} {msg.italic('i')} {msg.strike('s')} {msg.mono('m')} {msg.link('https://x.example/?a=1', 'l')}"
    a.sk.contacts["bob"].chat.sendMsg(rich + " " + msg.mention(a.sk.contacts["bob"]) + " &lt;3", rich=True)
    inline = w.last(w.bob, here)["body"]["blocks"][0]["inline"]
    kinds = [part["type"] for part in inline if part["type"] != "text"]
    check(kinds == ["bold", "italic", "strike", "mono", "link", "mention"], f"bob sees {kinds}")
    check(inline[-1] == {"type": "text", "text": " <3"}, f"the end is {inline[-1]}")
    blocks = [{"type": "paragraph", "inline": [
        {"type": "bold", "inline": [{"type": "text", "text": "<&>"}]}, {"type": "text", "text": " and "},
        {"type": "mention", "account": w.ann.account, "name": "Ann"},
    ]}]  # fmt: skip
    w.bob.command("send", to={"conversation": here}, body={"type": "text", "blocks": blocks}, client=w.word("c"))
    heard = a.message(lambda m: "and" in (m.content or "") and "<b" in m.content, "bold letters")
    check(heard.plain == "<&> and @ann", f"SkPy reads {heard.plain!r} of {heard.content!r}")
    a.sk.contacts["bob"].chat.sendMsg("waves", me=True)
    check(words(w.last(w.bob, here)) == "Ann waves", f"bob reads {words(w.last(w.bob, here))!r}")


def edits(w: World) -> None:
    a, here = ann(w), w.between(w.ann, w.bob)
    chat = a.sk.contacts["bob"].chat
    said = w.word("first")
    sent = chat.sendMsg(said)
    again = w.word("<second> & <b>so</b>")
    sent.edit(again)
    last = w.last(w.bob, here)
    check(words(last) == again and last.get("edited"), f"bob reads {words(last)!r}")
    theirs = w.say(w.bob, here, w.word("bob's first"))
    for turn in range(3):
        anew = w.word(f"bob's <{turn}>")
        w.bob.command("edit", message=theirs["id"], body={"type": "plain", "text": anew})
        event = a.hear(
            lambda e, anew=anew: isinstance(e, a.skpy.SkypeEditMessageEvent) and getattr(e.msg, "plain", "") == anew, anew
        )
        check(event.msg.content.count("<e_m") == 1, f"marks of an edit: {event.msg.content}")
    sent.delete()
    check(any(message["deleted"] for message in w.bob.messages(here)), "bob still sees it")
    w.bob.command("delete", message=theirs["id"])
    a.hear(lambda e: isinstance(e, a.skpy.SkypeEditMessageEvent) and e.msg.deleted, "that bob's message is gone")


def typing(w: World) -> None:
    a, here = ann(w), w.between(w.ann, w.bob)

    async def bob_sees() -> None:
        socket = await w.bob.socket()
        await asyncio.to_thread(a.sk.contacts["bob"].chat.setTyping)
        async with asyncio.timeout(15):
            while True:
                frame = await socket.receive()
                if "typing" in str(frame):
                    break
        await socket.close()

    try:
        asyncio.run(bob_sees())
    except TimeoutError:
        raise Failed("bob does not see that ann types") from None
    w.bob.command("typing", to={"conversation": here}, typing=True)
    event = a.hear(lambda e: isinstance(e, a.skpy.SkypeTypingEvent) and e.active, "that bob types")
    check(event.userId == "bob", f"{event.userId} types")


def history(w: World) -> None:
    a, here = ann(w), w.between(w.ann, w.bob)
    said = [w.word("line") for _ in range(75)]
    for line in said:
        w.say(w.bob, here, line)
    fresh = a.skpy.Skype(connect=False)
    fresh.conn.readTokenFromStr(a.sk.conn.writeTokenToStr())
    chat = fresh.chats["8:bob"]
    found: list = []
    with within(60):
        while page := chat.getMsgs():
            found += page
    ids = [each.id for each in found]
    check(len(ids) == len(set(ids)), "a message came twice")
    plain = [getattr(each, "plain", None) for each in found]
    check([line for line in reversed(plain) if line in said] == said, "lines are lacking, or not in their order")
    check("8:bob" in fresh.chats.recent(), "bob is not among the recent ones")
    found[0].read()
    until(lambda: mine(w, here)["unread"] == 0, "it still counts as unread")
    chat.setAlerts(False)
    until(lambda: "muted_until" in mine(w, here)["own"], "it is not muted")
    chat.setAlerts(True)


def mine(w: World, conversation: str) -> dict:
    return next(each for each in w.ann.snapshot()["conversations"] if each["id"] == conversation)


# --- files and pictures -----------------------------------------------------------------------------------------------


def files(w: World) -> None:
    a, here = ann(w), w.between(w.ann, w.bob)
    chat = a.sk.contacts["bob"].chat
    for name, data in [("empty.txt", b""), ("one.bin", b"1"), ("é <&>.tar.gz", bytes(range(256)) * 20_000)]:
        chat.sendFile(io.BytesIO(data), name)
        body = w.last(w.bob, here)["body"]
        check(body["type"] == "objects", f"{name}: bob gets {body['type']}")
        object = body["objects"][0]
        check(object["name"] == name and object["size"] == len(data), f"{name}: {object['name']}, {object['size']}")
        got = raw(w.bob, "GET", f"/objects/{object['id']}/content") if data else b""
        check(got == data, f"{name}: bob gets other bytes")
    data = b"notes of bob\n" * 1000
    w.bob.command(
        "send", to={"conversation": here}, client=w.word("c"), body={"type": "objects", "ids": [w.upload(w.bob, "notes.txt", data)]}
    )
    heard = a.message(lambda msg: isinstance(msg, a.skpy.SkypeFileMsg) and msg.userId == "bob", "bob's file")
    check(heard.file.name == "notes.txt" and int(heard.file.size) == len(data), f"{heard.file!r}")
    check(heard.fileContent == data, "SkPy gets other bytes")


def pictures(w: World) -> None:
    a, here = ann(w), w.between(w.ann, w.bob)
    a.sk.contacts["bob"].chat.sendFile(io.BytesIO(picture()), "p.png", image=True)
    object = w.last(w.bob, here)["body"]["objects"][0]
    check(object["mime"] == "image/png", f"bob gets {object['mime']}")
    check(raw(w.bob, "GET", f"/objects/{object['id']}/preview")[:4] in (b"\x89PNG", b"RIFF", b"\xff\xd8\xff\xe0"), "no preview")
    id = w.upload(w.bob, "q.png", picture(32, 32))
    w.bob.command("send", to={"conversation": here}, client=w.word("c"), body={"type": "objects", "ids": [id]})
    heard = a.message(lambda msg: isinstance(msg, a.skpy.SkypeImageMsg) and msg.userId == "bob", "bob's picture")
    check(len(heard.fileContent) > 50, "SkPy gets no picture")
    thumb = a.sk.conn("GET", heard.file.urlThumb, auth=a.skpy.SkypeConnection.Auth.Authorize).content
    check(len(thumb) > 50, "there is no small picture")


def avatar_and_mood(w: World) -> None:
    a = ann(w)
    a.sk.setAvatar(io.BytesIO(picture(96, 96)))
    until(lambda: card(w).get("picture") is not None, "bob sees no picture of ann")
    mood = w.word("busy <building> & so")
    a.sk.setMood(mood)
    until(lambda: card(w).get("mood") == mood, f"bob reads {card(w).get('mood')!r}")
    theirs = w.word("bob's mood")
    w.bob.command("update_account", mood=theirs)
    a.sk.contacts.sync()
    check(str(a.sk.contacts["bob"].mood) == theirs, f"SkPy reads {a.sk.contacts['bob'].mood}")


def card(w: World) -> dict:
    """What bob sees of ann."""
    return w.bob.request("GET", f"/accounts/{w.ann.account}")["contact"]["profile"]


# --- presence ----------------------------------------------------------------------------------------------------------


def presence(w: World) -> None:
    a = ann(w)
    status = a.skpy.SkypeUtils.Status

    for wanted, shown in [(status.Busy, "busy"), (status.Hidden, "offline"), (status.Online, "online")]:
        a.sk.setPresence(wanted)
        until(lambda shown=shown: w.presence(w.bob, w.ann) == shown, f"{wanted.label}: bob does not see {shown}")

    async def bob_is_busy() -> None:
        socket = await w.bob.socket()
        w.bob.command("set_availability", availability="busy")

        def busy(event: object) -> bool:
            return isinstance(event, a.skpy.SkypePresenceEvent) and event.userId == "bob" and event.status == status.Busy

        a.hear(busy, "that bob is busy")
        await socket.close()

    asyncio.run(bob_is_busy())
    w.bob.command("set_availability", availability=None)


# --- groups, links, calls ----------------------------------------------------------------------------------------------


def groups(w: World) -> None:
    a = ann(w)
    chat = a.sk.chats.create(members=("bob",), admins=("ann",))
    topic = w.word("Plans <&>")
    chat.setTopic(topic)
    here = next(each for each in w.bob.snapshot()["conversations"] if each.get("group", {}).get("title") == topic)["id"]
    said = w.word("to all")
    chat.sendMsg(said)
    check(words(w.last(w.bob, here)) == said, f"bob reads {words(w.last(w.bob, here))!r}")
    chat.addMember("carol")
    check(here in {each["id"] for each in w.carol.snapshot()["conversations"]}, "carol is not in")
    again = a.sk.chats[chat.id]
    check({"ann", "bob", "carol"} <= set(again.userIds) and again.topic == topic, f"{again.userIds} {again.topic}")
    answer = w.word("carol to all")
    w.say(w.carol, here, answer)
    heard = a.message(lambda msg: getattr(msg, "plain", None) == answer, answer)
    check(heard.chatId == chat.id and heard.userId == "carol", f"from {heard.userId} in {heard.chatId}")
    check(any(isinstance(each, a.skpy.SkypeMemberMsg) for each in chat.getMsgs()), "no line says who came")
    chat.removeMember("bob")
    until(lambda: "role" not in group(w.bob, here), "bob is still in")
    chat.leave()
    until(lambda: "role" not in group(w.ann, here), "ann is still in")


def group(of: object, conversation: str) -> dict:
    found = [each for each in of.snapshot()["conversations"] if each["id"] == conversation]
    return found[0].get("group", {}) if found else {}


def others_group(w: World) -> None:
    """A group that is made and changed by somebody else is heard of, step by step."""
    a = ann(w)
    title = w.word("Carol's")
    before = set(a.sk.chats.recent())
    made = w.carol.command(
        "create_group", title=title, members=[w.ann.account, w.bob.account], client=w.word("g")
    )["value"]["conversation"]["id"]

    def line(kind: type, what: str) -> object:
        return a.hear(lambda e: isinstance(getattr(e, "msg", None), kind) and e.msg.chatId not in before, what).msg

    line(a.skpy.SkypeAddMemberMsg, "that it was added")
    w.carol.command("update_group", conversation=made, title=title + "!")
    changed = line(a.skpy.SkypeTopicPropertyMsg, "the new title")
    check(changed.topic == title + "!", f"the title is {changed.topic}")
    w.carol.command("set_members", conversation=made, people=[w.bob.account], to="removed")
    gone = line(a.skpy.SkypeRemoveMemberMsg, "that bob was removed")
    check(gone.memberId == "bob" and gone.chatId == changed.chatId, f"{gone.memberId} was removed")


def links(w: World) -> None:
    a = ann(w)
    chat = a.sk.chats.create(members=("bob", "carol"), admins=("ann",))
    chat.setOpen(True)
    url = chat.joinUrl
    check(bool(url), "there is no link")
    found = a.sk.chats.urlToIds(url)
    check(chat.id in found.values(), f"the link leads to {found}")


def calls(w: World) -> None:
    """Bob calls, ann has nothing that could ring; the call is in the chat."""
    a = ann(w)
    w.missed_call(w.bob, w.ann)
    event = a.hear(lambda e: isinstance(e, a.skpy.SkypeCallEvent), "of the call")
    check("bob" in event.msg.userIds, f"who called: {event.msg.userIds}")
    check(event.msg.state in (a.skpy.SkypeCallMsg.State.Missed, a.skpy.SkypeCallMsg.State.Ended), f"it is {event.msg.state}")


def shared_contacts(w: World) -> None:
    a, here = ann(w), w.between(w.ann, w.bob)
    a.sk.contacts["bob"].chat.sendContacts(a.sk.contacts["carol"])
    before = w.last(w.bob, here)
    check(before["author"] == w.ann.account, "nothing came")


# --- the rest ----------------------------------------------------------------------------------------------------------


def around(w: World) -> None:
    sk = ann(w).sk
    sk.settings.syncFlags()
    sk.settings.webLinkPreviews = False
    sk.settings.syncFlags()
    check(not sk.settings.webLinkPreviews, "a flag was not kept")
    sk.settings.webLinkPreviews = True
    check(sk.settings.callPrivacy is not None, "nothing is said about who may call")
    check(sk.services is not None and sk.translate.languages is not None, "services and languages")
    check(ann(w).skpy.SkypeUtils.static["items"][0]["id"] == "smile", "no list of emoticons")
    sk.contacts.bots()


def after_a_lost_endpoint(w: World) -> None:
    """Its place at the gateway is taken away, as when it was silent for long: it finds its way back by itself."""
    a, here = ann(w), w.between(w.ann, w.bob)
    conn = a.sk.conn
    conn("DELETE", f"{conn.msgsHost}/users/ME/endpoints/SELF", auth=a.skpy.SkypeConnection.Auth.RegToken)
    said, heard = w.word("after it was gone"), threading.Event()

    def bob_says_it_again_and_again() -> None:
        while not heard.wait(1):
            w.say(w.bob, here, said)

    bob = threading.Thread(target=bob_says_it_again_and_again)
    bob.start()
    try:
        a.message(lambda msg: getattr(msg, "plain", None) == said, said)
    finally:
        heard.set()
        bob.join()
    a.sk.subscribePresence()


STEPS = [
    ("form", by_the_form), ("soap", by_soap), ("hash", by_the_hash), ("wrong-password", wrong_passwords), ("tokens", tokens_again),
    ("contacts", contacts), ("requests", requests), ("both-ways", both_ways), ("marks", marks), ("edits", edits),
    ("typing", typing), ("history", history), ("files", files), ("pictures", pictures), ("avatar-and-mood", avatar_and_mood),
    ("presence", presence), ("groups", groups), ("others-group", others_group), ("links", links), ("calls", calls),
    ("shared-contacts", shared_contacts), ("around", around), ("lost-endpoint", after_a_lost_endpoint),
]  # fmt: skip
