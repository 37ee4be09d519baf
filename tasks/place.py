"""From newcomers to their place: matches, stories, and what each adds to the index of copies. As rows, nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.core.copies.forest import Forest, Member, hang_pair
from tasks.core.copies.linking import Linked, link_article
from tasks.core.copies.order import is_ordered
from tasks.core.copies.stories import Comparison
from tasks.core.events import Message
from tasks.core.records import BODY_TYPES, Passage
from tasks.shingle_store import ShingleStore, document_of, tokens_of_text
from tasks.warehouse import Warehouse, time_of

Row = dict[str, Any]

PASSAGE_COLUMNS = tuple(Passage.__dataclass_fields__)  # asdict would copy each value deep: a tenth of a drain of copies


MEMBERS_SQL = """
with asked_places as (
    select rowid as place
    from store.members semi join asked using (article_id)
),

stories as (
    select distinct story_id
    from store.members
    where rowid in (select place from asked_places)
),

places as (
    select rowid as place
    from store.members semi join stories using (story_id)
)

select
    article_id,
    story_id,
    founded_no,
    epoch_us(compared_at),
    parent_article_id,
    relation,
    parent_share,
from store.members
where rowid in (select place from places)
"""


@dataclass(slots=True)
class Changes:
    """What a batch changes: rows to add, rows of `members` to put in place of others, aliases that come (or, None, go)."""

    matches: list[Row] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    postings: dict[str, list[Any]] = field(default_factory=lambda: {"shingle": [], "document_no": [], "counted_story_id": []})
    aliases: dict[str, str | None] = field(default_factory=dict)
    new_articles: set[str] = field(default_factory=set)
    founded: int = 0
    joined: int = 0


def link_versions(warehouse: Warehouse, versions: list[Row], blocks: pa.Table, version_captures: list[Row], window_days: int) -> Changes:
    """Return what new versions change, compared in their order with what the warehouse knows and with each other."""
    if not versions:
        return Changes()
    body_blocks: dict[str, list[int]] = {row["version_id"]: [] for row in versions}
    of_body = blocks.filter(pc.is_in(blocks["type"], pa.array(sorted(BODY_TYPES))))
    for version_id, block_no in zip(of_body["version_id"].to_pylist(), of_body["block_no"].to_pylist(), strict=True):
        body_blocks[version_id].append(block_no)
    captured_at: dict[str, datetime] = {}
    for row in version_captures:
        captured_at.setdefault(row["version_id"], row["captured_at"])
    newcomers = []
    for version in versions:
        tokens = tokens_of_text(version["title"], version["text"], body_blocks[version["version_id"]])
        newcomers.append((document_of(version, captured_at[version["version_id"]]), tokens))
    times = [document.at for document, _ in newcomers]
    store = ShingleStore(warehouse, since=min(times), until=max(times), window_days=window_days)
    for document, tokens in newcomers:
        store.keep(document.version_id, tokens)
    store.prefetch(newcomers)
    placing = _Placing(warehouse, store, [document.article_id for document, _ in newcomers])
    for document, tokens in newcomers:
        linked = link_article(document, tokens, store.index, tokens_of=store.tokens_of, postings_of=store.postings_of)
        placing.place(linked, body_blocks[document.version_id])
    return placing.changes()


class _Placing:
    """Gives each newcomer its place: rows, its tree in the forest of stories, its entry in the index."""

    def __init__(self, warehouse: Warehouse, store: ShingleStore, article_ids: Sequence[str]) -> None:
        self._warehouse = warehouse
        self._store = store
        self._forest = Forest()
        self._changes = Changes()
        self._next_no: int = warehouse.rows("select coalesce(max(document_no), 0) + 1 from store.documents")[0][0]
        self._meet({*article_ids, *store.index.by_article})

    def place(self, linked: Linked, body_blocks: list[int]) -> None:
        """Add the rows of one newcomer, hang it and those who have more of their text from it, and enter it into the index."""
        document = linked.document
        self._meet({comparison.document.article_id for comparison in linked.comparisons})
        is_new = document.article_id not in self._forest.members
        if is_new:
            self._forest.found(document.article_id, at=document.at, number=self._next_no)
        hung = [
            article_id for comparison in linked.comparisons if (article_id := hang_pair(self._forest, document, comparison, is_new=is_new))
        ]
        for article_id, story_id in self._forest.settle(hung).items():
            self._store.index.move_article(article_id, story_id)
        story_id = self._forest.members[document.article_id].story_id
        if is_new:
            is_founder = story_id == document.article_id
            self._changes.new_articles.add(document.article_id)
            self._changes.founded += is_founder
            self._changes.joined += not is_founder
        self._changes.matches += [_match_row(linked, comparison) for comparison in linked.comparisons]
        self._enter(linked, story_id, body_blocks)

    def _enter(self, linked: Linked, story_id: str, body_blocks: list[int]) -> None:
        document = linked.document
        self._changes.documents.append(
            {
                "document_no": self._next_no, "version_id": document.version_id, "article_id": document.article_id, "outlet": document.outlet,
                "body_blocks": body_blocks, "is_dated": document.is_dated, "is_day_known": document.is_day_known, "compared_at": document.at,
            }
        )  # fmt: skip
        for posting in linked.postings:
            self._changes.postings["shingle"].append(posting.shingle)
            self._changes.postings["document_no"].append(self._next_no)
            self._changes.postings["counted_story_id"].append(posting.story_id)
        self._next_no += 1
        self._store.index.add(document, story_id, linked.postings)

    def _meet(self, article_ids: set[str]) -> None:
        """Load the stories of these articles, whole."""
        missing = sorted(article_ids - self._forest.members.keys())
        if not missing:
            return
        self._warehouse.give("asked", pa.table({"article_id": missing}))
        self._forest.know(
            Member(
                article_id=article_id, story_id=story_id, number=number, at=time_of(at_us),
                parent_id=parent_id, relation=relation, share=share,
            )
            for article_id, story_id, number, at_us, parent_id, relation, share in self._warehouse.rows(MEMBERS_SQL)
        )  # fmt: skip

    def changes(self) -> Changes:
        """Return what all newcomers changed."""
        for article_id in sorted(self._forest.changed):
            member = self._forest.members[article_id]
            self._changes.members.append(
                {
                    "story_id": member.story_id, "article_id": article_id, "parent_article_id": member.parent_id, "relation": member.relation,
                    "parent_share": member.share, "founded_no": member.number, "is_founder": member.is_founder, "compared_at": member.at,
                }
            )  # fmt: skip
        self._changes.aliases = self._forest.aliases
        return self._changes


def _match_row(linked: Linked, comparison: Comparison) -> Row:
    newcomer, other, verdict = linked.document, comparison.document, comparison.verdict
    a, b = (other, newcomer) if comparison.is_later else (newcomer, other)
    return {
        "version_a": a.version_id, "version_b": b.version_id, "article_a": a.article_id, "article_b": b.article_id,
        "relation": verdict.relation, "rule": verdict.rule, "is_merging": verdict.is_merging, "is_ordered": is_ordered(a, b),
        "share_of_a": verdict.share_of_a, "share_of_b": verdict.share_of_b, "anchor_share": verdict.anchor_share,
        "unquoted_words": verdict.unquoted_words, "passages": [{name: getattr(passage, name) for name in PASSAGE_COLUMNS} for passage in verdict.passages],
    }  # fmt: skip
