"""Doctor's look at what waits and at what was set aside: in the inbox, and in the drop folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tasks.core.errors import first_line
from tasks.core.messages import failure_line
from tasks.doctor.finding import Finding, bad, good, note, quoted, removal
from tasks.doctor.locks import is_locked
from tasks.doctor.tables import Tables
from tasks.drop import drop_folder, waiting_files
from tasks.home import INGEST_LOCK, Home
from tasks.inbox import NAME, PART, read_batch


def inbox_findings(home: Home, tables: Tables | None) -> Iterator[Finding]:
    """Yield the batches that wait, what of them cannot be read, and those that were set aside with their reason."""
    waiting, parts, foreign = [], [], []
    for path in sorted(home.inbox.iterdir()) if home.inbox.is_dir() else ():
        if path.name.startswith(PART):
            parts.append(path)
        elif path.is_dir() and NAME.fullmatch(path.name):
            waiting.append(path)
        elif path != home.failed:
            foreign.append(path)
    if is_locked(home.root / INGEST_LOCK):
        yield good("inbox", f"{len(waiting):,} batches, an ingest is at work on them")
        waiting, parts = [], []
    for path in waiting:
        yield _staged(path)
    if parts:
        yield note(
            "inbox", f"{len(parts):,} batches were left half-written by a process that was killed", "`copydesk ingest` makes them again"
        )
    if foreign:
        yield note("inbox", f"foreign: {', '.join(path.name for path in foreign)}", "move them out of the inbox: only batches belong there")
    yield from _set_aside(home, (tables or Tables()).failed)
    if not (waiting or parts or foreign):
        yield good("inbox", "nothing waits")


def _staged(path: Path) -> Finding:
    try:
        batch, _ = read_batch(path)
    except Exception as error:  # whatever a broken file makes of its reader
        text = f"{path.name} cannot be read ({type(error).__name__}: {first_line(error)})"
        return note("inbox", text, "`copydesk ingest` sets it aside and reads its records from raw again")
    return note("inbox", f"{path.name} waits, {batch.record_count:,} records", "`copydesk ingest`")


def _set_aside(home: Home, failed: dict[str, str]) -> Iterator[Finding]:
    """Yield the batches that were not taken in, and the folders of those that have been since."""
    for batch_id, detail in failed.items():
        kept = f"; its files are in inbox/failed/{batch_id}" if (home.failed / batch_id).is_dir() else ""
        yield bad("batch", f"{batch_id} was set aside: {detail}{kept}", "`copydesk replay` tries it again")
    settled = [path for path in sorted(home.failed.iterdir()) if path.name not in failed] if home.failed.is_dir() else []
    for path in settled:
        reason = path / "reason.txt"
        said = " ".join(reason.read_text("utf-8", "replace").split()) if reason.is_file() else "no reason beside it"
        yield note("inbox", f"failed/{path.name} ({said}) was taken in from raw since", removal(path))


def drop_findings(home: Home, tables: Tables | None) -> Iterator[Finding]:
    """Yield what waits in the drop folder, and what was put into drop/failed with its reason."""
    folder = drop_folder(home)
    waiting = waiting_files(home) if folder.is_dir() else []
    failed = sorted((folder / "failed").iterdir()) if (folder / "failed").is_dir() else []
    if waiting:
        move = f"`copydesk load {quoted(*waiting)}` and move them to {folder / 'done'}"
        yield note(
            "drop", f"{len(waiting):,} files wait: {', '.join(path.name for path in waiting[:5])}", f"run the flow watch-drop, or {move}"
        )
    refusals = (tables or Tables()).refusals
    for path in failed:
        said = [failure_line(name, reason, detail or "") for name, reason, detail in refusals if name.partition("#")[0] == path.name]
        text = f"failed/{path.name}: {said[0] if said else 'no reason is known'}" + (
            f" (and {len(said) - 1} more)" if len(said) > 1 else ""
        )
        yield note("drop", text, f"mend it and move it to {folder}, or remove it")
    if not (waiting or failed):
        yield good("drop", "nothing waits")
