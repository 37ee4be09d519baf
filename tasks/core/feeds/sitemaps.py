"""Sitemaps, news sitemaps and sitemap indexes, within bounds. Sources: sitemaps.org/protocol.html, Google's news sitemap 0.9

A sitemap says where pages are, never what they say: title and date are evidence of the site's own.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from tasks.core.feeds.dates import date_candidates
from tasks.core.feeds.plain import plain_text
from tasks.core.feeds.records import DateCandidate, Unparsed
from tasks.core.feeds.source import XML_DECLARATION, Source, source_of
from tasks.core.feeds.xml_entries import web_url
from tasks.core.text.urls import site_of

MAX_LISTED = 50_000  # addresses of one sitemap or index: the protocol's own limit
MAX_DEPTH = 3  # indexes in indexes; the protocol allows none
MAX_SITEMAPS = 500  # sitemaps asked for in one walk
DATE_NAMES = {"lastmod": "lastmod", "publication_date": "news:publication_date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One address of a sitemap or an index, with what it says of it."""

    url: str
    title: str | None
    language: str | None
    dates: tuple[DateCandidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """What a sitemap lists: pages, or further sitemaps where `is_index`.

    flags   "listed_cut" (more than MAX_LISTED), "broken_xml" (what stood before the fault is there), "bad_url" (some were none)
    """

    is_index: bool
    listed: tuple[Listed, ...]
    flags: tuple[str, ...]


def parse_sitemap(body: bytes, *, url: str, content_type: str | None, received_at: datetime) -> Sitemap | Unparsed:
    """Return what a sitemap or a sitemap index lists, or why a body is neither.

    received_at   aware UTC; dates more than a day beyond it are none
    """
    source = source_of(body, content_type=content_type)
    if isinstance(source, Unparsed):
        return source
    if source.root not in ("urlset", "sitemapindex"):
        return Unparsed(reason="not_a_sitemap", detail=f"a document <{source.root}>" if source.root else "text")
    listed: list[Listed] = []
    flags: set[str] = set(source.flags)
    try:
        for element in _items(source):
            found = _listed(element, url, received_at)
            if found is None:
                flags.add("bad_url")
            elif len(listed) == MAX_LISTED:
                flags.add("listed_cut")
                break
            else:
                listed.append(found)
    except (ParseError, DefusedXmlException) as error:
        if not listed:
            return Unparsed(reason="broken_xml", detail=str(error))
        flags.add("broken_xml")
    return Sitemap(is_index=source.root == "sitemapindex", listed=tuple(listed), flags=tuple(sorted(flags)))


def sitemaps_to_ask(sitemap: Sitemap, *, url: str, depth: int, asked: Collection[str]) -> tuple[str, ...]:
    """Return which sitemaps of an index to ask for next, so that loops, towers and foreign hosts end.

    url     of the index; only its own site's sitemaps count
    depth   of the index: 0 for the first one asked
    asked   every sitemap of this walk so far, this one included
    """
    if not sitemap.is_index or depth >= MAX_DEPTH:
        return ()
    fresh = dict.fromkeys(found.url for found in sitemap.listed if found.url not in asked and site_of(found.url) == site_of(url))
    return tuple(fresh)[: max(0, MAX_SITEMAPS - len(asked))]


def _items(source: Source) -> Iterable[Element]:
    """Yield each <url> or <sitemap>, and drop it afterwards."""
    document = io.BytesIO((XML_DECLARATION + source.text).encode("utf-8"))
    root: Element | None = None
    for event, element in iterparse(document, events=("start", "end"), forbid_dtd=True):
        if root is None:
            root = element
        if event == "end" and _local(element) in ("url", "sitemap"):
            yield element
            root.clear()


def _listed(element: Element, base: str, received_at: datetime) -> Listed | None:
    said: dict[str, str] = {}
    for part in element.iter():
        said.setdefault(_local(part), (part.text or "").strip())
    url = web_url(said.get("loc"), base)
    if url is None:
        return None
    return Listed(
        url=url,
        title=plain_text(said.get("title", ""), is_html=False) if "news" in said else None,
        language=said.get("language") or None,
        dates=date_candidates(((name, said[key]) for key, name in DATE_NAMES.items() if key in said), received_at=received_at),
    )


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower()
