"""What the pieces of a page are by where they stand: title, dek, byline, captions, tweets, links to other pages.

Reads the elements that the pieces came from, and adds what the extraction leaves out: title, dek, captions.
Source of the rules: which blocks of three labelled sets are in the true body, by tag, class and share of links, 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from lxml.html import HtmlElement

from tasks.core.pages.body import Piece
from tasks.core.pages.printed import PIECE_JOINT, short_text
from tasks.core.pages.siblings import linked_share, merged
from tasks.core.pages.tree import unmarked
from tasks.core.text.bylines import BY, is_person, printed_names
from tasks.core.text.folds import folded, lines_kept, visible, word_count
from tasks.core.text.sections import is_title_like

ALL_LINKED = 0.9  # share of the characters of a block in links: in true bodies 1 word in 20 stands in such blocks, in the rest 1 in 2
MOSTLY_LINKED = 0.5  # the same for each of several list items without a full stop
MAX_LINKED_WORDS = 30  # words; a longer linked block is prose
MAX_TITLE_BLOCKS = 4  # pieces in which the title is looked for
MAX_TITLE_GROWTH = 1.7  # characters of a heading that holds the title and a kicker, over those of the title
MAX_BYLINE_WORDS = 14  # words
MAX_CAPTION_WORDS = 90  # words
MIN_DEK_WORDS, MAX_DEK_WORDS = 4, 80  # words
MAX_DEK_CHARS = 600  # characters
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


def placed_pieces(
    pieces: Sequence[Piece], marked: Sequence[HtmlElement], *, title: str | None, title_at: int | None, description: str | None
) -> list[Piece]:
    """Return pieces typed by their places, with title, byline, dek and captions of the page set in.

    title_at     number of the block that shows the title
    description  what the page says of itself in its metas: a heading that says the same is a dek
    """
    own = _with_title([_typed(piece, marked) for piece in pieces], title)
    own = _with_link_lists(_with_dek(own, marked, description), marked)
    taken = {piece.place for piece in own}
    lead = next((piece.place for piece in own if piece.place is not None and piece.type == "paragraph"), None)
    last = max((piece.place for piece in own if piece.place is not None), default=None)
    if lead is None or last is None:
        return own
    start = title_at if title_at is not None and title_at < lead else max(0, lead - HEAD_REACH)
    others = list(_captions(marked, start, last, taken))
    if title and title_at == start and not any(piece.type == "title" for piece in own):
        others.append(Piece(type="title", text=title, place=title_at))
    others += _head([number for number in range(start + 1, min(lead, start + HEAD_REACH)) if number not in taken], own, marked, description)
    return merged(own, others)


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
    if words <= MAX_BYLINE_WORDS and BYLINE_CLASS.search(own):
        return replace(piece, type="byline")
    is_linked = any(parent.tag == "a" for parent in above) or (piece.type != "heading" and linked_share(element) >= ALL_LINKED)
    if (is_linked and words <= MAX_LINKED_WORDS) or PROMO_CLASS.search(own):
        return replace(piece, type="promo")
    return piece


def _with_link_lists(pieces: list[Piece], marked: Sequence[HtmlElement]) -> list[Piece]:
    """Type runs of items that are mostly link: teaser lists whose labels stand outside the link."""
    teasers = {number for number, piece in enumerate(pieces) if _is_teaser(piece, marked)}
    in_runs = {number for number in teasers if {number - 1, number + 1} & teasers}
    return [replace(piece, type="promo") if number in in_runs else piece for number, piece in enumerate(pieces)]


def _is_teaser(piece: Piece, marked: Sequence[HtmlElement]) -> bool:
    if piece.type == "promo":
        return True
    return (
        piece.type == "list_item"
        and piece.place is not None
        and is_title_like(piece.text.rstrip("?!"))
        and linked_share(marked[piece.place]) >= MOSTLY_LINKED
    )


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


def _with_dek(pieces: list[Piece], marked: Sequence[HtmlElement], description: str | None) -> list[Piece]:
    for number, piece in enumerate(pieces[:MAX_TITLE_BLOCKS]):
        if piece.type in ("paragraph", "heading") and piece.place is not None and is_dek(marked[piece.place], piece.text, description):
            return [*pieces[:number], replace(piece, type="dek"), *pieces[number + 1 :]]
        if piece.type == "paragraph":
            break
    return pieces


def _head(numbers: Sequence[int], pieces: list[Piece], marked: Sequence[HtmlElement], description: str | None) -> Iterator[Piece]:
    wanted: dict[str, Callable[[HtmlElement, str, str | None], bool]] = {"dek": is_dek, "byline": is_byline}
    for piece in pieces:
        wanted.pop(piece.type, None)
    for number in numbers:
        text = short_text(marked[number], MAX_DEK_CHARS)
        kind = next((kind for kind, test in wanted.items() if text and test(marked[number], text, description)), None)
        if kind and text:
            wanted.pop(kind)
            yield Piece(type=kind, text=text.replace(PIECE_JOINT, " "), place=number)


def is_byline(element: HtmlElement, text: str, _: str | None = None) -> bool:
    """Tell whether a short block is a byline."""
    said = BY.match(text) is not None and printed_names(text) != ()
    return word_count(text) <= MAX_BYLINE_WORDS and (
        said or (BYLINE_CLASS.search(_names(element)) is not None and is_person(text.split(PIECE_JOINT)[0]))
    )


def is_dek(element: HtmlElement, text: str, description: str | None) -> bool:
    """Tell whether a block at the head of a page is its dek: it is called so, or is a heading that repeats the description."""
    if not MIN_DEK_WORDS <= word_count(text) <= MAX_DEK_WORDS or BY.match(text):
        return False
    parent = element.getparent()
    named = DEK_CLASS.search(_names(element)) or (parent is not None and len(parent) <= 2 and DEK_CLASS.search(_names(parent)))
    return bool(named) or (element.tag in ("h2", "h3") and bool(description) and folded(text) == folded(description or ""))


def _captions(marked: Sequence[HtmlElement], start: int, last: int, taken: set[int | None]) -> Iterator[Piece]:
    seen: set[str] = set()
    for number in range(start, last + 1):
        element = marked[number]
        if number in taken or not (element.tag == "figcaption" or CAPTION_CLASS.search(element.get("class") or "")):
            continue
        text = _text_of(element)
        if (
            text
            and text not in seen
            and word_count(text) <= MAX_CAPTION_WORDS
            and not any(parent.tag in ASIDE_TAGS for parent in islice(element.iterancestors(), ANCESTORS))
        ):
            seen.add(text)
            yield Piece(type="caption", text=text, place=number)


def _text_of(element: HtmlElement) -> str:
    return lines_kept(
        visible(
            unmarked(
                "".join(element.itertext("p", "div", "span", "a", "b", "i", "em", "strong", "figcaption", "small", "cite", element.tag))
            )
        ).replace("\n", " ")
    )
