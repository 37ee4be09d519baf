"""Feeds that never were, the same for the same seed, and a server in a process of its own that gives them to whoever asks.

    python tests/synthetic_feeds.py HOSTS NEWEST

It prints its port once it listens. Hosts and feeds are told apart by the Host field and the path; NEWEST is the time of the newest entry, ISO 8601.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.request import ProxyHandler, build_opener

from synthetic_news import NOUNS, PLACES, VERBS, paragraph

FEEDS_PER_HOST = 4
ENTRIES = 10
EVERY_H = (1.0, 6.0)  # hours between two entries of a feed, from the busiest to the quietest
AUTHORS = ("Ada Marlow", "Ben Ostler", "Clara Winship", "Dov Harker")
START_S = 60.0  # until the answers are ready; ten thousand feeds take seven
TOLD = b"/__told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    url: str
    title: str
    summary: str
    author: str
    at: datetime


def feed_hosts(count: int) -> list[str]:
    """Return host names each of which is a registrable domain of its own."""
    return [f"host-{number:04}.example" for number in range(count)]


def feed_urls(hosts: int) -> list[str]:
    return [f"http://{host}/feed-{number}" for host in feed_hosts(hosts) for number in range(FEEDS_PER_HOST)]


def feed_body(url: str, *, newest: datetime) -> tuple[str, bytes]:
    """Return (media type, body) of the feed at a URL; eight of ten are RSS, one Atom, one JSON."""
    chance = random.Random(url)
    site = url.rpartition("/")[0]
    title = f"The {chance.choice(PLACES)} {chance.choice(NOUNS).title()}"
    apart = timedelta(hours=chance.uniform(*EVERY_H))
    items = [_item(site, newest - number * apart, chance) for number in range(ENTRIES)]
    kind = chance.randrange(10)
    if kind == 0:
        return "application/atom+xml", _atom(url, title, items).encode()
    if kind == 1:
        return "application/feed+json", _json_feed(url, title, items).encode()
    return "application/rss+xml", _rss(url, title, items).encode()


def _item(site: str, at: datetime, chance: random.Random) -> Item:
    subject, verb, thing, place = chance.choice(NOUNS), chance.choice(VERBS), chance.choice(NOUNS), chance.choice(PLACES)
    return Item(
        url=f"{site}/{at:%Y/%m/%d}/{subject}-{verb}-{thing}-{chance.randrange(10**6)}.html",
        title=f"{subject.title()} {verb} the {thing} in {place}",
        summary=paragraph(chance, 2),
        author=chance.choice(AUTHORS),
        at=at.replace(microsecond=0),
    )


def _rss(url: str, title: str, items: list[Item]) -> str:
    entries = "".join(
        f'<item><title>{item.title}</title><link>{item.url}</link><guid isPermaLink="true">{item.url}</guid><dc:creator>{item.author}</dc:creator>'
        f"<pubDate>{format_datetime(item.at)}</pubDate><description>&lt;p&gt;{item.summary}&lt;/p&gt;</description></item>\n"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f' xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>{title}</title><link>{url}/</link><description>{title}, all news</description>'
        f'<language>en</language><atom:link href="{url}" rel="self" type="application/rss+xml"/>\n{entries}</channel></rss>\n'
    )


def _atom(url: str, title: str, items: list[Item]) -> str:
    entries = "".join(
        f'<entry><title>{item.title}</title><link href="{item.url}"/><id>{item.url}</id><author><name>{item.author}</name></author>'
        f"<published>{item.at.isoformat()}</published><updated>{item.at.isoformat()}</updated><summary>{item.summary}</summary></entry>\n"
        for item in items
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>{title}</title><id>{url}</id>'
        f'<link rel="self" href="{url}"/><updated>{items[0].at.isoformat()}</updated>\n{entries}</feed>\n'
    )


def _json_feed(url: str, title: str, items: list[Item]) -> str:
    entries = [
        {
            "id": item.url,
            "url": item.url,
            "title": item.title,
            "content_text": item.summary,
            "date_published": item.at.isoformat(),
            "authors": [{"name": item.author}],
        }
        for item in items
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": title, "feed_url": url, "language": "en", "items": entries})


@dataclass(frozen=True, slots=True)
class FeedServer:
    """The server, seen from outside."""

    port: int
    pid: int

    def told(self) -> dict[str, Any]:
        """Return what it saw since it was last asked: requests, those for robots.txt and for feeds, conditional ones and those of feeds asked
        before, answers by status, bytes sent, the most connections open at once, the shortest time between two requests to one host in seconds."""
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{self.port}{TOLD.decode()}", timeout=START_S) as answer:
            return dict(json.load(answer))


@contextmanager
def feed_server(hosts: int, *, newest: datetime) -> Iterator[FeedServer]:
    """Run the server beside this process, so that what it costs is none of ours."""
    with subprocess.Popen([sys.executable, __file__, str(hosts), newest.isoformat()], stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            yield FeedServer(int(child.stdout.readline()), child.pid)
        finally:
            child.kill()


@dataclass(slots=True)
class _Seen:
    """What the server saw of its guests."""

    count: Counter[str] = field(default_factory=Counter)
    asked: Counter[bytes] = field(default_factory=Counter)
    last_at: dict[bytes, float] = field(default_factory=dict)
    shortest_gap_s: float | None = None
    open: int = 0
    most_open: int = 0

    def request(self, host: bytes, path: bytes) -> None:
        now = time.monotonic()
        since = self.last_at.get(host)
        if since is not None and (self.shortest_gap_s is None or now - since < self.shortest_gap_s):
            self.shortest_gap_s = now - since
        self.last_at[host] = now
        self.asked[host + path] += 1
        self.count["requests"] += 1
        self.count["robots" if path == b"/robots.txt" else "feeds"] += 1

    def as_json(self) -> bytes:
        doubled = sum(count - 1 for count in self.asked.values())
        return json.dumps(self.count | {"doubled": doubled, "most_open": self.most_open, "shortest_gap_s": self.shortest_gap_s}).encode()


@dataclass(frozen=True, slots=True)
class _Answers:
    """The answers of one feed, ready to be sent; `unchanged` is that for who sends its ETag."""

    etag: bytes
    whole: bytes
    unchanged: bytes


MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def _answers(url: str, newest: datetime) -> _Answers:
    media, body = feed_body(url, newest=newest)
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    fields = f"ETag: {etag}\r\nLast-Modified: {newest:%a, %d %b %Y %H:%M:%S} GMT\r\nVary: Accept-Encoding\r\nServer: synthetic\r\nConnection: close\r\n"
    packed = gzip.compress(body, 6, mtime=0)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media}; charset=utf-8\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n{fields}\r\n"
    return _Answers(etag.encode(), head.encode() + packed, f"HTTP/1.1 304 Not Modified\r\n{fields}\r\n".encode())


class _Exchange(asyncio.Protocol):
    """One connection: a request, an answer, the end."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        seen = self._server.seen
        seen.open += 1
        seen.most_open = max(seen.most_open, seen.open)

    def connection_lost(self, _: Exception | None) -> None:
        self._server.seen.open -= 1

    def data_received(self, data: bytes) -> None:
        self._head += data
        if self._head.endswith(b"\r\n\r\n"):
            self._transport.write(self._server.answer(self._head))
            self._transport.close()


class _Server:
    def __init__(self, hosts: int, newest: datetime) -> None:
        self.seen = _Seen()
        self._feeds = {url.removeprefix("http://").encode(): _answers(url, newest) for url in feed_urls(hosts)}

    def answer(self, head: bytes) -> bytes:
        line, *fields = head.split(b"\r\n")
        path = line.split(b" ")[1]
        if path == TOLD:
            told, self.seen = self.seen.as_json(), _Seen(open=self.seen.open)
            return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + told
        given = {name.lower(): value for name, _, value in (entry.partition(b": ") for entry in fields)}
        host = given.get(b"host", b"")
        self.seen.request(host, path)
        feed, condition = self._feeds.get(host + path), given.get(b"if-none-match")
        self.seen.count["conditional"] += condition is not None
        status, answer = (404, MISSING) if feed is None else (304, feed.unchanged) if condition == feed.etag else (200, feed.whole)
        self.seen.count[f"status_{status}"] += 1
        self.seen.count["bytes"] += len(answer)
        return answer


async def _serve(server: _Server) -> None:
    listening = await asyncio.get_running_loop().create_server(lambda: _Exchange(server), "127.0.0.1", 0, backlog=4096)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(_Server(int(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))))
