"""Which story an article joins, and for which story each of its shingles counts.

An article joins the one story that it has most of its own text from. Links form a forest, so that stories do not chain
through a text that carries two of them. What people decided, and ids that must move, is settled elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.copies.alignment import Mask
from tasks.core.copies.candidates import Document, Posting
from tasks.core.copies.comparison import Verdict
from tasks.core.copies.fingerprints import sampled_places

WHOLE_RELATIONS = frozenset({"identical", "copy", "variant", "excerpt_of", "contains", "rewrite"})  # text came along whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A newcomer's comparison with a version that the index knew.

    story_id   of that version, at the time
    """

    document: Document
    story_id: str
    verdict: Verdict
    is_later: bool  # the newcomer is side b

    @property
    def own_share(self) -> float:
        return self.verdict.share_of_b if self.is_later else self.verdict.share_of_a

    @property
    def own_covered(self) -> Mask:
        return self.verdict.covered_b if self.is_later else self.verdict.covered_a


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLink:
    """The story that a newcomer joins, and through which comparison."""

    story_id: str
    parent_article_id: str
    comparison: Comparison


def decide_story(comparisons: Sequence[Comparison]) -> StoryLink | None:
    """Return the link to the story the newcomer has most of its own text from, None if it founds its own."""
    merging = [comparison for comparison in comparisons if comparison.verdict.is_merging]
    if not merging:
        return None
    best = max(merging, key=lambda comparison: (comparison.own_share, comparison.document.version_id))
    return StoryLink(story_id=best.story_id, parent_article_id=best.document.article_id, comparison=best)


def counted_stories(version_id: str, shingles: NDArray[np.uint64], comparisons: Sequence[Comparison]) -> list[Posting]:
    """Return the newcomer's postings: what came along with a text counts for that text's story.

    shingles   uint64, all of the newcomer's, in order
    """
    places = sampled_places(shingles)
    stories: dict[int, str | None] = dict.fromkeys(shingles[places].tolist())
    for comparison in comparisons:
        if not comparison.is_later or comparison.verdict.relation not in WHOLE_RELATIONS:
            continue
        for shingle in shingles[places[comparison.own_covered[places]]].tolist():
            stories[shingle] = stories[shingle] or comparison.story_id
    return [Posting(shingle, version_id, story_id) for shingle, story_id in stories.items()]
