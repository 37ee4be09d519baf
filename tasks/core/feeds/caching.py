"""What the headers of an answer ask of the next request: when it may go, and what it must carry.

Knows RFC 9110 and RFC 9111 as far as one client needs them. It never reads a wish as shorter than it is: of two it takes the longer.
It does not know how often a feed publishes (schedule.py).
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache

from tasks.core.feeds.records import Headers

DAY_S = 86_400
MAX_FRESH_S = 8 * DAY_S  # a max-age of 16 years was seen; as long as a 304 is believed (schedule.MAX_UNVALIDATED_S)
MAX_RETRY_S = 30 * DAY_S  # no outage is announced for longer; beyond it is a mistake of units
MAX_READ_S = 1e12  # a number of any length stays a number
MAX_DATE_CHARS = 64  # an HTTP date has 29
MAX_VALIDATOR_CHARS = 2_048  # servers take 8 KB of headers in all (Apache LimitRequestFieldSize)

MAX_AGE = re.compile(r'(?:^|[,;\s])max-age\s*=\s*"?(\d+)', re.IGNORECASE)
SECONDS = re.compile(r"\d+(?:\.\d*)?")
SENDABLE = re.compile(r"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?")  # RFC 9110 section 5.5: field-value


def header_values(headers: Headers, name: str) -> tuple[str, ...]:
    """Return every value of a field, in order, free of the white space around it."""
    return _by_name(headers).get(name.lower(), ())


@lru_cache(maxsize=4)  # one answer is asked for a handful of fields in a row
def _by_name(headers: Headers) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for field, value in headers:
        found[field.lower()] = (*found.get(field.lower(), ()), value.strip(" \t"))
    return found


def http_date(text: str) -> datetime | None:
    """Return the instant of an HTTP date in any of its three forms, aware UTC; None where it is none."""
    if len(text) > MAX_DATE_CHARS:
        return None
    try:
        at = parsedate_to_datetime(text)
        return at.replace(tzinfo=at.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def fresh_s(headers: Headers, *, now: datetime) -> int:
    """Return for how many seconds the answer stays fresh, so that asking again is no use: 0 to MAX_FRESH_S.

    now          when the answer had come; stands in for a Date that is missing
    Source       RFC 9111 section 4.2: max-age before Expires, less the Age. An Expires that is no date is past
    """
    lifetime = _max_age(headers)
    if lifetime is None:
        lifetime = max((_until(text, headers, now) for text in header_values(headers, "Expires")), default=0)
    return _clamped(lifetime - _age(headers), MAX_FRESH_S)


def retry_after_s(headers: Headers, *, now: datetime) -> int | None:
    """Return the seconds for which the server asks us to stay away, 0 to MAX_RETRY_S; None where it says nothing readable.

    Source       RFC 9110 section 10.2.3: seconds or a date; a date is read by the server's own clock where it gives one
    """
    waits = [wait for text in header_values(headers, "Retry-After") if (wait := _wait(text, headers, now)) is not None]
    return _clamped(max(waits), MAX_RETRY_S) if waits else None


def validator(headers: Headers, name: str) -> str | None:
    """Return an ETag or a Last-Modified verbatim; None where there is none, or none that could be sent back."""
    values = header_values(headers, name)
    if not values or len(values[0]) > MAX_VALIDATOR_CHARS or not SENDABLE.fullmatch(values[0]):
        return None
    return values[0]


def _max_age(headers: Headers) -> float | None:
    found = MAX_AGE.findall(", ".join(header_values(headers, "Cache-Control")))
    return max(map(_seconds, found)) if found else None


def _age(headers: Headers) -> float:
    ages = [_seconds(text) for text in header_values(headers, "Age") if SECONDS.fullmatch(text)]
    return min(ages, default=0)


def _wait(text: str, headers: Headers, now: datetime) -> float | None:
    if SECONDS.fullmatch(text):
        return _seconds(text)
    return _until(text, headers, now) if http_date(text) else None


def _until(text: str, headers: Headers, now: datetime) -> float:
    at = http_date(text)
    dates = header_values(headers, "Date")
    since = (http_date(dates[0]) if dates else None) or now
    return (at - since).total_seconds() if at else 0


def _seconds(text: str) -> float:
    return min(float(text), MAX_READ_S)


def _clamped(seconds: float, most: int) -> int:
    return math.ceil(min(max(seconds, 0), most))
