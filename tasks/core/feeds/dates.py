"""The dates an entry gives, each as it stands there and as the instant it names, if it names one.

Knows mail dates (RFC 822, two-digit years included), ISO 8601 and what tasks/core/text/dates.py reads. A time without a zone
is no instant, so neither daylight saving nor a server's own zone is ever guessed; and no clock is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from tasks.core.feeds.records import DateCandidate
from tasks.core.text.dates import read_date

MAX_RAW_CHARS = 200  # characters of a date element that are kept; the longest of 100 real feeds has 36
MAX_AHEAD = timedelta(days=1)  # a date further in the future is an embargo gone wrong or a calendar; a day is every zone there is
PIVOT_YEAR = 50  # RFC 2822 section 4.3: two digits below it are of this century
SHORT_YEAR = re.compile(r"(?<!\d)(\d{1,2}[ -][^\W\d_]{3,9}[ -])(\d\d)(?=\s+\d{1,2}:)")
FROM_UNIVERSAL = re.compile(r"\b(?:GMT|UTC|UT)\s?([+-])(\d{1,2})(?::?(\d\d))?(?!\d)")  # "GMT+0200" means the offset
UNIVERSAL = re.compile(r"\bUT$")  # RFC 822's name of UTC
LONE_DIGIT = re.compile(r"(?<=\d:)(\d)(?!\d)")  # "4:35:5"
CLOCK = re.compile(r"(?<![\d.:+-])([0-2]?\d)[:.h](\d\d)(?:[:.](\d\d))?(?!\d)|T(\d\d)(\d\d)(\d\d)?")
EPOCH = re.compile(r"\d{10}(?:\d{3})?")


def date_candidates(given: Iterable[tuple[str, str]], *, received_at: datetime) -> tuple[DateCandidate, ...]:
    """Return a candidate for each (source, raw) pair, in the order given.

    received_at   aware UTC, when the response came: what lies more than MAX_AHEAD beyond it is no instant
    """
    latest = received_at + MAX_AHEAD
    return tuple(_candidate(source, raw.strip()[:MAX_RAW_CHARS], latest) for source, raw in given if raw.strip())


def is_bad(candidate: DateCandidate) -> bool:
    """Tell whether a date says no day, an impossible one, or one that no news can have."""
    return candidate.precision is None


def _candidate(source: str, raw: str, latest: datetime) -> DateCandidate:
    text = _spelled_out(raw)
    read, precision = read_date(text), _precision(text)
    at = read.at if read and precision in ("second", "minute") else None
    if read is None or precision is None or read.day > latest.date() or (at and at > latest):
        return DateCandidate(source=source, raw=raw, at=None, precision=None)
    return DateCandidate(source=source, raw=raw, at=at, precision=precision)


def _spelled_out(raw: str) -> str:
    """Return a date string without its short forms: the century of a mail date, the zone behind "GMT+9", minutes of one digit."""
    text = SHORT_YEAR.sub(lambda found: f"{found[1]}{'20' if int(found[2]) < PIVOT_YEAR else '19'}{found[2]}", raw)
    text = FROM_UNIVERSAL.sub(lambda found: f"{found[1]}{found[2]:0>2}{found[3] or '00'}", text)
    return LONE_DIGIT.sub(r"0\1", UNIVERSAL.sub("UTC", text))


def _precision(text: str) -> str | None:
    """Return second, minute or day; None where the time of day is none."""
    if EPOCH.fullmatch(text):
        return "second"
    found = CLOCK.search(text)
    if not found:
        return "day"
    hour, minute, second = (found[1], found[2], found[3]) if found[1] else (found[4], found[5], found[6])
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 60:
        return None
    return "second" if second else "minute"
