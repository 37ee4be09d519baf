"""What speaks for and against a copy: figures from two aligned texts, free of any verdict.

Shares are of the text outside boilerplate. Anchors are capitalised words and numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.copies.alignment import Alignment, Mask, align, widened
from tasks.core.copies.candidates import DAY_S, Document
from tasks.core.copies.fingerprints import SHINGLE_WORDS, sampled_places
from tasks.core.copies.tokens import Tokens

BOILERPLATE_BELOW = 0.34  # weight of a shingle, held by three stories or more: notes/dedup.md, 2026-11
BOILERPLATE_REACH = 6  # words around such a shingle: notes/dedup.md, 2026-11
ANCHOR_REACH = 8  # words around matched text where anchors are compared: notes/dedup.md, 2026-11
GAP_WORDS = 20  # longest gap in which words count as swapped: notes/dedup.md, 2026-11
GAP_SLIP = 5  # words that a gap may differ in length between the texts: notes/dedup.md, 2026-11
RUN_WORDS = 8  # shortest run that counts as a block: notes/dedup.md, 2026-11


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One text of a pair. `is_boilerplate`: bool, shape (tokens,)."""

    document: Document
    tokens: Tokens
    shingles: NDArray[np.uint64]  # all of them, in order
    is_boilerplate: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of one text is found in the other. Shares 0..1."""

    words: int
    own_words: int  # outside boilerplate
    matched: Mask  # covered and outside boilerplate
    raw_share: float  # of all words
    share: float  # of the words outside boilerplate
    lead_share: float  # of the lead, boilerplate included


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that the rules ask about a pair; a is the earlier text."""

    a: Coverage
    b: Coverage
    alignment: Alignment
    days: float
    is_same_outlet: bool
    anchor_share: float | None  # None without anchors near the matched text
    swapped_anchors: int
    swapped_anchor_rate: float
    swapped_plain_rate: float
    unquoted_words: int
    unquoted_runs: int  # runs of RUN_WORDS or more unquoted words
    unquoted_run_words: int  # words in these
    longest_unquoted_run: int


def boilerplate_mask(tokens: Tokens, shingles: NDArray[np.uint64], heavy: NDArray[np.uint64]) -> Mask:
    """Return which tokens lie within reach of a sampled shingle that is boilerplate.

    heavy   uint64, sorted: the fingerprint's shingles that weigh less than BOILERPLATE_BELOW
    """
    mask = np.zeros(len(tokens), np.bool_)
    if len(heavy):
        places = sampled_places(shingles)
        mask[places[_is_among(shingles[places], heavy)] + SHINGLE_WORDS // 2] = True
        mask = widened(mask, BOILERPLATE_REACH)
    return mask


def weigh_evidence(side_a: Side, side_b: Side) -> Evidence:
    """Return the evidence on two texts, a the earlier."""
    alignment = align(side_a.shingles, side_b.shingles)
    a, b = _coverage(side_a, alignment.covered_a), _coverage(side_b, alignment.covered_b)
    is_known = _is_among(side_b.tokens.hashes, np.sort(side_a.tokens.hashes))
    swapped, anchor_rate, plain_rate = _swaps(alignment, side_b.tokens, is_known)
    runs = _unquoted_runs(side_a, side_b, alignment, b.matched)
    return Evidence(
        a=a,
        b=b,
        alignment=alignment,
        days=abs((side_b.document.at - side_a.document.at).total_seconds()) / DAY_S,
        is_same_outlet=side_a.document.outlet is not None and side_a.document.outlet == side_b.document.outlet,
        anchor_share=_anchor_share(side_b.tokens, b.matched, is_known),
        swapped_anchors=swapped,
        swapped_anchor_rate=anchor_rate,
        swapped_plain_rate=plain_rate,
        unquoted_words=int(sum(runs)),
        unquoted_runs=sum(run >= RUN_WORDS for run in runs),
        unquoted_run_words=int(sum(run for run in runs if run >= RUN_WORDS)),
        longest_unquoted_run=max(runs, default=0),
    )


def _is_among(values: NDArray[np.uint64], ranked: NDArray[np.uint64]) -> Mask:
    """Mark the values that stand in a sorted array that is not empty."""
    places = np.minimum(np.searchsorted(ranked, values), len(ranked) - 1)
    found: Mask = ranked[places] == values
    return found


def _coverage(side: Side, covered: Mask) -> Coverage:
    matched = covered & ~side.is_boilerplate
    own_words = int(np.count_nonzero(~side.is_boilerplate))
    lead = covered[side.tokens.lead]
    return Coverage(
        words=len(covered),
        own_words=own_words,
        matched=matched,
        raw_share=float(np.count_nonzero(covered)) / len(covered),
        share=float(np.count_nonzero(matched)) / max(1, own_words),
        lead_share=float(np.count_nonzero(lead)) / max(1, len(lead)),
    )


def _anchor_share(tokens: Tokens, matched: Mask, is_known: Mask) -> float | None:
    anchors = tokens.is_anchor & widened(matched, ANCHOR_REACH)
    count = np.count_nonzero(anchors)
    return float(np.count_nonzero(anchors & is_known) / count) if count else None


def _swaps(alignment: Alignment, tokens: Tokens, is_known: Mask) -> tuple[int, float, float]:
    """Return swapped anchors, and the rates at which anchors and plain words are swapped, in b.

    Looks at matched runs and the short gaps between them. A word is swapped if a has it nowhere.
    """
    in_gaps = _short_gaps(alignment, len(tokens))
    seen = in_gaps | alignment.covered_b
    swapped = in_gaps & ~is_known
    anchors = int(np.count_nonzero(seen & tokens.is_anchor))
    swapped_anchors = int(np.count_nonzero(swapped & tokens.is_anchor))
    plain = int(np.count_nonzero(seen)) - anchors
    swapped_plain = int(np.count_nonzero(swapped)) - swapped_anchors
    return swapped_anchors, swapped_anchors / max(1, anchors), swapped_plain / max(1, plain)


def _short_gaps(alignment: Alignment, words: int) -> Mask:
    in_gaps = np.zeros(words, np.bool_)
    from_a, from_b, lengths = alignment.runs.T
    gaps_a = from_a[1:] - from_a[:-1] - lengths[:-1]
    gaps_b = from_b[1:] - from_b[:-1] - lengths[:-1]
    is_short = (gaps_b > 0) & (gaps_b <= GAP_WORDS) & (gaps_a <= GAP_WORDS) & (np.abs(gaps_a - gaps_b) <= GAP_SLIP)
    ends = from_b + lengths
    for rank in np.flatnonzero(is_short).tolist():
        in_gaps[ends[rank] : from_b[rank + 1]] = True
    return in_gaps


def _unquoted_runs(side_a: Side, side_b: Side, alignment: Alignment, matched: Mask) -> list[int]:
    """Return the words of each run that are matched, no boilerplate and quoted in neither text."""
    counted: list[int] = []
    reached = 0
    for from_a, from_b, words in alignment.runs.tolist():
        skip = max(0, reached - from_b)  # neighbouring runs may overlap
        in_a, in_b = slice(from_a + skip, from_a + words), slice(from_b + skip, from_b + words)
        is_quoted = side_a.tokens.is_quoted[in_a] | side_b.tokens.is_quoted[in_b]
        counted.append(int(np.count_nonzero(matched[in_b] & ~is_quoted)))
        reached = from_b + words
    return counted
