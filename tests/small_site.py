"""A small honest site on loopback: one feed and its pages."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STORY = "".join(
    f"<p>The council of ward {number} voted to keep the ferry running through the winter, said its clerk on Tuesday.</p>"
    for number in range(9)
)


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


@contextmanager
def served_site() -> Iterator[Site]:
    """Serve it on loopback."""
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
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
