"""ISO 8601 of any precision, read without inventing what it does not say."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

ISO = re.compile(
    r"\s*(?P<year>\d{4})(?:-?(?P<month>\d\d)(?:-?(?P<day>\d\d))?)?"
    r"(?:[Tt ](?P<hour>\d\d):?(?P<minute>\d\d)?(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<zone>[Zz]|[+-]\d\d:?(?:\d\d)?)?)?\s*"
)


def iso_parts(text: str) -> tuple[date, datetime | None, bool] | None:
    """Return (day, naive time or None, ...) of an ISO 8601 string, or None where it is not one.

    Returns      day in the string's own zone; the aware time if a time of day is given; whether it named a zone.
                 A year or a month alone is no day: None. Without a zone the time is read as UTC.
    """
    found = ISO.fullmatch(text)
    if not found or not found["month"] or not found["day"]:
        return None
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
        return day, _time_on(day, found), found["zone"] is not None
    except (ValueError, OverflowError):
        return None


def _time_on(day: date, found: re.Match[str]) -> datetime | None:
    if found["hour"] is None:
        return None
    fraction = int((found["fraction"] or "0").ljust(6, "0")[:6])
    zone = timezone(_offset(found["zone"] or "Z"))
    at = datetime(day.year, day.month, day.day, int(found["hour"]), int(found["minute"] or 0),
                  int(found["second"] or 0), fraction, zone)  # fmt: skip
    return at.astimezone(timezone.utc)


def _offset(zone: str) -> timedelta:
    if zone in "Zz":
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if zone[0] == "-" else offset


def utc_time(text: str) -> datetime | None:
    """Return the instant an ISO 8601 string names; a day alone is its midnight, no zone is UTC. None: not one."""
    parts = iso_parts(text)
    if parts is None:
        return None
    day, at, _ = parts
    return at or datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
