"""Doctor's look at the warehouse: does it open, do its checks hold, is everything there that its batches say they brought.

It is opened read-only and nothing is installed in it: Home.locked(), the way of all others, brings the schema up to date.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from tasks.core.errors import BusyError, first_line
from tasks.doctor.finding import Finding, bad, good, note
from tasks.doctor.locks import holder_of, is_locked, nobody_writes
from tasks.engine import MEMORY_LIMIT
from tasks.home import HOME_LOCK, INGEST_LOCK, Home
from tasks.inbox import Batch
from tasks.warehouse import Warehouse, schema_digest

BROUGHT = {  # what the batches brought, and where it lies
    "captures": ("captures_new", "select count(*) from store.captures"),
    "versions": ("versions_new", "select count(*) from store.versions"),
    "articles": ("articles_new", "select count(*) from store.members"),
    "declined pages": ("rejected", "select count(*) from store.rejects where capture_id is not null"),
}
REPLAY = "`copydesk replay`"


@dataclass(slots=True)
class Tables:
    """What the warehouse says.

    batches      drained and failed, in order, each with why it failed
    known        the highest number of a segment that was drained or stepped over
    places       where the segments lay that have captures
    in_place     WARC files that stay where they lie
    refusals     of files in drop/failed: name, reason, detail
    """

    is_open: bool = False
    articles: int = 0
    batches: list[tuple[Batch, str | None]] = field(default_factory=list)
    known: int = 0
    places: dict[int, str] = field(default_factory=dict)
    in_place: list[str] = field(default_factory=list)
    refusals: list[tuple[str, str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def failed(self) -> dict[str, str]:
        """Why each batch failed that did."""
        return {batch.batch_id: detail for batch, detail in self.batches if detail is not None}


def looked_at(home: Home, *, is_deep: bool) -> Tables:
    """Return what the warehouse says, read while nobody writes.

    is_deep      read every row
    """
    tables = Tables()
    if not home.warehouse_file.exists():
        return tables
    try:
        with _opened(home) as warehouse:
            _read(tables, warehouse, home, is_deep)
    except BusyError as error:
        holder = holder_of(home.root / HOME_LOCK)
        end = f", or end it with `kill {holder}`: nothing is lost" if holder else ""
        tables.findings.append(note("warehouse", f"not looked at: {error}", f"run `copydesk doctor` again when it is done{end}"))
    except duckdb.Error as error:
        tables.is_open = False
        tables.findings.append(bad("warehouse", f"{home.warehouse_file}: cannot be read ({first_line(error)})", REPLAY))
    return tables


@contextmanager
def _opened(home: Home) -> Iterator[Warehouse]:
    with nobody_writes(home), tempfile.TemporaryDirectory() as spill:
        connection = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": spill})
        try:
            path = str(home.warehouse_file).replace("'", "''")
            connection.execute(f"set TimeZone = 'UTC'; attach '{path}' as warehouse (read_only); use warehouse")
            yield Warehouse(connection)
        finally:
            connection.close()


def _read(tables: Tables, warehouse: Warehouse, home: Home, is_deep: bool) -> None:
    made_by = warehouse.rows("select value from store.state where name = 'schema'")
    if made_by != [(schema_digest(),)]:
        tables.findings.append(note("warehouse", "was made by another version of Copydesk", "`copydesk refresh` brings it up to date"))
        return
    tables.articles = int(warehouse.rows("select count(*) from store.members")[0][0])
    tables.batches = [
        (Batch(segment_no=segment, first_record=first, record_count=count, is_last=is_last), detail or "no reason noted" if state == "failed" else None)
        for segment, first, count, is_last, state, detail in warehouse.rows(
            "select segment_no, first_record, record_count, is_last, state, detail from store.batches order by segment_no, first_record"
        )
    ]  # fmt: skip
    tables.known = max((batch.segment_no for batch, _ in tables.batches if batch.is_last), default=0)
    for segment_no, place in warehouse.rows("select distinct segment_no, segment from store.captures order by all"):
        if place.startswith("/"):
            tables.in_place.append(place)
        else:
            tables.places[segment_no] = place
    failed = home.root / "drop" / "failed"
    names = [path.name for path in failed.iterdir()] if failed.is_dir() else []
    tables.refusals = warehouse.rows(
        "select source_id, reason, detail from store.rejects where list_contains(?, split_part(source_id, '#', 1)) order by all", [names]
    )
    tables.findings += [*_checks(warehouse), *_sums(warehouse), *_run(tables)]
    if is_deep:
        read_every_row(warehouse.connection)
    tables.is_open = True


def _checks(warehouse: Warehouse) -> Iterator[Finding]:
    for name, rows in warehouse.broken_checks("whole"):
        yield bad("checks", f"{name}: {len(rows)} rows break it, the first {rows[0]}", REPLAY)


def _sums(warehouse: Warehouse) -> Iterator[Finding]:
    """Hold what the batches say they brought against what lies in the tables."""
    for name, (column, counted) in BROUGHT.items():
        brought = warehouse.rows(f"select coalesce(sum({column}), 0) from store.batches")[0][0]
        there = warehouse.rows(counted)[0][0]
        if brought != there:
            yield bad("warehouse", f"the batches brought {brought:,} {name}, the tables hold {there:,}", REPLAY)


def _run(tables: Tables) -> Iterator[Finding]:
    """Hold the batches against each other: they follow on each other, without gap or overlap."""
    expected = (1, 0)
    for batch, _ in tables.batches:
        found = (batch.segment_no, batch.first_record)
        if found != expected:
            what = "twice" if found < expected else "not"
            between = f"{min(found, expected)} to {max(found, expected)}"
            yield bad("batches", f"records (segment, record) {between} were taken in {what}", REPLAY)
        expected = (batch.segment_no + 1, 0) if batch.is_last else (batch.segment_no, batch.first_record + batch.record_count)


def read_every_row(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every value of every table, so that DuckDB holds each block against its checksum.

    Raises       duckdb.Error for a block that is broken
    """
    for (table,) in connection.execute("select table_name from duckdb_tables() where schema_name = 'store' order by 1").fetchall():
        connection.execute(f'select bit_xor(hash(one_row)) from store."{table}" as one_row').fetchall()


def table_findings(home: Home, tables: Tables) -> Iterator[Finding]:
    """Yield what the warehouse says of itself."""
    if not home.warehouse_file.exists():
        has_raw = any(home.raw.glob("*/*/*/*.warc.gz"))
        yield (
            bad("warehouse", "is gone, raw is there", REPLAY)
            if has_raw
            else note("warehouse", "not made yet", "`copydesk load PATH` makes it")
        )
        return
    yield from tables.findings
    if not tables.is_open:
        return
    if not tables.findings:
        yield good(
            "warehouse", f"{tables.articles:,} articles, all checks pass, everything there that {len(tables.batches):,} batches brought"
        )
    log = home.warehouse_file.with_name("warehouse.duckdb.wal")
    if log.exists() and not is_locked(home.root / HOME_LOCK) and not is_locked(home.root / INGEST_LOCK):
        yield note(
            "warehouse", f"{log.name} was left by a process that was killed; nothing of it is lost", "`copydesk publish` takes it in"
        )
