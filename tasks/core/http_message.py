"""An HTTP message as a WARC response holds it: its head, and its body freed of transfer and content encodings.

Bodies that lie about their encoding are taken as they are. Decoding stops at a limit, so that a bomb cannot grow.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message

from warcio.bufferedreaders import ChunkedDataReader
from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

VERSIONS = ["HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/2.0", "HTTP/3"]
GZIP, ZLIB, RAW_DEFLATE = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS  # how zlib names them
PIECE_BYTES = 1 << 16  # bytes decoded at a time
MAX_HEAD_BYTES = 1 << 18  # bytes of a head; browsers take no more (Chromium, net/http/http_stream_parser.cc)
MAX_TYPE_CHARS = 1_000  # characters of a Content-Type: the reading of parameters is quadratic
MAX_BODY_BYTES = 16 << 20  # bytes of a decoded body; the largest of 570 labelled pages has 3 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpHead:
    """What the first lines of an HTTP message say. `body_from`: byte at which the body begins."""

    status: int | None
    content_type: str | None
    content_encoding: str | None
    is_chunked: bool
    body_from: int


def http_head(block: bytes) -> HttpHead:
    """Return the head of an HTTP message, of a longer one its first MAX_HEAD_BYTES; a block without one is all body."""
    stream = io.BytesIO(block[:MAX_HEAD_BYTES])
    try:
        parsed = StatusAndHeadersParser(VERSIONS).parse(stream)
    except (StatusAndHeadersParserException, EOFError, ValueError):
        return HttpHead(status=None, content_type=None, content_encoding=None, is_chunked=False, body_from=0)
    code = parsed.get_statuscode()
    return HttpHead(
        status=int(code) if len(code) == 3 and code.isascii() and code.isdigit() else None,
        content_type=parsed.get_header("Content-Type"),
        content_encoding=(parsed.get_header("Content-Encoding") or "").strip().lower() or None,
        is_chunked="chunked" in (parsed.get_header("Transfer-Encoding") or "").lower(),
        body_from=stream.tell(),
    )


def http_body(block: bytes, head: HttpHead) -> bytes:
    """Return the decoded body, at most MAX_BODY_BYTES and one byte of it; of a body that was cut, what can be decoded."""
    body = block[head.body_from :]
    if head.is_chunked:
        body = ChunkedDataReader(io.BytesIO(body)).read() or body
    return _decoded(body, head.content_encoding)[: MAX_BODY_BYTES + 1]


def _decoded(body: bytes, encoding: str | None) -> bytes:
    if encoding in ("gzip", "x-gzip"):
        return _within_limit(_unzipped(body, GZIP)) or body
    if encoding == "deflate":
        return _within_limit(_unzipped(body, ZLIB)) or _within_limit(_unzipped(body, RAW_DEFLATE)) or body
    if encoding == "br":
        return _within_limit(_unbrotlied(body)) or body
    return body


def _within_limit(pieces: Iterable[bytes]) -> bytes:
    kept: list[bytes] = []
    size = 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size > MAX_BODY_BYTES:
            break
    return b"".join(kept)


def _unzipped(body: bytes, window_bits: int) -> Iterator[bytes]:
    inflate = zlib.decompressobj(window_bits)
    with suppress(zlib.error):
        for start in range(0, len(body), PIECE_BYTES):
            data = body[start : start + PIECE_BYTES]
            while data and not inflate.eof:
                yield inflate.decompress(data, PIECE_BYTES)
                data = inflate.unconsumed_tail
        yield inflate.flush()


def _unbrotlied(body: bytes) -> Iterator[bytes]:
    import brotli  # type: ignore[import-untyped]

    decoder = brotli.Decompressor()
    with suppress(brotli.error):
        piece = decoder.process(body, output_buffer_limit=PIECE_BYTES)
        while piece:
            yield piece
            piece = b"" if decoder.is_finished() else decoder.process(b"", output_buffer_limit=PIECE_BYTES)


def media_type(content_type: str | None) -> tuple[str | None, str | None]:
    """Return (media type, charset) of a Content-Type, in lower case; None where it says nothing."""
    if not content_type or not content_type.strip():
        return None, None
    message = Message()
    message["Content-Type"] = content_type[:MAX_TYPE_CHARS].replace("\n", " ").replace("\r", " ")
    charset = message.get_param("charset")
    return message.get_content_type().lower(), str(charset).strip().lower() if isinstance(charset, str) else None
