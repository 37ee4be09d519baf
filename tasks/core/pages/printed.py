"""What a page prints around its title: bylines and dates, for pages whose markup does not say them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml.etree import XPath
from lxml.html import HtmlElement

from tasks.core.pages.tree import unmarked
from tasks.core.text.bylines import BY
from tasks.core.text.folds import folded, one_line, visible

BLOCKS_BEFORE, BLOCKS_AFTER = 6, 16  # blocks before and after the title; printed dates of 50 labelled pages lie within -4 and +12
MAX_CHARS = 160  # characters of a byline or a date line; longer ones are prose
MAX_DATE_WORDS = 16  # words and bars of a line with a date; prose has more
MAX_CANDIDATES = 24  # elements looked at that call themselves author or byline
PIECE_JOINT = " | "
AUTHOR_WORDS = ("author", "Author", "byline", "Byline", "ByLine")
NOT_OF_PAGE = re.compile(r"comment|related|avatar|bio\b|image|follow|social|share|quote|teaser|recommend|signup|newsletter", re.IGNORECASE)
UPDATED = re.compile(
    r"updated?|modified|reviewed|last active|aktualisiert|stand:|mis à jour|modifié|actualizado|aggiornato|güncelleme|обновлено",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def _text_path() -> XPath:
    return XPath(".//text()[not(parent::script or parent::style or parent::noscript or parent::template)]")


@lru_cache(maxsize=1)
def _author_path() -> XPath:
    words = " or ".join(f"contains(@class, '{word}')" for word in AUTHOR_WORDS)
    return XPath(f"//body//*[@rel='author' or @itemprop='author' or {words} or contains(@data-testid, 'yline')]")


def title_place(marked: list[HtmlElement], title: str | None) -> int | None:
    """Return the number of the block that shows the title, of the first h1 where none does, None where there is neither."""
    key = folded(title or "")
    heads = [number for number, element in enumerate(marked) if element.tag in ("h1", "h2")]
    same = next((number for number in heads if key and folded(short_text(marked[number]) or "") == key), None)
    return same if same is not None else next((number for number in heads if marked[number].tag == "h1"), None)


def around(marked: list[HtmlElement], place: int | None) -> list[HtmlElement]:
    """Return the blocks around the title: those after it, in order, then those before it."""
    if place is None:
        return marked[:BLOCKS_AFTER]
    return marked[place + 1 : place + 1 + BLOCKS_AFTER] + marked[max(0, place - BLOCKS_BEFORE) : place]


def printed_bylines(tree: HtmlElement, blocks: list[HtmlElement]) -> Iterator[str]:
    """Yield what may be bylines, best first, parts of one separated by bars. Looks only when asked: it costs 3 ms."""
    named = [element for element in _author_path()(tree)[:MAX_CANDIDATES] if not NOT_OF_PAGE.search(_names(element))]
    lines = [text for element in named if (text := short_text(element))]
    yield from (line for line in lines if BY.match(line))
    yield from (text for element in blocks if (text := short_text(element)) and BY.match(text))
    yield from (line for line in lines if not BY.match(line))


def printed_dates(blocks: list[HtmlElement]) -> Iterator[str]:
    """Yield the short lines of some blocks that may hold a date of publication, not one of an update."""
    for element in blocks:
        text = short_text(element)
        if text and any(character.isdigit() for character in text) and len(text.split()) <= MAX_DATE_WORDS:
            yield UPDATED.split(text)[0]


def short_text(element: HtmlElement, limit: int = MAX_CHARS) -> str | None:
    """Return the text of an element, parts separated by bars, None where it has none or more than `limit` characters."""
    pieces: list[str] = []
    length = 0
    for piece in _text_path()(element):
        text = one_line(visible(unmarked(piece)))
        length += len(text)
        if length > limit:
            return None
        if text:
            pieces.append(text)
    return PIECE_JOINT.join(pieces) or None


def _names(element: HtmlElement) -> str:
    parent = element.getparent()
    own = f"{element.get('class') or ''} {element.get('id') or ''}"
    return own if parent is None else f"{own} {parent.get('class') or ''}"
