"""The body of a page as blocks: trafilatura chooses the text, its tree gives the shape.

It does not judge lines (text/lines.py does), nor read captions and deks (pages/beside.py does).
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import _Element
from lxml.html import HtmlElement
from trafilatura import bare_extraction

from tasks.core.records import Block
from tasks.core.text.folds import lines_kept, one_line, visible

TYPES = {"p": "paragraph", "head": "heading", "quote": "quote", "code": "paragraph", "ab": "paragraph"}
CONTAINERS = frozenset({"body", "div", "main", "section", "article"})
CELL_JOINT = " | "


def body_blocks(tree: HtmlElement) -> list[Block]:
    """Return the body of a page as blocks in its order; the tree is left as it is."""
    document = bare_extraction(tree, include_comments=False, include_tables=True, with_metadata=False, include_formatting=True)
    body = getattr(document, "body", None)
    return [] if body is None else [block for block in _blocks_in(body) if block.text]


def _blocks_in(element: _Element) -> Iterator[Block]:
    if (element.text or "").strip():
        yield _block("paragraph", element.text or "")
    for child in element:
        yield from _blocks_of(child)
        if (child.tail or "").strip():
            yield _block("paragraph", child.tail or "")


def _blocks_of(element: _Element) -> Iterator[Block]:
    tag = str(element.tag)
    if tag == "list":
        yield from (_block("list_item", _text_of(item)) for item in element.iter("item") if item.getparent().tag == "list")
    elif tag == "table":
        yield _block("table", "\n".join(filter(None, (_row_of(row) for row in element.iter("row")))))
    elif tag in CONTAINERS:
        yield from _blocks_in(element)
    else:
        yield _block(TYPES.get(tag, "paragraph"), _text_of(element))


def _row_of(row: _Element) -> str:
    cells = [one_line(_text_of(cell)) for cell in row.iter("cell")]
    return CELL_JOINT.join(cell for cell in cells if cell)


def _text_of(element: _Element) -> str:
    pieces: list[str] = [element.text or ""]
    for part in element.iterdescendants():
        if part.tag in ("lb", "p", "item", "list", "head", "row"):
            pieces.append("\n")
        pieces.append(part.text or "")
        if part.tag in ("p", "item", "head", "row"):
            pieces.append("\n")
        pieces.append(part.tail or "")
    return "".join(pieces)


def _block(kind: str, text: str) -> Block:
    return Block(type=kind, text=lines_kept(visible(text)))
