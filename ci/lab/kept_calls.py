"""Calls, for `ci/lab/kill all`: two people who call each other one call after the other, over every kill.

A call that rings is rung again by its caller under the same key, or ended, or left to itself: then the server ends it. One that was answered
is taken up again by both ends, and goes on. Whatever was acknowledged is in both histories, and what ended has one line in the chat.
"""

import random
import time

from kept import Step, Thing, View
from skein import Failed, Person, check

MEDIA = {"audio": True, "video": False}
OFFER = "v=0\r\n"
# How a call ended → what its caller and its callee read of it.
READ = {
    "open": ("open", "open"),
    "answered": ("open", "open"),
    "cancelled": ("cancelled", "missed"),
    "declined": ("not_answered", "declined"),
    "completed": ("completed", "completed"),
    "silent": ("not_answered", "missed"),
}
FORGOTTEN_AFTER = 10.0  # seconds after a start, what rang before it and is not rung again has ended


class Moved(Failed):
    """A call that rings ended between two questions."""


class Calls(Thing):
    """The state is, by key: who calls, where the call is, and how many have reported."""

    def __init__(self, ann: Person, bob: Person, conversation: str) -> None:
        super().__init__({})
        self.name = f"calls of {ann.name} and {bob.name}"
        self.people, self.conversation = (ann, bob), conversation
        self.key: str | None = None  # the call that is not over
        self.said: set[tuple[int, str]] = set()  # who has media
        self.there: set[int] = set()  # the ends of it that this server's process knows
        self.left: set[str] = set()  # keys that were left to ring
        self.revived = self.rung_again = 0

    def choose(self, rng: random.Random) -> Step:
        if self.key is None:
            return self._begin(rng)
        call = self.state[self.key]
        if call["at"] == "open":
            return self._rings(rng, call)
        if call["at"] == "answered":
            return self._goes_on(rng, call)
        if call["reports"] < 2 and rng.random() < 0.5:
            who = self.people[(call["caller"] + call["reports"]) % 2]
            command = {"type": "report_call", "key": self.key, "report": '{"format": 1}'}
            return Step(who, self._with(reports=call["reports"] + 1), command, again=False)
        self.key = None
        return self._begin(rng)

    def _begin(self, rng: random.Random) -> Step:
        self.key, self.there = f"{rng.getrandbits(128):032x}", set()
        caller = rng.randrange(2)
        after = self.state | {self.key: {"caller": caller, "at": "open", "reports": 0}}
        return Step(self.people[caller], after, self._invite(caller), again=False)

    def _invite(self, caller: int) -> dict:
        to = {"account": self.people[1 - caller].account}
        return self._step({"type": "invite", "to": to, "media": MEDIA, "offer": OFFER})

    def _rings(self, rng: random.Random, call: dict) -> Step:
        caller, callee = self.people[call["caller"]], self.people[1 - call["caller"]]
        leave, decline = {"type": "leave", "why": "hang_up"}, {"type": "decline"}
        if not self.there:
            # It rang before the kill.
            how = rng.choice(["again", "again", "leave", "decline", "forget"])
            if how == "again":
                return Step(caller, self.state, self._invite(call["caller"]), again=False)
            if how == "forget":
                self.left.add(self.key)
                return self._begin(rng)
        else:
            how = rng.choice(["accept", "accept", "accept", "leave", "decline", "ringing"])
        if how == "accept":
            return Step(callee, self._with(at="answered"), self._step({"type": "accept", "media": MEDIA, "answer": OFFER}), again=False)
        if how == "ringing":
            return Step(callee, self.state, self._step({"type": "ringing"}), again=False)
        if how == "leave":
            return Step(caller, self._with(at="cancelled"), self._step(leave), again=False)
        return Step(callee, self._with(at="declined"), self._step(decline), again=False)

    def _goes_on(self, rng: random.Random, call: dict) -> Step:
        missing = [end for end in (0, 1) if end not in self.there]
        if missing:
            join = {"type": "join", "media": MEDIA, "still_connected": True}
            return Step(self.people[rng.choice(missing)], self.state, self._step(join), again=False)
        connected = [end for end in (0, 1) if (end, "connected") not in self.said]
        if connected:
            return Step(self.people[rng.choice(connected)], self.state, self._step({"type": "connected"}), again=False)
        who = rng.choice(self.people)
        if rng.random() < 0.5:
            return Step(who, self.state, self._step({"type": "media", "media": MEDIA | {"held": rng.random() < 0.5}}), again=False)
        return Step(who, self._with(at="completed"), self._step({"type": "leave", "why": "hang_up"}), again=False)

    def _step(self, step: dict) -> dict:
        return {"type": "call", "key": self.key, "step": step}

    def _with(self, **changes: object) -> dict:
        return self.state | {self.key: self.state[self.key] | changes}

    def done(self, step: Step, value: object) -> None:
        if step.command["type"] == "call":
            self._acknowledged(self.people.index(step.by), step.command["step"]["type"])
        super().done(step, value)

    def _acknowledged(self, end: int, step: str) -> None:
        if step == "invite":
            self.rung_again += self.key in self.state
            self.there, self.said = {end}, set()
        elif step == "accept":
            self.there.add(end)
        elif step == "join":
            self.there.add(end)
            # Whoever takes up a call again was connected before.
            self.said = self.said | {(end, "connected")}
            self.revived += len(self.there) == 2
        elif step == "connected":
            self.said = self.said | {(end, "connected")}

    def compare(self, view: View) -> None:
        super().compare(view)
        self.there, self.said = set(), set()
        if self.key is not None and self.key not in self.state:
            self.key = None  # the kill came before it was written down

    def look(self, view: View) -> dict:
        # What rings may end between two questions, each call at most once.
        for _ in range(len(self.left) + 1):
            try:
                return self._look(view)
            except Moved:
                view.again()
        return self._look(view)

    def _look(self, view: View) -> dict:
        histories = [self._history(view, who) for who in self.people]
        check(set(histories[0]) == set(histories[1]), f"{self.name}: a call is in one history alone")
        lines = [each["body"]["key"] for each in view.messages(self.people[0], self.conversation) if each["body"]["type"] == "call"]
        check(len(lines) == len(set(lines)), f"{self.name}: a call has two lines")
        seen = {}
        for key, record in histories[0].items():
            caller = 0 if record["outgoing"] else 1
            outcomes = tuple(histories[end][key]["outcome"] for end in (caller, 1 - caller))
            answered = [each[key].get("answered") for each in histories]
            holds = self._still if key in self.left else check
            holds(answered[0] == answered[1], f"{self.name}: {key} was answered at {answered}")
            (at,) = [at for at, read in READ.items() if read == outcomes and (at in ("answered", "completed")) == (answered[0] is not None)] or [None]
            holds(at is not None, f"{self.name}: {key} is {outcomes}, answered {answered[0]}")
            over = at not in ("open", "answered")
            holds((key in lines) == over, f"{self.name}: {key} is {at} and has {'a' if key in lines else 'no'} line")
            # Whoever called sees of a call that nobody answered only what they reported themselves.
            seen[key] = {"caller": caller, "at": at, "reports": histories[1 - caller][key]["reports"]}
        for key in self.left & set(seen):
            # Left to ring: its end comes by itself.
            if seen[key]["at"] == "silent":
                self.left.discard(key)
                self.state = self.state | {key: seen[key]}
                if self.pending is not None:
                    self.pending.after = self.pending.after | {key: seen[key]}
        return seen

    @staticmethod
    def _still(holds: bool, otherwise: str) -> None:
        if not holds:
            raise Moved(otherwise)

    def _history(self, view: View, who: Person) -> dict:
        def ask() -> list[dict]:
            found, after = [], ""
            while True:
                page = who.request("GET", f"/calls?limit=100{after}")
                found += page["calls"]
                if not page.get("next"):
                    return found
                after = f"&after={page['next']}"

        calls = view._once(("calls", who.name), ask)
        check(len({each["key"] for each in calls}) == len(calls), f"{self.name}: a call is there twice for {who.name}")
        return {each["key"]: each for each in calls}

    def outlast(self, view_of: object) -> int:
        """No call rings for ever: what was left to ring has ended soon after the start. How many there were."""
        left, until = len(self.left), time.monotonic() + FORGOTTEN_AFTER + 5.0
        while self.left:
            check(time.monotonic() < until, f"{self.name}: {sorted(self.left)} still ring")
            time.sleep(0.2)
            self.look(view_of())
        return left
