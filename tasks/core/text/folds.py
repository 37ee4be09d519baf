"""Strings as printed to strings that compare: spaces, case, accents and punctuation folded."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

SPACES = re.compile(r"[ \t\r\f\v\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
ALL_SPACES = re.compile(r"\s+")
INVISIBLE = re.compile("[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
MARKS = re.compile("([\u0300-\u036f]{30})[\u0300-\u036f]+")  # normalizing is quadratic in them; 30 are enough: Unicode Annex 15 section 13
NOT_WORD = re.compile(r"[\W_]+")
CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]")
CJK_CHARS_A_WORD = 2  # characters: scripts without spaces, about what a dictionary segments


def one_line(text: str) -> str:
    """Return a text on one line, its runs of space as single ones."""
    return ALL_SPACES.sub(" ", text).strip()


def lines_kept(text: str) -> str:
    """Return a text with its line breaks, but neither blank lines nor runs of spaces."""
    lines = (SPACES.sub(" ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def visible(text: str) -> str:
    """Return a text in NFC without soft hyphens, zero-width characters and direction marks."""
    return unicodedata.normalize("NFC", text if text.isascii() else MARKS.sub(r"\1", INVISIBLE.sub("", text)))


@lru_cache(maxsize=1)
def _without_accents() -> dict[int, None]:
    return {code: None for code in range(0x300, 0x10000) if unicodedata.combining(chr(code))}


def folded(text: str) -> str:
    """Return the words of a text without case, accents and punctuation, to compare by."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).translate(_without_accents())
    return NOT_WORD.sub(" ", text.casefold()).strip()


def word_count(text: str) -> int:
    """Return how many words a text has, scripts without spaces counted by characters."""
    unspaced = len(CJK.findall(text))
    return len(CJK.sub(" ", text).split()) + unspaced // CJK_CHARS_A_WORD
