"""Dates as pages print them: ISO 8601, mail dates, epochs, and day-month-year in a dozen languages.

Unknown stays unknown: no zone, no instant; a number pair that may be day and month is read by language only.
It does not know "yesterday", nor what time it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from tasks.core.text.times import iso_parts

FIRST_YEAR, LAST_YEAR = 1990, 2099  # years: before the web, and after any page
MAX_CHARS = 120  # characters of a date string
ZONES_H = {"UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
           "PDT": -7, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "BST": 1, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9,
           "AEST": 10, "AEDT": 11, "WET": 0, "WEST": 1, "HKT": 8, "SGT": 8}  # fmt: skip
MONTH_FIRST = frozenset({"en-us", "en-ph", "en-ca"})
MONTHS = (
    "jan|january|januar|janvier|enero|ene|janeiro|gennaio|gen|januari|stycznia|января|січня|ledna|tammikuuta|jänner",
    "feb|february|februar|février|fevrier|févr|fév|febrero|fevereiro|fev|febbraio|februari|lutego|февраля|лютого|helmikuuta|feber",
    "mar|march|märz|mrz|mars|marzo|março|marco|maart|marca|марта|березня|maaliskuuta",
    "apr|april|avril|avr|abril|abr|aprile|kwietnia|апреля|квітня|huhtikuuta",
    "may|mai|mayo|maio|maggio|mag|mei|maj|maja|мая|травня|toukokuuta",
    "jun|june|juni|juin|junio|junho|giugno|giu|czerwca|июня|червня|kesäkuuta",
    "jul|july|juli|juillet|juil|julio|julho|luglio|lug|lipca|июля|липня|heinäkuuta",
    "aug|august|août|aout|agosto|ago|augustus|sierpnia|августа|серпня|elokuuta|augusti",
    "sep|sept|september|septembre|septiembre|setembro|set|settembre|września|сентября|вересня|syyskuuta",
    "oct|october|okt|oktober|octobre|octubre|outubro|out|ottobre|ott|października|октября|жовтня|lokakuuta",
    "nov|november|novembre|noviembre|novembro|listopada|ноября|листопада|marraskuuta",
    "dec|december|dez|dezember|décembre|decembre|déc|diciembre|dic|dezembro|dicembre|grudnia|декабря|грудня|joulukuuta|des|desember",
)
MONTH_NO = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split("|")}
WORD = r"[^\W\d_]{3,14}"
DAY_MONTH_YEAR = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|º)?[.-]?\s{{0,3}}(?:de |of )?({WORD})[.-]?,?\s{{0,3}}(?:de |del )?(\d{{4}})(?!\d)"
)
MONTH_DAY_YEAR = re.compile(rf"(?<!\w)({WORD})\.?\s{{0,3}}(\d{{1,2}})(?:st|nd|rd|th)?,?\s{{0,3}}(\d{{4}})(?!\d)")
NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?!\d)")
ISO_DAY = re.compile(r"(?<!\d)(\d{4})([-./])(\d{1,2})\2(\d{1,2})(?!\d)")
CJK_DAY = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
CLOCK = re.compile(
    r"(?<!\d)(\d{1,2})[:.h](\d\d)(?:[:.](\d\d))?\s?([ap]\.?m\.?)?(?:\s?\(?\s?([A-Z]{1,4}|[+-]\d\d:?\d\d)\)?)?(?![\w:])", re.IGNORECASE
)
EPOCH = re.compile(r"(\d{10})(\d{3})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDate:
    """What a date string says: the day in its own zone, and the instant where time and zone are named."""

    day: date
    at: datetime | None = None


def read_date(raw: str, *, language: str | None = None) -> ReadDate | None:
    """Return what a date string says, None where it says no day or an absurd one.

    language     as declared, "en-US" included: decides 03/04/2022, which is otherwise unknown
    """
    text = raw.strip()[:MAX_CHARS]
    found = _iso(text) or _epoch(text) or _in_words(text, (language or "").lower())
    return found if found and FIRST_YEAR <= found.day.year <= LAST_YEAR else None


def _iso(text: str) -> ReadDate | None:
    parts = iso_parts(re.sub(r"\[[^\]]*\]$|\s*\([A-Z]{2,5}\)$", "", text).replace(" UTC", "Z").replace(" GMT", "Z"))
    if parts is None:
        return None
    day, at, has_zone = parts
    return ReadDate(day=day, at=at if has_zone else None)


def _epoch(text: str) -> ReadDate | None:
    found = EPOCH.fullmatch(text)
    if not found:
        return None
    at = datetime.fromtimestamp(int(found[1]), timezone.utc)
    return ReadDate(day=at.date(), at=at)


def _in_words(text: str, language: str) -> ReadDate | None:
    day, end = _day_of(text, language)
    if day is None:
        return None
    return ReadDate(day=day, at=_instant(day, text[end:]))


def _day_of(text: str, language: str) -> tuple[date | None, int]:
    for pattern, order in ((ISO_DAY, (1, 3, 4)), (CJK_DAY, (1, 2, 3)), (DAY_MONTH_YEAR, (3, 2, 1)), (MONTH_DAY_YEAR, (3, 1, 2))):
        for found in pattern.finditer(text):
            day = _date(*(found[number] for number in order))
            if day:
                return day, found.end()
    return _numeric_day(text, language)


def _numeric_day(text: str, language: str) -> tuple[date | None, int]:
    found = NUMERIC.search(text)
    if not found:
        return None, 0
    first, second, year = found[1], found[3], found[4]
    if int(first) > 12 or found[2] == "." or (language and not language.startswith("en")):
        return _date(year, second, first), found.end()
    if int(second) > 12 or language in MONTH_FIRST:
        return _date(year, first, second), found.end()
    if first == second or (language.startswith("en-") and language not in MONTH_FIRST):
        return _date(year, second, first), found.end()
    return None, 0


def _date(year: str, month: str, day: str) -> date | None:
    number = int(month) if month.isdigit() else MONTH_NO.get(month.lower(), 0)
    try:
        return date(int(year), number, int(day))
    except ValueError:
        return None


def _instant(day: date, rest: str) -> datetime | None:
    found = CLOCK.search(rest)
    if not found or not found[5]:
        return None
    zone = _zone(found[5].upper())
    hour = int(found[1]) % 12 + (12 if found[4][0] in "pP" else 0) if found[4] else int(found[1])
    if zone is None or hour > 23 or int(found[2]) > 59:
        return None
    second = min(int(found[3] or 0), 59)
    at = datetime(day.year, day.month, day.day, hour, int(found[2]), second, tzinfo=zone)
    return at.astimezone(timezone.utc)


def _zone(name: str) -> timezone | None:
    if name[0] in "+-":
        minutes = int(name[1:3]) * 60 + int(name[-2:])
        return timezone((-1 if name[0] == "-" else 1) * timedelta(minutes=minutes)) if minutes < 1440 else None
    return timezone(timedelta(hours=ZONES_H[name])) if name in ZONES_H else None
