"""Flow: the warehouse made again from raw, held against the old one table by table, and put in its place."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows.parameters import REPLAY, ReplayParameters
from flows.replaying import replay as replay_all
from flows.runs import home_and_settings, report_batches, shown
from tasks.artifacts import show_differences
from tasks.core.render.counts import replayed_line


@flow(
    name="replay",
    description="Make the warehouse again from raw after a mend, compare it table by table, and put it in the old one's place, which is kept.",
    flow_run_name="replay",
)
def replay(given: ReplayParameters = REPLAY) -> dict[str, Any]:
    opened, settings = home_and_settings(given)
    with shown(opened, "Replayed") as showing:
        done = replay_all(opened, settings, compares=True, keeps_old=given.keep_old, swaps=given.swap, watch=showing.watch)
        showing.line = replayed_line(asdict(done), is_swapped=given.swap)
        show_differences([asdict(difference) for difference in done.differences])
    report_batches(done.failed)
    return asdict(done)
