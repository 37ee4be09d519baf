"""The reading of any WARC file: captures, and what our own segments hold beside them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from tasks.core.captures import capture_of, given_from_json
from tasks.core.errors import InputError
from tasks.core.http_message import http_head
from tasks.core.records import Declined, RawRecord, Received, Reject
from tasks.core.text.times import utc_time
from tasks.core.text.urls import is_web_url
from tasks.gzip_members import MemberReader, Truncated, is_gzip

GIVEN_TYPE = "application/vnd.copydesk.given+json"
DECLINED_TYPE = "application/vnd.copydesk.declined+json"
IN_PLACE_TYPE = "application/vnd.copydesk.in-place+json"
MAX_BLOCK_BYTES = 64 << 20  # bytes of one record's block; a larger one is declined


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a record lies, as the tables name it."""

    segment: str
    segment_no: int


@dataclass(frozen=True, slots=True)
class Pointer:
    """A WARC file that stays where it lies, and the outlet of all of it."""

    path: Path
    outlet: str | None


def read_warc(path: Path) -> Iterator[RawRecord | Declined]:
    """Yield the captures of any WARC file: response and resource records, any order, any gzip framing.

    Raises       InputError where the file ends early or is no WARC; what came before has been yielded
    """
    for item in warc_items(path, Place(segment=str(path), segment_no=0)):
        if not isinstance(item, Pointer):
            yield item


def warc_items(path: Path, place: Place) -> Iterator[RawRecord | Declined | Pointer]:
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
) -> RawRecord | Declined | Pointer | None:
    headers = record.rec_headers
    target = headers.get_header("WARC-Target-URI") or ""
    if content_type == DECLINED_TYPE:
        return _declined_of(target, json.loads(block))
    if content_type == IN_PLACE_TYPE:
        pointer = json.loads(block)
        return Pointer(Path(pointer["path"]), pointer["outlet"])
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


def _declined_of(target: str, fields: dict[str, Any]) -> Declined:
    reject = Reject(stage="load", reason=fields["reason"], detail=fields["detail"], url=fields["url"], source_id=fields["source_id"])
    return Declined(target_uri=target, reject=reject, line=fields["line"])
