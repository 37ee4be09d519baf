"""A poller that is killed at any named point: nobody is asked again within the hour, and afterwards nothing is lost and nothing doubled."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from processes import Done, run_command
from published import snapshot

from tasks.home import Home

pytestmark = pytest.mark.slow

BEGAN = datetime(2026, 3, 17, 8, 0, tzinfo=timezone.utc)
STORY = "".join(
    f"<p>The council of ward {number} voted to keep the ferry running through the winter, said its clerk on Tuesday.</p>"
    for number in range(9)
)
KILLED = -9
POINTS = ["poll.claimed", "poll.kept", "poll.stored", "ingest.staged", "drain.inserted", "drain.committed", "publish.copied"]


@dataclass
class Site:
    """A feed of three entries and their pages, with an ETag; `asked` counts requests by path."""

    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)

    @property
    def feed(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed.xml"

    def body(self, path: str) -> bytes | None:
        if path == "/feed.xml":
            items = "".join(
                f"<item><guid>{number}</guid><title>Ferry {number}</title><link>http://127.0.0.1:{self.port}/{number}</link></item>"
                for number in range(3)
            )
            return f"<rss version='2.0'><channel><title>Harbour</title>{items}</channel></rss>".encode()
        if path.strip("/").isdigit():
            return f"<html><head><title>Ferry {path}</title></head><body><article><h1>Ferry {path}</h1>{STORY}</article></body></html>".encode()
        return None


@pytest.fixture
def site() -> Iterator[Site]:
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked[self.path] += 1
            body = served.body(self.path)
            is_known = body is not None and self.headers["If-None-Match"] == '"1"'
            self.send_response(404 if body is None else 304 if is_known else 200)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Type", "application/rss+xml" if self.path == "/feed.xml" else "text/html")
            self.end_headers()
            self.wfile.write(b"" if body is None or is_known else body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


def poll(home: Path, *words: str, hours: float, **variables: str) -> Done:
    now = (BEGAN + timedelta(hours=hours)).isoformat()
    return run_command(
        "poll", *words, home=home, COPYDESK_NOW=now, COPYDESK_ALLOW_HOSTS="127.0.0.1", COPYDESK_HOST_GAP_S="0", COPYDESK_CONTACT="desk@paper.example", **variables
    )  # fmt: skip


def stored(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return what does not depend on when it was asked for."""
    with snapshot(Home(root=home, raw_root=home)) as tables:
        return {
            "entries": tables.execute(
                "select entry_id, guid, title, url, page_state, article_id, state_count from entries order by 1"
            ).fetchall(),
            "articles": tables.execute("select article_id, title, text, version_count from articles order by 1").fetchall(),
            "ledger": tables.execute("select url, state, reason, article_id from ledger order by 1").fetchall(),
            "feeds": tables.execute("select url, title, kind, etag, failures from feeds order by 1").fetchall(),
        }


@pytest.mark.parametrize("point", POINTS)
def test_fault_36_a_poller_killed_at_a_point_loses_nothing_and_asks_nobody_too_early(site: Site, tmp_path: Path, point: str) -> None:
    clean = tmp_path / "clean"
    assert poll(clean, site.feed, hours=0).code == 0
    wanted = stored(clean)
    site.asked.clear()

    home = tmp_path / "killed"
    assert poll(home, site.feed, hours=0, COPYDESK_KILL_AT=point).code == KILLED
    asked = site.asked["/feed.xml"]
    within = poll(home, hours=0.5)
    assert within.code == 0
    assert site.asked["/feed.xml"] == asked
    assert poll(home, hours=30).code == 0
    assert poll(home, hours=60).code == 0
    assert stored(home) == wanted
    assert site.asked["/feed.xml"] <= 4
    assert run_command("refresh", home=home).code == 0


def test_fault_2_a_body_that_reached_raw_before_the_kill_is_taken_by_the_next_ingest(site: Site, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert poll(home, site.feed, "--no-pages", hours=0, COPYDESK_KILL_AT="poll.kept").code == KILLED
    assert run_command("ingest", home=home).code == 0
    with snapshot(Home(root=home, raw_root=home)) as tables:
        assert tables.execute("select count(*) from entries").fetchone() == (3,)
