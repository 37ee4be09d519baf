"""Raw: numbered WARC segments, durable before anything is acknowledged.

A capture is a response or resource record; what was given beside it stands in a metadata record before it. An input
that could not be captured is a metadata record alone, so that a replay declines it again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from tasks.core import ids
from tasks.core.captures import capture_key, given_as_json
from tasks.core.errors import InputError, RawError
from tasks.core.records import Declined, RawRecord, Received
from tasks.drained import claim_segment, last_segment
from tasks.durable import make_folder, sync_file, sync_folder, writing
from tasks.gzip_members import gzip_member
from tasks.home import Home, is_alive
from tasks.points import reached
from tasks.warc import (
    DECLINED_TYPE,
    GIVEN_TYPE,
    IN_PLACE_TYPE,
    Place,
    Pointer,
    is_wanted,
    pointer_fields,
    warc_items,
)
from tasks.warc_records import RECORD_END

SEGMENT_RECORDS = 10_000  # records a segment: what a killed load has to read again at most
SEGMENT_BYTES = 256 << 20  # bytes of blocks a segment
PART = ".part-"
RESTORE = "restore the file from a copy and run `copydesk replay`; `copydesk replay --into DIR` shows what is left"


@dataclass(slots=True)
class SegmentWriter:
    """One segment in the making: a temporary file beside raw's folders, until it is committed."""

    home: Home
    path: Path
    file: BinaryIO
    now: datetime
    partition_id: str | None = None  # of a backfill
    records: int = 0
    block_bytes: int = 0

    @property
    def is_full(self) -> bool:
        return self.records >= SEGMENT_RECORDS or self.block_bytes >= SEGMENT_BYTES

    def add(self, item: Received | Declined) -> None:
        """Append one input."""
        if isinstance(item, Declined):
            self._write("metadata", item.target_uri, DECLINED_TYPE, _declined_json(item), ids.id_of("declined", item.target_uri), self.now)
        else:
            self._add_capture(item)
        self.records += 1

    def add_pointer(self, pointer: Pointer) -> None:
        """Let this segment stand for a WARC file that stays where it lies."""
        payload, record = json.dumps(pointer_fields(pointer)).encode(), ids.id_of("in-place", str(pointer.path))
        self._write("metadata", "urn:copydesk:in-place", IN_PLACE_TYPE, payload, record, self.now)
        self.records += 1

    def _add_capture(self, item: Received) -> None:
        at = item.captured_at or self.now
        capture_id, digest = capture_key(item, at)
        given = given_as_json(item)
        if given:
            self._write("metadata", item.target_uri, GIVEN_TYPE, given, ids.id_of("given", capture_id), at)
        kind, content_type = ("response", "application/http; msgtype=response") if item.is_http else ("resource", item.content_type)
        self._write(kind, item.target_uri, content_type, item.block, capture_id, at, digest=digest)
        self.block_bytes += len(item.block)

    def _write(
        self, kind: str, target: str, content_type: str | None, block: bytes, record: str, at: datetime, *, digest: str | None = None
    ) -> None:
        headers = [
            ("WARC-Type", kind), ("WARC-Record-ID", f"<{ids.record_urn(record)}>"), ("WARC-Target-URI", target), ("WARC-Date", ids.iso_utc(at)),
            *([("WARC-Payload-Digest", digest)] if digest else []), ("WARC-Block-Digest", ids.payload_digest(block)),
            ("Content-Type", content_type or "application/octet-stream"), ("Content-Length", str(len(block))),
        ]  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        with writing(self.path):
            self.file.write(gzip_member(b"".join((f"WARC/1.1\r\n{head}\r\n".encode(), block, RECORD_END))))


def begin_segment(home: Home, now: datetime, *, partition_id: str | None = None) -> SegmentWriter:
    """Begin a segment, of a partition or of none; nothing of it counts before it is committed."""
    path = home.raw / f"{PART}{os.getpid()}-{os.urandom(4).hex()}"
    with writing(path):
        return SegmentWriter(home, path, path.open("wb"), now, partition_id)


def commit_segment(writer: SegmentWriter) -> int:
    """Make a segment durable under the next number, and return it.

    Raises       HomeError where it cannot be written; nothing of it is left
    """
    home, folder = writer.home, writer.home.raw / writer.now.strftime("%Y/%m/%d")
    try:
        with writing(writer.path):
            writer.file.close()
            sync_file(writer.path)
        reached("load.written")
        with home.locked() as warehouse, writing(folder):
            number = max(last_segment(warehouse), *(number for number, _ in segments(home)), 0) + 1
            make_folder(folder)
            claim_segment(warehouse, number, writer.partition_id)
            os.rename(writer.path, folder / f"{number:08d}.warc.gz")
            sync_folder(folder)
    except BaseException:
        drop_segment(writer)
        raise
    reached("load.committed")
    return number


def drop_segment(writer: SegmentWriter) -> None:
    """Give up a segment that was not committed."""
    with suppress(OSError):  # what is still in the buffer meets the full disk that is the reason
        writer.file.close()
    writer.path.unlink(missing_ok=True)


def sweep_parts(home: Home) -> None:
    """Remove what processes that no longer live left behind; their inputs were never acknowledged."""
    for part in home.raw.glob(f"{PART}*"):
        pid = part.name.removeprefix(PART).partition("-")[0]
        if not (pid.isdigit() and is_alive(int(pid))):
            part.unlink(missing_ok=True)


def segments(home: Home) -> list[tuple[int, Path]]:
    """Return (number, file) of every segment, in order."""
    found = (path for path in home.raw.glob("*/*/*/*.warc.gz") if path.name.removesuffix(".warc.gz").isdigit())
    return sorted((int(path.name.removesuffix(".warc.gz")), path) for path in found)


def missing_segments(home: Home, *, known: int) -> list[int]:
    """Return the numbers of segments that were committed once and are not there.

    known        the highest number that the warehouse has seen
    """
    numbers = {number for number, _ in segments(home)}
    return sorted(set(range(1, max(numbers | {known}, default=0) + 1)) - numbers)


def read_segment(home: Home, number: int, path: Path) -> Iterator[RawRecord | Declined]:
    """Yield what a segment holds, in order; the place in this order is the record's number.

    A segment is never empty, so that one without records is broken as well: a disk that forgot its bytes in a power cut.
    Raises       RawError where it, or the file it points to, is broken or gone, after what comes before; OSError where it may not be read
    """
    place = Place(segment=str(path.relative_to(home.raw_root)), segment_no=number, is_own=True)
    count = 0
    try:
        for item in warc_items(path, place):
            for record in _pointed(item, number) if isinstance(item, Pointer) else (item,):
                yield _numbered(record, count)
                count += 1
    except (InputError, FileNotFoundError) as error:
        raise RawError(f"{path}: record {count} cannot be read ({error}); {RESTORE}") from error
    if not count:
        raise RawError(f"{path}: holds no record; {RESTORE}")


def _numbered(record: RawRecord | Declined, count: int) -> RawRecord | Declined:
    if isinstance(record, Declined):
        return record
    return replace(record, capture=replace(record.capture, record_no=count))


def _pointed(pointer: Pointer, number: int) -> Iterator[RawRecord | Declined]:
    """Yield what a registered file holds; its end may be broken, as it was then, but nothing may be missing."""
    place = Place(segment=str(pointer.path), segment_no=number)
    count = 0
    try:
        for item in warc_items(pointer.path, place):
            if not isinstance(item, Pointer) and is_wanted(item, pointer.span):
                yield _with_outlet(item, pointer.outlet) if isinstance(item, RawRecord) else item
                count += 1
    except InputError:
        pass
    if count != pointer.records:
        raise InputError("changed", f"{pointer.path} held {pointer.records} records when it was registered, now {count}")


def _with_outlet(record: RawRecord, outlet: str | None) -> RawRecord:
    if outlet is None:
        return record
    return replace(record, capture=replace(record.capture, outlet=outlet), given=replace(record.given, outlet=outlet))


def _declined_json(item: Declined) -> bytes:
    reject = item.reject
    stage = {} if reject.stage == "load" else {"stage": reject.stage}
    fields = stage | {"url": reject.url, "source_id": reject.source_id, "reason": reject.reason, "detail": reject.detail, "line": item.line}
    return json.dumps(fields, ensure_ascii=True, sort_keys=True).encode()
