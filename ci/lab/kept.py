"""Things that people keep on a server, each changed by one command at a time: messages and people. The ground of `ci/lab/kill all`.

A `Thing` knows what it must be: what was acknowledged last, or, if the server died before it answered, that or what the one
command under way would have made of it. Many things are changed at once, so that commands of all kinds share a batch.
"""

import json
import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from skein import PROGRAM, Person, Refused, Server, check

KEYS = ["👍", "❤️", "😂", "🎉"]


@dataclass
class Step:
    """One command, or one request beside the commands, and what the thing is after it."""

    by: Person
    after: object
    command: dict | None = None
    request: Callable[[Person], object] | None = None
    again: bool = True  # it may be repeated

    def repeat(self) -> object:
        if self.command is not None:
            return self.by.request("POST", "/command", self.command)["value"]
        return self.request(self.by)


class View:
    """What the server says after a start; each page is asked for once."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._found: dict[tuple, object] = {}

    def _once(self, key: tuple, ask: Callable[[], object]) -> object:
        if key not in self._found:
            self._found[key] = ask()
        return self._found[key]

    def again(self) -> None:
        """Everything is asked for once more."""
        self._found.clear()

    def page(self, who: Person, path: str) -> dict:
        return self._once((who.name, path), lambda: who.request("GET", path))

    def contact(self, who: Person, other: Person) -> dict:
        contacts = self.page(who, "/contacts?limit=500")["contacts"]
        found = [each for each in contacts if each["profile"]["id"] == other.account]
        check(len(found) <= 1, f"{other.name} is {len(found)} times among the contacts of {who.name}")
        return found[0] if found else {"state": "none", "blocked": False, "favourite": False}

    def conversations(self, who: Person) -> list[dict]:
        return self.page(who, "/conversations?limit=200")["conversations"]

    def conversation(self, who: Person, id: str) -> dict:
        found = [each for each in self.conversations(who) if each["id"] == id]
        check(len(found) == 1, f"{who.name} has a conversation {len(found)} times")
        return found[0]

    def messages(self, who: Person, conversation: str) -> list[dict]:
        return self._once(("messages", who.name, conversation), lambda: who.messages(conversation))

    def reports(self) -> list[dict]:
        """As the operator reads them."""

        def ask() -> list[dict]:
            data = self.server.data
            command = [PROGRAM, "reports", "list", "--all", "--json", "--config", data.parent / "skein.toml", "--data", data]
            return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)

        return self._once(("reports",), ask)


class Thing:
    """Something that is kept. `name` is for the verdict."""

    name = ""
    slow = False  # to choose asks the server
    rests = 0.0  # how often it does nothing more until the kill: what takes long to look at

    def __init__(self, state: object) -> None:
        self.state = state
        self.pending: Step | None = None
        self.steps = 0

    def choose(self, rng: random.Random) -> Step | None:
        """What to do next; nothing, if this one is at its end."""
        raise NotImplementedError

    def look(self, view: View) -> object:
        """What it is now."""
        raise NotImplementedError

    def done(self, step: Step, value: object) -> None:
        """The step was acknowledged with this answer."""
        self.state = step.after
        self.steps += 1

    def compare(self, view: View) -> None:
        """After a start: it is what was acknowledged, or that and the one command under way, whole."""
        seen, step = self.look(view), self.pending
        allowed = [self.state] if step is None else [self.state, step.after]
        check(
            seen in allowed,
            f"{self.name}: it is\n  {seen}\nand was acknowledged as\n  {self.state}"
            + (f"\nwith one command under way, {step.command}, which makes\n  {step.after}" if step else ""),
        )
        if step is not None and not step.again:
            self.state, self.pending = seen, None

    def resume(self) -> None:
        """The command that nobody answered is repeated, as a client does; what it came to is looked at after the next start."""
        step, self.pending = self.pending, None
        if step is not None:
            self.done(step, step.repeat())


# --- messages ---------------------------------------------------------------------------------------------------------


class Words(Thing):
    """What one person writes into one conversation; others look at it too."""

    def __init__(self, author: Person, others: list[Person], conversation: str, stones: list[dict]) -> None:
        super().__init__({})
        self.name = f"what {author.name} writes to {' and '.join(each.name for each in others) or 'themselves'}"
        self.author, self.others, self.conversation, self.stones = author, others, conversation, stones
        self.answers: dict[str, dict] = {}  # client id → what the server answered first
        self.made = len(stones)

    def choose(self, rng: random.Random) -> Step:
        mine = {client: message for client, message in self.state.items() if not message["deleted"] and client in self.answers}
        kinds = ["send", "send", "forward"] if len(self.state) < 60 else ["send"]
        if mine:
            kinds += ["edit", "edit", "delete", "react", "react"]
        kind = rng.choice(kinds)
        if kind in ("send", "forward"):
            return self._new(kind, rng)
        client = rng.choice([*mine])
        message = dict(mine[client])
        command = {"type": kind, "message": self.answers[client]["id"]}
        if kind == "edit":
            if message["forwarded"]:
                return self._new("send", rng)
            self.made += 1
            message["text"] = f"changed {self.made}"
            command["body"] = {"type": "plain", "text": message["text"]}
        elif kind == "delete":
            message |= {"text": "", "forwarded": False, "deleted": True, "keys": []}
        else:
            key = rng.choice(KEYS)
            command |= {"key": key, "on": key not in message["keys"]}
            message["keys"] = sorted({*message["keys"]} ^ {key})
        return Step(self.author, self.state | {client: message}, command)

    def _new(self, kind: str, rng: random.Random) -> Step:
        self.made += 1
        client = f"{self.conversation}-{self.made}"
        message = {"text": client, "forwarded": False, "deleted": False, "keys": []}
        command = {"type": kind, "to": {"conversation": self.conversation}, "client": client}
        if kind == "send":
            command["body"] = {"type": "plain", "text": client}
            if rng.random() < 0.3:
                command["reply_to"] = rng.choice(self.stones)["id"]
        else:
            stone = rng.choice(self.stones)
            command["message"] = stone["id"]
            message |= {"text": stone["text"], "forwarded": True}
        return Step(self.author, self.state | {client: message}, command)

    def done(self, step: Step, value: object) -> None:
        super().done(step, value)
        if value["type"] == "message":
            client = step.command["client"]
            first = self.answers.setdefault(client, value)
            check(first == value, f"{self.name}: {client} was answered {first}, and repeated {value}")

    def look(self, view: View) -> dict:
        own = self._texts(view.messages(self.author, self.conversation))
        seen = {}
        for message in own:
            client = message["client"]
            if client.startswith("stone"):
                continue
            check(client not in seen, f"{self.name}: {client} is there twice")
            answer = self.answers.get(client)
            check(answer is None or answer["id"] == message["id"], f"{self.name}: {client} was answered {answer} and is {message['id']}")
            seen[client] = shown(message)
        for other in self.others:
            theirs = self._texts(view.messages(other, self.conversation))
            check(
                [(each["id"], shown(each)) for each in theirs] == [(each["id"], shown(each)) for each in own],
                f"{self.name}: {other.name} sees something else than {self.author.name}",
            )
        return seen

    def _texts(self, messages: list[dict]) -> list[dict]:
        return [each for each in messages if each["author"] == self.author.account and each["body"]["type"] == "text"]

    def ask_again(self, rng: random.Random) -> None:
        """What was answered once is answered again in the same way, however long ago and whatever became of it."""
        sent = [client for client in self.answers if not self.state[client]["forwarded"]]
        if sent:
            client = rng.choice(sent)
            body = {"type": "plain", "text": client}
            command = {"to": {"conversation": self.conversation}, "client": client, "body": body}
            try:
                value = self.author.command("send", **command)["value"]
            except Refused as refused:  # it was sent as an answer to something, which is other words
                check(refused.code == "client_id_reused", f"{self.name}: a repeat of {client} got {refused}")
                return
            check(value == self.answers[client], f"{self.name}: {client} was answered {self.answers[client]}, and repeated {value}")


def shown(message: dict) -> dict:
    blocks = message["body"]["blocks"]
    return {
        "text": blocks[0]["inline"][0]["text"] if blocks else "",
        "forwarded": message.get("forwarded") is not None,
        "deleted": message["deleted"],
        "keys": sorted(each["key"] for each in message["reactions"]),
    }


class Waves(Thing):
    """What one person has reacted with to messages of somebody else."""

    def __init__(self, who: Person, conversation: str, stones: list[dict]) -> None:
        super().__init__([])
        self.name = f"reactions of {who.name}"
        self.who, self.conversation, self.stones = who, conversation, stones

    def choose(self, rng: random.Random) -> Step:
        wave = [rng.choice(self.stones)["id"], rng.choice(KEYS)]
        on = wave not in self.state
        after = sorted([*self.state, wave]) if on else [each for each in self.state if each != wave]
        return Step(self.who, after, {"type": "react", "message": wave[0], "key": wave[1], "on": on})

    def look(self, view: View) -> list:
        ids = {stone["id"] for stone in self.stones}
        return sorted(
            [message["id"], reaction["key"]]
            for message in view.messages(self.who, self.conversation)
            if message["id"] in ids
            for reaction in message["reactions"]
            if reaction["mine"]
        )


class ReadMark(Thing):
    """How far somebody has read what somebody else writes."""

    def __init__(self, who: Person, words: Words) -> None:
        super().__init__(None)
        self.name = f"the read mark of {who.name}"
        self.who, self.words = who, words

    def choose(self, rng: random.Random) -> Step | None:
        later = [each["id"] for each in self.words.answers.values() if self.state is None or int(each["id"]) > int(self.state)]
        if not later:
            return None
        upto = rng.choice(later)
        return Step(self.who, upto, {"type": "mark_read", "conversation": self.words.conversation, "upto": upto})

    def look(self, view: View) -> str | None:
        for who in (self.who, self.words.author):
            members = view.conversation(who, self.words.conversation)["members"]
            (mark,) = [each.get("read") for each in members if each["account"] == self.who.account]
        return mark and mark["message"]


class Own(Thing):
    """One's own settings of a conversation, and the draft."""

    def __init__(self, who: Person, conversation: str) -> None:
        super().__init__({"pinned": False, "archived": False})
        self.name = f"settings of {who.name}"
        self.who, self.conversation = who, conversation

    def choose(self, rng: random.Random) -> Step:
        after = {"pinned": rng.random() < 0.5, "archived": rng.random() < 0.5}
        if rng.random() < 0.7:
            after["draft"] = f"draft {rng.random()}"
        if rng.random() < 0.5:
            after["muted_until"] = 4_000_000_000_000 + rng.randrange(1_000)
        command = {"type": "set_own", "conversation": self.conversation, "draft": "", "muted_until": 0} | after
        return Step(self.who, after, command)

    def look(self, view: View) -> dict:
        return view.conversation(self.who, self.conversation)["own"]


# --- people -----------------------------------------------------------------------------------------------------------


class Profile(Thing):
    """What somebody says of themselves, all of it in one command."""

    FIELDS = ("display", "mood", "receipts", "language", "privacy", "picture")

    def __init__(self, who: Person, pictures: list[str]) -> None:
        me = who.request("GET", "/me")
        super().__init__({field: me.get(field) for field in self.FIELDS})
        self.name = f"the profile of {who.name}"
        self.who, self.pictures = who, pictures

    def choose(self, rng: random.Random) -> Step:
        shown = ("everyone", "contacts", "nobody")
        after = {
            "display": f"{self.who.name.title()} {rng.randrange(1_000)}",
            "mood": f"mood {rng.random()}",
            "receipts": True,  # else nobody is told how far they have read
            "language": rng.choice(["en", "pt-BR", "pt-PT"]),
            "privacy": {"last_seen": rng.choice(shown), "picture": rng.choice(shown), "mood": rng.choice(shown)},
        }
        picture = rng.choice([*self.pictures, None])
        command = {"type": "update_account"} | after | {"picture": picture or ""}
        return Step(self.who, after | {"picture": picture}, command)

    def look(self, view: View) -> dict:
        return {field: view.page(self.who, "/me").get(field) for field in self.FIELDS}


class Chosen(Thing):
    """The availability that somebody chose."""

    def __init__(self, who: Person) -> None:
        super().__init__({})
        self.name = f"the availability of {who.name}"
        self.who = who

    def choose(self, rng: random.Random) -> Step:
        kind = rng.choice(["busy", "away", "invisible", "online", None])
        if kind is None:
            return Step(self.who, {}, {"type": "set_availability"})
        after: dict = {"chosen": kind}
        command: dict = {"type": "set_availability", "availability": kind}
        if rng.random() < 0.5:
            # Within a year from now, and long after the bench.
            command["until"] = after["chosen_until"] = self.who.now + 86_400_000 + rng.randrange(1_000_000)
        return Step(self.who, after, command)

    def look(self, view: View) -> dict:
        me = view.page(self.who, "/me")
        return {field: me[field] for field in ("chosen", "chosen_until") if me.get(field) is not None}


class Kept(Thing):
    """What somebody keeps of a contact for themselves."""

    def __init__(self, who: Person, other: Person) -> None:
        super().__init__({"nickname": None, "note": None, "favourite": False})
        self.name = f"what {who.name} keeps of {other.name}"
        self.who, self.other = who, other

    def choose(self, rng: random.Random) -> Step:
        after = {"nickname": f"nick {rng.randrange(100)}", "note": f"note {rng.random()}", "favourite": rng.random() < 0.5}
        return Step(self.who, after, {"type": "set_contact", "other": self.other.account} | after)

    def look(self, view: View) -> dict:
        contact = view.contact(self.who, self.other)
        return {"nickname": contact.get("nickname"), "note": contact.get("note"), "favourite": contact["favourite"]}


class Relation(Thing):
    """How two stand to each other, both ways, by a table of what may come next; and one line for each time they became contacts."""

    # state: how the first and the second see it, and whether the first blocks → what may be done, by whom, and what it makes
    TABLE = {
        ("none", "none", False): [("first", "ask", ("outgoing", "incoming", False))],
        ("outgoing", "incoming", False): [("second", "accept", ("contact", "contact", False)), ("first", "remove", ("none", "none", False))],
        ("contact", "contact", False): [("first", "block", ("contact", "contact", True)), ("first", "remove", ("none", "outgoing", False))],
        ("contact", "contact", True): [("first", "unblock", ("contact", "contact", False))],
        ("none", "outgoing", False): [("first", "ask", ("contact", "contact", False))],
    }

    def __init__(self, first: Person, second: Person) -> None:
        super().__init__({"stand": ("none", "none", False), "lines": 0})
        self.name = f"{first.name} and {second.name}"
        self.people = {"first": first, "second": second}
        # Opened by each for themselves only once they may write; its lines are counted where it is.

    def choose(self, rng: random.Random) -> Step:
        who, change, stand = rng.choice(self.TABLE[self.state["stand"]])
        other = self.people["second" if who == "first" else "first"]
        became = stand[:2] == ("contact", "contact") and self.state["stand"][:2] != ("contact", "contact")
        after = {"stand": stand, "lines": self.state["lines"] + became}
        return Step(self.people[who], after, {"type": "relate", "other": other.account, "change": change})

    def look(self, view: View) -> dict:
        first, second = self.people.values()
        mine, theirs = view.contact(first, second), view.contact(second, first)
        ids = {first.account, second.account}
        pair = [each for each in view.conversations(first) if {m["account"] for m in each["members"]} == ids]
        check(len(pair) <= 1, f"{self.name} have {len(pair)} conversations")
        lines = view.messages(first, pair[0]["id"]) if pair else []
        return {"stand": (mine["state"], theirs["state"], mine["blocked"]), "lines": len(lines)}
