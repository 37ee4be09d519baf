"""The records of any WARC file: those that are regular by splitting lines, from the first other one on by warcio."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr
from dataclasses import dataclass
from typing import BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord

from tasks.core.http_message import first_values, regular_head
from tasks.gzip_members import MemberReader, Truncated, whole_members

VERSIONS = frozenset({"WARC/1.0", "WARC/1.1"})
RECORD_END = b"\r\n\r\n"
MAX_BLOCK_BYTES = 64 << 20  # bytes of one record's block; a larger one is declined


@dataclass(frozen=True, slots=True)
class Record:
    """A record of any archive: its fields, by name, and its block. `offset`: of its gzip member or, uncompressed, of itself."""

    header: Callable[[str], str | None]
    block: bytes
    offset: int | None


def regular_records(file: BinaryIO) -> Iterator[Record]:
    """Yield the regular records at the beginning of a file, one a gzip member, as ours are; leave it where the first other one begins."""
    end = file.tell()
    for start, behind, member in whole_members(file):
        record = _regular_record(member, start)
        if record is None:
            break
        yield record
        end = behind
    file.seek(end)


def _regular_record(member: bytes, offset: int) -> Record | None:
    """Return the record that is all of a gzip member, None where only warcio can tell what it is."""
    head = regular_head(member)
    if head is None or head.start not in VERSIONS:
        return None
    fields = first_values(head.fields)
    target, block = fields.get("warc-target-uri", ""), member[head.length : -len(RECORD_END)]
    if fields.get("content-length") != str(len(block)) or not member.endswith(RECORD_END) or target.startswith("<") or " " in target:
        return None
    return Record(lambda name: fields.get(name.lower()), block, offset)


def any_records(stream: BinaryIO, members: MemberReader | None) -> Iterator[Record]:
    """Yield the records of a stream, whatever they look like.

    members      behind the stream, where it is compressed
    """
    with closing(_Records(stream, no_record_parse=True, arc2warc=True)) as records:
        for record in records:
            block = _block_of(record)
            offset = records.get_record_offset()
            yield Record(record.rec_headers.get_header, block, members.offset_of(offset) if members else offset)
    if members and members.failure:
        raise members.failure


class _Records(ArchiveIterator):  # type: ignore[misc]
    """Records of an archive, without the lines that the library prints about them."""

    def _consume_blanklines(self) -> tuple[bytes | None, int]:
        with redirect_stderr(io.StringIO()):
            found: tuple[bytes | None, int] = super()._consume_blanklines()
        return found


def _block_of(record: ArcWarcRecord) -> bytes:
    declared = record.rec_headers.get_header("Content-Length")
    if declared is None or not declared.strip().isdecimal():
        raise Truncated("a record's header ends without its Content-Length")
    length = int(declared)
    block: bytes = record.raw_stream.read(min(length, MAX_BLOCK_BYTES + 1))
    if len(block) < min(length, MAX_BLOCK_BYTES + 1):
        raise Truncated(f"a record ends after {len(block)} of {length} bytes")
    return block
