"""One page to one article or one refusal: decode once, one tree, gate, votes, body, typed blocks."""

from __future__ import annotations

from datetime import datetime

from tasks.core.pages.authors import page_authors
from tasks.core.pages.body import body_pieces
from tasks.core.pages.days import modified_of, published_of
from tasks.core.pages.decode import decoded
from tasks.core.pages.siblings import left_out, merged
from tasks.core.pages.signs import page_signs
from tasks.core.pages.tree import mark_blocks, parsed_tree
from tasks.core.pages.votes import page_dek, page_title
from tasks.core.records import Article, Block, Given, Reject
from tasks.core.text.folds import folded
from tasks.core.text.lines import typed_block
from tasks.core.text.lists import Lists
from tasks.core.text.urls import site_of


def read_page(
    body: bytes, *, url: str | None, charset: str | None, http_status: int | None, given: Given, lists: Lists, captured_at: datetime | None = None
) -> Article | Reject:
    text = decoded(body, charset)
    tree = parsed_tree(text)
    signs = page_signs(tree, url)
    title = page_title(signs)
    date = published_of(tree, signs, captured_at=captured_at)
    marked = mark_blocks(tree)
    pieces, kept = body_pieces(tree)
    pieces = merged(pieces, left_out(marked, kept, " ".join(x.text for x in pieces)))
    blocks = [typed for p in pieces for typed in typed_block(Block(type=p.type,text=p.text), lists)]
    if title:
        key = folded(title)
        blocks = [Block(type="title", text=b.text) if folded(b.text) == key and n < 3 else b for n, b in enumerate(blocks)]
    return Article(
        url=url,
        declared_canonical_url=signs.canonical,
        site=site_of(url) or None if url else None,
        title=title or given.title,
        dek=page_dek(signs) or given.dek,
        authors=page_authors(signs, []) or given.authors,
        language=(signs.language or given.language or "")[:2] or None,
        blocks=tuple(blocks),
        published_at=date.at,
        published_date=date.day,
        published_raw=date.raw,
        published_source=date.source,
        modified_at=modified_of(signs, captured_at=captured_at),
    )
