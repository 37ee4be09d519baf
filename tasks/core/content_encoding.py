"""Bodies freed of their content encodings, never beyond a limit, and told apart: whole, cut, broken, too large.

Knows gzip (several members, and bytes after the last that belong to none, which browsers ignore too), deflate as zlib and as
bare deflate, and brotli. Knows no zstd: no library that is kept decodes it within bounds, so nobody is asked for it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

ACCEPT_ENCODING = "gzip, deflate, br"  # what a server may send us
GZIP_MAGIC = b"\x1f\x8b\x08"
GZIP, ZLIB, RAW_DEFLATE = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS  # how zlib names them
PIECE_BYTES = 1 << 16  # bytes decoded at a time
MAX_MEMBERS = 1_000  # of one gzip body: each costs a decoder, and an empty one has 20 bytes
MAX_LAYERS = 3  # encodings over one another, declared or not; two are seen in the wild
SNIFFED_BYTES = 512  # bytes that tell text from other things; as in MIME Sniffing, section 7
BINARY_BYTES = frozenset(range(0x20)) - frozenset(b"\t\n\x0c\r\x1b")  # MIME Sniffing, section 3: in no text
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")

TRUNCATED, BROKEN, TOO_LARGE = "truncated", "bad_encoding", "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A body as far as it could be decoded. `fault`: None where it is whole, else truncated, bad_encoding or too_large."""

    body: bytes
    fault: str | None = None


class _Limit:
    """Collects pieces until they are more than `max_bytes` together."""

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._pieces: list[bytes] = []

    def is_passed_by(self, piece: bytes) -> bool:
        self._pieces.append(piece)
        self._left -= len(piece)
        return self._left < 0

    def decoded(self, fault: str | None) -> Decoded:
        return Decoded(body=b"".join(self._pieces), fault=fault)


def decoded(body: bytes, encoding: str, *, max_bytes: int) -> Decoded:
    """Return a body freed of one encoding, a lower-case name; one that is not known is bad_encoding.

    max_bytes    a body that grows beyond it is too_large, and a piece more than it is kept
    """
    decoders: dict[str, Callable[[bytes, int], Decoded]] = {
        "gzip": _gunzipped,
        "x-gzip": _gunzipped,
        "deflate": _inflated,
        "br": _unbrotlied,
    }
    decoder = decoders.get(encoding)
    return decoder(body, max_bytes) if decoder else Decoded(body=b"", fault=BROKEN)


def decoded_body(wire: bytes, content_encoding: str, *, max_bytes: int) -> Decoded:
    """Return a body freed of all its encodings, of gzip also where nothing declares it.

    content_encoding   the field's value, in the order of application; text that is not encoded as it says is taken as it is
    """
    names = [name for part in content_encoding.split(",") if (name := part.strip().lower())]
    if len(names) > MAX_LAYERS:
        return Decoded(body=b"", fault=BROKEN)
    body = wire
    for name in reversed(names if wire else []):
        step = decoded(body, name, max_bytes=max_bytes)
        if step.fault == BROKEN and not step.body and is_text_like(body):
            continue
        if step.fault:
            return step
        body = step.body
    return _undeclared(body, layers=MAX_LAYERS - len(names), max_bytes=max_bytes)


def is_text_like(body: bytes) -> bool:
    """Tell whether a body begins as text does: with a byte order mark, or without control characters."""
    return body.startswith(BYTE_ORDER_MARKS) or BINARY_BYTES.isdisjoint(body[:SNIFFED_BYTES])


def _undeclared(body: bytes, *, layers: int, max_bytes: int) -> Decoded:
    for _ in range(layers):
        if not body.startswith(GZIP_MAGIC):
            break
        step = decoded(body, "gzip", max_bytes=max_bytes)
        if step.fault:
            return step
        body = step.body
    return Decoded(body=body, fault=TOO_LARGE if len(body) > max_bytes else None)


def _gunzipped(body: bytes, max_bytes: int) -> Decoded:
    limit = _Limit(max_bytes)
    start = 0
    for _ in range(MAX_MEMBERS):
        fault, start = _stream(body, start, GZIP, limit)
        if fault or not body.startswith(GZIP_MAGIC, start):
            return limit.decoded(fault)
    return limit.decoded(BROKEN)


def _inflated(body: bytes, max_bytes: int) -> Decoded:
    for window_bits in (ZLIB, RAW_DEFLATE):
        limit = _Limit(max_bytes)
        fault, _ = _stream(body, 0, window_bits, limit)
        found = limit.decoded(fault)
        if fault != BROKEN or found.body:
            break
    return found


def _stream(body: bytes, start: int, window_bits: int, limit: _Limit) -> tuple[str | None, int]:
    """Decode one stream that begins at `start` into `limit`; return (fault, byte after its end)."""
    inflate = zlib.decompressobj(window_bits)
    try:
        while start < len(body):
            data = body[start : start + PIECE_BYTES]
            start += len(data)
            while data and not inflate.eof:
                if limit.is_passed_by(inflate.decompress(data, PIECE_BYTES)):
                    return TOO_LARGE, start
                data = inflate.unconsumed_tail
            if inflate.eof:
                return None, start - len(inflate.unused_data)
        too_large = limit.is_passed_by(inflate.flush())
    except zlib.error:
        return BROKEN, start
    return (TOO_LARGE if too_large else None if inflate.eof else TRUNCATED), start


def _unbrotlied(body: bytes, max_bytes: int) -> Decoded:
    import brotli  # type: ignore[import-untyped]

    limit = _Limit(max_bytes)
    decoder = brotli.Decompressor()
    try:
        piece = decoder.process(body, output_buffer_limit=PIECE_BYTES)
        while piece:
            if limit.is_passed_by(piece):
                return limit.decoded(TOO_LARGE)
            piece = b"" if decoder.is_finished() else decoder.process(b"", output_buffer_limit=PIECE_BYTES)
    except brotli.error:
        return limit.decoded(BROKEN)
    return limit.decoded(None if decoder.is_finished() else TRUNCATED)
