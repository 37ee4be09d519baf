"""Lists of feeds as OPML 2.0, in and out. Source: opml.org/spec2.opml

Folders are outlines around outlines, or the attribute `category`; both are paths here. A feed may stand in several.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element, ParseError, SubElement

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tasks.core.feeds.records import Unparsed
from tasks.core.feeds.source import XML_DECLARATION, source_of
from tasks.core.pages.decode import NOT_IN_XML
from tasks.core.text.urls import is_web_url

MAX_FEEDS = 50_000  # feeds of one list
MAX_FOLDERS = 20  # levels of folders that are kept of a path
BARE_AMPERSAND = re.compile(r"&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)")  # addresses are often put in as they are
FEED_SCHEME = re.compile(r"^feed:(?://)?(?=https?://)|^feed(?=://)", re.IGNORECASE)

Folder = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlinedFeed:
    """One feed of a list.

    url       as given, http or https
    folders   paths from the outside in, in the order of the list
    """

    url: str
    title: str | None = None
    site_url: str | None = None
    folders: tuple[Folder, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    """Feeds of a list, each once, and the addresses in it that are none.

    flags   "feeds_cut": there are more than MAX_FEEDS
    """

    feeds: tuple[OutlinedFeed, ...]
    refused: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


def parse_opml(body: bytes) -> FeedList | Unparsed:
    """Return the feeds of an OPML list, or why it is none."""
    source = source_of(body, content_type=None)
    if isinstance(source, Unparsed):
        return source
    if source.root not in ("opml", "outline", "body"):
        return Unparsed(reason="not_opml", detail=f"a document <{source.root}>, not OPML" if source.root else "text, not OPML")
    try:
        root = fromstring(BARE_AMPERSAND.sub("&amp;", source.text), forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        return Unparsed(reason="broken_xml", detail=str(error))
    return _feeds(root)


def opml_of(feeds: Iterable[OutlinedFeed], *, title: str) -> bytes:
    """Return a list of feeds as OPML, folders in the order in which they first occur; parse_opml() gives the same feeds back."""
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = _sound(title)
    body = SubElement(root, "body")
    folders: dict[Folder, Element] = {(): body}
    for feed in feeds:
        for path in feed.folders or ((),):
            SubElement(_folder(folders, path), "outline", _attributes(feed))
    ElementTree.indent(root)
    return (XML_DECLARATION + ElementTree.tostring(root, encoding="unicode") + "\n").encode("utf-8")


def _feeds(root: Element) -> FeedList:
    found: dict[str, OutlinedFeed] = {}
    refused: list[str] = []
    waiting: list[tuple[Element, Folder]] = [(root, ())]
    while waiting:
        element, path = waiting.pop()
        attributes = {name.lower(): value.strip() for name, value in element.attrib.items()}
        url = FEED_SCHEME.sub(lambda scheme: "http" if scheme[0].lower() == "feed" else "", attributes.get("xmlurl", ""))
        inner = path
        if url and not is_web_url(url):
            refused.append(url)
        elif url and (url in found or len(found) < MAX_FEEDS):
            found[url] = _with_folders(found.get(url) or _outlined(url, attributes), path, attributes.get("category", ""))
        elif url:
            return FeedList(feeds=tuple(found.values()), refused=tuple(refused), flags=("feeds_cut",))
        elif element.tag.lower() == "outline" and (name := attributes.get("text") or attributes.get("title")):
            inner = (*path, name)[:MAX_FOLDERS]
        waiting.extend((child, inner) for child in reversed(element) if isinstance(child.tag, str))
    return FeedList(feeds=tuple(found.values()), refused=tuple(refused))


def _outlined(url: str, attributes: dict[str, str]) -> OutlinedFeed:
    site_url = attributes.get("htmlurl", "")
    title = attributes.get("title") or attributes.get("text")
    return OutlinedFeed(url=url, title=title or None, site_url=site_url if is_web_url(site_url) else None)


def _with_folders(feed: OutlinedFeed, path: Folder, categories: str) -> OutlinedFeed:
    named = (tuple(part.strip() for part in category.split("/") if part.strip()) for category in categories.split(","))
    return replace(feed, folders=tuple(dict.fromkeys(folder for folder in (*feed.folders, path, *named) if folder)))


def _folder(folders: dict[Folder, Element], path: Folder) -> Element:
    for depth in range(1, len(path) + 1):
        if path[:depth] not in folders:
            folders[path[:depth]] = SubElement(folders[path[: depth - 1]], "outline", {"text": _sound(path[depth - 1])})
    return folders[path]


def _attributes(feed: OutlinedFeed) -> dict[str, str]:
    given = {"type": "rss", "text": feed.title or feed.url, "title": feed.title, "xmlUrl": feed.url, "htmlUrl": feed.site_url}
    return {name: _sound(value) for name, value in given.items() if value}


def _sound(text: str) -> str:
    return NOT_IN_XML.sub("", text)
