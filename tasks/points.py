"""Named points of the path at which a fault run may kill the process. Without COPYDESK_KILL_AT they do nothing."""

from __future__ import annotations

import os
import signal

VARIABLE = "COPYDESK_KILL_AT"  # name, or name:N for the N-th time the point is reached
POINTS = (
    "load.written",  # records lie in a temporary segment
    "load.committed",  # the segment has its number
    "ingest.staged",  # a batch lies in the inbox
    "drain.inserted",  # rows are written, the transaction is open
    "drain.committed",  # the transaction is durable, the inbox still holds the batch
    "publish.copied",  # the snapshot is copied, not yet named
    "publish.named",  # the snapshot has its name, the link still shows the one before
    "poll.claimed",  # feeds are marked as asked, no request has gone
    "poll.kept",  # bodies are durable in raw, no row speaks of them
    "poll.stored",  # plans and our own doings are durable as well
    "announce.sent",  # events are with the server, the outbox does not know it
    "backfill.begun",  # a partition is noted as running, nothing of it is in raw
    "backfill.captured",  # all of a partition is in raw, no row says so
    "backfill.noted",  # what is drained is noted as done
    "replay.built",  # the new warehouse is complete, the old one still in place
)
_reached: dict[str, int] = dict.fromkeys(POINTS, 0)


def reached(point: str) -> None:
    """Kill this process, as kill -9 would, if it was told to die at this point."""
    wanted, _, nth = os.environ.get(VARIABLE, "").partition(":")
    if wanted != point:
        return
    _reached[point] += 1
    if _reached[point] == int(nth or 1):
        os.kill(os.getpid(), signal.SIGKILL)
