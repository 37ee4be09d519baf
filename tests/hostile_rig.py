"""What tests of polling against the hostile server share: its clock moved, and rounds of polling at its time."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from published import snapshot

from flows import path
from flows.path import Polled
from tasks.home import Home, open_home
from tasks.settings import Settings

TOOL = Path(__file__).resolve().parents[1].parent / "shared" / "tools" / "hostile_server.py"
SETTINGS = Settings(contact="https://copydesk.example/bot", allow_hosts=("127.0.0.1",), host_gap_s=0, workers=1)


@contextmanager
def hostile() -> Iterator[Any]:
    """Run tools/hostile_server.py in a thread of this process, so that its clock can be moved; nothing of it is left behind."""
    spec = importlib.util.spec_from_file_location("hostile_server", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hostile_server"] = module
    spec.loader.exec_module(module)
    with module.Hostile() as running:
        yield running
    left = asyncio.all_tasks(running.loop)  # the tool leaves its loop and sockets open
    for one in left:
        one.cancel()
    running.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    running.loop.close()


@dataclass
class Rig:
    """A home that polls a hostile server at the server's own time."""

    server: Any
    home: Home
    settings: Settings = field(default=SETTINGS)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.server.srv.now(), timezone.utc)

    def move_to(self, at: datetime) -> None:
        self.server.srv.offset += max((at - self.now()).total_seconds(), 0.0)

    def later(self, **span: float) -> None:
        self.move_to(self.now() + timedelta(**span))

    def poll(self, *routes: str, pages: bool = False) -> Polled:
        """Poll these routes, or what is due, at this moment of the server's clock."""
        urls = [route if "://" in route else self.server.url(route) for route in routes]
        return path.poll(self.home, replace(self.settings, now=self.now()), urls, pages=pages)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query on what is published."""
        with snapshot(self.home) as tables:
            return tables.execute(sql, list(parameters)).fetchall()

    def feed(self, route: str) -> dict[str, Any]:
        """Return the row of a feed."""
        with snapshot(self.home) as tables:
            found = tables.execute("select * from feeds where url = ?", [self.server.url(route)])
            names = [column[0] for column in found.description or ()]
            (row,) = found.fetchall()
        return dict(zip(names, row, strict=True))

    def entries(self, route: str) -> int:
        sql = "select count(*) from entries join feeds using (feed_id) where feeds.url = ?"
        return int(self.rows(sql, [self.server.url(route)])[0][0])

    def first_due(self) -> datetime | None:
        (found,) = self.rows("select min(next_poll_at) from feeds where is_listed")
        return None if found[0] is None else found[0]

    def asked(self, route: str) -> list[Any]:
        """Return the requests that the server saw for a route."""
        return [request for request in self.server.requests if request.path == route.partition("?")[0]]


def new_rig(server: Any, root: Path) -> Rig:
    return Rig(server, open_home(root, wait_s=10))
