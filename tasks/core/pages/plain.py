"""One text to one article or one refusal: a .txt file, or the `text` of a JSON line."""

from __future__ import annotations

from datetime import datetime

from tasks.core.pages.decode import decoded, is_binary
from tasks.core.records import Article, Block, Given, Reject
from tasks.core.text.bylines import desk_name, printed_names
from tasks.core.text.credits import read_credits
from tasks.core.text.folds import folded, visible
from tasks.core.text.givens import given_authors, given_date
from tasks.core.text.heads import with_head
from tasks.core.text.language import declared_language, guessed_language
from tasks.core.text.lines import typed_blocks
from tasks.core.text.lists import Lists
from tasks.core.text.paragraphs import paragraph_blocks
from tasks.core.text.sections import with_entries, with_sections
from tasks.core.text.tails import with_tail
from tasks.core.text.urls import site_of

MAX_CHARS = 3_000_000  # characters decoded: as for pages
MAX_PARAGRAPHS = 20_000  # paragraphs of a text: as elements of a page


def read_text(
    text_or_bytes: bytes, *, url: str | None, charset: str | None, given: Given, lists: Lists, captured_at: datetime | None = None
) -> Article | Reject:
    """Return the article that a text holds, or why it holds none.

    given        used where the text says nothing; a given title is trusted before a first line that looks like one
    """
    if is_binary(text_or_bytes):
        return Reject(stage="gate", reason="binary", detail="bytes that no text holds")
    if len(text_or_bytes) > 4 * MAX_CHARS:
        return Reject(stage="gate", reason="too_large", detail=f"more than {MAX_CHARS} characters")
    text = visible(decoded(text_or_bytes, charset))
    if not folded(text):
        return Reject(stage="gate", reason="empty", detail="no words")
    if len(text) > MAX_CHARS:
        return Reject(stage="gate", reason="too_large", detail=f"more than {MAX_CHARS} characters")
    paragraphs = paragraph_blocks(text)
    if len(paragraphs) > MAX_PARAGRAPHS:
        return Reject(stage="gate", reason="too_large", detail=f"more than {MAX_PARAGRAPHS} paragraphs")
    blocks, is_live_blog = text_blocks(paragraphs, given.title, lists)
    if not any(block.is_body for block in blocks):
        blocks = [Block(type="paragraph", text=block.text) for block in blocks]
    return _article(blocks, is_live_blog, url, given, lists)


def text_blocks(paragraphs: list[Block], given_title: str | None, lists: Lists) -> tuple[list[Block], bool]:
    """Return the typed blocks of a text, and whether it is a live blog."""
    blocks, is_live_blog = with_entries(paragraphs)
    blocks = with_sections(typed_blocks(blocks, lists))
    return with_tail(with_head(blocks, given_title, lists), lists), is_live_blog


def _article(blocks: list[Block], is_live_blog: bool, url: str | None, given: Given, lists: Lists) -> Article:
    site = (site_of(url) or None) if url else None
    date = given_date(given)
    bylines = [block.text for block in blocks if block.type == "byline"]
    authors = (
        given_authors(given) or next(filter(None, map(printed_names, bylines)), ()) or tuple(filter(None, map(desk_name, bylines[:1])))
    )
    credits = read_credits(blocks, authors, lists, published=date.day, site=site, is_live_blog=is_live_blog)
    return Article(
        url=url,
        site=site,
        title=given.title or _first(blocks, "title"),
        dek=_first(blocks, "dek") or given.dek,
        authors=authors,
        agency=credits.agency,
        agency_evidence=credits.agency_evidence,
        dateline_place=credits.dateline_place,
        dateline_date=credits.dateline_date,
        republished_from=credits.republished_from,
        contributors=credits.contributors,
        language=declared_language(given.language) or guessed_language(" ".join(block.text for block in blocks if block.is_body)),
        blocks=tuple(blocks),
        is_live_blog=is_live_blog,
        published_at=date.at,
        published_date=date.day,
        published_raw=date.raw,
        published_source=given.source if date.raw else None,
    )


def _first(blocks: list[Block], kind: str) -> str | None:
    return next((block.text for block in blocks if block.type == kind), None)
