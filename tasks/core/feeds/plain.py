"""Titles, summaries and names of feeds as plain text: tags out, references read, white space run together. What stood in a script stays as inert words."""

from __future__ import annotations

import html
import re

from tasks.core.pages.tree import INLINE_TAGS

TAG = re.compile(r"<[/!?]?([a-zA-Z-][a-zA-Z0-9-]*)[^<>]*>")

ADDRESS_AND_NAME = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\s*\(([^()]+)\)")  # RSS 2.0: lawyer@boyer.net (Lawyer Boyer)
NAME_AND_ADDRESS = re.compile(r"([^<>@()]*[^<>@()\s])\s*[<(][^\s@]{1,64}@[^\s@]{1,255}[>)]")


def plain_text(text: str, *, is_html: bool) -> str | None:
    """Return a text on one line, None where nothing is left of it."""
    if is_html:
        text = html.unescape(TAG.sub(lambda tag: "" if tag[1].lower() in INLINE_TAGS else " ", text))
    return " ".join(text.split()) or None


def plain_name(line: str) -> str | None:
    """Return the name in an author's line, its address where there is no name, None where there is neither."""
    text = plain_text(line, is_html=False) or ""
    found = ADDRESS_AND_NAME.fullmatch(text) or NAME_AND_ADDRESS.fullmatch(text)
    return plain_text(found[1] if found else text, is_html=True)
