"""Flow: what feeds are due, asked; entries into the warehouse, published."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from prefect import flow

from flows import path
from flows.parameters import DUE, PollParameters
from flows.runs import home_and_settings, named, report_batches, shown, warn_without_contact
from tasks.core.messages import unfetched_line
from tasks.core.render.counts import polled_line

log = logging.getLogger("copydesk")


@flow(
    name="poll-feeds",
    description="Ask the feeds that are due; take their entries into the warehouse.",
    flow_run_name=named(lambda given: "poll " + (", ".join(given.feeds[:3]) or "the feeds that are due"), PollParameters),
)
def poll_feeds(given: PollParameters = DUE) -> dict[str, Any]:
    opened, settings = home_and_settings(given)
    warn_without_contact(settings)
    with shown(opened, "Feeds polled") as showing:
        done = path.poll(opened, settings, given.feeds, pages=given.pages, watch=showing.watch)
        showing.line = polled_line(asdict(done))
    for failure in done.failed:
        log.warning(unfetched_line(failure.path, failure.reason, failure.detail))
    report_batches(done.batches_failed)
    return asdict(done)
