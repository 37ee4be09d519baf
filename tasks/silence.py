"""Feeds that fell silent, announced once for each silence."""

from __future__ import annotations

from tasks.core.events import Message
from tasks.core.ids import iso_utc
from tasks.home import Home
from tasks.outbox import announce_once
from tasks.settings import Settings
from tasks.snapshot import dicts

SILENT = "select feed_id, url, title, silent_s, alarm_after_s, last_new_at from feed_health where state = 'silent' order by feed_id"


def announce_silence(home: Home, settings: Settings) -> int:
    """Put into the outbox each feed that is silent and was not yet said to be; return how many that were."""
    if not home.warehouse_file.exists():
        return 0
    with home.locked() as warehouse, warehouse.transaction():
        count = 0
        for row in dicts(warehouse.connection, SILENT):
            since = iso_utc(row.pop("last_new_at"))
            count += announce_once(
                warehouse, [Message(name="feed.silent", subject=row["feed_id"], payload=row)], cause=since, now=settings.clock()
            )
    return count
