"""Servers on loopback for tests of the fetcher: one that says what it is told to, byte by byte, and the hostile one in a process of its own."""

from __future__ import annotations

import asyncio
import errno
import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

TOOL = Path(__file__).resolve().parents[1].parent / "shared" / "tools" / "hostile_server.py"
START_S = 10.0  # until the hostile server listens; it takes a tenth of a second


@dataclass
class Told:
    """A server that answers each request with the next pieces, the last ones for ever; `heads` are the requests."""

    port: int
    heads: list[str] = field(default_factory=list)


@asynccontextmanager
async def told(*answers: tuple[bytes, ...], pause_s: float = 0.02) -> AsyncIterator[Told]:
    """Serve; the pieces of an answer are sent apart, then the connection is closed."""
    server = Told(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server.heads.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            for number, piece in enumerate(answers[min(len(server.heads), len(answers)) - 1]):
                await asyncio.sleep(pause_s if number else 0)
                writer.write(piece)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


@dataclass(frozen=True)
class HostileServer:
    """The hostile server: its ports, and its control routes as JSON."""

    port: int
    tls_port: int

    def control(self, path: str) -> Any:
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{self.port}/__{path}", timeout=START_S) as answer:
            return json.load(answer)


@contextmanager
def hostile_server() -> Iterator[HostileServer]:
    """Run tools/hostile_server.py beside this process, so that it takes none of its time and leaves nothing in it."""
    server = HostileServer(port=_free_port(), tls_port=_free_port())
    command = [sys.executable, str(TOOL), "--port", str(server.port), "--tls-port", str(server.tls_port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        try:
            _wait_for(server.tls_port)
            yield server
        finally:
            child.kill()


class Connects:
    """The addresses to which this process connects. Those beyond loopback are kept from going out."""

    def __init__(self) -> None:
        self.seen: list[str] | None = None

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if (
            self.seen is not None and event == "socket.connect" and isinstance(arguments[1], tuple)
        ):  # which no socket of this machine's own has
            address = str(arguments[1][0])
            self.seen.append(address)
            if not address.startswith("127."):
                raise OSError(errno.ENETUNREACH, "no way out of a test")

    @contextmanager
    def recorded(self) -> Iterator[list[str]]:
        self.seen = seen = []
        yield seen
        self.seen = None


def watched_connects() -> Connects:
    """Watch the connects of this process from now on; no audit hook can be taken off again."""
    hook = Connects()
    sys.addaudithook(hook)
    return hook


def tool_module() -> Any:
    """Return the module of the hostile server, for what it has beside the server."""
    spec = importlib.util.spec_from_file_location("hostile_server", TOOL)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"nobody listens at {port}")
