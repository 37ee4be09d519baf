"""What one response says as a feed: RSS, RDF, Atom or JSON Feed, or why it is none of them."""

from __future__ import annotations

import re
from datetime import datetime

from tasks.core.feeds.json_feed import parsed_json_feed
from tasks.core.feeds.records import ParsedFeed, Unparsed
from tasks.core.feeds.source import Source, source_of
from tasks.core.feeds.xml_entries import parsed_feed
from tasks.core.feeds.xml_feed import read_xml

FEED_ROOTS = frozenset({"rss", "feed", "rdf", "channel"})
OTHER_ROOTS = {
    "html": "an HTML page", "opml": "an OPML list", "urlset": "a sitemap", "sitemapindex": "a sitemap index", "svg": "a picture",
}  # fmt: skip
ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)\b", re.IGNORECASE)
SHOWN_CHARS = 60  # characters of a body that is no feed, in the reason


def parse_feed(body: bytes, *, url: str, content_type: str | None, received_at: datetime) -> ParsedFeed | Unparsed:
    """Return what a response says as a feed, or why it is none. Never raises, opens nothing, asks no clock.

    url           where the body came from: relative addresses are read against it
    received_at   aware UTC; dates more than a day beyond it are none
    Source        RSS 2.0, RSS 1.0, RFC 4287, RFC 5005, jsonfeed.org
    """
    source = source_of(body, content_type=content_type)
    if isinstance(source, Unparsed):
        return source
    if source.whole.startswith(("{", "[")):
        return parsed_json_feed(source.whole, url=url, received_at=received_at, flags=source.flags)
    if source.root not in FEED_ROOTS and (source.root in OTHER_ROOTS or not ENTRY.search(source.text)):
        return _no_feed(source)
    read = read_xml(source, url=url)
    if not read.entries and source.root not in FEED_ROOTS:
        return _no_feed(source)
    if not read.entries and not read.feed and "broken_xml" in read.flags:
        return Unparsed(reason="broken_xml", detail=f"nothing could be read after <{source.root}>")
    return parsed_feed(read, root=source.root, url=url, received_at=received_at, flags=source.flags)


def _no_feed(source: Source) -> Unparsed:
    what = OTHER_ROOTS.get(source.root) or (f"a document <{source.root}>" if source.root else f"text: {source.whole[:SHOWN_CHARS]!r}")
    return Unparsed(reason="not_a_feed", detail=f"{what}, not a feed")
