#!/usr/bin/env python3
"""Reads the tree as it is in Git: lengths of files, words that do not belong, and links between the documents."""

import re
import subprocess
import sys
from pathlib import Path

LONGEST = 800
LONG = 400
SOURCES = {".rs", ".ts", ".svelte", ".mjs", ".py", ".css", ".sql"}
# Written so that this file does not find itself.
WORDS = [
    (re.compile(r"/(?:wo[r]k|ro[o]t|ho[m]e/[a-z]+)/"), "a path of one machine"),
    (re.compile(r"\b(?:dbg!\(|todo!\(|unimpl[e]mented!\()"), "left over from writing"),
    (re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b(?!\(#\d+\))"), "a note without an issue: write TODO(#12)"),
    (re.compile(r"(?:registry\.np[m]js|static\.crat[e]s\.io|index\.crat[e]s\.io|files\.pyth[o]nhosted|deb\.debi[a]n\.org)"),
     "the address of a package registry"),
    (re.compile(r"^(?:<{7} |>{7} |={7}$)"), "a merge conflict"),
]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)(?:#[^)\s]*)?\)")


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout
    faults: list[str] = []
    long: list[tuple[int, str]] = []
    for name in filter(None, listed.split("\0")):
        path = Path(name)
        if not path.is_file() or generated(path):
            continue
        try:
            lines = path.read_text("utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # a vector, a sound, a picture
        if path.suffix in SOURCES:
            if len(lines) > LONGEST:
                faults.append(f"{name}: {len(lines)} lines; {LONGEST} is where a file ends")
            elif len(lines) > LONG:
                long.append((len(lines), name))
        for number, line in enumerate(lines, 1):
            for pattern, why in WORDS:
                if pattern.search(line):
                    faults.append(f"{name}:{number}: {why}: {line.strip()[:120]}")
        if path.suffix == ".md":
            faults += broken_links(path, lines)
    for length, name in sorted(long, reverse=True):
        print(f"long: {name}, {length} lines")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def generated(path: Path) -> bool:
    """What a program wrote is judged where it is written."""
    return path.name in {"Cargo.lock", "package-lock.json"} or path.is_relative_to("web/src/lib/api")


def broken_links(path: Path, lines: list[str]) -> list[str]:
    faults = []
    fenced = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        for target in LINK.findall(line):
            if ":" not in target and not (path.parent / target).exists():
                faults.append(f"{path}:{number}: links to {target}, which is not there")
    return faults


if __name__ == "__main__":
    sys.exit(main())
