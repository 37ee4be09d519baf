"""Stories as trees: every article hangs on the earlier one that it has most of its own text from.

Which tree an article is in does not depend on who arrived first: an original that comes late takes over those who have
more of their text from it than from their parent so far. Trees do not chain through a text that carries two reports.
Story ids stay: a tree keeps the id of the article that founded it first; ids that vanish become aliases.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tasks.core.copies.shingle_index import Document
from tasks.core.copies.stories import Comparison

SHARE_DIGITS = 2  # decimals of a share that count when parents are compared; among equals the earliest is the parent


@dataclass(slots=True, kw_only=True)
class Member:
    """One article in its story.

    number     in which order articles were first linked
    share      of the article's own text that its parent holds; 0 without a parent
    """

    article_id: str
    story_id: str
    number: int
    at: datetime
    parent_id: str | None = None
    relation: str | None = None
    share: float = 0.0

    @property
    def is_founder(self) -> bool:
        return self.article_id == self.story_id


@dataclass(slots=True)
class Forest:
    """The stories within reach of a batch, whole.

    changed    articles whose row is new or no longer what it was
    aliases    old story id to the one it went into; None: the id is a story again
    fresh      the article that was founded last and is not settled: nobody has seen its story yet
    """

    members: dict[str, Member] = field(default_factory=dict)
    stories: dict[str, set[str]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    aliases: dict[str, str | None] = field(default_factory=dict)
    fresh: str | None = None

    def know(self, members: Iterable[Member]) -> None:
        """Take in members as they are stored: all of a story, or none."""
        for member in members:
            if member.article_id not in self.members:
                self._put(member)

    def found(self, article_id: str, *, at: datetime, number: int) -> None:
        """Let a new article found a story of its own."""
        self._put(Member(article_id=article_id, story_id=article_id, number=number, at=at))
        self.changed.add(article_id)
        self.fresh = article_id

    def hang(self, later_id: str, earlier_id: str, *, share: float, relation: str) -> bool:
        """Hang an article on an earlier one if it has more of its text from there than from its parent; tell whether."""
        later, earlier = self.members[later_id], self.members[earlier_id]
        if not self._is_better(later, earlier, share) or self._is_below(earlier, later_id):
            return False
        later.parent_id, later.share, later.relation = earlier_id, share, relation
        self.changed.add(later_id)
        return True

    def is_alone(self, article_id: str) -> bool:
        return len(self.stories[self.members[article_id].story_id]) == 1

    def settle(self, article_ids: Iterable[str]) -> dict[str, str]:
        """Make stories of the trees again around these articles; return the new story of each article that moved."""
        named = {self.members[article_id].story_id for article_id in article_ids}
        named |= {self.members[parent].story_id for article_id in article_ids if (parent := self.members[article_id].parent_id)}
        within = {article_id for story_id in named for article_id in self.stories[story_id]}
        moved: dict[str, str] = {}
        for tree in self._trees(within):
            story_id = self._name(tree)
            for article_id in tree:
                if self.members[article_id].story_id != story_id:
                    moved[article_id] = story_id
        for article_id, story_id in moved.items():
            self._move(article_id, story_id)
        for story_id in named:
            self._forget(story_id)
        self.fresh = None
        return moved

    def _put(self, member: Member) -> None:
        self.members[member.article_id] = member
        self.stories.setdefault(member.story_id, set()).add(member.article_id)

    def _is_better(self, later: Member, earlier: Member, share: float) -> bool:
        if later.parent_id is None:
            return True
        if later.parent_id == earlier.article_id:
            return share > later.share
        parent = self.members[later.parent_id]
        new, old = round(share, SHARE_DIGITS), round(later.share, SHARE_DIGITS)
        return new > old or (new == old and (earlier.at, earlier.article_id) < (parent.at, parent.article_id))

    def _is_below(self, member: Member, article_id: str) -> bool:
        """Tell whether a member hangs, however far, on an article."""
        above: Member | None = member
        while above is not None:
            if above.article_id == article_id:
                return True
            above = self.members[above.parent_id] if above.parent_id else None
        return False

    def _trees(self, within: set[str]) -> list[set[str]]:
        root_of: dict[str, str] = {}
        for article_id in within:
            path = [article_id]
            while path[-1] not in root_of and (parent := self.members[path[-1]].parent_id) is not None:
                path.append(parent)
            root = root_of.get(path[-1], path[-1])
            root_of.update(dict.fromkeys(path, root))
        trees: dict[str, set[str]] = {}
        for article_id, root in root_of.items():
            trees.setdefault(root, set()).add(article_id)
        return [trees[root] for root in sorted(trees)]

    def _name(self, tree: set[str]) -> str:
        """Return the id of a tree's story: of its first founder, else of its root."""
        founders = [member for member in (self.members[article_id] for article_id in tree) if member.is_founder]
        if founders:
            return min(founders, key=lambda member: member.number).article_id
        return next(article_id for article_id in sorted(tree) if self.members[article_id].parent_id is None)

    def _move(self, article_id: str, story_id: str) -> None:
        member = self.members[article_id]
        self.stories[member.story_id].discard(article_id)
        if member.is_founder and article_id != self.fresh:
            self.aliases[member.story_id] = story_id
        member.story_id = story_id
        if member.is_founder:
            self.aliases[story_id] = None
        self.stories.setdefault(story_id, set()).add(article_id)
        self.changed.add(article_id)

    def _forget(self, story_id: str) -> None:
        if not self.stories[story_id]:
            del self.stories[story_id]


def hang_pair(forest: Forest, newcomer: Document, comparison: Comparison, *, is_new: bool) -> str | None:
    """Hang the later of a merging pair on the earlier; return which article that was, None where nothing changed.

    A later version of an article that is in company changes nothing: ids must stay, and the match is stored all the same.
    """
    other, verdict = comparison.document, comparison.verdict
    if not verdict.is_merging or not (is_new or forest.is_alone(newcomer.article_id)):
        return None
    is_later = (newcomer.at, newcomer.article_id) > (other.at, other.article_id)  # not as the pair reads: trees need one order of all
    if not is_new and not is_later:
        return None
    later, earlier = (newcomer, other) if is_later else (other, newcomer)
    share = verdict.share_of_b if is_later == comparison.is_later else verdict.share_of_a
    is_hung = forest.hang(later.article_id, earlier.article_id, share=share, relation=verdict.relation)
    return later.article_id if is_hung else None
