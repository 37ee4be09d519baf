"""Text of pages that the full reading cannot take or find: too large, too deep, or sent as a string within a script."""

from __future__ import annotations

import json
import re

from lxml.html import HtmlElement
from resiliparse.extract.html2text import extract_plain_text

from tasks.core.pages.body import Piece
from tasks.core.pages.tree import bared, is_within_limits, nesting, parsed_tree
from tasks.core.text.folds import lines_kept, one_line, visible

MAX_NESTING = 4_000  # levels that resiliparse reads in .4 s; it is quadratic in them
MAX_LEVELS = 50_000_000  # depths of all tags together, which it reads in 2 s
MAX_HEAD_CHARS = 400_000  # characters searched for the end of a page's head
STRING = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"|\Z|\\)', re.DOTALL)  # an open one is taken to its end, so that none is read twice
MIN_STRING_CHARS = 200  # characters of a string that may be an article
PARAGRAPHS = re.compile(r"(?:\\u003c|<)p[ >\\]", re.IGNORECASE)
MIN_PARAGRAPHS = 2  # paragraphs that make a string an article
MAX_ROUNDS = 2  # a string within a string within a script
TYPES = {"p": "paragraph", "li": "list_item", "blockquote": "quote", "h2": "heading", "h3": "heading", "h4": "heading"}


def plain_paragraphs(text: str) -> list[str] | None:
    """Return the paragraphs that a flat reading finds in a page, None where it nests too deep even for that."""
    deepest, levels = nesting(text)
    if deepest > MAX_NESTING or levels > MAX_LEVELS:
        return None
    plain = extract_plain_text(text, preserve_formatting=True, main_content=True, alt_texts=False, list_bullets=False)
    return [line for part in plain.split("\n\n") if (line := one_line(visible(part)))]


def head_of(text: str) -> HtmlElement | None:
    """Return the tree of a page's head alone."""
    end = text.find("</head", 0, MAX_HEAD_CHARS)
    return parsed_tree(text[: end if end >= 0 else MAX_HEAD_CHARS // 10] + "</head><body></body></html>")


def embedded_pieces(text: str) -> list[Piece]:
    """Return the article that a script holds as a string of HTML, for pages that only scripts would fill. Linear."""
    for _ in range(MAX_ROUNDS):
        found = max(
            (string for string in STRING.findall(text) if len(string) >= MIN_STRING_CHARS),
            key=lambda string: len(PARAGRAPHS.findall(string)),
            default="",
        )
        if len(PARAGRAPHS.findall(found)) < MIN_PARAGRAPHS:
            return []
        try:
            text = str(json.loads(f'"{found}"', strict=False))
        except ValueError:
            return []
        if "<p" in text:
            break
    tree = parsed_tree(f"<html><body>{bared(text)}</body></html>")
    return [] if tree is None or not is_within_limits(tree) else [piece for element in tree.iter(*TYPES) if (piece := _piece(element)).text]


def _piece(element: HtmlElement) -> Piece:
    is_caption = any("caption" in (parent.get("class") or "") for parent in element.iterancestors())
    return Piece(type="caption" if is_caption else TYPES[str(element.tag)], text=lines_kept(visible("".join(element.itertext()))))
