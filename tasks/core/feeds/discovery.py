"""The feeds that a page announces in its head. Source: blog.whatwg.org/feed-autodiscovery

Not known here: whether they answer, nor feeds that are only linked to from the text.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml.html import HtmlElement

from tasks.core.feeds.plain import plain_text
from tasks.core.feeds.xml_entries import web_url
from tasks.core.pages.decode import decoded
from tasks.core.pages.tree import bared, parsed_tree

MAX_HEAD_CHARS = 500_000  # characters of a page that are searched: heads with inline styles and scripts reach 300,000
MAX_LINKS = 50  # feeds of one page
KINDS = {
    "application/rss+xml": "rss", "application/atom+xml": "atom", "application/feed+json": "json", "application/rdf+xml": "rdf",
    "text/rss+xml": "rss", "application/x.atom+xml": "atom", "application/x-atom+xml": "atom",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed that a page announces. `kind`: rss, atom, rdf or json, by its declared type."""

    url: str
    kind: str
    title: str | None


def feed_links(page: bytes, *, url: str, charset: str | None) -> tuple[FeedLink, ...]:
    """Return the feeds that a page announces, each once, in its order: publishers put the main one first."""
    tree = parsed_tree(bared(decoded(page, charset)[:MAX_HEAD_CHARS]))
    if tree is None:
        return ()
    base = web_url(next((element.get("href") for element in tree.iter("base")), None), url) or url
    found: dict[str, FeedLink] = {}
    for element in tree.iter("link"):  # wherever they stand: pages close their heads early without meaning to
        link = _feed_link(element, base)
        if link and len(found) < MAX_LINKS:
            found.setdefault(link.url, link)
    return tuple(found.values())


def _feed_link(element: HtmlElement, base: str) -> FeedLink | None:
    relations = element.get("rel", "").lower().split()
    kind = KINDS.get(element.get("type", "").partition(";")[0].strip().lower())
    url = web_url(element.get("href"), base)
    if kind is None or url is None or not {"alternate", "feed"}.intersection(relations):
        return None
    return FeedLink(url=url, kind=kind, title=plain_text(element.get("title", ""), is_html=False))
