"""RSS, RDF and Atom read by feedparser's two parsers, watched: bounds where they are quadratic, and what they would lose is kept.

feedparser.parse() is not called: it guesses charsets, opens what looks like a path, and gives no hold while it runs. Its strict
and its loose parser are driven here instead, on text that source.py has made sound; nothing is sanitised, GUIDs stay as given.
"""

from __future__ import annotations

import io
import xml.sax.handler
import xml.sax.xmlreader
from dataclasses import dataclass
from typing import Any

from defusedxml.sax import make_parser
from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.mixin import _FeedParserMixin

from tasks.core.feeds.dates import MAX_RAW_CHARS
from tasks.core.feeds.source import XML_DECLARATION, Source

MAX_ENTRIES = 10_000  # entries read of one response; half a millisecond each, the longest of 100 real feeds has 1,000 (2026-11)
MAX_ELEMENTS = 300_000  # elements read of one response: 5 s; a feed of MAX_ENTRIES has 100,000
MAX_ATTRIBUTES = 200  # attributes of an element: feedparser is quadratic in them (40,000 took 13.6 s); real feeds have 15
MAX_NAMESPACES = 100  # declared prefixes: feedparser looks through them at every element
ENTRY_ELEMENTS = frozenset({"item", "entry"})
DATE_ELEMENTS = {
    name.lower().removeprefix("atom:"): name
    for name in (
        "pubDate", "published", "updated", "created", "issued", "modified", "dc:date", "dcterms:issued", "dcterms:created",
        "dcterms:modified", "prism:publicationDate",
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlFeed:
    """What feedparser read: its own dictionaries, and beside them what they have no room for.

    dates   (element, raw) of each entry, in the order of the document
    hours   <skipHours>, as given; days likewise
    """

    feed: dict[str, Any]
    entries: list[dict[str, Any]]
    dates: list[list[tuple[str, str]]]
    hours: list[str]
    days: list[str]
    flags: tuple[str, ...]


class EntriesCut(Exception):
    """There are more than MAX_ENTRIES, or than MAX_ELEMENTS."""


class _Watched(_FeedParserMixin):  # type: ignore[misc]
    """What both parsers do here beyond feedparser."""

    resolve_relative_uris = False
    sanitize_html = False

    def __init__(self, url: str) -> None:
        super().__init__(url, None, "utf-8")
        self.entry_dates: dict[int, list[tuple[str, str]]] = {}
        self.skipped: dict[str, list[str]] = {"hour": [], "day": []}
        self.flags: set[str] = set()
        self.closing = ""
        self.elements = 0

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        super().unknown_starttag(tag, attrs)
        self.elements += 1
        if len(self.entries) > MAX_ENTRIES or (self.elements > MAX_ELEMENTS and self.inentry):
            self.entries.pop()  # it is not whole, and half an entry could pass for another one
            raise EntriesCut

    def unknown_endtag(self, tag: str) -> None:
        self.closing = tag
        super().unknown_endtag(tag)
        self.closing = ""

    def pop(self, element: str, strip_whitespace: int = 1) -> str | None:
        if element == "id":
            return self._popped_as_given(strip_whitespace)
        value = super().pop(element, strip_whitespace)
        if not isinstance(value, str) or self.insource:
            return None if value is None else str(value)
        if self.closing in DATE_ELEMENTS:
            value = value[:MAX_RAW_CHARS]
            if self.inentry:
                self.entry_dates.setdefault(len(self.entries) - 1, []).append((DATE_ELEMENTS[self.closing], value))
        elif self.closing in self.skipped and not self.inentry:
            self.skipped[self.closing].append(value)
        return value

    def _popped_as_given(self, strip_whitespace: int) -> str | None:
        """Pop an id without resolving it against the feed's address, as feedparser does where it may be a link."""
        self.guidislink, is_link = False, self.guidislink
        value: str | None = super().pop("id", strip_whitespace)
        self.guidislink = is_link
        return value

    def _sync_author_detail(self, key: str = "author") -> None:
        """Keep an author's line as it stands: feedparser's pattern for addresses is quadratic, and spoils those under long domains."""
        text, authors = self._get_context().get(key), self._get_context().get(f"{key}s")
        if authors and not authors[-1] and isinstance(text, str):
            authors[-1]["name"] = text

    def _add_tag(self, term: object, scheme: object, label: object) -> None:
        """Read no categories: nobody asks for them, and feedparser is quadratic in them."""
        self._get_context().setdefault("tags", [])


class _Strict(_Watched, StrictFeedParser):  # type: ignore[misc]
    """For documents that are well-formed, and for the part before the fault of those that are not."""

    level = 0
    is_whole = False

    def startPrefixMapping(self, prefix: str | None, uri: str | None) -> None:
        if len(self.namespaces_in_use) < MAX_NAMESPACES:
            super().startPrefixMapping(prefix, uri)
        else:
            self.flags.add("many_namespaces")

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: xml.sax.xmlreader.AttributesNSImpl) -> None:
        self.level += 1
        if len(attrs) > MAX_ATTRIBUTES:
            self.flags.add("attributes_dropped")
            attrs = xml.sax.xmlreader.AttributesNSImpl({}, {})
        super().startElementNS(name, qname, attrs)

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:
        super().endElementNS(name, qname)
        self.level -= 1
        self.is_whole = self.level == 0


class _Loose(_Watched, LooseFeedParser):  # type: ignore[misc]
    """For the rest."""

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        self._end_texts(tag)
        super().unknown_starttag(tag, attrs)

    def unknown_endtag(self, tag: str) -> None:
        self._end_texts(tag)
        super().unknown_endtag(tag)

    def _end_texts(self, tag: str) -> None:
        """Where an entry begins or ends, end texts that nothing has closed: it is no part of them."""
        if tag.rpartition(":")[2] not in ENTRY_ELEMENTS:
            return
        for name, *_ in reversed(self.elementstack[:]):
            if not self.incontent:
                return
            super().unknown_endtag(name)


def read_xml(source: Source, *, url: str) -> XmlFeed:
    """Return what a document says as a feed, all of it or flagged.

    flags   "broken_xml" (not well-formed), "entries_cut", "attributes_dropped", "many_namespaces"
    """
    parser = _Strict(url)
    try:
        _run_strict(parser, source.text)
    except EntriesCut:
        parser.flags.add("entries_cut")
    except Exception:  # of XML, or of feedparser's own on hostile input: one feed must not stop its batch
        if not parser.is_whole:
            parser = max(_loosely(source.text, url), parser, key=lambda read: len(read.entries))
        parser.flags.add("broken_xml")
    count = len(parser.entries)
    return XmlFeed(
        feed=parser.feeddata,
        entries=parser.entries,
        dates=[parser.entry_dates.get(number, []) for number in range(count)],
        hours=parser.skipped["hour"],
        days=parser.skipped["day"],
        flags=tuple(sorted(parser.flags)),
    )


def _run_strict(parser: _Strict, text: str) -> None:
    reader = make_parser()
    reader.forbid_dtd = True
    reader.setFeature(xml.sax.handler.feature_namespaces, True)
    reader.setFeature(xml.sax.handler.feature_external_ges, False)
    reader.setContentHandler(parser)
    reader.setErrorHandler(parser)
    document = xml.sax.xmlreader.InputSource()
    document.setByteStream(io.BytesIO((XML_DECLARATION + text).encode("utf-8")))
    reader.parse(document)


def _loosely(text: str, url: str) -> Any:
    parser = _Loose(url)
    try:
        parser.feed(text)
    except EntriesCut:
        parser.flags.add("entries_cut")
    except Exception:  # sgmllib's assertions, characters that do not exist: what was read so far stays
        parser.flags.add("broken_xml")
    return parser
