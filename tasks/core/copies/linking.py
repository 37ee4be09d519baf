"""One newcomer through the engine: candidates, comparisons, the story it joins, and what it adds to the index.

The same code serves the drain and the bench: what lies outside (texts, postings) comes through two callables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from tasks.core.copies.candidates import Document, Posting, ShingleIndex, best_candidates, held_by, shingle_weights
from tasks.core.copies.comparison import compare
from tasks.core.copies.evidence import BOILERPLATE_BELOW, Side, boilerplate_mask
from tasks.core.copies.fingerprints import sampled_of, shingle_hashes
from tasks.core.copies.order import is_later
from tasks.core.copies.stories import Comparison, StoryLink, counted_stories, decide_story
from tasks.core.copies.tokens import Tokens

Hashes = NDArray[np.uint64]
TokensOf = Callable[[str], Tokens]  # of a version
PostingsOf = Callable[[list[int]], Iterable[Posting]]  # of shingles that the index lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What came of a newcomer.

    comparisons  those that said something, best candidate first
    link         None where the newcomer founds a story of its own
    postings     one for each shingle of its fingerprint; give them to ShingleIndex.add with the story
    """

    document: Document
    comparisons: tuple[Comparison, ...]
    link: StoryLink | None
    postings: tuple[Posting, ...]

    @property
    def story_id(self) -> str:
        return self.link.story_id if self.link else self.document.article_id


def link_article(
    document: Document, tokens: Tokens, index: ShingleIndex, *, tokens_of: TokensOf, postings_of: PostingsOf | None = None
) -> Linked:
    """Return what a newcomer is to what the index knows. The caller stores it and calls ShingleIndex.add.

    A pair is judged by what was boilerplate when the later of the two was published, so that an original that arrives
    late is not taken for boilerplate because many have copied it since.

    postings_of   asked for the postings of shingles that the index lacks, the newcomer's and its candidates'; without
                  it the index is taken to be complete
    """
    shingles, sampled = _shingled(tokens, index, postings_of)
    holders = index.holders(sampled.tolist(), document.at)
    weights = shingle_weights(held_by(holders, document.at), outlet=document.outlet)
    candidates = best_candidates(holders, weights, article_id=document.article_id, at=document.at)
    own = _side(document, tokens, shingles, sampled[weights < BOILERPLATE_BELOW])
    comparisons: list[Comparison] = []
    for version in candidates:
        at = max(document.at, version.document.at)
        if at > document.at:
            own_then = shingle_weights(held_by(holders, at), outlet=document.outlet)
            side = _side(document, tokens, shingles, sampled[own_then < BOILERPLATE_BELOW])
        else:
            side = own
        other = _side_of(version.document, at, index, tokens_of, postings_of)
        found = _compared(side, other, version.story_id)
        if found is not None:
            comparisons.append(found)
    return Linked(
        document=document,
        comparisons=tuple(comparisons),
        link=decide_story(comparisons),
        postings=tuple(counted_stories(document.version_id, shingles, comparisons)),
    )


def _compared(own: Side, other: Side, story_id: str) -> Comparison | None:
    later = is_later(own.document, other.document)
    verdict = compare(other, own) if later else compare(own, other)
    if verdict is None:
        return None
    return Comparison(document=other.document, story_id=story_id, verdict=verdict, is_later=later)


def _side_of(document: Document, at: datetime, index: ShingleIndex, tokens_of: TokensOf, postings_of: PostingsOf | None) -> Side:
    """Return a known text with what was boilerplate at a time."""
    tokens = tokens_of(document.version_id)
    shingles, sampled = _shingled(tokens, index, postings_of)
    weights = shingle_weights(held_by(index.holders(sampled.tolist(), at), at), outlet=document.outlet)
    return _side(document, tokens, shingles, sampled[weights < BOILERPLATE_BELOW])


def _side(document: Document, tokens: Tokens, shingles: Hashes, heavy: Hashes) -> Side:
    mask = boilerplate_mask(tokens, shingles, heavy)
    return Side(document=document, tokens=tokens, shingles=shingles, is_boilerplate=mask)


def _shingled(tokens: Tokens, index: ShingleIndex, postings_of: PostingsOf | None) -> tuple[Hashes, Hashes]:
    """Return a text's shingles and its fingerprint, whose postings the index then has."""
    shingles = shingle_hashes(tokens)
    sampled = sampled_of(shingles)
    missing = index.lacks(sampled.tolist()) if postings_of else []
    if postings_of and missing:
        index.load(missing, postings_of(missing))
    return shingles, sampled
