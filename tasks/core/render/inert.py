"""Text of others made safe to print: nothing in it moves the cursor, changes colours, turns direction or starts a formula."""

from __future__ import annotations

import re

# C0 but tab and line feed, DEL, C1; marks, overrides and isolates of direction (UAX 9) and what became of them; line and paragraph
# separators; the byte order mark; surrogates, which stand for bytes of a name that are no UTF-8
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ud800-\udfff]")
SPACE = re.compile(r"\s+")
FORMULA = re.compile(r"[\t\r\n]|[\x00-\x20\ufeff]*[=+\-@＝＋－＠]")  # OWASP, "CSV Injection": wide forms too, and what an import trims


def inert(text: str) -> str:
    """Return a text whose control characters and direction marks show as a replacement character."""
    return CONTROL.sub("\ufffd", text)


def inert_line(text: str) -> str:
    """Return the same on one line."""
    return SPACE.sub(" ", inert(text)).strip()


def shortened(text: str, chars: int) -> str:
    """Return a line of at most so many characters, an ellipsis where it was cut."""
    line = inert_line(text)
    return line if len(line) <= chars else line[: max(0, chars - 1)].rstrip() + "…"


def inert_json(text: str) -> str:
    """Return JSON text whose control characters and direction marks are escaped: the same values, nothing a terminal obeys."""
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def defused(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return "'" + text if FORMULA.match(text) else text
