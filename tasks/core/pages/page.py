"""One page to one article or one refusal: decode once, one tree, gate, votes, body, typed blocks, credits."""

from __future__ import annotations

from datetime import datetime

from lxml.html import HtmlElement

from tasks.core.pages.authors import page_authors
from tasks.core.pages.body import body_pieces
from tasks.core.pages.days import modified_of, published_of
from tasks.core.pages.decode import decoded
from tasks.core.pages.placed import placed_pieces
from tasks.core.pages.printed import around, printed_bylines, title_place
from tasks.core.pages.siblings import left_out, merged
from tasks.core.pages.signs import page_signs
from tasks.core.pages.tree import mark_blocks, parsed_tree
from tasks.core.pages.votes import page_dek, page_title
from tasks.core.records import Article, Block, Given, Reject
from tasks.core.text.credits import read_credits
from tasks.core.text.givens import given_authors, given_date
from tasks.core.text.language import declared_language, guessed_language
from tasks.core.text.lines import typed_blocks
from tasks.core.text.lists import Lists
from tasks.core.text.sections import with_sections
from tasks.core.text.tails import with_tail
from tasks.core.text.urls import site_of


def read_page(
    body: bytes, *, url: str | None, charset: str | None, http_status: int | None, given: Given, lists: Lists, captured_at: datetime | None = None
) -> Article | Reject:
    text = decoded(body, charset)
    tree = parsed_tree(text)
    signs = page_signs(tree, url)
    title = page_title(signs)
    description = page_dek(signs)
    marked = mark_blocks(tree)
    title_at = title_place(marked, title)
    near = around(marked, title_at)
    date = published_of(tree, signs, near, captured_at=captured_at)
    pieces, kept = body_pieces(tree)
    pieces = merged(pieces, left_out(marked, kept, " ".join(piece.text for piece in pieces)))
    pieces = placed_pieces(pieces, marked, title=title, title_at=title_at, description=description)
    blocks = typed_blocks((Block(type=piece.type, text=piece.text) for piece in pieces), lists)
    blocks = with_tail(with_sections(blocks), lists)
    authors = page_authors(signs, printed_bylines(tree, near)) or given_authors(given)
    site = (site_of(url) or None) if url else None
    credits = read_credits(blocks, authors, lists, published=date.day, site=site, is_live_blog=False)
    return Article(
        url=url,
        declared_canonical_url=signs.canonical,
        site=site,
        title=title or given.title,
        dek=next((block.text for block in blocks if block.type == "dek"), None) or description or given.dek,
        authors=authors,
        agency=credits.agency,
        agency_evidence=credits.agency_evidence,
        dateline_place=credits.dateline_place,
        dateline_date=credits.dateline_date,
        republished_from=credits.republished_from,
        contributors=credits.contributors,
        language=declared_language(signs.language, given.language) or guessed_language(" ".join(block.text for block in blocks if block.is_body)),
        blocks=tuple(blocks),
        published_at=date.at,
        published_date=date.day,
        published_raw=date.raw,
        published_source=date.source,
        modified_at=modified_of(signs, captured_at=captured_at),
    )
