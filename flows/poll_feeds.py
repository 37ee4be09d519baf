"""Flow: what feeds are due, asked; entries into the warehouse, published."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from flows import path
from flows.load_files import HomeFolder, Workers
from flows.runs import home_and_settings, named, report_batches, shown, warn_without_contact
from tasks.core.messages import unfetched_line
from tasks.core.render.counts import polled_line

log = logging.getLogger("copydesk")


@flow(
    name="poll-feeds",
    description="Ask the feeds that are due; take their entries into the warehouse.",
    flow_run_name=named(lambda given: "poll " + (", ".join(given["feeds"][:3]) if given.get("feeds") else "the feeds that are due")),
)
def poll_feeds(
    home: HomeFolder = None,
    feeds: Annotated[list[str], Field(title="Feeds", description="Addresses or OPML files: only these; empty: all that are due")] = [],  # noqa: B006 (Prefect copies it)
    pages: Annotated[bool, Field(title="Pages", description="Ask for the pages of new entries as well")] = False,
    workers: Workers = None,
) -> dict[str, Any]:
    opened, settings = home_and_settings(home, workers=workers)
    warn_without_contact(settings)
    with shown(opened, "Feeds polled") as showing:
        done = path.poll(opened, settings, feeds, pages=pages, watch=showing.watch)
        showing.line = polled_line(asdict(done))
    for failure in done.failed:
        log.warning(unfetched_line(failure.path, failure.reason, failure.detail))
    report_batches(done.batches_failed)
    return asdict(done)
