"""What `schemathesis` does around each request of the documents' bench: who asks, and about what.

A third of the requests go as they were generated, a fifth without any credentials; the rest are about things that are there, by somebody who is
signed in by each of the ways that the document names, in turn. Which is which follows from the request itself. An operation that changes
something has a person of its own, who is another one after a while, and at once when the request has ended a device or an account.
"""

import atexit
import hashlib
import json
import os
from collections import Counter, defaultdict
from pathlib import Path

import documents_known as known
import schemathesis
from documents_scene import Place, Scene
from skein import Refused

PLACE = Place(os.environ["SKEIN_LAB_AT"])
FIGURES = Path(os.environ["SKEIN_LAB_FIGURES"])
# Who has asked so often may have changed too much.
USES = 12
# After these somebody is not signed in any more.
ENDS = {"sign_out", "delete_account", "recover"}
CREDENTIALS = ("authorization", "authentication", "x-skypetoken", "registrationtoken", "cookie")

figures: dict[str, Counter] = defaultdict(Counter)
scenes: dict[str, Scene] = {}
of_case: dict[str, str] = {}
repeated: Counter = Counter()
lost: Counter = Counter()
commands: Counter = Counter()


def scene(name: str) -> Scene:
    """The person of an operation; whoever only reads shares one."""
    found = scenes.get(name)
    if found is not None and found.uses >= USES and name != "reads":
        drop(name)
        found = None
    if found is None:
        found = scenes[name] = Scene(PLACE)
    found.uses += 1
    return found


def drop(name: str) -> None:
    gone = scenes.pop(name, None)
    if gone is not None:
        gone.close()


def label(case: schemathesis.Case) -> str:
    return f"{case.operation.method.lower()} {case.operation.path}"


def chosen(case: schemathesis.Case) -> int:
    """A number that belongs to what was generated, and to how often that came."""
    body = case.body if isinstance(case.body, (dict, list, str, int)) else str(case.body)
    generated = repr([label(case), case.path_parameters, dict(case.query or {}), body])
    digest = hashlib.sha256(generated.encode("utf-8", "surrogatepass")).digest()
    repeated[digest] += 1
    return digest[0] + digest[1] + repeated[digest] - 1


def is_example(case: schemathesis.Case) -> bool:
    return case.meta is None  # only what schemathesis has generated has any


@schemathesis.hook
def before_add_examples(context: schemathesis.HookContext, examples: list[schemathesis.Case]) -> None:
    """One of each command, since one address takes them all."""
    operation = context.operation
    if operation.definition.raw.get("operationId") != "command":
        return
    document = operation.schema.raw_schema
    kinds = document["components"]["schemas"]["Command"]["oneOf"]
    bodies = (known.sample(kind, document) for kind in kinds)
    examples.extend(operation.Case(body=body, media_type="application/json") for body in bodies)


@schemathesis.hook
def before_call(_: schemathesis.HookContext, case: schemathesis.Case, **__: object) -> None:
    mine = "reads" if case.operation.method.lower() in ("get", "head") else label(case)
    of_case[case.id] = mine
    way = chosen(case)
    for header in CREDENTIALS:
        case.headers.pop(header, None)
    case.cookies = {}
    try:
        dress(scene(mine), case, way)
    except Refused as refused:
        if refused.status != 401:
            raise
        drop(mine)  # a request of before has ended the device
        dress(scene(mine), case, way)


def dress(s: Scene, case: schemathesis.Case, number: int) -> None:
    """Puts into a request what it is about, and who asks."""
    name = label(case)
    is_old = case.operation.path.startswith("/_/")
    way = 0 if not figures[name] or is_example(case) else number % 15
    if way % 3 != 2:
        (about_old if is_old else about_own)(s, case)
    if way % 5 == 4:
        figures[name]["without credentials"] += 1
    else:
        (sign_old if is_old else sign_own)(s, case, 0 if is_example(case) else number // 15)


def about_own(s: Scene, case: schemathesis.Case) -> None:
    path, method = case.operation.path, case.operation.method.lower()
    case.headers["Origin"] = PLACE.url  # as a browser says, so that it may have a cookie
    for part in case.path_parameters or {}:
        case.path_parameters[part] = known.own_path(s, path, method, part)
    put(case, {each: known.OWN_QUERY[each](s) for each in case.query or {} if each in known.OWN_QUERY})
    if path.endswith("/poll"):
        put(case, {"endpoint": s.endpoint, "wait": "0", "after": known.GONE, "seen": known.GONE})
    if path.endswith("/command"):
        put(case, {"endpoint": known.GONE})
    if path.endswith("/find"):
        put(case, {"name": s.bob.name})
    if method == "patch":
        case.headers["Upload-Offset"] = str(s.ann.request("GET", f"/objects/{s.begun}")["offset"])
        case.body = b"some bytes"
    elif case.body is not None:
        operation = case.operation.definition.raw.get("operationId", "")
        case.body = known.own_body(s, operation, case.body)


def about_old(s: Scene, case: schemathesis.Case) -> None:
    path, method = case.operation.path, case.operation.method.lower()
    for part in case.path_parameters or {}:
        value = known.old_path(s, path, method, part)
        if value is not known.GONE:
            case.path_parameters[part] = value
    wanted = [each["name"] for each in case.operation.definition.raw.get("parameters", []) if each["in"] == "query"]
    put(case, {each: known.old_query(s, path, each) for each in wanted})
    case.headers.update(known.OLD_HEADERS.get(next((end for end in known.OLD_HEADERS if path.endswith(end)), ""), lambda _: {})(s))
    body = known.old_body(s, path) if method in ("post", "put") or path.endswith("/properties") else None
    if body is None:
        return
    if isinstance(body, dict) and isinstance(case.body, dict):
        body = {**case.body, **body}
    case.body = body
    if case.media_type is None:
        case.media_type = next(iter(case.operation.definition.raw["requestBody"]["content"]))
    if case.media_type == "application/x-www-form-urlencoded":
        case.body = {key: value for key, value in body.items() if isinstance(value, (str, int))}


def put(case: schemathesis.Case, values: dict[str, object]) -> None:
    query = dict(case.query or {})
    for name, value in values.items():
        if value is known.GONE:
            query.pop(name, None)
        else:
            query[name] = value
    case.query = query


def sign_own(s: Scene, case: schemathesis.Case, turn: int) -> None:
    """Some by the token, some as a browser does."""
    if not case.operation.definition.raw.get("security"):
        return
    if turn % 2:
        case.headers["Cookie"] = f"skein={s.cookie}"
        case.headers["Origin"] = PLACE.url
    else:
        case.headers["Authorization"] = f"Bearer {s.ann.token}"


def sign_old(s: Scene, case: schemathesis.Case, turn: int) -> None:
    ways = [next(iter(way)) for way in case.operation.definition.raw.get("security", [])]
    if not ways:
        return
    # What an endpoint is asked goes by its own token.
    way = "registration" if "{endpoint}" in case.path or "/contacts" in case.path and "registration" in ways else ways[turn % len(ways)]
    match way:
        case "registration":
            case.headers["RegistrationToken"] = s.registration
        case "authorization":
            case.headers["Authorization"] = f"skype_token {s.skypetoken}"
        case "authentication":
            case.headers["Authentication"] = f"skypetoken={s.skypetoken}"
        case "skypetoken_asm":
            case.headers["Cookie"] = f"skypetoken_asm={s.skypetoken}"
        case "look":
            put(case, {"t": s.look})
        case _:
            case.headers["X-Skypetoken"] = s.skypetoken


@schemathesis.hook
def after_call(_: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response) -> None:
    name = label(case)
    figures[name][str(response.status_code)] += 1
    if name.endswith("/command") and isinstance(case.body, dict) and isinstance(case.body.get("type"), str) and response.status_code < 300:
        commands[case.body["type"]] += 1
    mine = of_case.pop(case.id, name)
    ended = case.operation.definition.raw.get("operationId") in ENDS and response.status_code < 300
    signed = any(header in response.request.headers for header in ("Authorization", "X-Skypetoken", "RegistrationToken", "Cookie", "Authentication"))
    if ended:
        drop(mine)
    elif response.status_code == 401 and signed:
        lost[name] += 1
        drop(mine)
    if sum(figures[name].values()) % 20 == 0:
        tell()


@atexit.register
def tell() -> None:
    FIGURES.write_text(json.dumps({"operations": figures, "lost": lost, "commands": commands}))
