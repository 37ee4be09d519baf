"""Flow: drain what is staged, run the whole-table checks, publish."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows import path
from flows.parameters import ANY, RunParameters
from flows.runs import home_and_settings, report, shown
from tasks.core.render.counts import ingested_line


@flow(
    name="refresh-models",
    description="Drain what is staged, check all tables, publish a snapshot.",
    flow_run_name="check all tables and publish",
)
def refresh_models(given: RunParameters = ANY) -> dict[str, Any]:
    opened, settings = home_and_settings(given)
    with shown(opened, "Tables checked and published", is_of_all=True) as showing:
        done = path.refresh(opened, settings)
        showing.line = f"{ingested_line(asdict(done))}; all checks passed; published"
    report([], read=done.records, batches_failed=done.failed)
    return asdict(done)
