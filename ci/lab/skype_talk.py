"""Steps of SkPy 0.11 that two people see: what is said, sent and shown. The other one sits at a browser; what no screen shows is asked
by our own API."""

import hashlib
import io
import re
import time
from html import unescape

from skype_ann import ann
from skype_world import World, check, p, picture, sound, until, within

HARD = 'a < b && c &amp; <b>x</b> "quoted" é 😀'


def both_ways(w: World) -> None:
    a = ann(w)
    chat = a.sk.contacts["bob"].chat
    said = w.word(f"{chat.id} from SkPy: {HARD}")
    # What SkPy sends as Text it does not escape itself; `&amp;` is one letter then.
    read = said.replace("&amp;", "&")
    sent = chat.sendMsg(said)
    w.screen.reads(p(read), mine=False)
    echo = a.message(lambda msg: getattr(msg, "plain", None) == read, "its own message")
    check(echo.clientId == sent.clientId, "the echo has another client id")
    answer = w.word(f"from bob: {HARD}")
    w.screen.act("write", answer)
    w.screen.reads(p(answer), mine=True)
    heard = a.message(lambda msg: getattr(msg, "plain", None) == answer, answer)
    check(heard.userId == "bob" and heard.chatId == "8:bob", f"from {heard.userId} in {heard.chatId}")


def doings(w: World) -> None:
    """What somebody does, with `/me`."""
    ann(w).sk.contacts["bob"].chat.sendMsg("waves <3", me=True)
    w.screen.reads(p("Ann waves <3"))


def edits(w: World) -> None:
    a = ann(w)
    chat = a.sk.contacts["bob"].chat
    sent = chat.sendMsg(w.word("first"))
    again = w.word("<second> & <b>so</b>")
    sent.edit(again)
    w.screen.reads(p(again), edited=True)
    w.screen.act("write", w.word("bob's first"))
    for turn in range(3):
        anew = w.word(f"bob's <{turn}>")
        w.screen.act("edit", f"{anew} *bold*")
        w.screen.reads(p(anew + " ").replace("</p>", "<strong>bold</strong></p>"), edited=True)
        event = a.hear(
            lambda e, anew=anew: isinstance(e, a.skpy.SkypeEditMessageEvent) and getattr(e.msg, "plain", "") == f"{anew} bold", anew
        )
        check(event.msg.content.count("<e_m") == 1, f"marks of an edit: {event.msg.content}")
    w.screen.act("remove", anew)
    a.hear(lambda e: isinstance(e, a.skpy.SkypeEditMessageEvent) and e.msg.deleted, "that bob's message is gone")
    sent.delete()
    w.screen.see("that ann's message is gone", lambda seen: any(m["gone"] == "Ann removed this message" for m in seen["messages"]), 2)


def walk(w: World) -> None:
    """One message is changed from three sides in turn: by SkPy, by a browser of the same person, and by a name of its sender's own."""
    a, mine = ann(w), w.browser.enter("ann")
    mine.act("chat", w.here)
    chat = a.sk.contacts["bob"].chat
    msg = a.skpy.SkypeMsg

    def rich(word: str) -> str:
        return f"{msg.bold(word)} {msg.link('https://x.example/?a=1', 'l')} {msg.mention(a.sk.contacts['bob'])}"

    def drawn(word: str, me: str) -> str:
        return f"<p><strong>{word}</strong> <a https://x.example/?a=1>l</a> <mention{me}>@Bob</mention></p>"

    sent = chat.sendMsg(rich("one"), rich=True)
    w.screen.reads(drawn("one", " me"))
    for turn in range(2):
        sent.edit(rich(f"two{turn}"), rich=True)
        w.screen.reads(drawn(f"two{turn}", " me"), edited=True)
        mine.reads(drawn(f"two{turn}", ""), edited=True)
        mine.act("edit", f"*three{turn}* and @Bob")
        w.screen.reads(f"<p><strong>three{turn}</strong> and <mention me>@Bob</mention></p>", edited=True)
        chat.createRaw({"skypeeditedid": sent.clientId, "messagetype": "RichText", "contenttype": "text", "content": rich(f"four{turn}")})
        w.screen.reads(drawn(f"four{turn}", " me"), edited=True)
        event = a.hear(
            lambda e, turn=turn: isinstance(e, a.skpy.SkypeEditMessageEvent) and f"four{turn}" in e.msg.content, "the fourth"
        )
        check(event.msg.id == sent.id and event.msg.content.count("<e_m") == 1, f"{event.msg.id}: {event.msg.content}")
        check(event.msg.plain == f"four{turn} https://x.example/?a=1 @bob", f"SkPy reads {event.msg.plain!r}")
    sent.delete()
    gone = lambda seen: seen["messages"][-1]["gone"] != ""  # noqa: E731: it is handed on
    w.screen.see("that it is gone", gone)
    mine.see("that it is gone", gone)


def quotes(w: World) -> None:
    """An answer to a message is a quote of it, both ways."""
    a = ann(w)
    chat = a.sk.contacts["bob"].chat
    asked = w.word("who comes & when?")
    sent = chat.sendMsg(asked)
    w.screen.reads(p(asked))
    w.screen.act("reply", asked, "I do")
    w.screen.reads(p("I do"), quote={"by": "Ann", "words": asked})
    heard = a.message(lambda msg: "I do" in (msg.content or ""), "the answer")
    check(f'<quote author="ann" authorname="Ann" conversation="8:bob" timestamp="{int(sent.id) // 1000}"' in heard.content, heard.content)
    check(asked in heard.plain and heard.plain.endswith("I do"), f"SkPy reads {heard.plain!r}")
    theirs = w.word("bring the <boat>")
    # SkPy names what it quotes by its second alone: nothing else may fall into that one.
    this = int(time.time())
    until(lambda: int(time.time()) > this, "the clock stands still")
    w.screen.act("write", theirs)
    said = a.message(lambda msg: getattr(msg, "plain", None) == theirs, theirs)
    chat.sendMsg(a.skpy.SkypeMsg.quote(said.user, chat, said.time, "bring the &lt;boat&gt;") + "yes", rich=True)
    w.screen.reads("<blockquote><b>Bob</b><p>bring the &lt;boat&gt;</p></blockquote><p>yes</p>")


def typing(w: World) -> None:
    a = ann(w)
    chat = a.sk.contacts["bob"].chat
    chat.setTyping()
    w.screen.see("that ann types", lambda seen: seen["typing"] == "Ann is typing…")
    chat.setTyping(False)
    w.screen.see("that ann does not type", lambda seen: seen["typing"] == "")
    w.screen.act("type", "hm")
    event = a.hear(lambda e: isinstance(e, a.skpy.SkypeTypingEvent) and e.active, "that bob types")
    check(event.userId == "bob", f"{event.userId} types")
    w.screen.act("clear")
    a.hear(lambda e: isinstance(e, a.skpy.SkypeTypingEvent) and not e.active, "that bob does not type")


def history(w: World) -> None:
    """Both read the same lines in the same order; what ann has read and muted is seen at the other end of it."""
    a, mine = ann(w), w.browser.enter("ann")
    said = [w.word("line") for _ in range(65)]
    w.screen.act("write", *said[:10])
    for line in said[10:]:
        w.say(w.bob, w.here, line)
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
    shown = w.screen.act("history")
    check([line for line in shown if line in said] == said, "the screen shows them otherwise")
    check("8:bob" in fresh.chats.recent(), "bob is not among the recent ones")
    w.screen.act("newest")
    mine.act("go", "#/people")
    found[0].read()
    until(lambda: mine_of(w)["unread"] == 0, "it still counts as unread")
    w.screen.see("that ann has read it", lambda seen: seen["messages"][-1]["tick"] == "read")
    mine.act("go", "#/chats")
    for on in (False, True):
        chat.setAlerts(on)
        until(lambda on=on: any("muted" in row["words"] for row in mine.act("standing")) is not on, f"ann's list with alerts {on}")


def mine_of(w: World) -> dict:
    return next(each for each in w.ann.snapshot()["conversations"] if each["id"] == w.here)


# --- files and pictures -----------------------------------------------------------------------------------------------

FILES = [("empty.txt", b"", "0 bytes"), ("one.bin", b"1", "1 byte"), ("é <&>.tar.gz", bytes(range(256)) * 20_000, "5.1 MB")]


def files(w: World) -> None:
    a = ann(w)
    chat = a.sk.contacts["bob"].chat
    for name, data, size in FILES:
        chat.sendFile(io.BytesIO(data), name)
        w.screen.see(f"{name}, {size}", lambda seen, file={"name": name, "size": size}: seen["messages"][-1]["files"] == [file])
        saved = w.screen.act("save", name)
        check(saved["sha256"] == hashlib.sha256(data).hexdigest(), f"{name}: bob saves {saved['size']} other bytes")
    for name, data, size in FILES[1:]:  # a browser sends no empty ones
        w.screen.act("attach", w.path(name, data))
        w.screen.see(f"{name}, {size}", lambda seen, file={"name": name, "size": size}: seen["messages"][-1]["files"] == [file])
        heard = a.message(lambda msg: isinstance(msg, a.skpy.SkypeFileMsg) and msg.userId == "bob", f"bob's {name}")
        check(heard.file.name == name and int(heard.file.size) == len(data), f"{heard.file!r}")
        check(heard.fileContent == data, f"{name}: SkPy gets other bytes")


def several_files(w: World) -> None:
    """What a browser sends at once is links to each for a program; a sound is one by itself."""
    a = ann(w)
    names = ["one & only.txt", "two.txt"]
    w.screen.act("attach", *(w.path(name, name.encode()) for name in names))
    w.screen.see("both", lambda seen: [each["name"] for each in seen["messages"][-1]["files"]] == names)
    heard = a.message(lambda msg: msg.userId == "bob" and "two.txt" in (msg.content or ""), "bob's files")
    links = re.findall(r'<a href="(.*?)">(.*?)</a>', heard.content)
    check([unescape(label) for _, label in links] == names, f"SkPy gets {heard.content}")
    for address, label in links:
        got = a.sk.conn("GET", address, auth=a.skpy.SkypeConnection.Auth.Authorize).content
        check(got == unescape(label).encode(), f"{label}: {got!r}")
    w.screen.act("attach", w.path("voice.wav", sound()))
    w.screen.see("the sound", lambda seen: seen["messages"][-1]["sounds"] == 1)
    heard = a.hear(lambda e: isinstance(getattr(e, "msg", None), a.skpy.SkypeAudioMsg) and e.msg.userId == "bob", "bob's voice").msg
    check(heard.file.name == "voice.wav" and heard.fileContent == sound(), f"{heard.file!r}")


def pictures(w: World) -> None:
    a = ann(w)
    chat = a.sk.contacts["bob"].chat
    ours, theirs = picture(), picture(32, 32)
    # SkPy gives the store no name for it: the message says it.
    chat.sendFile(io.BytesIO(ours), "p.png", image=True)
    w.screen.see("ann's picture", lambda seen: seen["messages"][-1]["pictures"] == [{"name": "p.png", "width": 64, "height": 48}])
    object = w.last(w.bob, w.here)["body"]["objects"][0]
    saved = w.screen.act("fetch", f"/v1/skein/objects/{object['id']}/content")
    check(saved == hashlib.sha256(ours).hexdigest(), "bob gets another picture")
    w.screen.act("attach", w.path("q.png", theirs))
    heard = a.message(lambda msg: isinstance(msg, a.skpy.SkypeImageMsg) and msg.userId == "bob", "bob's picture")
    w.screen.see("bob's picture", lambda seen: seen["messages"][-1]["pictures"] == [{"name": "q.png", "width": 32, "height": 32}])
    check(heard.fileContent == theirs, f"SkPy gets another picture, of {len(heard.fileContent)} bytes")
    thumb = a.sk.conn("GET", heard.file.urlThumb, auth=a.skpy.SkypeConnection.Auth.Authorize).content
    check(len(thumb) > 50, "there is no small picture")


# --- oneself -----------------------------------------------------------------------------------------------------------


def avatar_and_mood(w: World) -> None:
    a = ann(w)
    a.sk.setAvatar(io.BytesIO(picture(96, 96)))
    w.screen.see("ann's picture", lambda seen: seen["head"]["picture"] == 96)
    mood = w.word("busy <building> & so")
    a.sk.setMood(mood)
    w.screen.see("ann's mood", lambda seen: seen["head"]["mood"] == f"“{mood}”")
    theirs = w.word("bob's <mood> & so")
    w.screen.act("mood", theirs)
    w.screen.act("picture", w.path("me.png", picture(600, 600)))
    w.screen.act("chat", w.here)
    a.sk.contacts.sync()
    bob = a.sk.contacts["bob"]
    check(str(bob.mood) == theirs, f"SkPy reads {bob.mood}")
    check(bool(bob.avatar), "SkPy hears of no picture of bob")
    shown = a.sk.conn("GET", bob.avatar, auth=a.skpy.SkypeConnection.Auth.Authorize)
    check(shown.content[:4] in (b"\x89PNG", b"RIFF", b"\xff\xd8\xff\xe0"), f"{bob.avatar}: {shown.content[:16]!r}")


def presence(w: World) -> None:
    a = ann(w)
    status = a.skpy.SkypeUtils.Status
    for wanted, dot in [(status.Busy, "busy"), (status.Hidden, "offline"), (status.Away, "away"), (status.Online, "online")]:
        a.sk.setPresence(wanted)
        w.screen.see(f"that ann is {dot}", lambda seen, dot=dot: seen["head"]["dot"] == dot)
    for label, wanted in [("Do not disturb", status.Busy), ("Away", status.Away), ("Invisible", status.Offline), ("Online", status.Online)]:
        w.screen.act("be", label)

        def told(event: object, wanted: object = wanted) -> bool:
            return isinstance(event, a.skpy.SkypePresenceEvent) and event.userId == "bob" and event.status == wanted

        a.hear(told, f"that bob is {wanted.label}")


STEPS = [
    ("both-ways", both_ways), ("doings", doings), ("edits", edits), ("walk", walk), ("quotes", quotes), ("typing", typing),
    ("history", history), ("files", files), ("several-files", several_files), ("pictures", pictures), ("avatar-and-mood", avatar_and_mood), ("presence", presence),
]  # fmt: skip
