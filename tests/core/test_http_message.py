"""HTTP messages that lie or swell are read within bounds: this is done outside the processes that can be killed."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tasks.core.http_message import MAX_BODY_BYTES, MAX_HEAD_BYTES, http_body, http_head, media_type, patient_http_head, regular_head

HEAD_PIECES = (
    "HTTP/1.1", "HTTP/1.0", "http/1.1", "HTTP/2", " ", " 200", " OK", "404 Not Found", "\r\n", "\r\n", "\n", "\r", "\r\n\r\n", ":", ": ", "\t", "\x0b",
    "Content-Type", "content-type", "text/html", "Content-Encoding", "gzip", "Transfer-Encoding", "chunked", "é", "\xa0", "\u2028", "\x1c", "a body",
)  # fmt: skip

LONG_HEADS = {
    "one long line": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX: " + b"a" * (8 << 20),
    "many lines": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + b"a: b\r\n" * (1 << 20),
    "lines that go on": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\na: b\r\n" + b" c\r\n" * (1 << 20),
}


@pytest.mark.parametrize("block", LONG_HEADS.values(), ids=LONG_HEADS)
def test_of_a_head_without_an_end_only_its_beginning_is_read(block: bytes) -> None:
    head = http_head(block)
    assert (head.status, head.content_type) == (200, "text/html")
    assert head.body_from <= MAX_HEAD_BYTES


def test_a_content_type_full_of_quotes_is_read_to_its_beginning() -> None:
    assert media_type('Text/HTML; charset=UTF-8; a="' + ";" * (2 << 20)) == ("text/html", "utf-8")


def test_a_bomb_is_unpacked_to_the_limit_and_no_further() -> None:
    block = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(4 * MAX_BODY_BYTES), mtime=0)
    assert len(http_body(block, http_head(block))) == MAX_BODY_BYTES + 1


@given(some.lists(some.sampled_from(HEAD_PIECES), max_size=24), some.sampled_from(["utf-8", "latin-1"]))
def test_a_head_says_the_same_to_who_reads_it_fast_and_to_who_reads_it_patiently(pieces: list[str], encoding: str) -> None:
    for block in (
        "".join(pieces).encode(encoding, "replace"),
        ("HTTP/1.1 200 OK\r\n" + "".join(pieces) + "\r\n\r\n").encode(encoding, "replace"),
    ):
        assert http_head(block) == patient_http_head(block)


def test_a_regular_head_is_read_fast_and_one_with_a_folded_line_is_not() -> None:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX : a: b \r\n\r\nbody"
    found = regular_head(block)
    assert found is not None
    assert (found.start, found.fields, block[found.length :]) == (
        "HTTP/1.1 200 OK",
        [("Content-Type", "text/html"), ("X", "a: b")],
        b"body",
    )
    assert regular_head(block.replace(b"\r\nX", b"\r\n X")) is None
