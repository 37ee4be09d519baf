"""Doctor's look at polling, as the newest snapshot shows it: are feeds asked, do they answer, do they bring news."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb

from tasks.core.errors import HomeError
from tasks.doctor.finding import Finding, bad, good, note
from tasks.home import Home
from tasks.snapshot import dicts, opened_snapshot

SHOWN = 3  # feeds of a kind that are named
OVERDUE = timedelta(hours=3)  # by which the feed that is due first may be late before polling counts as stopped
LIST = "`copydesk feeds list` shows each with its reason"


def feed_findings(home: Home, *, now: datetime) -> Iterator[Finding]:
    """Yield how polling gets on; nothing where no feed is on the list, or nothing was published."""
    try:
        with opened_snapshot(home) as snapshot:
            whole = dicts(snapshot, "select *, (select min(next_poll_at) from feeds where is_listed) as first_due_at from polling_health")[
                0
            ]
            unwell = dicts(snapshot, "select * from feed_health where state not in ('good', 'new') order by state, url")
            gaps = dicts(snapshot, "select * from feed_health where gap_count > 0 order by gap_count desc, url")
    except (HomeError, duckdb.Error, OSError):  # which is another part's finding
        return
    if not whole["feeds_listed"]:
        return
    yield _whole(whole, now)
    for state in ("failing", "silent", "gone"):
        feeds = [feed for feed in unwell if feed["state"] == state]
        if feeds:
            yield note("feeds", f"{len(feeds)} {state}: {_named(feeds)}", LIST)
    if gaps:
        text = f"{len(gaps)} moved on by a whole window between two polls, entries may have passed unseen: {_named(gaps)}"
        yield note("feeds", text, "poll more often than they publish; the schedule does so by itself from then on")


def _whole(whole: dict[str, object], now: datetime) -> Finding:
    due_at = whole["first_due_at"]
    if whole["is_silent"]:
        text = f"running but silent: {whole['requests_day']} requests for feeds in a day, and no entry that was new since {whole['last_new_at']}"
        return bad("feeds", text, "check this machine's network and clock, then some feeds with `copydesk feeds check URL`")
    if isinstance(due_at, datetime) and now - due_at > OVERDUE:
        return bad("feeds", f"not polled: a feed has been due since {due_at}", "`copydesk poll`, or schedule it")
    return good("feeds", f"{whole['feeds_listed']} on the list, {whole['entries_new_day']} new entries in the last day of polling")


def _named(feeds: list[dict[str, object]]) -> str:
    more = f" and {len(feeds) - SHOWN} more" if len(feeds) > SHOWN else ""
    return ", ".join(str(feed["url"]) for feed in feeds[:SHOWN]) + more
