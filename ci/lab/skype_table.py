"""The table of what is said, which the tests of `webapi` share (`crates/webapi/tests/vectors/skype-table.json`): every row from SkPy to a
browser, and from a browser to SkPy. A row is judged by what the screen draws and by what SkPy gets, letter by letter."""

import json
from xml.sax.saxutils import escape

from skein import TOP
from skype_ann import Ann, ann, refused
from skype_world import World, check, p, picture, sound

TABLE = json.loads((TOP / "crates/webapi/tests/vectors/skype-table.json").read_text())


def spelled(row: dict) -> dict:
    """A row of letters in full: they are written escaped once, as either kind, and nothing in them is a mark."""
    if "letters" not in row:
        return row
    letters = row["letters"]
    once = escape(letters)
    both = [["Text", once], ["RichText", once], *row.get("also", [])]
    return {"name": letters, "rich": once, "screen": p(letters), "plain": letters, "typed": letters, "sends": both}


ROWS = [spelled(row) for row in TABLE["texts"]]
MESSAGES = {row["name"]: row for row in TABLE["messages"]}


def from_the_program(w: World) -> None:
    """What SkPy sends, in each spelling that a program has for it: as it is drawn, and as SkPy itself gets it back."""
    a = ann(w)
    since(a, w, "the table from SkPy")
    chat = a.sk.contacts["bob"].chat
    sent = [(row, kind, content) for row in ROWS for kind, content in row.get("sends", [])]
    for _, kind, content in sent:
        chat.sendRaw(messagetype=kind, content=content)
    w.screen.all_read([row["screen"] for row, _, _ in sent])
    echoes = gathered(a, "ann", len(sent))
    for (row, kind, content), echo in zip(sent, echoes, strict=True):
        same(row, f"{kind} {content!r}", echo)


def from_the_browser(w: World) -> None:
    """What a person types there: as it is drawn, and as SkPy gets it."""
    a = ann(w)
    typed = [row for row in ROWS if "typed" in row]
    since(a, w, "the table from bob")
    w.screen.act("write", *(row["typed"] for row in typed))
    w.screen.all_read([row["screen"].replace("<mention me>@Bob", "<mention>@Bob") for row in typed])
    for row, heard in zip(typed, gathered(a, "bob", len(typed)), strict=True):
        same(row, f"{row['typed']!r} in the browser", heard)


def since(a: Ann, w: World, what: str) -> None:
    """From here on counts what is heard: says so, and drops what came before."""
    mark = w.word(what)
    a.sk.contacts["bob"].chat.sendMsg(mark)
    a.message(lambda msg: getattr(msg, "plain", None) == mark, mark)
    a.heard.clear()


def gathered(a: Ann, by: str, count: int) -> list:
    """The next so many new messages of somebody."""
    return [a.message(lambda msg: msg.userId == by and msg.chatId == "8:bob", f"message {n} of {by}") for n in range(count)]


def same(row: dict, what: str, msg: object) -> None:
    check(msg.type == "RichText", f"{what}: a {msg.type}")
    rich, plain = row.get("through", row["rich"]), row["plain"]
    check(rich is None or msg.content == rich, f"{row['name']}: {what} is written {msg.content!r}, not {rich!r}")
    check(plain is None or msg.plain == plain, f"{row['name']}: {what} is to SkPy {msg.plain!r}, not {plain!r}")


# --- what is no text ---------------------------------------------------------------------------------------------------

BYTES = {"picture": picture(), "file": b"notes", "sound": sound()}


def other_kinds(w: World) -> None:
    """People, places, cards, files of every kind, and what nobody knows: readable there, and whole when it comes back to a program."""
    a = ann(w)
    since(a, w, "other kinds")
    chat = a.sk.contacts["bob"].chat
    for row in TABLE["messages"]:
        if "of" in row or ("OBJECT" in row["content"] and "object" not in row):
            continue
        content = row["content"].replace("OBJECT", stored(a, row)) if "object" in row else row["content"]
        chat.sendRaw(messagetype=row["messagetype"], content=content)
        w.screen.see(row["name"], lambda seen, row=row: drawn(row, seen["messages"][-1]))
        echo = a.hear(lambda e: getattr(getattr(e, "msg", None), "userId", "") == "ann", row["name"]).msg
        check(type(echo).__name__ == row["skpy"], f"{row['name']}: SkPy gets a {type(echo).__name__}")
        check(echo.type == row.get("written", row["messagetype"]), f"{row['name']}: it is a {echo.type}")
        if whole := WHOLE.get(row["name"]):
            check(whole(echo), f"{row['name']}: SkPy reads {echo}")


WHOLE = {
    "people": lambda msg: (msg.contactIds, msg.contactNames) == (["carol"], ['Carol "C"']),
    "a place": lambda msg: (msg.latitude, msg.longitude, msg.address, msg.mapUrl)
    == (51.5, -0.12, '10 "Downing" St & co', "https://maps.example/?a=1&b=2"),
    "a card": lambda msg: (msg.title, msg.body, [each.value for each in msg.buttons]) == ("A <title>", "words", ["https://x.example/"]),
    "a file": lambda msg: (msg.file.name, msg.fileContent) == ("notes & so.txt", b"notes"),
    "a picture": lambda msg: msg.fileContent == BYTES["picture"],
    "a sound": lambda msg: msg.fileContent == BYTES["sound"],
}


def drawn(row: dict, message: dict) -> bool:
    match row.get("object"):
        case None:
            return message["words"] == row["screen"]
        case "picture":
            return [each["width"] for each in message["pictures"]] == [64]
        case "sound":
            return message["sounds"] == 1 and message["files"][0]["name"] == "voice.wav"
        case _:
            return message["files"] == [{"name": "notes & so.txt", "size": "5 bytes"}] and message["words"] == ""


def stored(a: Ann, row: dict) -> str:
    """Puts the file of a row into the store, as SkPy does it, and gives its name there."""
    conn, kind = a.sk.conn, row["object"]
    auth = a.skpy.SkypeConnection.Auth.Authorize
    about = {"type": "pish/image" if kind == "picture" else "sharing/file", "permissions": {"8:bob": ["read"]}}
    if kind != "picture":
        about["filename"] = {"file": "notes & so.txt", "sound": "voice.wav"}[kind]
    made = conn("POST", "https://api.asm.skype.com/v1/objects", auth=auth, json=about).json()["id"]
    path = "imgpsh" if kind == "picture" else "original"
    conn("PUT", f"https://api.asm.skype.com/v1/objects/{made}/content/{path}", auth=auth, data=BYTES[kind])
    return made


def the_servers_own(w: World) -> None:
    """What only the server says is not believed to a program, and what passes leaves no trace."""
    a = ann(w)
    chat = a.sk.contacts["bob"].chat
    before = w.screen.look(3)
    for row in TABLE["messages"]:
        if row.get("of") == "the server":
            said = refused(lambda row=row: chat.sendRaw(messagetype=row["messagetype"], content=row["content"]), a.skpy.SkypeApiException)
            check(said.startswith("403"), f"{row['name']}: {said}")
        elif row.get("of") == "nobody":
            chat.sendRaw(messagetype=row["messagetype"], content=row["content"])
    mark = w.word("after all that")
    chat.sendMsg(mark)
    w.screen.reads(p(mark))
    after = w.screen.look(4)
    check(after["messages"][:-1] == before["messages"], f"the screen shows {after['messages']}")
    check(after["lines"] == before["lines"] and after["calls"] == before["calls"], f"the screen shows {after['lines']}")


STEPS = [
    ("table-to-browser", from_the_program), ("table-to-program", from_the_browser), ("other-kinds", other_kinds),
    ("servers-own", the_servers_own),
]  # fmt: skip
