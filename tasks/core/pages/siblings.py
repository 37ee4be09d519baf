"""Blocks that the extraction left out though they stand among those it kept: same container, or one of the same make.

Pages that cut an article into chunks (around advertisements, in columns, after a "read on" button) lose half of it else.
Source of the limits: body F1 on three labelled sets (.969/.940/.931 without, .972/.952/.936 with), 2026-11.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from lxml.html import HtmlElement

from tasks.core.pages.body import Piece
from tasks.core.pages.tree import unmarked
from tasks.core.text.folds import folded, lines_kept, visible

MIN_SHARE = 0.2  # share of the kept words in paragraphs that a container, or its make, must hold to lead to others
MIN_KEPT_WORDS = 30  # words in kept paragraphs; with fewer the kept text may be the wrong one
MIN_WORDS = 5  # words of a block that is no heading
MAX_LINKED = 0.5  # share of the characters of a block within links
MAX_TEXT_CHARS = 300_000  # characters kept; each candidate is looked for in them
KEY_CHARS = 60  # folded characters by which a text counts as already there
ANCESTORS = 10  # levels looked at for elements that hold no article text
HEADINGS = {"h2": "heading", "h3": "heading", "h4": "heading"}
TYPES = {"p": "paragraph", "li": "list_item", "blockquote": "quote", **HEADINGS}
WRAPPERS = frozenset({"ul", "ol", "dl", "li", "blockquote"})
NOT_BODY = frozenset({"nav", "footer", "aside", "form", "header", "button", "figure", "figcaption"})

Make = tuple[str, str, str, str]  # tag and class of a container and of its parent


def left_out(marked: list[HtmlElement], kept: frozenset[int], text: str) -> list[Piece]:
    """Return the pieces that were left out, in the order of the page.

    marked, kept   all marked elements, and the numbers of those whose text was kept
    text           what was kept, to leave out what is already there
    """
    if len(text) > MAX_TEXT_CHARS:
        return []
    containers, makes = _main_containers(marked, kept)
    articles = {_article_of(marked[number]) for number in kept}
    present = folded(text) if containers or makes else ""
    found: list[Piece] = []
    for number, element in enumerate(marked):
        if number in kept or element.tag not in TYPES:
            continue
        container = _container_of(element)
        if container is None or not (container in containers or make_of(container) in makes) or _article_of(element) not in articles:
            continue
        piece = _piece_of(element, number)
        if piece and folded(piece.text)[:KEY_CHARS] not in present:
            found.append(piece)
    return found


def _main_containers(marked: list[HtmlElement], kept: Iterable[int]) -> tuple[set[HtmlElement], set[Make]]:
    containers: Counter[HtmlElement] = Counter()
    for number in kept:
        element = marked[number]
        if element.tag == "p":
            containers[element.getparent()] += len("".join(element.itertext()).split())
    makes: Counter[Make] = Counter()
    for container, words in containers.items():
        makes[make_of(container)] += words
    total = sum(containers.values())
    if total < MIN_KEPT_WORDS:
        return set(), set()
    least = MIN_SHARE * total
    return {one for one, words in containers.items() if words >= least}, {
        one for one, words in makes.items() if words >= least and (one[1] or one[3])
    }


def make_of(container: HtmlElement) -> Make:
    """Return what two containers of one template share: tag and class, and those of the parent."""
    parent = container.getparent()
    outer = ("", "") if parent is None else (str(parent.tag), parent.get("class") or "")
    return str(container.tag), container.get("class") or "", *outer


def _container_of(element: HtmlElement) -> HtmlElement | None:
    return next((parent for parent in element.iterancestors() if parent.tag not in WRAPPERS), None)


def _article_of(element: HtmlElement) -> HtmlElement | None:
    return next(element.iterancestors("article"), None)


def _piece_of(element: HtmlElement, number: int) -> Piece | None:
    text = lines_kept(visible(unmarked("".join(_own_texts(element)).replace("\n", " ").replace("\t", " "))))
    if not text or (element.tag not in HEADINGS and len(text.split()) < MIN_WORDS):
        return None
    if linked_share(element) > MAX_LINKED or any(parent.tag in NOT_BODY for parent in islice(element.iterancestors(), ANCESTORS)):
        return None
    return Piece(type=TYPES[element.tag], text=text, place=number)


def _own_texts(element: HtmlElement) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag not in ("ul", "ol", "script", "style", "noscript"):
            yield from _own_texts(child)
        yield child.tail or ""


def linked_share(element: HtmlElement) -> float:
    """Return the share of an element's characters that stand in links, 0 to 1."""
    whole = len("".join(element.itertext()).strip())
    linked = sum(len("".join(link.itertext()).strip()) for link in element.iter("a"))
    return linked / whole if whole else 0.0


def merged(pieces: list[Piece], others: list[Piece]) -> list[Piece]:
    """Return pieces with others set in where they stood on the page."""
    waiting = sorted(others, key=lambda piece: piece.place or 0)
    result: list[Piece] = []
    for piece in pieces:
        while waiting and piece.place is not None and (waiting[0].place or 0) < piece.place:
            result.append(waiting.pop(0))
        result.append(piece)
    return result + waiting
