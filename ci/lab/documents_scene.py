"""What a request of the documents' bench can be about: ann, with something of everything that the two dialects have.

Each thing is made by our own API when it is first asked for, so that a request which needs little costs little. A scene is thrown
away when a request may have changed too much of it.
"""

import base64
import hashlib
import http.client
import itertools
import json
import os
import urllib.parse
from functools import cached_property

from skein import API, PASSWORD, Person, check
from skype_world import Patient, picture

GATEWAY = "client-s.gateway.messenger.live.com"
ENVELOPE = """<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/' xmlns:wsse='http://schemas.xmlsoap.org/ws/2003/06/secext'>
<Header><wsse:Security><wsse:UsernameToken Id='user'><wsse:Username>{name}</wsse:Username><wsse:Password>{password}</wsse:Password>
</wsse:UsernameToken></wsse:Security></Header><Body/></Envelope>"""
NOTES = b"some bytes"
numbers = itertools.count(1)


class Place:
    """Where the server of the bench listens, for people of another process than the one that began it."""

    def __init__(self, at: str) -> None:
        self.at = at

    def address(self, _: str) -> tuple[str, int]:
        host, _, port = self.at.rpartition(":")
        return host, int(port)

    @property
    def url(self) -> str:
        return f"http://{self.at}"


def fresh(word: str) -> str:
    """A word that was not used before, also by a scene of another process."""
    return f"{word}{os.getpid()}x{next(numbers)}"


class Scene:
    """Ann, who is signed in, and what she has."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.name = fresh("ann")
        self.uses = 0
        self.ann = Patient(place, self.name)
        hello = {"label": "lab", "kind": "bot"}
        asked = {"name": self.name, "display": "Ann", "password": PASSWORD, "device": hello}
        answer = self.ann.request("POST", "/register", asked)
        self.ann.token, self.ann.account = answer["token"], answer["account"]["id"]
        self.recovery = answer["recovery_code"]

    def close(self) -> None:
        people = ("ann", "bob", "carol", "stranger")
        for person in (self.__dict__.get(name) for name in people):
            if person is not None:
                person.hang_up()

    # --- people ------------------------------------------------------------------------------------------------------

    def somebody(self, name: str) -> Person:
        return Patient(self.place, fresh(name)).register()

    @cached_property
    def bob(self) -> Person:
        """A contact with a picture."""
        bob = self.somebody("bob")
        self.ann.befriend(bob)
        shown = upload(bob, "bob.png", picture())
        bob.command("update_account", picture=shown)
        return bob

    @cached_property
    def carol(self) -> Person:
        """Somebody who asks to become a contact."""
        carol = self.somebody("carol")
        carol.command("relate", other=self.ann.account, change="ask")
        return carol

    @cached_property
    def stranger(self) -> Person:
        """Somebody who knows nobody."""
        return self.somebody("dave")

    @cached_property
    def handle(self) -> str:
        return fresh("ann") + "@example.org"

    @cached_property
    def cookie(self) -> str:
        """The same person in a browser."""
        hello = {"label": "lab", "kind": "browser"}
        body = {"name": self.name, "password": PASSWORD, "device": hello, "session": "cookie"}
        _, headers, _ = ask(self.place, "POST", f"{API}/sign-in", body, {"Origin": self.place.url})
        return headers["Set-Cookie"].split(";")[0].partition("=")[2]

    @cached_property
    def device(self) -> str:
        """Another device of hers."""
        Patient(self.place, self.name).sign_in().hang_up()
        devices = self.ann.request("GET", "/devices")["devices"]
        return next(each["id"] for each in devices if not each["this"])

    # --- what she has ------------------------------------------------------------------------------------------------

    @cached_property
    def alone(self) -> str:
        """Her conversation with bob, in which both have said something."""
        opened = self.ann.command("open_conversation", to={"account": self.bob.account})
        conversation = opened["value"]["conversation"]["id"]
        self.say(self.bob, conversation, "a boat on the lake")
        return conversation

    @cached_property
    def group(self) -> str:
        """A group of hers with bob."""
        return self.another_group(self.bob.account)

    def another_group(self, *members: str) -> str:
        made = self.ann.command("create_group", title="Plans", members=members, client=fresh("g"))
        return made["value"]["conversation"]["id"]

    def say(self, who: Person, conversation: str, text: str) -> dict:
        body = {"type": "plain", "text": text}
        return who.command("send", to={"conversation": conversation}, body=body, client=fresh("m"))["value"]

    @cached_property
    def said(self) -> dict:
        """A message of hers in the group."""
        return self.say(self.ann, self.group, "a boat is ours")

    @cached_property
    def file(self) -> str:
        """A picture of hers that bob may see."""
        id = upload(self.ann, "boat.png", picture())
        body = {"type": "objects", "ids": [id]}
        self.ann.command("send", to={"account": self.bob.account}, body=body, client=fresh("m"))
        return id

    @cached_property
    def begun(self) -> str:
        """An upload that has begun."""
        made = self.ann.command("begin_object", name="notes.txt", size=1_000_000, client=fresh("o"))
        return made["value"]["object"]["id"]

    @property
    def filled(self) -> str:
        """An upload of which all bytes are there."""
        made = self.ann.command("begin_object", name="notes.txt", size=len(NOTES), client=fresh("o"))
        id = made["value"]["object"]["id"]
        self.ann.raw("PATCH", f"/objects/{id}", NOTES, {"Upload-Offset": "0"})
        return id

    @cached_property
    def invitation(self) -> dict:
        return self.ann.request("POST", "/invites", {})

    @cached_property
    def bot(self) -> str:
        return self.another_bot()

    def another_bot(self) -> str:
        return self.ann.command("make_bot", name=fresh("robot"), display="Robot")["value"]["bot"]

    @cached_property
    def bot_token(self) -> dict:
        return self.ann.command("make_bot_token", bot=self.bot, label="lab")["value"]

    @cached_property
    def link(self) -> str:
        """A link to a group that she is not in."""
        made = self.bob.command("create_group", title="Boats", members=[], client=fresh("g"))
        link = self.bob.command("make_link", conversation=made["value"]["conversation"]["id"])
        return link["value"]["token"]

    @cached_property
    def own_link(self) -> str:
        """What revokes the link to her own group."""
        self.ann.command("make_link", conversation=self.group)
        return self.ann.request("GET", f"/conversations/{self.group}/links")["links"][0]["id"]

    @cached_property
    def endpoint(self) -> str:
        """An endpoint that polls."""
        abilities = {"voice": True, "video": False}
        since = self.ann.snapshot()["at"]
        return self.ann.request("POST", "/endpoint", {"abilities": abilities, "since": since})["endpoint"]

    @cached_property
    def call(self) -> str:
        """A call that nobody answered."""
        key = os.urandom(16).hex()
        step = {"type": "invite", "to": {"account": self.bob.account}, "media": {"audio": True, "video": False}, "offer": "v=0"}
        asked = {"type": "call", "key": key, "step": step}
        self.ann.request("POST", f"/command?endpoint={self.endpoint}", asked)
        return key

    # --- as programs of the second dialect see it ----------------------------------------------------------------------

    def old(self, host: str, method: str, path: str, body: object = None, headers: dict | None = None) -> tuple:
        proof = {"X-Skypetoken": self.skypetoken} if host != "edge.skype.com" else {}
        status, given, text = ask(self.place, method, f"/_/{host}{path}", body, {**proof, **(headers or {})})
        check(status < 400, f"{method} {host}{path}: {status} {text[:200]!r}")
        return given, json.loads(text) if text.startswith(b"{") else text

    @cached_property
    def skypetoken(self) -> str:
        """By the token of her own device, as a bot gets it."""
        _, given = self.old("edge.skype.com", "POST", "/rps/v1/rps/skypetoken", {"access_token": self.ann.token})
        return given["skypetoken"]

    @cached_property
    def registration(self) -> str:
        """Of an endpoint that hears of everything."""
        headers, _ = self.old(GATEWAY, "POST", "/v1/users/ME/endpoints", {"endpointFeatures": "Agent"})
        token = headers["Set-RegistrationToken"].split(";")[0]
        wanted = {"interestedResources": ["/v1/users/ME/conversations/ALL/messages"]}
        self.old(GATEWAY, "POST", "/v1/users/ME/endpoints/SELF/subscriptions", wanted, {"RegistrationToken": token})
        return token

    @property
    def heard(self) -> str:
        """A poll of it comes back at once."""
        self.say(self.bob, self.alone, "hello")
        return "SELF"

    @property
    def thread(self) -> str:
        return f"19:{int(self.group):032x}@thread.skype"

    @cached_property
    def asm(self) -> str:
        return f"0-eu-d1-{int(self.file):032x}"

    @property
    def empty_asm(self) -> str:
        """A file of which no byte has come."""
        _, made = self.old("api.asm.skype.com", "POST", "/v1/objects", {"type": "sharing/file", "filename": "notes.txt"})
        return made["id"]

    @cached_property
    def look(self) -> str:
        """Who looks at bob's picture."""
        _, profile = self.old("api.skype.com", "GET", f"/users/{self.bob.name}/profile/public")
        return urllib.parse.parse_qs(urllib.parse.urlsplit(profile["avatarUrl"]).query)["t"][0]

    @cached_property
    def csrf(self) -> str:
        """What the page behind a link gives to who comes by it."""
        _, headers, _ = ask(self.place, "GET", f"/_/join.skype.com/{self.link}")
        return cookies(headers)["csrf_token"]

    @cached_property
    def form(self) -> dict[str, str]:
        """The form of signing in: its cookie, and what it carries."""
        _, headers, text = ask(self.place, "GET", "/_/login.live.com/login.srf")
        ppft = text.decode().split('name="PPFT"')[1].split('value="')[1].split('"')[0]
        return {"MSPRequ": cookies(headers)["MSPRequ"], "PPFT": ppft}

    @cached_property
    def step(self) -> str:
        """What the form gives to the last step."""
        filled = urllib.parse.urlencode({"login": self.name, "passwd": PASSWORD, "PPFT": self.form["PPFT"]}).encode()
        headers = {"Cookie": f"MSPRequ={self.form['MSPRequ']}"}
        _, _, text = ask(self.place, "POST", "/_/login.live.com/ppsecure/post.srf", filled, headers)
        return text.decode().split('id="t" value="')[1].split('"')[0]

    @cached_property
    def hash(self) -> str:
        """The hash by which old programs sign in, after she has allowed them to."""
        self.ann.command("allow_old_programs", on=True, password=PASSWORD)
        digest = hashlib.md5(f"{self.name}\nskyper\n{PASSWORD}".encode()).digest()
        return base64.b64encode(digest).decode()

    def envelope(self) -> bytes:
        return ENVELOPE.format(name=self.name, password=PASSWORD).encode()


def ask(place: Place, method: str, path: str, body: object = None, headers: dict | None = None) -> tuple:
    """One request; gives status, headers and bytes."""
    connection = http.client.HTTPConnection(*place.address("http"), timeout=60)
    sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"} if sent is not body else {}
    try:
        connection.request(method, path, sent, {**kind, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def cookies(headers: http.client.HTTPMessage) -> dict[str, str]:
    pairs = (each.split(";")[0].partition("=") for each in headers.get_all("Set-Cookie") or [])
    return {name: value for name, _, value in pairs}


def upload(who: Person, name: str, data: bytes) -> str:
    """A file by our own API; gives its id."""
    begun = who.command("begin_object", name=name, size=len(data), client=fresh("o"))
    id = begun["value"]["object"]["id"]
    who.raw("PATCH", f"/objects/{id}", data, {"Upload-Offset": "0"})
    who.command("finish_object", object=id, sha256=hashlib.sha256(data).hexdigest())
    return id
