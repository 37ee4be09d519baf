"""The drain: what pages say of each other. One staged batch, one transaction, one process at a time, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from tasks.core.copies.edits import version_change
from tasks.core.errors import CheckError
from tasks.core.events import Message
from tasks.core.records import PARAGRAPH_JOINT
from tasks.drain_feeds import FeedChanges, merge_feeds
from tasks.drained import Counts, known_ids, last_digests
from tasks.inbox import Batch
from tasks.outbox import announce
from tasks.place import Changes, Row, link_versions
from tasks.points import reached
from tasks.shingle_store import stored_texts, tokens_of_text
from tasks.warehouse import Warehouse

RECEIVED = ["capture_id", "kind", "url", "target_uri", "digest", "is_time_given", "captured_at"]  # what the merge looks at of a capture


def drain_batch(
    warehouse: Warehouse, batch: Batch, staged: dict[str, pa.Table], *, now: datetime, window_days: int, announces: bool = True
) -> Counts:
    """Take a staged batch into the warehouse, all of it or nothing.

    announces    whether messages go to the outbox; a replay announces nothing
    Raises       CheckError where the batch breaks a promise
    """
    with warehouse.transaction():
        counts, changes, feeds = _merge(warehouse, staged, window_days, is_replay=not announces)
        if announces:
            loaded = Message(name="batch.loaded", subject=batch.batch_id, payload=asdict(counts))
            news = [] if _is_of_backfill(warehouse, batch) else [*changes.messages, *feeds.messages]
            announce(warehouse, [*news, loaded], cause=batch.batch_id, now=now)
        warehouse.insert(
            "batches", [{**asdict(batch), **asdict(counts), "batch_id": batch.batch_id, "state": "drained", "drained_at": now}]
        )
        warehouse.check("batch")
        reached("drain.inserted")
    reached("drain.committed")
    return counts


def _is_of_backfill(warehouse: Warehouse, batch: Batch) -> bool:
    """Tell whether a batch is of an archive: a million old stories are no news, and would start as many runs."""
    return bool(warehouse.rows("select 1 from store.partition_segments where segment_no = ?", [batch.segment_no]))


def note_failure(warehouse: Warehouse, batch: Batch, error: Exception, now: datetime) -> None:
    """Record a batch that was quarantined, so that the next one can go on."""
    counts = asdict(Counts())
    detail = str(error) if isinstance(error, CheckError) else f"{type(error).__name__}: {error}"
    warehouse.insert(
        "batches", [{**asdict(batch), **counts, "batch_id": batch.batch_id, "state": "failed", "detail": detail[:500], "drained_at": now}]
    )


def _merge(warehouse: Warehouse, staged: dict[str, pa.Table], window_days: int, *, is_replay: bool) -> tuple[Counts, Changes, FeedChanges]:
    received = staged["captures"].select(RECEIVED).to_pylist()
    new_places = _new_captures(warehouse, received)
    captures = [received[place] for place in new_places]
    kept = {row["capture_id"] for row in captures}
    read = {row["capture_id"]: row for row in staged["version_captures"].to_pylist() if row["capture_id"] in kept}
    version_captures = list(read.values())
    rejects = _new_rejects(
        warehouse, [row for row in staged["rejects"].to_pylist() if row["capture_id"] is None or row["capture_id"] in kept]
    )
    held = {row["version_id"] for row in version_captures}
    known = known_ids(warehouse, "versions", "version_id", held)
    new_versions, blocks = (_rows_of(staged[table], "version_id", held - known) for table in ("versions", "blocks"))
    versions = new_versions.to_pylist()
    changes = link_versions(warehouse, versions, blocks, version_captures, window_days)
    _give_batch(warehouse, captures, version_captures)
    postings = pa.table({**changes.postings, "shingle": pa.array(changes.postings["shingle"], pa.uint64())})
    for table, made in (
        ("captures", staged["captures"].take(pa.array(new_places, pa.int64()))), ("versions", new_versions), ("blocks", blocks), ("postings", postings),
    ):  # fmt: skip
        warehouse.insert_arrow(table, made)
    for table, rows in (
        ("version_captures", version_captures), ("rejects", rejects), ("matches", changes.matches), ("documents", changes.documents),
    ):  # fmt: skip
        warehouse.insert(table, rows)
    _store_stories(warehouse, changes)
    changes.messages += _of_stories(changes, versions)
    _store_edits(warehouse, _seen_again(version_captures, changes.new_articles), changes)
    feeds = merge_feeds(
        warehouse,
        [row for row in staged["feed_readings"].to_pylist() if row["capture_id"] in kept],
        staged["entry_states"],
        _settled(received, staged["rejects"].to_pylist()),
        is_replay=is_replay,
    )
    counts = Counts(
        captures_new=len(captures), articles_new=changes.founded + changes.joined, versions_new=len(versions), stories_new=changes.founded,
        copies_new=changes.joined, rejected=sum(row["capture_id"] is not None for row in rejects), entries_new=feeds.entries_new,
    )  # fmt: skip
    return counts, changes, feeds


def _rows_of(table: pa.Table, column: str, ids: set[str]) -> pa.Table:
    return table.filter(pc.is_in(table[column], pa.array(sorted(ids), pa.string())))


def _settled(received: Sequence[Row], rejects: Sequence[Row]) -> list[Row]:
    """Return url and time of pages that were received, and, without a time, of those that were given up; is_ours: by our own clock."""
    pages = [
        {"url": row["url"], "at": row["captured_at"], "is_ours": not row["is_time_given"]}
        for row in received
        if row["kind"] == "page" and row["url"]
    ]
    return [{"url": row["url"], "at": None, "is_ours": True} for row in rejects if row["capture_id"] is None and row["url"]] + pages


def _store_stories(warehouse: Warehouse, changes: Changes) -> None:
    """Put members into their stories, and let old story ids lead to where they went."""
    warehouse.put("members", "article_id", changes.members)
    for old, new in changes.aliases.items():
        warehouse.execute("delete from store.story_aliases where old_story_id = ?", [old])
        if new is not None:
            warehouse.execute("update store.story_aliases set story_id = ? where story_id = ?", [new, old])
            warehouse.insert("story_aliases", [{"old_story_id": old, "story_id": new}])


def _of_stories(changes: Changes, versions: Sequence[Row]) -> list[Message]:
    """Return what is to be said of each new article, as it stands when the batch is done."""
    first = {version["article_id"]: version for version in reversed(versions)}
    messages = []
    for member in changes.members:
        if member["article_id"] not in changes.new_articles:
            continue
        version = first[member["article_id"]]
        payload = {name: version[name] for name in ("article_id", "title", "outlet", "url", "language", "published_at")}
        payload["story_id"] = member["story_id"]
        if member["is_founder"]:
            messages.append(Message(name="story.found", subject=member["story_id"], payload=payload))
        else:
            payload |= {"copied_from_article_id": member["parent_article_id"], "relation": member["relation"]}
            messages.append(Message(name="story.copied", subject=member["article_id"], payload=payload))
    return messages


def _new_captures(warehouse: Warehouse, rows: list[Row]) -> list[int]:
    """Return the places of the captures that are new: not known by id; timed by our clock, not equal to the last of their target."""
    known = known_ids(warehouse, "captures", "capture_id", {row["capture_id"] for row in rows})
    last = last_digests(warehouse, {row["target_uri"] for row in rows if not row["is_time_given"]})
    fresh: list[int] = []
    for place, row in enumerate(rows):
        repeated = row["capture_id"] in known or (not row["is_time_given"] and last.get(row["target_uri"]) == row["digest"])
        if not repeated:
            known.add(row["capture_id"])
            last[row["target_uri"]] = row["digest"]
            fresh.append(place)
    return fresh


def _new_rejects(warehouse: Warehouse, rows: list[Row]) -> list[Row]:
    known = known_ids(warehouse, "rejects", "reject_id", {row["reject_id"] for row in rows})
    fresh = {row["reject_id"]: row for row in rows if row["reject_id"] not in known}
    return list(fresh.values())


def _give_batch(warehouse: Warehouse, captures: Sequence[Row], version_captures: Sequence[Row]) -> None:
    """Let the batch's checks see what it holds."""
    strings = pa.string()
    warehouse.give(
        "batch_captures", pa.table({name: pa.array([row[name] for row in captures], strings) for name in ("capture_id", "kind")})
    )
    warehouse.give(
        "batch_versions",
        pa.table({name: pa.array([row[name] for row in version_captures], strings) for name in ("version_id", "article_id")}),
    )


def _seen_again(version_captures: Sequence[Row], new_articles: set[str]) -> set[str]:
    """Return the articles that may have two versions: those known before, and those that came with several."""
    texts = Counter(article_id for article_id, _ in {(row["article_id"], row["version_id"]) for row in version_captures})
    return {article_id for article_id, count in texts.items() if count > 1 or article_id not in new_articles}


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

        select pairs.article_id, pairs.previous_version_id, pairs.version_id
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
    texts = stored_texts(warehouse, {version_id for _, *both in pairs for version_id in both}) if pairs else {}
    tokens = {
        version_id: tokens_of_text(title, text, range(text.count(PARAGRAPH_JOINT) + bool(text)))
        for version_id, (title, text) in texts.items()
    }
    for article_id, previous_id, version_id in pairs:
        change = version_change(tokens[previous_id], tokens[version_id])
        edits.append({"version_id": version_id, "previous_version_id": previous_id, **asdict(change)})
        payload = {"article_id": article_id, "version_id": version_id, "previous_version_id": previous_id, **asdict(change)}
        changes.messages.append(Message(name="version.changed", subject=version_id, payload=payload))
    warehouse.insert("edits", edits)
