"""Which earlier texts are worth a comparison: an index from shingles to the versions that hold them.

A shingle weighs 1 / (stories that hold it): what many stories share is boilerplate and finds nothing. It weighs nothing
where its own outlet has used it in two stories already. Stories are counted, not versions, so that a report that two
hundred outlets carry still finds itself.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WINDOW_DAYS = 30  # days either way: notes/dedup.md, 2026-11
POSTINGS_PER_SHINGLE = 64  # the last so many: notes/dedup.md, 2026-11
MIN_SHARED = 2  # shingles: notes/dedup.md, 2026-11
MIN_WEIGHT = 1.0  # sum of weights: notes/dedup.md, 2026-11
MAX_CANDIDATES = 10  # comparisons: notes/dedup.md, 2026-11
MAX_PER_STORY = 3  # comparisons: notes/dedup.md, 2026-11
STORIES_OF_OUTLET = 2  # stories of one outlet that make a shingle its furniture: notes/dedup.md, 2026-11
DAY_S = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the index knows of one version. `at` is when it was published, else captured."""

    version_id: str
    article_id: str
    outlet: str | None
    at: datetime
    is_dated: bool = True  # `at` is a known time of publication


class Posting(NamedTuple):
    """One shingle of one version, and the story it counts for."""

    shingle: int
    version_id: str
    story_id: str | None  # None: the story of its own article, whichever that is by then


@dataclass(slots=True)
class Version:
    """A document as the index holds it, with its story, which may still change."""

    document: Document
    story_id: str
    day: float  # days since 1970


class Holder(NamedTuple):
    """A version that holds a shingle, and the story it counts for there."""

    version: Version
    story_id: str


@dataclass(slots=True)
class ShingleIndex:
    """The postings within reach of a batch, in memory.

    To build one: `add_document` for every version that a posting names, then `load` with the shingles asked for and
    their postings (one query: the last POSTINGS_PER_SHINGLE of each shingle within WINDOW_DAYS of the batch, oldest
    first). Shingles that were asked for and had no postings must be named as well. `add` enters a newcomer once it is
    linked; `move_article` follows a story that changed.
    """

    versions: dict[str, Version] = field(default_factory=dict)  # by version_id
    postings: dict[int, deque[tuple[Version, str | None]]] = field(default_factory=dict)

    def add_document(self, document: Document, story_id: str) -> None:
        """Make a version known; one that is known keeps its postings."""
        if document.version_id not in self.versions:
            day = document.at.timestamp() / DAY_S
            self.versions[document.version_id] = Version(document, story_id, day)

    def lacks(self, shingles: Iterable[int]) -> list[int]:
        """Return the shingles that were neither loaded nor added so far."""
        return [shingle for shingle in shingles if shingle not in self.postings]

    def load(self, shingles: Iterable[int], postings: Iterable[Posting]) -> None:
        """Take in all postings of the shingles named, oldest first."""
        for shingle in shingles:
            self.postings[shingle] = deque(maxlen=POSTINGS_PER_SHINGLE)
        for shingle, version_id, story_id in postings:
            self.postings[shingle].append((self.versions[version_id], story_id))

    def add(self, document: Document, story_id: str, postings: Iterable[Posting]) -> None:
        """Enter a newcomer with its fingerprint's postings."""
        self.add_document(document, story_id)
        version = self.versions[document.version_id]
        for shingle, _, counted in postings:
            held = self.postings.get(shingle)
            if held is None:
                held = self.postings[shingle] = deque(maxlen=POSTINGS_PER_SHINGLE)
            held.append((version, counted))

    def move_article(self, article_id: str, story_id: str) -> None:
        """Let all versions of an article count for another story."""
        for version in self.versions.values():
            if version.document.article_id == article_id:
                version.story_id = story_id

    def holders(self, shingles: Sequence[int], at: datetime) -> list[list[Holder]]:
        """Return who holds each shingle within the window, oldest first."""
        day = at.timestamp() / DAY_S
        first, last = day - WINDOW_DAYS, day + WINDOW_DAYS
        return [
            [
                Holder(version, counted or version.story_id)
                for version, counted in self.postings.get(shingle, ())
                if first <= version.day <= last
            ]
            for shingle in shingles
        ]


def shingle_weights(holders: Sequence[Sequence[Holder]], *, outlet: str | None) -> NDArray[np.float64]:
    """Return the weight of each shingle, 1 where no or one story holds it: float64, shape (shingles,)."""
    return np.fromiter((_weight(held, outlet) for held in holders), np.float64, len(holders))


def best_candidates(
    holders: Sequence[Sequence[Holder]], weights: NDArray[np.float64], *, article_id: str
) -> list[Version]:
    """Return the versions that share most with a fingerprint, best first.

    Never a version of the same article, at most MAX_PER_STORY of one story and MAX_CANDIDATES in all.
    """
    shared: Counter[str] = Counter()
    weight_of: Counter[str] = Counter()
    version_of: dict[str, Version] = {}
    for held, weight in zip(holders, weights.tolist(), strict=True):
        for version in (holder.version for holder in held) if weight else ():
            version_id = version.document.version_id
            version_of[version_id] = version
            shared[version_id] += 1
            weight_of[version_id] += weight
    found = sorted(
        (-weight_of[version_id], version_id)
        for version_id, version in version_of.items()
        if shared[version_id] >= MIN_SHARED
        and weight_of[version_id] >= MIN_WEIGHT
        and version.document.article_id != article_id
    )
    return _spread_over_stories([version_of[version_id] for _, version_id in found])


def _spread_over_stories(versions: Iterable[Version]) -> list[Version]:
    chosen: list[Version] = []
    taken: Counter[str] = Counter()
    for version in versions:
        taken[version.story_id] += 1
        if taken[version.story_id] <= MAX_PER_STORY:
            chosen.append(version)
    return chosen[:MAX_CANDIDATES]


def _weight(held: Sequence[Holder], outlet: str | None) -> float:
    if len(held) < STORIES_OF_OUTLET:
        return 1.0
    stories = {story_id for _, story_id in held}
    if len(stories) < STORIES_OF_OUTLET or outlet is None:
        return 1.0 / len(stories)
    own = {story_id for version, story_id in held if version.document.outlet == outlet}
    return 0.0 if len(own) >= STORIES_OF_OUTLET else 1.0 / len(stories)
