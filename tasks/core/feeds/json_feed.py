"""JSON Feed 1.0 and 1.1, and what calls itself one. Source: jsonfeed.org/version/1.1"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tasks.core.feeds.dates import date_candidates
from tasks.core.feeds.plain import plain_text
from tasks.core.feeds.records import Entry, ParsedFeed, Unparsed
from tasks.core.feeds.repeats import noted
from tasks.core.feeds.xml_entries import web_url
from tasks.core.feeds.xml_feed import MAX_ENTRIES

VERSION = "jsonfeed.org/version/"
DATE_FIELDS = ("date_published", "date_modified")
HALF_PAIR = "\\ud"  # an escape that may be one
HEAD_CHARS = 1000  # characters in which a JSON Feed names its version


def parsed_json_feed(text: str, *, url: str, received_at: datetime, flags: Iterable[str]) -> ParsedFeed | Unparsed:
    """Return a JSON Feed, or why a body that begins like JSON is none."""
    try:
        feed = json.loads(text, strict=False)  # control characters in strings are the commonest fault of all
        if HALF_PAIR in text.lower():  # half a surrogate pair is no character: a question mark in its place
            feed = json.loads(json.dumps(feed, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        is_meant = VERSION in text[:HEAD_CHARS].replace("\\/", "/")
        return Unparsed(reason="broken_json" if is_meant else "not_a_feed", detail=f"JSON that cannot be read: {error}")
    if not isinstance(feed, dict) or VERSION not in str(feed.get("version")) or not isinstance(feed.get("items"), list):
        return Unparsed(reason="not_a_feed", detail="JSON, but no JSON Feed: no version of one, or no items")
    items = [item for item in feed["items"] if isinstance(item, dict)]
    odd = (
        {*flags} | ({"entries_cut"} if len(items) > MAX_ENTRIES else set()) | ({"bad_items"} if len(items) < len(feed["items"]) else set())
    )
    return ParsedFeed(
        kind="json",
        title=_line(feed.get("title")),
        site_url=web_url(feed.get("home_page_url"), url),
        self_url=web_url(feed.get("feed_url"), url),
        language=_string(feed.get("language")),
        entries=noted(_entry(item, url=url, received_at=received_at) for item in items[:MAX_ENTRIES]),
        next_url=web_url(feed.get("next_url"), url),
        flags=tuple(sorted(odd)),
    )


def _entry(item: dict[str, Any], *, url: str, received_at: datetime) -> Entry:
    address = web_url(item.get("url"), url) or web_url(item.get("external_url"), url)
    as_html, as_text = _string(item.get("content_html")), _string(item.get("content_text"))
    given = [(name, raw) for name in item if name in DATE_FIELDS and (raw := _string(item[name]))]
    return Entry(
        guid=_string(item.get("id")),
        url=address,
        title=_line(item.get("title")),
        summary=_line(item.get("summary")),
        content=as_html or as_text or _string(item.get("summary")),
        content_is_html=as_html is not None,
        authors=_authors(item),
        language=_string(item.get("language")),
        dates=date_candidates(given, received_at=received_at),
        flags=("bad_url",) if item.get("url") and address is None else (),
    )


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    given = item.get("authors")
    authors = [*given, item.get("author")] if isinstance(given, list) else [item.get("author")]
    names = (_line(author.get("name")) for author in authors if isinstance(author, dict))
    return tuple(dict.fromkeys(name for name in names if name))


def _line(given: object) -> str | None:
    text = _string(given)
    return plain_text(text, is_html=False) if text else None


def _string(given: object) -> str | None:
    """Return a string, or a number as one (ids often are); None for anything else and for white space."""
    text = str(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else ""
    return text if text.strip() else None
