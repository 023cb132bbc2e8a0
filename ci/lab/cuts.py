"""Browsers in a call behind NATs, and ways in which their networks break: what `soak` and `roam` stand on."""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import net
from net import sh
from skein import Server, check

TLS, UDP, METRICS = 8443, 3478, 9464
URL = f"https://{net.SERVER}:{TLS}"
FLAGS = ["--http", "127.0.0.1:8080", "--tls", f"0.0.0.0:{TLS}", "--udp", f"0.0.0.0:{UDP}", "--metrics", f"127.0.0.1:{METRICS}"]
CONFIG = f'[server]\npublic = ["{net.SERVER}"]\n'
# How long a cut lasts, in seconds; within the 30 s after which a call gives up.
CUT = 6
# How long a host sleeps, in seconds: no longer than a call waits, and long enough that packets which nobody reads are many.
SLEEP = 20
# The cut of which neither end's system says anything.
UNSEEN = "a NAT gives other ports"
# After this time without sound it has not recovered, in seconds.
GIVEN_UP = 25


def serve(lab: net.Net) -> Server:
    return Server(config=CONFIG, flags=FLAGS, before=lab.inside("server"))


def prepare(lab: net.Net) -> None:
    """Ann and Bob, contacts of each other; made from inside, where the server can be reached."""
    lab.on("server", "python3", str(Path(__file__).parent / "two-people"), "http://127.0.0.1:8080")


def gauges(lab: net.Net, *names: str) -> dict[str, float]:
    """What the server says of itself."""
    read = f"import urllib.request as r; print(r.urlopen('http://127.0.0.1:{METRICS}/metrics').read().decode())"
    lines = [line.split() for line in lab.on("server", "python3", "-c", read).splitlines()]
    found = {words[0]: float(words[1]) for words in lines if len(words) == 2}
    return {name: found[name] for name in names}


class Pages:
    """The two browsers, in a process of their own."""

    def __init__(self, lab: net.Net, people: dict[str, str]) -> None:
        """`people`: who is on which host."""
        hosts = ",".join(lab.name(host) for host in people.values())
        command = ["node", str(Path(__file__).parent / "soak.mjs"), "--url", URL, "--names", ",".join(people), "--in", hosts]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def __enter__(self) -> "Pages":
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is None:
            self.process.stdin.write("quit\n")
            self.process.stdin.close()
            check(self.process.wait(60) == 0, "a page had an error; it is printed above")
        else:
            # Its input ends, and it closes the browsers; how long that takes does not matter any more.
            self.process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
            self.process.kill()
            self.process.wait()

    def ask(self, *words: object) -> dict:
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self._answer()
        check("failed" not in answer, f"{words[0]}: {answer.get('failed')}")
        return answer

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        check(line != "", "the browsers are gone")
        return json.loads(line)


class Cuts:
    """Ways in which a network breaks. Each gives the moment at which there was a path again."""

    def __init__(self, lab: net.Net) -> None:
        self.lab = lab
        self.number = 0

    def next(self) -> tuple[str, float]:
        kinds: list[tuple[str, Callable[[], float]]] = [
            ("the path of the media is cut and comes back", self.path),
            ("one end's network goes, another comes", self.network),
            ("a NAT gets another outside address", self.outside),
            (UNSEEN, self.ports),
            ("an end sleeps", self.sleep),
        ]
        name, cut = kinds[self.number % len(kinds)]
        self.number += 1
        return name, cut()

    def _end(self) -> tuple[str, int]:
        """The host whose turn it is; with an odd number of kinds each of them meets both."""
        return [("a", 1), ("b", 2)][self.number % 2]

    def path(self) -> float:
        for nat in ("nat-a", "nat-b"):
            self.lab.on(nat, "iptables", "-I", "FORWARD", "-p", "udp", "-j", "DROP")
        time.sleep(CUT)
        for nat in ("nat-a", "nat-b"):
            self.lab.on(nat, "iptables", "-D", "FORWARD", "-p", "udp", "-j", "DROP")
        return time.time()

    def network(self) -> float:
        host, number = self._end()
        self.lab.on(host, "ip", "address", "flush", "dev", "eth0")
        time.sleep(CUT)
        self.lab.on(host, "ip", "address", "add", f"10.{number}.0.{2 + self.number % 200}/24", "dev", "eth0")
        self.lab.on(host, "ip", "route", "add", "default", "via", f"10.{number}.0.1")
        return time.time()

    def outside(self) -> float:
        host, number = self._end()
        self.lab.on(f"nat-{host}", "ip", "address", "flush", "dev", "eth0")
        time.sleep(CUT)
        self.lab.on(f"nat-{host}", "ip", "address", "add", f"11.22.33.{100 * number + self.number % 100}/24", "dev", "eth0")
        return time.time()

    def ports(self) -> float:
        """The NAT forgets what it knew, and gives other ports from one moment to the next: the host sees nothing of it, and there
        is a path all the time."""
        host, _ = self._end()
        first = 10_000 + 1_000 * (self.number % 20)
        self.lab.other_ports(host, first, first + 999)
        return time.time()

    def sleep(self) -> float:
        """Everything on the host stands still, and nothing comes to it: what is sent to it meanwhile is lost, not kept for later."""
        host, _ = self._end()
        sleepers = [int(pid) for pid in sh("ip", "netns", "pids", self.lab.name(host)).split()]
        check(sleepers != [], f"nothing runs on {host}")
        away = ["FORWARD", "-j", "DROP"]
        try:
            for pid in sleepers:
                os.kill(pid, signal.SIGSTOP)
            self.lab.on(f"nat-{host}", "iptables", "-I", *away)
            time.sleep(SLEEP)
            self.lab.on(f"nat-{host}", "iptables", "-D", *away)
        finally:
            woke = time.time()
            for pid in sleepers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        return woke


class Gaps:
    """How long it took after each cut, in seconds, by its kind."""

    def __init__(self) -> None:
        self.all: list[tuple[str, float]] = []

    def add(self, lab: net.Net, pages: Pages, name: str, path: float) -> None:
        self.all.append((name, heard_again(pages, name, path, "again")))
        # Nobody is there twice, for the pages or for the server.
        (calls,) = gauges(lab, "skein_calls").values()
        open_now = pages.ask("open")["open"]
        check(calls == 1 and set(open_now) == {1}, f"{name}: {calls:.0f} calls at the server, {open_now} connections in the pages")

    def judge(self, within: float, unseen: float) -> None:
        """Prints the longest of each kind; none may have taken longer than `within` seconds, or `unseen` where nobody can see that there
        is a path again: two of them pass in silence before it is looked for."""
        longest: dict[str, float] = {}
        for name, gap in self.all:
            longest[name] = max(gap, longest.get(name, 0.0))
        print("at most:", "; ".join(f"{name} {gap:.1f} s" for name, gap in longest.items()))
        late = [name for name, gap in longest.items() if gap > (unseen if name == UNSEEN else within)]
        check(not late, f"sound came later than {within:g} s ({UNSEEN}: {unseen:g} s) after a path was there: {', '.join(late)}")


def bounds(arguments: argparse.ArgumentParser) -> None:
    """The options that `Gaps.judge` wants."""
    arguments.add_argument("--within", type=float, default=3, help="seconds in which there is sound again after every cut")
    arguments.add_argument("--unseen", type=float, default=8, help="the same where the NAT gives other ports")


def heard_again(pages: Pages, name: str, path: float, how: str = "since") -> float:
    """How long after there was a path all pages heard again; one clock serves all processes of this machine. `how`: "since" takes
    any sound after that moment, "again" wants a silence before it."""
    heard: list[float | None] = [None]
    while time.time() < path + GIVEN_UP:
        heard = pages.ask(how, round(path * 1000))["heard"]
        if all(heard):
            gap = max(heard) / 1000 - path
            print(f"{name}: sound again after {gap:.1f} s", flush=True)
            return gap
        time.sleep(0.1)
    check(False, f"{name}: no sound after {GIVEN_UP} s: {heard}; the stages say {pages.ask('says')}")
    raise AssertionError
