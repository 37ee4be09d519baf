"""The two ends of a connect that are ours: the names that are resolved, and the sockets that may be opened."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from tasks.core.feeds.addresses import is_public

RESOLVER_THREADS = 32  # names looked up at once: the system's resolver blocks, for seconds where a name server is silent


def guarded_socket(address: AddrInfoType) -> socket.socket:
    """Return a socket for an address of the open internet.

    Raises       PermissionError for any other: no connect is tried
    """
    family, kind, protocol, _, place = address
    if not is_public(str(place[0])):
        raise PermissionError(errno.EACCES, f"{place[0]} is no public address")
    return socket.socket(family, kind, protocol)


class HostResolver(AbstractResolver):
    """The system's resolver, but for the hosts that the settings place: `places` gives (address, port) by canonical host."""

    def __init__(self, places: Mapping[str, tuple[str, int]]) -> None:
        self._places = places
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, "resolver")

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        if host in self._places:
            address, placed_port = self._places[host]
            return [_result(host, address, placed_port, socket.AF_INET6 if ":" in address else socket.AF_INET)]
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _addresses, host, port, family)
        return [_result(host, address, port, kind) for kind, address in found]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int, family: socket.AddressFamily) -> list[tuple[int, str]]:
    found = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [(kind, str(place[0])) for kind, _, _, _, place in found]


def _result(host: str, address: str, port: int, family: int) -> ResolveResult:
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=socket.IPPROTO_TCP, flags=socket.AI_NUMERICHOST)
