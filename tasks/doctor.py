"""What is wrong with a home or an installation, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from tasks.core.errors import BusyError, CheckError, CopydeskError, RawError
from tasks.core.ids import payload_digest
from tasks.core.records import RawRecord
from tasks.home import Home
from tasks.inbox import staged_batches
from tasks.raw import read_segment, segments
from tasks.settings import Settings
from tasks.snapshot import opened_snapshot

LOW_BYTES = 2 << 30  # bytes free: a snapshot needs as much again as the warehouse
PACKAGES = ("duckdb", "pyarrow", "trafilatura", "lxml_html_clean", "pebble", "prefect", "warcio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at. `state`: good, note or bad."""

    state: str
    name: str
    text: str
    remedy: str = ""


def findings(home: Home, settings: Settings, *, is_deep: bool) -> list[Finding]:
    """Return what was found, in the order in which it was looked at.

    is_deep      read every segment and hold each payload against its digest
    """
    return [
        *_installation(), *_settings(settings), *_disk(home), *_raw(home, is_deep), *_warehouse(home), *_inbox(home), *_snapshot(home),
    ]  # fmt: skip


def _installation() -> Iterator[Finding]:
    yield Finding(state="good" if sys.version_info >= (3, 11) else "bad", name="python", text=sys.version.split()[0])
    for package in PACKAGES:
        try:
            yield Finding(state="good", name=package, text=importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(state="bad", name=package, text="not installed", remedy="pip install copydesk")


def _settings(settings: Settings) -> Iterator[Finding]:
    if settings.contact:
        yield Finding(state="good", name="contact", text=settings.contact)
    else:
        yield Finding(state="note", name="contact", text="not set", remedy="set COPYDESK_CONTACT to an address before you poll servers")


def _disk(home: Home) -> Iterator[Finding]:
    free = shutil.disk_usage(home.root).free
    size = home.warehouse_file.stat().st_size if home.warehouse_file.exists() else 0
    is_low = free < LOW_BYTES + 2 * size
    yield Finding(
        state="bad" if is_low else "good", name="disk", text=f"{free >> 20:,} MB free, warehouse {size >> 20:,} MB",
        remedy="free some space: a snapshot needs as much as the warehouse" if is_low else "",
    )  # fmt: skip


def _raw(home: Home, is_deep: bool) -> Iterator[Finding]:
    found = segments(home)
    yield Finding(state="good", name="raw", text=f"{len(found)} segments, {sum(path.stat().st_size for _, path in found) >> 20:,} MB")
    numbers = [number for number, _ in found]
    missing = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
    if missing:
        yield Finding(
            state="bad", name="raw", text=f"segments {missing[:5]} are missing", remedy="restore them from a copy, or run `copydesk replay`"
        )
    for number, path in found if is_deep else ():
        try:
            broken = [item for item in read_segment(home, number, path) if isinstance(item, RawRecord) and not _is_whole(item)]
        except RawError as error:
            yield Finding(state="bad", name="raw", text=str(error), remedy="restore the file from a copy")
            continue
        if broken:
            yield Finding(
                state="bad", name="raw", text=f"{path}: {len(broken)} payloads differ from their digest", remedy="restore it from a copy"
            )


def _is_whole(record: RawRecord) -> bool:
    return payload_digest(record.block[record.body_from :]) == record.capture.digest


def _warehouse(home: Home) -> Iterator[Finding]:
    if not home.warehouse_file.exists():
        yield Finding(state="note", name="warehouse", text="not made yet", remedy="copydesk load PATH")
        return
    try:
        with home.locked() as warehouse:
            warehouse.check("whole")
            failed = warehouse.rows("select batch_id, detail from store.batches where state = 'failed' order by batch_id")
            articles = warehouse.rows("select count(*) from store.members")[0][0]
    except BusyError as error:
        yield Finding(state="note", name="lock", text=str(error), remedy="try again when it is done")
        return
    except CheckError as error:
        yield Finding(state="bad", name="checks", text=str(error), remedy="copydesk replay")
        return
    except CopydeskError as error:
        yield Finding(state="bad", name="warehouse", text=str(error))
        return
    yield Finding(state="good", name="warehouse", text=f"{articles:,} articles, all checks pass")
    for batch_id, detail in failed:
        yield Finding(state="bad", name="batch", text=f"{batch_id} was set aside: {detail}", remedy="copydesk replay tries it again")


def _inbox(home: Home) -> Iterator[Finding]:
    waiting = staged_batches(home)
    if waiting:
        yield Finding(state="note", name="inbox", text=f"{len(waiting)} batches wait", remedy="copydesk ingest")


def _snapshot(home: Home) -> Iterator[Finding]:
    if not home.snapshot_link.is_symlink():
        yield Finding(state="note", name="snapshot", text="nothing published yet", remedy="copydesk load PATH")
        return
    try:
        with opened_snapshot(home) as connection:
            connection.execute("select count(*) from stories")
    except (CopydeskError, duckdb.Error) as error:
        yield Finding(state="bad", name="snapshot", text=str(error), remedy="copydesk publish")
        return
    is_current = home.warehouse_file.exists() and home.snapshot_link.stat().st_mtime_ns == home.warehouse_file.stat().st_mtime_ns
    yield Finding(state="good" if is_current else "note", name="snapshot", text=home.snapshot_link.resolve().name + ("" if is_current else ", older than the warehouse"),
                  remedy="" if is_current else "copydesk publish")  # fmt: skip
