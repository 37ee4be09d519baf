"""Flow: what lies in the drop folder, loaded and put away."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows import path
from flows.load_files import HomeFolder, Workers
from flows.runs import home_and_settings, report
from tasks.drop import put_away, settled_files


@flow(name="watch-drop", description="Load what lies in the drop folder; afterwards it lies in drop/done or drop/failed.")
def watch_drop(home: HomeFolder = None, workers: Workers = None) -> dict[str, Any]:
    opened, settings = home_and_settings(home, workers=workers)
    files = settled_files(opened)
    if not files:
        return asdict(path.ingest(opened, settings))
    done = path.load(opened, settings, [str(file) for file in files])
    put_away(opened, files, frozenset(failure.path for failure in done.failed))
    failures = [(failure.path, failure.reason, failure.detail) for failure in done.failed]
    report(failures, read=max(1, done.inputs - len(failures)), batches_failed=done.batches_failed)
    return asdict(done)
