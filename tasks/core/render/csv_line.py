"""Cells to a line of CSV as RFC 4180 quotes them, ended by a line feed.

The standard module leaves a carriage return unquoted where lines end otherwise (until Python 3.13), and readers then break the row there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

QUOTED = re.compile(r'[",\r\n]')


def csv_line(cells: Sequence[str]) -> str:
    """Return a line; one of a single empty cell is quoted, because readers skip empty lines."""
    if list(cells) == [""]:
        return '""\n'
    return ",".join('"' + cell.replace('"', '""') + '"' if QUOTED.search(cell) else cell for cell in cells) + "\n"
