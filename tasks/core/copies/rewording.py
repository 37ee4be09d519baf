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
    words_a, words_b = len(side_a.tokens), len(side_b.tokens)
    numbers = np.unique(np.concatenate([side_a.tokens.hashes, side_b.tokens.hashes]), return_inverse=True)[1]
    in_a, in_b = numbers[:words_a], numbers[words_a:]
    counts_a, counts_b = np.bincount(in_a, minlength=len(numbers)), np.bincount(in_b, minlength=len(numbers))
    is_rare = (counts_a <= _rare_count(words_a)) & (counts_b <= _rare_count(words_b))
    rare_a, rare_b = is_rare[in_a] & ~side_a.is_boilerplate, is_rare[in_b] & ~side_b.is_boilerplate
    places = np.flatnonzero(rare_b & (counts_a[in_b] > 0))
    if len(places) < at_least * max(1, int(np.count_nonzero(rare_b))):
        return Rewording(share_of_a=0.0, share_of_b=0.0, unquoted_share=0.0)
    pairs_a, pairs_b = _pairs(in_a, counts_a, in_b, places)
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


def _rare_count(words: int) -> int:
    """Return how often a word may stand in a text of so many words and be rare."""
    return max(RARE_COUNT, words // RARE_WORDS)


def _pairs(
    in_a: NDArray[np.intp], counts_a: NDArray[np.intp], in_b: NDArray[np.intp], places: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the tokens of a and of b that are the same word, for the tokens of b at these places, in their order."""
    order = np.argsort(in_a, kind="stable")
    firsts = np.cumsum(counts_a) - counts_a
    repeats = counts_a[in_b[places]]
    steps = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return order[np.repeat(firsts[in_b[places]], repeats) + steps], np.repeat(places, repeats)


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
