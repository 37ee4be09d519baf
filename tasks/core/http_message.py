"""An HTTP message as a WARC response holds it: its head, and its body freed of transfer and content encodings.

Bodies that lie about their encoding are taken as they are. Decoding stops at a limit, so that a bomb cannot grow.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from http import HTTPStatus

from warcio.bufferedreaders import ChunkedDataReader
from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from tasks.core.content_encoding import decoded

VERSIONS = ["HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/2.0", "HTTP/3"]
MAX_HEAD_BYTES = 1 << 18  # bytes of a head; browsers take no more (Chromium, net/http/http_stream_parser.cc)
OF_THE_CONNECTION = frozenset({"transfer-encoding", "connection", "keep-alive", "trailer"})  # RFC 9110 section 7.6.1
MAX_TYPE_CHARS = 1_000  # characters of a Content-Type: the reading of parameters is quadratic
MAX_BODY_BYTES = 16 << 20  # bytes of a decoded body; the largest of 570 labelled pages has 3 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpHead:
    """What the first lines of an HTTP message say. `fields`: all of them, in order; `body_from`: byte at which the body begins."""

    status: int | None
    content_type: str | None
    content_encoding: str | None
    is_chunked: bool
    body_from: int
    fields: tuple[tuple[str, str], ...] = ()


def http_head(block: bytes) -> HttpHead:
    """Return the head of an HTTP message, of a longer one its first MAX_HEAD_BYTES; a block without one is all body."""
    return _regular_http_head(block) or patient_http_head(block)


def _regular_http_head(block: bytes) -> HttpHead | None:
    found = regular_head(block)
    if found is None or not found.start.startswith(("HTTP/1.1 ", "HTTP/1.0 ")):
        return None
    return _http_head(found.start[8:].strip().split(" ", 1)[0], found.fields, found.length)


def patient_http_head(block: bytes) -> HttpHead:
    """Return the head of an HTTP message whatever its lines look like, in ten times the time."""
    stream = io.BytesIO(block[:MAX_HEAD_BYTES])
    try:
        parsed = StatusAndHeadersParser(VERSIONS).parse(stream)
    except (StatusAndHeadersParserException, EOFError, ValueError):
        return HttpHead(status=None, content_type=None, content_encoding=None, is_chunked=False, body_from=0)
    return _http_head(parsed.get_statuscode(), [(str(name), str(value)) for name, value in parsed.headers], stream.tell())


def _http_head(code: str, fields: Sequence[tuple[str, str]], body_from: int) -> HttpHead:
    first = first_values(fields)
    return HttpHead(
        status=int(code) if len(code) == 3 and code.isascii() and code.isdigit() else None,
        content_type=first.get("content-type"),
        content_encoding=first.get("content-encoding", "").strip().lower() or None,
        is_chunked="chunked" in first.get("transfer-encoding", "").lower(),
        body_from=body_from,
        fields=tuple(fields),
    )


def first_values(fields: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the first value of each field, by its name in lower case."""
    return {name.lower(): value for name, value in reversed(fields)}


@dataclass(frozen=True, slots=True)
class RegularHead:
    """The lines before a body: the first one, and the fields; `length`: bytes of them, the empty line included."""

    start: str
    fields: list[tuple[str, str]]
    length: int


def regular_head(block: bytes) -> RegularHead | None:
    """Return the head of an HTTP message or a WARC record all of whose lines are regular, as warcio would read it; else None."""
    end = block.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
    if end < 0 or block.count(b"\n", 0, end) != block.count(b"\r\n", 0, end):
        return None
    try:
        start, *lines = block[:end].decode("utf-8").split("\r\n")
    except UnicodeDecodeError:
        return None
    fields = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or line[0] in " \t":
            return None
        fields.append((name.rstrip(" \t"), value.strip()))
    return RegularHead(start, fields, end + 4)


def http_body(block: bytes, head: HttpHead) -> bytes:
    """Return the decoded body, at most MAX_BODY_BYTES and one byte of it; of a body that was cut, what can be decoded."""
    body = block[head.body_from :]
    if head.is_chunked:
        body = ChunkedDataReader(io.BytesIO(body)).read() or body
    return _decoded(body, head.content_encoding)[: MAX_BODY_BYTES + 1]


def _decoded(body: bytes, encoding: str | None) -> bytes:
    return decoded(body, encoding, max_bytes=MAX_BODY_BYTES).body or body if encoding else body


def http_message(status: int, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """Return a response as raw keeps it: its body as sent, freed of the chunks that HTTP/1.1 cut it into, which its head no longer announces."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    kept = [f"{name}: {value}" for name, value in headers if name.lower() not in OF_THE_CONNECTION]
    return "\r\n".join([f"HTTP/1.1 {status} {phrase}", *kept, "", ""]).encode("utf-8", "replace") + body


@lru_cache(maxsize=256)
def media_type(content_type: str | None) -> tuple[str | None, str | None]:
    """Return (media type, charset) of a Content-Type, in lower case; None where it says nothing."""
    if not content_type or not content_type.strip():
        return None, None
    message = Message()
    message["Content-Type"] = content_type[:MAX_TYPE_CHARS].replace("\n", " ").replace("\r", " ")
    charset = message.get_param("charset")
    return message.get_content_type().lower(), str(charset).strip().lower() if isinstance(charset, str) else None
