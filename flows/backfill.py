"""Flow: archives to raw, read, compared, published: partition by partition, going on where an earlier run stopped."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from flows.backfilling import backfill as backfill_specs
from flows.load_files import HomeFolder, Workers
from flows.runs import home_and_settings, report
from tasks.core.backfill import span_of

Specs = Annotated[
    list[str], Field(min_length=1, title="Files, folders or patterns", description="Archives; what was done before is left out")
]


@flow(name="backfill", description="Archives, partition by partition: what was done before is left out, what was killed is taken again.")
def backfill(
    specs: Specs,
    home: HomeFolder = None,
    since: Annotated[str | None, Field(title="Since", description="Captured at or after, ISO 8601")] = None,
    until: Annotated[str | None, Field(title="Until", description="Captured before, ISO 8601")] = None,
    workers: Workers = None,
    in_place: Annotated[bool, Field(title="In place", description="Register WARC files where they lie instead of copying them")] = False,
) -> dict[str, Any]:
    opened, settings = home_and_settings(home, workers=workers)
    done = backfill_specs(opened, settings, specs, span=span_of(since, until), in_place=in_place)
    failures = [(failure.path, failure.reason, failure.detail) for failure in done.failed]
    report(failures, read=done.partitions_skipped + done.inputs - len(failures), batches_failed=done.batches_failed)
    return asdict(done)
