"""Flow: files, folders and patterns to raw, read, compared, published."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows import path
from flows.parameters import LoadParameters
from flows.runs import home_and_settings, named, report, shown
from tasks.core.render.counts import loaded_line


@flow(
    name="load-files",
    description="Load files: to raw, read, compared with what is there, published.",
    flow_run_name=named(lambda given: "load " + ", ".join(given.paths[:3]) + (" ..." if len(given.paths) > 3 else ""), LoadParameters),
)
def load_files(given: LoadParameters) -> dict[str, Any]:
    opened, settings = home_and_settings(given)
    with shown(opened, "Files loaded") as showing:
        done = path.load(opened, settings, given.paths, outlet=given.outlet, in_place=given.in_place, watch=showing.watch)
        showing.line = loaded_line(asdict(done))
    failures = [(failure.path, failure.reason, failure.detail) for failure in done.failed]
    report(failures, read=done.inputs - len(failures), batches_failed=done.batches_failed)
    return asdict(done)
