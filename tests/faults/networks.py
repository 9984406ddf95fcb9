"""Hosts in network namespaces that can be disconnected silently, like a pulled cable.

Where network namespaces may be made (root on Linux), each host has one of its own, with its own address: a cut swallows
the packets of both directions, and what notices it is TCP itself. Elsewhere hosts are addresses of the loopback device,
and every way from one to another is a small proxy that stops passing on; what TCP would have noticed after ten seconds
of silence (smartscheduler.core.db.connection_options), the proxy then does.
"""

import asyncio
import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CLONE_NEWNET = 0x40000000
NOBODY = "02:00:00:00:00:fe"
# The time that TCP needs with the options of smartscheduler.core.db.connection_options.
SILENCE_SECONDS = 10.0


class Namespaces:
    """A network namespace for each host, all on one bridge; we ourselves are at its address."""

    name = "network namespaces"

    def __init__(self, hosts: list[str]) -> None:
        mark = os.getpid() % 10_000
        self._bridge, self._prefix = f"ssbr{mark}", f"ss{mark}"
        self._net = f"10.213.{mark % 250}"
        self._addresses = {host: f"{self._net}.{number}" for number, host in enumerate(hosts, 11)}
        self.trusted = f"{self._net}.0/24"

    def up(self) -> None:
        """Raises CalledProcessError or OSError where this is not allowed."""
        _ip("link", "add", self._bridge, "type", "bridge")
        _ip("addr", "add", f"{self._net}.1/24", "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")
        for number, (host, address) in enumerate(self._addresses.items()):
            space, ours = self._space(host), f"{self._prefix}v{number}"
            _ip("netns", "add", space)
            _ip("link", "add", ours, "type", "veth", "peer", "name", "eth0", "netns", space)
            _ip("link", "set", ours, "master", self._bridge, "up")
            for command in (("link", "set", "lo", "up"), ("addr", "add", f"{address}/24", "dev", "eth0")):
                _ip("-n", space, *command)
            _ip("-n", space, "link", "set", "eth0", "up")
        self._prove()

    def down(self) -> None:
        for host in self._addresses:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", self._space(host))
        with suppress(subprocess.CalledProcessError):
            _ip("link", "del", self._bridge)

    def address(self, host: str) -> str:
        return self._addresses[host]

    def way(self, source: str, target: str, port: int) -> tuple[str, int]:
        return self._addresses[target], port

    @contextmanager
    def inside(self, host: str) -> Iterator[None]:
        """What this thread starts meanwhile lives on `host`."""
        libc = ctypes.CDLL(None, use_errno=True)
        with Path("/proc/thread-self/ns/net").open() as home, Path(f"/run/netns/{self._space(host)}").open() as there:
            _set_namespace(libc, there.fileno())
            try:
                yield
            finally:
                _set_namespace(libc, home.fileno())

    def cut(self, first: str, other: str) -> None:
        """Give both sides a wrong hardware address of the other, so that all packets are lost."""
        for here, there in ((first, other), (other, first)):
            entry = (self._addresses[there], "lladdr", NOBODY, "dev", "eth0", "nud", "permanent")
            _ip("-n", self._space(here), "neigh", "replace", *entry)

    def heal(self, first: str, other: str) -> None:
        for here, there in ((first, other), (other, first)):
            _ip("-n", self._space(here), "neigh", "del", self._addresses[there], "dev", "eth0")

    def _space(self, host: str) -> str:
        return f"{self._prefix}-{host}"

    def _prove(self) -> None:
        """One host hears another: some machines filter bridges."""
        first, second, *_ = self._addresses
        with self.inside(second):
            server = socket.create_server((self._addresses[second], 0))
        with server, self.inside(first), socket.create_connection(server.getsockname(), 5):
            return


class Loopback:
    """An address of the loopback device for each host, and a proxy for each way."""

    name = "loopback addresses and proxies"
    trusted = "127.0.0.0/8"

    def __init__(self, hosts: list[str]) -> None:
        self._addresses = {host: f"127.0.1.{number}" for number, host in enumerate(hosts, 11)}
        self._ways: dict[tuple[str, str], Way] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def up(self) -> None:
        self._thread.start()

    def down(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def address(self, host: str) -> str:
        return self._addresses[host]

    def way(self, source: str, target: str, port: int) -> tuple[str, int]:
        if (source, target) not in self._ways:
            way = self._ways[source, target] = Way(self._addresses[source], (self._addresses[target], port))
            asyncio.run_coroutine_threadsafe(way.open(), self._loop).result(10)
        return self._ways[source, target].entrance

    @contextmanager
    def inside(self, host: str) -> Iterator[None]:
        yield

    def cut(self, first: str, other: str) -> None:
        self._each(first, other, Way.cut)

    def heal(self, first: str, other: str) -> None:
        self._each(first, other, Way.heal)

    def _each(self, first: str, other: str, act: "object") -> None:
        for pair in ((first, other), (other, first)):
            if pair in self._ways:
                self._loop.call_soon_threadsafe(act, self._ways[pair])  # type: ignore[arg-type]


class Way:
    """Passes on what comes, both ways, until it is cut: then nothing, and no farewell."""

    def __init__(self, address: str, target: tuple[str, int]) -> None:
        self._address, self._target = address, target
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._giving_up: asyncio.TimerHandle | None = None
        self.entrance = (address, 0)

    async def open(self) -> None:
        server = await asyncio.start_server(self._serve, self._address, 0)
        self.entrance = server.sockets[0].getsockname()

    def cut(self) -> None:
        self._open.clear()
        self._giving_up = asyncio.get_running_loop().call_later(SILENCE_SECONDS, self._give_up)

    def heal(self) -> None:
        if self._giving_up:
            self._giving_up.cancel()
        self._open.set()

    def _give_up(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        with suppress(OSError):
            there_reader, there_writer = await asyncio.open_connection(*self._target, local_addr=(self._address, 0))
            self._writers |= {writer, there_writer}
            await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
            self._writers -= {writer, there_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@contextmanager
def network(hosts: list[str]) -> Iterator[Namespaces | Loopback]:
    """The network of these hosts, of the better kind where that is allowed; FAULTS_NETWORK=loopback is the other."""
    net: Namespaces | Loopback = Namespaces(hosts)
    try:
        if os.environ.get("FAULTS_NETWORK") == "loopback":
            raise PermissionError
        net.up()
    except (OSError, subprocess.CalledProcessError):
        net.down()
        net = Loopback(hosts)
        net.up()
    try:
        yield net
    finally:
        net.down()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)  # noqa: S607


def _set_namespace(libc: ctypes.CDLL, descriptor: int) -> None:
    if libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
