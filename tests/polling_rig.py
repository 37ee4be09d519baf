"""What tests of polling share: servers on loopback, and a desk that polls them through the real path, on a clock that is moved.

    with hostile_server() as server:                 # or the fixture of a test file, see `hostile` below
        desk = desk_at(tmp_path, server)
        desk.add("/feed/basic", "/feed/ttl")         # routes of the hostile server, or whole addresses
        desk.poll()                                  # one round over what is due; desk.poll(pages=True) asks for pages, too
        desk.advance(hours=1)                        # its clock and the server's
        desk.rows("select title from entries")       # on the newest snapshot, as users see it
        desk.feed("/feed/basic")                     # its row of the view feeds, as a dict
        server.control("score?path=/feed/basic")     # /__score, /__log, /__set?robots=500 ... of the hostile server

`own_site()` serves what a test puts into `site.answers[path]`, and keeps what it was asked in `site.asked`.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import quote, urlsplit

from http_servers import HostileServer, hostile_server
from processes import Done, run_command
from published import snapshot

from flows import path
from tasks.feed_list import add_feeds, feeds_given
from tasks.home import Home, open_home
from tasks.settings import Settings

CONTACT = "desk@paper.example"
HOST = "127.0.0.1"


@dataclass
class Desk:
    """A home that polls. `server` may be none: then addresses are given whole, and the desk's clock is its own.

    offset_s     seconds by which its clock, and the server's, is ahead of the real one
    """

    home: Home
    server: HostileServer | None
    settings: Settings
    offset_s: float = 0.0

    def url(self, route: str, *, host: str | None = None) -> str:
        """Return the address of a route of the server; a whole address stays as it is. `host` is one of `named_hosts`."""
        if not route.startswith("/"):
            return route
        assert self.server
        return f"http://{host or f'{HOST}:{self.server.port}'}{route}"

    def with_settings(self, **changed: Any) -> Desk:
        return replace(self, settings=replace(self.settings, **changed))

    def named_hosts(self, *hosts: str, port: int | None = None) -> Desk:
        """Return the desk with names for the server: each is a host of its own, with a budget of its own."""
        to = port or (self.server.port if self.server else 0)
        return self.with_settings(
            allow_hosts=(*self.settings.allow_hosts, *hosts), resolve=(*self.settings.resolve, *(f"{host}={HOST}:{to}" for host in hosts))
        )

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(time() + self.offset_s, timezone.utc)

    def advance(self, **step: float) -> None:
        """Move the clocks of desk and server by timedelta(**step), back as well."""
        seconds = timedelta(**step).total_seconds()
        self.offset_s += seconds
        if self.server:
            self.server.control(f"advance?s={seconds}")

    def add(self, *routes: str) -> None:
        """Put feeds on the list: they are due at once."""
        add_feeds(self.home, feeds_given([self.url(route) for route in routes]), now=self.now)

    def poll(self, *routes: str, pages: bool = False) -> path.Polled:
        """Do one round: over what is due, or over the routes given, which come on the list."""
        return path.poll(self.home, replace(self.settings, now=self.now), [self.url(route) for route in routes], pages=pages)

    def poll_for(self, span: timedelta, *, every: timedelta = timedelta(hours=1), pages: bool = False) -> list[path.Polled]:
        """Do a round now and at every step of a span of time; the clock stands at its end then."""
        end, rounds = self.offset_s + span.total_seconds(), []
        while self.offset_s < end:
            rounds.append(self.poll(pages=pages))
            self.advance(seconds=min(every.total_seconds(), end - self.offset_s))
        return rounds

    def command(self, *words: str | Path, **variables: str) -> Done:
        """Run the command in a process of its own, at the desk's time and with its settings."""
        return run_command(*words, home=self.home, **self.variables, **variables)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a command that does as the desk does."""
        return {
            "COPYDESK_NOW": self.now.isoformat(),
            "COPYDESK_CONTACT": CONTACT,
            "COPYDESK_HOST_GAP_S": f"{self.settings.host_gap_s:g}",
            "COPYDESK_ALLOW_HOSTS": ",".join(self.settings.allow_hosts),
            "COPYDESK_RESOLVE": ",".join(self.settings.resolve),
        }

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the newest snapshot."""
        with snapshot(self.home) as connection:
            return connection.execute(sql, parameters).fetchall()

    def feed(self, route: str, view: str = "feeds") -> dict[str, Any]:
        """Return the row of a feed in the view feeds, or in feed_health."""
        with snapshot(self.home) as connection:
            found = connection.execute(f"select * from {view} where url = ?", [self.url(route)])
            names = [column[0] for column in found.description]
            [row] = found.fetchall()
        return dict(zip(names, row, strict=True))

    def entry_titles(self, route: str) -> list[str]:
        """Return the titles of all entries that a feed brought, sorted."""
        sql = "select entries.title from entries join feeds using (feed_id) where feeds.url = ? order by 1"
        return [title for (title,) in self.rows(sql, self.url(route))]

    def polled(self, route: str) -> list[tuple[int | None, str | None]]:
        """Return status and reason of every request for a feed, in order."""
        sql = "select status, polls.reason from polls join feeds using (feed_id) where feeds.url = ? and polls.kind = 'feed' order by asked_at"
        return self.rows(sql, self.url(route))

    def score(self, route: str) -> dict[str, Any]:
        """Return what the hostile server thinks of who asked for a route."""
        assert self.server
        found: dict[str, Any] = self.server.control(f"score?path={quote(urlsplit(route).path)}")
        return found

    def requests(self, route: str | None = None) -> list[dict[str, Any]]:
        """Return every request that the hostile server got, or those for one path."""
        assert self.server
        found: list[dict[str, Any]] = self.server.control("log")
        return [one for one in found if route is None or one["path"] == urlsplit(route).path]

    def set(self, **modes: object) -> None:
        """Set modes of the hostile server: robots="500", touch=1."""
        assert self.server
        self.server.control("set?" + "&".join(f"{name}={quote(str(value))}" for name, value in modes.items()))


def desk_at(folder: Path, server: HostileServer | None = None) -> Desk:
    """Return a desk with a new home, that may ask servers on 127.0.0.1, with no gap between two requests."""
    settings = Settings(contact=CONTACT, allow_hosts=(HOST,), host_gap_s=0, workers=1)
    return Desk(open_home(folder / "home", wait_s=5), server, settings)


@contextmanager
def fresh(server: HostileServer) -> Iterator[HostileServer]:
    """Let a hostile server that several tests share forget what it was asked, its modes and its clock."""
    server.control("reset")
    yield server


@dataclass(frozen=True)
class Asked:
    """A request that an own site got; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Says:
    """What an own site answers."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Site:
    """An own site: says what stands in `answers` (a value, or a function of the request), and 404 to everything else."""

    port: int = 0
    answers: dict[str, Says | Callable[[Asked], Says]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def url(self, route: str) -> str:
        return f"http://{HOST}:{self.port}{route}"

    def count(self, route: str) -> int:
        return sum(one.path == route for one in self.asked)


@contextmanager
def own_site(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Serve an own site on loopback; it closes every connection, and knows conditional requests where an answer has an ETag.

    tls          with the certificate that it shows; then it speaks https alone
    """
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
            site.asked.append(asked)
            known = site.answers.get(self.path, Says(status=404))
            says = known(asked) if callable(known) else known
            etag = dict(says.headers).get("ETag")
            if etag is not None and asked.headers.get("if-none-match") == etag:
                says = replace(says, status=304, body=b"")
            self.send_response(says.status)
            for name, value in says.headers:
                self.send_header(name, value)
            if says.status not in (204, 304) and "Content-Length" not in dict(says.headers):
                self.send_header("Content-Length", str(len(says.body)))
            self.end_headers()
            self.wfile.write(says.body)

        do_HEAD = do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:  # who does not like our certificate hangs up
            if tls is None:
                super().handle_error(request, client_address)

    with Server((HOST, 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        site.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def rss_of(*items: str | int, head: str = "", site: str = "https://paper.example") -> bytes:
    """Return a feed of RSS 2.0: an entry for each number or title, with GUID and link made of it."""
    entries = "".join(
        f"<item><guid isPermaLink='false'>{one}</guid><title>Story {one}</title><link>{site}/{quote(str(one))}</link></item>"
        for one in items
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Harbour</title>{head}{entries}</channel></rss>".encode()


__all__ = ["Asked", "Desk", "HostileServer", "Says", "Site", "desk_at", "fresh", "hostile_server", "own_site", "rss_of"]
