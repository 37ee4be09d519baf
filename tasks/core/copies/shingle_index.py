"""The index of copies in memory: from shingles to the versions that hold them.

Shingles that came along with each other have the same holders. They share one tuple of them, so that what is worked out for one need not be
for the others: a report that sixty outlets carry has hundreds of shingles, and a few tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

WINDOW_DAYS = 30  # days either way: notes/dedup.md, 2026-11
POSTINGS_PER_SHINGLE = 64  # the last so many: notes/dedup.md, 2026-11
DAY_S = 86400.0

T = TypeVar("T")


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
    holders      place of each one's holder in version_ids and story_ids
    story_ids    the story that a holder's shingles count for; None: the story of its own article
    """

    shingles: NDArray[np.uint64]
    holders: NDArray[np.int32]
    version_ids: Sequence[str]
    story_ids: Sequence[str | None]


PostingsOf = Callable[[list[int]], Postings]  # of shingles that an index lacks


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


Held = tuple[Holder, ...]  # who holds a shingle, oldest first
NOBODY: Held = ()


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
    postings: dict[int, Held] = field(default_factory=dict)
    window_days: int = WINDOW_DAYS

    def add_document(self, document: Document, story_id: str) -> None:
        """Make a version known; one that is known keeps its postings."""
        if document.version_id not in self.holder_of:
            version = Version(document, story_id, document.at.timestamp() / DAY_S)
            holder = self.holder_of[document.version_id] = Holder(version, story_id, version.day, document.outlet)
            self.by_article.setdefault(document.article_id, []).append(holder)

    def lacks(self, shingles: Iterable[int]) -> list[int]:
        """Return the shingles that were neither loaded nor added so far."""
        return [shingle for shingle in shingles if shingle not in self.postings]

    def want(self, shingles: Iterable[int], postings_of: PostingsOf) -> None:
        """Take in the postings of those of the shingles that it lacks, asked for at once."""
        missing = self.lacks(dict.fromkeys(shingles))
        if missing:
            self.load(missing, postings_of(missing))

    def load(self, shingles: Iterable[int], postings: Postings) -> None:
        """Take in all postings of the shingles named."""
        self.postings.update((shingle, NOBODY) for shingle in shingles)
        guests: dict[tuple[str, str], Holder] = {}
        holders = [
            self._holder(version_id, counted, guests) for version_id, counted in zip(postings.version_ids, postings.story_ids, strict=True)
        ]
        order = np.argsort(postings.shingles, kind="stable")
        ranked, places = postings.shingles[order], postings.holders[order]
        edges = [*np.flatnonzero(np.diff(ranked, prepend=~ranked[:1])).tolist(), len(ranked)]
        alike: dict[bytes, Held] = {}
        for start, end in pairwise(edges):
            key = places[start:end].tobytes()
            held = alike.get(key)
            if held is None:
                held = alike[key] = tuple(holders[place] for place in places[start:end].tolist())
            self.postings[int(ranked[start])] = held

    def add(self, document: Document, story_id: str, postings: Iterable[Posting]) -> None:
        """Enter a newcomer with its fingerprint's postings."""
        self.add_document(document, story_id)
        guests: dict[tuple[str, str], Holder] = {}
        grown: dict[tuple[int, int], tuple[Held, Held]] = {}  # before and after, by the ids of both: what is kept here keeps its id
        for shingle, version_id, counted in postings:
            holder, before = self._holder(version_id, counted, guests), self.postings.get(shingle, NOBODY)
            key = id(before), id(holder)
            if key not in grown:
                grown[key] = before, (*before[1 - POSTINGS_PER_SHINGLE :], holder)
            self.postings[shingle] = grown[key][1]

    def move_article(self, article_id: str, story_id: str) -> None:
        """Let all versions of an article count for another story."""
        for holder in self.by_article.get(article_id, ()):
            holder.story_id = holder.version.story_id = story_id

    def holders(self, shingles: Iterable[int], at: datetime) -> list[Held]:
        """Return who holds each shingle within the window, oldest first."""
        day = at.timestamp() / DAY_S
        return self._holders_between(shingles, day - self.window_days, day + self.window_days)

    def holders_then(self, shingles: Iterable[int], at: datetime) -> list[Held]:
        """Return who held each shingle at a time, those who came later left out."""
        day = at.timestamp() / DAY_S
        return self._holders_between(shingles, day - self.window_days, day)

    def _holders_between(self, shingles: Iterable[int], first: float, last: float) -> list[Held]:
        def between(held: Held) -> Held:
            return tuple(holder for holder in held if first <= holder.day <= last)

        return for_each_held([self.postings.get(shingle, NOBODY) for shingle in shingles], between)

    def _holder(self, version_id: str, counted: str | None, guests: dict[tuple[str, str], Holder]) -> Holder:
        """Return the version as holder for its own story, or for another one: one object for all shingles of a call."""
        own = self.holder_of[version_id]
        if counted is None:
            return own
        guest = guests.get((version_id, counted))
        if guest is None:
            guest = guests[version_id, counted] = Holder(own.version, counted, own.day, own.outlet)
        return guest


def for_each_held(holders: Sequence[Held], work: Callable[[Held], T]) -> list[T]:
    """Return what is worked out for the holders of each shingle: once for those that share them."""
    done: dict[int, T] = {}
    for held in holders:
        if id(held) not in done:
            done[id(held)] = work(held)
    return [done[id(held)] for held in holders]
