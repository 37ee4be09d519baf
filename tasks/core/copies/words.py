"""Where the words of a text lie, by the class of each character: vectors instead of a pattern, for speed.

A word is a run of letters and digits, marks and inner apostrophes included. In scripts without spaces every character
is a word.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

DROPPED = frozenset("'’‘`´ʼ＇\u00ad\u200b\u200c\u200d\u2060\ufeff")  # stand inside words without parting them
UNSPACED = (  # first and last character: Thai, Lao, Burmese, Khmer, kana, Han
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FA), (0x30FC, 0x30FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
MARKS = (  # first and last character: they combine with a letter, yet are no letters to Python
    (0x0300, 0x036F), (0x0591, 0x05BD), (0x064B, 0x065F), (0x0670, 0x0670), (0x0900, 0x0963), (0x0966, 0x0DFF),
)  # fmt: skip


class Kind(IntEnum):
    OTHER = 0
    WORD = 1
    INNER = 2  # part of a word if it has letters on both sides
    SINGLE = 3  # a word of its own


def _kind(code: int) -> Kind:
    letter = chr(code)
    if letter in DROPPED:
        return Kind.INNER
    if any(first <= code <= last for first, last in UNSPACED):
        return Kind.SINGLE
    is_word = letter.isalnum() or any(first <= code <= last for first, last in MARKS)
    return Kind.WORD if is_word else Kind.OTHER


ASCII_KINDS = np.array([_kind(code) for code in range(128)], np.uint8)


def code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def word_spans(codes: NDArray[np.uint32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the first character of each word, and the one after its last."""
    kinds = _kinds(codes)
    is_word = kinds == Kind.WORD
    if (kinds == Kind.INNER).any():
        is_word |= _is_within(kinds)
    is_single = kinds == Kind.SINGLE
    before, after = np.zeros_like(is_word), np.zeros_like(is_word)
    before[1:], after[:-1] = is_word[:-1], is_word[1:]
    starts = np.flatnonzero((is_word & ~before) | is_single)
    ends = np.flatnonzero((is_word & ~after) | is_single) + 1
    return starts.astype(np.int32), ends.astype(np.int32)


def _kinds(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    kinds = ASCII_KINDS[np.minimum(codes, 127)]
    places = np.flatnonzero(codes > 127)
    if len(places):
        known: dict[int, Kind] = {}
        for place, code in zip(places.tolist(), codes[places].tolist(), strict=True):
            kind = known.get(code)
            if kind is None:
                kind = known[code] = _kind(code)
            kinds[place] = kind
    return kinds


def _is_within(kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Mark the inner characters whose next neighbours of another kind are letters on both sides."""
    places = np.flatnonzero(kinds == Kind.INNER)
    is_first = np.ones(len(places) + 1, np.bool_)  # of a run of inner characters; one more ends the last
    is_first[1:-1] = places[1:] > places[:-1] + 1
    before, after = kinds[np.maximum(places - 1, 0)], kinds[np.minimum(places + 1, len(kinds) - 1)]
    firsts = np.flatnonzero(is_first)
    is_held = (before[firsts[:-1]] == Kind.WORD) & (after[firsts[1:] - 1] == Kind.WORD)
    within = np.zeros(len(kinds), np.bool_)
    within[places] = np.repeat(is_held, np.diff(firsts))
    return within
