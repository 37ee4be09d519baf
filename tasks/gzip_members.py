"""A gzip file as one stream, whatever its framing, that knows where each member begins and that it ended whole."""

from __future__ import annotations

import io
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from typing import BinaryIO

from isal import isal_zlib

GZIP_MAGIC = b"\x1f\x8b"
GZIP_BITS = zlib.MAX_WBITS | 16  # a gzip head and tail around the deflated bytes
GZIP_LEVEL = 1  # level 9 costs a quarter of the extraction: notes on the main job, 2026-11
READ_BYTES = 1 << 16  # compressed bytes read at a time
MEMBER_BYTES = 4 << 20  # of a member that is given whole


class Truncated(OSError):
    """The file ends inside a gzip member."""


class MemberReader(io.RawIOBase):
    """Decompress a file of gzip members from where it stands, in bounded memory; zeros after the last one are padding.

    failure      Truncated where the file was cut, OSError where bytes are no gzip: the stream ends there, so that who reads it
                 keeps what came before, and must ask when it has
    """

    def __init__(self, file: BinaryIO) -> None:
        self.failure: OSError | None = None
        self._file = file
        self._inflate: zlib._Decompress | None = None
        self._pending = b""  # compressed, not yet inflated
        self._begin_at = file.tell()
        self._consumed = self._begin_at  # compressed bytes behind us
        self._produced = 0  # bytes handed out
        self._starts = [0]  # where each member begins, in bytes handed out
        self._offsets = [self._begin_at]  # and in the file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = b"" if self.failure else self._next(len(buffer))
        except OSError as error:
            self.failure = error
            data = b""
        buffer[: len(data)] = data
        self._produced += len(data)
        return len(data)

    def _next(self, limit: int) -> bytes:
        """Return the next bytes, none at the end."""
        while True:
            self._pending = self._pending or self._file.read(READ_BYTES)
            if not self._pending and self._inflate is not None:
                raise Truncated(f"the gzip data ends inside a member, after {self._consumed} bytes")
            if not self._pending:
                return b""
            if self._inflate is None and not self._pending.strip(b"\0"):
                self._consumed += len(self._pending)
                self._pending = b""
            elif data := self._inflated(limit):
                return data

    def _inflated(self, limit: int) -> bytes:
        if self._inflate is None:
            self._begin()
        assert self._inflate is not None
        try:
            data = self._inflate.decompress(self._pending, limit)
        except zlib.error as error:
            raise OSError(f"no gzip data at byte {self._consumed} ({error})") from error
        left = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        self._consumed += len(self._pending) - len(left)
        self._pending = left
        if self._inflate.eof:
            self._inflate = None
        return data

    def _begin(self) -> None:
        self._inflate = zlib.decompressobj(GZIP_BITS)
        if self._consumed > self._begin_at:
            self._starts.append(self._produced)
            self._offsets.append(self._consumed)

    def offset_of(self, position: int) -> int | None:
        """Return the byte of the file at which the member of a position begins, None where it begins before it."""
        place = bisect_right(self._starts, position) - 1
        return self._offsets[place] if self._starts[place] == position else None


def whole_members(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Yield where each gzip member begins and ends, and its bytes, from where a file stands, up to the first that is large, or not whole."""
    start, pending = file.tell(), file.read(READ_BYTES)
    while pending:
        inflate = isal_zlib.decompressobj(GZIP_BITS)
        pieces: list[bytes] = []
        left, end = MEMBER_BYTES, start
        while pending and left > 0 and not inflate.eof:
            try:
                pieces.append(inflate.decompress(pending, left))
            except isal_zlib.error:  # type: ignore[misc]  # its stub takes the class for an instance
                return
            left -= len(pieces[-1])
            end += len(pending) - len(inflate.unconsumed_tail) - len(inflate.unused_data)
            pending = inflate.unconsumed_tail or inflate.unused_data or file.read(READ_BYTES)
        if not inflate.eof:
            return
        yield start, end, b"".join(pieces)
        start = end


def gzip_member(content: bytes) -> bytes:
    """Return a gzip member that holds these bytes."""
    member: bytes = isal_zlib.compress(content, GZIP_LEVEL, GZIP_BITS)
    return member


def is_gzip(file: BinaryIO) -> bool:
    """Tell whether a file begins as gzip does; its position stays."""
    start = file.tell()
    magic = file.read(2)
    file.seek(start)
    return magic == GZIP_MAGIC
