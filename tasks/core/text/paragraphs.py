"""Plain text to paragraphs: blank lines part them, else line ends do; lines that only wrap are joined again."""

from __future__ import annotations

import re

from tasks.core.records import Block
from tasks.core.text.folds import lines_kept, one_line

BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*|\s_{3,}\s")  # and the rule that AP sets before its notes
WRAPPED_CHARS = range(40, 101)  # characters: lines of mail and of wire printers, usually broken at 65 to 80
BULLET = re.compile(r"\s*[•*·▪‣–-]\s")


def paragraph_blocks(text: str) -> list[Block]:
    """Return the paragraphs of a text in order, bulleted lines as list items."""
    chunks = BLANK_LINES.split(text.replace("\r\n", "\n").replace("\r", "\n").strip())
    lines = [line for chunk in chunks for line in _lines_of(chunk)]
    return [Block(type="list_item" if BULLET.match(line) else "paragraph", text=one_line(line)) for line in lines if line.strip()]


def _lines_of(chunk: str) -> list[str]:
    lines = lines_kept(chunk).split("\n")
    if len(lines) > 1 and all(len(line) in WRAPPED_CHARS for line in lines[:-1]) and not any(BULLET.match(line) for line in lines):
        return [" ".join(lines)]
    return lines
