"""The reading of any WARC file: captures, and what our own segments hold beside them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warcio.exceptions import ArchiveLoadFailed

from tasks.core.backfill import ALWAYS, Span
from tasks.core.captures import given_from_json, is_storable, record_of
from tasks.core.errors import InputError
from tasks.core.ids import iso_utc
from tasks.core.records import Declined, RawRecord, Received, Reject
from tasks.core.text.times import utc_time
from tasks.core.text.urls import is_web_url
from tasks.gzip_members import MemberReader, Truncated, is_gzip
from tasks.warc_records import MAX_BLOCK_BYTES, Record, any_records, regular_records

GIVEN_TYPE = "application/vnd.copydesk.given+json"
DECLINED_TYPE = "application/vnd.copydesk.declined+json"
IN_PLACE_TYPE = "application/vnd.copydesk.in-place+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a record lies, as the tables name it.

    is_own       in a segment of ours, whose digests are taken as they stand: `doctor --deep` holds them against the bytes
    """

    segment: str
    segment_no: int
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Pointer:
    """A WARC file that stays where it lies, and the outlet of all of it."""

    path: Path
    outlet: str | None
    records: int  # as it held when it was registered, in the span
    span: Span = ALWAYS


def pointer_fields(pointer: Pointer) -> dict[str, object]:
    """Return a pointer as its record holds it; a span that is open says nothing."""
    limits = {"since": pointer.span.since, "until": pointer.span.until}
    return {
        "path": str(pointer.path), "outlet": pointer.outlet, "records": pointer.records,
        **{name: iso_utc(at) for name, at in limits.items() if at is not None},
    }  # fmt: skip


def is_wanted(item: RawRecord | Declined, span: Span) -> bool:
    """Tell whether a record was captured within a range of time; one that was declined is always told of."""
    return isinstance(item, Declined) or span.holds(item.capture.captured_at)


def read_warc(path: Path) -> Iterator[RawRecord | Declined]:
    """Yield the captures of any WARC file: response and resource records, any order, any gzip framing.

    Raises       InputError where the file ends early or is no WARC; what came before has been yielded
    """
    for item in warc_items(path, Place(segment=str(path), segment_no=0)):
        if not isinstance(item, Pointer):
            yield item


def warc_items(path: Path, place: Place) -> Iterator[RawRecord | Declined | Pointer]:
    """Yield what a WARC file holds, our own records beside captures included.

    Raises       InputError where the file ends early or is no WARC; what came before has been yielded
    """
    items = _Items(place)
    with path.open("rb") as file:
        members = None
        try:
            if is_gzip(file):
                yield from items.of(regular_records(file))
                members = MemberReader(file)
            yield from items.of(any_records(io.BufferedReader(members) if members else file, members))
        except Truncated as error:
            raise InputError("truncated", _one_line(error)) from error
        except (ArchiveLoadFailed, OSError, EOFError, ValueError) as error:
            cause = (members and members.failure) or error
            raise InputError("truncated" if isinstance(cause, Truncated) else "not_warc", _one_line(cause)) from error


class _Items:
    """Makes items of records; what was given for one stands in a record before it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._given: dict[str, Any] = {}

    def of(self, records: Iterable[Record]) -> Iterator[RawRecord | Declined | Pointer]:
        for record in records:
            if record.header("Content-Type") == GIVEN_TYPE:
                self._given = _fields_of(record.block)
                continue
            item = _item_or_refusal(record, self._given, self._place)
            self._given = {}
            if item is not None:
                yield item


def _fields_of(block: bytes) -> dict[str, Any]:
    fields = json.loads(block)
    if not isinstance(fields, dict):
        raise InputError("bad_record", "what stands beside a record is no JSON object")
    return fields


def _item_or_refusal(record: Record, given: dict[str, Any], place: Place) -> RawRecord | Declined | Pointer | None:
    """Return a record, or, where its own fields make no sense, the refusal of this one record."""
    try:
        return _item_of(record, given, place)
    except (InputError, ValueError, TypeError, KeyError, AttributeError) as error:
        detail = error.detail if isinstance(error, InputError) else f"its fields make no sense ({type(error).__name__})"
        source_id = (record.header("WARC-Record-ID") or "").strip("<> ")
        reject = Reject(stage="load", reason="bad_record", detail=detail, source_id=source_id)
        target = record.header("WARC-Target-URI") or ""
        return Declined(target_uri=target if is_web_url(target) else "urn:copydesk:record:" + (reject.source_id or ""), reject=reject)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:160]


def _item_of(record: Record, given: dict[str, Any], place: Place) -> RawRecord | Declined | Pointer | None:
    block, content_type = record.block, record.header("Content-Type")
    target = record.header("WARC-Target-URI") or ""
    if content_type == DECLINED_TYPE:
        return _declined_of(target, _fields_of(block))
    if content_type == IN_PLACE_TYPE:
        pointer = _fields_of(block)
        span = Span(since=utc_time(pointer.get("since") or ""), until=utc_time(pointer.get("until") or ""))
        return Pointer(Path(pointer["path"]), pointer["outlet"], int(pointer["records"]), span)
    kind = record.header("WARC-Type")
    if kind not in ("response", "resource") or not (is_web_url(target) or target.startswith("urn:copydesk:")):
        return None
    record_id = (record.header("WARC-Record-ID") or "").strip("<> ")
    captured_at = utc_time(record.header("WARC-Date") or "")
    if captured_at is None or len(block) > MAX_BLOCK_BYTES:
        reason = (
            ("bad_record", "no WARC-Date that can be read") if captured_at is None else ("too_large", f"more than {MAX_BLOCK_BYTES} bytes")
        )
        reject = Reject(stage="load", reason=reason[0], detail=reason[1], url=target, source_id=record_id)
        return Declined(target_uri=target, reject=reject)
    is_http = kind == "response" and (content_type or "").startswith("application/http")
    beside = given_from_json(given, source_id=record_id)
    received = Received(
        url=beside_url(given, target), target_uri=target, source_id=beside.source_id, content_type=content_type,
        is_http=is_http, block=block, given=beside, captured_at=None if given.get("clock") else captured_at,
        digest=_own_digest(record) if place.is_own else None,
    )  # fmt: skip
    return record_of(received, captured_at, segment=place.segment, segment_no=place.segment_no, segment_offset=record.offset)


def _own_digest(record: Record) -> str | None:
    digest = record.header("WARC-Payload-Digest")
    return digest if digest and digest.startswith("sha256:") else None


def beside_url(given: dict[str, Any], target: str) -> str | None:
    """Return the URL to the letter: as given beside the record, else its target.

    Raises       InputError where what was given is no web address
    """
    url = given.get("url", target if is_web_url(target) else None)
    if url is not None and not (isinstance(url, str) and is_web_url(url)):
        raise InputError("bad_record", "its url is no http or https address")
    return url


def received_of(record: RawRecord) -> Received:
    """Return a capture of another file as something to be captured here."""
    capture = record.capture
    is_http = capture.http_status is not None or record.body_from > 0
    return Received(
        url=capture.url, target_uri=capture.target_uri, source_id=capture.source_id, content_type=record.content_type, is_http=is_http,
        block=record.block, given=record.given, captured_at=capture.captured_at, digest=capture.digest,
    )  # fmt: skip


def _declined_of(target: str, fields: dict[str, Any]) -> Declined:
    values = {name: fields.get(name) for name in ("url", "source_id", "reason", "detail", "line")} | {"stage": fields.get("stage", "load")}
    if not (isinstance(values["reason"], str) and isinstance(values["stage"], str)) or not all(
        value is None or (isinstance(value, str) and is_storable(value)) for value in values.values()
    ):
        raise InputError("bad_record", "a refusal whose fields are of the wrong kind")
    reject = Reject(
        stage=values["stage"], reason=values["reason"], detail=values["detail"], url=values["url"], source_id=values["source_id"]
    )
    return Declined(target_uri=target, reject=reject, line=values["line"])
