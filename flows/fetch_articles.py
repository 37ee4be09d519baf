"""Flow: pages that entries announced, asked for; read, compared, published."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows import path
from flows.parameters import ANY, RunParameters
from flows.runs import home_and_settings, report_batches, shown, warn_without_contact
from tasks.core.render.counts import polled_line


@flow(
    name="fetch-articles",
    description="Ask for the pages that entries announced; read, compared with what is there, published.",
    flow_run_name="fetch announced pages",
)
def fetch_articles(given: RunParameters = ANY) -> dict[str, Any]:
    opened, settings = home_and_settings(given)
    warn_without_contact(settings)
    with shown(opened, "Announced pages fetched") as showing:
        done = path.fetch_articles(opened, settings, watch=showing.watch)
        showing.line = polled_line(asdict(done))
    report_batches(done.batches_failed)
    return asdict(done)
