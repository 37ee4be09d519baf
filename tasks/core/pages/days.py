"""When a page was published and modified: candidates in order of trust, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice

from lxml.etree import XPath
from lxml.html import HtmlElement

from tasks.core.pages.printed import PIECE_JOINT, UPDATED, printed_dates
from tasks.core.pages.signs import Signs, text_in
from tasks.core.pages.votes import raw_dates
from tasks.core.text.dates import ReadDate, read_date

PUBLISHED_METAS = (
    "article:published_time", "article:published", "datepublished", "date", "dc.date.issued", "dc.date", "dcterms.created", "dcterms.date",
    "dcterms.issued", "parsely-pub-date", "pubdate", "publishdate", "publish-date", "publish_date", "sailthru.date", "citation_publication_date", "citation_date", "og:published_time",
    "article.published", "published-date", "date.issued", "originalpublicationdate", "cxenseparse:recs:publishtime", "article:post_date", "rnews:datepublished", "og:pubdate", "created", "datecreated", "published", "publication_date", "pub_date", "release_date",
)  # fmt: skip
MODIFIED_METAS = (
    "article:modified_time",
    "datemodified",
    "og:updated_time",
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "lastmod",
    "article:modified",
)
LEEWAY = timedelta(days=2)  # a page may be dated ahead of its capture by zone and by clock, not by more
YEAR_ALONE = "-01-01"  # what htmldate makes of a year without a day, in a copyright line as a rule
MAX_RAW_CHARS = 200  # characters of a date as printed
MAX_TIMES = 4  # time elements looked at
LAST_DAY = "2099-12-31"  # for htmldate, whose default is today


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDate:
    """One date of a page: the day in its own zone, the instant if known, the string and where it stood."""

    day: date | None = None
    at: datetime | None = None
    raw: str | None = None
    source: str | None = None


def published_of(tree: HtmlElement, signs: Signs, blocks: list[HtmlElement], *, captured_at: datetime | None) -> PageDate:
    """Return when a page was published, nothing but the raw string where that is absurd or unknown. The tree may lose scripts and metas.

    blocks       what stands around the title, nearest first: asked for a printed date where the markup has none
    """
    candidates = raw_dates(signs, names=("datePublished", "dateCreated", "uploadDate"), metas=PUBLISHED_METAS)
    found = first_date(candidates, signs.language, captured_at)
    if found.day is None:
        found = first_date(_marked_times(tree), signs.language, captured_at, unread=found)
    if found.day is None:
        lines = (
            (line.replace(PIECE_JOINT, " ").strip(), "printed")
            for line in printed_dates(blocks)
            if read_date(line, language=signs.language)
        )
        found = first_date(list(islice(lines, 1)), signs.language, captured_at, unread=found)
    if found.day is None:
        found = _guessed(tree, signs, captured_at, unread=found)
    return found


def modified_of(signs: Signs, *, captured_at: datetime | None) -> datetime | None:
    """Return when a page was last modified, None unless time and zone are stated."""
    return first_date(raw_dates(signs, names=("dateModified",), metas=MODIFIED_METAS), signs.language, captured_at).at


def first_date(
    candidates: list[tuple[str, str]], language: str | None, captured_at: datetime | None, *, unread: PageDate | None = None
) -> PageDate:
    """Return the first candidate that says a day; an instant of the same day, said elsewhere, completes it."""
    read: list[tuple[ReadDate, str, str]] = []
    for raw, source in candidates:
        found = read_date(raw, language=language)
        if found and not is_ahead(found, captured_at):
            read.append((found, raw, source))
    if not read:
        if unread and unread.raw:
            return unread
        return PageDate(raw=candidates[0][0][:MAX_RAW_CHARS], source=candidates[0][1]) if candidates else PageDate()
    best = next((entry for entry in read if entry[0].at and entry[0].day == read[0][0].day), read[0])
    return PageDate(day=best[0].day, at=best[0].at, raw=best[1][:MAX_RAW_CHARS], source=best[2])


def is_ahead(found: ReadDate, captured_at: datetime | None) -> bool:
    """Tell whether a date lies after the page was captured, so that it cannot be true."""
    if captured_at is None:
        return False
    return found.at > captured_at + LEEWAY if found.at else found.day > (captured_at + LEEWAY).date()


def _marked_times(tree: HtmlElement) -> list[tuple[str, str]]:
    marked = list(_published_path()(tree)[:MAX_TIMES])
    marked += [
        element
        for element in _times_after_title(tree)
        if not UPDATED.search(f"{element.get('class') or ''} {element.get('itemprop') or ''}")
    ]
    values = [element.get("datetime") or element.get("content") or text_in(element) for element in marked]
    return [(value, "time_tag") for value in values if value]


def _times_after_title(tree: HtmlElement) -> list[HtmlElement]:
    found = list(islice(tree.iter("h1", "time"), MAX_TIMES * 4))
    title = next((number for number, element in enumerate(found) if element.tag == "h1"), len(found))
    return [element for element in found[title:] if element.tag == "time"][:MAX_TIMES]


@lru_cache(maxsize=1)
def _published_path() -> XPath:
    return XPath("//*[@itemprop='datePublished' or @itemprop='datepublished' or @pubdate]")


def _guessed(tree: HtmlElement, signs: Signs, captured_at: datetime | None, *, unread: PageDate) -> PageDate:
    from htmldate import find_date  # .2 s to import

    for element in list(tree.iter("script", "meta", "time")):
        if element.tag == "script" or UPDATED.search(
            " ".join(element.get(name) or "" for name in ("property", "name", "itemprop", "class"))
        ):
            element.drop_tree()
    latest = (captured_at + LEEWAY).date().isoformat() if captured_at else LAST_DAY
    found = find_date(tree, original_date=True, extensive_search=False, url=signs.url, max_date=latest)
    if not found or found.endswith(YEAR_ALONE):
        return unread
    return PageDate(day=date.fromisoformat(found), raw=unread.raw or found, source="htmldate")
