"""Hosts behind NATs, in network namespaces of our own: made, used, and gone at the end. Needs root.

    internet 11.22.33.0/24 ── server 11.22.33.10
             ├─ NAT 11.22.33.21 ── 10.1.0.0/24 ── a 10.1.0.2
             └─ NAT 11.22.33.22 ── 10.2.0.0/24 ── b 10.2.0.2

The addresses look public, so that the relay's rules about inside networks are the default ones. There is no way out of these
namespaces: nothing that is sent here reaches anybody.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator

from skein import Failed

SERVER = "11.22.33.10"
HOSTS = {"a": (1, "11.22.33.21"), "b": (2, "11.22.33.22")}
ALL = ["net", "server", "nat-a", "nat-b", "a", "b"]


class Net:
    """Names carry the process id, so that two runs do not meet."""

    def __init__(self) -> None:
        self.prefix = f"skein-{os.getpid()}-"

    def name(self, host: str) -> str:
        return self.prefix + host

    def inside(self, host: str) -> list[str]:
        """What goes in front of a command so that it runs on `host`."""
        return ["ip", "netns", "exec", self.name(host)]

    def on(self, host: str, *command: str) -> str:
        return sh(*self.inside(host), *command)

    def make(self) -> None:
        for host in ALL:
            sh("ip", "netns", "add", self.name(host))
            # An address that is still being tried out changes the network seconds later, under a browser that has started.
            self.on(host, "sh", "-c", "for of in all default; do echo 0 >/proc/sys/net/ipv6/conf/$of/accept_dad; done")
            self.on(host, "ip", "link", "set", "lo", "up")
        self.on("net", "ip", "link", "add", "name", "br0", "type", "bridge")
        self.on("net", "ip", "link", "set", "br0", "up")
        self._plug("server", SERVER)
        for host, (number, outside) in HOSTS.items():
            nat = f"nat-{host}"
            self._plug(nat, outside)
            self._wire(nat, "inside", host, "eth0")
            self.on(nat, "ip", "address", "add", f"10.{number}.0.1/24", "dev", "inside")
            self.on(host, "ip", "address", "add", f"10.{number}.0.2/24", "dev", "eth0")
            self.on(host, "ip", "route", "add", "default", "via", f"10.{number}.0.1")
            self.on(nat, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
            self.on(nat, "iptables", "-t", "nat", "-A", "POSTROUTING", "-o", "eth0", "-j", "MASQUERADE")
            # What nobody inside has asked for stops here; it must not even leave a trace, or the next mapping moves.
            self.on(nat, "iptables", "-A", "INPUT", "-i", "eth0", "-j", "DROP")
            self.on(nat, "iptables", "-A", "FORWARD", "-i", "eth0", "-m", "conntrack", "--ctstate", "NEW", "-j", "DROP")

    def other_ports(self, host: str, first: int, last: int) -> None:
        """The NAT before `host` forgets every mapping and gives ports of this range from now on."""
        nat = f"nat-{host}"
        self.on(nat, "iptables", "-t", "nat", "-F", "POSTROUTING")
        for protocol in ("udp", "tcp"):
            ports = ["-j", "MASQUERADE", "--to-ports", f"{first}-{last}"]
            self.on(nat, "iptables", "-t", "nat", "-A", "POSTROUTING", "-o", "eth0", "-p", protocol, *ports)
        # What was masqueraded is forgotten with the address.
        (address,) = [word for word in self.on(nat, "ip", "-4", "-o", "address", "show", "dev", "eth0").split() if "/" in word]
        self.on(nat, "sh", "-c", f"ip address delete {address} dev eth0; ip address add {address} dev eth0")

    def only_open(self, tls: int, udp: int) -> None:
        """Closes every inbound port of the server but these two, and loopback as well."""
        self.on("server", "iptables", "-A", "INPUT", "-p", "tcp", "--dport", str(tls), "-j", "ACCEPT")
        self.on("server", "iptables", "-A", "INPUT", "-p", "udp", "--dport", str(udp), "-j", "ACCEPT")
        self.on("server", "iptables", "-P", "INPUT", "DROP")

    def open_all(self) -> None:
        self.on("server", "iptables", "-P", "INPUT", "ACCEPT")
        self.on("server", "iptables", "-F", "INPUT")

    def _plug(self, host: str, address: str) -> None:
        """Connects `host` to the internet."""
        self._wire("net", f"to-{host}", host, "eth0")
        self.on("net", "ip", "link", "set", f"to-{host}", "master", "br0")
        self.on(host, "ip", "address", "add", f"{address}/24", "dev", "eth0")

    def _wire(self, left: str, left_device: str, right: str, right_device: str) -> None:
        sh(
            "ip", "link", "add", left_device, "netns", self.name(left), "type", "veth",
            "peer", "name", right_device, "netns", self.name(right),
        )  # fmt: skip
        self.on(left, "ip", "link", "set", left_device, "up")
        self.on(right, "ip", "link", "set", right_device, "up")

    def remove(self) -> None:
        """Only what this run has made."""
        for host in ALL:
            with contextlib.suppress(Failed):
                sh("ip", "netns", "delete", self.name(host))


@contextlib.contextmanager
def lab() -> Iterator[Net]:
    net = Net()
    try:
        net.make()
        yield net
    finally:
        net.remove()


def sh(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
