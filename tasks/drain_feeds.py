"""The drain's part in feeds: new and changed entries, pages that they announce, gaps, and when each feed is polled next.

Entries and what follows from them are made from raw alone, so that a replay makes them again; plans are our own doings, made
in the same transaction when a feed was just polled, never in a replay.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tasks.core.events import Message
from tasks.core.feeds.records import Answer, Hop, PollOutcome, Unparsed, Window
from tasks.core.feeds.schedule import earliest_poll, next_poll
from tasks.place import Row
from tasks.poll_states import PlannedFeed, planned, store_states, stored_states
from tasks.warehouse import Warehouse

LOOKED_AT = ["entry_id", "feed_id", "capture_id", "digest", "url", "page_id", "title", "modified_at", "seen_at"]


@dataclass(slots=True)
class FeedChanges:
    """What a batch changed: entries that were new, messages to announce."""

    entries_new: int = 0
    messages: list[Message] = field(default_factory=list)


def merge_feeds(warehouse: Warehouse, readings: list[Row], states: pa.Table, settled: Sequence[Row], *, is_replay: bool) -> FeedChanges:
    """Take readings of feeds, in the order of raw, into the warehouse.

    states       of entries, those of these readings among them; most of their columns are never looked at here
    settled      url and time of each page of the batch, received or given up, and whether by us, at a time of our clock
    """
    changes = FeedChanges()
    if readings:
        wanted = _store_entries(warehouse, readings, states, changes)
        warehouse.insert("feed_readings", readings)
        _store_pages(warehouse, wanted)
        _store_feeds(warehouse, readings)
        if not is_replay:
            _plan(warehouse, [reading for reading in readings if reading["is_front"]])
    _settle_pages(warehouse, settled)
    return changes


def _store_entries(warehouse: Warehouse, readings: list[Row], states: pa.Table, changes: FeedChanges) -> list[Row]:
    """Store what entries say anew, note in each reading how much of it was new, and return the states whose pages are to be asked for."""
    polled = {reading["capture_id"] for reading in readings if json.loads(reading["hops"])}
    states_of: defaultdict[str, list[Row]] = defaultdict(list)
    for place, state in enumerate(states.select(LOOKED_AT).to_pylist()):
        states_of[state["capture_id"]].append(state | {"place": place, "is_ours": state["capture_id"] in polled})
    known = _latest_states(warehouse, {entry_id for reading in readings for entry_id in reading["entry_ids"]})
    read_before = _read_before(warehouse, {reading["feed_id"] for reading in readings})
    fresh: list[int] = []
    wanted: list[Row] = []
    for reading in readings:
        told = _told_anew(states_of[reading["capture_id"]], known)
        new = {state["entry_id"] for state, is_new, _ in told if is_new}
        size = len(set(reading["entry_ids"]))
        reading["new_count"] = len(new)
        reading["is_gap"] = reading["is_front"] and reading["feed_id"] in read_before and 0 < size <= len(new)
        read_before |= {reading["feed_id"]} if size and reading["is_front"] else set()
        fresh += [state["place"] for state, _, _ in told]
        wanted += [state for state, _, is_wanted in told if is_wanted]
        changes.entries_new += len(new)
        if reading["is_gap"]:
            payload = {"feed_id": reading["feed_id"], "url": reading["feed_url"], "entries": size}
            changes.messages.append(Message(name="feed.gap", subject=reading["feed_id"], payload=payload))
    warehouse.insert_arrow("entry_states", states.take(pa.array(fresh, pa.int64())))
    return wanted


def _latest_states(warehouse: Warehouse, entry_ids: set[str]) -> dict[str, Row]:
    """Return the latest state of each entry that is known."""
    if not entry_ids:
        return {}
    warehouse.give("asked", pa.table({"entry_id": sorted(entry_ids)}))
    places = [
        place for (place,) in warehouse.rows("select max(rowid) from store.entry_states semi join asked using (entry_id) group by entry_id")
    ]
    if not places:
        return {}
    rows = warehouse.rows(
        "select entry_id, digest, title, modified_at from store.entry_states where rowid in (select unnest($places))", {"places": places}
    )
    return {entry_id: {"digest": digest, "title": title, "modified_at": modified_at} for entry_id, digest, title, modified_at in rows}


def _read_before(warehouse: Warehouse, feed_ids: set[str]) -> set[str]:
    """Return the feeds that have brought entries before."""
    warehouse.give("asked", pa.table({"feed_id": sorted(feed_ids)}))
    sql = "select distinct feed_id from store.feed_readings semi join asked using (feed_id) where is_front and len(entry_ids) > 0"
    return {feed_id for (feed_id,) in warehouse.rows(sql)}


def _told_anew(states: Iterable[Row], known: dict[str, Row]) -> list[tuple[Row, bool, bool]]:
    """Return the states that say something new, each with whether its entry is new, and whether its page is to be asked for.

    A page is asked for again where the title or the time of modification changed: what else changes in feeds are counters.
    """
    told = []
    for state in states:
        before = known.get(state["entry_id"])
        if before is not None and before["digest"] == state["digest"]:
            continue
        known[state["entry_id"]] = state
        is_changed = before is None or (before["title"], before["modified_at"]) != (state["title"], state["modified_at"])
        told.append((state, before is None, is_changed and state["page_id"] is not None))
    return told


def _store_pages(warehouse: Warehouse, wanted: Sequence[Row]) -> None:
    """Note the pages that are to be asked for, one row a page, under the address of its first entry.

    What a poll brought was said after all that came before it in raw, whatever the clock said then: it may have been years ahead.
    """
    if not wanted:
        return
    last = {state["page_id"]: state for state in wanted}
    times = pa.array([state["seen_at"] for state in last.values()], pa.timestamp("us", "UTC"))
    is_ours = pa.array([state["is_ours"] for state in last.values()])
    warehouse.give("asked", pa.table({"page_id": list(last), "wanted_at": times, "is_ours": is_ours}))
    known = {page_id for (page_id,) in warehouse.rows("select page_id from store.pages semi join asked using (page_id)")}
    if known:
        warehouse.execute(
            """
            update store.pages
            set wanted_at = case when asked.is_ours then greatest(asked.wanted_at, settled_at + interval 1 microsecond) else asked.wanted_at end
            from asked
            where pages.page_id = asked.page_id
            """
        )
    first: dict[str, Row] = {}
    for state in wanted:
        if state["page_id"] not in known:
            first.setdefault(state["page_id"], state)
    warehouse.insert(
        "pages",
        [
            {name: state[name] for name in ("page_id", "url", "feed_id", "entry_id")}
            | {"wanted_at": last[page_id]["seen_at"], "settled_at": None}
            for page_id, state in first.items()
        ],
    )


def _settle_pages(warehouse: Warehouse, settled: Sequence[Row]) -> None:
    """Note that something came of pages: received, or given up (no time). When we asked, or gave up, what was wanted so far is settled."""
    if not settled or not warehouse.rows("select 1 from store.pages limit 1"):
        return
    last = {row["url"]: row for row in settled}
    times = pa.array([row["at"] for row in last.values()], pa.timestamp("us", "UTC"))
    warehouse.give("asked", pa.table({"url": list(last), "at": times, "is_ours": pa.array([row["is_ours"] for row in last.values()])}))
    warehouse.execute(
        """
        update store.pages
        set settled_at = case when asked.is_ours then greatest(asked.at, wanted_at) else asked.at end
        from asked
        where pages.url = asked.url
        """
    )


def _store_feeds(warehouse: Warehouse, readings: Sequence[Row]) -> None:
    """Let each feed have what its last response said of it; one that was met in a file is not on the list."""
    latest = {reading["feed_id"]: reading for reading in readings if reading["is_front"]}
    if not latest:
        return
    known = warehouse.by_key("feeds", "feed_id", latest)
    warehouse.put("feeds", "feed_id", [_feed_row(reading, known.get(feed_id)) for feed_id, reading in latest.items()])


def _feed_row(reading: Row, known: Row | None) -> Row:
    base = known or {"url": reading["feed_url"], "outlet": None, "is_listed": False, "listed_at": None, "removed_at": None}
    said = {name: reading[name] or base.get(name) for name in ("kind", "title", "site_url", "language")}
    return {
        **base,
        **said,
        "feed_id": reading["feed_id"],
        "digest": reading["digest"],
        "reason": reading["reason"],
        "read_at": reading["read_at"],
    }


def _plan(warehouse: Warehouse, readings: Sequence[Row]) -> None:
    """Plan the next poll of feeds that were just polled: validators are stored with the entries they stand for."""
    states = stored_states(warehouse, {reading["feed_id"] for reading in readings})
    plans: dict[str, PlannedFeed] = {}
    for reading in readings:
        feed = plans.get(reading["feed_id"]) or states.get(reading["feed_id"])
        at = reading["read_at"]
        if feed is None or (feed.state.polled_at is not None and feed.state.polled_at > at):  # not asked by us, or again since
            continue
        answer = _answer(reading, feed.state.url)
        outcome = PollOutcome(answer=answer, feed=_window(reading), new_count=reading["new_count"])
        plan = next_poll(feed.state, outcome, feed_id=feed.feed_id, now=at)
        plans[feed.feed_id] = planned(feed.feed_id, plan, not_before=earliest_poll(answer, now=at))
    store_states(warehouse, list(plans.values()))


def _answer(reading: Row, url: str) -> Answer:
    hops = tuple(Hop(url=hop, status=status) for hop, status in json.loads(reading["hops"])) or (Hop(url=url, status=200),)
    headers = tuple((name, value) for name, value in json.loads(reading["headers"]))
    return Answer(url=url, final_url=hops[-1].url, hops=hops, status=200, headers=headers, wire=b"", body=b"", took_s=0.0)


def _window(reading: Row) -> Window | Unparsed:
    if reading["reason"] is not None:
        return Unparsed(reason=reading["reason"], detail=reading["detail"] or "")
    return Window(
        size=len(set(reading["entry_ids"])), each_s=reading["each_s"], ttl_s=reading["ttl_s"], update_period_s=reading["update_period_s"],
        skip_hours=frozenset(reading["skip_hours"]), skip_days=frozenset(reading["skip_days"]),
    )  # fmt: skip
