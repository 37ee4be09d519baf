"""One page to one article or one refusal: decode once, one tree, gate, votes, body, typed blocks, credits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from lxml.html import HtmlElement

from tasks.core.pages.authors import page_authors
from tasks.core.pages.body import Piece, body_pieces
from tasks.core.pages.days import PageDate, modified_of, published_of
from tasks.core.pages.decode import decoded, sound_source
from tasks.core.pages.gate import page_refusal, payload_refusal, shape_of
from tasks.core.pages.json_ld import live_node
from tasks.core.pages.live import live_entries, with_live_entries
from tasks.core.pages.placed import placed_pieces
from tasks.core.pages.printed import around, printed_bylines, title_place
from tasks.core.pages.rescue import embedded_pieces, head_of, plain_paragraphs
from tasks.core.pages.siblings import left_out, merged
from tasks.core.pages.signs import Signs, page_signs, text_in
from tasks.core.pages.tree import MAX_CHARS, MAX_ELEMENTS, bared, is_within_limits, lightened, mark_blocks, parsed_tree, strip_unread
from tasks.core.pages.votes import page_dek, page_title
from tasks.core.records import Article, Block, Given, Reject
from tasks.core.text.credits import read_credits
from tasks.core.text.folds import folded
from tasks.core.text.givens import given_authors, given_date
from tasks.core.text.heads import with_lines
from tasks.core.text.language import declared_language, guessed_language
from tasks.core.text.lines import typed_blocks
from tasks.core.text.lists import Lists
from tasks.core.text.sections import with_entries, with_sections
from tasks.core.text.tails import with_tail
from tasks.core.text.urls import site_of

MAX_PAGE_TEXT_CHARS = 4_000  # characters of a page without a body that the gate looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of one page before it is made an article."""

    signs: Signs
    title: str | None
    blocks: list[Block]
    authors: tuple[str, ...]
    date: PageDate
    is_live_blog: bool = False


def read_page(
    body: bytes,
    *,
    url: str | None,
    charset: str | None,
    given: Given,
    lists: Lists,
    captured_at: datetime | None = None,
) -> Article | Reject:
    """Return the article that a page holds, or why it holds none.

    charset      as HTTP or the caller declares it
    given        what came beside the page: used where the page itself is silent
    captured_at  a page cannot be dated after it
    """
    found = _read(body, url, charset, lists, captured_at)
    return found if isinstance(found, Reject) else _article(found, url, given, lists, captured_at)


def _read(body: bytes, url: str | None, charset: str | None, lists: Lists, captured_at: datetime | None) -> Reading | Reject:
    refusal = payload_refusal(body)
    if refusal:
        return refusal
    text = decoded(body, charset)
    if len(text) > MAX_CHARS:
        text = lightened(text)
    if len(text) > MAX_CHARS:
        return Reject(stage="gate", reason="too_large", detail=f"more than {MAX_CHARS} characters")
    text = sound_source(bared(text))
    tree = parsed_tree(text)
    if tree is None:
        return Reject(stage="extract", reason="empty", detail="no markup and no text")
    if not is_within_limits(tree):
        return _read_cheaply(text, url, lists, captured_at)
    return _read_fully(text, tree, url, lists, captured_at)


def _read_fully(text: str, tree: HtmlElement, url: str | None, lists: Lists, captured_at: datetime | None) -> Reading | Reject:
    signs = page_signs(tree, url)
    title = page_title(signs)
    strip_unread(tree)
    marked = mark_blocks(tree)
    title_at = title_place(marked, title)
    near = around(marked, title_at)
    pieces = _pieces(text, tree, marked)
    shown = "" if pieces else text_in(tree)[:MAX_PAGE_TEXT_CHARS]
    last = max((piece.place for piece in pieces if piece.place is not None), default=None)
    refusal = page_refusal(signs, texts=[piece.text for piece in pieces], page_text=shown, shape=lambda: shape_of(tree, marked, last))
    if refusal:
        return refusal
    pieces = placed_pieces(pieces, marked, title=title, title_at=title_at, description=page_dek(signs))
    node = live_node(list(signs.nodes))
    blocks, is_live_blog = with_entries([Block(type=piece.type, text=piece.text) for piece in pieces])
    blocks = with_tail(with_lines(with_sections(typed_blocks(with_live_entries(blocks, live_entries(node)), lists))), lists)
    bylines = (block.text for block in blocks if block.type == "byline")
    return Reading(
        signs=signs,
        title=title,
        blocks=blocks,
        authors=page_authors(signs, chain(printed_bylines(tree, near), bylines)),
        date=published_of(tree, signs, near, captured_at=captured_at),
        is_live_blog=is_live_blog or node is not None,
    )


def _pieces(text: str, tree: HtmlElement, marked: list[HtmlElement]) -> list[Piece]:
    pieces, kept = body_pieces(tree)
    others = left_out(marked, kept, " ".join(piece.text for piece in pieces))
    return merged(pieces, others) or embedded_pieces(text)


def _read_cheaply(text: str, url: str | None, lists: Lists, captured_at: datetime | None) -> Reading | Reject:
    paragraphs = plain_paragraphs(text)
    head = head_of(text)
    if paragraphs is None or head is None:
        return Reject(stage="extract", reason="too_deep", detail="elements nest deeper than can be read")
    if len(paragraphs) > MAX_ELEMENTS:
        return Reject(stage="gate", reason="too_large", detail=f"more than {MAX_ELEMENTS} paragraphs")
    signs = page_signs(head, url)
    refusal = page_refusal(signs, texts=paragraphs, page_text="")
    if refusal:
        return refusal
    blocks = with_tail(with_sections(typed_blocks((Block(type="paragraph", text=paragraph) for paragraph in paragraphs), lists)), lists)
    return Reading(
        signs=signs,
        title=page_title(signs),
        blocks=blocks,
        authors=page_authors(signs, ()),
        date=published_of(head, signs, [], captured_at=captured_at),
    )


def _article(found: Reading, url: str | None, given: Given, lists: Lists, captured_at: datetime | None) -> Article:
    signs, site = found.signs, (site_of(url) or None) if url else None
    date = found.date if found.date.day else _given_date(given, found.date)
    authors = found.authors or given_authors(given)
    credits = read_credits(found.blocks, authors, lists, published=date.day, site=site, is_live_blog=found.is_live_blog)
    return Article(
        url=url,
        declared_canonical_url=signs.canonical,
        site=site,
        title=found.title or given.title,
        dek=_dek(found) or given.dek,
        authors=authors,
        agency=credits.agency,
        agency_evidence=credits.agency_evidence,
        dateline_place=credits.dateline_place,
        dateline_date=credits.dateline_date,
        republished_from=credits.republished_from,
        contributors=credits.contributors,
        language=declared_language(signs.language, given.language) or guessed_language(" ".join(_body_texts(found.blocks))),
        blocks=tuple(found.blocks),
        is_live_blog=found.is_live_blog,
        published_at=date.at,
        published_date=date.day,
        published_raw=date.raw,
        published_source=date.source,
        modified_at=modified_of(signs, captured_at=captured_at),
    )


def _given_date(given: Given, read: PageDate) -> PageDate:
    date = given_date(given)
    return PageDate(day=date.day, at=date.at, raw=date.raw, source=given.source) if date.raw else read


def _dek(found: Reading) -> str | None:
    printed = next((block.text for block in found.blocks if block.type == "dek"), None)
    if printed:
        return printed
    description = page_dek(found.signs)
    lead = folded(next(_body_texts(found.blocks), ""))
    return None if description is None or lead.startswith(folded(description.rstrip(" .…"))) else description


def _body_texts(blocks: Sequence[Block]) -> Iterator[str]:
    return (block.text for block in blocks if block.is_body)
