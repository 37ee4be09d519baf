"""Which earlier texts are worth a comparison: an index from shingles to the versions that hold them.

A shingle weighs 1 / (stories that hold it): what many stories share is boilerplate and finds nothing. It weighs nothing
where its own outlet has used it in two stories already. Stories are counted, not versions, so that a report that two
hundred outlets carry still finds itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
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
    """What the index knows of one version. `at` is when it was published, else the midnight its day begins with, else captured."""

    version_id: str
    article_id: str
    outlet: str | None
    at: datetime
    is_dated: bool = True  # `at` is a known time of publication
    is_day_known: bool = False  # or only its day is; else it was published at any time before `at`


class Posting(NamedTuple):
    """One shingle of one version, and the story it counts for."""

    shingle: int
    version_id: str
    story_id: str | None  # None: the story of its own article, whichever that is by then


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Postings:
    """Postings as they are stored, oldest first: thousands for a newcomer that many have copied.

    shingles     uint64, shape (postings,)
    versions     place of each in version_ids
    stories      place of the story each counts for in story_ids; -1: the story of its own article
    """

    shingles: NDArray[np.uint64]
    versions: NDArray[np.int64]
    stories: NDArray[np.int64]
    version_ids: Sequence[str]
    story_ids: Sequence[str]


@dataclass(slots=True, eq=False)
class Version:
    """A document as the index holds it, with its story, which may still change."""

    document: Document
    story_id: str
    day: float  # days since 1970


@dataclass(slots=True, eq=False)
class Holder:
    """A version that holds shingles, and the story they count for: its own, or the one they came along from."""

    version: Version
    story_id: str
    day: float  # of the version
    outlet: str | None  # of the version


@dataclass(slots=True)
class ShingleIndex:
    """The postings within reach of a batch, in memory.

    To build one: `add_document` for every version that a posting names, then `load` with the shingles asked for and
    their postings (one query: the last POSTINGS_PER_SHINGLE of each shingle within WINDOW_DAYS of the batch, oldest
    first). Shingles that were asked for and had no postings must be named as well. `add` enters a newcomer once it is
    linked; `move_article` follows a story that changed.
    """

    holder_of: dict[str, Holder] = field(default_factory=dict)  # by version_id, for the version's own story
    by_article: dict[str, list[Holder]] = field(default_factory=dict)  # the same, by article_id
    postings: dict[int, list[Holder]] = field(default_factory=dict)
    window_days: int = WINDOW_DAYS
    _first_day: float = math.inf  # of all versions that are known
    _last_day: float = -math.inf

    def add_document(self, document: Document, story_id: str) -> None:
        """Make a version known; one that is known keeps its postings."""
        if document.version_id not in self.holder_of:
            version = Version(document, story_id, document.at.timestamp() / DAY_S)
            holder = self.holder_of[document.version_id] = Holder(version, story_id, version.day, document.outlet)
            self.by_article.setdefault(document.article_id, []).append(holder)
            self._first_day, self._last_day = min(self._first_day, version.day), max(self._last_day, version.day)

    def lacks(self, shingles: Iterable[int]) -> list[int]:
        """Return the shingles that were neither loaded nor added so far."""
        return [shingle for shingle in shingles if shingle not in self.postings]

    def load(self, shingles: Iterable[int], postings: Postings) -> None:
        """Take in all postings of the shingles named."""
        self.postings.update((shingle, []) for shingle in shingles)
        if not len(postings.shingles):
            return
        order = np.argsort(postings.shingles, kind="stable")
        ranked = postings.shingles[order]
        held = self._holders_of(postings)[order].tolist()
        edges = [0, *(np.flatnonzero(ranked[1:] != ranked[:-1]) + 1).tolist(), len(held)]
        for shingle, (start, end) in zip(ranked[edges[:-1]].tolist(), pairwise(edges), strict=True):
            self.postings[shingle] = held[start:end]

    def add(self, document: Document, story_id: str, postings: Iterable[Posting]) -> None:
        """Enter a newcomer with its fingerprint's postings."""
        self.add_document(document, story_id)
        guests: dict[tuple[str, str], Holder] = {}
        for shingle, version_id, counted in postings:
            self._append(shingle, self._holder(version_id, counted, guests))

    def move_article(self, article_id: str, story_id: str) -> None:
        """Let all versions of an article count for another story."""
        for holder in self.by_article.get(article_id, ()):
            holder.story_id = holder.version.story_id = story_id

    def holders(self, shingles: Iterable[int], at: datetime) -> list[list[Holder]]:
        """Return who holds each shingle within the window, oldest first; to be read before the next newcomer is entered."""
        day = at.timestamp() / DAY_S
        return self._holders_between(shingles, day - self.window_days, day + self.window_days)

    def holders_then(self, shingles: Iterable[int], at: datetime) -> list[list[Holder]]:
        """Return who held each shingle at a time, those who came later left out."""
        day = at.timestamp() / DAY_S
        return self._holders_between(shingles, day - self.window_days, day)

    def _holders_between(self, shingles: Iterable[int], first: float, last: float) -> list[list[Holder]]:
        held_of = self.postings.get
        if first <= self._first_day and self._last_day <= last:  # as mostly, in time order: nobody is to be left out
            return [held_of(shingle) or [] for shingle in shingles]
        return [[holder for holder in held if first <= holder.day <= last] if (held := held_of(shingle)) else [] for shingle in shingles]

    def _append(self, shingle: int, holder: Holder) -> None:
        held = self.postings.setdefault(shingle, [])
        held.append(holder)
        if len(held) > POSTINGS_PER_SHINGLE:
            del held[0]

    def _holders_of(self, postings: Postings) -> NDArray[np.object_]:
        """Return the holder of each posting."""
        pairs = postings.versions.astype(np.int64) * (len(postings.story_ids) + 1) + postings.stories + 1
        distinct, places = np.unique(pairs, return_inverse=True)
        holders = np.empty(len(distinct), np.object_)
        guests: dict[tuple[str, str], Holder] = {}
        for place, pair in enumerate(distinct.tolist()):
            version, story = divmod(pair, len(postings.story_ids) + 1)
            counted = postings.story_ids[story - 1] if story else None
            holders[place] = self._holder(postings.version_ids[version], counted, guests)
        return holders[places]

    def _holder(self, version_id: str, counted: str | None, guests: dict[tuple[str, str], Holder]) -> Holder:
        """Return the version as holder for its own story, or for another one: one object for all shingles of a call."""
        own = self.holder_of[version_id]
        if counted is None:
            return own
        guest = guests.get((version_id, counted))
        if guest is None:
            guest = guests[version_id, counted] = Holder(own.version, counted, own.day, own.outlet)
        return guest


def shingle_weights(holders: Sequence[Sequence[Holder]], *, outlet: str | None) -> NDArray[np.float64]:
    """Return the weight of each shingle, 1 where no or one story holds it: float64, shape (shingles,)."""
    weights = (1.0 if len(held) < STORIES_OF_OUTLET else _weight(held, outlet) for held in holders)
    return np.fromiter(weights, np.float64, len(holders))


def best_candidates(holders: Sequence[Sequence[Holder]], weights: NDArray[np.float64], *, article_id: str, at: datetime) -> list[Version]:
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


def _shared_weights(holders: Sequence[Sequence[Holder]], weights: NDArray[np.float64], day: float) -> dict[Version, tuple[int, float]]:
    """Return how many shingles each version shares, and their weight: for one dated later, by all stories that hold them now."""
    alike: dict[
        tuple[Holder, ...], tuple[int, float]
    ] = {}  # most shingles of a text that was copied have the same holders, and so one weight
    for held, weight in zip(holders, weights.tolist(), strict=True):
        if held:
            key = tuple(held)
            alike[key] = (alike.get(key, (0, weight))[0] + 1, weight)
    shared: dict[Version, tuple[int, float]] = {}
    for key, (times, weight) in alike.items():
        weight_now: float | None = None
        for holder in key:
            counted = weight
            if holder.day > day:
                if weight_now is None:
                    weight_now = 1.0 / len({other.story_id for other in key})
                counted = weight_now
            if counted:
                count, so_far = shared.get(holder.version, (0, 0.0))
                shared[holder.version] = (count + times, so_far + times * counted)
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


def _weight(held: Sequence[Holder], outlet: str | None) -> float:
    stories = {holder.story_id for holder in held}
    if len(stories) < STORIES_OF_OUTLET or outlet is None:
        return 1.0 / len(stories)
    own = {holder.story_id for holder in held if holder.outlet == outlet}
    return 0.0 if len(own) >= STORIES_OF_OUTLET else 1.0 / len(stories)
