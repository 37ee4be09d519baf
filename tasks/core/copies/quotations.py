"""Where a text quotes: the stretches between double quotation marks, paragraph by paragraph.

An opening mark without a closing one quotes to the end of its paragraph (a speech that goes on in the next one opens
again there). Marks that open in one language and close in another (straight, guillemets, ”) do what stands beside them
says. Single marks are taken for apostrophes.
"""

from __future__ import annotations

import re

MARK = re.compile('["“”„‟«»「」『』＂\n]')
OPENING = frozenset("“„‟「『")  # wherever they stand
CLOSED_BY = {"„": '“”"', "»": '«»"'}  # what closes a mark; others are closed by any that is not in NEVER_CLOSING
NEVER_CLOSING = frozenset("“„‟«「『")
BEFORE_OPENING = frozenset(" \t\xa0\u202f\n([{-–—/'‘")


def quoted_stretches(text: str) -> list[tuple[int, int]]:
    """Return the quoted stretches [from, to) of a text, in order and disjoint. Paragraphs end with a line feed."""
    stretches: list[tuple[int, int]] = []
    opened: int | None = None
    for match in MARK.finditer(text):
        place = match.start()
        if opened is None:
            opened = place if _opens(text, place) else None
        elif _closes(text[place], text[opened]):
            stretches.append((opened, place))
            opened = None
    if opened is not None:
        stretches.append((opened, len(text)))
    return stretches


def _closes(mark: str, opening: str) -> bool:
    if mark == "\n":
        return True
    closing = CLOSED_BY.get(opening)
    return mark in closing if closing else mark not in NEVER_CLOSING


def _opens(text: str, place: int) -> bool:
    mark = text[place]
    if mark in "\n」』":
        return False
    if mark in OPENING:
        return True
    before = text[place - 1] if place else "\n"
    after = text[place + 1] if place + 1 < len(text) else "\n"
    return before in BEFORE_OPENING and (mark == "«" or not after.isspace())
