"""`copydesk feeds check`: what a user is told of an address, in one line."""

from __future__ import annotations

import gzip
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from processes import Done

Call = Callable[..., Done]

ITEM = "<item><title>Ferry hits the quay</title><link>https://paper.example/1</link><pubDate>Mon, 16 Mar 2026 08:00:00 GMT</pubDate></item>"
RSS = f'<?xml version="1.0"?><rss version="2.0"><channel><title>The Aldermoor Post</title>{ITEM}</channel></rss>'.encode()
PAGE = b'<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/good"></head><body><p>News</p></body></html>'


def answer(body: bytes = b"", *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n{headers}Connection: close\r\n\r\n"
    return head.encode() + body


ANSWERS = {
    "/robots.txt": answer(b"User-agent: *\nDisallow: /private\n"),
    "/good": answer(RSS, headers="Content-Type: application/rss+xml\r\n"),
    "/moved": answer(status="301 Moved", headers="Location: /good\r\n"),
    "/page": answer(PAGE, headers="Content-Type: text/html\r\n"),
    "/plain-page": answer(b"<!doctype html><html><body><p>News</p></body></html>"),
    "/empty": answer(),
    "/missing": answer(b"no", status="404 Not Found"),
    "/gone": answer(b"no", status="410 Gone"),
    "/refused": answer(b"no", status="403 Forbidden"),
    "/login": answer(b"no", status="401 Unauthorized"),
    "/broken-server": answer(b"no", status="500 Oh"),
    "/loop": answer(status="302 Found", headers="Location: /loop\r\n"),
    "/cut": answer(RSS[:80], length=len(RSS)),
    "/cut-gzip": answer(gzip.compress(RSS)[:60], headers="Content-Encoding: gzip\r\n"),
    "/picture": answer(b"\x89PNG\r\n\x1a\n" + bytes(200)),
    "/json": answer(b'{"items": '),
    "/other-json": answer(b'{"name": "weather"}'),
    "/other-xml": answer(b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>"),
    "/words": answer(b"Not Found"),
    "/private/feed": answer(RSS),
    "/elsewhere": answer(status="302 Found", headers="Location: http://10.0.0.7/feed\r\n"),
    "/file": answer(status="302 Found", headers="Location: file:///etc/passwd\r\n"),
    "/close": b"",
    "/garbage": b"\x00\x01\x02 no HTTP\r\n\r\n",
}
ALLOWED = {"COPYDESK_ALLOW_HOSTS": "127.0.0.1", "COPYDESK_HOST_GAP_S": "0"}


class _Says(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        path = self.rfile.readline().decode("latin-1").split(" ")[1]
        while self.rfile.readline().strip():
            pass
        self.wfile.write(ANSWERS[path])


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with _Server(("127.0.0.1", 0), _Says) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_feed_is_described_with_its_next_poll(call: Call, site: str, tmp_path: Path) -> None:
    done = call("feeds", "check", f"{site}/good", home=tmp_path / "none", **ALLOWED)
    assert done.code == 0, done.err
    assert done.out.startswith(f"good  {site}/good: rss, The Aldermoor Post: 1 entries, 1 dated; ")
    assert not (tmp_path / "none").exists(), "nothing is stored"


def test_a_feed_that_moved_says_where_it_was_read(call: Call, site: str, tmp_path: Path) -> None:
    done = call("feeds", "check", f"{site}/moved", home=tmp_path, **ALLOWED)
    assert f"read at {site}/good" in done.out


@pytest.mark.parametrize("path", sorted(set(ANSWERS) - {"/good", "/moved", "/robots.txt"}))
def test_a_broken_feed_has_one_line_with_what_to_do(path: str, call: Call, site: str, tmp_path: Path) -> None:
    done = call("feeds", "check", site + path, home=tmp_path, **ALLOWED)
    (line,) = done.out.splitlines()
    assert (done.code, done.err) == (1, "")
    assert line.startswith(f"bad   {site}{path}: ")
    what, _, remedy = line.removeprefix(f"bad   {site}{path}: ").rpartition("; ")
    assert len(what) > 5, line
    assert len(remedy) > 8, line


def test_a_page_names_the_feeds_that_it_has(call: Call, site: str, tmp_path: Path) -> None:
    done = call("feeds", "check", f"{site}/page", home=tmp_path, **ALLOWED)
    assert f"it names 1 feeds, the first {site}/good: " in done.out


def test_a_private_address_is_not_asked(call: Call, site: str, tmp_path: Path) -> None:
    done = call("feeds", "check", f"{site}/good", home=tmp_path, COPYDESK_HOST_GAP_S="0")
    assert done.code == 1
    assert "COPYDESK_ALLOW_HOSTS" in done.out
