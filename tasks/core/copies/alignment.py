"""Where two texts run alike: shared five-word shingles, joined to runs, and the words they cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.copies.fingerprints import SHINGLE_WORDS

Mask = NDArray[np.bool_]
NONE = np.zeros(0, np.intp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """What two texts share in runs of five words or more.

    covered_a, covered_b  bool, shape (tokens of the text,): under a shared shingle
    runs                  int64, shape (runs, 3): first token in a, first token in b, words; in the order of b
    """

    covered_a: Mask
    covered_b: Mask
    runs: NDArray[np.int64]


def align(shingles_a: NDArray[np.uint64], shingles_b: NDArray[np.uint64]) -> Alignment:
    """Return what two texts share, given all their shingles in order."""
    if not len(shingles_a):
        return Alignment(
            covered_a=_covered(np.zeros(0, np.bool_)), covered_b=_covered(np.zeros(len(shingles_b), np.bool_)), runs=_runs(NONE, NONE)
        )
    if np.array_equal(shingles_a, shingles_b):
        covered = _covered(np.ones(len(shingles_a), np.bool_))
        return Alignment(covered_a=covered, covered_b=covered, runs=np.array([[0, 0, len(covered)]], np.int64))
    order = np.argsort(shingles_a, kind="stable")
    ranked = shingles_a[order]
    numbers = np.zeros(len(ranked), np.intp)  # of the distinct shingles of a, in rank order
    np.cumsum(ranked[1:] != ranked[:-1], out=numbers[1:])
    ranks = np.minimum(np.searchsorted(ranked, shingles_b), len(ranked) - 1)
    is_hit_b = ranked[ranks] == shingles_b
    places = np.flatnonzero(is_hit_b)
    is_hit_number, is_hit_a = np.zeros(len(ranked), np.bool_), np.zeros(len(ranked), np.bool_)
    is_hit_number[numbers[ranks[places]]] = True
    is_hit_a[order] = is_hit_number[numbers]
    partners = order[ranks[places]]
    if (np.bincount(numbers)[numbers[ranks[places]]] > 1).any():
        partners = _continued(partners, places, shingles_a, shingles_b)
    return Alignment(covered_a=_covered(is_hit_a), covered_b=_covered(is_hit_b), runs=_runs(partners, places))


def widened(mask: Mask, words: int) -> Mask:
    """Return a mask that also holds the tokens within so many words of those it held."""
    counted = np.zeros(len(mask) + 2 * words + 1, np.int64)
    np.cumsum(mask, out=counted[words + 1 : words + 1 + len(mask)])
    counted[words + 1 + len(mask) :] = counted[words + len(mask)]
    held: Mask = counted[2 * words + 1 :] > counted[: len(mask)]
    return held


def widened_in_blocks(mask: Mask, words: int, blocks: NDArray[np.int32]) -> Mask:
    """Return a mask widened no further than the block that each token is in.

    blocks   int32, shape (tokens,): tokens of a block stand together
    """
    if not len(mask):
        return mask
    places = np.arange(len(mask))
    places[1:] += words * np.cumsum(blocks[1:] != blocks[:-1])  # sets the blocks so far apart that none reaches the next
    spread = np.zeros(places[-1] + 1, np.bool_)
    spread[places] = mask
    return widened(spread, words)[places]


def _covered(is_hit: Mask) -> Mask:
    covered = np.zeros(len(is_hit) + SHINGLE_WORDS - 1 if len(is_hit) else 0, np.bool_)
    for step in range(SHINGLE_WORDS):
        covered[step : step + len(is_hit)] |= is_hit
    return covered


def _continued(
    partners: NDArray[np.intp], places: NDArray[np.intp], shingles_a: NDArray[np.uint64], shingles_b: NDArray[np.uint64]
) -> NDArray[np.intp]:
    """Return partners that carry a run on where a shingle stands more than once in a."""
    chosen = partners.tolist()
    in_a, in_b = shingles_a.tolist(), shingles_b.tolist()
    before = -2
    for rank, place in enumerate(places.tolist()):
        follower = chosen[rank - 1] + 1
        if place == before + 1 and follower < len(in_a) and in_a[follower] == in_b[place]:
            chosen[rank] = follower
        before = place
    return np.array(chosen, np.intp)


def _runs(partners: NDArray[np.intp], places: NDArray[np.intp]) -> NDArray[np.int64]:
    if not len(places):
        return np.zeros((0, 3), np.int64)
    is_first = np.ones(len(places), np.bool_)
    is_first[1:] = (np.diff(places) != 1) | (np.diff(partners) != 1)
    firsts = np.flatnonzero(is_first)
    lengths = np.diff(np.append(firsts, len(places))) + SHINGLE_WORDS - 1
    return np.stack([partners[firsts], places[firsts], lengths], axis=1).astype(np.int64)
