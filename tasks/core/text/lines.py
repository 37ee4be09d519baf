"""What kind of line a line is, seen alone: promo, time, button, credit, caption, comment prompt, video, or body.

The patterns are a newsroom's table (seeds/boilerplate.csv); only captions with a credit in brackets are known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tasks.core.records import Block
from tasks.core.text.contributors import sentences
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
INLINE_CREDIT = re.compile(
    r"(?<=[.!?\w”’\"])\s+(\((?:(?:AP|EPA|Reuters|AFP|File|Courtesy)?\s?Photo(?: by|s by|/|:)?[^()]{2,70}|[^()]{2,60}/(?:Getty(?: Images)?|AFP|AP|Reuters|EPA|EFE|NurPhoto|TNS|Bloomberg|Anadolu|The Associated Press)[^()]{0,40}|"
    r"[^()]{2,60}\bGetty Images[^()]{0,20})\))\s+(?=[“\"‘(]?[A-ZÀ-Þ])"
)  # of two parts at least, so that a "(Reuters)" in prose is none
MAX_CAPTION_WORDS = 80  # words before a credit in brackets


def line_type(text: str, lists: Lists) -> str | None:
    """Return the type of a line that is no body whatever stands around it, None where it may be body."""
    if len(text) > MAX_PATTERN_CHARS or "\n" in text:
        return None
    stripped = text.strip(" •*·►▶▸»>-–—|")
    if not any(character.isalnum() for character in text):
        return "junk"
    return next((kind for pattern, kind in lists.line_patterns if pattern.match(stripped)), None)


def with_credits_split(block: Block) -> Iterator[Block]:
    """Yield a paragraph in parts where photo credits are run into it, as in texts without line breaks."""
    at = 0
    for found in INLINE_CREDIT.finditer(block.text) if block.type == "paragraph" else ():
        *prose, caption = sentences(block.text[at : found.start()].strip()) or [""]
        yield from (replace(block, type=kind, text=text) for kind, text in (("paragraph", " ".join(prose)), ("caption", caption)) if text)
        yield replace(block, type="photo_credit", text=found[1])
        at = found.end()
    if rest := block.text[at:].strip():
        yield replace(block, text=rest)


def caption_parts(text: str, lists: Lists) -> tuple[str, str] | None:
    """Return (caption, credit) of a paragraph that ends with a photo credit in brackets, None of any other.

    An agency alone in brackets is none: reports end with it.
    """
    found = TRAILING_CREDIT.search(text)
    if not found or "\n" in text or word_count(text) > MAX_CAPTION_WORDS:
        return None
    if all(part.strip() in lists.agency_by_tag for part in re.split(r"[/,&]|\band\b", found[1].strip("()[]"))):
        return None
    return text[: found.start()].strip(), found[1]


def typed_blocks(blocks: Iterable[Block], lists: Lists) -> list[Block]:
    """Return blocks typed by what each of them is, seen alone."""
    return [typed for block in blocks for part in with_credits_split(block) for typed in typed_block(part, lists)]


def typed_block(block: Block, lists: Lists) -> Iterator[Block]:
    """Yield a block as what it is: itself, one of another type, or a caption and its credit."""
    parts = caption_parts(block.text, lists) if block.type in ("paragraph", "list_item") else None
    if parts:
        if parts[0]:
            yield Block(type="caption", text=parts[0], entry_no=block.entry_no)
        yield Block(type="photo_credit", text=parts[1], entry_no=block.entry_no)
        return
    kind = line_type(block.text, lists) if block.type in LINE_TYPES else None
    yield Block(type=kind, text=block.text, entry_no=block.entry_no) if kind else block
