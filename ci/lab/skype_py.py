"""Steps that SkPy 0.11, unmodified, goes through: signing in, people, and what it does around. What others see is seen in a browser."""

import threading
from datetime import datetime, timedelta

from skype_ann import ann, refused
from skype_world import PASSWORD, World, check, until

# --- signing in --------------------------------------------------------------------------------------------------------


def by_the_form(w: World) -> None:
    check(ann(w).sk.userId == "ann", f"SkPy is {ann(w).sk.userId}")
    check(ann(w).sk.conn.connected, "SkPy says that it is not connected")
    own = w.browser.enter("ann")
    own.act("go", "#/settings/devices")
    until(lambda: own.act("says", "SkPy"), "ann's own screen lists no device of that name")


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
    """Asking and answering, both ways: eve sits at a browser."""
    sk = ann(w).sk
    eve, frank = w.stranger("eve"), w.stranger("frank")
    page = w.browser.enter(eve.name)
    page.act("ask", "ann", "hello & <hi>")
    frank.command("relate", other=w.ann.account, change="ask", greeting="hello")
    asked = {each.userId: each for each in sk.contacts.requests()}
    check({eve.name, frank.name} <= set(asked), f"requests: {list(asked)}")
    check(asked[eve.name].greeting == "hello & <hi>", f"greeting: {asked[eve.name].greeting}")
    asked[eve.name].accept()
    asked[frank.name].reject()
    until(lambda: "Ann" in {each["name"] for each in page.act("people")["contacts"]}, "eve does not see ann among her contacts")
    check(state(w.ann, frank) == "none", f"frank: {state(w.ann, frank)}")
    w.browser.leave(eve.name)
    grace = w.stranger("grace")
    page = w.browser.enter(grace.name)
    sk.contacts.user(grace.name).invite("let us <talk> & so")
    request = {"name": "ann", "greeting": "“let us <talk> & so”"}
    until(lambda: request in page.act("people")["requests"], f"grace sees {page.act('people')}")
    page.act("answer", "Accept", "Ann")
    sk.contacts.sync()
    check(grace.name in {each.id for each in sk.contacts}, "grace is no contact of ann")
    user = sk.contacts.user(grace.name)
    user.block()
    check(contact(w.ann, grace)["blocked"], "grace is not blocked")
    user.unblock()
    check(not contact(w.ann, grace)["blocked"], "grace is still blocked")
    w.browser.leave(grace.name)


def contact(of: object, other: object) -> dict:
    found = [each for each in of.snapshot()["contacts"] if each["profile"]["id"] == other.account]
    return found[0] if found else {"state": "none", "blocked": False}


def state(of: object, other: object) -> str:
    return contact(of, other)["state"]


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
    a = ann(w)
    conn = a.sk.conn
    conn("DELETE", f"{conn.msgsHost}/users/ME/endpoints/SELF", auth=a.skpy.SkypeConnection.Auth.RegToken)
    said, heard = w.word("after it was gone"), threading.Event()

    def bob_says_it_again_and_again() -> None:
        while not heard.wait(0.5):
            w.screen.act("write", said)

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
    ("contacts", contacts), ("requests", requests), ("around", around), ("lost-endpoint", after_a_lost_endpoint),
]  # fmt: skip
