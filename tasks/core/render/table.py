"""Rows to a plain table: columns as wide as their widest cell, numbers to the right, nothing wrapped."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import category, east_asian_width

from tasks.core.render.inert import inert_line, shortened

ZERO_WIDTH = frozenset({"Mn", "Me", "Cf"})  # Unicode categories: accents, enclosing marks, joiners
MAX_CELL = 10_000  # characters: wide enough for a pipe, where nothing may be lost to the width of a screen


def table_lines(header: Sequence[str], rows: Sequence[Sequence[object]], *, max_cell: int = MAX_CELL) -> list[str]:
    """Return the lines of a table.

    max_cell     characters after which a cell is cut
    """
    cells = [[shortened(_text(value), max_cell) for value in row] for row in rows]
    names = [inert_line(name) for name in header]
    is_number = [
        bool(rows) and all(isinstance(row[place], int | float) or row[place] is None for row in rows) for place in range(len(header))
    ]
    widths = [max(map(_width, (name, *(row[place] for row in cells)))) for place, name in enumerate(names)]
    lines = [_line(names, widths, is_number), "  ".join("-" * width for width in widths)]
    return lines + [_line(row, widths, is_number) for row in cells]


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _line(cells: Sequence[str], widths: Sequence[int], is_number: Sequence[bool]) -> str:
    padded = [
        " " * (width - _width(cell)) + cell if right else cell + " " * (width - _width(cell))
        for cell, width, right in zip(cells, widths, is_number, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(letter) in "WF" else 0 if category(letter) in ZERO_WIDTH else 1 for letter in text)
