"""HTTP messages that lie or swell are read within bounds: this is done outside the processes that can be killed."""

from __future__ import annotations

import gzip

import pytest

from tasks.core.http_message import MAX_BODY_BYTES, MAX_HEAD_BYTES, http_body, http_head, media_type

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
