"""What came beside a page, read: its date and its authors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tasks.core.records import Given
from tasks.core.text.bylines import author_names
from tasks.core.text.dates import read_date
from tasks.core.text.times import iso_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDate:
    """A date as given: the day in its own zone, the instant where a time of day is given (UTC if no zone is)."""

    day: date | None = None
    at: datetime | None = None
    raw: str | None = None


def given_date(given: Given) -> GivenDate:
    """Return the date that was given, its raw string kept where it cannot be read."""
    if not given.published or not given.published.strip():
        return GivenDate()
    parts = iso_parts(given.published)
    if parts:
        return GivenDate(day=parts[0], at=parts[1], raw=given.published)
    found = read_date(given.published, language=given.language)
    return GivenDate(day=found.day if found else None, at=found.at if found else None, raw=given.published)


def given_authors(given: Given) -> tuple[str, ...]:
    """Return the authors that were given, persons out of bylines, else the names as they are."""
    return author_names(given.authors) or tuple(name.strip() for name in given.authors if name.strip())
