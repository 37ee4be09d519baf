"""Flow: what raw holds, read and drained into the warehouse, published. The main job."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows import path
from flows.parameters import ANY, RunParameters
from flows.runs import home_and_settings, report, shown, unless_busy
from tasks.core.render.counts import ingested_line
from tasks.ingest import Ingested


@flow(
    name="ingest-captures",
    description="Take what raw holds into the warehouse, and publish. Finds nothing to do where all is done.",
    flow_run_name="ingest what raw holds",
)
def ingest_captures(given: RunParameters = ANY) -> dict[str, Any]:
    opened, settings = home_and_settings(given)
    with shown(opened, "Captures ingested", is_of_all=True) as showing:
        done = unless_busy(lambda: path.ingest(opened, settings, watch=showing.watch)) or Ingested()
        showing.line = ingested_line(asdict(done))
    report([], read=done.records, batches_failed=done.failed)
    return asdict(done)
