"""One newcomer through the engine: candidates, comparisons, and what it adds to the index.

The same code serves the drain and the bench: what lies outside (texts, postings) comes through two callables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from tasks.core.copies.alignment import Mask
from tasks.core.copies.candidates import best_candidates, shingle_weights
from tasks.core.copies.comparison import Weighing, compare
from tasks.core.copies.evidence import BOILERPLATE_BELOW, Side, boilerplate_mask
from tasks.core.copies.order import is_later
from tasks.core.copies.shingle_index import Document, Posting, PostingsOf, ShingleIndex
from tasks.core.copies.stories import Comparison, counted_stories
from tasks.core.copies.tokens import Tokens

TokensOf = Callable[[str], Tokens]  # of a version


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What came of a newcomer.

    comparisons  those that said something, best candidate first
    postings     one for each shingle of its fingerprint; give them to ShingleIndex.add with the story
    """

    document: Document
    comparisons: tuple[Comparison, ...]
    postings: tuple[Posting, ...]


def link_article(
    document: Document, tokens: Tokens, index: ShingleIndex, *, tokens_of: TokensOf, postings_of: PostingsOf | None = None
) -> Linked:
    """Return what a newcomer is to what the index knows. The caller stores it and calls ShingleIndex.add.

    A pair is judged by what was boilerplate when the later of the two was published, so that an original that arrives
    late is not taken for boilerplate because many have copied it since.

    postings_of   asked for the postings of shingles that the index lacks, the newcomer's and its candidates'; without
                  it the index is taken to be complete
    """
    shingles = tokens.fingerprint.tolist()
    if postings_of:
        index.want(shingles, postings_of)
    holders = index.holders(shingles, document.at)
    weights = shingle_weights(index.holders_then(shingles, document.at), outlet=document.outlet)
    sides, weighing = _Sides(index), Weighing()
    sides.know(document, tokens, document.at, weights)
    comparisons: list[Comparison] = []
    for version in best_candidates(holders, weights, article_id=document.article_id, at=document.at):
        at = max(document.at, version.document.at)
        other = tokens_of(version.document.version_id)
        if postings_of:
            index.want(other.fingerprint.tolist(), postings_of)
        found = _compared(sides.of(document, tokens, at), sides.of(version.document, other, at), version.story_id, weighing)
        if found is not None:
            comparisons.append(found)
    return Linked(
        document=document,
        comparisons=tuple(comparisons),
        postings=tuple(counted_stories(document.version_id, tokens.shingles, comparisons)),
    )


def _compared(own: Side, other: Side, story_id: str, weighing: Weighing) -> Comparison | None:
    later = is_later(own.document, other.document)
    verdict = compare(other, own, weighing) if later else compare(own, other, weighing)
    if verdict is None:
        return None
    return Comparison(document=other.document, story_id=story_id, verdict=verdict, is_later=later)


class _Sides:
    """The texts of one newcomer's pairs, with what was boilerplate at a time: worked out once for equal texts of one outlet."""

    def __init__(self, index: ShingleIndex) -> None:
        self._index = index
        self._masks: dict[tuple[Tokens, str | None, datetime], Mask] = {}

    def know(self, document: Document, tokens: Tokens, at: datetime, weights: NDArray[np.float64]) -> Mask:
        """Take what the shingles of a text's fingerprint weigh at a time, and return what of it is boilerplate then."""
        mask = boilerplate_mask(tokens, tokens.fingerprint[weights < BOILERPLATE_BELOW])
        self._masks[tokens, document.outlet, at] = mask
        return mask

    def of(self, document: Document, tokens: Tokens, at: datetime) -> Side:
        mask = self._masks.get((tokens, document.outlet, at))
        if mask is None:
            weights = shingle_weights(self._index.holders_then(tokens.fingerprint.tolist(), at), outlet=document.outlet)
            mask = self.know(document, tokens, at, weights)
        return Side(document=document, tokens=tokens, is_boilerplate=mask)
