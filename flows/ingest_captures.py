"""Flow: what raw holds, read and drained into the warehouse, published. The main job."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows import path
from flows.load_files import HomeFolder, Workers
from flows.runs import home_and_settings, report


@flow(name="ingest-captures", description="Take what raw holds into the warehouse, and publish. Finds nothing to do where all is done.")
def ingest_captures(home: HomeFolder = None, workers: Workers = None) -> dict[str, Any]:
    opened, settings = home_and_settings(home, workers=workers)
    done = path.ingest(opened, settings)
    report([], read=done.records, batches_failed=done.failed)
    return asdict(done)
