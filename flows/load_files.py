"""Flow: files, folders and patterns to raw, read, compared, published."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from flows import path
from flows.runs import home_and_settings, report

Paths = Annotated[
    list[str], Field(min_length=1, title="Files, folders or patterns", description=".txt .html .jsonl(.gz) .parquet .warc(.gz)")
]
HomeFolder = Annotated[str | None, Field(title="Home", description="Folder of all state; empty: COPYDESK_HOME, else copydesk-data")]
Workers = Annotated[int | None, Field(ge=1, title="Readers", description="Processes that read pages; empty: one a core, eight at most")]


@flow(name="load-files", description="Load files: to raw, read, compared with what is there, published.")
def load_files(
    paths: Paths,
    home: HomeFolder = None,
    outlet: Annotated[str | None, Field(title="Outlet", description="Of inputs that name none")] = None,
    workers: Workers = None,
    in_place: Annotated[bool, Field(title="In place", description="Register WARC files where they lie instead of copying them")] = False,
) -> dict[str, Any]:
    opened, settings = home_and_settings(home, workers=workers)
    done = path.load(opened, settings, paths, outlet=outlet, in_place=in_place)
    failures = [(failure.path, failure.reason, failure.detail) for failure in done.failed]
    report(failures, read=done.inputs - len(failures), batches_failed=done.batches_failed)
    return asdict(done)
