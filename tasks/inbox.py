"""The inbox: one folder a batch, a Parquet file a table in it, put there by one rename."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.arrow_schema import arrow_rows, arrow_schema, arrow_values
from tasks.core import ids
from tasks.core.captures import READ_KINDS
from tasks.core.records import Capture, Declined, RawRecord, Reject
from tasks.durable import sync_file, sync_folder, writing
from tasks.home import Home
from tasks.points import reached
from tasks.read_rows import BLOCK_COLUMNS, STATE_COLUMNS, ReadArticle, ReadFeed, Reading, feed_as_rows

TABLES = ("captures", "versions", "version_captures", "blocks", "rejects", "feed_readings", "entry_states")
CAPTURE_COLUMNS = tuple(Capture.__dataclass_fields__)  # asdict would copy each value deep
VALUE_COLUMNS = {"blocks": BLOCK_COLUMNS, "entry_states": STATE_COLUMNS}  # of tables whose rows are many
PART = ".part-"
NAME = re.compile(r"\d{8,}-\d{8,}")  # of a batch

Item = RawRecord | Declined
Rows = dict[str, list[Any]]  # by table: dicts by column, or the values of VALUE_COLUMNS


def batch_name(segment_no: int, first_record: int) -> str:
    """Return what a batch is called: names sort in the order of ingest."""
    return f"{segment_no:08d}-{first_record:08d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A run of records of one segment. `is_last`: the segment ends with it."""

    segment_no: int
    first_record: int
    record_count: int
    is_last: bool

    @property
    def batch_id(self) -> str:
        return batch_name(self.segment_no, self.first_record)


def staged_rows(items: Sequence[Item], readings: Sequence[Reading]) -> Rows:
    """Return the rows of a batch by table.

    readings     one for each page and each feed among the items, in order
    """
    rows: Rows = {table: [] for table in TABLES}
    seen: set[object] = set()
    left = iter(readings)
    for item in items:
        if isinstance(item, Declined):
            rows["rejects"].append(_reject_row(item.reject, item.target_uri))
            continue
        rows["captures"].append({name: getattr(item.capture, name) for name in CAPTURE_COLUMNS})
        if item.capture.kind not in READ_KINDS:
            continue
        reading = next(left)
        refusal = reading if isinstance(reading, Reject) else None
        if item.capture.kind == "feed":
            refusal = _add_feed(rows, feed_as_rows(reading, item) if isinstance(reading, Reject) else reading)
        elif isinstance(reading, ReadArticle):
            _add_article(rows, reading, seen)
        if refusal:
            rows["rejects"].append(_reject_row(refusal, item.capture.target_uri))
    return rows


def _add_feed(rows: Rows, feed: Reading) -> Reject | None:
    """Add the rows of a feed; return why it is none."""
    assert isinstance(feed, ReadFeed)
    rows["feed_readings"].append(feed.reading)
    rows["entry_states"] += feed.states
    return feed.refusal


def _add_article(rows: Rows, article: ReadArticle, seen: set[object]) -> None:
    """Add the rows of an article, a version that another capture of the batch has brought only once."""
    rows["version_captures"].append(article.version_capture)
    version_id = article.version["version_id"]
    if version_id not in seen:
        seen.add(version_id)
        rows["versions"].append(article.version)
        rows["blocks"] += article.blocks


def _reject_row(reject: Reject, target_uri: str) -> dict[str, object]:
    return {
        "reject_id": ids.reject_id(target_uri, reject), "capture_id": reject.capture_id, "target_uri": target_uri, "url": reject.url, "source_id": reject.source_id,
        "stage": reject.stage, "reason": reject.reason, "detail": reject.detail,
    }  # fmt: skip


def stage_batch(home: Home, batch: Batch, rows: Rows) -> None:
    """Put a batch into the inbox; one that lies there already is left as it is.

    Raises       HomeError where it cannot be written
    """
    target = home.inbox / batch.batch_id
    part = home.inbox / f"{PART}{batch.batch_id}-{os.getpid()}"
    shutil.rmtree(part, ignore_errors=True)
    try:
        with writing(target):
            _fill(part, batch, rows)
            if not target.exists():
                os.rename(part, target)
                sync_folder(home.inbox)
                reached("ingest.staged")
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _fill(part: Path, batch: Batch, rows: Rows) -> None:
    part.mkdir()
    for table in TABLES:
        names = VALUE_COLUMNS.get(table)
        made = arrow_values(table, names, rows[table]) if names else arrow_rows(table, rows[table])
        _write(part / f"{table}.parquet", made)
    (part / "batch.json").write_text(json.dumps(asdict(batch)), "utf-8")
    sync_file(part / "batch.json")
    sync_folder(part)


def _write(path: Path, rows: pa.Table) -> None:
    pq.write_table(rows, path, compression="zstd", compression_level=1)
    sync_file(path)


def staged_batches(home: Home) -> list[Path]:
    """Return the batches that wait in the inbox, in order; what others put there is left alone."""
    return sorted(path for path in home.inbox.iterdir() if path.is_dir() and NAME.fullmatch(path.name))


def read_head(folder: Path) -> Batch:
    """Return which batch a staged folder holds.

    Raises       OSError, ValueError, TypeError where its head is broken, or of another batch
    """
    batch = Batch(**json.loads((folder / "batch.json").read_text("utf-8")))
    if batch.batch_id != folder.name:
        raise ValueError(f"its head is that of {batch.batch_id}")
    return batch


def read_batch(folder: Path) -> tuple[Batch, dict[str, pa.Table]]:
    """Return a staged batch and its tables.

    Raises       whatever a broken file makes of its reader; ValueError where a table has other columns than now
    """
    staged = {}
    for table in TABLES:
        with pq.ParquetFile(folder / f"{table}.parquet") as file:
            rows = staged[table] = file.read()
        if not rows.schema.equals(arrow_schema(table)):
            raise ValueError(f"{table}.parquet: has other columns than the table")
    return read_head(folder), staged


def sweep_inbox(home: Home) -> None:
    """Remove what a killed process left half-written; its batch is made again from raw."""
    for part in home.inbox.glob(f"{PART}*"):
        shutil.rmtree(part, ignore_errors=True)


def quarantine(home: Home, folder: Path, reason: str) -> None:
    """Move a batch out of the way, its reason beside it."""
    (folder / "reason.txt").write_text(reason + "\n", "utf-8")
    target = home.failed / folder.name
    shutil.rmtree(target, ignore_errors=True)
    os.rename(folder, target)
    sync_folder(home.failed)
