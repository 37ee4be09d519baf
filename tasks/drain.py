"""The drain: what pages say of each other. One staged batch, one transaction, one process at a time, in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from tasks.core import ids
from tasks.core.copies.edits import version_change
from tasks.core.copies.linking import Linked, link_article
from tasks.core.copies.order import is_ordered
from tasks.core.copies.stories import Comparison
from tasks.core.errors import CheckError, HomeError
from tasks.core.records import BODY_TYPES, Declined, Received
from tasks.inbox import Batch
from tasks.points import reached
from tasks.shingle_store import ShingleStore, document_of, tokens_of_text
from tasks.warc import capture_known_as
from tasks.warehouse import Warehouse

Row = dict[str, Any]


@dataclass(slots=True)
class Counts:
    """What came of a batch."""

    captures_new: int = 0
    articles_new: int = 0
    versions_new: int = 0
    stories_new: int = 0
    copies_new: int = 0
    rejected: int = 0


@dataclass(slots=True)
class Changes:
    """Rows that a batch adds, by table, and articles that move to another story."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in ("members", "matches", "documents", "story_aliases", "outbox")})
    postings: dict[str, list[Any]] = field(default_factory=lambda: {"shingle": [], "document_no": [], "counted_story_id": []})
    moved: list[Row] = field(default_factory=list)


def drain_batch(
    warehouse: Warehouse, batch: Batch, staged: dict[str, pa.Table], *, now: datetime, window_days: int, announces: bool = True
) -> Counts:
    """Take a staged batch into the warehouse, all of it or nothing.

    announces    whether messages go to the outbox; a replay announces nothing
    Raises       CheckError where the batch breaks a promise, HomeError where the disk gave up
    """
    try:
        with warehouse.transaction():
            counts, changes = _merge(warehouse, staged, window_days)
            if announces:
                changes.rows["outbox"].append(_message("batch.loaded", batch.batch_id, asdict(counts), batch))
            for row in changes.rows["outbox"]:
                row["message_id"] = ids.id_of("message", row["name"], row["resource"], batch.batch_id)
            warehouse.insert("outbox", changes.rows["outbox"] if announces else [])
            warehouse.insert("batches", [{**asdict(batch), **asdict(counts), "batch_id": batch.batch_id, "state": "drained", "drained_at": now}])
            warehouse.check("batch")
            reached("drain.inserted")
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise HomeError(f"batch {batch.batch_id}: the warehouse could not be written ({error}); free space and run `copydesk ingest`") from error
    reached("drain.committed")
    return counts


def note_failure(warehouse: Warehouse, batch: Batch, error: Exception, now: datetime) -> None:
    """Record a batch that was quarantined, so that the next one can go on."""
    counts = asdict(Counts())
    detail = str(error) if isinstance(error, CheckError) else f"{type(error).__name__}: {error}"
    warehouse.insert(
        "batches", [{**asdict(batch), **counts, "batch_id": batch.batch_id, "state": "failed", "detail": detail[:500], "drained_at": now}]
    )


def next_batch(warehouse: Warehouse) -> tuple[int, int]:
    """Return (segment number, first record) of the batch that is next in order."""
    rows = warehouse.rows(
        """
        select segment_no, first_record, record_count, is_last
        from store.batches
        order by segment_no desc, first_record desc
        limit 1
        """
    )
    if not rows:
        return 1, 0
    segment_no, first_record, record_count, is_last = rows[0]
    return (segment_no + 1, 0) if is_last else (segment_no, first_record + record_count)


def _merge(warehouse: Warehouse, staged: dict[str, pa.Table], window_days: int) -> tuple[Counts, Changes]:
    captures = _new_captures(warehouse, staged["captures"].to_pylist())
    kept = {row["capture_id"] for row in captures}
    version_captures = [row for row in staged["version_captures"].to_pylist() if row["capture_id"] in kept]
    rejects = _new_rejects(warehouse, [row for row in staged["rejects"].to_pylist() if row["capture_id"] is None or row["capture_id"] in kept])
    held = {row["version_id"] for row in version_captures}
    known = _known(warehouse, "versions", "version_id", held)
    versions = [row for row in staged["versions"].to_pylist() if row["version_id"] in held - known]
    new_ids = {row["version_id"] for row in versions}
    blocks = [row for row in staged["blocks"].to_pylist() if row["version_id"] in new_ids]
    changes = _link(warehouse, versions, blocks, version_captures, window_days)
    _give_batch(warehouse, captures, version_captures)
    for table, rows in (
        ("captures", captures), ("versions", versions), ("version_captures", version_captures), ("blocks", blocks), ("rejects", rejects),
        ("members", changes.rows["members"]), ("matches", changes.rows["matches"]), ("documents", changes.rows["documents"]),
        ("story_aliases", changes.rows["story_aliases"]),
    ):  # fmt: skip
        warehouse.insert(table, rows)
    if changes.postings["shingle"]:
        warehouse.insert_arrow("postings", pa.table({**changes.postings, "shingle": pa.array(changes.postings["shingle"], pa.uint64())}))
    for row in changes.moved:
        warehouse.execute(
            "update store.members set story_id = $story_id, parent_article_id = $parent_article_id, relation = $relation,"
            " is_founder = false where article_id = $article_id", row,
        )  # fmt: skip
    _store_edits(warehouse, {row["article_id"] for row in version_captures}, changes)
    founded = sum(row["is_founder"] for row in changes.rows["members"])
    counts = Counts(
        captures_new=len(captures), articles_new=len(changes.rows["members"]), versions_new=len(versions), stories_new=founded,
        copies_new=len(changes.rows["members"]) - founded + len(changes.moved), rejected=sum(row["capture_id"] is not None for row in rejects),
    )  # fmt: skip
    return counts, changes


def _new_captures(warehouse: Warehouse, rows: list[Row]) -> list[Row]:
    """Return the captures that are new: not known by id; timed by our clock, not equal to the last of their target."""
    known = _known(warehouse, "captures", "capture_id", {row["capture_id"] for row in rows})
    last = last_digests(warehouse, {row["target_uri"] for row in rows if not row["is_time_given"]})
    fresh: list[Row] = []
    for row in rows:
        repeated = row["capture_id"] in known or (not row["is_time_given"] and last.get(row["target_uri"]) == row["digest"])
        if not repeated:
            known.add(row["capture_id"])
            last[row["target_uri"]] = row["digest"]
            fresh.append(row)
    return fresh


def last_digests(warehouse: Warehouse, targets: set[str]) -> dict[str, str]:
    """Return the digest of the last capture of each target URI."""
    if not targets:
        return {}
    warehouse.give("asked", pa.table({"target_uri": sorted(targets)}))
    return dict(
        warehouse.rows(
            """
            select captures.target_uri, arg_max(captures.digest, (captures.segment_no, captures.record_no))
            from store.captures as captures
            inner join asked on asked.target_uri = captures.target_uri
            group by captures.target_uri
            """
        )
    )  # type: ignore[arg-type]


def _new_rejects(warehouse: Warehouse, rows: list[Row]) -> list[Row]:
    known = _known(warehouse, "rejects", "reject_id", {row["reject_id"] for row in rows})
    fresh = {row["reject_id"]: row for row in rows if row["reject_id"] not in known}
    return list(fresh.values())


def _known(warehouse: Warehouse, table: str, column: str, values: set[str]) -> set[str]:
    if not values:
        return set()
    warehouse.give("asked", pa.table({column: sorted(values)}))
    return {row[0] for row in warehouse.rows(f"select {column} from store.{table} semi join asked using ({column})")}


def known_inputs(warehouse: Warehouse, items: Sequence[Received | Declined], now: datetime) -> list[bool]:
    """Return for each input whether the warehouse has it already, by the rule of the drain."""
    captures = {number: capture_known_as(item, now) for number, item in enumerate(items) if isinstance(item, Received)}
    timed = _known(warehouse, "captures", "capture_id", {capture.capture_id for capture in captures.values()})
    last = last_digests(warehouse, {capture.target_uri for capture in captures.values() if not capture.is_time_given})
    declined = _known(warehouse, "rejects", "target_uri", {item.target_uri for item in items if isinstance(item, Declined)})
    known = []
    for number, item in enumerate(items):
        capture = captures.get(number)
        if capture is None:
            known.append(item.target_uri in declined)
        else:
            known.append(capture.capture_id in timed or (not capture.is_time_given and last.get(capture.target_uri) == capture.digest))
    return known


def counts_of(warehouse: Warehouse, segments: Sequence[int]) -> Counts:
    """Return what came of the batches of these segments."""
    names = list(Counts.__dataclass_fields__)
    sums = ", ".join(f"coalesce(sum({name}), 0)::integer" for name in names)
    row = warehouse.rows(f"select {sums} from store.batches where list_contains($segments, segment_no)", {"segments": list(segments)})[0]
    return Counts(**dict(zip(names, row, strict=True)))


def _give_batch(warehouse: Warehouse, captures: Sequence[Row], version_captures: Sequence[Row]) -> None:
    """Let the batch's checks see what it holds."""
    strings = pa.string()
    warehouse.give("batch_captures", pa.table({name: pa.array([row[name] for row in captures], strings) for name in ("capture_id", "kind")}))
    warehouse.give(
        "batch_versions", pa.table({name: pa.array([row[name] for row in version_captures], strings) for name in ("version_id", "article_id")})
    )


def _link(
    warehouse: Warehouse, versions: list[Row], blocks: list[Row], version_captures: list[Row], window_days: int
) -> Changes:
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
            warehouse.rows("select article_id, story_id from store.members semi join asked using (article_id)")  # type: ignore[arg-type]
        )
        self._size_of: Callable[[str], int] = lambda story_id: warehouse.rows(
            "select count(*) from store.members where story_id = ?", [story_id]
        )[0][0] + sum(row["story_id"] == story_id for row in (*changes.rows["members"], *changes.moved))

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
            _message("story.copied" if link else "story.found", article_id, {"story_id": linked.story_id, "article_id": article_id})
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


def _message(name: str, resource: str, payload: Row, batch: Batch | None = None) -> Row:
    return {"name": f"copydesk.{name}", "resource": resource, "payload": json.dumps(payload, sort_keys=True)}


def _store_edits(warehouse: Warehouse, articles: set[str], changes: Changes) -> None:
    """Compare neighbouring versions of the batch's articles that were not compared before."""
    if not articles:
        return
    warehouse.give("asked", pa.table({"article_id": sorted(articles)}))
    pairs = warehouse.rows(
        """
        with sightings as (
            select article_id, version_id, min(captured_at) as first_captured_at
            from store.version_captures semi join asked using (article_id)
            group by article_id, version_id
        ),

        pairs as (
            select
                article_id,
                version_id,
                lag(version_id) over (partition by article_id order by first_captured_at, version_id) as previous_version_id,
            from sightings
        )

        select pairs.article_id, pairs.previous_version_id, pairs.version_id, before.title, before.text, after.title, after.text
        from pairs
        inner join store.versions as before on before.version_id = pairs.previous_version_id
        inner join store.versions as after on after.version_id = pairs.version_id
        anti join store.edits as edits
            on edits.version_id = pairs.version_id and edits.previous_version_id = pairs.previous_version_id
        where before.extractor_version = after.extractor_version
        order by pairs.version_id
        """
    )
    edits = []
    for article_id, previous_id, version_id, *texts in pairs:
        before, after = (tokens_of_text(title, text, range(len(text))[: text.count("\n\n") + 1]) for title, text in (texts[:2], texts[2:]))
        change = version_change(before, after)
        edits.append({"version_id": version_id, "previous_version_id": previous_id, **asdict(change)})
        changes.rows["outbox"].append(_message("version.changed", version_id, {"article_id": article_id, "edit_class": change.edit_class}))
    warehouse.insert("edits", edits)
