"""For which story each shingle of a newcomer counts: that of the text it came along from, else its own.

Without this a live blog that carries a report would turn the report into boilerplate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.copies.comparison import Verdict
from tasks.core.copies.fingerprints import sampled_places
from tasks.core.copies.shingle_index import Document, Posting

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


def counted_stories(version_id: str, shingles: NDArray[np.uint64], comparisons: Sequence[Comparison]) -> list[Posting]:
    """Return the newcomer's postings: what came along with a text counts for that text's story.

    shingles   uint64, all of the newcomer's, in order
    """
    places = sampled_places(shingles)
    stories: dict[int, str | None] = dict.fromkeys(shingles[places].tolist())
    for comparison in comparisons:
        if not comparison.is_later or comparison.verdict.relation not in WHOLE_RELATIONS:
            continue
        for shingle in shingles[places[comparison.verdict.covered_b[places]]].tolist():
            stories[shingle] = stories[shingle] or comparison.story_id
    return [Posting(shingle, version_id, story_id) for shingle, story_id in stories.items()]
