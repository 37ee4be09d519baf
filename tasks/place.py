"""From newcomers to their place: matches, stories, and what each adds to the index of copies. As rows, nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from tasks.core.copies.linking import Linked, link_article
from tasks.core.copies.order import is_ordered
from tasks.core.copies.stories import Comparison
from tasks.core.records import BODY_TYPES
from tasks.shingle_store import ShingleStore, document_of, tokens_of_text
from tasks.warehouse import Warehouse

Row = dict[str, Any]


@dataclass(slots=True)
class Changes:
    """Rows that a batch adds, by table, and articles that move to another story."""

    rows: dict[str, list[Row]] = field(
        default_factory=lambda: {name: [] for name in ("members", "matches", "documents", "story_aliases", "outbox")}
    )
    postings: dict[str, list[Any]] = field(default_factory=lambda: {"shingle": [], "document_no": [], "counted_story_id": []})
    moved: list[Row] = field(default_factory=list)


def link_versions(warehouse: Warehouse, versions: list[Row], blocks: list[Row], version_captures: list[Row], window_days: int) -> Changes:
    changes = Changes()
    if not versions:
        return changes
    body_blocks: dict[str, list[int]] = {row["version_id"]: [] for row in versions}
    for block in blocks:
        if block["type"] in BODY_TYPES:
            body_blocks[block["version_id"]].append(block["block_no"])
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
    linker = _Linker(warehouse, store, changes, {version["article_id"] for version in versions})
    for document, tokens in newcomers:
        linked = link_article(document, tokens, store.index, tokens_of=store.tokens_of, postings_of=store.postings_of)
        linker.settle(linked, body_blocks[document.version_id])
    return changes


class _Linker:
    """Turns what the engine found into rows, newcomer by newcomer."""

    def __init__(self, warehouse: Warehouse, store: ShingleStore, changes: Changes, articles: set[str]) -> None:
        self._store = store
        self._changes = changes
        self._next_no: int = warehouse.rows("select coalesce(max(document_no), 0) + 1 from store.documents")[0][0]
        warehouse.give("asked", pa.table({"article_id": sorted(articles)}))
        self._story_of: dict[str, str] = dict(
            warehouse.rows("select article_id, story_id from store.members semi join asked using (article_id)")
        )
        self._size_of: Callable[[str], int] = lambda story_id: (
            warehouse.rows("select count(*) from store.members where story_id = ?", [story_id])[0][0]
            + sum(row["story_id"] == story_id for row in (*changes.rows["members"], *changes.moved))
        )

    def settle(self, linked: Linked, body_blocks: list[int]) -> None:
        """Add the rows of one newcomer, and enter it into the index."""
        document = linked.document
        story_id = self._placed(linked)
        rows = self._changes.rows
        rows["matches"] += [_match_row(linked, comparison) for comparison in linked.comparisons]
        rows["documents"].append(
            {
                "document_no": self._next_no, "version_id": document.version_id, "article_id": document.article_id, "outlet": document.outlet,
                "body_blocks": body_blocks, "is_dated": document.is_dated, "compared_at": document.at,
            }
        )  # fmt: skip
        for posting in linked.postings:
            self._changes.postings["shingle"].append(posting.shingle)
            self._changes.postings["document_no"].append(self._next_no)
            self._changes.postings["counted_story_id"].append(posting.story_id)
        self._next_no += 1
        self._store.index.add(document, story_id, linked.postings)

    def _placed(self, linked: Linked) -> str:
        article_id = linked.document.article_id
        story_id = self._story_of.get(article_id)
        if story_id is None:
            return self._joins(linked)
        if linked.link and linked.link.story_id != story_id == article_id and self._size_of(story_id) == 1:
            return self._moves(linked)
        return story_id

    def _joins(self, linked: Linked) -> str:
        link, article_id = linked.link, linked.document.article_id
        self._story_of[article_id] = linked.story_id
        self._changes.rows["members"].append(
            {
                "story_id": linked.story_id, "article_id": article_id, "parent_article_id": link.parent_article_id if link else None,
                "relation": link.comparison.verdict.relation if link else None, "is_founder": link is None,
            }
        )  # fmt: skip
        self._changes.rows["outbox"].append(
            message("story.copied" if link else "story.found", article_id, {"story_id": linked.story_id, "article_id": article_id})
        )
        return linked.story_id

    def _moves(self, linked: Linked) -> str:
        """Let an article that was alone join the story that a later version of it carries."""
        assert linked.link is not None
        article_id, story_id = linked.document.article_id, linked.link.story_id
        row = {
            "story_id": story_id, "article_id": article_id, "parent_article_id": linked.link.parent_article_id,
            "relation": linked.link.comparison.verdict.relation,
        }  # fmt: skip
        members = self._changes.rows["members"]
        staged = next((member for member in members if member["article_id"] == article_id), None)
        if staged is not None:
            staged.update(row, is_founder=False)
        else:
            self._changes.moved.append(row)
        self._changes.rows["story_aliases"].append({"old_story_id": article_id, "story_id": story_id})
        self._story_of[article_id] = story_id
        self._store.index.move_article(article_id, story_id)
        return story_id


def _match_row(linked: Linked, comparison: Comparison) -> Row:
    newcomer, other, verdict = linked.document, comparison.document, comparison.verdict
    a, b = (other, newcomer) if comparison.is_later else (newcomer, other)
    return {
        "version_a": a.version_id, "version_b": b.version_id, "article_a": a.article_id, "article_b": b.article_id,
        "relation": verdict.relation, "rule": verdict.rule, "is_merging": verdict.is_merging, "is_ordered": is_ordered(a, b),
        "share_of_a": verdict.share_of_a, "share_of_b": verdict.share_of_b, "anchor_share": verdict.anchor_share,
        "unquoted_words": verdict.unquoted_words, "passages": [asdict(passage) for passage in verdict.passages],
    }  # fmt: skip


def message(name: str, resource: str, payload: Row) -> Row:
    """Return a message for the outbox; its id is of its name, resource and batch."""
    return {"name": f"copydesk.{name}", "resource": resource, "payload": json.dumps(payload, sort_keys=True)}
