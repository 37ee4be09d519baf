"""Flow: what lies in the drop folder, loaded and put away."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows.dropping import load_dropped
from flows.parameters import ANY, RunParameters
from flows.runs import home_and_settings, report, shown
from tasks.core.render.counts import loaded_line


@flow(
    name="watch-drop",
    description="Load what lies in the drop folder; afterwards it lies in drop/done or drop/failed.",
    flow_run_name="load what was dropped",
)
def watch_drop(given: RunParameters = ANY) -> dict[str, Any]:
    opened, settings = home_and_settings(given)
    with shown(opened, "Dropped files") as showing:
        done = load_dropped(opened, settings, showing.watch)
        if done is None:
            showing.line = ""
            return {}
        showing.line = loaded_line(asdict(done))
    failures = [(failure.path, failure.reason, failure.detail) for failure in done.failed]
    report(failures, read=max(1, done.inputs - len(failures)), batches_failed=done.batches_failed)
    return asdict(done)
