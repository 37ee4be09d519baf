"""Flow: archives to raw, read, compared, published: partition by partition, going on where an earlier run stopped."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows.backfilling import backfill as backfill_specs
from flows.parameters import BackfillParameters
from flows.runs import home_and_settings, named, report, shown
from tasks.core.backfill import span_of
from tasks.core.render.counts import backfilled_line


@flow(
    name="backfill",
    description="Archives, partition by partition: what was done before is left out, what was killed is taken again.",
    flow_run_name=named(
        lambda given: "backfill " + ", ".join(given.specs[:3]) + (" ..." if len(given.specs) > 3 else ""), BackfillParameters
    ),
)
def backfill(given: BackfillParameters) -> dict[str, Any]:
    opened, settings = home_and_settings(given)
    with shown(opened, "Backfilled") as showing:
        done = backfill_specs(
            opened, settings, given.specs, span=span_of(given.since, given.until), in_place=given.in_place, watch=showing.watch
        )
        showing.line = backfilled_line(asdict(done))
    failures = [(failure.path, failure.reason, failure.detail) for failure in done.failed]
    report(failures, read=done.partitions_skipped + done.inputs - len(failures), batches_failed=done.batches_failed)
    return asdict(done)
