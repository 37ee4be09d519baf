"""The demo newsroom on loopback: its sites as they stood at one moment of its day, pages, feeds and robots.txt.

One server speaks for all hosts and answers by Host and path, in plain HTTP. A document stays as it is until a later moment has
another one under the same address; so feeds that have not changed answer 304 to whoever brings their validators.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import Any
from urllib.parse import urlsplit

from tasks.core.feeds.caching import http_date

MOMENTS: Mapping[str, datetime] = {
    "1-morning": datetime(2026, 3, 17, 7, 30, tzinfo=timezone.utc),
    "2-noon": datetime(2026, 3, 17, 11, 30, tzinfo=timezone.utc),
    "3-evening": datetime(2026, 3, 17, 20, 30, tzinfo=timezone.utc),
}
SITES = "sites"  # the folder of what is no page: a folder a moment, in it one a host, files under the path that they answer
FOLDER_INDEX = "index.rss"  # answers for the path of its folder
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8", ".rss": "application/rss+xml", ".atom": "application/atom+xml", ".rdf": "application/rdf+xml",
    ".xml": "application/xml", ".json": "application/feed+json", ".txt": "text/plain; charset=utf-8",
}  # fmt: skip
NOT_FOUND = b"<!DOCTYPE html><title>Not found</title><p>There is no such page.</p>"
LOOPBACK = "127.0.0.1"
END_S = 0.02  # within which the server hears that it is to end

Address = tuple[str, str]  # host, and path with query


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What one address answers, since `changed_at`."""

    body: bytes
    media_type: str
    changed_at: datetime

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'

    @property
    def last_modified(self) -> str:
        return format_datetime(self.changed_at, usegmt=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsroom:
    """A newsroom that is being served. `hosts` and `resolve` are for the settings allow_hosts and resolve."""

    hosts: tuple[str, ...]
    port: int

    @property
    def resolve(self) -> tuple[str, ...]:
        return tuple(f"{host}={LOOPBACK}:{self.port}" for host in self.hosts)


def documents_at(folder: Path, moment: str) -> dict[Address, Document]:
    """Return what every address answers at a moment: the newest document of that moment or an earlier one.

    folder       seeds/demo, or one that is laid out like it
    """
    found: dict[Address, Document] = {}
    for name, at in MOMENTS.items():
        for sidecar in sorted((folder / name).glob("*/*.json")):
            found[_page_address(sidecar)] = _document(sidecar.with_suffix(".html"), at)
        root = folder / SITES / name
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            host, _, path = file.relative_to(root).as_posix().partition("/")
            found[host, "/" + path.removesuffix(FOLDER_INDEX)] = _document(file, at)
        if name == moment:
            break
    return found


@contextmanager
def served_newsroom(folder: Path, moment: str) -> Iterator[Newsroom]:
    """Serve a newsroom as it stood at a moment, at a port that the system chooses.

    folder       seeds/demo, or one that is laid out like it
    """
    documents = documents_at(folder, moment)
    with _Server((LOOPBACK, 0), partial(_Sites, documents, MOMENTS[moment])) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": END_S}, daemon=True)
        thread.start()
        try:
            yield Newsroom(hosts=tuple(sorted({host for host, _ in documents})), port=server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingTCPServer):
    """http.server's own would look up the name of this machine, which can take seconds where there is no network."""

    daemon_threads = True
    request_queue_size = 128  # as many as ask at once


class _Sites(BaseHTTPRequestHandler):
    """Answers one connection from `documents`, by the clock of `now`."""

    def __init__(self, documents: Mapping[Address, Document], now: datetime, *connection: Any) -> None:
        self.documents = documents
        self.now = now
        super().__init__(*connection)

    def do_GET(self) -> None:
        document = self.documents.get((self.headers.get("Host", "").lower(), self.path))
        if document is None:
            self._answer(HTTPStatus.NOT_FOUND, {"Content-Type": MEDIA_TYPES[".html"]}, NOT_FOUND)
            return
        validators = {"ETag": document.etag, "Last-Modified": document.last_modified}
        if self._has(document):
            self._answer(HTTPStatus.NOT_MODIFIED, validators, None)
        else:
            self._answer(HTTPStatus.OK, {"Content-Type": document.media_type, **validators}, document.body)

    def _has(self, document: Document) -> bool:
        """Tell whether the asker has this document. Source: RFC 9110 section 13.2.2, where If-None-Match goes before If-Modified-Since."""
        etag, since = self.headers.get("If-None-Match"), http_date(self.headers.get("If-Modified-Since", ""))
        if etag is not None:
            return document.etag in (known.strip() for known in etag.split(","))
        return since is not None and document.changed_at <= since

    def _answer(self, status: HTTPStatus, fields: Mapping[str, str], body: bytes | None) -> None:
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body or b"")

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the newsroom's time, for the field Date."""
        return format_datetime(self.now, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what was asked for is in the warehouse."""


def _page_address(sidecar: Path) -> Address:
    parts = urlsplit(json.loads(sidecar.read_text("utf-8"))["url"])
    return str(parts.hostname), parts.path + (f"?{parts.query}" if parts.query else "")


def _document(file: Path, changed_at: datetime) -> Document:
    return Document(body=file.read_bytes(), media_type=MEDIA_TYPES[file.suffix], changed_at=changed_at)
