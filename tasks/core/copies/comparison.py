"""Two texts to a verdict: how b, the later one, relates to a, and the passages that prove it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tasks.core.copies.alignment import Alignment, Mask
from tasks.core.copies.evidence import RUN_WORDS, Evidence, Side, of_documents, weigh_evidence
from tasks.core.copies.relations import REWRITE_NEAR_SHARE, Ruling, decide_relation
from tasks.core.copies.rewording import Rewording, rewording
from tasks.core.copies.shingle_index import Document
from tasks.core.copies.tokens import TITLE_BLOCK, Tokens
from tasks.core.records import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a comparison said. Reads from b to a.

    share_of_a, share_of_b  share of each text found in the other, 0..1: of rare words for a rewrite, of all words for
                            identical and boilerplate, else of the words outside boilerplate
    covered_a, covered_b    bool, shape (tokens,): words under matched runs, boilerplate included
    """

    relation: str
    rule: str
    is_merging: bool
    share_of_a: float
    share_of_b: float
    anchor_share: float | None
    unquoted_words: int
    passages: tuple[Passage, ...]
    covered_a: Mask
    covered_b: Mask


def compare(side_a: Side, side_b: Side, weighing: Weighing) -> Verdict | None:
    """Return how b relates to a, the earlier; None if there is nothing to say.

    Texts of fewer than five words have no shingles and are never compared.
    """
    if not len(side_a.tokens.shingles) or not len(side_b.tokens.shingles):
        return None
    pair = weighing.pair(side_a, side_b)
    evidence = pair.evidence_on(side_a.document, side_b.document)
    ruling = decide_relation(evidence, pair.reworded)
    if ruling is None:
        return None
    share_of_a, share_of_b = _shares(evidence, ruling, pair.reworded)
    return Verdict(
        relation=ruling.relation,
        rule=ruling.rule,
        is_merging=ruling.is_merging,
        share_of_a=share_of_a,
        share_of_b=share_of_b,
        anchor_share=evidence.anchor_share,
        unquoted_words=evidence.unquoted_words,
        passages=pair.passages,
        covered_a=evidence.alignment.covered_a,
        covered_b=evidence.alignment.covered_b,
    )


class Pair:
    """Two texts, and what was worked out of them, whatever else is known of the documents that hold them."""

    def __init__(self, side_a: Side, side_b: Side) -> None:
        self._sides = side_a, side_b

    def evidence_on(self, a: Document, b: Document) -> Evidence:
        """Return the evidence on two documents that hold these texts."""
        return replace(self._evidence, **of_documents(a, b))

    @cached_property
    def _evidence(self) -> Evidence:
        return weigh_evidence(*self._sides)

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        side_a, side_b = self._sides
        return passages_of(side_a.tokens, side_b.tokens, self._evidence.alignment)

    def reworded(self) -> Rewording:
        return self._rewording

    @cached_property
    def _rewording(self) -> Rewording:
        return rewording(*self._sides, at_least=REWRITE_NEAR_SHARE)


class Weighing:
    """Weighs the pairs of one newcomer. Most that a wire text meets are equal to each other: their words are weighed once."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[Tokens, Tokens, bytes, bytes], Pair] = {}

    def pair(self, side_a: Side, side_b: Side) -> Pair:
        key = (side_a.tokens, side_b.tokens, side_a.is_boilerplate.tobytes(), side_b.is_boilerplate.tobytes())
        pair = self._pairs.get(key)
        if pair is None:
            pair = self._pairs[key] = Pair(side_a, side_b)
        return pair


def _shares(e: Evidence, ruling: Ruling, reworded: Callable[[], Rewording]) -> tuple[float, float]:
    if ruling.relation == "rewrite":
        found = reworded()
        return found.share_of_a, found.share_of_b
    if ruling.relation in ("identical", "boilerplate"):
        return e.a.raw_share, e.b.raw_share
    return e.a.share, e.b.share


def passages_of(tokens_a: Tokens, tokens_b: Tokens, alignment: Alignment) -> tuple[Passage, ...]:
    """Return the matched runs of RUN_WORDS or more as characters, parted where either text begins a new block."""
    found: list[Passage] = []
    for from_a, from_b, words in alignment.runs.tolist():
        if words < RUN_WORDS:
            continue
        blocks_a, blocks_b = tokens_a.blocks[from_a : from_a + words], tokens_b.blocks[from_b : from_b + words]
        edges = _edges(blocks_a, blocks_b)
        for start, end in pairwise(edges):
            if end - start >= RUN_WORDS and blocks_a[start] != TITLE_BLOCK and blocks_b[start] != TITLE_BLOCK:
                found.append(_passage(tokens_a, tokens_b, slice(from_a + start, from_a + end), slice(from_b + start, from_b + end)))
    return tuple(found)


def _edges(blocks_a: NDArray[np.int32], blocks_b: NDArray[np.int32]) -> list[int]:
    borders = np.flatnonzero((np.diff(blocks_a) != 0) | (np.diff(blocks_b) != 0)) + 1
    return [0, *borders.tolist(), len(blocks_a)]


def _passage(tokens_a: Tokens, tokens_b: Tokens, in_a: slice, in_b: slice) -> Passage:
    return Passage(
        block_a=int(tokens_a.blocks[in_a.start]),
        from_a=int(tokens_a.starts[in_a.start]),
        to_a=int(tokens_a.ends[in_a.stop - 1]),
        block_b=int(tokens_b.blocks[in_b.start]),
        from_b=int(tokens_b.starts[in_b.start]),
        to_b=int(tokens_b.ends[in_b.stop - 1]),
    )
