"""Flow: files, folders and patterns to raw, read, compared, published."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from flows import path
from flows.runs import home_and_settings, named, report, shown
from tasks.core.render.counts import loaded_line

Paths = Annotated[list[str], Field(min_length=1, title="Files, folders or patterns", description=".txt .html .jsonl(.gz) .warc(.gz)")]
HomeFolder = Annotated[str | None, Field(title="Home", description="Folder of all state; empty: COPYDESK_HOME, else copydesk-data")]
Workers = Annotated[int | None, Field(ge=1, title="Readers", description="Processes that read pages; empty: one a core, eight at most")]


@flow(
    name="load-files",
    description="Load files: to raw, read, compared with what is there, published.",
    flow_run_name=named(lambda given: "load " + ", ".join(given["paths"][:3]) + (" ..." if len(given["paths"]) > 3 else "")),
)
def load_files(
    paths: Paths,
    home: HomeFolder = None,
    outlet: Annotated[str | None, Field(title="Outlet", description="Of inputs that name none")] = None,
    workers: Workers = None,
    in_place: Annotated[bool, Field(title="In place", description="Register WARC files where they lie instead of copying them")] = False,
) -> dict[str, Any]:
    opened, settings = home_and_settings(home, workers=workers)
    with shown(opened, "Files loaded") as showing:
        done = path.load(opened, settings, paths, outlet=outlet, in_place=in_place, watch=showing.watch)
        showing.line = loaded_line(asdict(done))
    failures = [(failure.path, failure.reason, failure.detail) for failure in done.failed]
    report(failures, read=done.inputs - len(failures), batches_failed=done.batches_failed)
    return asdict(done)
