"""What a backfill goes by: a range of time, the days that names of files tell, and how long the rest will take.

It knows names and moments; it opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from tasks.core.errors import UsageError
from tasks.core.input_rows import first_moment
from tasks.core.records import Declined, Received
from tasks.core.text.times import utc_time

STAMP = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)\d{6}(?:\d{3})?(?!\d)")  # of a WARC file, by the second or its thousandth
DAY_FOLDERS = re.compile(r"(?:^|/)(\d{4})/(\d\d)/(\d\d)(?=/)")
SLACK = timedelta(days=1)  # by which what a file holds may lie beside the day in its name: it is filled from then on, and by another zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range of time: from `since` on, before `until`; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime | None) -> bool:
        """Tell whether a moment lies in it; one that is unknown is not known to lie outside."""
        if at is None:
            return True
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def may_hold_of(self, day: date | None) -> bool:
        """Tell whether something in a file that is named by a day may lie in it."""
        if day is None:
            return True
        begins = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        is_after = self.until is not None and begins - SLACK >= self.until
        return not is_after and (self.since is None or begins + SLACK + SLACK > self.since)

    @property
    def key(self) -> str:
        """What tells it from other ranges."""
        return "/".join(at.isoformat() if at else "" for at in (self.since, self.until))


ALWAYS = Span()


def named_day(path: str) -> date | None:
    """Return the day that a path tells: the time stamp in the name of a WARC file, or folders year/month/day. None: it tells none."""
    name = path.rpartition("/")[2]
    found = (STAMP.search(name) if ".warc" in name.lower() else None) or DAY_FOLDERS.search(path)
    if not found:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def moment_of(item: Received | Declined) -> datetime | None:
    """Return when an input was captured, else when it says that it was published; None: unknown, or only roughly."""
    if isinstance(item, Declined):
        return None
    return item.captured_at or (first_moment(item.given.published) if item.given.published else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much a kind of partition holds, and how long it takes.

    input_bytes  bytes of its files for each input
    input_s      seconds for each input
    """

    input_bytes: float
    input_s: float


PACES = {  # rough: warc rounded from tests/bench/backfill.py on a busy machine, 2026-11, the others guessed from it; what was done in a home takes their place
    "warc": Pace(input_bytes=39_000, input_s=0.025),
    "jsonl": Pace(input_bytes=1_500, input_s=0.006),
    "parquet": Pace(input_bytes=1_500, input_s=0.006),
    "folder": Pace(input_bytes=100_000, input_s=0.025),
    "urls": Pace(input_bytes=1, input_s=5.0),  # as if all were of one host
    "sitemap": Pace(input_bytes=1, input_s=5.0),
}


COUNTED = frozenset({"folder", "urls", "sitemap"})  # kinds of which each file or address is an input


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSum:
    """What the partitions of a kind come to. `files` counts addresses as well."""

    kind: str
    partitions: int
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a kind is likely to hold and to take. `is_measured`: by what was done here before; else by other archives on another machine."""

    kind: str
    partitions: int
    files: int
    size_bytes: int
    inputs: int
    took_s: int
    is_measured: bool


def estimate(kind: KindSum, done: Pace | None) -> Estimate:
    """Return what is likely, by the pace of what is done where there is one."""
    pace = done or PACES.get(kind.kind)
    inputs = kind.files if kind.kind in COUNTED or pace is None else round(kind.size_bytes / pace.input_bytes)
    return Estimate(
        kind=kind.kind, partitions=kind.partitions, files=kind.files, size_bytes=kind.size_bytes, inputs=inputs,
        took_s=round(inputs * pace.input_s) if pace else 0, is_measured=done is not None,
    )  # fmt: skip


def left_s(*, done: Sequence[tuple[int, float]], left_bytes: int) -> float | None:
    """Return the seconds that so many bytes will take.

    done         bytes and seconds of each partition of this run; None while there is none to go by
    """
    done_bytes, took_s = sum(size for size, _ in done), sum(seconds for _, seconds in done)
    return left_bytes * took_s / done_bytes if done_bytes else None


def span_of(since: str | None, until: str | None) -> Span:
    """Return the range of time that two options name.

    Raises       UsageError where one is not ISO 8601, or nothing lies between them
    """
    span = Span(since=_instant("since", since), until=_instant("until", until))
    if span.since and span.until and span.since >= span.until:
        raise UsageError(f"--since {since} --until {until}: nothing lies between them")
    return span


def _instant(option: str, text: str | None) -> datetime | None:
    at = utc_time(text) if text is not None else None
    if text is not None and at is None:
        raise UsageError(f"--{option} {text!r}: is not ISO 8601 with a day, e.g. 2026-03-17 or 2026-03-17T07:30:00Z")
    return at
