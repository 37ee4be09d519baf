"""Which words of a text are still there in its next version: pairs of words, one to one, moved runs included.

Equal runs of five words pair wherever they stand, the longest first; between two of them that are neighbours in both
texts, words pair in order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tasks.core.copies.fingerprints import BASE, SHINGLE_WORDS, shingles_of

Hashes = NDArray[np.uint64]

GAP_SHARE = 0.5  # of the words of the shorter side of a gap that must stay, else all of it is new: chosen
MAX_GAP_WORDS = 10_000  # longer stretches without five equal words in a row are new, which bounds the cost: chosen


def kept_words(before: Hashes, after: Hashes) -> int:
    """Return how many words of one text stand in the other, wherever whole runs of them were moved to."""
    partners = _partners(before, after)
    places = np.flatnonzero(partners >= 0)
    kept = len(places)
    taken = np.zeros(len(before) + 1, np.int64)
    taken[partners[places] + 1] = 1
    taken = np.cumsum(taken)
    ends_b = [-1, *places.tolist(), len(after)]
    ends_a = [-1, *partners[places].tolist(), len(before)]
    for rank in np.flatnonzero(np.diff(ends_b) > 1).tolist():
        from_a, to_a = ends_a[rank] + 1, ends_a[rank + 1]
        if from_a < to_a and taken[from_a] == taken[to_a]:
            kept += _kept_in_gap(before[from_a:to_a], after[ends_b[rank] + 1 : ends_b[rank + 1]])
    return kept


def _partners(before: Hashes, after: Hashes) -> NDArray[np.int64]:
    """Return for each word of `after` its place in `before`, -1 for none: by shared runs, the longest first."""
    _, places_a, places_b = np.intersect1d(_told_apart(before), _told_apart(after), assume_unique=True, return_indices=True)
    order = np.argsort(places_b)
    places_a, places_b = places_a[order], places_b[order]
    is_first = np.ones(len(places_b), np.bool_)
    is_first[1:] = (np.diff(places_b) != 1) | (np.diff(places_a) != 1)
    firsts = np.flatnonzero(is_first)
    lengths = np.diff(np.append(firsts, len(places_b))) + SHINGLE_WORDS - 1
    partners = np.full(len(after), -1, np.int64)
    is_free = np.ones(len(before), np.bool_)
    for rank in np.lexsort((places_a[firsts] + places_b[firsts], -lengths)).tolist():
        run_a = np.arange(lengths[rank]) + places_a[firsts[rank]]
        run_b = np.arange(lengths[rank]) + places_b[firsts[rank]]
        is_open = is_free[run_a] & (partners[run_b] < 0)
        partners[run_b[is_open]] = run_a[is_open]
        is_free[run_a[is_open]] = False
    return partners


def _told_apart(hashes: Hashes) -> Hashes:
    """Return the shingles of a text, the second occurrence of one made different from the first, and so on."""
    shingles = shingles_of(hashes)
    order = np.argsort(shingles, kind="stable")
    ranked = shingles[order]
    places = np.arange(len(ranked))
    is_first = np.ones(len(ranked), np.bool_)
    is_first[1:] = ranked[1:] != ranked[:-1]
    occurrence = places - np.maximum.accumulate(np.where(is_first, places, 0))
    shingles[order] += occurrence.astype(np.uint64) * np.uint64(BASE)
    return shingles


def _kept_in_gap(before: Hashes, after: Hashes) -> int:
    if max(len(before), len(after)) > MAX_GAP_WORDS:
        return 0
    kept = common_words(before, after)
    return kept if kept >= GAP_SHARE * min(len(before), len(after)) else 0


def common_words(before: Hashes, after: Hashes) -> int:
    """Return the length of the longest common subsequence, with a bit for each word of `before`.

    Source   H. Hyyrö, Bit-parallel LCS-length computation revisited, 2004
    """
    places_of: dict[int, int] = {}
    for place, word in enumerate(before.tolist()):
        places_of[word] = places_of.get(word, 0) | 1 << place
    full = (1 << len(before)) - 1
    rest = full
    for word in after.tolist():
        hits = rest & places_of.get(word, 0)
        rest = (rest + hits | rest - hits) & full
    return len(before) - rest.bit_count()
