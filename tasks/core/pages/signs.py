"""What a page's markup says of it, gathered once from the tree: metas, headings, JSON-LD, links. No judgement here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from lxml.html import HtmlElement

from tasks.core.pages.json_ld import Node, article_node, ids_of, json_ld_nodes
from tasks.core.pages.tree import unmarked
from tasks.core.text.folds import one_line, visible
from tasks.core.text.urls import is_web_url

MAX_H1 = 6  # headings looked at
MAX_METAS = 400  # meta tags of a page; the most seen on 570 real pages is 163
MAX_VALUE_CHARS = 2_000  # characters of one meta value


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What the markup says.

    metas        lower-case name, property or itemprop to its values, in order
    nodes        every JSON-LD object; article: the one that speaks of this page; by_id: to resolve references
    canonical    absolute, as declared
    """

    url: str | None
    language: str | None
    title_tag: str
    h1s: tuple[str, ...]
    metas: Mapping[str, tuple[str, ...]]
    nodes: tuple[Node, ...]
    article: Node
    by_id: Mapping[str, Node]
    canonical: str | None

    def meta(self, *names: str) -> str:
        """Return the first value that is there under one of these names, "" where there is none."""
        return next((value for name in names for value in self.metas.get(name, ()) if value), "")

    def all_metas(self, *names: str) -> list[str]:
        """Return all values of the first of these names that has any."""
        return next((list(self.metas[name]) for name in names if any(self.metas.get(name, ()))), [])


def page_signs(tree: HtmlElement, url: str | None) -> Signs:
    """Return what the markup of a page says of it."""
    metas = _metas(tree)
    nodes = json_ld_nodes(script.text or "" for script in tree.iter("script") if "ld+json" in (script.get("type") or "").lower())
    titles = [text_in(element) for element in tree.iter("title") if element.getparent() is not None and element.getparent().tag != "svg"]
    h1s = tuple(text for element in list(tree.iter("h1"))[:MAX_H1] if (text := text_in(element)))
    shown = (*h1s, *metas.get("og:title", ()))
    return Signs(
        url=url,
        language=_language(tree, metas),
        title_tag=titles[0] if titles else "",
        h1s=h1s,
        metas=metas,
        nodes=tuple(nodes),
        article=article_node(nodes, url=url, titles=shown) or {},
        by_id=ids_of(nodes),
        canonical=_canonical(tree, metas, url),
    )


def text_in(element: HtmlElement) -> str:
    """Return the visible text of an element on one line."""
    return one_line(visible(unmarked("".join(_text_pieces(element)))))


def _text_pieces(element: HtmlElement) -> list[str]:
    skipped = set(element.iter("script", "style", "noscript", "svg", "template"))
    pieces = [element.text or ""]
    for part in element.iterdescendants():
        hidden = part in skipped or not skipped.isdisjoint(part.iterancestors())
        if part.tag == "br":
            pieces.append(" ")
        pieces.append("" if hidden else part.text or "")
        pieces.append(part.tail or "")
    return pieces


def _metas(tree: HtmlElement) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for number, element in enumerate(tree.iter("meta")):
        content = one_line((element.get("content") or "")[:MAX_VALUE_CHARS])
        if number >= MAX_METAS or not content:
            continue
        for attribute in ("property", "name", "itemprop"):
            name = (element.get(attribute) or "").strip().lower()
            if name:
                found.setdefault(name, []).append(content)
    return {name: tuple(values) for name, values in found.items()}


def _language(tree: HtmlElement, metas: Mapping[str, tuple[str, ...]]) -> str | None:
    declared = [tree.get("lang"), tree.get("{http://www.w3.org/XML/1998/namespace}lang"), tree.get("xml:lang")]
    declared += [next(iter(metas.get(name, ())), None) for name in ("og:locale", "language", "content-language", "dc.language")]
    return next((value.strip().replace("_", "-").lower() for value in declared if value and value.strip()), None)


def _canonical(tree: HtmlElement, metas: Mapping[str, tuple[str, ...]], url: str | None) -> str | None:
    links = [element.get("href") for element in tree.iter("link") if "canonical" in (element.get("rel") or "").lower().split()]
    for link in (*links, *metas.get("og:url", ())):
        absolute = _absolute(link, url)
        if absolute and is_web_url(absolute):
            return absolute
    return None


def _absolute(link: str | None, url: str | None) -> str | None:
    if not link or not link.strip():
        return None
    try:
        return urljoin(url or "", link.strip())
    except ValueError:
        return None
