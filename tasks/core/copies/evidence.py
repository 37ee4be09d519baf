"""What speaks for and against a copy: figures from two aligned texts, free of any verdict.

Shares are of the text outside boilerplate. Anchors are capitalised words and numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.copies.alignment import Alignment, Mask, align, widened, widened_in_blocks
from tasks.core.copies.fingerprints import SHINGLE_WORDS, sampled_places
from tasks.core.copies.order import Distance, distance, is_ordered
from tasks.core.copies.shingle_index import Document
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
    is_boilerplate: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of one text is found in the other. Shares 0..1."""

    words: int
    own_words: int  # outside boilerplate
    raw_share: float  # of all words
    share: float  # of the words outside boilerplate
    lead_share: float  # of the lead, boilerplate included


@dataclass(frozen=True, slots=True, kw_only=True)
class Swaps:
    """Words that stand in the place of others: those of one text, in matched runs and short gaps, that the other has nowhere.

    Rates 0..1 are of the anchors, and of the plain words, that were seen there.
    """

    anchors: int
    anchor_rate: float
    plain_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that the rules ask about a pair; the same whichever text is called a, but for a and b."""

    a: Coverage
    b: Coverage
    alignment: Alignment
    distance: Distance
    is_ordered: bool
    is_same_outlet: bool
    anchor_share: float | None  # of both texts; None without anchors near the matched text
    swaps: Swaps  # of the text with the higher anchor rate
    matched_words: int  # covered and outside boilerplate in both texts
    unquoted_words: int
    unquoted_runs: int  # runs of RUN_WORDS or more unquoted words
    unquoted_run_words: int  # words in these
    longest_unquoted_run: int


def boilerplate_mask(tokens: Tokens, heavy: NDArray[np.uint64]) -> Mask:
    """Return which tokens lie within reach of a sampled shingle that is boilerplate.

    heavy   uint64, sorted: the fingerprint's shingles that weigh less than BOILERPLATE_BELOW
    """
    mask = np.zeros(len(tokens), np.bool_)
    if len(heavy):
        places = sampled_places(tokens.shingles)
        mask[places[_is_among(tokens.shingles[places], heavy)] + SHINGLE_WORDS // 2] = True
        mask = widened(mask, BOILERPLATE_REACH)
    return mask


def weigh_evidence(side_a: Side, side_b: Side) -> Evidence:
    """Return the evidence on two texts."""
    alignment = align(side_a.tokens.shingles, side_b.tokens.shingles)
    matched_a, matched_b = alignment.covered_a & ~side_a.is_boilerplate, alignment.covered_b & ~side_b.is_boilerplate
    near_a, near_b = _near_anchors(side_a.tokens, matched_a), _near_anchors(side_b.tokens, matched_b)
    gaps_a, gaps_b = _short_gaps(alignment)
    known_a, known_b = _known(side_a, side_b, near_a | gaps_a), _known(side_b, side_a, near_b | gaps_b)
    runs = _run_words(side_a, side_b, alignment.runs)
    unquoted = [words for _, words in runs]
    return Evidence(
        a=_coverage(side_a, alignment.covered_a, matched_a),
        b=_coverage(side_b, alignment.covered_b, matched_b),
        alignment=alignment,
        **of_documents(side_a.document, side_b.document),
        anchor_share=_anchor_share((near_a, known_a), (near_b, known_b)),
        swaps=max(
            _swaps(side_a.tokens, alignment.covered_a, gaps_a, known_a),
            _swaps(side_b.tokens, alignment.covered_b, gaps_b, known_b),
            key=lambda swaps: (swaps.anchor_rate, -swaps.plain_rate, swaps.anchors),
        ),
        matched_words=sum(words for words, _ in runs),
        unquoted_words=sum(unquoted),
        unquoted_runs=sum(words >= RUN_WORDS for words in unquoted),
        unquoted_run_words=sum(words for words in unquoted if words >= RUN_WORDS),
        longest_unquoted_run=max(unquoted, default=0),
    )


def of_documents(a: Document, b: Document) -> dict[str, Any]:
    """Return what the documents say, whatever their texts."""
    is_same_outlet = a.outlet is not None and a.outlet == b.outlet
    return {"distance": distance(a, b), "is_ordered": is_ordered(a, b), "is_same_outlet": is_same_outlet}


def _coverage(side: Side, covered: Mask, matched: Mask) -> Coverage:
    own_words = int(np.count_nonzero(~side.is_boilerplate))
    lead = covered[side.tokens.lead]
    return Coverage(
        words=len(covered),
        own_words=own_words,
        raw_share=float(np.count_nonzero(covered)) / len(covered),
        share=float(np.count_nonzero(matched)) / max(1, own_words),
        lead_share=float(np.count_nonzero(lead)) / max(1, len(lead)),
    )


def _is_among(values: NDArray[np.uint64], ranked: NDArray[np.uint64]) -> Mask:
    """Mark the values that stand in a sorted array that is not empty."""
    places = np.minimum(np.searchsorted(ranked, values), len(ranked) - 1)
    found: Mask = ranked[places] == values
    return found


def _known(side: Side, other: Side, asked: Mask) -> Mask:
    """Mark those of the tokens asked for that the other text has somewhere."""
    known = np.zeros(len(asked), np.bool_)
    places = np.flatnonzero(asked)
    known[places] = _is_among(side.tokens.hashes[places], np.sort(other.tokens.hashes))
    return known


def _near_anchors(tokens: Tokens, matched: Mask) -> Mask:
    """Mark the anchors near matched text.

    Near ends with the paragraph: what an editor put in between is no evidence against what was kept.
    """
    return tokens.is_anchor & widened_in_blocks(matched, ANCHOR_REACH, tokens.blocks)


def _anchor_share(*sides: tuple[Mask, Mask]) -> float | None:
    """Return the share of both texts' anchors near matched text that the other text has."""
    count = sum(int(np.count_nonzero(near)) for near, _ in sides)
    return sum(int(np.count_nonzero(near & is_known)) for near, is_known in sides) / count if count else None


def _swaps(tokens: Tokens, covered: Mask, in_gaps: Mask, is_known: Mask) -> Swaps:
    seen = in_gaps | covered
    swapped = in_gaps & ~is_known
    anchors = int(np.count_nonzero(seen & tokens.is_anchor))
    swapped_anchors = int(np.count_nonzero(swapped & tokens.is_anchor))
    plain = int(np.count_nonzero(seen)) - anchors
    swapped_plain = int(np.count_nonzero(swapped)) - swapped_anchors
    return Swaps(anchors=swapped_anchors, anchor_rate=swapped_anchors / max(1, anchors), plain_rate=swapped_plain / max(1, plain))


def _short_gaps(alignment: Alignment) -> tuple[Mask, Mask]:
    """Mark the short gaps between neighbouring runs, about as long in one text as in the other."""
    in_a, in_b = np.zeros_like(alignment.covered_a), np.zeros_like(alignment.covered_b)
    from_a, from_b, lengths = alignment.runs.T
    ends_a, ends_b = from_a + lengths, from_b + lengths
    gaps_a, gaps_b = from_a[1:] - ends_a[:-1], from_b[1:] - ends_b[:-1]
    is_gap = (np.maximum(gaps_a, gaps_b) > 0) & (np.minimum(gaps_a, gaps_b) >= 0)
    is_short = (np.maximum(gaps_a, gaps_b) <= GAP_WORDS) & (np.abs(gaps_a - gaps_b) <= GAP_SLIP)
    for rank in np.flatnonzero(is_gap & is_short).tolist():
        in_a[ends_a[rank] : from_a[rank + 1]] = True
        in_b[ends_b[rank] : from_b[rank + 1]] = True
    return in_a, in_b


def _run_words(side_a: Side, side_b: Side, runs: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return for each run the words outside boilerplate in both texts, and how many of them neither text quotes."""
    counted: list[tuple[int, int]] = []
    reached = 0
    for from_a, from_b, words in runs.tolist():
        skip = max(0, reached - from_b)  # neighbouring runs may overlap
        in_a, in_b = slice(from_a + skip, from_a + words), slice(from_b + skip, from_b + words)
        is_own = ~(side_a.is_boilerplate[in_a] | side_b.is_boilerplate[in_b])
        is_plain = is_own & ~(side_a.tokens.is_quoted[in_a] | side_b.tokens.is_quoted[in_b])
        counted.append((int(np.count_nonzero(is_own)), int(np.count_nonzero(is_plain))))
        reached = from_b + words
    return counted
