"""The body of a page as pieces: trafilatura chooses the text, its tree gives the shape, marks tell the places.

It does not judge what a piece is beyond its tag (placed.py and text/lines.py do).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml.etree import _Element
from lxml.html import HtmlElement

from tasks.core.pages.tree import element_count, mark_numbers, unmarked
from tasks.core.text.folds import lines_kept, one_line, visible

TYPES = {"p": "paragraph", "head": "heading", "quote": "quote", "code": "paragraph", "ab": "paragraph"}
CONTAINERS = frozenset({"body", "div", "main", "section", "article"})
MAX_SEARCHED = 6_000  # elements that jusText may be asked about: it is quadratic in them; the most seen on 563 real pages is 4,975
CELL_JOINT = " | "
BREAKING = frozenset({"p", "item", "head", "row"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One block of a page before it is typed for good.

    place        number of the element that it stood in, in the order of the page; None where that is lost
    """

    type: str
    text: str
    place: int | None = None


def body_pieces(tree: HtmlElement) -> tuple[list[Piece], frozenset[int]]:
    """Return the body of a page in its order, and the numbers of all marks in it; the tree is left as it is."""
    from trafilatura import bare_extraction  # .4 s to import, and texts do without it

    is_large = element_count(tree) > MAX_SEARCHED
    document = bare_extraction(tree, fast=is_large, include_comments=False, include_tables=True, with_metadata=False)
    body = getattr(document, "body", None)
    return ([], frozenset()) if body is None else pieces_in(body)


def pieces_in(body: _Element) -> tuple[list[Piece], frozenset[int]]:
    """Return the pieces of an extracted body, and the numbers of all marks in it."""
    texts = list(_typed_texts(body))
    return [_piece(kind, text) for kind, text in texts if unmarked(text).strip()], frozenset(
        number for _, text in texts for number in mark_numbers(text)
    )


def _typed_texts(element: _Element) -> Iterator[tuple[str, str]]:
    yield "paragraph", element.text or ""
    for child in element:
        yield from _texts_of(child)
        yield "paragraph", child.tail or ""


def _texts_of(element: _Element) -> Iterator[tuple[str, str]]:
    tag = str(element.tag)
    if tag == "list":
        yield from _items_of(element)
    elif tag == "table":
        yield "table", "\n".join(filter(None, (_row_of(row) for row in element.iter("row"))))
    elif tag in CONTAINERS:
        yield from _typed_texts(element)
    else:
        yield TYPES.get(tag, "paragraph"), _text_of(element)


def _items_of(element: _Element) -> Iterator[tuple[str, str]]:
    for item in element:
        if item.tag == "list":
            yield from _items_of(item)
            continue
        yield "list_item", _text_of(item, without="list")
        for inner in _outermost(item, "list"):
            yield from _items_of(inner)


def _outermost(element: _Element, tag: str) -> Iterator[_Element]:
    for child in element:
        if child.tag == tag:
            yield child
        else:
            yield from _outermost(child, tag)


def _row_of(row: _Element) -> str:
    cells = [one_line(_text_of(cell)) for cell in row.iter("cell")]
    return CELL_JOINT.join(cell for cell in cells if cell)


def _text_of(element: _Element, *, without: str = "") -> str:
    return (element.text or "") + "".join(_inner_texts(element, without))


def _inner_texts(element: Iterable[_Element], without: str) -> Iterator[str]:
    for part in element:
        if part.tag == without:
            yield "\n"
        else:
            breaks = "\n" if part.tag in BREAKING else ""
            yield "\n" if part.tag in ("lb", "list") else breaks
            yield part.text or ""
            yield from _inner_texts(part, without)
            yield breaks
        yield part.tail or ""


def _piece(kind: str, text: str) -> Piece:
    return Piece(type=kind, text=lines_kept(visible(unmarked(text))), place=next(mark_numbers(text), None))
