"""The inbox: one folder a batch, a Parquet file a table in it, put there by one rename."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.core import ids
from tasks.core.identity import article_and_version
from tasks.core.pages.version import EXTRACTOR_VERSION
from tasks.core.records import Article, Capture, Declined, RawRecord, Reject
from tasks.core.text.folds import word_count
from tasks.core.text.urls import TrackingParameters
from tasks.durable import sync_file, sync_folder
from tasks.home import Home
from tasks.points import reached
from tasks.warehouse import arrow_rows

TABLES = ("captures", "versions", "version_captures", "blocks", "rejects")
NOT_STAGED = frozenset({"blocks"})  # fields of an article that are no columns of versions
PART = ".part-"

Item = RawRecord | Declined
Rows = dict[str, list[dict[str, object]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A run of records of one segment. `is_last`: the segment ends with it."""

    segment_no: int
    first_record: int
    record_count: int
    is_last: bool

    @property
    def batch_id(self) -> str:
        return f"{self.segment_no:08d}-{self.first_record:06d}"


def staged_rows(items: Sequence[Item], readings: Sequence[Article | Reject], tracking: TrackingParameters) -> Rows:
    """Return the rows of a batch by table.

    readings     one for each page among the items, in order
    """
    rows: Rows = {table: [] for table in TABLES}
    seen: set[str] = set()
    left = iter(readings)
    for item in items:
        if isinstance(item, Declined):
            rows["rejects"].append(_reject_row(item.reject, item.target_uri))
            continue
        rows["captures"].append(asdict(item.capture))
        if item.capture.kind != "page":
            continue
        reading = next(left)
        if isinstance(reading, Reject):
            rows["rejects"].append(_reject_row(reading, item.capture.target_uri))
        else:
            _add_article(rows, reading, item.capture, tracking, seen)
    return rows


def _add_article(rows: Rows, article: Article, capture: Capture, tracking: TrackingParameters, seen: set[str]) -> None:
    article_id, version_id = article_and_version(article, capture, tracking)
    rows["version_captures"].append(
        {"version_id": version_id, "capture_id": capture.capture_id, "article_id": article_id, "captured_at": capture.captured_at}
    )
    if version_id in seen:
        return
    seen.add(version_id)
    text = article.text
    columns: dict[str, Any] = {name: getattr(article, name) for name in Article.__dataclass_fields__ if name not in NOT_STAGED}
    rows["versions"].append(
        {
            **columns, "version_id": version_id, "article_id": article_id, "source_id": capture.source_id, "outlet": capture.outlet, "text": text,
            "extractor_version": EXTRACTOR_VERSION, "word_count": word_count(text),
        }
    )  # fmt: skip
    rows["blocks"] += [
        {"version_id": version_id, "block_no": number, "type": block.type, "text": block.text, "entry_no": block.entry_no}
        for number, block in enumerate(article.blocks)
    ]


def _reject_row(reject: Reject, target_uri: str) -> dict[str, object]:
    reject_id = ids.id_of("reject", reject.capture_id or target_uri, reject.stage, reject.reason, reject.detail or "")
    return {
        "reject_id": reject_id, "capture_id": reject.capture_id, "target_uri": target_uri, "url": reject.url, "source_id": reject.source_id,
        "stage": reject.stage, "reason": reject.reason, "detail": reject.detail,
    }  # fmt: skip


def stage_batch(home: Home, batch: Batch, rows: Rows) -> None:
    """Put a batch into the inbox; one that lies there already is left as it is."""
    target = home.inbox / batch.batch_id
    part = home.inbox / f"{PART}{batch.batch_id}-{os.getpid()}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for table in TABLES:
        _write(part / f"{table}.parquet", arrow_rows(table, rows[table]))
    (part / "batch.json").write_text(json.dumps(asdict(batch)), "utf-8")
    sync_file(part / "batch.json")
    sync_folder(part)
    if target.exists():
        shutil.rmtree(part)
        return
    os.rename(part, target)
    sync_folder(home.inbox)
    reached("ingest.staged")


def _write(path: Path, rows: pa.Table) -> None:
    pq.write_table(rows, path, compression="zstd", compression_level=1)
    sync_file(path)


def staged_batches(home: Home) -> list[Path]:
    """Return the folders that wait in the inbox, in order."""
    return sorted(path for path in home.inbox.iterdir() if path.is_dir() and path != home.failed and not path.name.startswith("."))


def read_head(folder: Path) -> Batch:
    """Return which batch a staged folder holds."""
    return Batch(**json.loads((folder / "batch.json").read_text("utf-8")))


def read_batch(folder: Path) -> tuple[Batch, dict[str, pa.Table]]:
    """Return a staged batch and its tables."""
    return read_head(folder), {table: pq.read_table(folder / f"{table}.parquet") for table in TABLES}


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
