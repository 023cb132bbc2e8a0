"""More of `kept`: groups, files, reports, devices, invitations and accounts."""

import hashlib
import random

from kept import Step, Thing, View
from skein import PASSWORD, Person, Refused, Server, check

PIECE = 30_000  # bytes of a piece of an upload
RULES = [
    {"post": post, "add": add, "history": history}
    for post in ("everybody", "admins")
    for add in ("everybody", "admins")
    for history in (True, False)
]


class Group(Thing):
    """A group: its title, its rules, who is in it as what, its links, and one line in it for each change."""

    slow = True

    def __init__(self, owner: Person, others: list[Person], number: int) -> None:
        super().__init__(None)
        self.name = f"group {number}"
        self.owner, self.others, self.number = owner.twin(), others, number
        self.id: str | None = None
        self.tokens: dict[int, str] = {}  # by how often a link may be used at first, which is its name here
        self.made = 0

    def choose(self, rng: random.Random) -> Step:
        if self.state is None:
            rules = rng.choice(RULES)
            command = {"type": "create_group", "title": f"group {self.number}", "rules": rules, "client": f"group-{self.number}"}
            command["members"] = [each.account for each in self.others]
            after = {"title": f"group {self.number}", "rules": rules, "lines": 1, "links": []}
            after["people"] = {self.owner.name: "owner"} | {each.name: "member" for each in self.others}
            return Step(self.owner, after, command)
        return rng.choice([self._title, self._rules, self._both, self._person, self._person, self._person, self._link])(rng)

    def _change(self, by: Person, type: str, lines: int, fields: dict, **after: object) -> Step:
        state = self.state | {"lines": self.state["lines"] + lines} | after
        return Step(by, state, {"type": type, "conversation": self.id} | fields)

    def _title(self, rng: random.Random) -> Step:
        self.made += 1
        title = f"group {self.number}, title {self.made}"
        return self._change(self.owner, "update_group", 1, {"title": title}, title=title)

    def _rules(self, rng: random.Random) -> Step:
        rules, lines = self._other_rules(rng)
        return self._change(self.owner, "update_group", lines, {"rules": rules}, rules=rules)

    def _both(self, rng: random.Random) -> Step:
        """Lines and fields of two kinds by one command: all of it, or nothing."""
        self.made += 1
        title = f"group {self.number}, title {self.made}"
        rules, lines = self._other_rules(rng)
        return self._change(self.owner, "update_group", 1 + lines, {"title": title, "rules": rules}, title=title, rules=rules)

    def _other_rules(self, rng: random.Random) -> tuple[dict, int]:
        """Rules that are not those of now, and how many lines the change is: one for who may do what, one for what newcomers see."""
        now = self.state["rules"]
        rules = rng.choice([each for each in RULES if each != now])
        may = any(rules[each] != now[each] for each in ("post", "add"))
        return rules, may + (rules["history"] != now["history"])

    def _person(self, rng: random.Random) -> Step:
        who = rng.choice(self.others)
        now = self.state["people"].get(who.name)

        def set_members(to: str, becomes: str | None) -> Step:
            return self._becomes(self.owner, "set_members", {"people": [who.account], "to": to}, who, becomes)

        if now == "banned":
            return set_members("unbanned", None)
        if now is None:
            open_links = [uses for uses in self.tokens if self._left(uses)]
            if open_links and rng.random() < 0.6:
                uses = rng.choice(open_links)
                step = self._becomes(who, "join_group", {"token": self.tokens[uses]}, who, "member")
                del step.command["conversation"]
                step.after["links"] = sorted([a, b - (a == uses)] for a, b in self.state["links"])
                return step
            return set_members("added", "member")
        if rng.random() < 0.3:
            return self._becomes(who, "leave_group", {}, who, None)
        other = "admin" if now == "member" else "member"
        return rng.choice([lambda: set_members("removed", None), lambda: set_members("banned", "banned"), lambda: set_members(other, other)])()

    def _becomes(self, by: Person, type: str, fields: dict, who: Person, role: str | None) -> Step:
        people = {name: each for name, each in self.state["people"].items() if name != who.name}
        return self._change(by, type, 1, fields, people=people | ({who.name: role} if role else {}))

    def _left(self, uses: int) -> int:
        return dict(self.state["links"]).get(uses, 0)

    def _link(self, rng: random.Random) -> Step:
        if len(self.state["links"]) >= 8:
            uses, left = rng.choice(self.state["links"])
            listed = self.owner.request("GET", f"/conversations/{self.id}/links")["links"]
            id = next(each["id"] for each in listed if each["uses"] == left)
            links = [each for each in self.state["links"] if each[0] != uses]
            return self._change(self.owner, "revoke_link", 0, {"link": id}, links=links)
        self.made += 1
        uses = 100 * self.made  # so that no link comes down to what another one has
        first = not self.state["links"]
        step = self._change(self.owner, "make_link", int(first), {"uses": uses}, links=sorted([*self.state["links"], [uses, uses]]))
        step.again = False  # a second one would be another link
        return step

    def done(self, step: Step, value: object) -> None:
        super().done(step, value)
        if step.command["type"] == "create_group":
            id = value["conversation"]["id"]
            check(self.id in (None, id), f"{self.name} was made twice")
            self.id = id
        elif step.command["type"] == "make_link":
            self.tokens[step.command["uses"]] = value["token"]

    def look(self, view: View) -> dict | None:
        mine = [each for each in view.conversations(self.owner) if each["kind"] == "named" and self._is(each)]
        if not mine:
            return None
        check(len(mine) == 1, f"{self.name} is there {len(mine)} times")
        (group,) = mine
        names = {each.account: each.name for each in [self.owner, *self.others]}
        pages = [view.page(self.owner, f"/conversations/{group['id']}/members?banned={banned}") for banned in ("false", "true")]
        people = {names[each["account"]]: each["role"] for each in pages[0]["members"]}
        people |= {names[each["account"]]: "banned" for each in pages[1]["members"]}
        for other in self.others:
            theirs = [each for each in view.conversations(other) if each["id"] == group["id"]]
            role = theirs[0]["group"].get("role") if theirs else None
            expected = people.get(other.name)
            check(role == (expected if expected != "banned" else None), f"{self.name}: {other.name} is {role} for themselves")
        links = view.page(self.owner, f"/conversations/{group['id']}/links")["links"]
        lines = [each for each in view.messages(self.owner, group["id"]) if each["body"]["type"] == "system"]
        return {
            "title": group["group"]["title"],
            "rules": group["group"]["rules"],
            "lines": len(lines),
            # A link is known by the hundred that it began with.
            "links": sorted([-(-each["uses"] // 100) * 100, each["uses"]] for each in links),
            "people": people,
        }

    def _is(self, conversation: dict) -> bool:
        title = conversation["group"]["title"]
        return conversation["id"] == self.id or title == f"group {self.number}"


class Uploads(Thing):
    """Files of one person, one after the other: begun, in pieces, whole, a picture of nobody, sent, dropped."""

    def __init__(self, owner: Person, conversation: str) -> None:
        super().__init__({})
        self.name = f"files of {owner.name}"
        self.owner, self.conversation = owner.twin(), conversation
        self.ids: dict[str, str] = {}
        self.bytes: dict[str, bytes] = {}
        self.number = 0

    def choose(self, rng: random.Random) -> Step | None:
        going = [client for client, state in self.state.items() if state not in ("sent", "gone")]
        if not going:
            if self.number >= 12:
                return None
            self.number += 1
            client = f"file-{self.number}"
            self.bytes[client] = rng.randbytes(rng.randrange(1, 4 * PIECE))
            command = {"type": "begin_object", "name": f"{client}.bin", "size": len(self.bytes[client]), "client": client}
            return Step(self.owner, self.state | {client: 0}, command)
        (client,) = going
        state, id = self.state[client], self.ids[client]
        if state == "ready" and rng.random() < 0.7:
            body = {"type": "objects", "ids": [id], "blocks": []}
            command = {"type": "send", "to": {"conversation": self.conversation}, "body": body, "client": f"with-{client}"}
            return Step(self.owner, self.state | {client: "sent"}, command)
        if state == "ready" or rng.random() < 0.1:
            return Step(self.owner, self.state | {client: "gone"}, {"type": "drop_object", "object": id}, again=False)
        if state == len(self.bytes[client]):
            sha256 = hashlib.sha256(self.bytes[client]).hexdigest()
            return Step(self.owner, self.state | {client: "ready"}, {"type": "finish_object", "object": id, "sha256": sha256})
        piece = self.bytes[client][state : state + PIECE]
        step = Step(self.owner, self.state | {client: state + len(piece)}, request=lambda person: put(person, id, state, piece))
        step.again = False  # how much of it is kept is asked, as a client does
        return step

    def done(self, step: Step, value: object) -> None:
        super().done(step, value)
        if step.command and step.command["type"] == "begin_object":
            client = step.command["client"]
            check(self.ids.setdefault(client, value["object"]["id"]) == value["object"]["id"], f"{self.name}: {client} was begun twice")

    def look(self, view: View) -> dict:
        carried = {
            each["body"]["ids"][0]: each["client"]
            for each in view.messages(self.owner, self.conversation)
            if each["body"]["type"] == "objects"
        }
        if not self.state:
            return {}
        (*_, newest) = self.state  # those before it are at their end
        return self.state | {newest: self._one(newest, carried)}

    def _one(self, client: str, carried: dict[str, str]) -> object:
        id = self.ids[client]
        try:
            info = self.owner.request("GET", f"/objects/{id}")
        except Refused as refused:
            check(refused.code == "not_found", f"{self.name}: {client}: {refused}")
            return "gone"
        if info["state"] == "uploading":
            return info["offset"]
        kept = content(self.owner, id)
        check(kept == self.bytes[client], f"{self.name}: {client} has other bytes than were sent")
        if id in carried:
            check(carried[id] == f"with-{client}", f"{self.name}: {client} was sent by {carried[id]}")
            return "sent"
        return "ready"

    def compare(self, view: View) -> None:
        step = self.pending
        if step is not None and step.command is None:
            # A piece on its way: any part of it may be kept, nothing of what was acknowledged may be gone.
            (client,) = [each for each in step.after if step.after[each] != self.state[each]]
            seen = self._one(client, {})
            check(self.state[client] <= seen <= step.after[client], f"{self.name}: {client} is at {seen}, after {self.state[client]}")
            self.state, self.pending = self.state | {client: seen}, None
        super().compare(view)


def put(person: Person, id: str, offset: int, piece: bytes) -> None:
    person.raw("PATCH", f"/objects/{id}", piece, {"Upload-Offset": str(offset)})


def upload(person: Person, name: str, data: bytes) -> str:
    """A whole file."""
    begun = person.command("begin_object", name=name, size=len(data), client=name)["value"]["object"]["id"]
    put(person, begun, 0, data)
    person.command("finish_object", object=begun, sha256=hashlib.sha256(data).hexdigest())
    return begun


def content(person: Person, id: str) -> bytes:
    return person.raw("GET", f"/objects/{id}/content")


class Reports(Thing):
    """What somebody has reported to the operator."""

    rests = 0.6

    def __init__(self, who: Person, about: Person, stones: list[dict]) -> None:
        super().__init__([])
        self.name = f"reports of {who.name}"
        self.who, self.about, self.stones = who, about, stones

    def choose(self, rng: random.Random) -> Step | None:
        if len(self.state) >= 15:
            return None  # 20 may be open
        quoted = rng.sample(self.stones, min(rng.randrange(3), len(self.stones)))
        number = len(self.state)
        command = {"type": "report_abuse", "about": self.about.account, "reason": "spam", "text": f"report {number}"}
        command |= {"messages": [each["id"] for each in quoted], "client": f"report-{number}"}
        after = [*self.state, [f"report {number}", sorted(each["text"] for each in quoted)]]
        return Step(self.who, after, command)

    def look(self, view: View) -> list:
        if self.pending is None and self.steps == self.looked:
            return self.state
        self.looked = self.steps
        mine = [each for each in view.reports() if each["reporter"] == self.who.name]
        return [[each["text"], sorted(quote["words"] for quote in each["messages"])] for each in mine]

    looked = 0


class Devices(Thing):
    """Devices of one person, besides the one of the bench."""

    slow = True
    rests = 0.2

    def __init__(self, who: Person) -> None:
        super().__init__([])
        self.name = f"devices of {who.name}"
        self.who = who.twin()
        self.number = 0

    def choose(self, rng: random.Random) -> Step:
        if self.state and rng.random() < 0.5:
            if rng.random() < 0.2:
                return Step(self.who, [], {"type": "end_other_devices"})
            label = rng.choice(self.state)
            id = next(each["id"] for each in self.who.request("GET", "/devices")["devices"] if each["label"] == label)
            return Step(self.who, [each for each in self.state if each != label], {"type": "end_device", "device": id}, again=False)
        self.number += 1
        label = f"device {self.number:03}"
        body = {"name": self.who.name, "password": PASSWORD, "device": {"label": label, "kind": "bot"}}
        return Step(self.who, [*self.state, label], request=lambda person: person.request("POST", "/sign-in", body), again=False)

    def look(self, view: View) -> list:
        devices = view.page(self.who, "/devices")["devices"]
        return sorted(each["label"] for each in devices if not each["this"])


class Invitations(Thing):
    """Invitations of one person to the server."""

    slow = True

    def __init__(self, who: Person) -> None:
        super().__init__([])
        self.name = f"invitations of {who.name}"
        self.who = who.twin()
        self.made = 0

    def choose(self, rng: random.Random) -> Step:
        if self.state and (len(self.state) >= 10 or rng.random() < 0.4):
            uses = rng.choice(self.state)
            listed = self.who.request("GET", "/invites")["invites"]
            id = next(each["id"] for each in listed if each["uses_left"] == uses)
            after = [each for each in self.state if each != uses]
            return Step(self.who, after, request=lambda person: person.request("DELETE", f"/invites/{id}"), again=False)
        self.made += 1
        uses = self.made
        return Step(self.who, [*self.state, uses], request=lambda person: person.request("POST", "/invites", {"uses": uses}), again=False)

    def look(self, view: View) -> list:
        return sorted(each["uses_left"] for each in view.page(self.who, "/invites")["invites"])


class Passers(Thing):
    """Accounts that are registered and deleted again."""

    rests = 0.4

    def __init__(self, server: Server) -> None:
        super().__init__({})
        self.name = "accounts that come and go"
        self.server = server
        self.people: dict[str, Person] = {}
        self.gone: set[str] = set()  # they were looked at

    def choose(self, rng: random.Random) -> Step:
        here = [name for name, is_here in self.state.items() if is_here and self.people[name].token]
        if len(here) >= 3 or here and rng.random() < 0.5:
            name = rng.choice(here)

            def delete(_: Person) -> None:
                self.people[name].request("POST", "/delete-account", {"password": PASSWORD})

            return Step(self.people[name], self.state | {name: False}, request=delete, again=False)
        name = f"passer{len(self.people)}"
        person = self.people[name] = Person(self.server, name)
        return Step(person, self.state | {name: True}, request=lambda _: person.register() and None, again=False)

    def look(self, view: View) -> dict:
        seen = {}
        for name, is_here in self.state.items() | (self.pending.after if self.pending else {}).items():
            person = self.people[name]
            if name in self.gone:
                seen[name] = False
                continue
            if person.token is None:
                # Registered without an answer: whether it is there is told by signing in.
                try:
                    person.sign_in()
                    seen[name] = True
                except Refused as refused:
                    check(refused.code == "wrong_password", f"{name} cannot sign in: {refused}")
                continue
            try:
                person.request("GET", "/me")
                seen[name] = True
            except Refused as refused:
                check(refused.code == "not_signed_in", f"{name}: {refused}")
                seen[name] = False
                self.gone.add(name)
        return seen


class Password(Thing):
    """The password of somebody, and the recovery code."""

    rests = 0.5

    def __init__(self, who: Person) -> None:
        super().__init__(PASSWORD)
        self.name = f"the password of {who.name}"
        self.who = who
        self.code: str | None = None

    def choose(self, rng: random.Random) -> Step:
        if rng.random() < 0.5:
            return Step(self.who, self.state, {"type": "new_recovery_code", "password": self.state}, again=False)
        new = f"{PASSWORD} {rng.randrange(1_000_000)}"
        return Step(self.who, new, {"type": "set_password", "current": self.state, "new": new, "end_others": True}, again=False)

    def done(self, step: Step, value: object) -> None:
        super().done(step, value)
        if value["type"] == "recovery_code":
            self.code = value["code"]

    def look(self, view: View) -> str:
        if self.pending is None and self.steps == self.looked:
            return self.state
        self.looked = self.steps
        tries = [self.state] if self.pending is None else [self.pending.after, self.state]
        if self.pending is not None and self.pending.after == self.state:
            self.code = None  # nobody knows which one holds
        for password in tries:
            body = {"name": self.who.name, "password": password, "device": {"label": "look", "kind": "bot"}}
            try:
                signed_in = self.who.request("POST", "/sign-in", body)
                self.who.command("end_device", device=signed_in["device"])
                return password
            except Refused as refused:
                check(refused.code == "wrong_password", f"{self.name}: {refused}")
        return "neither"

    looked = 0

    def recover(self) -> None:
        """At the end: the code that was told last lets in, once."""
        if self.code is not None:
            hello = {"name": self.who.name, "password": PASSWORD, "device": {"label": "recovered", "kind": "bot"}}
            self.who.request("POST", "/recover", hello | {"code": self.code})
