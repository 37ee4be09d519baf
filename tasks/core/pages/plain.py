"""One text to one article or one refusal: a .txt file, or the `text` of a JSON line."""

from __future__ import annotations

from datetime import datetime

from tasks.core.pages.decode import decoded
from tasks.core.records import Article, Given, Reject
from tasks.core.text.folds import lines_kept, visible, word_count
from tasks.core.text.lines import typed_block
from tasks.core.text.lists import Lists
from tasks.core.text.paragraphs import paragraph_blocks
from tasks.core.text.times import iso_parts
from tasks.core.text.urls import site_of

MAX_CHARS = 3_000_000  # characters: a longer one is no article


def read_text(body: bytes, *, url: str | None, charset: str | None, given: Given, lists: Lists, captured_at: datetime | None = None) -> Article | Reject:
    """Return the article that a text holds, or why it holds none. Never raises."""
    if b"\0" in body[:4096] and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Reject(stage="gate", reason="binary", detail="bytes that no text holds")
    text = visible(decoded(body, charset))
    if not word_count(lines_kept(text)):
        return Reject(stage="gate", reason="empty", detail="no words")
    if len(text) > MAX_CHARS:
        return Reject(stage="gate", reason="too_large", detail=f"more than {MAX_CHARS} characters")
    blocks = tuple(typed for block in paragraph_blocks(text) for typed in typed_block(block, lists))
    parts = iso_parts(given.published) if given.published else None
    return Article(
        url=url,
        site=site_of(url) or None if url else None,
        title=given.title,
        dek=given.dek,
        authors=given.authors,
        language=given.language,
        blocks=blocks,
        published_at=parts[1] if parts else None,
        published_date=parts[0] if parts else None,
        published_raw=given.published,
        published_source="given" if given.published else None,
    )
