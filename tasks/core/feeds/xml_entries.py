"""Entries and feed out of what feedparser read of RSS, RDF or Atom.

Keys are read past FeedParserDict, which gives one element's value under another's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from tasks.core.feeds.dates import date_candidates
from tasks.core.feeds.plain import plain_name, plain_text
from tasks.core.feeds.records import Entry, ParsedFeed
from tasks.core.feeds.repeats import noted
from tasks.core.feeds.xml_feed import XmlFeed
from tasks.core.text.urls import is_web_url

HTML_TYPES = frozenset({"text/html", "html", "application/xhtml+xml", "xhtml"})
ROOT_KINDS = {"feed": "atom", "entry": "atom", "rdf": "rdf"}  # any other root is one of RSS's
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PERIODS_S = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}  # RSS 1.0, module syndication
MAX_DIGITS = 9  # of a number: an interval of thirty years in seconds
NEXT_RELATIONS = ("next", "prev-archive")  # RFC 5005 sections 3 and 4


def parsed_feed(read: XmlFeed, *, root: str, url: str, received_at: datetime, flags: Iterable[str]) -> ParsedFeed:
    """Return the records of a feed that feedparser has read."""
    feed = read.feed
    entries = [_entry(entry, given, url=url, received_at=received_at) for entry, given in zip(read.entries, read.dates, strict=True)]
    links = [link for link in _get(feed, "links") or [] if isinstance(link, dict)]
    period, frequency = PERIODS_S.get(str(_get(feed, "sy_updateperiod")).strip().lower()), _number(_get(feed, "sy_updatefrequency"))
    ttl_minutes = _number(_get(feed, "ttl"))
    return ParsedFeed(
        kind=ROOT_KINDS.get(root, "rss"),
        title=_text(feed, "title"),
        site_url=web_url(_get(feed, "link"), url),
        self_url=_related(links, ("self",), url),
        language=_language(_get(feed, "language")),
        entries=noted(entries),
        ttl_s=ttl_minutes * 60 if ttl_minutes else None,
        skip_hours=frozenset(hour % 24 for raw in read.hours if (hour := _number(raw)) is not None and hour <= 24),
        skip_days=frozenset(DAYS.index(day) for raw in read.days if (day := raw.strip().lower()) in DAYS),
        update_period_s=period // max(1, frequency or 1) if period else None,
        next_url=_related(links, NEXT_RELATIONS, url),
        flags=tuple(sorted({*flags, *read.flags})),
    )


def web_url(given: object, base: str) -> str | None:
    """Return an address as an absolute http or https URL, None where it is none."""
    if not isinstance(given, str) or not given.strip():
        return None
    try:
        absolute = urljoin(base, given.strip())
    except ValueError:
        return None
    return absolute if is_web_url(absolute) else None


def _entry(entry: dict[str, Any], given: list[tuple[str, str]], *, url: str, received_at: datetime) -> Entry:
    content, is_html = _longest(entry)
    guid = _get(entry, "id") or None
    return Entry(
        guid=str(guid) if guid else None,
        url=_entry_url(entry, url),
        title=_text(entry, "title"),
        summary=_text(entry, "summary") if "summary_detail" in entry.keys() else None,  # noqa: SIM118 (FeedParserDict answers otherwise)
        content=content,
        content_is_html=is_html,
        authors=_authors(entry),
        language=_language(_get(entry, "language") or _get(_get(entry, "title_detail") or {}, "language")),
        dates=date_candidates(given, received_at=received_at),
        flags=("bad_url",) if any(_links(entry)) and not _entry_url(entry, url) else (),
    )


def _entry_url(entry: dict[str, Any], base: str) -> str | None:
    return next((found for link in _links(entry) if (found := web_url(link, base))), None)


def _links(entry: dict[str, Any]) -> tuple[object, ...]:
    """Return the addresses that an entry gives, best first. feedparser takes a GUID for a link even where it is no address."""
    link, guid = _get(entry, "link"), _get(entry, "id")
    is_made_up = link == guid and not is_web_url(str(link))
    alternates = (_get(link, "href") for link in _get(entry, "links") or [] if _get(link, "rel") == "alternate")
    return (_get(entry, "feedburner_origlink"), None if is_made_up else link, *alternates)


def _longest(entry: dict[str, Any]) -> tuple[str | None, bool]:
    """Return the longest text that an entry carries, and whether it is HTML."""
    parts = [part for part in (*(_get(entry, "content") or []), _get(entry, "summary_detail")) if isinstance(part, dict)]
    texts = [(str(_get(part, "value") or ""), str(_get(part, "type") or "")) for part in parts]
    texts = [
        (text, kind) for text, kind in texts if text.strip() and (kind.startswith("text/") or kind in HTML_TYPES or kind.endswith("xml"))
    ]
    text, kind = max(texts, key=lambda pair: len(pair[0]), default=("", ""))
    return text or None, kind in HTML_TYPES


def _text(record: dict[str, Any], key: str) -> str | None:
    text, detail = _get(record, key), _get(record, key + "_detail") or {}
    return plain_text(text, is_html=_get(detail, "type") in HTML_TYPES) if isinstance(text, str) else None


def _authors(entry: dict[str, Any]) -> tuple[str, ...]:
    named = [_get(author, "name") or _get(author, "email") for author in _get(entry, "authors") or [] if isinstance(author, dict)]
    names = (plain_name(name) for name in named if isinstance(name, str))
    return tuple(dict.fromkeys(name for name in names if name))


def _language(given: object) -> str | None:
    return given.strip() or None if isinstance(given, str) else None


def _related(links: list[dict[str, Any]], relations: tuple[str, ...], base: str) -> str | None:
    return next(
        (found for name in relations for link in links if _get(link, "rel") == name and (found := web_url(_get(link, "href"), base))), None
    )


def _number(given: object) -> int | None:
    text = given.strip() if isinstance(given, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None


def _get(record: dict[str, Any], key: str) -> Any:
    return dict.get(record, key)
