"""What a newsroom maintains as tables, read from CSV text: agencies, lines that are no body, tracking parameters.

Knows the columns of these tables in seeds/; not where they lie.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field

from tasks.core.text.urls import TrackingParameters

NO_TRACKING = TrackingParameters(version="", names=frozenset(), prefixes=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One agency or outlet whose reports others carry: its name, how copies spell it, its sites."""

    name: str
    tags: tuple[str, ...]
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePattern:
    """A regular expression over one whole line, and the block type that such a line has."""

    pattern: str
    type: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """The tables that reading needs, and what is derived from them once.

    agency_by_tag     spelling, exactly as printed, to agency name
    agency_pattern    every spelling, longest first, as one group; None where there is no agency
    line_patterns     (compiled patterns of a run of rows of one type, type), in the order of the table
    """

    agencies: tuple[Agency, ...] = ()
    boilerplate: tuple[LinePattern, ...] = ()
    agency_by_tag: dict[str, str] = field(default_factory=dict)
    agency_pattern: re.Pattern[str] | None = None
    line_patterns: tuple[tuple[re.Pattern[str], str], ...] = ()
    tracking: TrackingParameters = NO_TRACKING


def parse_lists(*, agencies_csv: str, boilerplate_csv: str, tracking: TrackingParameters = NO_TRACKING) -> Lists:
    """Return the lists that two CSV texts hold.

    agencies_csv      columns name, tags (separated by |), sites (likewise)
    boilerplate_csv   columns pattern, type, reason
    Raises            KeyError for a missing column, re.error for a pattern that is none
    """
    agencies = tuple(Agency(name=row["name"], tags=_parts(row["tags"]), sites=_parts(row["sites"])) for row in _rows(agencies_csv))
    boilerplate = tuple(LinePattern(pattern=row["pattern"], type=row["type"], reason=row["reason"]) for row in _rows(boilerplate_csv))
    by_tag = {tag: agency.name for agency in reversed(agencies) for tag in (*agency.tags, agency.name)}
    return Lists(
        agencies=agencies,
        boilerplate=boilerplate,
        agency_by_tag=by_tag,
        agency_pattern=_any_of(by_tag),
        line_patterns=_grouped(boilerplate),
        tracking=tracking,
    )


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _any_of(tags: dict[str, str]) -> re.Pattern[str] | None:
    if not tags:
        return None
    spellings = "|".join(re.escape(tag) for tag in sorted(tags, key=lambda tag: (-len(tag), tag)))
    return re.compile(rf"(?<![\w/])({spellings})(?!\w)")


def _grouped(rows: tuple[LinePattern, ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    groups: list[tuple[list[str], str]] = []
    for row in rows:
        if not groups or groups[-1][1] != row.type:
            groups.append(([], row.type))
        groups[-1][0].append(f"(?:{row.pattern})")
    return tuple((re.compile("|".join(patterns), re.IGNORECASE), kind) for patterns, kind in groups)
