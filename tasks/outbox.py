"""The outbox: messages written in the transaction of what they announce, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from tasks.core.events import Message, message_row
from tasks.warehouse import Warehouse

KEPT_FOR = timedelta(days=1)  # a message that nobody took for so long is given up
CONFIRMED_AFTER = timedelta(seconds=15)  # Prefect's server writes events every 5 s; what it has not by then, it lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message as it is sent. `payload` is JSON."""

    message_id: str
    name: str
    resource: str
    payload: str
    occurred_at: datetime


def announce(warehouse: Warehouse, messages: Sequence[Message], *, cause: str, now: datetime) -> None:
    """Put messages into the outbox, inside the caller's transaction."""
    warehouse.insert("outbox", [{**message_row(message, cause=cause), "occurred_at": now} for message in messages])


def announce_once(warehouse: Warehouse, messages: Sequence[Message], *, cause: str, now: datetime) -> int:
    """Put into the outbox what is not in it, and return how much that was: for what is seen again and again."""
    rows = [{**message_row(message, cause=cause), "occurred_at": now} for message in messages]
    known = warehouse.by_key("outbox", "message_id", [row["message_id"] for row in rows])
    fresh = [row for row in rows if row["message_id"] not in known]
    warehouse.insert("outbox", fresh)
    return len(fresh)


def unsent(warehouse: Warehouse, limit: int) -> list[Waiting]:
    """Return the oldest messages that were not sent."""
    return _waiting(warehouse, "sent_at is null and dropped_at is null", limit)


def unconfirmed(warehouse: Warehouse, now: datetime, limit: int) -> list[Waiting]:
    """Return the oldest messages that were sent a while ago and not yet seen at the server."""
    return _waiting(warehouse, "confirmed_at is null and sent_at < $before and dropped_at is null", limit, before=now - CONFIRMED_AFTER)


def _waiting(warehouse: Warehouse, condition: str, limit: int, **values: datetime) -> list[Waiting]:
    sql = f"select message_id, name, resource, payload, occurred_at from store.outbox where {condition} order by rowid limit $most"
    names = Waiting.__dataclass_fields__
    return [Waiting(**dict(zip(names, row, strict=True))) for row in warehouse.rows(sql, {"most": limit, **values})]


def mark(warehouse: Warehouse, column: str, message_ids: Sequence[str], at: datetime | None) -> None:
    """Note of messages when they were sent or confirmed; sent_at null: they are to be sent again."""
    warehouse.give("asked", pa.table({"message_id": sorted(message_ids)}))
    warehouse.execute(f"update store.outbox set {column} = ? where message_id in (select message_id from asked)", [at])


def drop_stale(warehouse: Warehouse, now: datetime) -> int:
    """Give up what nobody took for a day; return how many messages that were."""
    stale = "sent_at is null and dropped_at is null and coalesce(occurred_at, timestamptz '-infinity') < ?"
    [(count,)] = warehouse.rows(f"select count(*) from store.outbox where {stale}", [now - KEPT_FOR])
    if count:
        warehouse.execute(f"update store.outbox set dropped_at = ? where {stale}", [now, now - KEPT_FOR])
    return int(count)
