"""How much of a text another one says in other words: rare words in common that stand close and in the same order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.copies.alignment import Mask
from tasks.core.copies.evidence import Side

RARE_COUNT = 3  # times in a text: notes/dedup.md, 2026-11
RARE_WORDS = 200  # or once in so many words: notes/dedup.md, 2026-11
NEAR_WORDS = 12  # words to the next shared one: notes/dedup.md, 2026-11
NEAR_SLIP = 5  # words by which their distance may differ between the texts: notes/dedup.md, 2026-11
NEAR_COUNT = 3  # others that must be near: notes/dedup.md, 2026-11


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewording:
    """Shares of the rare words of each text that stand, in the same company, in the other. 0..1"""

    share_of_a: float
    share_of_b: float
    unquoted_share: float  # the smaller of the two, words in quotation marks left out


def rewording(side_a: Side, side_b: Side, *, at_least: float) -> Rewording:
    """Return how far two texts share rare words in company.

    at_least   where even all shared rare words would not reach this share, the rest is not worked out (zeros)
    """
    hashes_a, hashes_b = side_a.tokens.hashes, side_b.tokens.hashes
    order = np.argsort(hashes_a, kind="stable")
    ranked_a, ranked_b = hashes_a[order], np.sort(hashes_b)
    in_a, low = _counts(ranked_a, hashes_b)
    rare_b = _is_rare(_counts(ranked_b, hashes_b)[0], in_a, hashes_a) & ~side_b.is_boilerplate
    rare_a = _is_rare(_counts(ranked_a, hashes_a)[0], _counts(ranked_b, hashes_a)[0], hashes_b) & ~side_a.is_boilerplate
    places = np.flatnonzero(rare_b & (in_a > 0))
    if len(places) < at_least * max(1, int(np.count_nonzero(rare_b))):
        return Rewording(share_of_a=0.0, share_of_b=0.0, unquoted_share=0.0)
    repeats = in_a[places]
    steps = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    pairs_b = np.repeat(places, repeats)
    pairs_a = order[np.repeat(low[places], repeats) + steps]
    good = rare_a[pairs_a]
    pairs_a, pairs_b = pairs_a[good], pairs_b[good]
    good = _company(pairs_a, pairs_b) >= NEAR_COUNT
    held_a, held_b = _marked(pairs_a[good], len(rare_a)), _marked(pairs_b[good], len(rare_b))
    return Rewording(
        share_of_a=_share(held_a, rare_a),
        share_of_b=_share(held_b, rare_b),
        unquoted_share=min(
            _share(held_a & ~side_a.tokens.is_quoted, rare_a & ~side_a.tokens.is_quoted),
            _share(held_b & ~side_b.tokens.is_quoted, rare_b & ~side_b.tokens.is_quoted),
        ),
    )


def _counts(ranked: NDArray[np.uint64], hashes: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    low = np.searchsorted(ranked, hashes, "left")
    return np.searchsorted(ranked, hashes, "right") - low, low


def _is_rare(own: NDArray[np.intp], other: NDArray[np.intp], other_hashes: NDArray[np.uint64]) -> Mask:
    own_limit = max(RARE_COUNT, len(own) // RARE_WORDS)
    other_limit = max(RARE_COUNT, len(other_hashes) // RARE_WORDS)
    rare: Mask = (own <= own_limit) & (other <= other_limit)
    return rare


def _company(pairs_a: NDArray[np.intp], pairs_b: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return how many other pairs stand near each: pairs in the order of b."""
    slips = pairs_a - pairs_b
    near = np.zeros(len(pairs_b), np.int64)
    for step in range(1, len(pairs_b)):
        distances = pairs_b[step:] - pairs_b[:-step]
        if distances.min() > NEAR_WORDS:
            break
        is_near = (distances > 0) & (distances <= NEAR_WORDS) & (np.abs(slips[step:] - slips[:-step]) <= NEAR_SLIP)
        near[step:] += is_near
        near[:-step] += is_near
    return near


def _marked(places: NDArray[np.intp], words: int) -> Mask:
    mask = np.zeros(words, np.bool_)
    mask[places] = True
    return mask


def _share(held: Mask, rare: Mask) -> float:
    return int(np.count_nonzero(held & rare)) / max(1, int(np.count_nonzero(rare)))
