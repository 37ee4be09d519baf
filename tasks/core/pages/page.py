"""One page to one article or one refusal: decode once, one tree, gate, votes, body, typed blocks."""

from __future__ import annotations

from datetime import datetime

from lxml.html import HtmlElement, HTMLParser, document_fromstring

from tasks.core.pages.body import body_blocks
from tasks.core.pages.days import modified_of, published_of
from tasks.core.pages.decode import decoded
from tasks.core.pages.signs import page_signs
from tasks.core.pages.votes import page_authors, page_title
from tasks.core.records import Article, Block, Given, Reject
from tasks.core.text.folds import folded
from tasks.core.text.lines import typed_block
from tasks.core.text.lists import Lists


def read_page(
    body: bytes, *, url: str | None, charset: str | None, http_status: int | None, given: Given, lists: Lists, captured_at: datetime | None = None
) -> Article | Reject:
    text = decoded(body, charset)
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    tree = document_fromstring(text.encode("utf-8"), parser=parser)
    signs = page_signs(tree, url)
    title = page_title(signs)
    blocks = [typed for block in body_blocks(tree) for typed in typed_block(block, lists)]
    if title:
        key = folded(title)
        blocks = [Block(type="title", text=b.text) if folded(b.text) == key and n < 3 else b for n, b in enumerate(blocks)]
    date = published_of(tree, signs, captured_at=captured_at)
    return Article(url=url, title=title, authors=page_authors(signs, []), blocks=tuple(blocks), published_at=date.at, published_date=date.day, modified_at=modified_of(signs, captured_at=captured_at))
