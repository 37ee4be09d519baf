"""Raw: numbered WARC segments, durable before anything is acknowledged, and the reading of any WARC file.

A capture is a response or resource record; what was given beside it stands in a metadata record before it. An input
that could not be captured is a metadata record alone, so that a replay declines it again.
"""

from __future__ import annotations

import io
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tasks.core import ids
from tasks.core.captures import capture_of, given_as_json, given_from_json
from tasks.core.errors import InputError, RawError
from tasks.core.http_message import http_head
from tasks.core.records import Capture, Declined, RawRecord, Received, Reject
from tasks.core.text.times import utc_time
from tasks.core.text.urls import is_web_url
from tasks.durable import make_folder, sync_file, sync_folder
from tasks.gzip_members import MemberReader, Truncated, is_gzip
from tasks.home import Home
from tasks.points import reached

GIVEN_TYPE = "application/vnd.copydesk.given+json"
DECLINED_TYPE = "application/vnd.copydesk.declined+json"
IN_PLACE_TYPE = "application/vnd.copydesk.in-place+json"
GZIP_LEVEL = 1  # level 9 costs a quarter of the extraction: notes on the main job, 2026-11
MAX_BLOCK_BYTES = 64 << 20  # bytes of one record's block; a larger one is declined
SEGMENT_RECORDS = 10_000  # records a segment: what a killed load has to read again at most
SEGMENT_BYTES = 256 << 20  # bytes of blocks a segment
PART = ".part-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a record lies, as the tables name it."""

    segment: str
    segment_no: int


@dataclass(slots=True)
class SegmentWriter:
    """One segment in the making: a temporary file beside raw's folders, until it is committed."""

    home: Home
    path: Path
    file: BinaryIO
    now: datetime
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

    def add_pointer(self, path: Path, outlet: str | None) -> None:
        """Let this segment stand for a WARC file that stays where it lies."""
        payload = json.dumps({"path": str(path), "outlet": outlet}).encode()
        self._write("metadata", "urn:copydesk:in-place", IN_PLACE_TYPE, payload, ids.id_of("in-place", str(path)), self.now)
        self.records += 1

    def _add_capture(self, item: Received) -> None:
        at = item.captured_at or self.now
        capture = capture_of(item, at, segment="", segment_no=0, record_no=0, segment_offset=None)
        given = given_as_json(item)
        if given:
            self._write("metadata", item.target_uri, GIVEN_TYPE, given, ids.id_of("given", capture.capture_id), at)
        kind, content_type = ("response", "application/http; msgtype=response") if item.is_http else ("resource", item.content_type)
        self._write(kind, item.target_uri, content_type, item.block, capture.capture_id, at, digest=capture.digest)
        self.block_bytes += len(item.block)

    def _write(
        self, kind: str, target: str, content_type: str | None, block: bytes, record: str, at: datetime, *, digest: str | None = None
    ) -> None:
        headers = [
            ("WARC-Type", kind), ("WARC-Record-ID", f"<{ids.record_urn(record)}>"), ("WARC-Target-URI", target), ("WARC-Date", ids.iso_utc(at)),
            *([("WARC-Payload-Digest", digest)] if digest else []), ("WARC-Block-Digest", ids.payload_digest(block)),
            ("Content-Type", content_type or "application/octet-stream"), ("Content-Length", str(len(block))),
        ]  # fmt: skip
        buffer = io.BytesIO()
        record_headers = StatusAndHeaders("", headers, protocol="WARC/1.1")
        WARCWriter(buffer, gzip=False).write_record(
            ArcWarcRecord("warc", kind, record_headers, io.BytesIO(block), None, content_type, len(block))
        )
        compress = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        self.file.write(compress.compress(buffer.getvalue()) + compress.flush())


def begin_segment(home: Home, now: datetime) -> SegmentWriter:
    """Begin a segment; nothing of it counts before it is committed."""
    path = home.raw / f"{PART}{os.getpid()}-{os.urandom(4).hex()}"
    return SegmentWriter(home, path, path.open("wb"), now)


def commit_segment(writer: SegmentWriter) -> int:
    """Make a segment durable under the next number, and return it."""
    writer.file.close()
    sync_file(writer.path)
    reached("load.written")
    home = writer.home
    with home.locked_files():
        number = max((number for number, _ in segments(home)), default=0) + 1
        folder = home.raw / writer.now.strftime("%Y/%m/%d")
        make_folder(folder, below=home.raw)
        os.rename(writer.path, folder / f"{number:08d}.warc.gz")
        sync_folder(folder)
    reached("load.committed")
    return number


def drop_segment(writer: SegmentWriter) -> None:
    """Give up a segment that was not committed."""
    writer.file.close()
    writer.path.unlink(missing_ok=True)


def sweep_parts(home: Home) -> None:
    """Remove what processes that no longer live left behind; their inputs were never acknowledged."""
    for part in home.raw.glob(f"{PART}*"):
        pid = part.name.removeprefix(PART).partition("-")[0]
        if not (pid.isdigit() and _is_alive(int(pid))):
            part.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def segments(home: Home) -> list[tuple[int, Path]]:
    """Return (number, file) of every segment, in order."""
    found = (path for path in home.raw.glob("*/*/*/*.warc.gz") if path.name.removesuffix(".warc.gz").isdigit())
    return sorted((int(path.name.removesuffix(".warc.gz")), path) for path in found)


def read_segment(home: Home, number: int, path: Path) -> Iterator[RawRecord | Declined]:
    """Yield what a segment holds, in order; the place in this order is the record's number.

    Raises       RawError where the segment, or the file it points to, cannot be read
    """
    place = Place(segment=str(path.relative_to(home.raw_root)), segment_no=number)
    count = 0
    try:
        for item in _items(path, place):
            for record in _pointed(item, number) if isinstance(item, _Pointer) else (item,):
                yield _numbered(record, count)
                count += 1
    except (InputError, OSError) as error:
        raise RawError(f"{path}: record {count} cannot be read ({error}); restore the file from a copy") from error


def _numbered(record: RawRecord | Declined, count: int) -> RawRecord | Declined:
    if isinstance(record, Declined):
        return record
    return replace(record, capture=replace(record.capture, record_no=count))


@dataclass(frozen=True, slots=True)
class _Pointer:
    path: Path
    outlet: str | None


def _pointed(pointer: _Pointer, number: int) -> Iterator[RawRecord | Declined]:
    place = Place(segment=str(pointer.path), segment_no=number)
    try:
        for item in _items(pointer.path, place):
            if isinstance(item, RawRecord):
                yield _with_outlet(item, pointer.outlet)
            elif isinstance(item, Declined):
                yield item
    except InputError:
        return  # its end was declined when it was loaded, beside the pointer


def _with_outlet(record: RawRecord, outlet: str | None) -> RawRecord:
    if outlet is None:
        return record
    return replace(record, capture=replace(record.capture, outlet=outlet), given=replace(record.given, outlet=outlet))


def read_warc(path: Path) -> Iterator[RawRecord | Declined]:
    """Yield the captures of any WARC file: response and resource records, any order, any gzip framing.

    Raises       InputError where the file ends early or is no WARC; what came before has been yielded
    """
    for item in _items(path, Place(segment=str(path), segment_no=0)):
        if not isinstance(item, _Pointer):
            yield item


def _items(path: Path, place: Place) -> Iterator[RawRecord | Declined | _Pointer]:
    with path.open("rb") as file:
        members = MemberReader(file) if is_gzip(file) else None
        stream: BinaryIO = io.BufferedReader(members) if members else file
        given: dict[str, Any] = {}
        try:
            with closing(ArchiveIterator(stream, no_record_parse=True, arc2warc=True)) as records:
                for record in records:
                    block = _block_of(record)
                    offset = members.offset_of(records.get_record_offset()) if members else records.get_record_offset()
                    content_type = record.rec_headers.get_header("Content-Type")
                    if content_type == GIVEN_TYPE:
                        given = json.loads(block)
                        continue
                    item = _item_of(record, block, content_type, given, place, offset)
                    given = {}
                    if item is not None:
                        yield item
        except (Truncated, EOFError) as error:
            raise InputError("truncated", str(error)) from error
        except (ArchiveLoadFailed, OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputError("not_warc", _one_line(error)) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]


def _block_of(record: ArcWarcRecord) -> bytes:
    length = int(record.rec_headers.get_header("Content-Length") or 0)
    block: bytes = record.raw_stream.read(min(length, MAX_BLOCK_BYTES + 1))
    if len(block) < min(length, MAX_BLOCK_BYTES + 1):
        raise Truncated(f"a record ends after {len(block)} of {length} bytes")
    return block


def _item_of(
    record: ArcWarcRecord, block: bytes, content_type: str | None, given: dict[str, Any], place: Place, offset: int | None
) -> RawRecord | Declined | _Pointer | None:
    headers = record.rec_headers
    target = headers.get_header("WARC-Target-URI") or ""
    if content_type == DECLINED_TYPE:
        return _declined_of(target, json.loads(block))
    if content_type == IN_PLACE_TYPE:
        pointer = json.loads(block)
        return _Pointer(Path(pointer["path"]), pointer["outlet"])
    if record.rec_type not in ("response", "resource") or not (is_web_url(target) or target.startswith("urn:copydesk:")):
        return None
    record_id = (headers.get_header("WARC-Record-ID") or "").strip("<> ")
    captured_at = utc_time(headers.get_header("WARC-Date") or "")
    if captured_at is None or len(block) > MAX_BLOCK_BYTES:
        reason = (
            ("bad_record", "no WARC-Date that can be read") if captured_at is None else ("too_large", f"more than {MAX_BLOCK_BYTES} bytes")
        )
        reject = Reject(stage="load", reason=reason[0], detail=reason[1], url=target, source_id=record_id)
        return Declined(target_uri=target, reject=reject)
    is_http = record.rec_type == "response" and (content_type or "").startswith("application/http")
    beside = given_from_json(given, source_id=record_id)
    received = Received(
        url=given.get("url", target if is_web_url(target) else None), target_uri=target, source_id=beside.source_id, content_type=content_type,
        is_http=is_http, block=block, given=beside, captured_at=None if given.get("clock") else captured_at,
    )  # fmt: skip
    capture = capture_of(received, captured_at, segment=place.segment, segment_no=place.segment_no, record_no=0, segment_offset=offset)
    head = http_head(block) if is_http else None
    return RawRecord(
        capture=capture,
        given=beside,
        content_type=head.content_type if head else content_type,
        block=block,
        body_from=head.body_from if head else 0,
    )


def received_of(record: RawRecord) -> Received:
    """Return a capture of another file as something to be captured here."""
    capture = record.capture
    is_http = capture.http_status is not None or record.body_from > 0
    return Received(
        url=capture.url, target_uri=capture.target_uri, source_id=capture.source_id, content_type=record.content_type, is_http=is_http,
        block=record.block, given=record.given, captured_at=capture.captured_at,
    )  # fmt: skip


def _declined_json(item: Declined) -> bytes:
    reject = item.reject
    fields = {"url": reject.url, "source_id": reject.source_id, "reason": reject.reason, "detail": reject.detail, "line": item.line}
    return json.dumps(fields, ensure_ascii=True, sort_keys=True).encode()


def _declined_of(target: str, fields: dict[str, Any]) -> Declined:
    reject = Reject(stage="load", reason=fields["reason"], detail=fields["detail"], url=fields["url"], source_id=fields["source_id"])
    return Declined(target_uri=target, reject=reject, line=fields["line"])


def capture_known_as(item: Received, now: datetime) -> Capture:
    """Return the capture that an input would make at a time."""
    return capture_of(item, item.captured_at or now, segment="", segment_no=0, record_no=0, segment_offset=None)
