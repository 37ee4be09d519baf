"""What is kept between polls, as rows: the state of each feed, with what was planned of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.core.feeds.records import PollPlan, PollState
from tasks.warehouse import Warehouse

DOINGS = (  # tables that no replay makes again
    "poll_states",
    "polls",
    "hosts",
    "robots",
    "page_tries",
    "outbox",
    "partitions",
    "partition_segments",
)
STATE_FIELDS = tuple(PollState.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFeed:
    """The state of a feed with its plan."""

    feed_id: str
    state: PollState
    next_poll_at: datetime | None
    not_before: datetime | None
    why_then: str


def planned(feed_id: str, plan: PollPlan, *, not_before: datetime | None) -> PlannedFeed:
    return PlannedFeed(feed_id=feed_id, state=plan.state, next_poll_at=plan.next_poll_at, not_before=not_before, why_then=plan.why)


def stored_states(warehouse: Warehouse, feed_ids: Iterable[str]) -> dict[str, PlannedFeed]:
    """Return what is kept of these feeds; nothing of those that were never asked."""
    return {
        feed_id: PlannedFeed(
            feed_id=feed_id, state=_state(row), next_poll_at=row["next_poll_at"], not_before=row["not_before"], why_then=row["why_then"]
        )
        for feed_id, row in warehouse.by_key("poll_states", "feed_id", feed_ids).items()
    }


def _state(row: dict[str, Any]) -> PollState:
    fields = {name: row[name] for name in STATE_FIELDS}
    fields |= {name: tuple(fields[name]) for name in ("window_sizes", "new_counts")}
    fields |= {name: frozenset(fields[name]) for name in ("skip_hours", "skip_days")}
    return PollState(**fields)


def store_states(warehouse: Warehouse, feeds: Sequence[PlannedFeed], *, gone: Iterable[str] = ()) -> None:
    """Put states in place of what was kept, inside the caller's transaction.

    gone         feeds of which nothing is kept that is not among these
    """
    warehouse.put("poll_states", "feed_id", [_row(feed) for feed in feeds], gone=gone)


def _row(feed: PlannedFeed) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(feed.state, name) for name in STATE_FIELDS}
    for name in ("window_sizes", "new_counts"):
        values[name] = list(getattr(feed.state, name))
    for name in ("skip_hours", "skip_days"):
        values[name] = sorted(getattr(feed.state, name))
    return {
        **values, "feed_id": feed.feed_id, "next_poll_at": feed.next_poll_at, "not_before": feed.not_before, "why_then": feed.why_then,
    }  # fmt: skip


def carry_doings(old: Warehouse, new: Warehouse) -> None:
    """Take over from a warehouse what raw does not hold: our own doings."""
    for table in DOINGS:
        new.execute(f"delete from store.{table}")
        new.insert_arrow(table, old.connection.sql(f"select * from store.{table}").to_arrow_table())
