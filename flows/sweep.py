"""Flow: what an event missed. Nothing depends on an event having arrived, because this does the same on a schedule."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows import path
from flows.announcing import announce_again
from flows.dropping import load_dropped
from flows.parameters import ANY, RunParameters
from flows.runs import home_and_settings, report, shown, unless_busy
from tasks.core.render.counts import ingested_line, loaded_line
from tasks.ingest import Ingested
from tasks.silence import announce_silence


@flow(
    name="sweep",
    description="Load what was dropped, ingest what lies in raw or in the inbox, tell of feeds that fell silent, send events that were not sent or were lost.",
    flow_run_name="sweep",
)
def sweep(given: RunParameters = ANY) -> dict[str, Any]:
    opened, settings = home_and_settings(given)
    with shown(opened, "Swept", is_of_all=True) as showing:
        loaded = unless_busy(lambda: load_dropped(opened, settings, showing.watch))
        rest = unless_busy(lambda: path.ingest(opened, settings, watch=showing.watch)) or Ingested()
        silent = announce_silence(opened, settings)
        events = announce_again(opened, settings)
        lines = [loaded_line(asdict(loaded))] if loaded else []
        lines += [ingested_line(asdict(rest))] if rest.batches or rest.failed else []
        lines += [f"{silent} feeds fell silent"] if silent else []
        lines += (
            [f"{events.sent} events sent, {events.lost} of them again, {events.dropped} dropped"] if events.sent or events.dropped else []
        )
        showing.line = "; ".join(lines)
    failed = rest.failed + (loaded.batches_failed if loaded else 0)
    failures = [(failure.path, failure.reason, failure.detail) for failure in loaded.failed] if loaded else []
    report(failures, read=1, batches_failed=failed)
    return {"loaded": asdict(loaded) if loaded else None, "ingested": asdict(rest), "feeds_silent": silent, "events": asdict(events)}
