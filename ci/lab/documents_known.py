"""Values with which a generated request of either dialect means something that is there.

Each table is by operation, parameter or key; its values are taken from a scene when they are asked for. `GONE` leaves a parameter out.
"""

import hashlib

from documents_scene import NOTES, Scene, fresh
from skein import PASSWORD
from skype_world import picture

GONE = object()
MUST_NOT_LAST = 0  # seconds a poll waits

# --- our own dialect ----------------------------------------------------------------------------------------------------

OWN_PATH = {
    "accounts": lambda s: s.bob.account,
    "calls": lambda s: s.call,
    "conversations": lambda s: s.said and s.group,
    "invites": lambda s: s.invitation["id"],
    "names": lambda _: fresh("free"),
    "objects": lambda s: s.file,
}
OWN_QUERY = {
    "after": lambda _: GONE,
    "around": lambda _: GONE,
    "banned": lambda _: "false",
    "before": lambda _: GONE,
    "conversation": lambda s: s.alone,
    "endpoint": lambda s: s.endpoint,
    "limit": lambda _: "10",
    "name": lambda s: s.bob.name,
    "question": lambda s: s.alone and "boat",
    "seen": lambda _: GONE,
    "since": lambda s: s.ann.snapshot()["at"],
    "wait": lambda _: str(MUST_NOT_LAST),
}
OWN_KEYS = {
    "about": lambda s: s.bob.account,
    "account": lambda s: s.bob.account,
    "bot": lambda s: s.bot,
    "client": lambda _: fresh("c"),
    "code": lambda s: s.recovery,
    "conversation": lambda s: s.group,
    "current": lambda _: PASSWORD,
    "device": lambda s: s.device,
    "expires": lambda _: None,
    "ids": lambda s: [s.file],
    "invite": lambda _: None,
    "key": lambda s: s.call,
    "language": lambda _: "en",
    "link": lambda s: s.own_link,
    "members": lambda s: [s.bob.account],
    "message": lambda s: s.said["id"],
    "messages": lambda _: [],
    "muted_until": lambda _: None,
    "new": lambda _: PASSWORD,
    "object": lambda s: s.file,
    "other": lambda s: s.carol.account,
    "password": lambda _: PASSWORD,
    "people": lambda s: [s.stranger.account],
    "picture": lambda s: s.file,
    "public_key": lambda _: None,
    "reply_to": lambda _: None,
    "since": lambda s: s.ann.snapshot()["at"],
    "token": lambda s: s.link,
    "until": lambda _: None,
    "upto": lambda s: s.said["id"],
    "uses": lambda _: None,
    "value": lambda s: s.handle,
}
HELLO = {"label": "lab", "kind": "bot"}
# By the name of an operation, or of a command; these go before what is there for a key.
OWN_BODIES = {
    "begin_object": lambda _: {"size": 100, "name": "notes.txt"},
    "call": lambda s: {"step": {"type": "prepare", "to": {"account": s.bob.account}, "media": {"audio": True, "video": False}}},
    "end_bot_token": lambda s: {"token": s.bot_token["id"]},
    "endpoint": lambda _: {"abilities": {"voice": True, "video": False}},
    "delete": lambda s: {"message": s.say(s.ann, s.group, "never mind")["id"]},
    "delete_bot": lambda s: {"bot": s.another_bot()},
    "drop_object": lambda s: {"object": s.begun},
    "finish_object": lambda s: {"object": s.filled, "sha256": hashlib.sha256(NOTES).hexdigest()},
    "leave_group": lambda s: {"conversation": s.another_group()},
    "make_bot": lambda _: {"name": fresh("robot"), "display": "Robot"},
    "make_bot_token": lambda _: {"label": "lab"},
    "react": lambda _: {"key": "👍"},
    "recover": lambda s: {"name": s.name, "device": HELLO},
    "register": lambda _: {"name": fresh("new"), "display": "New", "device": HELLO},
    "report_call": lambda _: {"report": '{"format": 1}'},
    "rename_bot": lambda _: {"display": "Robot"},
    "report_abuse": lambda _: {"text": "It is spam."},
    "set_handle": lambda _: {"password": PASSWORD},
    "set_contact": lambda s: {"other": s.bob.account},
    "set_members": lambda s: {"to": "added", "people": [s.bob.account], "conversation": s.another_group()},
    "sign_in": lambda s: {"name": s.name, "device": HELLO},
    "update_account": lambda _: {"display": "Ann"},
}

# --- the dialect of Skype's web generation --------------------------------------------------------------------------------

OLD_PATH = {
    "answer": lambda _: "accept",
    "change": lambda _: "block",
    "code": lambda s: s.link,
    "contact": lambda s: f"8:{s.bob.name}",
    "conversation": lambda s: s.said and s.thread,
    "document": lambda _: "messagingService",
    "endpoint": lambda s: s.registration and "SELF",
    "flag": lambda _: "13",
    "id": lambda s: s.asm,
    "member": lambda s: f"8:{s.bob.name}",
    "message": lambda s: str(s.said["stamp"]),
    "mri": lambda s: f"8:{s.carol.name}",
    "name": lambda s: s.carol.name,
    "number": lambda _: "0",
    "part": lambda _: "SkypePersonalization",
    "program": lambda _: "SkypePersonalization",
    "thread": lambda s: s.thread,
    "user": lambda _: "ME",
    "version": lambda _: "0_0.0.0.0",
    "view": lambda _: "imgpsh",
    "who": lambda _: "self",
}
# Of single operations, by the end of their path and the part.
OLD_PATH_OF = {
    ("post", "/poll", "endpoint"): lambda s: s.registration and s.heard,
    ("get", "/profile/public", "who"): lambda s: s.bob.name,
    ("put", "/content/{view}", "id"): lambda s: s.empty_asm,
    ("put", "/avatars/{name}", "name"): lambda s: s.name,
    ("get", "/avatars/{name}/public", "name"): lambda s: s.bob.name,
    ("get", "/profile/avatar", "who"): lambda s: s.bob.name,
    ("put", "/profile/avatar", "who"): lambda s: s.name,
    ("get", "/options/{name}", "name"): lambda _: "calling.skype-call-policy",
    ("put", "/options/{name}", "name"): lambda _: "lab",
    ("post", "/options/{name}", "name"): lambda _: "LAB",
    ("put", "/auth-request/{name}", "name"): lambda s: s.stranger.name,
}
OLD_QUERY = {
    "agentId": lambda _: "echo",
    "cMri": lambda s: f"8:{s.bob.name}",
    "docid": lambda s: s.asm,
    "keyWord": lambda s: s.bob.name,
    "pageSize": lambda _: "10",
    "searchstring": lambda s: s.bob.name,
    "startTime": lambda _: "0",
    "syncState": lambda _: GONE,
    "targetType": lambda _: GONE,
    "threadId": lambda s: f"19:{int(s.another_group()):032x}@thread.skype",
}
NAME_OF = {"threads": "topic", "conversations": "alerts", "messages": "emotions", "subscriptions": "interestedResources"}
OLD_BODIES = {
    "/login/microsoft": lambda s: {"t": s.step},
    "/login.skype.com/login": lambda s: {"username": s.name, "password": PASSWORD},
    "/ppsecure/post.srf": lambda s: {"login": s.name, "passwd": PASSWORD, "PPFT": s.form["PPFT"]},
    "/RST.srf": lambda s: s.envelope(),
    "/RST2.srf": lambda s: s.envelope(),
    "/GetCredentialType.srf": lambda s: {"username": s.name},
    "/rps/v1/rps/skypetoken": lambda s: {"access_token": s.ann.token},
    "/login/skypetoken": lambda s: {"username": s.name, "passwordHash": s.hash},
    "/api/v2/conversation": lambda s: {"shortId": s.link},
    "/api/v1/users/guests": lambda s: {"name": "Guest", "shortId": s.link},
    "/v1/meetings": lambda s: {"threadId": s.thread},
    "/api.scheduler.skype.com/threads": lambda s: {"threadId": s.thread},
    "/v1/threads/{thread}/members": lambda _: {"displayName": "Guest"},
    "/v1/threads": lambda s: {"members": [{"id": f"8:{s.bob.name}", "role": "User"}], "properties": {"topic": "Plans"}},
    "/v1/threads/{thread}/properties": lambda _: {"topic": "Boats"},
    "/v1/threads/{thread}/members/{member}": lambda _: {"role": "Admin"},
    "/conversations/{conversation}/properties": lambda _: {"alerts": "false"},
    "/messages/{message}/properties": lambda _: {"emotions": {"key": "like", "value": 1}},
    "/messages/{message}": lambda _: {"content": "changed", "messagetype": "RichText", "skypeeditedid": None},
    "/messages": lambda _: {"content": "hello", "skypeeditedid": None, "clientmessageid": fresh("c")},
    "/presenceDocs/{document}": lambda _: {"status": "Busy", "privateInfo": {"epname": "lab"}, "publicInfo": {"typ": 1}},
    "/users/{user}/contacts": lambda s: {"contacts": [{"id": f"8:{s.bob.name}"}]},
    "/subscriptions": lambda _: {"interestedResources": ["/v1/users/ME/conversations/ALL/messages"]},
    "/subscriptions/{number}": lambda _: {"interestedResources": ["/v1/users/ME/contacts/ALL"]},
    "/users/{who}/contacts": lambda s: {"mri": f"8:{s.stranger.name}", "greeting": "hello"},
    "/profile/partial": lambda _: {"payload": {"mood": "busy", "language": "en", "firstname": "Ann", "lastname": None}},
    "/batch/profiles": lambda s: {"usernames": [s.bob.name]},
    "/contacts/profiles": lambda s: {"contacts": [s.bob.name]},
    "/options/{name}": lambda _: {"value": "yes", "integerValue": "7"},
    "/v1/objects": lambda s: {"type": "sharing/file", "filename": "a.txt", "permissions": {f"8:{s.bob.name}": ["read"]}},
    "/content/{view}": lambda _: b"some bytes",
    "/avatars/{name}": lambda _: picture(),
    "/profile/avatar": lambda _: picture(),
    "/skypetokenauth": lambda s: {"skypetoken": s.skypetoken},
}
OLD_HEADERS = {
    "/ppsecure/post.srf": lambda s: {"Cookie": f"MSPRequ={s.form['MSPRequ']}"},
    "/v1/threads/{thread}/members": lambda s: {"csrf_token": s.csrf},
}
# What the old service is asked for and this one has not.
REFUSED = {
    "get /_/dev.microsofttranslator.com/api/skype/translate": "no text leaves a server of ours",
    "get /_/urlp.asm.skype.com/v1/url/info": "a server of ours opens no links",
    "get /_/api.asm.skype.com/s/i": "the file stands alone behind the question mark, which no document can say",
    "get /v1/skein/socket": "it becomes a WebSocket, for which every other bench is",
}


def sample(schema: dict, document: dict) -> object:
    """The least that a schema of our own document asks for."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "oneOf" in schema:
        return sample(schema["oneOf"][0], document)
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "object")
    match kinds if isinstance(kinds, str) else kinds[0]:
        case "object":
            return {name: sample(schema["properties"][name], document) for name in schema.get("required", [])}
        case "array":
            return []
        case "string":
            return "x"
        case "boolean":
            return True
        case _:
            return 0


def own_path(s: Scene, path: str, method: str, part: str) -> object:
    if method == "patch":
        return s.begun
    return OWN_PATH[path.removeprefix("/v1/skein/").split("/")[0]](s)


def old_path(s: Scene, path: str, method: str, part: str) -> object:
    of_this = (value for (how, end, name), value in OLD_PATH_OF.items() if how == method and name == part and path.endswith(end))
    return next(of_this, OLD_PATH.get(part, lambda _: GONE))(s)


def old_query(s: Scene, path: str, name: str) -> object:
    """A property's name depends on what has it."""
    if name != "name":
        return OLD_QUERY.get(name, lambda _: GONE)(s)
    return next((word for part, word in NAME_OF.items() if f"/{part}/" in path and path.endswith("properties") and part != "conversations"),
                "interestedResources" if "subscriptions" in path else "alerts")  # fmt: skip


def old_body(s: Scene, path: str) -> object:
    """The longest end of the path that is known."""
    ends = sorted((end for end in OLD_BODIES if path.endswith(end)), key=len)
    return OLD_BODIES[ends[-1]](s) if ends else None


def own_body(s: Scene, name: str, body: object) -> object:
    """The generated body with every id in it that could be one of something that is there."""
    if not isinstance(body, dict):
        return body
    kind = body.get("type") if name == "command" and isinstance(body.get("type"), str) else name
    special = OWN_BODIES.get(kind, lambda _: {})(s)
    known = {key: OWN_KEYS[key](s) for key in body if key in OWN_KEYS and key not in special}
    inner = {key: own_inner(s, value) for key, value in body.items() if key not in known}
    return {**inner, **known, **special}


def own_inner(s: Scene, value: object) -> object:
    if isinstance(value, list):
        return [own_inner(s, each) for each in value]
    if not isinstance(value, dict):
        return value
    names = ("account", "conversation", "ids", "message", "picture")
    return {key: OWN_KEYS[key](s) if key in names else own_inner(s, each) for key, each in value.items()}
