"""What changed between two versions, word by word: [old → new] with the words around it, [+ new], [− old]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby

from tasks.core.render.inert import inert_line

CONTEXT_WORDS = 5  # words kept around a change
MAX_WORDS = 4_000  # words a side: beyond, the sides are shown whole


def change_lines(changes: Sequence[tuple[str, str]]) -> list[str]:
    """Return a line for each stretch of changes that stand close together.

    changes      ("added" or "removed", text), in order; what replaces something follows it
    """
    lines: list[str] = []
    gone: list[str] = []
    for side, group in groupby(changes, key=lambda change: change[0]):
        words = " ".join(inert_line(text) for _, text in group).split()
        if side == "removed":
            lines += _lines(gone, [])
            gone = words
        else:
            lines += _lines(gone, words)
            gone = []
    return [*lines, *_lines(gone, [])]


def _lines(before: list[str], after: list[str]) -> Iterator[str]:
    if not before and not after:
        return
    if max(len(before), len(after)) > MAX_WORDS:
        yield _marked(before, after)
        return
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    if not any(tag == "equal" and to - start >= CONTEXT_WORDS for tag, start, to, _, _ in codes):
        yield _marked(before, after)
        return
    line: list[str] = []
    for place, (tag, from_a, to_a, from_b, to_b) in enumerate(codes):
        if tag != "equal":
            line.append(_marked(before[from_a:to_a], after[from_b:to_b]))
            continue
        kept = after[from_b:to_b]
        is_first, is_last = place == 0, place == len(codes) - 1
        if len(kept) <= 2 * CONTEXT_WORDS and not is_first and not is_last:
            line += kept
            continue
        if not is_first:
            yield " ".join([*line, *kept[:CONTEXT_WORDS], "…"])
        line = [] if is_last else ["…", *kept[-CONTEXT_WORDS:]] if len(kept) > CONTEXT_WORDS else list(kept)
    if any(word.startswith("[") for word in line):
        yield " ".join(line)


def _marked(before: Sequence[str], after: Sequence[str]) -> str:
    if before and after:
        return f"[{' '.join(before)} → {' '.join(after)}]"
    return f"[+ {' '.join(after)}]" if after else f"[− {' '.join(before)}]"
