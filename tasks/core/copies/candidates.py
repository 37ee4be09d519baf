"""Which earlier texts are worth a comparison.

A shingle weighs 1 / (stories that hold it): what many stories share is boilerplate and finds nothing. It weighs nothing
where its own outlet has used it in two stories already. Stories are counted, not versions, so that a report that two
hundred outlets carry still finds itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tasks.core.copies.shingle_index import DAY_S, Held, Version, for_each_held

MIN_SHARED = 2  # shingles: notes/dedup.md, 2026-11
MIN_WEIGHT = 1.0  # sum of weights: notes/dedup.md, 2026-11
MAX_CANDIDATES = 10  # comparisons: notes/dedup.md, 2026-11
MAX_PER_STORY = 3  # comparisons: notes/dedup.md, 2026-11
STORIES_OF_OUTLET = 2  # stories of one outlet that make a shingle its furniture: notes/dedup.md, 2026-11


def shingle_weights(holders: Sequence[Held], *, outlet: str | None) -> NDArray[np.float64]:
    """Return the weight of each shingle, 1 where no or one story holds it: float64, shape (shingles,)."""
    return np.array(for_each_held(holders, partial(_weight, outlet=outlet)), np.float64)


def best_candidates(holders: Sequence[Held], weights: NDArray[np.float64], *, article_id: str, at: datetime) -> list[Version]:
    """Return the versions that share most with a fingerprint, best first.

    Never a version of the same article. Of those dated before it at most MAX_PER_STORY of one story, its earliest among
    them, and MAX_CANDIDATES in all. Of those dated after it, which may have their text from it rather than from their
    parent so far, MAX_CANDIDATES more.

    weights   of the shingles at the time `at`
    """
    day = at.timestamp() / DAY_S
    found = [
        (-weight, version.day, version.document.version_id, version)
        for version, (count, weight) in _shared_weights(holders, weights, day).items()
        if weight >= MIN_WEIGHT and count >= MIN_SHARED and version.document.article_id != article_id
    ]
    ranked = [version for *_, version in sorted(found, key=lambda entry: entry[:3])]
    later = [version for version in ranked if version.day > day]
    return _spread_over_stories([version for version in ranked if version.day <= day]) + later[:MAX_CANDIDATES]


def _shared_weights(holders: Sequence[Held], weights: NDArray[np.float64], day: float) -> dict[Version, tuple[int, float]]:
    """Return how many shingles each version shares, and their weight: for one dated later, by all stories that hold them now."""
    times = Counter(map(id, holders))
    alike = {id(held): (held, weight) for held, weight in zip(holders, weights.tolist(), strict=True)}
    shared: dict[Version, tuple[int, float]] = {}
    for key, (held, weight) in alike.items():
        weight_now: float | None = None
        for holder in held:
            counted = weight
            if holder.day > day:
                if weight_now is None:
                    weight_now = 1.0 / len({other.story_id for other in held})
                counted = weight_now
            if counted:
                count, so_far = shared.get(holder.version, (0, 0.0))
                shared[holder.version] = (count + times[key], so_far + times[key] * counted)
    return shared


def _spread_over_stories(versions: Sequence[Version]) -> list[Version]:
    of_story: dict[str, list[Version]] = {}
    for version in versions:
        of_story.setdefault(version.story_id, []).append(version)
    chosen: set[Version] = set()
    for ranked in of_story.values():
        earliest = min(ranked, key=lambda version: (version.day, version.document.article_id))
        chosen.update([*[version for version in ranked if version is not earliest][: MAX_PER_STORY - 1], earliest])
    return [version for version in versions if version in chosen][:MAX_CANDIDATES]


def _weight(held: Held, outlet: str | None) -> float:
    if len(held) < STORIES_OF_OUTLET:
        return 1.0
    stories = {holder.story_id for holder in held}
    if len(stories) < STORIES_OF_OUTLET or outlet is None:
        return 1.0 / len(stories)
    own = {holder.story_id for holder in held if holder.outlet == outlet}
    return 0.0 if len(own) >= STORIES_OF_OUTLET else 1.0 / len(stories)
