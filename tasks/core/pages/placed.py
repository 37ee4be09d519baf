"""What the pieces of a page are by where they stand: title, dek, byline, captions, tweets, links to other pages.

Reads the elements that the pieces came from, and adds what the extraction leaves out: title, dek, captions.
Source of the rules: which blocks of three labelled sets are in the true body, by tag, class and share of links, 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from lxml.html import HtmlElement

from tasks.core.pages.body import Piece
from tasks.core.pages.printed import short_text
from tasks.core.pages.siblings import linked_share
from tasks.core.pages.tree import unmarked
from tasks.core.text.bylines import BY, is_person
from tasks.core.text.folds import folded, lines_kept, visible, word_count

ALL_LINKED = 0.9  # share of the characters of a block in links: in true bodies 1 word in 20 stands in such blocks, in the rest 1 in 2
MAX_LINKED_WORDS = 30  # words; a longer linked block is prose
MAX_TITLE_BLOCKS = 4  # pieces in which the title is looked for
MAX_TITLE_GROWTH = 1.7  # characters of a heading that holds the title and a kicker, over those of the title
MAX_BYLINE_WORDS = 14  # words
MAX_CAPTION_WORDS = 90  # words
MIN_DEK_WORDS, MAX_DEK_WORDS = 4, 80  # words
HEAD_REACH = 12  # blocks between title and lead looked at
ANCESTORS = 10  # levels looked at
PROMO_CLASS = re.compile(r"promo|related|newsletter|sign-?up|subscri|\bcta\b|disclaimer|affiliate|read-?(?:more|next|also)", re.IGNORECASE)
CAPTION_CLASS = re.compile(r"caption|legende|bildunter|pie-?(?:de-)?foto", re.IGNORECASE)
CREDIT_CLASS = re.compile(r"(?:photo|image|img|media|picture|caption)[-_]*credit|copyright", re.IGNORECASE)
BYLINE_CLASS = re.compile(r"byline|author", re.IGNORECASE)
TWEET_CLASS = re.compile(r"twitter-tweet|instagram-media|bluesky-embed|tiktok-embed", re.IGNORECASE)
DEK_CLASS = re.compile(
    r"\bdek\b|dek[-_]|[-_]dek|stand-?first|sub-?title|sub-?head(?:line)?\b|sub-?deck|\bdeck\b|strap-?line|article[-_]*(?:summary|lead|intro|excerpt|description|teaser)|"
    r"(?:lead|intro)[-_]*(?:text|paragraph)?\b|chapeau|vorspann|anrei(?:ß|ss)er|entradilla|bajada|sommario|occhiello|ingress|excerpt|abstract\b",
    re.IGNORECASE,
)  # fmt: skip
ASIDE_TAGS = frozenset({"nav", "footer", "aside", "a", "button", "form"})


def placed_pieces(pieces: Sequence[Piece], marked: Sequence[HtmlElement], title: str | None, title_at: int | None) -> list[Piece]:
    """Return pieces typed by their places, with title, dek and captions of the page set in.

    title_at     number of the block that shows the title
    """
    own = _with_title([_typed(piece, marked) for piece in pieces], title)
    first = next((piece.place for piece in own if piece.place is not None and piece.type == "paragraph"), None)
    last = max((piece.place for piece in own if piece.place is not None), default=None)
    taken = {piece.place for piece in own}
    start = title_at if title_at is not None else max(0, (first or 0) - HEAD_REACH)
    head = _head(own, marked, title, title_at, first, taken)
    captions = [] if last is None else [piece for piece in _captions(marked, start, last, taken)]
    return _set_in(own, [*head, *captions])


def _typed(piece: Piece, marked: Sequence[HtmlElement]) -> Piece:
    if piece.place is None or piece.type == "table":
        return piece
    element = marked[piece.place]
    own = _names(element)
    above = list(islice(element.iterancestors(), ANCESTORS))
    words = word_count(piece.text)
    if element.tag == "figcaption" or CAPTION_CLASS.search(own) or any(parent.tag == "figcaption" for parent in above):
        return replace(piece, type="photo_credit" if CREDIT_CLASS.search(own) else "caption") if words <= MAX_CAPTION_WORDS else piece
    if any(TWEET_CLASS.search(parent.get("class") or "") for parent in (element, *above)):
        return replace(piece, type="embedded_tweet")
    if BYLINE_CLASS.search(own) and words <= MAX_BYLINE_WORDS:
        return replace(piece, type="byline")
    is_linked = any(parent.tag == "a" for parent in above) or (piece.type != "heading" and linked_share(element) >= ALL_LINKED)
    if is_linked and words <= MAX_LINKED_WORDS or PROMO_CLASS.search(own):
        return replace(piece, type="promo")
    return piece


def _names(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def _with_title(pieces: list[Piece], title: str | None) -> list[Piece]:
    key = folded(title or "")
    if not key:
        return pieces
    for number, piece in enumerate(pieces[:MAX_TITLE_BLOCKS]):
        other = folded(piece.text)
        if other == key or (piece.type == "heading" and f" {key} " in f" {other} " and len(other) <= MAX_TITLE_GROWTH * len(key)):
            return [*pieces[:number], replace(piece, type="title"), *pieces[number + 1 :]]
    return pieces


def _head(pieces: list[Piece], marked: Sequence[HtmlElement], title: str | None, title_at: int | None, first: int | None, taken: set[int | None]) -> list[Piece]:
    found: list[Piece] = []
    if title_at is not None and title and not any(piece.type == "title" for piece in pieces):
        found.append(Piece(type="title", text=title, place=title_at))
    if first is None or title_at is None:
        return found
    for number in range(title_at + 1, min(first, title_at + 1 + HEAD_REACH)):
        text = short_text(marked[number]) if number not in taken else None
        if text and is_byline(marked[number], text):
            found.append(Piece(type="byline", text=text, place=number))
            break
    return found


def is_byline(element: HtmlElement, text: str) -> bool:
    """Tell whether a short block is a byline."""
    return word_count(text) <= MAX_BYLINE_WORDS and bool(BY.match(text) or (BYLINE_CLASS.search(_names(element)) and is_person(text.split(" | ")[0])))


def dek_place(pieces: Sequence[Piece], marked: Sequence[HtmlElement], title_at: int | None) -> int | None:
    """Return the number of the block that is the dek, None where the page shows none."""
    first = next((piece.place for piece in pieces if piece.place is not None and piece.type == "paragraph" and not _is_dek(marked[piece.place])), None)
    if first is None:
        return None
    start = title_at + 1 if title_at is not None else max(0, first - HEAD_REACH)
    return next((number for number in range(start, first) if _is_dek(marked[number])), None)


def _is_dek(element: HtmlElement) -> bool:
    names = [_names(element)] + [_names(parent) for parent in islice(element.iterancestors(), 1)]
    return any(DEK_CLASS.search(name) for name in names) and MIN_DEK_WORDS <= word_count(_text_of(element)) <= MAX_DEK_WORDS


def _captions(marked: Sequence[HtmlElement], start: int, last: int, taken: set[int | None]) -> Iterator[Piece]:
    seen: set[str] = set()
    for number in range(start, last + 1):
        element = marked[number]
        if number in taken or not (element.tag == "figcaption" or CAPTION_CLASS.search(element.get("class") or "")):
            continue
        text = _text_of(element)
        if text and text not in seen and word_count(text) <= MAX_CAPTION_WORDS and not any(parent.tag in ASIDE_TAGS for parent in islice(element.iterancestors(), ANCESTORS)):
            seen.add(text)
            yield Piece(type="caption", text=text, place=number)


def _text_of(element: HtmlElement) -> str:
    return lines_kept(visible(unmarked("".join(element.itertext("p", "div", "span", "a", "b", "i", "em", "strong", "figcaption", "small", "cite", element.tag)))).replace("\n", " "))


def _set_in(pieces: list[Piece], others: list[Piece]) -> list[Piece]:
    from tasks.core.pages.siblings import merged

    return merged(pieces, others)
