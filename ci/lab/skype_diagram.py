#!/usr/bin/env python3
"""Draws the diagram of a session in `docs/protocols/skype.md` from the recorded one beside this file.

    ci/lab/skype_diagram.py [--write]

Without `--write` it fails if the page has another one than the recording gives.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORDING = HERE / "skype-session.txt"
PAGE = HERE.parents[1] / "docs/protocols/skype.md"
BEGIN, END = "<!-- drawn by ci/lab/skype_diagram.py from ci/lab/skype-session.txt -->", "<!-- end of the drawing -->"
# Who stands there, from left to right.
HOSTS = {
    "login.skype.com": "login", "login.live.com": "live", "api.skype.com": "api",
    "client-s.gateway.messenger.live.com": "gateway", "contacts.skype.com": "contacts", "api.asm.skype.com": "store",
}  # fmt: skip
SHORT = "client-s.gateway…"


def draw(recording: str) -> str:
    """A sequence diagram in the language of Mermaid. Equal exchanges one after another are drawn once."""
    steps = []
    asked = ("", "")
    for line in recording.splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "==":
            steps.append(f"Note over SkPy,store: {text(rest)}")
        elif mark == ">":
            method, _, address = rest.partition(" ")
            host, _, path = address.partition("/")
            asked = (HOSTS[host], f"{method} /{path}")
            steps.append(f"SkPy->>{asked[0]}: {text(asked[1])}")
        elif mark == "*":
            steps.append(f"Note right of {asked[0]}: {text(rest)}")
        elif mark == "<":
            steps.append(f"{asked[0]}-->>SkPy: {text(rest)}")
    names = [f"participant {name} as {SHORT if name == 'gateway' else host}" for host, name in HOSTS.items()]
    lines = ["sequenceDiagram", "participant SkPy", *names, *steps]
    return "```mermaid\n" + "\n    ".join(lines) + "\n```"


def text(of: str) -> str:
    """Letters that mean something to Mermaid stand for themselves."""
    return of.replace("#", "#35;").replace(";", "#59;")


def main() -> int:
    page = PAGE.read_text()
    if BEGIN not in page or END not in page.split(BEGIN, 1)[1]:
        print(f"{PAGE}: no place for the diagram: {BEGIN} … {END}")
        return 1
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    drawn = f"{before}{BEGIN}\n{draw(RECORDING.read_text())}\n{END}{after}"
    if drawn == page:
        return 0
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(drawn)
        return 0
    print(f"{PAGE}: the diagram is not that of {RECORDING.name}; ci/lab/skype_diagram.py --write draws it")
    return 1


if __name__ == "__main__":
    sys.exit(main())
