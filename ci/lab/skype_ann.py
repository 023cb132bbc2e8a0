"""Ann, who uses SkPy 0.11 as it is."""

from collections import deque
from collections.abc import Callable

from skype_world import PASSWORD, Failed, World, within


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
