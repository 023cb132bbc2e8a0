"""How the old names lead to our server, so that programs of other makers run unmodified: the ground of `ci/lab/skype`.

As root the bench moves, before it starts anything, into a network and mounts of its own, which nobody else sees and which are gone
with it. There `/etc/hosts` is a file of ours: every old name leads to an address at which the server has port 443. Nothing there
leads out. Without root the names lead nowhere, and a proxy of the bench (`CONNECT`, RFC 9110 §9.3.6) takes their place.

In both a name can be led elsewhere for a while, to a stretch of wire that breaks.
"""

import contextlib
import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from skein import Failed, check

# As `services!` of the server names them; a gateway and a store of one place stand for all of them.
OLD_NAMES = [
    "login.skype.com", "login.live.com", "edge.skype.com", "api.skype.com", "contacts.skype.com",
    "client-s.gateway.messenger.live.com", "bn1-client-s.gateway.messenger.live.com", "db3-client-s.gateway.messenger.live.com",
    "api.asm.skype.com", "eu1-api.asm.skype.com", "urlp.asm.skype.com", "static.asm.skype.com", "static-asm.secure.skypeassets.com",
    "avatar.skype.com", "profile.skype.com", "skypegraph.skype.com", "peoplerecommendations.skype.com", "join.skype.com",
    "api.join.skype.com", "api.scheduler.skype.com", "api.aps.skype.com", "prod.registrar.skype.com", "flagsapi.skype.com", "options.skype.com",
    "consumer.entitlement.skype.com", "dev.microsofttranslator.com", "a.config.skype.com", "web.skype.com", "lw.skype.com",
]  # fmt: skip
GATEWAY = "client-s.gateway.messenger.live.com"
# Addresses that look public, in a network that has no way out.
SERVER, BROKEN, STRANGE = "11.22.33.10", "11.22.33.11", "11.22.33.12"
CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000  # unshare(2)


def ground(folder: Path) -> "Namespace | ByProxy":
    # Only this thread moves, so there must be no other yet; what it starts moves along.
    check(threading.active_count() == 1, "too late for a namespace: there are threads already")
    moved = os.geteuid() == 0 and ctypes.CDLL(None).unshare(CLONE_NEWNET | CLONE_NEWNS) == 0
    return Namespace(folder) if moved else ByProxy()


class Namespace:
    """This process and all that it starts are in a network of their own, whose names a hosts file of ours gives."""

    what = "a namespace with a hosts file"
    exempt = ("127.0.0.1/32", "::1", f"{SERVER}/32")  # from the limits: the bench is faster than any person
    strange = STRANGE  # an address to which they apply

    def __init__(self, folder: Path) -> None:
        self.hosts = folder / "hosts"
        self.led = dict.fromkeys(OLD_NAMES, SERVER)
        self._write()
        sh("mount", "--make-rprivate", "/")
        sh("mount", "--bind", str(self.hosts), "/etc/hosts")
        sh("ip", "link", "set", "lo", "up")
        # A browser takes a machine with nothing but loopback to be offline.
        sh("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        for device in ("eth0", "eth1"):
            sh("sh", "-c", f"echo 0 >/proc/sys/net/ipv6/conf/{device}/accept_dad")
            sh("ip", "link", "set", device, "up")
        for address in (SERVER, BROKEN, STRANGE):
            sh("ip", "address", "add", f"{address}/24", "dev", "eth0")

    def flags(self) -> list[str]:
        """How the server listens."""
        return ["--http", "127.0.0.1:0", "--tls", f"{SERVER}:443", "--udp", "127.0.0.1:0"]

    def open(self, server: tuple[str, int]) -> None:
        check(server == (SERVER, 443), f"the server listens at {server}")

    def environment(self) -> dict[str, str]:
        """Nothing of a proxy: names are names here."""
        return dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "")

    def listener(self) -> socket.socket:
        """Where a stretch of wire begins to which a name may be led."""
        return socket.create_server((BROKEN, 443))

    def lead(self, name: str, listener: socket.socket | None) -> None:
        """Leads a name to such a listener, or back to the server."""
        self.led[name] = listener.getsockname()[0] if listener else SERVER
        self._write()

    def elsewhere(self) -> list[str]:
        """What programs asked for that is nobody's; here such names are simply not known."""
        return []

    def close(self) -> None:
        """It goes with the process."""

    def _write(self) -> None:
        # In place: what is bound is this very file.
        lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name, address in self.led.items())]
        with self.hosts.open("w") as file:
            file.write("\n".join(lines) + "\n")


class ByProxy(threading.Thread):
    """An HTTP proxy that knows `CONNECT` alone, leads the old names to the server and refuses all others."""

    what = "a proxy, since only root may have a namespace, and not everywhere"
    exempt = ("127.0.0.1/32", "::1")
    strange = "127.0.0.2"

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.refused: set[str] = set()
        self.led: dict[str, tuple[str, int]] = {}
        self.proxy = socket.create_server(("127.0.0.1", 0))

    def flags(self) -> list[str]:
        return ["--http", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--udp", "127.0.0.1:0"]

    def open(self, server: tuple[str, int]) -> None:
        self.server = server
        self.led = dict.fromkeys(OLD_NAMES, server)
        self.start()

    def environment(self) -> dict[str, str]:
        url = f"http://127.0.0.1:{self.proxy.getsockname()[1]}"
        return {"HTTPS_PROXY": url, "https_proxy": url, "NO_PROXY": "", "no_proxy": ""}

    def listener(self) -> socket.socket:
        return socket.create_server(("127.0.0.1", 0))

    def lead(self, name: str, listener: socket.socket | None) -> None:
        self.led[name] = listener.getsockname() if listener else self.server

    def elsewhere(self) -> list[str]:
        return sorted(self.refused)

    def run(self) -> None:
        for client in accepted(self.proxy):
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                received = client.recv(4096)
                if not received or len(head) > 16_384:
                    return
                head += received
            method, address, *_ = head.decode("latin-1").split(" ")
            host, _, port = address.partition(":")
            if method != "CONNECT" or port != "443" or host not in self.led:
                self.refused.add(address)
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(self.led[host]) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=pour, args=(server, client), daemon=True)
                back.start()
                pour(client, server)
                back.join()

    def close(self) -> None:
        end(self.proxy)
        self.proxy.close()


class Wire(threading.Thread):
    """A proxy in front of the server, which comes to it from an address of its own. It may lose patience: then it cuts a connection over
    which the server has said nothing for so many seconds."""

    def __init__(self, listener: socket.socket, server: tuple[str, int], source: str, patience: float | None = None) -> None:
        super().__init__(daemon=True)
        self.listener, self.server, self.source, self.patience = listener, server, source, patience
        self.cuts = 0

    def run(self) -> None:
        for client in accepted(self.listener):
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.server, source_address=(self.source, 0)) as server:
            forth = threading.Thread(target=pour, args=(client, server), daemon=True)
            forth.start()
            server.settimeout(self.patience)
            try:
                while received := server.recv(1 << 16):
                    client.sendall(received)
            except TimeoutError:
                self.cuts += 1
            except OSError:
                pass
            for each in (client, server):
                end(each)
            forth.join()

    def close(self) -> None:
        end(self.listener)
        self.listener.close()


def accepted(listener: socket.socket) -> Iterator[socket.socket]:
    """Connections, until it is ended."""
    while True:
        try:
            yield listener.accept()[0]
        except OSError:
            return


def pour(source: socket.socket, into: socket.socket) -> None:
    """Until either side has gone; then the other hears of it."""
    try:
        while received := source.recv(1 << 16):
            into.sendall(received)
        into.shutdown(socket.SHUT_WR)
    except OSError:
        end(source)
        end(into)


def end(wire: socket.socket) -> None:
    """Ends both directions: whoever waits for it wakes up."""
    with contextlib.suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)


def sh(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: {done.stderr.strip()}")
