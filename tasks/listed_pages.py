"""Pages by their addresses: which of a list are still to be asked for, and what became of the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from tasks.capture import Failure
from tasks.core.ids import article_id
from tasks.core.records import Given, Polled
from tasks.core.text.urls import normalized_url
from tasks.due import WaitingPage, may_try
from tasks.resources import tracking_parameters
from tasks.warehouse import Warehouse


def pages_to_ask(warehouse: Warehouse, urls: Sequence[str], *, now: datetime) -> list[WaitingPage]:
    """Return the pages that nothing has come of and that may be asked for now, in the order of the list.

    What was received in any other way, or given up, is not asked for again; so a list that was killed goes on where it stopped.
    """
    tries = _tries(warehouse, _unsettled(warehouse, urls))
    return [
        WaitingPage(page_id=page_id(url), url=url, feed_id=None, tries=count, given=Given(polled=Polled(kind="page")))
        for url, (count, next_try_at, _) in tries.items()
        if may_try(next_try_at, now=now)
    ]


def failures_of(warehouse: Warehouse, urls: Sequence[str]) -> tuple[list[Failure], bool]:
    """Return the pages that could not be had, and whether some of them are to be asked for another time.

    One that robots.txt keeps us from is no failure: like a page that the gate refuses, it is a result.
    """
    later = [
        Failure(
            path=url, reason="later" if count else "postponed", detail=why or "its host asked us to stay away, or was not reached in time"
        )
        for url, (count, _, why) in _tries(warehouse, _unsettled(warehouse, urls)).items()
    ]
    _give(warehouse, urls)
    given_up = [
        Failure(path=url, reason=reason, detail=detail or "")
        for url, reason, detail in warehouse.rows(
            """
            select distinct target_uri, reason, detail
            from store.rejects
            where stage = 'fetch' and reason <> 'robots' and target_uri in (select url from asked)
                and target_uri not in (select target_uri from store.captures semi join asked on captures.target_uri = asked.url)
            order by 1
            """
        )
    ]
    return given_up + later, bool(later)


def page_id(url: str) -> str:
    return article_id(normalized_url(url, tracking_parameters()))


def _give(warehouse: Warehouse, urls: Sequence[str]) -> None:
    warehouse.give("asked", pa.table({"url": pa.array(sorted(set(urls)), pa.string())}))


def _unsettled(warehouse: Warehouse, urls: Sequence[str]) -> list[str]:
    """Return the addresses that nothing has come of."""
    _give(warehouse, urls)
    settled = {
        url
        for (url,) in warehouse.rows(
            """
            select target_uri from store.captures semi join asked on captures.target_uri = asked.url
            union
            select target_uri from store.rejects semi join asked on rejects.target_uri = asked.url where stage = 'fetch'
            """
        )
    }
    return [url for url in urls if url not in settled]


def _tries(warehouse: Warehouse, urls: Sequence[str]) -> dict[str, tuple[int, datetime | None, str | None]]:
    """Return for each address how often it failed so far, before when it is not asked again, and why."""
    known = warehouse.by_key("page_tries", "page_id", (page_id(url) for url in urls))
    rows = {url: known.get(page_id(url)) for url in urls}
    return {url: (row["tries"], row["next_try_at"], row["why"]) if row else (0, None, None) for url, row in rows.items()}
