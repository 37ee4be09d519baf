"""Where and when a report was filed, and by which agency, as its first words say: "LVIV, Ukraine — (TNS) Russian ...".

Knows the forms of AP, Reuters, AFP, dpa, TNS, TASS, Interfax, Xinhua, ANSA and PTI, and capitals before a dash. It does not know
which words are places: capitals and position decide, and a mixed-case place counts only beside the tag of a listed agency.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from tasks.core.text.dates import MONTH_NO
from tasks.core.text.lists import Lists

MAX_CHARS = 120  # characters of a dateline
LEAD_CHARS = 600  # characters of a first paragraph searched for a dateline behind a dek
MAX_DAYS_APART = 45  # days between dateline and publication; farther apart the year would be a guess
UPPER = r"A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻŠČŽА-ЯІЇЄҐ"
CITY = rf"[{UPPER}][{UPPER}’'.-]+(?:[ ][{UPPER}][{UPPER}’'.-]+){{0,4}}"
REGION = rf"(?![\w.]+[ ]\d)[{UPPER}][\w.’'-]*(?:[ ](?:of|and|the|[{UPPER}])[\w.’'-]*){{0,3}}"
MIXED = rf"[{UPPER}][\w’'-]+(?:[ -][{UPPER}][\w’'-]+){{0,3}}"
COUNTRY = (
    rf"(?:\((?![A-Z]+\)){MIXED}\)(?=\s*\()|\[{MIXED}\])"  # its agency behind it: "Odessa (Ukraine) (AFP)"; "Kyiv [Ukraine], March 3 (ANI)"
)
DAY = r"(?:[^\W\d_]{3,10}\.?[ ]\d{1,2}|\d{1,2}\.?[ ]?[^\W\d_]{3,10}\.?)(?:,?[ ]\d{4})?"
TAG = r"(?:\((?P<tag>[^()\d]{2,40})\)|/(?P<slashed>[\w .-]{2,30})/|,[ ](?P<bare>[A-Z]{2,6})(?=\s*(?:--|[—–])))"
DASH = r"(?:\s*[—–]|\s+--?(?=\s)|\s*\.-)"
CAPITALS = re.compile(
    rf"(?P<place>{CITY}(?:/{CITY})*(?:,[ ]{REGION}){{0,2}}(?:[ ]{COUNTRY})?)\.?(?:,?[ ](?P<day>{DAY})\.?)?(?P<dash>{DASH})?\s*(?:{TAG}\.?)?(?P<end>{DASH}|:)?\s*"
)
TAGGED = re.compile(
    rf"(?P<place>{MIXED}(?:/{MIXED})?(?:,[ ]{REGION})?(?:[ ]{COUNTRY})?)(?:,?[ ](?P<day>{DAY})\.?)?(?P<dash>{DASH})?\s*{TAG}\.?(?P<end>{DASH}|:)?\s*"
)
TAG_FIRST = re.compile(rf"{TAG}(?P<end>{DASH}|:)?\s*")
BEHIND_DEK = re.compile(rf"(?<=[.!?”\"’)])\s+(?={CITY}(?:,\s|\s*[—–(/])|{MIXED}(?:[ ][(\[]{MIXED}[)\]])?(?:,[ ][\w. ]{{3,12}})?[ ][(/])")
NOT_PLACES = frozenset(
    [
        "WATCH", "FILE", "RELATED", "UPDATE", "UPDATED", "BREAKING", "EXCLUSIVE", "ANALYSIS", "OPINION", "REVIEW", "VIDEO",
        "PHOTOS", "LIVE", "NEWS", "READ", "MORE", "ADVERTISEMENT", "EDITORIAL", "COMMENT", "INTERVIEW", "FACTBOX", "EXPLAINER",
        "CORRECTION", "NOTE", "SPOILER", "Q", "A", "FAQ", "PODCAST", "REPORT", "FEATURE", "PROFILE", "OBITUARY", "FACT", "CHECK",
        "COVID", "NATO", "USA", "EU", "UN", "BY", "AND", "THE", "BUT"
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Dateline:
    """The dateline of a report.

    place        as printed, without agency and date; None where only an agency is named
    day          day and month as printed, the year mostly missing
    length       characters of the dateline, from the start of the text
    """

    place: str | None = None
    day: str | None = None
    agency: str | None = None
    length: int = 0


def read_dateline(text: str, lists: Lists) -> Dateline | None:
    """Return the dateline that a paragraph begins with, None where it has none."""
    start = text[:MAX_CHARS]
    first = TAG_FIRST.match(start)
    if first and _agency(first, lists):
        rest = read_dateline(text[first.end() :], lists) if first["end"] else None
        place, day, length = (rest.place, rest.day, rest.length) if rest else (None, None, 0)
        return Dateline(place=place, day=day, agency=_agency(first, lists), length=first.end() + length)
    found = CAPITALS.match(start)
    if found and _is_capital_place(found, lists):
        return _dateline(found, lists)
    found = TAGGED.match(start)
    return _dateline(found, lists) if found and _agency(found, lists) else None


def is_lone_dateline(text: str) -> bool:
    """Tell whether a line is a dateline and nothing else: "BAAR, SWITZERLAND", "NEW DELHI:"."""
    found = CAPITALS.fullmatch(text.strip()) if len(text) <= MAX_CHARS else None
    is_known = found is not None and (
        found["end"] is not None or found["dash"] is not None or found["day"] is not None or "," in found["place"]
    )
    return is_known and not all(word in NOT_PLACES for word in re.findall(rf"[{UPPER}]+", text))


def dateline_within(text: str, lists: Lists) -> Dateline | None:
    """Return the dateline that stands behind a dek glued to the first paragraph, None where there is none."""
    for found in BEHIND_DEK.finditer(text[:LEAD_CHARS]):
        dateline = read_dateline(text[found.end() :], lists)
        if dateline and dateline.place:
            return dateline
    return None


def day_of(dateline: Dateline, published: date | None) -> date | None:
    """Return the day of a dateline, its year that of the nearest such day to publication; None where that is unknown."""
    numbers = re.findall(r"\d+", dateline.day or "")
    month = next((MONTH_NO[word] for word in re.findall(r"[^\W\d_]+", (dateline.day or "").lower()) if word in MONTH_NO), None)
    if not numbers or month is None:
        return None
    years = [int(numbers[-1])] if len(numbers[-1]) == 4 else [published.year + offset for offset in (-1, 0, 1)] if published else []
    days = [day for year in years if (day := _day(year, month, int(numbers[0])))]
    if published is None:
        return days[0] if days else None
    near = [day for day in days if abs((day - published).days) <= MAX_DAYS_APART]
    return min(near, key=lambda day: abs((day - published).days), default=None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _is_capital_place(found: re.Match[str], lists: Lists) -> bool:
    words = re.findall(rf"[{UPPER}]+", found["place"].split(",")[0])
    if not words or all(word in NOT_PLACES for word in words) or sum(len(word) for word in words) < 4:
        return False
    is_dated = found["day"] is not None and any(word in MONTH_NO for word in re.findall(r"[^\W\d_]+", found["day"].lower()))
    if found["day"] is not None and not is_dated:
        return False
    has_dash = found["dash"] is not None or (found["end"] is not None and found["end"] != ":")
    return has_dash or _agency(found, lists) is not None or (is_dated and found["end"] is not None)


def _dateline(found: re.Match[str], lists: Lists) -> Dateline:
    place = found["place"].strip(" ,")
    return Dateline(place=place if "," in place else place.strip("."), day=found["day"], agency=_agency(found, lists), length=found.end())


def _agency(found: re.Match[str], lists: Lists) -> str | None:
    printed = found["tag"] or found["slashed"] or found["bare"] or ""
    names = (lists.agency_by_tag.get(part.strip()) for part in re.split(r"[/,&+]|\band\b", printed))
    return next((name for name in names if name), None)
