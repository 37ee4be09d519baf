"""Doctor's look at raw: every segment there once, its bytes as they were written, its records those that the tables have."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from tasks.core import ids
from tasks.core.errors import CopydeskError, HomeError, RawError, first_line
from tasks.core.http_message import http_head
from tasks.core.records import Declined
from tasks.decisions import decided
from tasks.doctor.finding import Finding, bad, good, note, quoted, removal
from tasks.doctor.locks import is_locked
from tasks.doctor.tables import Tables
from tasks.gzip_members import MemberReader, is_gzip
from tasks.home import INGEST_LOCK, Home, is_alive
from tasks.raw import PART, missing_segments, read_segment, segments
from tasks.snapshot import opened_snapshot

SAMPLE_BYTES = 64 << 20  # bytes of the newest segment beyond which it is read with --deep only: some 3 s
SHOWN = 5  # numbers and names that a finding lists
RESTORE = "restore the file from a copy; if doctor then still names a batch, `copydesk replay`"
FOLDER = re.compile(r"\d{4}(/\d\d(/\d\d)?)?")
SEGMENT = re.compile(r"\d{4}/\d\d/\d\d/\d{8,}\.warc\.gz")
UNKNOWN_SQL = """
with items as (select unnest(?::varchar[]) as known_as, unnest(?::varchar[]) as target_uri, unnest(?::varchar[]) as digest)

select count(*)
from items
anti join store.captures as captures on captures.capture_id = items.known_as
anti join store.rejects as rejects on rejects.reject_id = items.known_as
anti join store.captures as before on before.target_uri = items.target_uri and before.digest = items.digest
"""


def raw_findings(home: Home, tables: Tables | None, *, is_deep: bool) -> Iterator[Finding]:
    """Yield what is wrong with raw; without is_deep only the newest segment is read, and that only if it is small."""
    tables = tables or Tables()
    found = segments(home)
    problems = [*_numbering(home, tables, found), *_left_and_foreign(home), *_moved(tables), *_decisions(home)]
    sample = found if is_deep else [(number, path) for number, path in found[-1:] if path.stat().st_size <= SAMPLE_BYTES]
    for number, path in sample:
        problems += _segment(home, tables, number, path)
    read = "all of them read" if is_deep else "the newest read" if sample else "none of them read"
    size = sum(path.stat().st_size for _, path in found)
    if not any(problem.state == "bad" for problem in problems):
        yield good("raw", f"{len(found):,} segments, {size >> 20:,} MB, {read}" + ("" if is_deep else "; --deep reads all"))
    yield from problems
    yield from _waiting(home, tables, found)


def _numbering(home: Home, tables: Tables, found: list[tuple[int, Path]]) -> Iterator[Finding]:
    missing = missing_segments(home, known=tables.known)
    if missing:
        named = ", ".join(tables.places.get(number, f"number {number}") for number in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        remedy = f"{RESTORE}. Without a copy `copydesk replay --into DIR` shows what is left"
        yield bad("raw", f"segments are gone: {named}{more}", remedy)
    by_number: dict[int, list[Path]] = {}
    for number, path in found:
        by_number.setdefault(number, []).append(path)
    for number, paths in by_number.items():
        spare = [path for path in paths if path.relative_to(home.raw_root).as_posix() != tables.places.get(number)]
        if len(paths) > 1:
            remedy = (
                f"keep one of them: move {quoted(*spare)} out of raw"
                if len(spare) < len(paths)
                else "move all but the right one out of raw"
            )
            yield bad("raw", f"segment {number} is there {len(paths)} times: {', '.join(map(str, paths))}", remedy)


def _left_and_foreign(home: Home) -> Iterator[Finding]:
    left, foreign = [], []
    for path in sorted(home.raw.rglob("*")):
        name = path.relative_to(home.raw).as_posix()
        if path.parent == home.raw and path.name.startswith(PART):
            pid = path.name.removeprefix(PART).partition("-")[0]
            if not (pid.isdigit() and is_alive(int(pid))):
                left.append(path)
        elif not (FOLDER if path.is_dir() else SEGMENT).fullmatch(name):
            foreign.append(path)
    if left:
        text = f"{len(left)} part files of processes that were killed; nothing in them was acknowledged"
        yield note("raw", text, removal(*left))
    if foreign:
        yield note("raw", f"foreign: {', '.join(map(str, foreign[:SHOWN]))}", "move them out of raw: only segments belong there")


def _decisions(home: Home) -> Iterator[Finding]:
    try:
        decided(home)
    except HomeError as error:
        text, _, remedy = str(error).rpartition("; ")
        yield bad("raw", text, remedy)


def _moved(tables: Tables) -> Iterator[Finding]:
    for place in tables.in_place:
        if not Path(place).is_file():
            yield bad("raw", f"{place}: registered in place, and not there any more", "put it back where it was; a replay reads it")


def _segment(home: Home, tables: Tables, number: int, path: Path) -> Iterator[Finding]:
    if not path.is_file():
        yield bad("raw", f"{path}: is no file", f"move it out of raw and {RESTORE}")
        return
    try:
        items = list(_read_items(home, number, path))
        wrong = _wrong_digests(path)
    except PermissionError as error:
        yield bad("raw", f"{error.filename or path}: may not be read", f"`chmod u+r {quoted(Path(error.filename or path))}`")
        return
    except RawError as error:
        if not isinstance(error.__cause__, FileNotFoundError) or error.__cause__.filename not in tables.in_place:
            yield bad("raw", f"{path}: {first_line(error.__cause__ or error)}", RESTORE)
        return
    except (CopydeskError, ArchiveLoadFailed, OSError, EOFError, ValueError) as error:
        yield bad("raw", f"{path}: cannot be read ({first_line(error)})", RESTORE)
        return
    if wrong:
        yield bad("raw", f"{path}: {wrong:,} records differ from their digests", RESTORE)
    yield from _against_tables(home, number, path, items)


def _wrong_digests(path: Path) -> int:
    """Return how many records of a segment have a block or payload that is not the one that was written."""
    wrong = 0
    with path.open("rb") as file:
        stream = io.BufferedReader(MemberReader(file)) if is_gzip(file) else file
        for record in ArchiveIterator(stream, no_record_parse=True):
            block = record.raw_stream.read()
            payload = block[http_head(block).body_from :] if record.rec_type == "response" else block
            for name, content in (("WARC-Block-Digest", block), ("WARC-Payload-Digest", payload)):
                digest = record.rec_headers.get_header(name)
                if digest is not None and digest.startswith("sha256:") and digest != ids.payload_digest(content):
                    wrong += 1
                    break
    return wrong


@dataclass(frozen=True, slots=True)
class _Item:
    """One record as the tables know it: a capture or a refusal, by its id. `digest`: of a capture timed by our clock."""

    known_as: str
    target_uri: str
    digest: str | None


def _read_items(home: Home, number: int, path: Path) -> Iterator[_Item]:
    for item in read_segment(home, number, path):
        if isinstance(item, Declined):
            yield _Item(ids.reject_id(item.target_uri, item.reject), item.target_uri, None)
        else:
            capture = item.capture
            yield _Item(capture.capture_id, capture.target_uri, None if capture.is_time_given else capture.digest)


def _against_tables(home: Home, number: int, path: Path, items: list[_Item]) -> Iterator[Finding]:
    """Hold what a segment holds against what was published of it; one that is not yet taken in whole is passed over."""
    if not home.snapshot_link.exists():
        return
    try:
        with opened_snapshot(home) as connection:
            taken_sql = "select sum(record_count), bool_or(is_last) and bool_and(state = 'drained') from store.batches where segment_no = ?"
            taken, is_whole = connection.execute(taken_sql, [number]).fetchall()[0]
            if not is_whole:
                return
            stored = connection.execute("select capture_id, segment from store.captures where segment_no = ?", [number]).fetchall()
            unknown = _unknown(connection, items)
    except (CopydeskError, duckdb.Error):
        return  # the look at the snapshot says so
    in_raw = {item.known_as for item in items}
    lost = [place for capture_id, place in stored if capture_id not in in_raw]
    if lost or taken != len(items):
        text = f"{lost[0] if lost else path}: {len(items):,} records where {taken:,} were taken in, {len(lost):,} of them changed or gone"
        yield bad("raw", text, RESTORE)
    elif unknown:
        yield bad("raw", f"{path}: {unknown:,} records that were taken in are in no table", "`copydesk replay`")


def _unknown(connection: duckdb.DuckDBPyConnection, items: list[_Item]) -> int:
    """Return how many records are in no table, a capture by our clock that repeats a known payload of its target left out."""
    columns = [[getattr(item, name) for item in items] for name in _Item.__slots__]
    return int(connection.execute(UNKNOWN_SQL, columns).fetchall()[0][0])


def _waiting(home: Home, tables: Tables, found: list[tuple[int, Path]]) -> Iterator[Finding]:
    waiting = [number for number, _ in found if number > tables.known]
    if tables.is_open and waiting and not is_locked(home.root / INGEST_LOCK):
        yield note("raw", f"{len(waiting):,} segments wait to be read", "`copydesk ingest`")
