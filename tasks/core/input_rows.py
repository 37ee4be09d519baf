"""One JSON row, or a text with its sidecar, to something to be captured; or to a refusal that says which field is wrong.

The fields are those of the README, "Input". Fields it does not know are kept as extra.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from tasks.core import ids
from tasks.core.errors import InputError
from tasks.core.records import Declined, Given, Received, Reject
from tasks.core.text.times import utc_time
from tasks.core.text.urls import is_web_url

BODIES = ("text", "html", "html_base64")
STRINGS = ("id", "url", "outlet", "title", "dek", "published", "captured", "language")
KNOWN = frozenset((*BODIES, *STRINGS, "authors"))
TEXT, PAGE, PAGE_BYTES = "text/plain; charset=utf-8", "text/html; charset=utf-8", "text/html"
YEAR_OR_MONTH = re.compile(r"\d{4}(?:-\d\d)?")
UTF8_BOM = b"\xef\xbb\xbf"
MAX_DEPTH = 64  # levels of lists and objects in a row; every reader of captures.extra must still get to the bottom


def parsed_row(line: bytes) -> dict[str, Any]:
    """Return the object of a JSON line.

    Raises       InputError: not UTF-8, not JSON, not an object
    """
    try:
        row = _printable(json.loads(line.removeprefix(UTF8_BOM).decode("utf-8"), parse_constant=_no_json), MAX_DEPTH)
    except UnicodeDecodeError as error:
        raise InputError("bad_encoding", f"byte {error.start} is not UTF-8") from error
    except RecursionError as error:
        raise InputError("bad_json", "nested too deep") from error
    except ValueError as error:
        raise InputError("bad_json", str(error)) from error
    if not isinstance(row, dict):
        raise InputError("bad_json", f"a {type(row).__name__}, need an object")
    return row


def _no_json(constant: str) -> float:
    raise ValueError(f"{constant} is no number in JSON")


def _printable(value: Any, levels: int) -> Any:
    """Return a JSON value that can be written again: lone surrogates become question marks.

    Raises       ValueError: nested deeper than so many levels, or a number that overflows
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is too large")
    if isinstance(value, list | dict) and not levels:
        raise ValueError("nested too deep")
    if isinstance(value, list):
        return [_printable(entry, levels - 1) for entry in value]
    if isinstance(value, dict):
        return {_printable(name, levels): _printable(entry, levels - 1) for name, entry in value.items()}
    return value


def row_of_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of a table as JSON lines have it: times ISO 8601, bytes of a page base64, other bytes text, fields without a value left out.

    Raises       InputError where it is nested too deep
    """
    row: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, bytes) and name in ("html", "html_base64"):
            row["html_base64"] = base64.b64encode(value).decode()
        elif (plain := _plain(value)) is not None:
            row[name] = plain
    try:
        return dict(_printable(row, MAX_DEPTH))
    except (ValueError, RecursionError) as error:
        raise InputError("bad_field", str(error)) from error


def _plain(value: Any) -> Any:
    """Return what JSON does not know as what it does; a number that is none as None."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return str(value)


def received_row(row: Mapping[str, Any], *, place: str, outlet: str | None) -> Received:
    """Return a row as something to be captured.

    place        path#line, its source_id where it has no id
    outlet       of the call, used where the row names none
    Raises       InputError that names the field
    """
    bodies = [name for name in BODIES if row.get(name) is not None]
    if len(bodies) != 1:
        raise InputError(
            "no_body" if not bodies else "two_bodies", f"has {' and '.join(bodies) or 'none'} of {', '.join(BODIES)}, need one"
        )
    block, content_type = _body(bodies[0], row[bodies[0]])
    return received_body(block, content_type, fields=row, place=place, outlet=outlet)


def received_body(block: bytes, content_type: str, *, fields: Mapping[str, Any], place: str, outlet: str | None) -> Received:
    """Return a payload and the fields beside it as something to be captured.

    Raises       InputError that names the field
    """
    strings = {name: _string(fields, name) for name in STRINGS}
    url = strings["url"]
    if url is not None and not (is_web_url(url) and url.isprintable()):
        raise InputError("bad_field", f"url {url[:80]!r} is no http or https address")
    captured = strings["captured"]
    captured_at = first_moment(captured) if captured else None
    if captured and captured_at is None:
        raise InputError("bad_field", f"captured {captured[:40]!r} is not ISO 8601, e.g. 2026-03-17T07:30:00Z")
    named = strings["outlet"] or outlet
    given = Given(
        source_id=strings["id"] or place, outlet=named, title=strings["title"], dek=strings["dek"], authors=_authors(fields.get("authors")),
        published=strings["published"], language=strings["language"], extra={name: value for name, value in fields.items() if name not in KNOWN},
    )  # fmt: skip
    target = url.replace(" ", "%20") if url else ids.target_urn(outlet=named, source_id=strings["id"], digest=ids.payload_digest(block))
    return Received(
        url=url, target_uri=target, source_id=given.source_id, content_type=content_type, block=block, given=given, captured_at=captured_at
    )


def declined_input(error: InputError, *, source_id: str, outlet: str | None, line: str | None = None) -> Declined:
    """Return an input that cannot be captured as data: what, and why."""
    reject = Reject(stage="load", reason=error.reason, detail=error.detail, source_id=source_id)
    target = "urn:copydesk:" + ids.id_of("declined", outlet or "", source_id, error.reason, error.detail, line or "")
    return Declined(target_uri=target, reject=reject, line=line)


def first_moment(text: str) -> datetime | None:
    """Return the instant that an ISO 8601 string names; of a year or a month its first. None: not one."""
    if YEAR_OR_MONTH.fullmatch(text):
        return utc_time(f"{text}-01-01"[:10] if len(text) == len("2026") else f"{text}-01")
    return utc_time(text)


def _body(name: str, value: Any) -> tuple[bytes, str]:
    if not isinstance(value, str):
        raise InputError("bad_field", f"{name} is a {type(value).__name__}, need a string")
    if name == "html_base64":
        try:
            return base64.b64decode(value, validate=True), PAGE_BYTES
        except (binascii.Error, ValueError) as error:
            raise InputError("bad_field", f"html_base64 is no base64 ({error})") from error
    return value.encode("utf-8", "replace"), TEXT if name == "text" else PAGE


def _string(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if name == "id" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, str):
        raise InputError("bad_field", f"{name} is a {type(value).__name__}, need a string")
    return value.strip()


def _authors(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    entries = value if isinstance(value, list) else [value]
    if not all(isinstance(entry, str) for entry in entries):
        raise InputError("bad_field", "authors holds something else than strings")
    return tuple(entry.strip() for entry in entries if entry.strip())
