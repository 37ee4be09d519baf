"""What kind of line a line is, seen alone: promo, time, button, credit, caption, comment prompt, video, or body.

The patterns are a newsroom's table (seeds/boilerplate.csv); only captions with a credit in brackets are known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tasks.core.records import Block
from tasks.core.text.folds import word_count
from tasks.core.text.lists import Lists

MAX_PATTERN_CHARS = 280  # characters: a longer line is prose whatever it says
CREDIT_WORDS = (
    r"getty|afp|reuters|associated press|\bap\b|ap photo|ap images|epa|efe|shutterstock|nurphoto|istock|imago|dpa|picture alliance|xinhua|tass|"
    r"bloomberg|file photo|file image|photo by|photo courtesy|courtesy of|handout|via ap|zuma|sipa|anadolu|alamy|upi|tns|press association|pa wire|"
    r"the canadian press|cbc|unsplash|pixabay|pexels|photograph:|screenshot|maxar|image:|photo:|foto:|bild:"
)  # fmt: skip
TRAILING_CREDIT = re.compile(rf"\s*([(\[][^()\[\]]{{0,80}}(?<!\w)(?:{CREDIT_WORDS})(?!\w)[^()\[\]]{{0,60}}[)\]])[.\s]*$", re.IGNORECASE)
LINE_TYPES = frozenset({"paragraph", "heading", "list_item", "quote"})
MAX_CAPTION_WORDS = 80  # words before a credit in brackets


def line_type(text: str, lists: Lists) -> str | None:
    """Return the type of a line that is no body whatever stands around it, None where it may be body."""
    if len(text) > MAX_PATTERN_CHARS or "\n" in text:
        return None
    stripped = text.strip(" •*·►▶▸»>-–—|")
    if not any(character.isalnum() for character in text):
        return "junk"
    return next((kind for pattern, kind in lists.line_patterns if pattern.match(stripped)), None)


def caption_parts(text: str) -> tuple[str, str] | None:
    """Return (caption, credit) of a paragraph that ends with a photo credit in brackets, None of any other."""
    found = TRAILING_CREDIT.search(text)
    if not found or "\n" in text or word_count(text) > MAX_CAPTION_WORDS:
        return None
    return text[: found.start()].strip(), found[1]


def typed_blocks(blocks: Iterable[Block], lists: Lists) -> list[Block]:
    """Return blocks typed by what each of them is, seen alone."""
    return [typed for block in blocks for typed in typed_block(block, lists)]


def typed_block(block: Block, lists: Lists) -> Iterator[Block]:
    """Yield a block as what it is: itself, one of another type, or a caption and its credit."""
    parts = caption_parts(block.text) if block.type in ("paragraph", "list_item") else None
    if parts:
        if parts[0]:
            yield Block(type="caption", text=parts[0], entry_no=block.entry_no)
        yield Block(type="photo_credit", text=parts[1], entry_no=block.entry_no)
        return
    kind = line_type(block.text, lists) if block.type in LINE_TYPES else None
    yield Block(type=kind, text=block.text, entry_no=block.entry_no) if kind else block
