"""The parts of a response, each read within its limit: its fields, its body as sent, its body decoded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp

from tasks.core.content_encoding import decoded_body
from tasks.core.feeds.records import Headers
from tasks.core.http_message import MAX_HEAD_BYTES
from tasks.fetch_limits import Deadline, FetchLimits
from tasks.http_failures import Stopped

MAX_FIELDS = 256  # of one head
MAX_FIELD_BYTES = 1 << 15  # of one field


def received_headers(response: aiohttp.ClientResponse) -> Headers:
    """Return the fields as received.

    Raises       Stopped for a head that is too large, and for a line end or NUL in a value: it would go on into requests and files
    Source       RFC 9110 section 5.5
    """
    if sum(len(name) + len(value) for name, value in response.raw_headers) > MAX_HEAD_BYTES:
        raise Stopped("too_large", f"a head of more than {MAX_HEAD_BYTES:,} bytes")
    received = tuple((_text(name), _text(value)) for name, value in response.raw_headers)
    for name, value in received:
        if not {"\r", "\n", "\0"}.isdisjoint(value):
            raise Stopped("protocol", f"a line end or NUL in the field {name}")
    return received


def _text(field: bytes) -> str:
    try:
        return field.decode("utf-8")
    except UnicodeDecodeError:
        return field.decode("latin-1")


async def received_wire(
    response: aiohttp.ClientResponse, limits: FetchLimits, deadline: Deadline, grown: Callable[[int], Awaitable[None]]
) -> bytes:
    """Return the body as sent.

    grown        is told its size with each piece
    Raises       Stopped where it is too large, aiohttp.ClientPayloadError where its framing does not match
    """
    if (response.content_length or 0) > limits.wire_bytes:
        raise Stopped("too_large", f"announces {response.content_length:,} bytes, more than {limits.wire_bytes:,}")
    _end_with_connection(response)
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        deadline.something_came()
        pieces.append(piece)
        size += len(piece)
        if size > limits.wire_bytes:
            raise Stopped("too_large", f"more than {limits.wire_bytes:,} bytes")
        await grown(size)
    return b"".join(pieces)


def _end_with_connection(response: aiohttp.ClientResponse) -> None:
    """End a body when its connection is lost. aiohttp (3.14) leaves one waiting whose chunks break after the head was read."""
    protocol = response.connection.protocol if response.connection else None
    closed = protocol.closed if protocol is not None else None
    if closed is not None:
        closed.add_done_callback(lambda lost: _cut(response.content, lost))


def _cut(body: aiohttp.StreamReader, lost: asyncio.Future[None]) -> None:
    if not lost.cancelled():
        lost.exception()  # seen: the loop complains of one that nobody asks for
    if not body.is_eof() and body.exception() is None:
        body.set_exception(aiohttp.ClientPayloadError("the framing of the body broke"))


def whole_body(wire: bytes, received: Headers, limits: FetchLimits) -> bytes:
    """Return the body decoded.

    Raises       Stopped where it is truncated, bad_encoding or too_large
    """
    encoding = ",".join(value for name, value in received if name.lower() == "content-encoding")
    found = decoded_body(wire, encoding, max_bytes=limits.body_bytes)
    if found.fault:
        raise Stopped(found.fault, f"{len(wire):,} bytes of {encoding or 'undeclared gzip'}, {len(found.body):,} decoded")
    return found.body
