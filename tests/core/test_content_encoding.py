"""Bodies are decoded within limits, and one that is cut is never taken for whole."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest

from tasks.core.content_encoding import decoded_body

BODY = b"<rss>" + bytes(range(32, 127)) * 2_000 + b"</rss>"
LIMIT = 1 << 20
ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "deflate as zlib": ("deflate", zlib.compress),
    "bare deflate": ("deflate", lambda body: zlib.compress(body)[2:-4]),
    "brotli": ("br", brotli.compress),
    "gzip twice": ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    "gzip, then brotli": ("gzip, br", lambda body: brotli.compress(gzip.compress(body))),
}
GZIPPED = gzip.compress(BODY)
TOLERATED = {
    "gzip undeclared": (GZIPPED, ""),
    "gzip declared once of two": (gzip.compress(GZIPPED), "gzip"),
    "junk behind gzip": (GZIPPED + b"junkjunk", "gzip"),
    "two members": (gzip.compress(BODY[:99]) + gzip.compress(BODY[99:]), "gzip"),
    "plain, declared as gzip": (BODY, "gzip"),
    "plain, declared as brotli": (BODY, "br"),
    "plain, declared as something unknown": (BODY, "utf-8"),
    "plain": (BODY, ""),
}
BROKEN = {
    "checksum": (GZIPPED[:-8] + bytes(8), "gzip"),
    "no gzip behind its magic": (b"\x1f\x8b\x08" + b"\xff" * 99, "gzip"),
    "binary, declared as gzip": (bytes(range(99)), "gzip"),
    "encoding nobody asked for": (b"\x28\xb5\x2f\xfd\x04\x00", "zstd"),
    "too many encodings": (GZIPPED, "gzip, gzip, gzip, gzip"),
    "members without end": (gzip.compress(b"") * 5_000, "gzip"),
}


@pytest.mark.parametrize(("encoding", "encode"), ENCODERS.values(), ids=ENCODERS)
def test_a_whole_body_is_decoded_and_a_cut_one_is_truncated(encoding: str, encode: Callable[[bytes], bytes]) -> None:
    wire = encode(BODY)
    assert decoded_body(wire, encoding, max_bytes=LIMIT).body == BODY
    assert decoded_body(wire, encoding, max_bytes=LIMIT).fault is None
    for kept in (1, 5, len(wire) // 2, len(wire) - 1):
        assert decoded_body(wire[:kept], encoding, max_bytes=LIMIT).fault == "truncated"


@pytest.mark.parametrize(("wire", "encoding"), TOLERATED.values(), ids=TOLERATED)
def test_what_browsers_read_is_read(wire: bytes, encoding: str) -> None:
    found = decoded_body(wire, encoding, max_bytes=LIMIT)
    assert (found.body == BODY, found.fault) == (True, None)


@pytest.mark.parametrize(("wire", "encoding"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_decoded_is_told(wire: bytes, encoding: str) -> None:
    assert decoded_body(wire, encoding, max_bytes=LIMIT).fault == "bad_encoding"


@pytest.mark.parametrize(("encoding", "encode"), ENCODERS.values(), ids=ENCODERS)
def test_a_bomb_grows_to_the_limit_and_no_further(encoding: str, encode: Callable[[bytes], bytes]) -> None:
    found = decoded_body(encode(bytes(8 * LIMIT)), encoding, max_bytes=LIMIT)
    assert found.fault == "too_large"
    assert len(found.body) < 1.1 * LIMIT


def test_a_plain_body_beyond_the_limit_is_too_large() -> None:
    assert decoded_body(BODY, "", max_bytes=len(BODY) - 1).fault == "too_large"


def test_no_body_is_whole_whatever_it_declares() -> None:
    assert decoded_body(b"", "gzip", max_bytes=LIMIT).fault is None
