"""Chromium at the other end of every step of `ci/lab/skype`: what a person sees there, and what they do."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

from lines import Lines
from skein import Failed, check

HERE = Path(__file__).parent
PATIENCE = 15.0  # seconds until something must be on the screen


def p(text: str) -> str:
    """Letters as a paragraph on the screen."""
    return f"<p>{escape(text)}</p>"


class Screen:
    """Somebody's page."""

    def __init__(self, browser: Lines, who: str) -> None:
        self.browser, self.who = browser, who

    def act(self, name: str, *args: object) -> object:
        return self.browser.ask(name, self.who, *args)

    def look(self, last: int = 1) -> dict:
        return self.act("look", last)

    def last(self) -> dict:
        """The newest message."""
        messages = self.look()["messages"]
        return messages[-1] if messages else {"words": None}

    def see(self, what: str, holds: Callable[[dict], object], last: int = 1, patience: float = PATIENCE) -> dict:
        """Waits until the screen is so, and gives it."""
        end = time.monotonic() + patience
        while True:
            seen = self.look(last)
            if holds(seen):
                return seen
            if time.monotonic() > end:
                self.keep(what)
                told = {key: value[-6:] if isinstance(value, list) else value for key, value in seen.items()}
                raise Failed(f"{self.who} does not see {what} on the screen; it shows {told}")
            time.sleep(0.05)

    def reads(self, words: str, **more: object) -> dict:
        """Waits until the newest message has these words, as the screen draws them, and what else is asked of it."""

        def so(seen: dict) -> bool:
            newest = seen["messages"][-1:] or [{}]
            return newest[0].get("words") == words and all(newest[0].get(key) == value for key, value in more.items())

        return self.see(f"{words!r} {more or ''}", so)["messages"][-1]

    def all_read(self, wanted: list[str]) -> None:
        """Waits until the newest messages are these, in their order."""
        so = lambda seen: [each["words"] for each in seen["messages"]] == wanted  # noqa: E731: it is handed on
        try:
            self.see(f"{len(wanted)} messages", so, len(wanted))
        except Failed:
            shown = [each["words"] for each in self.look(len(wanted))["messages"]]
            wrong = [(want, got) for want, got in zip(wanted, shown, strict=False) if want != got]
            raise Failed(f"{self.who} should read and reads: {wrong[:5]} ({len(shown)} of {len(wanted)} messages; the last: {shown[-1:]})") from None

    def line(self, words: str) -> None:
        """Waits for a line of the system."""
        self.see(f"the line {words!r}", lambda seen: words in seen["lines"])

    def keep(self, what: str) -> None:
        """What the page shows when something failed, into the folder that SKEIN_KEEP names."""
        if to := os.environ.get("SKEIN_KEEP"):
            Path(to).mkdir(parents=True, exist_ok=True)
            name = "".join(letter if letter.isalnum() else "-" for letter in what)[:60]
            self.act("shot", str(Path(to) / f"{self.who}-{name}.png"))

    def leave(self) -> None:
        self.act("leave")


class Browser:
    """A Chromium, and who sits at it."""

    def __init__(self, url: str) -> None:
        self.lines = Lines("browser", "node", str(HERE / "skype_browser.mjs"), url, cwd=HERE, patience=60)
        self.screens: dict[str, Screen] = {}

    def enter(self, who: str) -> Screen:
        """The page of somebody; they sit down if they were not there."""
        if who not in self.screens:
            self.lines.ask("enter", who)
            self.screens[who] = Screen(self.lines, who)
        return self.screens[who]

    def leave(self, who: str) -> None:
        """They get up; errors in their page are failures."""
        self.screens.pop(who).leave()

    def close(self) -> None:
        try:
            for who in list(self.screens):
                self.leave(who)
        finally:
            self.lines.close()


__all__ = ["Browser", "Screen", "check", "p"]
